"""Untrusted pictures as pixels: a still, or the frames of an animation. Runs inside the sandbox alone.

libvips reads JPEG, PNG, GIF, WebP and AVIF; libheif, through pillow-heif, reads HEIC; Pillow reads the two kinds of
animation that libvips sees one frame of: APNG and AVIF sequences.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import NamedTuple

import pyvips
from PIL import Image

from hubbub.media.adapters import vips
from hubbub.media.domain.budget import Budget
from hubbub.media.domain.headers import Header
from hubbub.media.domain.kinds import Format

DELAY_MS_MIN = 11
"""Browsers show a frame that asks for less, as many old GIFs do, for `DELAY_MS_USUAL` instead."""
DELAY_MS_USUAL = 100
_SHRINKS = (8, 4, 2)
_NEAR = 0.9
"""A picture decoded at an eighth, a quarter or half its size is not scaled again when it is this close to the size that
was wanted: phones' 12 megapixels give 2,016 or 2,000 pixels at half, and skip the most costly step."""


class Frame(NamedTuple):
    """One frame of an animation."""

    image: pyvips.Image
    """Upright, in sRGB; every frame of an animation is as large as the first."""
    delay_ms: int
    """How long it is shown."""


class Moving(NamedTuple):
    """An animation."""

    frames: Iterator[Frame]
    """To be taken in order, each evaluated before the next is taken: so none but the present one is held."""
    loop: int
    """Times that it plays; zero is for ever."""


def still(data: bytes, header: Header, side_max: int, budget: Budget) -> pyvips.Image:
    """Return the picture, or an animation's first frame: upright, in sRGB, in memory, no side above `side_max` pixels.

    Raises:
        TooManyPixels: The decoder finds more pixels than the header named, and more than the budget has.
        Exception: Whatever a decoder raises over damaged bytes; see `vips.damage_told`.
    """
    image = _loaded(data, header, side_max)
    budget.check(header._replace(width=image.width, height=image.height, frames=1))
    return vips.upright(vips.in_memory(vips.to_srgb(_within(image, side_max))), header.orientation)


def moving(data: bytes, header: Header, budget: Budget) -> Moving:
    """Return every frame of the animation in `data`.

    Raises:
        TooManyPixels: The decoder finds more than the budget has.
        TooManyFrames: Likewise.
        Exception: Whatever a decoder raises over damaged bytes, here or when a frame is taken.
    """
    if header.format in {Format.APNG, Format.AVIF_SEQUENCE}:
        return _with_pillow(data, header, budget)
    return _roll(data, header, budget)


def _loaded(data: bytes, header: Header, side_max: int) -> pyvips.Image:
    options = {"access": "sequential", "fail_on": "truncated"}
    image: pyvips.Image
    match header.format:
        case Format.JPEG:
            longest = max(header.width, header.height)
            shrink = next((each for each in _SHRINKS if longest / each >= side_max * _NEAR), 1)
            image = pyvips.Image.jpegload_buffer(data, shrink=shrink, **options)
        case Format.PNG | Format.APNG:
            image = pyvips.Image.pngload_buffer(data, **options)
        case Format.GIF:
            image = pyvips.Image.gifload_buffer(data, n=1, **options)
        case Format.WEBP | Format.WEBP_LOSSLESS | Format.WEBP_ANIMATED:
            image = pyvips.Image.webpload_buffer(data, n=1, **options)
        case Format.AVIF:
            image = pyvips.Image.heifload_buffer(data, n=1, **options)
        case Format.AVIF_SEQUENCE:
            with Image.open(io.BytesIO(data), formats=("AVIF",)) as opened:
                image = _from_pillow(opened, opened.info.get("icc_profile"))
        case _:
            image = _heic(data)
    return image


def _heic(data: bytes) -> pyvips.Image:
    import pillow_heif

    # libheif turns and mirrors as the file says; its Exif orientation repeats that, and is not applied again.
    opened = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True)
    return _from_pillow(opened.to_pillow(), opened.info.get("icc_profile"))


def _from_pillow(picture: Image.Image, profile: bytes | None) -> pyvips.Image:
    mode = "RGBA" if picture.has_transparency_data else "RGB"
    converted = picture if picture.mode == mode else picture.convert(mode)
    image = pyvips.Image.new_from_memory(
        converted.tobytes(), converted.width, converted.height, len(mode), "uchar"
    ).copy(interpretation="srgb")
    if profile:
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    return image


def _within(image: pyvips.Image, side_max: int) -> pyvips.Image:
    longest = max(image.width, image.height)
    if longest <= side_max:
        return image
    scale = side_max / longest
    return vips.resized(image, max(1, round(image.width * scale)), max(1, round(image.height * scale)))


def _roll(data: bytes, header: Header, budget: Budget) -> Moving:
    load = pyvips.Image.gifload_buffer if header.format is Format.GIF else pyvips.Image.webpload_buffer
    roll = load(data, n=-1, access="sequential", fail_on="truncated")
    height, count = int(roll.get("page-height")), int(roll.get_n_pages())
    budget.check(header._replace(width=roll.width, height=height, frames=count))
    delays = list(roll.get("delay")) if roll.get_typeof("delay") else []
    loop = int(roll.get("loop")) if roll.get_typeof("loop") else 0
    shown = _delays(delays, count)
    colours = vips.to_srgb(roll)
    cut = (colours.crop(0, index * height, roll.width, height) for index in range(count))
    return Moving((Frame(_turned(image, header), delay_ms) for image, delay_ms in zip(cut, shown, strict=True)), loop)


def _turned(image: pyvips.Image, header: Header) -> pyvips.Image:
    return image if header.orientation == 1 else vips.upright(image.copy_memory(), header.orientation)


def _with_pillow(data: bytes, header: Header, budget: Budget) -> Moving:
    Image.MAX_IMAGE_PIXELS = None  # the budget has looked at the header, and looks at what Pillow finds here
    name = "PNG" if header.format is Format.APNG else "AVIF"
    opened = Image.open(io.BytesIO(data), formats=(name,))
    count = int(getattr(opened, "n_frames", 1))
    budget.check(header._replace(width=opened.width, height=opened.height, frames=count))
    profile = opened.info.get("icc_profile")

    def frames() -> Iterator[Frame]:
        for index in range(count):
            opened.seek(index)
            image = vips.to_srgb(_from_pillow(opened.convert("RGBA"), profile))
            yield Frame(_turned(image, header), _delays([round(opened.info.get("duration", 0))], 1)[0])

    return Moving(frames(), int(opened.info.get("loop", 0)))


def _delays(delays_ms: list[int], count: int) -> list[int]:
    given = [*delays_ms, *[DELAY_MS_USUAL] * count][:count]
    return [delay if delay >= DELAY_MS_MIN else DELAY_MS_USUAL for delay in given]
