"""How one record lies in a segment file.

    marker  u16   0xB5FE, bytes FE B5: FE never occurs in UTF-8 text, so text payloads cannot imitate a frame's start
    flags   u16   bit 0: the record has a key
    length  u32   bytes of key and value together
    offset  u64
    time    i64   milliseconds since 1970 UTC
    ahead   u32   records of the same group commit before this one
    key     u32   bytes of the key
    crc     u32   CRC-32 of all of the above, the key and the value, started from the topic's salt
    key, value

All little-endian. `offset - ahead` was the durable end of the partition when the frame was written: a group is written
only after the group before it reached the disk. That number tells damage from a torn write, see `was_durable`. The salt
is random per topic, so that no payload can hold a frame that would be taken for one of the log's own.
"""

from __future__ import annotations

import mmap
import struct
import zlib
from typing import NamedTuple

Buffer = bytes | mmap.mmap

_META = struct.Struct("<HHIQqII")
_CRC = struct.Struct("<I")
_MARKER = 0xB5FE
_MARKER_BYTES = _MARKER.to_bytes(2, "little")
_HAS_KEY = 1

HEAD_BYTES = _META.size + _CRC.size
"""Bytes of a frame before its key and value."""


class Frame(NamedTuple):
    """A frame that was found whole."""

    offset: int
    timestamp_ms: int
    ahead: int
    key: bytes | None
    value: bytes
    end: int
    """Position of the byte after the frame."""


class BadFrame(Exception):
    """No whole frame begins here; `why` is a clause for `LogCorrupt`."""

    def __init__(self, position: int, why: str) -> None:
        """Name the place and the reason."""
        super().__init__(why)
        self.position = position
        self.why = why


def encode(key: bytes | None, value: bytes, *, offset: int, timestamp_ms: int, ahead: int, salt: int) -> bytes:
    """Return the frame of one record."""
    key_bytes = key if key is not None else b""
    flags = _HAS_KEY if key is not None else 0
    size = len(key_bytes) + len(value)
    meta = _META.pack(_MARKER, flags, size, offset, timestamp_ms, ahead, len(key_bytes))
    crc = zlib.crc32(value, zlib.crc32(key_bytes, zlib.crc32(meta, salt)))
    return b"".join((meta, _CRC.pack(crc), key_bytes, value))


def frame_end(buffer: Buffer, position: int) -> int:
    """Return where the frame at `position` ends by its own, still unchecked, word; its head is in `buffer`."""
    marker, flags, length, _, _, _, key_bytes = _META.unpack_from(buffer, position)
    if marker != _MARKER or flags > _HAS_KEY or key_bytes > length:
        raise BadFrame(position, "no record begins here")
    return position + HEAD_BYTES + int(length)


def decode(buffer: Buffer, position: int, limit: int, salt: int) -> Frame:
    """Return the frame at `position`, whose last byte lies before `limit`, or raise `BadFrame`."""
    start = position + HEAD_BYTES
    if start > limit:
        raise BadFrame(position, "the record's head passes the end of the file")
    marker, flags, length, offset, timestamp_ms, ahead, key_bytes = _META.unpack_from(buffer, position)
    if marker != _MARKER or flags > _HAS_KEY or key_bytes > length:
        raise BadFrame(position, "no record begins here")
    end = start + length
    if end > limit:
        raise BadFrame(position, "the record passes the end of the file")
    payload = buffer[start:end]
    crc = zlib.crc32(payload, zlib.crc32(buffer[position : position + _META.size], salt))
    if crc != _CRC.unpack_from(buffer, position + _META.size)[0]:
        raise BadFrame(position, "its checksum does not match")
    if flags:
        return Frame(offset, timestamp_ms, ahead, payload[:key_bytes], payload[key_bytes:], end)
    return Frame(offset, timestamp_ms, ahead, None, payload, end)


def was_durable(buffer: Buffer, position: int, limit: int, offset: int, salt: int) -> bool:
    """Say whether the record `offset`, unreadable at `position`, is known to have been on the disk before.

    A torn write leaves a bad record too, but only in the last group, which nobody was told of. When a whole frame of a
    later group follows, the bad one's group was durable, and acknowledged: that is damage and must not be cut away.
    """
    found = buffer.find(_MARKER_BYTES, position + 1, limit)
    while found != -1:
        try:
            frame = decode(buffer, found, limit, salt)
        except BadFrame:
            pass
        else:
            if frame.offset - frame.ahead > offset:
                return True
        found = buffer.find(_MARKER_BYTES, found + 1, limit)
    return False
