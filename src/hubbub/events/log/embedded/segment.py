"""Reading segment files: a careful scan when a log is opened, quick reads afterwards."""

from __future__ import annotations

import contextlib
import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from hubbub.events.log.embedded.frame import HEAD_BYTES, BadFrame, Buffer, Frame, decode, frame_end, was_durable
from hubbub.events.log.embedded.index import Extent, SparseIndex
from hubbub.events.log.errors import LogCorrupt

SUFFIX = ".log"

_READ_BYTES = 64 * 1024
"""Bytes fetched at once: some hundred events, one system call."""


class Scan(NamedTuple):
    """What a look at every record of a segment found."""

    extent: Extent
    """The records before the first bad one."""
    sparse: SparseIndex
    bad: BadFrame | None
    """The first bad record; None when the file ends with a whole one."""
    damaged: bool
    """Whether the bad record had been durable, so that it cannot be a torn write."""

    def damage(self, remedy: str) -> LogCorrupt:
        """Return the error for the bad record."""
        why = self.bad.why if self.bad is not None else "the file ends too early"
        return LogCorrupt(self.extent.path, self.extent.end, self.extent.size, why, remedy)


def segment_name(base: int) -> str:
    """Return the file name of the segment whose first record is `base`; names sort as offsets do."""
    return f"{base:020d}{SUFFIX}"


def scan(path: Path, salt: int, index_bytes: int) -> Scan:
    """Check every record of the segment `path` and build its index."""
    with _mapped(path) as buffer:
        return _scan(path, buffer, salt, index_bytes)


def _scan(path: Path, buffer: Buffer, salt: int, index_bytes: int) -> Scan:
    limit = len(buffer)
    base = offset = int(path.stem)
    index = SparseIndex()
    position = indexed = first_ms = last_ms = 0
    bad: BadFrame | None = None
    while position < limit:
        try:
            frame = decode(buffer, position, limit, salt)
        except BadFrame as problem:
            bad = problem
            break
        if frame.offset != offset:
            bad = BadFrame(position, f"it has offset {frame.offset}")
            break
        if position - indexed >= index_bytes:
            index.add(offset, position, frame.timestamp_ms)
            indexed = position
        first_ms = first_ms if offset > base else frame.timestamp_ms
        last_ms = frame.timestamp_ms
        position = frame.end
        offset += 1
    damaged = bad is not None and was_durable(buffer, position, limit, offset, salt)
    return Scan(Extent(path, base, offset, position, first_ms, last_ms), index, bad, damaged)


def frames(extent: Extent, position: int, salt: int) -> Iterator[Frame]:
    """Yield the records of `extent` from `position`, where one begins.

    Raises:
        BadFrame: A record is not whole; `position` says where in the file.
        FileNotFoundError: Retention removed the segment.
    """
    descriptor = os.open(extent.path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        buffer, at = b"", 0
        while position < extent.size:
            try:
                known = len(buffer) - at
                wanted = HEAD_BYTES if known < HEAD_BYTES else frame_end(buffer, at) - at
                if wanted > known:
                    buffer, at = _refill(descriptor, position, wanted, extent.size), 0
                    continue
                frame = decode(buffer, at, len(buffer), salt)
            except BadFrame as bad:
                raise BadFrame(position, bad.why) from None
            yield frame
            position += frame.end - at
            at = frame.end
    finally:
        os.close(descriptor)


def _refill(descriptor: int, position: int, wanted: int, limit: int) -> bytes:
    if position + wanted > limit:
        raise BadFrame(position, "the record passes the end of the file")
    buffer = os.pread(descriptor, min(max(wanted, _READ_BYTES), limit - position), position)
    if len(buffer) < wanted:
        raise BadFrame(position, "the file is shorter than it was")
    return buffer


@contextlib.contextmanager
def _mapped(path: Path) -> Iterator[Buffer]:
    """Give the file's content without reading all of it into memory."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            yield b""
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            yield mapped
