"""libvips, set so that hostile bytes reach few decoders, and pictures as pixels in sRGB.

Nothing here opens a path, a socket or a temporary file: bytes go in, bytes come out. The loader is named by our own
sniffer, never guessed by libvips, and every loader but those listed is blocked.

Contract: `configure` once per process, before threads; the rest from one thread at a time. Untrusted bytes are decoded
only inside the sandbox.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import pyvips

from hubbub.media.errors import DamagedMedia, MediaError

LOADERS = (
    "VipsForeignLoadJpegBuffer",
    "VipsForeignLoadPngBuffer",
    "VipsForeignLoadNsgifBuffer",
    "VipsForeignLoadWebpBuffer",
    "VipsForeignLoadHeifBuffer",
)
"""Loaders of libvips that may run, all from memory. HEIF reads AVIF alone: the build has no HEVC decoder."""
VERSION_MIN = (8, 15)
"""The first libvips whose savers name what they keep."""
ALPHA_BANDS = (2, 4)
"""Numbers of bands of which the last is transparency: grey and colour."""


def configure() -> None:
    """Set libvips for one short job after another: one thread, no cache of operations, no files, no other loaders.

    Raises:
        ImportError: It is an old one. pyvips, built where the system has a libvips, takes that one's place.
    """
    if not pyvips.at_least_libvips(*VERSION_MIN):
        found, least = (".".join(map(str, each)) for each in ((pyvips.version(0), pyvips.version(1)), VERSION_MIN))
        remedy = "reinstall pyvips where pkg-config finds none"
        raise ImportError(f"pyvips uses this machine's libvips {found}, and {least} is needed: {remedy}")
    # Large pictures would go through a temporary file; the sandbox has no place for one.
    os.environ["VIPS_DISC_THRESHOLD"] = "64g"
    pyvips.concurrency_set(1)
    pyvips.cache_set_max(0)
    pyvips.cache_set_max_mem(0)
    pyvips.cache_set_max_files(0)
    pyvips.operation_block_set("VipsForeignLoad", True)
    for name in LOADERS:
        pyvips.operation_block_set(name, False)
    pyvips.block_untrusted_set(True)


def has_alpha(image: pyvips.Image) -> bool:
    """Return whether the last band is transparency."""
    return image.bands in ALPHA_BANDS


def to_srgb(image: pyvips.Image) -> pyvips.Image:
    """Return `image` with eight bits a band in sRGB; three bands, or four with transparency.

    An embedded profile is applied, so that wide gamuts and CMYK look right where nothing reads profiles. One of
    sRGB itself is dropped, and a broken one counts as none.
    """
    if image.get_typeof("icc-profile-data") and not _is_srgb(image.get("icc-profile-data")):
        with contextlib.suppress(pyvips.Error):
            image = image.icc_transform("srgb", embedded=True, intent="relative", depth=8)
    elif image.interpretation == "cmyk":
        image = image.icc_transform("srgb", input_profile="cmyk", intent="relative", depth=8)
    if image.interpretation != "srgb":
        image = image.colourspace("srgb")
    return image if image.format == "uchar" else image.cast("uchar")


_SRGB_COLORANTS = {b"rXYZ": (0.436, 0.222, 0.014), b"gXYZ": (0.385, 0.717, 0.097), b"bXYZ": (0.143, 0.061, 0.714)}
"""The primaries of sRGB in the profile connection space, adapted to D50 (IEC 61966-2-1)."""
_SRGB_WIDE = "sRGB".encode("utf-16-be")  # here, because a codec is a file, and the sandbox opens none
_COLORANT_TOLERANCE = 0.002
_TAGS_MAX = 64


def _is_srgb(profile: bytes) -> bool:
    """Return whether a profile calls itself sRGB and has its primaries: most do, and converting them costs a third.

    Source: ICC.1:2022, sections 7.3 (tag table) and 10.31 (XYZ type).
    """
    if b"sRGB" not in profile and _SRGB_WIDE not in profile:
        return False
    found = {}
    for entry in range(132, 132 + 12 * min(int.from_bytes(profile[128:132]), _TAGS_MAX), 12):
        name, at = profile[entry : entry + 4], int.from_bytes(profile[entry + 4 : entry + 8])
        if name in _SRGB_COLORANTS and len(profile) >= at + 20:
            found[name] = [int.from_bytes(profile[at + n : at + n + 4], signed=True) / 65536 for n in (8, 12, 16)]
    return found.keys() == _SRGB_COLORANTS.keys() and all(
        abs(have - expected) <= _COLORANT_TOLERANCE
        for name, values in found.items()
        for have, expected in zip(values, _SRGB_COLORANTS[name], strict=True)
    )


def resized(image: pyvips.Image, width: int, height: int) -> pyvips.Image:
    """Return `image` scaled to exactly `width` by `height` pixels; colour under transparency does not bleed."""
    if (image.width, image.height) == (width, height):
        return image
    across, down = width / image.width, height / image.height
    if not has_alpha(image):
        return exactly(image.resize(across, vscale=down), width, height)
    scaled = image.premultiply().resize(across, vscale=down).unpremultiply().cast("uchar")
    return exactly(scaled.copy(interpretation="srgb"), width, height)


def halved(image: pyvips.Image) -> pyvips.Image:
    """Return `image` with every two by two pixels averaged; both sides have at least two."""
    if not has_alpha(image):
        return image.shrink(2, 2)
    return image.premultiply().shrink(2, 2).unpremultiply().cast("uchar").copy(interpretation="srgb")


def exactly(image: pyvips.Image, width: int, height: int) -> pyvips.Image:
    """Return `image`, of which rounding inside libvips made a pixel too many or too few, at exactly that size."""
    if (image.width, image.height) == (width, height):
        return image
    return image.gravity("centre", width, height, extend="copy")


def upright(image: pyvips.Image, orientation: int) -> pyvips.Image:
    """Return `image`, which must be in memory, turned by an Exif orientation from 1 to 8."""
    if orientation in {5, 6}:
        image = image.rot90()
    elif orientation in {3, 4}:
        image = image.rot180()
    elif orientation in {7, 8}:
        image = image.rot270()
    return image.fliphor() if orientation in {2, 4, 5, 7} else image


def in_memory(image: pyvips.Image) -> pyvips.Image:
    """Return `image` evaluated, so that it may be read in any order and more than once."""
    return image.copy_memory()


@contextlib.contextmanager
def damage_told() -> Iterator[None]:
    """Turn whatever decoders raise over bytes that they cannot decode into `DamagedMedia`."""
    try:
        yield
    except MediaError:
        raise
    except Exception as error:  # libraries raise whatever a damaged picture makes them stumble over
        raise DamagedMedia from error


def join(frames: list[pyvips.Image], delays_ms: list[int], loop: int) -> pyvips.Image:
    """Return an animation: `frames` of one size below one another, as libvips keeps them.

    Args:
        frames: At least one.
        delays_ms: Milliseconds that each frame is shown.
        loop: Times that it plays; zero is for ever.
    """
    roll = pyvips.Image.arrayjoin(frames, across=1).copy()
    roll.set_type(pyvips.GValue.gint_type, "page-height", frames[0].height)
    roll.set_type(pyvips.GValue.array_int_type, "delay", delays_ms)
    roll.set_type(pyvips.GValue.gint_type, "loop", loop)
    return roll
