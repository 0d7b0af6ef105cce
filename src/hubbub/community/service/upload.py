"""Files that a request brought and that no message has taken up yet, and how a message holds them."""

from __future__ import annotations

from base64 import b64encode
from typing import Final, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from hubbub.community.domain.message import PROCESSING, READY, REFUSED, REVIEW, StoredAttachment
from hubbub.community.service.files_port import FileState, StoredFile

SPOILER_PREFIX = "SPOILER_"
_IS_SPOILER = 1 << 3
PLACEHOLDER_VERSION: Final = 1
_SOUNDING = frozenset({"video", "audio"})
_STATES = {FileState.READY: READY, FileState.REFUSED: REFUSED, FileState.REVIEW: REVIEW}


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file in the library."""

    index: int
    """The `n` of its field `files[n]`, or the id under which the request describes it."""
    path: str
    """The request's field that brought it, for what is wrong with it."""
    attachment_id: int
    """Also its asset's."""
    filename: str
    file: StoredFile | None = None
    """What is known of it; None before it was asked for."""


class FileNote(NamedTuple):
    """What its sender says of a file."""

    title: str | None = None
    description: str | None = None
    is_spoiler: bool = False
    filename: str | None = None
    """Name that is shown, made safe; None leaves the file's own."""
    duration_s: float | None = None
    waveform: str | None = None


def object_key(channel_id: int, attachment_id: int, secret: str) -> str:
    """Return where an attachment's object lies; without a secret, the name under which the message holds its asset."""
    return f"attachments/{channel_id}/{attachment_id}-{secret}"


def to_stored(upload: Upload, note: FileNote) -> StoredAttachment:
    """Return the attachment that records hold."""
    filename = upload.filename if note.filename is None else note.filename
    spoiler = note.is_spoiler or filename.startswith(SPOILER_PREFIX)
    attachment = StoredAttachment(
        id=str(upload.attachment_id),
        filename=filename,
        size=0,
        asset_name=UNSET if filename == upload.filename else upload.filename,
        title=note.title or UNSET,
        description=note.description or UNSET,
        flags=_IS_SPOILER if spoiler else UNSET,
        duration_secs=UNSET if note.duration_s is None else note.duration_s,
        waveform=note.waveform or UNSET,
    )
    if upload.file is not None:
        learn(attachment, upload.file)
    return attachment


def learn(attachment: StoredAttachment, file: StoredFile) -> None:
    """Write what is known of an asset into the attachment that names it."""
    attachment.asset_state = _STATES.get(file.state, PROCESSING)
    attachment.asset_kind = file.kind
    attachment.content_type = file.content_type
    attachment.size = file.size_bytes
    if file.state in {FileState.REFUSED, FileState.REVIEW}:
        attachment.refusal_code, attachment.refusal = file.refusal_code or "", file.refusal or ""
        # Perhaps it was shown before: a placeholder shows what must not be seen, if blurred.
        attachment.placeholder = attachment.placeholder_version = UNSET
        return
    attachment.refusal_code = attachment.refusal = UNSET
    attachment.width, attachment.height = _pixels(file.width), _pixels(file.height)
    if file.thumbhash is not None:
        attachment.placeholder = b64encode(file.thumbhash).decode()
        attachment.placeholder_version = PLACEHOLDER_VERSION
    if file.duration_ms is not None and file.kind in _SOUNDING:
        attachment.duration_secs = file.duration_ms / 1000
    if file.streams is not None and file.streams.waveform:
        attachment.waveform = b64encode(file.streams.waveform).decode()


def _pixels(side: int | None) -> int | UnsetType:
    return UNSET if side is None else side
