"""Pictures of every format, generated: gradients with marks in their corners, so that a turn shows."""

from __future__ import annotations

import io
import struct
import zlib

import pillow_heif
from PIL import Image, ImageCms, ImageDraw

pillow_heif.register_heif_opener()

RED, GREEN, BLUE, WHITE = (230, 30, 30), (30, 200, 30), (30, 30, 230), (245, 245, 245)
LATITUDE = b"GPSMARK47110815"
"""Bytes that stand where a camera writes a place; no output may have them."""


def corners(width: int = 96, height: int = 64) -> Image.Image:
    """Return a picture with red top left, green top right, blue bottom left, white bottom right."""
    picture = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(picture)
    half = (width // 2, height // 2)
    for (left, top), colour in zip(((0, 0), (half[0], 0), (0, half[1]), half), (RED, GREEN, BLUE, WHITE), strict=True):
        draw.rectangle((left, top, left + half[0], top + half[1]), fill=colour)
    return picture


def photo(width: int = 640, height: int = 480) -> Image.Image:
    """Return something with the detail of a photograph."""
    texture = Image.effect_mandelbrot((width, height), (-2.0, -1.2, 0.8, 1.2), 80)
    noise = Image.effect_noise((width, height), 24)
    ramp = Image.linear_gradient("L").resize((width, height))
    return Image.merge("RGB", (Image.blend(texture, noise, 0.2), ramp, Image.blend(ramp, texture, 0.5)))


def glass(width: int = 96, height: int = 64) -> Image.Image:
    """Return `corners` whose left half is transparent."""
    picture = corners(width, height).convert("RGBA")
    alpha = Image.new("L", (width, height), 255)
    ImageDraw.Draw(alpha).rectangle((0, 0, width // 2 - 1, height), fill=0)
    picture.putalpha(alpha)
    return picture


def frames(count: int, width: int = 64, height: int = 48) -> list[Image.Image]:
    """Return `count` frames of a square that walks to the right."""
    made = []
    for index in range(count):
        frame = Image.new("RGB", (width, height), (20, 20, 60))
        left = index * (width - 16) // max(1, count - 1)
        ImageDraw.Draw(frame).rectangle((left, 8, left + 15, 23), fill=(250, 200, 40))
        made.append(frame)
    return made


def encoded(picture: Image.Image, format_: str, **options: object) -> bytes:
    """Return `picture` as a file."""
    out = io.BytesIO()
    picture.save(out, format_, **options)
    return out.getvalue()


def moving(count: int, format_: str, delay_ms: int = 100, size: tuple[int, int] = (64, 48)) -> bytes:
    """Return an animation of `count` frames."""
    first, *rest = frames(count, *size)
    return encoded(first, format_, save_all=True, append_images=rest, duration=delay_ms, loop=0)


def exif(orientation: int = 1) -> bytes:
    """Return an Exif block with an orientation and a place."""
    block = Image.Exif()
    block[0x0112] = orientation
    block[0x010E] = LATITUDE.decode()
    gps = block.get_ifd(0x8825)
    gps[0x0001], gps[0x0002], gps[0x001D] = "N", (48.0, 8.0, 15.0), LATITUDE.decode()
    return block.tobytes()


XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF>' + LATITUDE + b"</rdf:RDF></x:xmpmeta>"


def stored_turned(upright: Image.Image, orientation: int) -> Image.Image:
    """Return `upright` as a camera held by `orientation` stores it: what the orientation undoes."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return upright.transpose(undo[orientation]) if orientation in undo else upright


def png_header(width: int, height: int) -> bytes:
    """Return a PNG of a few bytes whose header names any size."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)),
            (b"IDAT", zlib.compress(bytes(4096))),
            (b"IEND", b""),
        )
    )


def gif_of(count: int) -> bytes:
    """Return a GIF of `count` one-pixel frames: 30 bytes each."""
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    frame = b"\x21\xf9\x04\0\x0a\0\0\0" + b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0"
    return head + frame * count + b"\x3b"


def exchanged_profile() -> bytes:
    """Return an ICC profile whose red and green are exchanged against sRGB's: reading it wrong cannot be missed.

    Built from littleCMS' sRGB by exchanging the colorant tags of red and green; a display with such primaries does not
    exist, which is the point.
    """
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(profile[128:132])
    places = {bytes(profile[132 + 12 * i : 136 + 12 * i]): 132 + 12 * i for i in range(count)}
    red, green = places[b"rXYZ"], places[b"gXYZ"]
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)
