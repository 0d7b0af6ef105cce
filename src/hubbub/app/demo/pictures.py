"""Pictures that nobody had to take: landscapes, skies, charts, faces and emojis, drawn from a seed."""

from __future__ import annotations

import io
import math
import random
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]

_SIZE = (1280, 800)
_SCALE = 4
"""Small pictures are drawn larger and reduced, which smooths their edges."""


def picture(kind: str, seed: int) -> bytes:
    """Return the picture `kind` (a key of `KINDS`) as PNG; the same seed draws the same picture."""
    return _png(KINDS[kind](random.Random(f"{kind} {seed}")))  # noqa: S311 - repeatability is wanted


def avatar(name: str) -> bytes:
    """Return a face for `name`: a pattern in colours of its own."""
    draw_from = random.Random(f"avatar {name}")  # noqa: S311 - repeatability is wanted
    side = 256 * _SCALE
    hue = draw_from.random()
    image = Image.new("RGB", (side, side), _hsv(hue, 0.45, 0.92))
    draw = ImageDraw.Draw(image)
    for ring in range(5):
        radius = side * (0.52 - ring * 0.1)
        x, y = (side * (0.5 + draw_from.uniform(-0.12, 0.12)) for _ in range(2))
        draw.ellipse(
            (x - radius, y - radius, x + radius, y + radius), fill=_hsv(hue + ring * 0.06, 0.55, 0.9 - ring * 0.12)
        )
    return _png(image.resize((256, 256), Image.Resampling.LANCZOS))


def icon(name: str) -> bytes:
    """Return a guild's icon: hills under a disc, in colours of its own."""
    draw_from = random.Random(f"icon {name}")  # noqa: S311 - repeatability is wanted
    side = 256 * _SCALE
    hue = draw_from.random()
    image = _gradient((side, side), _hsv(hue, 0.7, 0.35), _hsv(hue + 0.08, 0.5, 0.95))
    draw = ImageDraw.Draw(image)
    draw.ellipse((side * 0.55, side * 0.15, side * 0.85, side * 0.45), fill=_hsv(hue + 0.12, 0.2, 1.0))
    for layer in range(3):
        _ridge(
            draw, draw_from, (side, side), base=0.6 + layer * 0.12, height=0.12, fill=_hsv(hue, 0.6, 0.5 - layer * 0.14)
        )
    return _png(image.resize((256, 256), Image.Resampling.LANCZOS))


def emoji(name: str) -> bytes:
    """Return a custom emoji (`lantern`, `mast`, `teacup` or `comet`) on a clear ground."""
    side = 128 * _SCALE
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    EMOJIS[name](ImageDraw.Draw(image), side)
    return _png(image.resize((128, 128), Image.Resampling.LANCZOS))


def _harbour(draw_from: random.Random) -> Image.Image:
    width, height = _SIZE
    image = _gradient(_SIZE, (38, 50, 92), (250, 176, 118))
    draw = ImageDraw.Draw(image)
    sun = (width * draw_from.uniform(0.3, 0.7), height * 0.52)
    draw.ellipse((sun[0] - 70, sun[1] - 70, sun[0] + 70, sun[1] + 70), fill=(255, 226, 160))
    _ridge(draw, draw_from, _SIZE, base=0.56, height=0.1, fill=(66, 62, 96))
    draw.rectangle((0, height * 0.62, width, height), fill=(44, 60, 94))
    for _ in range(220):
        x, y = draw_from.uniform(0, width), draw_from.uniform(height * 0.63, height)
        length = (y / height) ** 3 * 90
        glow = max(0.0, 1 - abs(x - sun[0]) / 360)
        draw.line((x, y, x + length, y), fill=_mix((70, 92, 132), (255, 206, 150), glow), width=2)
    for _ in range(6):
        _boat(draw, draw_from.uniform(60, width - 160), draw_from.uniform(height * 0.64, height * 0.86), draw_from)
    return image


def _boat(draw: ImageDraw.ImageDraw, x: float, y: float, draw_from: random.Random) -> None:
    size = draw_from.uniform(34, 76)
    draw.polygon(
        [(x, y), (x + size * 1.6, y), (x + size * 1.3, y + size * 0.3), (x + size * 0.3, y + size * 0.3)],
        fill=(28, 30, 48),
    )
    draw.line((x + size * 0.8, y, x + size * 0.8, y - size * 1.5), fill=(28, 30, 48), width=4)
    draw.polygon(
        [(x + size * 0.84, y - size * 1.45), (x + size * 0.84, y - 6), (x + size * 1.5, y - 6)], fill=(232, 226, 214)
    )


def _night(draw_from: random.Random) -> Image.Image:
    width, height = _SIZE
    image = _gradient(_SIZE, (6, 8, 24), (28, 36, 76))
    band = Image.new("L", _SIZE, 0)
    draw = ImageDraw.Draw(band)
    for _ in range(900):
        along = draw_from.uniform(-0.1, 1.1)
        x = along * width
        y = height * (0.85 - along * 0.75) + draw_from.gauss(0, 70)
        radius = draw_from.uniform(6, 34)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=draw_from.randint(8, 46))
    image.paste((150, 150, 200), mask=band.filter(ImageFilter.GaussianBlur(26)))
    draw = ImageDraw.Draw(image)
    for _ in range(1600):
        x, y = draw_from.uniform(0, width), draw_from.uniform(0, height)
        radius = min(3.4, draw_from.paretovariate(3.2) * 0.7)
        shade = draw_from.randint(150, 255)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(shade, shade, min(255, shade + 20)))
    _ridge(draw, draw_from, _SIZE, base=0.88, height=0.09, fill=(8, 10, 18))
    return image


