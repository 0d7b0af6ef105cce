"""What a request may put into a message, and the documented limits on it.

Source: Discord API documentation, "Create Message" and "Edit Message".
"""

from __future__ import annotations

import base64
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from hubbub.community.domain import embed as embeds_domain
from hubbub.community.domain.embed import EmbedForm
from hubbub.community.domain.form import Problems
from hubbub.community.domain.limits import ATTACHMENTS_MAX, MESSAGE_LENGTH_MAX
from hubbub.community.domain.mention import AllowedMentions

NONCE_MAX = 25
"""Characters."""
DESCRIPTION_MAX = 1_024
TITLE_MAX = 1_024
FILENAME_MAX = 260

SUPPRESS_EMBEDS = 1 << 2
EPHEMERAL = 1 << 6
LOADING = 1 << 7
SUPPRESS_NOTIFICATIONS = 1 << 12
IS_VOICE_MESSAGE = 1 << 13
IS_COMPONENTS_V2 = 1 << 15

DURATION_MAX_S = 86_400.0
WAVEFORM_POINTS_MAX = 256
_WAVEFORM_TEXT_MAX = 344
"""Letters of so many bytes in base64."""

SETTABLE_FLAGS = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS
"""Flags that the author of an ordinary message may set."""


class ReferenceForm(msgspec.Struct):
    """The message that a new one replies to."""

    message_id: int | None = None
    channel_id: int | None = None
    guild_id: int | None = None
    type: int | None = None
    fail_if_not_exists: bool | None = None


class AttachmentForm(msgspec.Struct):
    """What a request says of one file: a new one by its place `n` in `files[n]`, a kept one by its id."""

    id: int
    filename: str | None = None
    uploaded_filename: str | None = None
    """Names a file that was uploaded before, as its upload was answered with."""
    title: str | None = None
    description: str | None = None
    is_spoiler: bool | None = None
    duration_secs: float | None = None
    """Seconds; of voice messages."""
    waveform: str | None = None
    """Loudness over time, one byte a point, in base64; of voice messages."""


class MessageForm(msgspec.Struct):
    """A new message as a request gives it."""

    content: str | None = None
    nonce: int | str | None = None
    tts: bool | None = None
    embeds: list[EmbedForm] | None = None
    embed: EmbedForm | None = None
    allowed_mentions: AllowedMentions | None = None
    message_reference: ReferenceForm | None = None
    components: list[dict[str, Any]] | None = None
    sticker_ids: list[int] | None = None
    attachments: list[AttachmentForm] | None = None
    flags: int | None = None
    enforce_nonce: bool | None = None
    poll: dict[str, Any] | None = None

    def all_embeds(self) -> list[EmbedForm]:
        """Return the embeds, also one given in the older singular field."""
        return self.embeds or ([] if self.embed is None else [self.embed])

    def text(self) -> str:
        """Return the content as it is stored: trimmed, without NUL."""
        return (self.content or "").replace("\0", "").strip()

    def check(self, problems: Problems) -> None:
        """Note every rule that this message breaks by itself."""
        if self.content is not None and len(self.content) > MESSAGE_LENGTH_MAX:
            problems.length("content", self.text(), MESSAGE_LENGTH_MAX)
        embeds = self.all_embeds()
        if embeds:
            embeds_domain.check_all(embeds, problems)
        if self.allowed_mentions is not None:
            self.allowed_mentions.check("allowed_mentions", problems)
        if self.attachments:
            check_attachments(self.attachments, problems)
        if self.message_reference is not None:
            _check_reference(self.message_reference, problems)
        _check_unsupported(self.components, self.flags or 0, problems)
        if self.sticker_ids:
            problems.add("sticker_ids", "STICKER_UNSUPPORTED", "Stickers are not offered here; send a picture instead.")
        if self.poll is not None:
            problems.add("poll", "POLL_UNSUPPORTED", "Polls are not offered here.")
        if self.nonce is not None and len(str(self.nonce)) > NONCE_MAX:
            problems.add("nonce", "NONCE_TYPE_INVALID", f"Must be an integer or a string of up to {NONCE_MAX} letters.")


