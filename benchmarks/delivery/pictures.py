"""Pictures that are made, not fetched, and how alike two of them look."""

from __future__ import annotations

from pathlib import Path

import pyvips

SMALL = (2048, 1536)
"""3.1 megapixels."""
LARGE = (4000, 3000)
"""12 megapixels, as phones take them."""
_OCTAVES = 8
_SCENES = 8
"""Different ones among the photos."""
_BLUR = 1.5
"""Standard deviation of SSIM's window, in pixels (Wang et al. 2004, section III)."""
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def photo(number: int, size: tuple[int, int]) -> bytes:
    """Return a JPEG of quality 90 with the spectrum that photos have, another one for each number."""
    return _jpeg(_scene(number, size))


def _jpeg(image: pyvips.Image) -> bytes:
    return bytes(image.jpegsave_buffer(Q=90))


def _scene(number: int, size: tuple[int, int]) -> pyvips.Image:
    light = _surface(size, number * 4)
    colours = [light + _surface(size, number * 4 + 1 + band) * 0.35 for band in range(3)]
    # Things stand before other things: photos have edges.
    edges = (_surface(size, number * 4 + 3, finest=5) > 0).ifthenelse(25, -25)
    mixed = colours[0].bandjoin(colours[1:]) + edges
    lit = mixed + 120
    return lit.cast("uchar").copy(interpretation="srgb").copy_memory()


def _surface(size: tuple[int, int], seed: int, *, finest: int = 0) -> pyvips.Image:
    """Return noise of all scales from 2^`finest` pixels up, each twice as strong as the one half as large."""
    width, height = size
    total = None
    for octave in range(finest, _OCTAVES):
        scale = 2**octave
        small = (width // scale + 2, height // scale + 2)
        noise = pyvips.Image.gaussnoise(*small, sigma=1.2 * scale**0.75, mean=0, seed=seed * _OCTAVES + octave)
        layer = (noise.resize(scale) if octave else noise).crop(0, 0, width, height)
        total = layer if total is None else total + layer
    return total


def photos(folder: Path, count: int, size: tuple[int, int]) -> list[Path]:
    """Write `count` different photos of one size; return where they are.

    A scene takes seconds to make, so that each is shown from four sides, in several lights.
    """
    paths = []
    views = [
        lambda scene: scene,
        lambda scene: scene.fliphor(),
        lambda scene: scene.flipver(),
        lambda scene: scene.rot180(),
    ]
    for number in range(count):
        light, place = divmod(number, _SCENES * len(views))
        if place % len(views) == 0:
            scene = _scene(place // len(views), size)
        shown = (views[place % len(views)](scene) + 3 * light).cast("uchar").copy(interpretation="srgb")
        path = folder / f"{size[0]}-{number}.jpg"
        path.write_bytes(_jpeg(shown))
        paths.append(path)
    return paths


def ssim(first: bytes, second: bytes) -> float:
    """Return the structural similarity of the lightness of two pictures of one size, 1 for the same."""
    a, b = (_lightness(each) for each in (first, second))
    mean_a, mean_b = a.gaussblur(_BLUR), b.gaussblur(_BLUR)
    var_a = (a * a).gaussblur(_BLUR) - mean_a * mean_a
    var_b = (b * b).gaussblur(_BLUR) - mean_b * mean_b
    both = (a * b).gaussblur(_BLUR) - mean_a * mean_b
    top = (mean_a * mean_b * 2 + _C1) * (both * 2 + _C2)
    bottom = (mean_a * mean_a + mean_b * mean_b + _C1) * (var_a + var_b + _C2)
    return float((top / bottom).avg())


def shrunk(original: bytes, width: int) -> bytes:
    """Return the original at a width, without loss: what renditions are compared with."""
    return bytes(pyvips.Image.thumbnail_buffer(original, width, height=10_000).pngsave_buffer(compression=1))


def as_jpeg(picture: bytes, quality: int) -> bytes:
    """Return a picture as the smallest JPEG that libvips makes of a quality: progressive, with tables of its own."""
    image = pyvips.Image.new_from_buffer(picture, "")
    return bytes(
        image.jpegsave_buffer(Q=quality, interlace=True, optimize_coding=True, subsample_mode="on", keep="none")
    )


def _lightness(picture: bytes) -> pyvips.Image:
    return pyvips.Image.new_from_buffer(picture, "").colourspace("b-w")[0].cast("float")
