"""What an uploaded file is, read from its first bytes; and a name for it that is safe to show and to store.

What the sender says of the type decides nothing: a page that calls itself a picture must not reach a reader as a page.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from hubbub.community.domain.image import size_of
from hubbub.community.domain.message_form import FILENAME_MAX

HEAD_BYTES = 256 * 1024
"""First bytes that are looked at: a JPEG's size may stand behind its embedded preview."""

OCTETS = "application/octet-stream"
PLAIN_TEXT = "text/plain; charset=utf-8"

_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
)
_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
}
_INLINE_MEDIA = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "video/mp4", "video/webm", PLAIN_TEXT}
)
_SIZED = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069]')
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_SIDE_MAX = 1 << 20


class FileKind(NamedTuple):
    """What a file is."""

    content_type: str
    width: int | None
    """Pixels; None when it is no picture."""
    height: int | None


def kind_of(head: bytes) -> FileKind:
    """Return what the file that begins with `head` (up to `HEAD_BYTES`) is."""
    content_type = _content_type(head)
    if content_type not in _SIZED:
        return FileKind(content_type, None, None)
    size = size_of(head)
    if size is None or max(size) > _SIDE_MAX:
        return FileKind(content_type, None, None)
    return FileKind(content_type, *size)


def may_show_inline(content_type: str) -> bool:
    """Return whether browsers may show the type in place; everything else is offered for download."""
    return content_type in _INLINE_MEDIA or content_type.startswith("audio/")


def safe_name(name: str, index: int) -> str:
    """Return the file's name without folders, control characters and what some system forbids."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    name = _UNSAFE.sub("_", name).strip(" .")
    if len(name) > FILENAME_MAX:
        stem, dot, extension = name.rpartition(".")
        keep = FILENAME_MAX - len(extension) - 1
        name = f"{stem[:keep]}.{extension}" if dot and keep > 0 else name[:FILENAME_MAX]
    return name or f"file-{index}"


def _content_type(head: bytes) -> str:
    for start, content_type in _STARTS:
        if head.startswith(start):
            return content_type
    if head.startswith(b"RIFF"):
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(head[8:12], OCTETS)
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    return PLAIN_TEXT if _is_text(head) else OCTETS


def _is_text(head: bytes) -> bool:
    if not head or _BINARY.search(head):
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        # The head may end inside of a character.
        return len(head) == HEAD_BYTES and error.start >= len(head) - 3
    return True
