"""Width, height, frames and orientation of a picture, read from its headers without decoding a pixel.

`imagesize`, which the community's small icons use, answers width and height alone. Here the answer guards decoders: so
frames are counted, the orientation is read, the largest area that any part names is told, and the work is bounded
whatever the bytes say (`header_cursor.Cursor`). A header may still lie; the sandbox's limits stand behind this.

Source: ITU-T T.81 annex B (JPEG); PNG, third edition, sections 5 and 11; GIF89a; RFC 9649 (WebP); Exif 3.0, 4.6.
"""

# ruff: noqa: PLR2004 - offsets, masks and marks are the formats' own

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from hubbub.media.domain import header_boxes
from hubbub.media.domain.header_cursor import Cursor
from hubbub.media.domain.kinds import HEAD_BYTES, Format, sniff
from hubbub.media.errors import DamagedMedia, NotAPicture

FRAMES_COUNTED_MAX = 5_000
"""Frames after which counting ends: the budget refuses long before."""


class Header(NamedTuple):
    """What a picture's header says."""

    format: Format
    width: int
    """Pixels across, as stored: before `orientation`."""
    height: int
    """Pixels down, as stored."""
    frames: int = 1
    """At least one; `FRAMES_COUNTED_MAX` or more means: at least so many."""
    orientation: int = 1
    """Exif orientation, 1 to 8; HEIF files say theirs otherwise, and have 1 here."""
    area_max: int = 0
    """Pixels of the largest part that the file names: a tile, a thumbnail, a frame beyond the canvas. Zero for none."""

    @property
    def pixels_max(self) -> int:
        """Pixels that decoding one frame may need."""
        return max(self.width * self.height, self.area_max)

    @property
    def animated(self) -> bool:
        """Whether it moves."""
        return self.frames > 1


def read_header(data: bytes | memoryview) -> Header:
    """Return what the header of the picture in `data` says.

    Raises:
        NotAPicture: The bytes are none of the pictures that are decoded.
        DamagedMedia: The header ends early, contradicts itself, names no pixels, or has more parts than are read.
    """
    cursor = Cursor(data)
    format_ = sniff(cursor.bytes(0, min(cursor.size, HEAD_BYTES)))
    reader = _READERS.get(format_)
    if reader is None:
        raise NotAPicture
    header = reader(cursor, format_)
    if header.width < 1 or header.height < 1 or header.frames < 1:
        raise DamagedMedia("The picture has no pixels.")
    return header


# JPEG: segments up to the start of frame.

_STARTS_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})
_SCAN, _END = 0xDA, 0xD9


def _jpeg(cursor: Cursor, format_: Format) -> Header:
    position, orientation = 2, 1
    while True:
        if cursor.byte(position) != 0xFF:
            raise DamagedMedia("A segment of the JPEG does not begin where the one before ends.")
        while (marker := cursor.byte(position + 1)) == 0xFF:
            position += 1  # fill bytes
        position += 2
        if marker in _BARE:
            continue
        if marker in {_SCAN, _END, 0}:
            raise DamagedMedia("The JPEG has no frame header.")
        length = cursor.big(position, 2)
        if length < 2:
            raise DamagedMedia("A segment of the JPEG is shorter than its own length.")
        if marker in _STARTS_OF_FRAME:
            return Header(format_, cursor.big(position + 5, 2), cursor.big(position + 3, 2), orientation=orientation)
        if marker == 0xE1 and orientation == 1:
            orientation = _exif_orientation(cursor.bytes(position + 2, min(length - 2, cursor.size - position - 2)))
        position += length


# PNG: IHDR stands first; acTL and eXIf may follow before the first IDAT.

_PNG_SIGNATURE_BYTES = 8
_SIDE_PNG_MAX = 2**31 - 1


def _png(cursor: Cursor, format_: Format) -> Header:
    if cursor.bytes(12, 4) != b"IHDR":
        raise DamagedMedia("The PNG does not begin with its header.")
    width, height = cursor.big(16, 4), cursor.big(20, 4)
    if max(width, height) > _SIDE_PNG_MAX:
        raise DamagedMedia("The PNG names more pixels than the format allows.")
    frames, orientation, position = 1, 1, _PNG_SIGNATURE_BYTES
    while position + 8 <= cursor.size:
        cursor.step()
        length, name = cursor.big(position, 4), cursor.bytes(position + 4, 4)
        if name in {b"IDAT", b"IEND"}:
            break
        if name == b"acTL":
            frames = max(1, cursor.big(position + 8, 4))
        elif name == b"eXIf":
            orientation = _exif_orientation(cursor.bytes(position + 8, min(length, cursor.size - position - 8)))
        position += 12 + length
    return Header(format_, width, height, frames, orientation)


# GIF: every frame is walked, because the format counts them nowhere.

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B


