"""Pictures that nobody had to take: landscapes, skies, charts and plans, drawn from a seed."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from hubbub.app.demo.drawing import gradient, mix, png, ridge

_SIZE = (1280, 800)


def picture(kind: str, seed: int) -> bytes:
    """Return the picture `kind` (a key of `KINDS`) as PNG; the same seed draws the same picture."""
    return png(KINDS[kind](random.Random(f"{kind} {seed}")))  # noqa: S311 - repeatability is wanted


def _harbour(draw_from: random.Random) -> Image.Image:
    width, height = _SIZE
    image = gradient(_SIZE, (38, 50, 92), (250, 176, 118))
    draw = ImageDraw.Draw(image)
    sun = (width * draw_from.uniform(0.3, 0.7), height * 0.52)
    draw.ellipse((sun[0] - 70, sun[1] - 70, sun[0] + 70, sun[1] + 70), fill=(255, 226, 160))
    ridge(draw, draw_from, _SIZE, base=0.56, height=0.1, fill=(66, 62, 96))
    draw.rectangle((0, height * 0.62, width, height), fill=(44, 60, 94))
    for _ in range(220):
        x, y = draw_from.uniform(0, width), draw_from.uniform(height * 0.63, height)
        length = (y / height) ** 3 * 90
        glow = max(0.0, 1 - abs(x - sun[0]) / 360)
        draw.line((x, y, x + length, y), fill=mix((70, 92, 132), (255, 206, 150), glow), width=2)
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
    image = gradient(_SIZE, (6, 8, 24), (28, 36, 76))
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
    ridge(draw, draw_from, _SIZE, base=0.88, height=0.09, fill=(8, 10, 18))
    for x, wide, top in ((0.1, 0.07, 0.66), (0.78, 0.05, 0.74)):
        draw.rectangle((width * x, height * top, width * (x + wide), height), fill=(8, 10, 18))
        draw.rectangle(
            (width * (x - 0.008), height * top, width * (x + wide + 0.008), height * (top + 0.03)), fill=(12, 14, 24)
        )
        draw.rectangle(
            (width * (x + wide / 3), height * (top - 0.05), width * (x + wide * 0.62), height * top), fill=(8, 10, 18)
        )
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


def _workbench(draw_from: random.Random) -> Image.Image:
    width, height = _SIZE
    image = Image.new("RGB", _SIZE, (156, 118, 82))
    draw = ImageDraw.Draw(image)
    for _ in range(140):
        y = draw_from.uniform(0, height)
        draw.line(
            (0, y, width, y + draw_from.uniform(-8, 8)),
            fill=mix((156, 118, 82), (112, 80, 52), draw_from.random()),
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


def _plan(draw_from: random.Random) -> Image.Image:
    """A street from above: houses on both sides of a canal, lanterns along it, the stage in red."""
    width, height = _SIZE
    image = Image.new("RGB", _SIZE, (240, 236, 224))
    draw = ImageDraw.Draw(image)
    for dash in range(-20, width, 26):
        for path in (height * 0.36, height * 0.66):
            draw.line((dash, path, dash + 14, path), fill=(206, 198, 178), width=4)
    for row, y in enumerate((0.06, 0.21, 0.72, 0.86)):
        x = 30.0 + 18 * row
        while x < width - 90:
            wide, tall = draw_from.uniform(74, 150), height * draw_from.uniform(0.09, 0.115)
            if draw_from.randrange(8):
                colour = draw_from.choice([(216, 172, 138), (202, 188, 154), (188, 202, 170), (222, 206, 176)])
                box = (x, height * y, x + wide, height * y + tall)
                draw.rounded_rectangle(box, 8, fill=colour, outline=(138, 118, 96), width=3)
                draw.line((x + 6, height * y + tall / 2, x + wide - 6, height * y + tall / 2), fill=(160, 138, 112))
            else:
                for _ in range(5):
                    _tree(draw, x + draw_from.uniform(10, wide), height * y + draw_from.uniform(8, tall))
            x += wide + draw_from.uniform(12, 34)
    points = [(step * width / 24, height * (0.51 + 0.025 * math.sin(step / 3))) for step in range(25)]
    draw.line(points, fill=(158, 198, 220), width=96, joint="curve")
    draw.line(points, fill=(174, 210, 228), width=60, joint="curve")
    draw.rectangle((width * 0.46, height * 0.42, width * 0.5, height * 0.61), fill=(196, 170, 136))
    for x, y in points[1:-1]:
        for side in (-66, 66):
            draw.ellipse(
                (x - 8, y + side - 8, x + 8, y + side + 8), fill=(246, 186, 72), outline=(176, 116, 28), width=2
            )
    draw.ellipse((width * 0.62, height * 0.345, width * 0.62 + 46, height * 0.345 + 46), fill=(206, 58, 50))
    for _ in range(16):
        _tree(draw, draw_from.uniform(0, width), height * draw_from.choice([0.345, 0.675]) + draw_from.uniform(-8, 8))
    return image


def _tree(draw: ImageDraw.ImageDraw, x: float, y: float) -> None:
    draw.ellipse((x - 13, y - 13, x + 13, y + 13), fill=(124, 162, 108))
    draw.ellipse((x - 9, y - 11, x + 5, y + 3), fill=(142, 180, 124))


def _lanterns(draw_from: random.Random) -> Image.Image:
    """Paper lanterns over a canal at dusk, and their light on the water."""
    width, height = _SIZE
    image = gradient(_SIZE, (24, 26, 62), (214, 122, 98))
    draw = ImageDraw.Draw(image)
    ridge(draw, draw_from, _SIZE, base=0.6, height=0.05, fill=(58, 44, 76))
    _houses(draw, draw_from, width, height * 0.66)
    draw.rectangle((0, height * 0.66, width, height), fill=(36, 34, 66))
    glow = Image.new("RGB", _SIZE)
    light = ImageDraw.Draw(glow)
    hung = []
    for string in range(3):
        top, sag = height * (0.08 + 0.13 * string), height * (0.1 + 0.02 * string)
        for step in range(9):
            along = (step + 0.5 * (string % 2) + 0.3) / 9
            hung.append((along * width, top + sag * 4 * along * (1 - along), 20 + 8 * string))
        curve = [(s * width / 40, top - 12 + sag * 4 * (s / 40) * (1 - s / 40)) for s in range(41)]
        draw.line(curve, fill=(30, 26, 48), width=3)
    for x, y, size in hung:
        colour = draw_from.choice([(255, 176, 84), (255, 132, 82), (255, 208, 120), (246, 108, 92)])
        light.ellipse((x - size * 3, y - size * 3, x + size * 3, y + size * 3), fill=mix((0, 0, 0), colour, 0.4))
        light.ellipse(
            (x - size, height * 0.8 - size / 3, x + size, height * 0.8 + size * 2), fill=mix((0, 0, 0), colour, 0.5)
        )
    image = ImageChops.screen(image, glow.filter(ImageFilter.GaussianBlur(34)))
    draw = ImageDraw.Draw(image)
    for x, y, size in hung:
        colour = draw_from.choice([(255, 190, 104), (255, 150, 100), (255, 218, 140), (250, 128, 108)])
        draw.ellipse((x - size, y - size * 0.8, x + size, y + size * 0.9), fill=colour)
        draw.ellipse(
            (x - size * 0.5, y - size * 0.5, x + size * 0.5, y + size * 0.6), fill=mix(colour, (255, 246, 214), 0.7)
        )
        draw.rectangle((x - size * 0.4, y - size, x + size * 0.4, y - size * 0.76), fill=(70, 44, 50))
    for _ in range(170):
        x, y = draw_from.uniform(0, width), draw_from.uniform(height * 0.68, height)
        length = (y / height) ** 4 * 110
        draw.line((x, y, x + length, y), fill=mix((50, 46, 84), (255, 190, 120), draw_from.random() ** 3), width=2)
    return image


def _houses(draw: ImageDraw.ImageDraw, draw_from: random.Random, width: float, ground: float) -> None:
    x = -20.0
    while x < width:
        wide, tall = draw_from.uniform(80, 150), draw_from.uniform(110, 210)
        draw.rectangle((x, ground - tall, x + wide, ground), fill=(44, 34, 60))
        draw.polygon(
            [(x - 6, ground - tall), (x + wide / 2, ground - tall - 44), (x + wide + 6, ground - tall)],
            fill=(38, 28, 52),
        )
        for row in range(int(tall // 48)):
            for column in range(int(wide // 36)):
                if not draw_from.randrange(2):
                    left, top = x + 12 + column * 34, ground - tall + 16 + row * 46
                    draw.rectangle((left, top, left + 14, top + 22), fill=(250, 206, 128))
        x += wide + draw_from.uniform(-4, 18)


def _loaves(draw_from: random.Random) -> Image.Image:
    """Four loaves on a floured board."""
    width, height = _SIZE
    image = Image.new("RGB", _SIZE, (222, 214, 202))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle(
        (90, 120, width - 90, height - 100), 36, fill=(176, 132, 90), outline=(140, 100, 64), width=8
    )
    for _ in range(60):
        y = draw_from.uniform(140, height - 120)
        draw.line(
            (104, y, width - 104, y + draw_from.uniform(-5, 5)),
            fill=mix((176, 132, 90), (150, 108, 70), draw_from.random()),
            width=2,
        )
    for column in range(4):
        x, y = 250.0 + column * 260, height * 0.5 + draw_from.uniform(-30, 30)
        rim, crust = (118, 66, 30), mix((190, 116, 56), (212, 146, 78), draw_from.random())
        draw.ellipse((x - 112, y - 196, x + 112, y + 204), fill=(128, 92, 60))
        draw.ellipse((x - 112, y - 204, x + 112, y + 196), fill=rim)
        draw.ellipse((x - 100, y - 192, x + 100, y + 180), fill=crust)
        for cut in range(4):
            top = y - 120 + cut * 74
            draw.line((x - 56, top + 34, x + 56, top - 16), fill=(244, 220, 178), width=16)
            draw.line((x - 56, top + 46, x + 56, top - 4), fill=rim, width=5)
    for _ in range(900):
        x, y = draw_from.gauss(width / 2, 330), draw_from.gauss(height / 2, 190)
        draw.ellipse((x, y, x + 3, y + 3), fill=(246, 240, 230))
    return image


KINDS: dict[str, Callable[[random.Random], Image.Image]] = {
    "harbour": _harbour,
    "night": _night,
    "chart": _chart,
    "plan": _plan,
    "workbench": _workbench,
    "lanterns": _lanterns,
    "loaves": _loaves,
}
"""What `picture` can draw."""
