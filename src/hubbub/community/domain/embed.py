"""Embeds as a request gives them: their documented limits, and their wire form.

Source: Discord API documentation, "Embed Object" and "Embed Limits". Unlike the service described there, nothing is
fetched from the addresses named: `proxy_url` repeats the address, and sizes are known for attached pictures only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec
from msgspec import UNSET, UnsetType

from hubbub.community.domain.form import Problems
from hubbub.community.domain.message import StoredAttachment
from hubbub.events.contracts import objects

EMBEDS_MAX = 10
CHARACTERS_MAX = 6_000
"""Over all titles, descriptions, field names and values, footers and author names of one message."""
TITLE_MAX = 256
DESCRIPTION_MAX = 4_096
FIELDS_MAX = 25
FIELD_NAME_MAX = 256
FIELD_VALUE_MAX = 1_024
FOOTER_MAX = 2_048
AUTHOR_MAX = 256
_URL_MAX = 2_048
_COLOR_MAX = 0xFFFFFF
_ATTACHMENT_SCHEME = "attachment://"


class MediaForm(msgspec.Struct):
    """A picture of an embed; only its address may be set."""

    url: str | None = None


class FooterForm(msgspec.Struct):
    """Last line of an embed."""

    text: str | None = None
    icon_url: str | None = None


class AuthorForm(msgspec.Struct):
    """First line of an embed."""

    name: str | None = None
    url: str | None = None
    icon_url: str | None = None


class FieldForm(msgspec.Struct):
    """A titled paragraph of an embed."""

    name: str | None = None
    value: str | None = None
    inline: bool | None = None


class EmbedForm(msgspec.Struct):
    """An embed as a request gives it; what only the server sets (type, provider, video) is ignored."""

    title: str | None = None
    description: str | None = None
    url: str | None = None
    timestamp: str | None = None
    color: int | None = None
    footer: FooterForm | None = None
    image: MediaForm | None = None
    thumbnail: MediaForm | None = None
    author: AuthorForm | None = None
    fields: list[FieldForm] | None = None


def check_all(embeds: Sequence[EmbedForm], problems: Problems, path: str = "embeds") -> None:
    """Note every documented limit that `embeds` break, one by one and in sum."""
    problems.count(path, len(embeds), EMBEDS_MAX)
    total = 0
    for index, embed in enumerate(embeds[:EMBEDS_MAX]):
        total += _check(embed, f"{path}.{index}", problems)
    if total > CHARACTERS_MAX:
        problems.add(path, "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {CHARACTERS_MAX}")


def to_wire(form: EmbedForm, files: Mapping[str, StoredAttachment]) -> objects.Embed:
    """Return the checked embed's wire form; `files` are the message's attachments by name, for `attachment://`."""
    footer, author = form.footer, form.author
    return objects.Embed(
        title=_text(form.title),
        description=_text(form.description),
        url=form.url or UNSET,
        timestamp=UNSET if form.timestamp is None else _normalised_time(form.timestamp),
        color=UNSET if form.color is None else form.color,
        image=_media(form.image, files),
        thumbnail=_media(form.thumbnail, files),
        footer=UNSET
        if footer is None or not footer.text
        else objects.EmbedFooter(
            text=footer.text.strip(),
            icon_url=_address(footer.icon_url, files),
            proxy_icon_url=_address(footer.icon_url, files),
        ),
        author=UNSET
        if author is None or not author.name
        else objects.EmbedAuthor(
            name=author.name.strip(),
            url=author.url or UNSET,
            icon_url=_address(author.icon_url, files),
            proxy_icon_url=_address(author.icon_url, files),
        ),
        fields=[
            objects.EmbedField(name=(f.name or "").strip(), value=(f.value or "").strip(), inline=bool(f.inline))
            for f in form.fields
        ]
        if form.fields
        else UNSET,
    )


def attached_names(embeds: Sequence[EmbedForm]) -> set[str]:
    """Return the names of the attachments that `embeds` show; these are not listed beside the message again."""
    return {
        url.removeprefix(_ATTACHMENT_SCHEME)
        for embed in embeds
        for url in (
            embed.image and embed.image.url,
            embed.thumbnail and embed.thumbnail.url,
            embed.footer and embed.footer.icon_url,
            embed.author and embed.author.icon_url,
        )
        if url and url.startswith(_ATTACHMENT_SCHEME)
    }


def _check(embed: EmbedForm, path: str, problems: Problems) -> int:
    """Note what is wrong with one embed and return the characters that count towards the sum."""
    characters = 0
    for name, text, maximum in (
        ("title", embed.title, TITLE_MAX),
        ("description", embed.description, DESCRIPTION_MAX),
        ("footer.text", embed.footer and embed.footer.text, FOOTER_MAX),
        ("author.name", embed.author and embed.author.name, AUTHOR_MAX),
    ):
        if text:
            characters += len(text.strip())
            problems.length(f"{path}.{name}", text.strip(), maximum)
    if embed.footer is not None and not (embed.footer.text or "").strip():
        problems.add(f"{path}.footer.text", "BASE_TYPE_REQUIRED", "This field is required.")
    if embed.author is not None and not (embed.author.name or "").strip():
        problems.add(f"{path}.author.name", "BASE_TYPE_REQUIRED", "This field is required.")
    characters += _check_fields(embed.fields or [], f"{path}.fields", problems)
    _check_addresses(embed, path, problems)
    if embed.color is not None and not 0 <= embed.color <= _COLOR_MAX:
        problems.add(f"{path}.color", "NUMBER_TYPE_MAX", "int value should be between 0 and 16777215.")
    if embed.timestamp is not None and _parsed_time(embed.timestamp) is None:
        problems.add(f"{path}.timestamp", "DATE_TIME_TYPE_PARSE", "Could not parse it. Should be ISO8601.")
    if not characters and embed.image is None and embed.thumbnail is None:
        problems.add(f"{path}.description", "BASE_TYPE_REQUIRED", "This field is required.")
    return characters


def _check_fields(fields: Sequence[FieldForm], path: str, problems: Problems) -> int:
    """Note what is wrong with an embed's fields and return the characters that count towards the sum."""
    characters = 0
    problems.count(path, len(fields), FIELDS_MAX)
    for index, field in enumerate(fields[:FIELDS_MAX]):
        for name, text, maximum in (("name", field.name, FIELD_NAME_MAX), ("value", field.value, FIELD_VALUE_MAX)):
            stripped = (text or "").strip()
            characters += len(stripped)
            problems.length(f"{path}.{index}.{name}", stripped, maximum, minimum=1)
    return characters


