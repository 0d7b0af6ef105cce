"""Sizes and frames in the boxes of AVIF and HEIC files.

A still's size is the `ispe` property of its primary item, cut and turned where `clap` and `irot` properties say so; a
grid's own `ispe` is the size of the whole. A sequence's size and frames stand in its track. Depth is fixed: only the
boxes named here are entered, so that no nesting can make the reader recurse.

Source: ISO/IEC 14496-12, sections 4.2, 8.3 to 8.11; ISO/IEC 23008-12, sections 6.5 and 6.6; AV1 Image File Format 1.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hubbub.media.domain.header_cursor import Cursor
from hubbub.media.errors import DamagedMedia


class Found(NamedTuple):
    """What the boxes say."""

    width: int
    height: int
    frames: int
    area_max: int
    """Pixels of the largest item or track: tiles, thumbnails and auxiliary pictures included."""


class _Box(NamedTuple):
    name: bytes
    start: int
    """Offset of the content, after the header."""
    end: int


def read(cursor: Cursor, *, sequence: bool) -> Found:
    """Return sizes and frames; those of the first track for a `sequence`, else those of the primary item.

    Raises:
        DamagedMedia: A box ends outside the one around it, or what is needed is missing.
    """
    meta: _Box | None = None
    tracks: list[Found] = []
    for box in _inside(cursor, 0, cursor.size):
        if box.name == b"meta" and meta is None:
            meta = box
        elif box.name == b"moov" and sequence and not tracks:
            tracks = [_track(cursor, trak) for trak in _inside(cursor, box.start, box.end) if trak.name == b"trak"]
    items = _items(cursor, meta) if meta is not None else None
    if tracks:
        widest = max(tracks, key=lambda track: track.width * track.height)
        frames = max(track.frames for track in tracks)
        area_max = max(widest.width * widest.height, items.area_max if items else 0)
        return Found(tracks[0].width, tracks[0].height, frames, area_max)
    if items is None:
        raise DamagedMedia("The file has no picture item.")
    return items


def _inside(cursor: Cursor, start: int, end: int) -> Iterator[_Box]:
    while start + 8 <= end:
        cursor.step()
        size, header = cursor.big(start, 4), 8
        if size == 1:
            size, header = cursor.big(start + 8, 8), 16
        elif size == 0:
            size = end - start
        if size < header:
            raise DamagedMedia("A box is smaller than its own header.")
        # The media data of a file cut short may end beyond it; its size is none of ours.
        yield _Box(cursor.bytes(start + 4, 4), start + header, min(start + size, end))
        start += size


def _child(cursor: Cursor, parent: _Box, *path: bytes) -> _Box | None:
    for name in path:
        for box in _inside(cursor, parent.start, parent.end):
            if box.name == name:
                parent = box
                break
        else:
            return None
    return parent


def _items(cursor: Cursor, meta: _Box) -> Found:
    inner = _Box(meta.name, meta.start + 4, meta.end)  # meta is a full box: version and flags first
    primary_box, properties = _child(cursor, inner, b"pitm"), _child(cursor, inner, b"iprp", b"ipco")
    association = _child(cursor, inner, b"iprp", b"ipma")
    if primary_box is None or properties is None or association is None:
        raise DamagedMedia("The file does not say what its main picture is.")
    version = cursor.byte(primary_box.start)
    primary = cursor.big(primary_box.start + 4, 4 if version else 2)
    boxes = list(_inside(cursor, properties.start, properties.end))
    area_max = 0
    for box in boxes:
        if box.name == b"ispe":
            area_max = max(area_max, cursor.big(box.start + 4, 4) * cursor.big(box.start + 8, 4))
    width = height = turns = 0
    for index in _associated(cursor, association, primary):
        if not 1 <= index <= len(boxes):
            continue
        box = boxes[index - 1]
        if box.name == b"ispe":
            width, height = cursor.big(box.start + 4, 4), cursor.big(box.start + 8, 4)
        elif box.name == b"clap":
            # The clean aperture: what is shown of a size that the codec rounded up.
            width = min(width, cursor.big(box.start, 4) // max(1, cursor.big(box.start + 4, 4)))
            height = min(height, cursor.big(box.start + 8, 4) // max(1, cursor.big(box.start + 12, 4)))
        elif box.name == b"irot":
            turns = cursor.byte(box.start) & 0b11
    if turns % 2:
        width, height = height, width
    return Found(width, height, 1, area_max)


def _associated(cursor: Cursor, box: _Box, item: int) -> list[int]:
    """Return the one-based indices of the properties of `item`."""
    version, wide = cursor.byte(box.start), cursor.byte(box.start + 3) & 1
    id_bytes, index_bytes = (4 if version else 2), (2 if wide else 1)
    mask = (1 << (8 * index_bytes - 1)) - 1  # the highest bit says that the property is essential
    position = box.start + 8
    for _ in range(cursor.big(box.start + 4, 4)):
        cursor.step()
        here, count = cursor.big(position, id_bytes), cursor.byte(position + id_bytes)
        position += id_bytes + 1
        if here == item:
            return [cursor.big(position + index_bytes * at, index_bytes) & mask for at in range(count)]
        position += index_bytes * count
    return []


def _track(cursor: Cursor, trak: _Box) -> Found:
    header = _child(cursor, trak, b"tkhd")
    if header is None:
        raise DamagedMedia("A track has no header.")
    # Width and height are the last two fields, in 16.16 fixed point; what stands before depends on the version.
    at = header.start + (88 if cursor.byte(header.start) else 76)
    width, height = cursor.big(at, 4) >> 16, cursor.big(at + 4, 4) >> 16
    samples = _child(cursor, trak, b"mdia", b"minf", b"stbl", b"stsz") or _child(
        cursor, trak, b"mdia", b"minf", b"stbl", b"stz2"
    )
    frames = cursor.big(samples.start + 8, 4) if samples is not None else 1
    return Found(width, height, frames, width * height)
