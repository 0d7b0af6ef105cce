"""Files that a request brought and that no message has taken up yet."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote

import msgspec
from msgspec import UNSET

from hubbub.events.contracts import objects

SPOILER_PREFIX = "SPOILER_"
_IS_SPOILER = 1 << 3


class Upload(msgspec.Struct, frozen=True):
    """A stored file."""

    index: int
    """The `n` of its field `files[n]`."""
    attachment_id: int
    filename: str
    content_type: str
    size_bytes: int
    width: int | None
    """Pixels; None when it is no picture."""
    height: int | None
    secret: str
    key: str
    """Where its object lies."""


class FileNote(NamedTuple):
    """What its sender says of a file."""

    title: str | None = None
    description: str | None = None
    is_spoiler: bool = False


def object_key(channel_id: int, attachment_id: int, secret: str) -> str:
    """Return where an attachment's object lies."""
    return f"attachments/{channel_id}/{attachment_id}-{secret}"


def address(public_url: str, channel_id: int, attachment_id: int, filename: str, secret: str) -> str:
    """Return the absolute URL of an attachment; who holds it may read the file."""
    return f"{public_url}/cdn/attachments/{channel_id}/{attachment_id}/{quote(filename)}?k={secret}"


def to_wire(upload: Upload, note: FileNote, channel_id: int, public_url: str) -> objects.Attachment:
    """Return the attachment that messages show."""
    url = address(public_url, channel_id, upload.attachment_id, upload.filename, upload.secret)
    spoiler = note.is_spoiler or upload.filename.startswith(SPOILER_PREFIX)
    return objects.Attachment(
        id=str(upload.attachment_id),
        filename=upload.filename,
        size=upload.size_bytes,
        url=url,
        proxy_url=url,
        content_type=upload.content_type,
        width=UNSET if upload.width is None else upload.width,
        height=UNSET if upload.height is None else upload.height,
        title=note.title or UNSET,
        description=note.description or UNSET,
        flags=_IS_SPOILER if spoiler else UNSET,
    )
