"""Which files an edit keeps, and what requests say of those that they bring."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, UnsetType

from hubbub.community.adapters.attachment_statements import AttachmentRow
from hubbub.community.domain.form import Problems
from hubbub.community.domain.message import StoredAttachment, StoredMessage
from hubbub.community.domain.message_form import AttachmentForm, EditForm
from hubbub.community.domain.upload_file import safe_name
from hubbub.community.service.upload import FileNote, Upload


def dropped_files(files: Sequence[AttachmentRow], stored: StoredMessage, form: EditForm) -> list[AttachmentRow]:
    """Return the files that an edit removes: listed ones no longer kept, embedded ones no longer shown."""
    listed = {attachment.id for attachment in stored.attachments}
    kept = None if form.attachments is UNSET else {file.id for file in form.attachments or []}
    shown = None if form.embeds is UNSET else msgspec.json.encode(form.embeds or [])
    dropped: list[AttachmentRow] = []
    for file in files:
        is_kept = kept is not None and file.id in kept
        if str(file.id) in listed:
            if kept is not None and not is_kept:
                dropped.append(file)
        elif shown is not None and not is_kept and f"/{file.id}/".encode() not in shown:
            dropped.append(file)
    return dropped


def describe_uploads(
    forms: Sequence[AttachmentForm] | UnsetType | None, uploads: Sequence[Upload], problems: Problems
) -> dict[int, FileNote]:
    """Return what the request says of each new file by its `n`; a description without a file is noted."""
    if not forms:
        return {}
    indices = {upload.index for upload in uploads}
    notes: dict[int, FileNote] = {}
    for place, form in enumerate(forms):
        if form.id not in indices:
            sentence = f"There is no file files[{form.id}] in this request, and no such attachment to keep."
            problems.add(f"attachments.{place}.id", "ATTACHMENT_NOT_FOUND", sentence)
        notes[form.id] = FileNote(
            form.title,
            form.description,
            bool(form.is_spoiler),
            safe_name(form.filename, form.id) if form.filename else None,
            form.duration_secs,
            form.waveform,
        )
    return notes


def has_uploaded(forms: Sequence[AttachmentForm] | UnsetType | None) -> bool:
    """Return whether a request names files that were uploaded before it."""
    return any(form.uploaded_filename is not None for form in forms or ())


def redescribe(attachments: Sequence[StoredAttachment], forms: Sequence[AttachmentForm]) -> None:
    """Write what an edit says of the attachments that it keeps into them."""
    described = {str(form.id): form for form in forms}
    for attachment in attachments:
        form = described.get(attachment.id)
        if form is not None and form.description is not None:
            attachment.description = form.description or UNSET
