"""Small pictures: custom emojis, and the icons of guilds that show one of them."""

from __future__ import annotations

import random
from collections.abc import Callable

from PIL import Image, ImageDraw

from hubbub.app.demo.drawing import SCALE, gradient, hsv, png

_ICON_PX, _EMOJI_PX = 256, 128


def icon(name: str, emblem: str) -> bytes:
    """Return a guild's icon: its `emblem`, a key of `EMOJIS`, on a colour drawn from its name."""
    draw_from = random.Random(f"icon {name}")  # noqa: S311 - repeatability is wanted
    side = _ICON_PX * SCALE
    hue = draw_from.random()
    image = gradient((side, side), hsv(hue, 0.55, 0.5), hsv(hue + 0.06, 0.6, 0.26))
    drawn = round(side * 0.68)
    layer = Image.new("RGBA", (drawn, drawn), (0, 0, 0, 0))
    EMOJIS[emblem](ImageDraw.Draw(layer), drawn)
    image.paste(layer, ((side - drawn) // 2, (side - drawn) // 2), layer)
    return png(image.resize((_ICON_PX, _ICON_PX), Image.Resampling.LANCZOS))


def emoji(name: str) -> bytes:
    """Return a custom emoji `name`, a key of `EMOJIS`, on a clear ground."""
    side = _EMOJI_PX * SCALE
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    EMOJIS[name](ImageDraw.Draw(image), side)
    return png(image.resize((_EMOJI_PX, _EMOJI_PX), Image.Resampling.LANCZOS))


def _lantern(draw: ImageDraw.ImageDraw, side: int) -> None:
    draw.rectangle((side * 0.42, side * 0.04, side * 0.58, side * 0.14), fill=(70, 60, 60))
    draw.rounded_rectangle((side * 0.26, side * 0.14, side * 0.74, side * 0.86), side * 0.16, fill=(228, 88, 52))
    draw.rounded_rectangle((side * 0.36, side * 0.24, side * 0.64, side * 0.76), side * 0.12, fill=(255, 214, 110))
    draw.rectangle((side * 0.32, side * 0.86, side * 0.68, side * 0.94), fill=(70, 60, 60))


def _mast(draw: ImageDraw.ImageDraw, side: int) -> None:
    for radius, width in ((0.4, 0.05), (0.27, 0.05)):
        box = (side * (0.5 - radius), side * (0.34 - radius), side * (0.5 + radius), side * (0.34 + radius))
        draw.arc(box, 200, 340, fill=(64, 132, 214), width=int(side * width))
    draw.polygon([(side * 0.5, side * 0.3), (side * 0.72, side * 0.96), (side * 0.28, side * 0.96)], fill=(86, 94, 110))
    draw.ellipse((side * 0.42, side * 0.24, side * 0.58, side * 0.4), fill=(226, 74, 74))


def _teacup(draw: ImageDraw.ImageDraw, side: int) -> None:
    draw.ellipse((side * 0.62, side * 0.42, side * 0.94, side * 0.74), outline=(90, 140, 160), width=int(side * 0.06))
    draw.pieslice((side * 0.12, side * 0.06, side * 0.8, side * 0.9), 0, 180, fill=(126, 184, 200))
    draw.ellipse((side * 0.12, side * 0.4, side * 0.8, side * 0.56), fill=(150, 96, 50))
    for x in (0.32, 0.46, 0.6):
        draw.line((side * x, side * 0.34, side * (x + 0.05), side * 0.12), fill=(190, 200, 210), width=int(side * 0.04))


def _comet(draw: ImageDraw.ImageDraw, side: int) -> None:
    for number, colour in enumerate([(64, 92, 190), (110, 146, 226), (176, 206, 250)]):
        spread = 0.2 - number * 0.05
        draw.polygon(
            [
                (side * 0.06, side * 0.08),
                (side * (0.7 + spread / 2), side * (0.7 - spread)),
                (side * (0.7 - spread), side * (0.7 + spread / 2)),
            ],
            fill=colour,
        )
    draw.ellipse((side * 0.54, side * 0.54, side * 0.92, side * 0.92), fill=(255, 240, 190))


def _bee(draw: ImageDraw.ImageDraw, side: int) -> None:
    for x in (0.3, 0.52):
        draw.ellipse(
            (side * x, side * 0.1, side * (x + 0.26), side * 0.5),
            fill=(196, 222, 240),
            outline=(120, 150, 176),
            width=side // 50,
        )
    draw.ellipse((side * 0.12, side * 0.34, side * 0.84, side * 0.84), fill=(250, 196, 56))
    for x, spread in ((0.32, 0.2), (0.5, 0.24), (0.67, 0.18)):
        draw.rounded_rectangle(
            (side * (x - 0.045), side * (0.59 - spread), side * (x + 0.045), side * (0.59 + spread)),
            side * 0.04,
            fill=(58, 46, 40),
        )
    draw.ellipse((side * 0.16, side * 0.5, side * 0.24, side * 0.58), fill=(58, 46, 40))
    draw.polygon([(side * 0.82, side * 0.54), (side * 0.96, side * 0.6), (side * 0.82, side * 0.66)], fill=(58, 46, 40))


def _loaf(draw: ImageDraw.ImageDraw, side: int) -> None:
    draw.rounded_rectangle((side * 0.06, side * 0.3, side * 0.94, side * 0.82), side * 0.24, fill=(130, 76, 36))
    draw.rounded_rectangle((side * 0.1, side * 0.34, side * 0.9, side * 0.74), side * 0.2, fill=(210, 142, 72))
    for x in (0.3, 0.5, 0.7):
        draw.line(
            (side * (x - 0.05), side * 0.64, side * (x + 0.05), side * 0.42),
            fill=(248, 222, 176),
            width=int(side * 0.06),
        )


EMOJIS: dict[str, Callable[[ImageDraw.ImageDraw, int], None]] = {
    "lantern": _lantern,
    "mast": _mast,
    "teacup": _teacup,
    "comet": _comet,
    "bee": _bee,
    "loaf": _loaf,
}
"""What `emoji` can draw."""