def _gif(cursor: Cursor, format_: Format) -> Header:
    width, height = cursor.little(6, 2), cursor.little(8, 2)
    position = 13 + _colours(cursor.byte(10))
    frames = area_max = 0
    # A GIF cut short shows the frames it has, so an early end is no damage once there is one.
    while position < cursor.size and frames < FRAMES_COUNTED_MAX:
        block = cursor.byte(position)
        if block == _EXTENSION:
            position = _after_blocks(cursor, position + 2)
        elif block == _IMAGE and position + 10 <= cursor.size:
            left, top, across, down = (cursor.little(position + 1 + at, 2) for at in (0, 2, 4, 6))
            if not frames:
                # Decoders widen the canvas to a first frame that is larger.
                width, height = max(width, left + across), max(height, top + down)
            area_max = max(area_max, across * down)
            frames += 1
            position = _after_blocks(cursor, position + 11 + _colours(cursor.byte(position + 9)))
        else:
            break
    if not frames:
        raise DamagedMedia("The GIF has no frame.")
    return Header(format_, width, height, frames, area_max=area_max)


def _colours(flags: int) -> int:
    """Return the bytes of the colour table that `flags` announce."""
    return 3 * (2 << (flags & 0x07)) if flags & 0x80 else 0


def _after_blocks(cursor: Cursor, position: int) -> int:
    while position < cursor.size:
        length = cursor.byte(position)
        position += 1 + length
        if not length:
            break
    return position


# WebP: one of three first chunks tells the size, ANMF chunks are the frames.


def _webp(cursor: Cursor, format_: Format) -> Header:
    chunk = cursor.bytes(12, 4)
    if chunk == b"VP8 ":
        if cursor.bytes(23, 3) != b"\x9d\x01\x2a":
            raise DamagedMedia("The WebP's key frame has no start code.")
        return Header(format_, cursor.little(26, 2) & 0x3FFF, cursor.little(28, 2) & 0x3FFF)
    if chunk == b"VP8L":
        if cursor.byte(20) != 0x2F:
            raise DamagedMedia("The lossless WebP has no signature.")
        packed = cursor.little(21, 4)
        return Header(format_, (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1)
    width, height = cursor.little(24, 3) + 1, cursor.little(27, 3) + 1
    frames, orientation, area_max = 0, 1, 0
    position = 20 + cursor.little(16, 4) + cursor.little(16, 4) % 2
    while position + 8 <= cursor.size and frames < FRAMES_COUNTED_MAX:
        cursor.step()
        name, length = cursor.bytes(position, 4), cursor.little(position + 4, 4)
        if name == b"ANMF":
            frames += 1
            if position + 20 <= cursor.size:
                across, down = cursor.little(position + 14, 3) + 1, cursor.little(position + 17, 3) + 1
                area_max = max(area_max, across * down)
        elif name == b"EXIF":
            orientation = _exif_orientation(cursor.bytes(position + 8, min(length, cursor.size - position - 8)))
        position += 8 + length + length % 2
    return Header(format_, width, height, max(1, frames), orientation, area_max)


# AVIF and HEIC: boxes.


def _boxes(cursor: Cursor, format_: Format) -> Header:
    found = header_boxes.read(cursor, sequence=format_ is Format.AVIF_SEQUENCE)
    return Header(format_, found.width, found.height, min(found.frames, FRAMES_COUNTED_MAX), area_max=found.area_max)


_READERS: dict[Format, Callable[[Cursor, Format], Header]] = {
    Format.JPEG: _jpeg,
    Format.PNG: _png,
    Format.APNG: _png,
    Format.GIF: _gif,
    Format.WEBP: _webp,
    Format.WEBP_LOSSLESS: _webp,
    Format.WEBP_ANIMATED: _webp,
    Format.AVIF: _boxes,
    Format.AVIF_SEQUENCE: _boxes,
    Format.HEIC: _boxes,
}


_ORIENTATION_TAG, _SHORT = 0x0112, 3
_ENTRIES_MAX = 512


def _exif_orientation(block: bytes) -> int:
    """Return the orientation in an Exif block, 1 where it has none or is broken: a bad note damages no picture."""
    tiff = block[6:] if block.startswith(b"Exif\0\0") else block
    if tiff[:4] not in {b"II*\0", b"MM\0*"}:
        return 1
    order: Literal["little", "big"] = "little" if tiff[:1] == b"I" else "big"

    def number(at: int, count: int) -> int:
        return int.from_bytes(tiff[at : at + count], order)

    start = number(4, 4)
    for index in range(min(number(start, 2), _ENTRIES_MAX)):
        entry = start + 2 + 12 * index
        if entry + 12 > len(tiff):
            break
        if number(entry, 2) == _ORIENTATION_TAG and number(entry + 2, 2) == _SHORT:
            value = number(entry + 8, 2)
            return value if 1 <= value <= 8 else 1
    return 1
