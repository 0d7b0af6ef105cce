"""A segment's sparse index: where to begin reading for an offset or a time.

The active segment's index lives in memory, a sealed segment's in a file beside it:

    offsets    u64 * n    one entry per `index_bytes` of the segment
    positions  u64 * n    in bytes from the segment's start
    times      i64 * n
    footer     magic 8 bytes, n u32, CRC-32 of the entries u32, base u64, end u64, size u64, first time i64,
               last time i64, CRC-32 of the footer u32

The file can be made again from its segment, so it is written without care and checked before it is believed.
"""

from __future__ import annotations

import bisect
import os
import struct
import zlib
from array import array
from pathlib import Path
from typing import NamedTuple

_MAGIC = b"HUBINDX1"
_FOOTER = struct.Struct("<8sIIQQQqq")
_CRC = struct.Struct("<I")
_ENTRY_BYTES = 24


class Extent(NamedTuple):
    """What a segment holds."""

    path: Path
    base: int
    """Offset of the first record."""
    end: int
    """Offset after the last record; equals `base` when empty."""
    size: int
    """Bytes of whole, durable records."""
    first_ms: int
    """Time of the first record; 0 when empty."""
    last_ms: int
    """Time of the last record; 0 when empty."""


class SparseIndex:
    """Entries in ascending order. One thread adds while others look up: an entry counts once its offset is added."""

    def __init__(self) -> None:
        """Start empty."""
        self._positions = array("Q")
        self._times = array("q")
        self._offsets = array("Q")

    def add(self, offset: int, position: int, timestamp_ms: int) -> None:
        """Remember that the record `offset` begins at `position`."""
        self._positions.append(position)
        self._times.append(timestamp_ms)
        self._offsets.append(offset)

    @property
    def newest_position(self) -> int:
        """Return the position of the newest entry, 0 when there is none."""
        return self._positions[-1] if self._positions else 0

    def position_of(self, offset: int) -> int:
        """Return a position at or before the record `offset`."""
        found = bisect.bisect_right(self._offsets, offset) - 1
        return self._positions[found] if found >= 0 else 0

    def position_before(self, timestamp_ms: int) -> int:
        """Return a position at or before the first record appended at or after `timestamp_ms`."""
        found = bisect.bisect_left(self._times, timestamp_ms, hi=len(self._offsets)) - 1
        return self._positions[found] if found >= 0 else 0

    def encode(self, extent: Extent) -> bytes:
        """Return the index file of the segment `extent`."""
        count = len(self._offsets)
        body = struct.pack(f"<{count}Q{count}Q{count}q", *self._offsets, *self._positions, *self._times)
        footer = _FOOTER.pack(_MAGIC, count, zlib.crc32(body), *extent[1:])
        return body + footer + _CRC.pack(zlib.crc32(footer))

    @classmethod
    def load(cls, path: Path) -> SparseIndex | None:
        """Return the index in the file `path`, or None when it is absent or damaged."""
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        footer = _parse_footer(data[-_FOOTER.size - _CRC.size :])
        if footer is None:
            return None
        count, body_crc = footer[0], footer[1]
        body = data[: -_FOOTER.size - _CRC.size]
        if len(body) != count * _ENTRY_BYTES or zlib.crc32(body) != body_crc:
            return None
        index = cls()
        numbers = struct.unpack(f"<{count}Q{count}Q{count}q", body)
        index._positions.extend(numbers[count : 2 * count])
        index._times.extend(numbers[2 * count :])
        index._offsets.extend(numbers[:count])
        return index


def index_path(segment: Path) -> Path:
    """Return the name of the index file beside `segment`."""
    return segment.with_suffix(".index")


def load_extent(segment: Path) -> Extent | None:
    """Return what the index beside `segment` says of it, or None when it is absent, damaged or of another size."""
    try:
        with index_path(segment).open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _FOOTER.size - _CRC.size))
            footer = _parse_footer(file.read())
    except FileNotFoundError:
        return None
    if footer is None:
        return None
    extent = Extent(segment, *footer[2:])
    return extent if extent.size == segment.stat().st_size and extent.base == int(segment.stem) else None


def _parse_footer(data: bytes) -> tuple[int, int, int, int, int, int, int] | None:
    """Return count, CRC of the entries, base, end, size, first and last time; None when damaged."""
    if len(data) != _FOOTER.size + _CRC.size or _CRC.unpack(data[_FOOTER.size :])[0] != zlib.crc32(
        data[: _FOOTER.size]
    ):
        return None
    magic, count, body_crc, base, end, size, first_ms, last_ms = _FOOTER.unpack(data[: _FOOTER.size])
    return (count, body_crc, base, end, size, first_ms, last_ms) if magic == _MAGIC else None
