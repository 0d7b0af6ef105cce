"""A rendition made of a mezzanine. Runs in render workers, on nothing but our own mezzanines.

JPEG mezzanines are decoded straight at an eighth, a quarter or half their size where that suffices: libvips' own
thumbnailing keeps twice the size asked for, to sharpen from; at our mezzanines' quality one time is enough, and the
whole scaling step falls away where the size is then exact. At their own size Pillow decodes them in two thirds of the
time that libvips takes, and the native core encodes progressive JPEG in half of it (docs/adr/0015).
"""

from __future__ import annotations

import io

import pyvips
from PIL import Image

from hubbub import native
from hubbub.media.adapters import vips
from hubbub.media.domain.kinds import Format, sniff
from hubbub.media.domain.picture import Rendered
from hubbub.media.domain.rendition import Fit, Output, Rendition
from hubbub.media.errors import DamagedMedia

_AVIF_QUALITY = {50: 45, 80: 62, 92: 82}
_WEBP_QUALITY = {50: 44, 80: 74, 92: 88}
"""Qualities of about the same SSIM, over photographs at 512 pixels, as the JPEG quality that they stand for."""
_AVIF_EFFORT, _WEBP_EFFORT = 0, 2
"""The next step takes AVIF three times as long for a tenth fewer bytes, and WebP twice as long for a twentieth."""
_SMALL_MOVING = 256
"""Pixels of a side up to which a moving WebP is compared with its GIF: above, the GIF was larger in every trial, and
encoding one takes seconds."""
_SHRINKS = (8, 4, 2)
_RGB = 3
"""Bands of what has no transparency."""
PAPER = [255.0, 255.0, 255.0]
"""What transparent pixels become where the format asked for has none."""


def render(mezzanine: bytes, rendition: Rendition) -> Rendered:
    """Return `rendition` of `mezzanine`.

    Args:
        mezzanine: A still or the moving one, of one of our own uploads; at least as large as the rendition, or it is
            taken as large as it is.
        rendition: As `domain.rendition.resolve` made it.

    Raises:
        DamagedMedia: The bytes are no mezzanine of ours, or were damaged in storage.
    """
    with vips.damage_told():
        return _moving(mezzanine, rendition) if rendition.animated else _still(mezzanine, rendition)


def _still(mezzanine: bytes, rendition: Rendition) -> Rendered:
    image = vips.in_memory(fitted(_loaded(mezzanine, rendition), rendition, "attention"))
    content, output = _encoded(image, rendition.format, rendition.quality), rendition.format
    if rendition.negotiated and output in {Output.AVIF, Output.WEBP}:
        plain = Output.PNG if vips.has_alpha(image) else Output.JPEG
        other = _encoded(image, plain, rendition.quality)
        if len(other) < len(content):
            content, output = other, plain
    return Rendered(content, output, image.width, image.height)


def _loaded(mezzanine: bytes, rendition: Rendition) -> pyvips.Image:
    match sniff(mezzanine):
        case Format.JPEG:
            whole = pyvips.Image.jpegload_buffer(mezzanine, access="sequential")
            need = _scale(whole.width, whole.height, rendition)
            # Rounded as the decoder rounds, so that 1,023 pixels at half do for 512.
            shrink = next((each for each in _SHRINKS if need * each <= 1.0 + each / whole.width), 1)
            if shrink == 1 and whole.bands == _RGB:
                with Image.open(io.BytesIO(mezzanine), formats=("JPEG",)) as opened:
                    rgb = opened.tobytes()
                whole = pyvips.Image.new_from_memory(rgb, whole.width, whole.height, _RGB, "uchar")
                return whole.copy(interpretation="srgb")
            return pyvips.Image.jpegload_buffer(mezzanine, shrink=shrink, access="sequential")
        case Format.PNG:
            return pyvips.Image.pngload_buffer(mezzanine, access="sequential")
        case Format.WEBP | Format.WEBP_LOSSLESS | Format.WEBP_ANIMATED:
            return pyvips.Image.webpload_buffer(mezzanine, n=1, access="sequential")
        case _:
            raise DamagedMedia("A mezzanine is not what was stored.")