class EditForm(msgspec.Struct):
    """A change to a message; what is UNSET stays."""

    content: str | UnsetType | None = UNSET
    embeds: list[EmbedForm] | UnsetType | None = UNSET
    flags: int | UnsetType | None = UNSET
    allowed_mentions: AllowedMentions | None = None
    components: list[dict[str, Any]] | None = None
    attachments: list[AttachmentForm] | UnsetType | None = UNSET

    def text(self) -> str | UnsetType:
        """Return the new content as it is stored, UNSET when it stays."""
        return UNSET if self.content is UNSET else (self.content or "").replace("\0", "").strip()

    def check(self, problems: Problems) -> None:
        """Note every rule that this change breaks by itself."""
        text = self.text()
        if text is not UNSET:
            problems.length("content", text, MESSAGE_LENGTH_MAX)
        if self.embeds:
            embeds_domain.check_all(self.embeds, problems)
        if self.allowed_mentions is not None:
            self.allowed_mentions.check("allowed_mentions", problems)
        if self.attachments:
            check_attachments(self.attachments, problems)
        flags = self.flags if isinstance(self.flags, int) else 0
        _check_unsupported(self.components, flags, problems)


def check_attachments(attachments: list[AttachmentForm], problems: Problems, path: str = "attachments") -> None:
    """Note every rule that the descriptions of files break."""
    problems.count(path, len(attachments), ATTACHMENTS_MAX)
    seen: set[int] = set()
    for index, attachment in enumerate(attachments):
        if attachment.id in seen:
            problems.add(f"{path}.{index}.id", "ATTACHMENT_ID_DUPLICATE", "Each attachment id may appear once.")
        seen.add(attachment.id)
        for name, text, maximum in (
            ("description", attachment.description, DESCRIPTION_MAX),
            ("title", attachment.title, TITLE_MAX),
            ("filename", attachment.filename, FILENAME_MAX),
        ):
            if text is not None:
                problems.length(f"{path}.{index}.{name}", text, maximum)
        _check_sound(attachment, f"{path}.{index}", problems)


def _check_sound(attachment: AttachmentForm, path: str, problems: Problems) -> None:
    duration_s = attachment.duration_secs
    if duration_s is not None and not 0 < duration_s <= DURATION_MAX_S:
        sentence = f"Must be more than 0 and at most {DURATION_MAX_S:.0f} seconds."
        problems.add(f"{path}.duration_secs", "NUMBER_TYPE_RANGE", sentence)
    if attachment.waveform is not None and waveform_points(attachment.waveform) is None:
        sentence = f"Must be 1 to {WAVEFORM_POINTS_MAX} bytes in base64."
        problems.add(f"{path}.waveform", "WAVEFORM_INVALID", sentence)


def waveform_points(text: str) -> bytes | None:
    """Return the points of a waveform, 0 to 255 each; None when the text is none."""
    if len(text) > _WAVEFORM_TEXT_MAX:
        return None
    try:
        points = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return points if 1 <= len(points) <= WAVEFORM_POINTS_MAX else None


def _check_reference(reference: ReferenceForm, problems: Problems) -> None:
    if reference.type not in (None, 0):
        problems.add("message_reference.type", "REFERENCE_TYPE_UNSUPPORTED", "Only replies (type 0) are offered here.")
    if reference.message_id is None:
        problems.add("message_reference.message_id", "BASE_TYPE_REQUIRED", "This field is required.")


def _check_unsupported(components: list[dict[str, Any]] | None, flags: int, problems: Problems) -> None:
    if components:
        problems.add("components", "COMPONENT_UNSUPPORTED", "Buttons, menus and layouts are not offered here yet.")
    if flags & IS_COMPONENTS_V2:
        problems.add("flags", "FLAG_UNSUPPORTED", "Component messages (1 << 15) are not offered here yet.")
