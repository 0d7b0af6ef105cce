"""Pictures that arrive as data URIs: avatars, icons and emojis.

What a picture is, is read from its bytes; the type that the sender names decides nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
from typing import NamedTuple

import imagesize

from hubbub.community.domain.limits import IMAGE_SIDE_MAX
from hubbub.community.errors import ImageTooLarge, InvalidImage

_GIF_FRAME = b"\x21\xf9\x04"
"""A graphic control extension: one stands before each frame."""


class Image(NamedTuple):
    """A picture ready to be stored."""

    content: bytes
    content_type: str
    extension: str
    animated: bool

    @property
    def hash(self) -> str:
        """Name of the picture: equal for equal bytes, and with the prefix ``a_`` when it moves."""
        digest = hashlib.blake2b(self.content, digest_size=16).hexdigest()
        return f"a_{digest}" if self.animated else digest


def sniff(head: bytes) -> tuple[str, str] | None:
    """Return content type and extension of the picture that begins with `head`, or None for anything else."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png", "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg", "jpg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif", "gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp", "webp"
    return None


def from_data_uri(uri: str, bytes_max: int) -> Image:
    """Return the picture in ``data:image/png;base64,…``.

    Raises:
        InvalidImage: It is no data URI, or no picture of an accepted format.
        ImageTooLarge: It has more than `bytes_max` bytes, or too many pixels.
    """
    head, separator, payload = uri.partition(",")
    if not separator or not head.startswith("data:") or not head.endswith(";base64"):
        raise InvalidImage('Send the picture as "data:image/png;base64,…".')
    if len(payload) > bytes_max * 4 // 3 + 4:
        raise ImageTooLarge(f"The picture is larger than {bytes_max // 1000} kB.")
    try:
        content = base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidImage("The picture's base64 is broken.") from None
    if len(content) > bytes_max:
        raise ImageTooLarge(f"The picture is larger than {bytes_max // 1000} kB.")
    kind = sniff(content[:16])
    if kind is None:
        raise InvalidImage
    size = size_of(content)
    if size is None:
        raise InvalidImage("The picture is damaged.")
    width, height = size
    if max(width, height) > IMAGE_SIDE_MAX:
        raise ImageTooLarge(f"The picture has more than {IMAGE_SIDE_MAX} pixels along a side.")
    content_type, extension = kind
    return Image(content, content_type, extension, _is_animated(content, extension))


def size_of(head: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels of the picture that begins with `head`; None when it does not tell."""
    try:
        width, height = imagesize.get(io.BytesIO(head))
    except Exception:  # noqa: BLE001 - the library raises whatever a damaged picture makes it stumble over
        return None
    return (int(width), int(height)) if width > 0 and height > 0 else None


def _is_animated(content: bytes, extension: str) -> bool:
    if extension == "gif":
        return content.count(_GIF_FRAME) > 1
    if extension == "webp":
        return content[12:16] == b"VP8X" and bool(content[20] & 0x02)
    return extension == "png" and b"acTL" in content[:4096]
