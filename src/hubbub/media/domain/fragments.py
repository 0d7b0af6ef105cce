"""Reads the head of a fragmented MP4: where its description and its index lie, and what the index says.

One fragment follows another without a gap from the end of the index on, so that byte ranges of the one file are all
that playlists and manifests need.

Source: ISO/IEC 14496-12, 8.8 (fragments) and 8.16.3 (segment index); ISO/IEC 14496-15, 5.3.3 (AVC decoder
configuration); AV1 Codec ISO Media File Format Binding, sections 2.3.3 and 5; RFC 6381.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from hubbub.media.errors import DamagedMedia

HEAD_BYTES: Final = 1 << 20
"""Of a file's beginning; an index of a day of fragments takes a half of it."""
MOOF_BYTES: Final = 1024
"""Of a fragment's beginning, in which its first sample is described."""
_FRAGMENTS_MAX: Final = 65_535
_AAC: Final = "mp4a.40.2"


class Fragment(NamedTuple):
    """A part of a track that can be decoded by itself."""

    size_bytes: int
    duration: int
    """In units of the track's timescale."""


class Track(NamedTuple):
    """One file with one track."""

    codecs: str
    """As RFC 6381 has it."""
    description_end: int
    """Bytes 0 up to here describe the track, without any of its samples."""
    index_end: int
    """From the description's end up to here lies the index; the first fragment follows."""
    timescale: int
    """Units in a second."""
    fragments: tuple[Fragment, ...]

    @property
    def duration_s(self) -> float:
        """How long it plays."""
        return sum(each.duration for each in self.fragments) / self.timescale

    @property
    def bits_per_s(self) -> int:
        """Bits a second over all of it."""
        return round(sum(each.size_bytes for each in self.fragments) * 8 / self.duration_s)

    @property
    def bits_per_s_max(self) -> int:
        """Bits a second of the fragment that has most; the last is left out where it is a rest."""
        whole = self.fragments[:-1] or self.fragments
        return max(self.bits_per_s, *(round(each.size_bytes * 8 * self.timescale / each.duration) for each in whole))


def parse(head: bytes, size_bytes: int) -> Track:
    """Return what a file says of itself.

    Args:
        head: Its first `HEAD_BYTES`, or all.
        size_bytes: Of the file.

    Raises:
        DamagedMedia: It is no file of fragments with an index in front, or contradicts itself.
    """
    try:
        return _parse(head, size_bytes)
    except (struct.error, IndexError, ZeroDivisionError) as problem:
        raise DamagedMedia from problem


def key_frame_end(moof: bytes) -> int:
    """Return how many bytes of a fragment, from its beginning on, hold its first sample and what describes it.

    Args:
        moof: The fragment's first `MOOF_BYTES`, or all.

    Raises:
        DamagedMedia: It does not begin with the description of samples that follow it.
    """
    try:
        return _key_frame_end(moof)
    except (struct.error, IndexError) as problem:
        raise DamagedMedia from problem


def _key_frame_end(moof: bytes) -> int:
    if moof[4:8] != b"moof":
        raise DamagedMedia
    traf = _inside(moof, 8, b"traf")
    tfhd, trun = _inside(moof, traf, b"tfhd"), _inside(moof, traf, b"trun")
    about = int.from_bytes(moof[tfhd + 1 : tfhd + 4])
    # Before the usual size come, where they are there, the base (8 bytes), the description's number and the duration.
    at = tfhd + 8 + (8 if about & 0x1 else 0) + (4 if about & 0x2 else 0) + (4 if about & 0x8 else 0)
    size = struct.unpack_from(">I", moof, at)[0] if about & 0x10 else 0
    told = int.from_bytes(moof[trun + 1 : trun + 4])
    if not told & 0x1 or about & 0x1 or not struct.unpack_from(">I", moof, trun + 4)[0]:
        raise DamagedMedia  # samples that lie elsewhere than behind this
    first = trun + 12 + (4 if told & 0x4 else 0)
    if told & 0x200:
        size = struct.unpack_from(">I", moof, first + (4 if told & 0x100 else 0))[0]
    end: int = struct.unpack_from(">i", moof, trun + 8)[0] + size
    if size <= 0 or end <= size:
        raise DamagedMedia
    return end


def _inside(content: bytes, at: int, wanted: bytes) -> int:
    """Return where the body of the next box named `wanted` begins, among those that lie side by side from `at` on."""
    while True:
        size, name = struct.unpack_from(">I4s", content, at)
        if name == wanted:
            return at + 8
        if size < 8:  # noqa: PLR2004 - size and name of a box
            raise DamagedMedia
        at += size


def _parse(head: bytes, size_bytes: int) -> Track:
    at, moov = 0, b""
    while True:
        size, name = struct.unpack_from(">I4s", head, at)
        if size < 8 or at + size > len(head):  # noqa: PLR2004 - size and name of a box
            raise DamagedMedia
        if name == b"sidx":
            break
        if name == b"moov":
            moov = head[at : at + size]
        at += size
    end = at + size
    timescale, first, fragments = _index(head[at + 8 : end])
    whole = end + first + sum(each.size_bytes for each in fragments)
    if not moov or not fragments or timescale <= 0 or first or whole > size_bytes:
        raise DamagedMedia
    if any(each.duration <= 0 or each.size_bytes <= 0 for each in fragments):
        raise DamagedMedia
    return Track(_codecs(moov), at, end, timescale, fragments)


def _index(body: bytes) -> tuple[int, int, tuple[Fragment, ...]]:
    version = body[0]
    timescale = struct.unpack_from(">I", body, 8)[0]
    at = 12 + (8 if version == 0 else 16)
    first = struct.unpack_from(">I" if version == 0 else ">Q", body, at - (4 if version == 0 else 8))[0]
    count = struct.unpack_from(">H", body, at + 2)[0]
    if count > _FRAGMENTS_MAX:
        raise DamagedMedia
    words = struct.unpack_from(f">{3 * count}I", body, at + 4)
    pairs = zip(words[0::3], words[1::3], strict=True)
    return timescale, first, tuple(Fragment(size & 0x7FFF_FFFF, duration) for size, duration in pairs)


def _codecs(moov: bytes) -> str:
    found = moov.find(b"av1C")
    if found >= 0:
        at_level, depth = moov[found + 5 : found + 7]
        bits = (12 if depth & 0x20 else 10) if depth & 0x40 else 8
        return f"av01.{at_level >> 5}.{at_level & 0x1F:02}{'H' if depth & 0x80 else 'M'}.{bits:02}"
    found = moov.find(b"avcC")
    if found < 0:
        return _AAC
    profile, compatible, level = moov[found + 5 : found + 8]
    return f"avc1.{profile:02x}{compatible:02x}{level:02x}"