def _check_addresses(embed: EmbedForm, path: str, problems: Problems) -> None:
    for name, url, may_attach in (
        ("url", embed.url, False),
        ("image.url", embed.image and embed.image.url, True),
        ("thumbnail.url", embed.thumbnail and embed.thumbnail.url, True),
        ("footer.icon_url", embed.footer and embed.footer.icon_url, True),
        ("author.url", embed.author and embed.author.url, False),
        ("author.icon_url", embed.author and embed.author.icon_url, True),
    ):
        if not url:
            continue
        problems.length(f"{path}.{name}", url, _URL_MAX)
        schemes = ("http://", "https://", _ATTACHMENT_SCHEME) if may_attach else ("http://", "https://")
        if not url.lower().startswith(schemes):
            sentence = f"Not a well formed URL. Scheme must be one of {tuple(s.removesuffix('://') for s in schemes)}."
            problems.add(f"{path}.{name}", "URL_TYPE_INVALID_URL", sentence)


def _text(text: str | None) -> str | UnsetType:
    return (text.strip() or UNSET) if text else UNSET


def _address(url: str | None, files: Mapping[str, StoredAttachment]) -> str | UnsetType:
    if not url:
        return UNSET
    if not url.startswith(_ATTACHMENT_SCHEME):
        return url
    attachment = files.get(url.removeprefix(_ATTACHMENT_SCHEME))
    return UNSET if attachment is None else attachment.reference


def _media(form: MediaForm | None, files: Mapping[str, StoredAttachment]) -> objects.EmbedMedia | UnsetType:
    if form is None or not form.url:
        return UNSET
    address = _address(form.url, files)
    if address is UNSET:
        return UNSET
    attachment = files.get(form.url.removeprefix(_ATTACHMENT_SCHEME))
    if attachment is None:
        return objects.EmbedMedia(url=address, proxy_url=address)
    return objects.EmbedMedia(
        url=address,
        proxy_url=address,
        width=attachment.width if isinstance(attachment.width, int) else UNSET,
        height=attachment.height if isinstance(attachment.height, int) else UNSET,
    )


def _parsed_time(text: str) -> datetime | None:
    """Return the moment in UTC; None for what is no time, or one that UTC's first and last years do not hold."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _normalised_time(text: str) -> str | UnsetType:
    moment = _parsed_time(text)
    return UNSET if moment is None else moment.isoformat()
