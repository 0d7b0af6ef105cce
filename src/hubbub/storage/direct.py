"""Large files written past the page cache, durable when they have their name.

Nobody reads a part of a film in the moment after it was written, and copying it into the cache takes more processor
time than everything else about an upload together. Elsewhere than on Linux, and where a file system refuses, the cache
is used.

Source: open(2), O_DIRECT: address, length and offset are multiples of the block size.
"""

from __future__ import annotations

import errno
import mmap
import os
import secrets
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Final

_BLOCK: Final = 4096
"""No disk has larger blocks, and the kernel's pages are as large."""
_KEPT_MAX: Final = 4
"""Buffers that are kept for the next file: memory that was touched before costs half as much."""
_DIRECT: Final = getattr(os, "O_DIRECT", 0)
_spare: deque[mmap.mmap] = deque(maxlen=_KEPT_MAX)


def write(path: Path, body: bytes) -> None:
    """Write `path` whole or not at all, over an older file; its folder is made when it is not there.

    The bytes are on the disk when this returns; that the folders name them is not yet.

    Raises:
        OSError: The disk is full or fails; nothing is kept.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Named as the disk store names what is not whole yet, and swept as that is.
    unfinished = path.with_name(f"{path.name}#{secrets.randbelow(10**9)}")
    try:
        descriptor = _opened(unfinished)
        try:
            _write(descriptor, body)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise


def _opened(path: Path) -> int:
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
    try:
        return os.open(path, flags | _DIRECT, 0o666)
    except OSError as refused:
        if refused.errno != errno.EINVAL:
            raise
    with suppress(FileNotFoundError):  # some file systems make the file first, and refuse then
        path.unlink()
    return os.open(path, flags, 0o666)


def _write(descriptor: int, body: bytes) -> None:
    """Write all of `body` and nothing more."""
    size = -(-len(body) // _BLOCK) * _BLOCK
    buffer = _buffer(size)
    try:
        buffer[: len(body)] = body
        with memoryview(buffer) as view:
            at = 0
            while at < size:
                # A write that ends within a block would leave the next unaligned; none does but for a full disk.
                written = os.write(descriptor, view[at:size])
                if written % _BLOCK:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                at += written
        os.ftruncate(descriptor, len(body))
    finally:
        _spare.append(buffer)


def _buffer(size: int) -> mmap.mmap:
    """Return memory that begins with a page: one that is kept when it is large enough."""
    with suppress(IndexError):
        kept = _spare.popleft()
        if len(kept) >= size:
            return kept
    return mmap.mmap(-1, max(size, _BLOCK))
