"""The one decode of an uploaded picture: what it is, its placeholder, and the mezzanines that everything is made of.

Runs inside the sandbox. What leaves is our own encoding of pixels: upright, in sRGB, without Exif, GPS, XMP or any
other note of the sender's, so that delivery never opens a stranger's bytes.
"""

from __future__ import annotations

import pyvips

from hubbub.media.adapters import picture_frames, vips
from hubbub.media.adapters.picture_fingerprint import fingerprint_of
from hubbub.media.domain import thumbhash
from hubbub.media.domain.budget import Budget
from hubbub.media.domain.headers import Header, read_header
from hubbub.media.domain.kinds import Format
from hubbub.media.domain.picture import Inspected, Mezzanine

LARGE, SMALL, PREVIEW = 2048, 1024, 512
"""Pixels of the longer side of the still mezzanines; a picture that is smaller keeps its own.

The smallest is what a conversation shows: decoding it takes a third of the time of the next, for a tenth of its room.
"""
MOVING_SIDE_MAX = 1024
"""Pixels of the longer side of a moving mezzanine."""
MOVING_PIXELS_MAX = 60_000_000
"""Pixels of all frames of a moving mezzanine together: 240 MB while it is encoded, and some seconds of work."""
_THUMBHASH_SIDE = 32
"""Pixels that the placeholder is computed from. It keeps seven waves across, so more would say nothing new."""
_QUALITY = 92
"""Of a mezzanine in JPEG: high, because it is encoded once more for delivery."""
_QUALITY_MOVING = 80
_NEAR = 0.9
_LOSSLESS_FORMATS = frozenset({Format.PNG, Format.APNG, Format.GIF, Format.WEBP_LOSSLESS})
_LOSSLESS_RATIO = 2
"""How many times a JPEG's bytes a lossless mezzanine may have; screenshots and drawings have fewer than one."""


def inspect(data: bytes, budget: Budget | None = None) -> Inspected:
    """Return what the picture in `data` is, and its mezzanines.

    Args:
        data: The whole upload.
        budget: What it may ask of decoders; None takes the defaults.

    Raises:
        NotAPicture: The bytes are no picture that is decoded.
        DamagedMedia: They cannot be decoded to their end.
        TooManyPixels: It exceeds the budget.
        TooManyFrames: Likewise.
    """
    budget = budget or Budget()
    header = read_header(data)
    budget.check(header)
    with vips.damage_told():
        return _described(data, header, picture_frames.still(data, header, LARGE, budget), budget)


def _described(data: bytes, header: Header, image: pyvips.Image, budget: Budget) -> Inspected:
    opaque = not vips.has_alpha(image) or image[image.bands - 1].min() == 255  # noqa: PLR2004 - of eight bits
    if opaque and vips.has_alpha(image):
        image = vips.in_memory(image.extract_band(0, n=image.bands - 1))
    mezzanines = _stills(image, lossless=header.format in _LOSSLESS_FORMATS, alpha=not opaque)
    duration_ms, frames = 0, 1
    if header.animated:
        walking, delays_ms, all_opaque = _moving(data, header, budget)
        frames, duration_ms = len(delays_ms), sum(delays_ms)
        if frames > 1:
            mezzanines.append(walking)
            # A first frame without transparency says nothing of those that follow.
            opaque = opaque and all_opaque
    width, height = header.width, header.height
    if header.orientation > 4:  # noqa: PLR2004 - the four that lie on their side
        width, height = height, width
    told = (header.format, width, height, not opaque, frames, duration_ms)
    return Inspected(*told, _placeholder(image), tuple(mezzanines), fingerprint_of(image))


def _stills(image: pyvips.Image, *, lossless: bool, alpha: bool) -> list[Mezzanine]:
    made = [_still(image, str(LARGE), lossless=lossless, alpha=alpha)]
    whole = (image.width, image.height)
    for side in (SMALL, PREVIEW):
        if max(whole) > side:
            # In the proportions of the largest, as renditions are: one of the same size is then not scaled again.
            width, height = (max(1, round(each * side / max(whole))) for each in whole)
            image = vips.in_memory(_smaller(image, width, height))
            made.append(_still(image, str(side), lossless=lossless, alpha=alpha))
    return made


def _smaller(image: pyvips.Image, width: int, height: int) -> pyvips.Image:
    longest, side = max(image.width, image.height), max(width, height)
    if side * _NEAR * 2 <= longest <= side * 2 and min(image.width, image.height) > 1:
        # Averaging two by two pixels takes half the time of a filter that can reach any size.
        halved = vips.halved(image)
        if max(abs(halved.width - width), abs(halved.height - height)) <= 1:
            return vips.exactly(halved, width, height)
    return vips.resized(image, width, height)


def _still(image: pyvips.Image, name: str, *, lossless: bool, alpha: bool) -> Mezzanine:
    content, content_type = b"", "image/png"
    if not alpha:
        # Baseline: it decodes faster than a progressive one, and no browser sees it.
        # Coloured edges of drawings keep their resolution; photographs came with half of it.
        colour = "off" if lossless else "on"
        content, content_type = image.jpegsave_buffer(Q=_QUALITY, subsample_mode=colour, keep="none"), "image/jpeg"
    if alpha or lossless:
        png = image.pngsave_buffer(compression=4, filter="all" if not lossless else "none", keep="none")
        if alpha or len(png) <= _LOSSLESS_RATIO * len(content):
            content, content_type = png, "image/png"
    return Mezzanine(name, content, content_type, image.width, image.height)


def _moving(data: bytes, header: Header, budget: Budget) -> tuple[Mezzanine, list[int], bool]:
    """Return the moving mezzanine, the delays of its frames in milliseconds, and whether all are opaque."""
    walking = picture_frames.moving(data, header, budget)
    frames: list[pyvips.Image] = []
    delays_ms: list[int] = []
    for frame in walking.frames:
        image = frame.image if vips.has_alpha(frame.image) else frame.image.addalpha()
        width, height = _moving_size(image.width, image.height, header.frames)
        frames.append(vips.in_memory(vips.resized(image, width, height)))
        delays_ms.append(frame.delay_ms)
    opaque = all(frame[3].min() == 255 for frame in frames)  # noqa: PLR2004 - of eight bits
    if opaque:
        frames = [frame.extract_band(0, n=3) for frame in frames]
    roll = vips.join(frames, delays_ms, walking.loop)
    content = roll.webpsave_buffer(Q=_QUALITY_MOVING, effort=2, keep="none")
    return Mezzanine("moving", content, "image/webp", frames[0].width, frames[0].height), delays_ms, opaque


def _moving_size(width: int, height: int, frames: int) -> tuple[int, int]:
    scale = min(1.0, MOVING_SIDE_MAX / max(width, height), (MOVING_PIXELS_MAX / (width * height * frames)) ** 0.5)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _placeholder(image: pyvips.Image) -> bytes:
    """Return the thumbhash of `image`."""
    scale = min(1.0, _THUMBHASH_SIDE / max(image.width, image.height))
    small = vips.resized(image, max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    colours = small if vips.has_alpha(small) else small.addalpha()
    return thumbhash.encode(colours.width, colours.height, bytes(colours.cast("uchar").write_to_memory()))
