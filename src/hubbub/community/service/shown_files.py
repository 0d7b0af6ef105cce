"""Puts into messages, whenever they are read, what records do not hold: addresses of assets, and how far those are.

Addresses end, so none is stored. A message without files costs a search for a few bytes; one with settled pictures no
query; one with videos, sounds or files that are still being looked at shares one query with its page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import cast

import msgspec
from msgspec import UNSET

from hubbub.community.domain.message import (
    ASSET_SCHEME,
    PROCESSING,
    MessageRow,
    StoredAttachment,
    StoredMessage,
    decode_stored,
    encode_stored,
    names_assets,
)
from hubbub.community.service.files_port import FileLibrary, StoredFile
from hubbub.community.service.upload import learn
from hubbub.events.contracts import objects

_STREAMED = frozenset({"video", "audio"})
_WHOLE = 100


class ShownFiles:
    """Files as readers see them."""

    def __init__(self, library: FileLibrary) -> None:
        """Ask `library`."""
        self._library = library

    async def shown(self, rows: Sequence[MessageRow]) -> Sequence[MessageRow]:
        """Return `rows` with documents that are fit to be sent."""
        library = self._library
        if not any(names_assets(row.document) for row in rows):
            return rows
        stored = {row.id: decode_stored(row.document) for row in rows if names_assets(row.document)}
        asked = [int(each.id) for message in stored.values() for each in message.attachments if _may_change(each)]
        files = await library.look(asked) if asked else {}
        return [
            msgspec.structs.replace(row, document=_document(stored[row.id], files, library))
            if row.id in stored
            else row
            for row in rows
        ]


def _document(message: StoredMessage, files: Mapping[int, StoredFile], library: FileLibrary) -> bytes:
    shown = [_attachment(each, files.get(int(each.id)), library) for each in message.attachments]
    # They take the stored ones' place for the length of an encoding; no other part of the document differs.
    message.attachments = cast("list[StoredAttachment]", shown)
    for embed in message.embeds:
        map_addresses(embed, lambda url: _resolved(url, library))
    return encode_stored(message)


def _attachment(attachment: StoredAttachment, file: StoredFile | None, library: FileLibrary) -> objects.Attachment:
    if file is not None and attachment.asset_state == PROCESSING:
        learn(attachment, file)
    url = attachment.url
    if url is UNSET:
        url = _resolved(attachment.reference, library)
    return objects.Attachment(
        **{name: getattr(attachment, name) for name in objects.AttachmentFacts.__struct_fields__},
        url=url,
        proxy_url=url,
        media=UNSET if attachment.url is not UNSET else _media(attachment, file),
    )


def _media(attachment: StoredAttachment, file: StoredFile | None) -> objects.AttachmentMedia:
    state = attachment.asset_state or PROCESSING
    progress = _WHOLE if state != PROCESSING else 0 if file is None else min(file.progress, _WHOLE - 1)
    media = objects.AttachmentMedia(
        state=state,
        progress=progress,
        kind=attachment.asset_kind or "file",
        refusal_code=attachment.refusal_code,
        refusal=attachment.refusal,
    )
    if file is not None and file.streams is not None:
        media.hls, media.dash = file.streams.hls or UNSET, file.streams.dash or UNSET
        media.poster, media.sprite = file.streams.poster or UNSET, file.streams.sprite or UNSET
    return media


def _may_change(attachment: StoredAttachment) -> bool:
    """Return whether something of a file is asked for at each reading."""
    return attachment.url is UNSET and (attachment.asset_state == PROCESSING or attachment.asset_kind in _STREAMED)


def _resolved(reference: str, library: FileLibrary) -> str:
    asset_id, _, name = reference.removeprefix(ASSET_SCHEME).partition("/")
    return library.address(int(asset_id), name) if reference.startswith(ASSET_SCHEME) else reference


def map_addresses(embed: objects.Embed, change: Callable[[str], str]) -> None:
    """Put `change` of each address of a picture in its place."""
    for media in (embed.image, embed.thumbnail, embed.video):
        if media is not UNSET:
            media.url = UNSET if media.url is UNSET else change(media.url)
            media.proxy_url = UNSET if media.proxy_url is UNSET else change(media.proxy_url)
    for line in (embed.footer, embed.author):
        if line is not UNSET:
            line.icon_url = UNSET if line.icon_url is UNSET else change(line.icon_url)
            line.proxy_icon_url = UNSET if line.proxy_icon_url is UNSET else change(line.proxy_icon_url)


def references_in(embeds: Iterable[objects.Embed]) -> set[str]:
    """Return the references to assets in stored embeds."""
    found: set[str] = set()

    def note(url: str) -> str:
        if url.startswith(ASSET_SCHEME):
            found.add(url)
        return url

    for embed in embeds:
        map_addresses(embed, note)
    return found


def kept_as_references(message: StoredMessage, library: FileLibrary) -> Callable[[str], str]:
    """Return what turns the address of one of a message's own files back into the reference that is stored.

    Who edits an embed sends back the address that it was read with, and that one ends.
    """
    references = references_in(message.embeds) | {each.reference for each in message.attachments if each.url is UNSET}
    known = {_unsigned(_resolved(reference, library)): reference for reference in references}
    return lambda url: known.get(_unsigned(url), url)


def _unsigned(url: str) -> str:
    return url.partition("?")[0]
