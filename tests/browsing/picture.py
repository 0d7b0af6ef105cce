"""Pictures made on the spot, so that none has to lie in the repository."""

from __future__ import annotations

import io
import random

from PIL import Image


def gradient(width: int = 320, height: int = 200) -> bytes:
    """Return a PNG of a sky at dusk: small, and told apart from an empty box at a glance."""
    sky = Image.linear_gradient("L").resize((width, height))
    dusk = Image.merge("RGB", (sky, sky.point(lambda light: light // 2 + 40), Image.new("L", (width, height), 150)))
    return _png(dusk)


def noise(width: int, height: int) -> bytes:
    """Return a PNG of random points, which no compression makes smaller: 3 bytes for each of them."""
    return _png(Image.frombytes("RGB", (width, height), random.Random(7).randbytes(width * height * 3)))


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