def _scale(width: int, height: int, rendition: Rendition) -> float:
    across, down = rendition.width / width, rendition.height / height
    return max(across, down) if rendition.fit is Fit.COVER else min(across, down)


def fitted(image: pyvips.Image, rendition: Rendition, interesting: str) -> pyvips.Image:
    """Return a picture scaled, and for `Fit.COVER` cut, to the box of `rendition`.

    Args:
        image: Any frame.
        rendition: Whose box it is.
        interesting: Where it is cut: libvips' name of what to look for.
    """
    scale = _scale(image.width, image.height, rendition)
    if scale < 1.0:
        width, height = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        if rendition.fit is Fit.COVER:
            width, height = max(width, rendition.width), max(height, rendition.height)
        image = vips.resized(image, min(width, image.width), min(height, image.height))
    if rendition.fit is Fit.CONTAIN:
        return image
    width, height = min(rendition.width, image.width), min(rendition.height, image.height)
    if (width, height) == (image.width, image.height):
        return image
    return vips.in_memory(image).smartcrop(width, height, interesting=interesting)


def _moving(mezzanine: bytes, rendition: Rendition) -> Rendered:
    roll = pyvips.Image.webpload_buffer(mezzanine, n=-1, access="sequential")
    height = int(roll.get("page-height"))
    if rendition.format is Output.WEBP and rendition.width >= roll.width and rendition.height >= height:
        return Rendered(mezzanine, Output.WEBP, roll.width, height)
    # The crop is the same for every frame: one that follows what is interesting would shake the picture.
    frames = [
        vips.in_memory(fitted(roll.crop(0, index * height, roll.width, height), rendition, "centre"))
        for index in range(int(roll.get_n_pages()))
    ]
    joined = vips.join(frames, list(roll.get("delay")), int(roll.get("loop")))
    width, height = frames[0].width, frames[0].height
    content, output = _encoded_moving(joined, rendition.format, rendition.quality), rendition.format
    if rendition.negotiated and output is Output.WEBP and max(width, height) <= _SMALL_MOVING:
        other = _encoded_moving(joined, Output.GIF, 0)
        if len(other) < len(content):
            content, output = other, Output.GIF
    return Rendered(content, output, width, height)


def _encoded_moving(roll: pyvips.Image, output: Output, quality: int) -> bytes:
    if output is Output.GIF:
        return bytes(roll.gifsave_buffer(effort=3, interframe_maxerror=6, keep="none"))
    return bytes(roll.webpsave_buffer(Q=_WEBP_QUALITY[quality], effort=2, keep="none"))


def _encoded(image: pyvips.Image, output: Output, quality: int) -> bytes:
    content: bytes
    match output:
        case Output.JPEG:
            opaque = image.flatten(background=PAPER) if vips.has_alpha(image) else image
            coloured = opaque if opaque.bands == _RGB else opaque.colourspace("srgb")
            rgb = bytes(coloured.write_to_memory())
            content = native.encode_jpeg(coloured.width, coloured.height, rgb, quality)
        case Output.WEBP:
            content = image.webpsave_buffer(Q=_WEBP_QUALITY[quality], effort=_WEBP_EFFORT, keep="none")
        case Output.AVIF:
            content = image.heifsave_buffer(
                compression="av1", Q=_AVIF_QUALITY[quality], effort=_AVIF_EFFORT, keep="none"
            )
        case Output.PNG:
            content = image.pngsave_buffer(compression=6, keep="none")
        case Output.GIF:
            content = image.gifsave_buffer(effort=5, keep="none")
        case Output.MP4:
            raise ValueError("a still has no MP4")
    return bytes(content)
