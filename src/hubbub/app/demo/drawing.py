"""What all drawn pictures share: colours, hills, and the way to a PNG."""

from __future__ import annotations

import colorsys
import io
import math
import random

from PIL import Image, ImageDraw

Colour = tuple[int, int, int]

SCALE = 4
"""Small pictures are drawn larger and reduced, which smooths their edges."""


def ridge(
    draw: ImageDraw.ImageDraw,
    draw_from: random.Random,
    size: tuple[int, int],
    *,
    base: float,
    height: float,
    fill: Colour,
) -> None:
    """Fill everything below a row of hills; `base` and `height` are shares of the picture's height."""
    width, tall = size
    phases = [(draw_from.uniform(2, 9), draw_from.uniform(0, math.tau), draw_from.uniform(0.2, 1)) for _ in range(4)]
    points = []
    for step in range(121):
        along = step / 120
        swing = sum(weight * math.sin(along * waves + phase) for waves, phase, weight in phases) / 4
        points.append((along * width, tall * (base - height * swing)))
    draw.polygon([*points, (width, tall), (0, tall)], fill=fill)


def gradient(size: tuple[int, int], top: Colour, bottom: Colour) -> Image.Image:
    """Return a picture that goes from `top` to `bottom`."""
    column = Image.new("RGB", (1, 256))
    for step in range(256):
        column.putpixel((0, step), mix(top, bottom, step / 255))
    return column.resize(size, Image.Resampling.BICUBIC)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """Return the colour `share` of the way from `one` to `other`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def hsv(hue: float, saturation: float, value: float) -> Colour:
    """Return a colour by hue, saturation and value, each from 0 to 1; hues wrap around."""
    red, green, blue = (round(part * 255) for part in colorsys.hsv_to_rgb(hue % 1.0, saturation, max(0.0, value)))
    return red, green, blue


def png(image: Image.Image) -> bytes:
    """Return `image` as PNG."""
    kept = io.BytesIO()
    image.save(kept, "PNG", optimize=False, compress_level=6)
    return kept.getvalue()