def _chart(draw_from: random.Random) -> Image.Image:
    width, height = _SIZE
    image = Image.new("RGB", _SIZE, (250, 250, 247))
    draw = ImageDraw.Draw(image)
    left, top, right, bottom = 90, 60, width - 50, height - 80
    for step in range(6):
        y = bottom - (bottom - top) * step / 5
        draw.line((left, y, right, y), fill=(222, 222, 216), width=2)
        draw.text((left - 46, y - 10), str(step * 20), fill=(110, 110, 110), font_size=20)
    for colour, phase in (((45, 104, 196), 0.0), ((214, 106, 44), 1.7)):
        level, points = draw_from.uniform(30, 50), []
        for hour in range(49):
            level += draw_from.gauss(0, 2.5) + (45 - level) * 0.12
            value = min(98.0, max(2.0, level + 24 * math.sin(hour / 48 * math.tau + phase)))
            points.append((left + (right - left) * hour / 48, bottom - (bottom - top) * value / 100))
        draw.line(points, fill=colour, width=5, joint="curve")
    draw.line((left, top, left, bottom, right, bottom), fill=(80, 80, 80), width=3)
    for hour in range(0, 49, 12):
        draw.text(
            (left + (right - left) * hour / 48 - 14, bottom + 14), f"{hour} h", fill=(110, 110, 110), font_size=20
        )
    return image


def _plan(draw_from: random.Random) -> Image.Image:
    width, height = _SIZE
    image = Image.new("RGB", _SIZE, (236, 232, 218))
    draw = ImageDraw.Draw(image)
    draw.line(
        (0, height * 0.7, width * 0.4, height * 0.55, width, height * 0.62),
        fill=(150, 190, 214),
        width=70,
        joint="curve",
    )
    for column in range(7):
        for row in range(4):
            if draw_from.randrange(5):
                x, y = 60 + column * 172 + draw_from.uniform(-12, 12), 50 + row * 190 + draw_from.uniform(-10, 10)
                colour = draw_from.choice([(206, 160, 124), (190, 176, 142), (172, 190, 150), (214, 196, 160)])
                draw.rounded_rectangle((x, y, x + 128, y + 132), 10, fill=colour, outline=(120, 100, 80), width=3)
    for _ in range(60):
        x, y = draw_from.uniform(0, width), draw_from.uniform(0, height)
        draw.ellipse((x - 13, y - 13, x + 13, y + 13), fill=(118, 158, 100))
    draw.ellipse((width * 0.5, height * 0.4, width * 0.5 + 44, height * 0.4 + 44), fill=(206, 58, 50))
    return image


def _workbench(draw_from: random.Random) -> Image.Image:
    width, height = _SIZE
    image = Image.new("RGB", _SIZE, (156, 118, 82))
    draw = ImageDraw.Draw(image)
    for _ in range(140):
        y = draw_from.uniform(0, height)
        draw.line(
            (0, y, width, y + draw_from.uniform(-8, 8)),
            fill=_mix((156, 118, 82), (112, 80, 52), draw_from.random()),
            width=2,
        )
    draw.rounded_rectangle((240, 150, 1040, 640), 16, fill=(28, 92, 62), outline=(18, 60, 40), width=6)
    for _ in range(46):
        x, y = draw_from.randrange(270, 980, 30), draw_from.randrange(180, 600, 30)
        draw.line(
            (x, y, x + draw_from.choice([0, 60, 90]), y + draw_from.choice([0, 30, 60])), fill=(196, 164, 74), width=5
        )
        draw.ellipse((x - 8, y - 8, x + 8, y + 8), fill=(224, 200, 120))
    places = [(x, y) for x in range(300, 920, 120) for y in range(200, 580, 90)]
    for x, y in draw_from.sample(places, 11):
        draw.rectangle((x, y, x + 84, y + 44), fill=(30, 30, 34))
        draw.text((x + 10, y + 12), f"{draw_from.randint(100, 999)}", fill=(200, 200, 200), font_size=18)
    return image


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


KINDS: dict[str, Callable[[random.Random], Image.Image]] = {
    "harbour": _harbour,
    "night": _night,
    "chart": _chart,
    "plan": _plan,
    "workbench": _workbench,
}
"""What `picture` can draw."""

EMOJIS: dict[str, Callable[[ImageDraw.ImageDraw, int], None]] = {
    "lantern": _lantern,
    "mast": _mast,
    "teacup": _teacup,
    "comet": _comet,
}
"""What `emoji` can draw."""


def _ridge(
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


def _gradient(size: tuple[int, int], top: Colour, bottom: Colour) -> Image.Image:
    column = Image.new("RGB", (1, 256))
    for step in range(256):
        column.putpixel((0, step), _mix(top, bottom, step / 255))
    return column.resize(size, Image.Resampling.BICUBIC)


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _hsv(hue: float, saturation: float, value: float) -> Colour:
    import colorsys

    red, green, blue = (round(part * 255) for part in colorsys.hsv_to_rgb(hue % 1.0, saturation, max(0.0, value)))
    return red, green, blue


def _png(image: Image.Image) -> bytes:
    kept = io.BytesIO()
    image.save(kept, "PNG", optimize=False, compress_level=6)
    return kept.getvalue()
