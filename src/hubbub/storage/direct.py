"""Files written whole or not at all: synced under another name, then given their own.

Large ones go past the page cache. Nobody reads a part of a film in the moment after it was written, and copying it into
the cache takes more processor time than everything else about an upload together. Elsewhere than on Linux, and where a
file system refuses, the cache is used.

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

DIRECT_BYTES: Final = 4 << 20
"""From here on a file does not go through the page cache: shorter ones are often read at once, as pictures are."""
_BLOCK: Final = 4096
"""No disk has larger blocks, and the kernel's pages are as large."""
_KEPT_MAX: Final = 4
"""Buffers that are kept for the next file: memory that was touched before costs half as much."""
_DIRECT: Final = getattr(os, "O_DIRECT", 0)
_TRIES: Final = 10
_spare: deque[mmap.mmap] = deque(maxlen=_KEPT_MAX)


def write(path: Path, body: bytes, *, root: Path | None) -> None:
    """Write `path` over an older file; folders are made where they are not there.

    Args:
        path: Where to.
        body: All of it.
        root: Up to which folder the names that lead to it shall be on the disk too when this returns. With None a power
            cut may leave no file, or the older one; what there is, is whole.

    Raises:
        OSError: The disk is full or fails; nothing is kept.
    """
    # Named as the disk store names what is not whole yet, and swept as that is.
    unfinished = path.with_name(f"{path.name}#{secrets.randbelow(10**9)}")
    try:
        descriptor = _made(unfinished, direct=len(body) >= DIRECT_BYTES)
        try:
            if len(body) >= DIRECT_BYTES:
                _write_blocks(descriptor, body)
            else:
                _write_all(descriptor, body)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise
    if root is not None:
        # All of them: another writer may have made a folder and not have synced it yet.
        for folder in (each for each in path.parents if each.is_relative_to(root)):
            sync(folder)


def sync(path: Path) -> None:
    """Bring a file, or what a folder names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _made(path: Path, *, direct: bool) -> int:
    """Open a new file in a folder that may have to be made, and may go again as long as it is empty."""
    for _ in range(_TRIES):
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            return _opened(path, direct=direct)
    return _opened(path, direct=direct)


def _opened(path: Path, *, direct: bool) -> int:
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
    if direct:
        try:
            return os.open(path, flags | _DIRECT, 0o666)
        except OSError as refused:
            if refused.errno != errno.EINVAL:
                raise
        with suppress(FileNotFoundError):  # some file systems make the file first, and refuse then
            path.unlink()
    return os.open(path, flags, 0o666)


def _write_all(descriptor: int, body: bytes) -> None:
    rest = memoryview(body)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _write_blocks(descriptor: int, body: bytes) -> None:
    """Write all of `body` and nothing more, in whole blocks of memory."""
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
