"""Faces for people who do not exist, put together from a few shapes."""

from __future__ import annotations

import random

from PIL import Image, ImageDraw

from hubbub.app.demo.drawing import SCALE, Colour, hsv, mix, png

_PX = 256
_SKIN: tuple[Colour, ...] = (
    (250, 218, 192),
    (236, 190, 152),
    (212, 158, 118),
    (172, 118, 82),
    (128, 84, 58),
    (96, 62, 44),
)
_HAIR: tuple[Colour, ...] = ((44, 34, 32), (78, 54, 40), (124, 78, 44), (176, 120, 62), (206, 202, 198), (150, 66, 40))
_INK: Colour = (52, 42, 44)


def avatar(name: str, number: int = 0) -> bytes:
    """Return the face that belongs to `name`, or the `number`-th other one, as PNG."""
    draw_from = random.Random(f"face {name} {number}")  # noqa: S311 - repeatability is wanted
    side = _PX * SCALE
    hue = draw_from.random()
    image = Image.new("RGB", (side, side), hsv(hue, 0.34, 0.9))
    draw = ImageDraw.Draw(image)
    skin, hair = draw_from.choice(_SKIN), draw_from.choice(_HAIR)
    style = draw_from.choice(("short", "long", "bun", "curls"))
    _behind(draw, side, hair, style)
    _ellipse(draw, side, (0.5, 1.08), (0.42, 0.34), hsv(hue + draw_from.choice([0.4, 0.5, 0.62]), 0.46, 0.62))
    draw.rounded_rectangle((side * 0.42, side * 0.6, side * 0.58, side * 0.84), side * 0.08, fill=mix(skin, _INK, 0.12))
    _ellipse(draw, side, (0.5, 0.48), (0.235, 0.27), skin)
    for x in (0.265, 0.735):
        _ellipse(draw, side, (x, 0.5), (0.04, 0.06), skin)
    _before(draw, side, hair, style)
    _look(draw, side, skin, glasses=not draw_from.randrange(3), smile=draw_from.uniform(0.04, 0.08))
    return png(image.resize((_PX, _PX), Image.Resampling.LANCZOS))


def _behind(draw: ImageDraw.ImageDraw, side: int, hair: Colour, style: str) -> None:
    """Draw the hair that falls behind the face."""
    if style == "long":
        draw.rounded_rectangle((side * 0.2, side * 0.2, side * 0.8, side * 0.84), side * 0.28, fill=hair)
    elif style == "bun":
        _ellipse(draw, side, (0.5, 0.14), (0.12, 0.11), hair)
    elif style == "curls":
        for x, y in ((0.27, 0.36), (0.73, 0.36), (0.24, 0.5), (0.76, 0.5), (0.28, 0.62), (0.72, 0.62)):
            _ellipse(draw, side, (x, y), (0.1, 0.1), hair)


def _before(draw: ImageDraw.ImageDraw, side: int, hair: Colour, style: str) -> None:
    """Draw the hair that lies on the head."""
    box = (side * 0.245, side * 0.17, side * 0.755, side * 0.66)
    draw.chord(box, 190, 350, fill=hair)
    if style == "curls":
        for step, up in enumerate((0.0, 0.06, 0.06, 0.06, 0.06, 0.0)):
            _ellipse(draw, side, (0.27 + step * 0.092, 0.27 - up), (0.085, 0.085), hair)
    elif style == "short":
        draw.polygon([(side * 0.3, side * 0.36), (side * 0.62, side * 0.3), (side * 0.4, side * 0.43)], fill=hair)


def _look(draw: ImageDraw.ImageDraw, side: int, skin: Colour, *, glasses: bool, smile: float) -> None:
    """Draw eyes, nose and mouth."""
    for x in (0.41, 0.59):
        _ellipse(draw, side, (x, 0.49), (0.022, 0.03), _INK)
        if glasses:
            ring = (side * (x - 0.075), side * 0.415, side * (x + 0.075), side * 0.565)
            draw.ellipse(ring, outline=_INK, width=side // 60)
        _ellipse(draw, side, (x + (0.05 if x > 0.5 else -0.05), 0.585), (0.04, 0.028), mix(skin, (226, 104, 96), 0.3))  # noqa: PLR2004 - the face's middle
    if glasses:
        draw.line((side * 0.485, side * 0.48, side * 0.515, side * 0.48), fill=_INK, width=side // 60)
    draw.arc(
        (side * 0.42, side * (0.6 - smile), side * 0.58, side * (0.6 + smile)), 20, 160, fill=_INK, width=side // 55
    )


def _ellipse(
    draw: ImageDraw.ImageDraw, side: int, centre: tuple[float, float], radii: tuple[float, float], fill: Colour
) -> None:
    """Fill an ellipse given in shares of the picture's side."""
    (x, y), (wide, tall) = centre, radii
    draw.ellipse((side * (x - wide), side * (y - tall), side * (x + wide), side * (y + tall)), fill=fill)
