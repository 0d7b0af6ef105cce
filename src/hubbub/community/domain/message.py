"""A message as records hold it, and how its wire form is put together.

The greater part of a message never changes after it is sent, so records hold that part as the very bytes that a reader
is sent (`StoredMessage`, less its closing brace). What belongs to others and changes without the message (its author's
name, its pin, its reactions, the message it replies to) is appended when it is read: a page of fifty messages then
costs one query and some joining of bytes.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, UnsetType

from hubbub.events.contracts import objects

DEFAULT = 0
PINNED_NOTICE = 6
USER_JOIN = 7
REPLY = 19
CHAT_INPUT_COMMAND = 20
CONTEXT_MENU_COMMAND = 23

EDITABLE_TYPES = frozenset({DEFAULT, REPLY, CHAT_INPUT_COMMAND, CONTEXT_MENU_COMMAND})
"""Types that people and bots write; the rest are notices of the system."""


PROCESSING = "processing"
"""State of a stored file that is still being looked at."""
READY = "ready"
REFUSED = "refused"
REVIEW = "review"
"""Kept back until somebody looked at it."""


class StoredAttachment(objects.AttachmentFacts, kw_only=True, forbid_unknown_fields=False):
    """A file of a message as records hold it: no address that ends, and instead of it what one is made from.

    Its id is also its asset's, unless it has a `url`.
    """

    url: str | UnsetType = UNSET
    """Set for files of old, whose address never changes."""
    proxy_url: str | UnsetType = UNSET
    asset_state: str | UnsetType = UNSET
    """Not set for files of old."""
    asset_kind: str | UnsetType = UNSET
    asset_name: str | UnsetType = UNSET
    """The asset's own name, where the message shows it under another."""
    refusal_code: str | UnsetType = UNSET
    refusal: str | UnsetType = UNSET

    @property
    def reference(self) -> str:
        """What embeds hold in place of its address."""
        if self.url is not UNSET:
            return self.url
        return f"{ASSET_SCHEME}{self.id}/{self.filename if self.asset_name is UNSET else self.asset_name}"


ASSET_SCHEME = "asset:"
"""Begins what stands for the address of an asset in stored embeds; nobody can send it, because theirs are http."""
_ASSET_MARK = b'"asset'
"""Stands in the document of each message that names an asset, and in few others."""


class StoredMessage(msgspec.Struct, kw_only=True):
    """The part of a message's wire form that only an edit changes."""

    id: str
    channel_id: str
    content: str
    timestamp: str
    edited_timestamp: str | None = None
    tts: bool = False
    mention_everyone: bool = False
    mention_roles: list[str] = []
    mention_channels: list[None] = []
    attachments: list[StoredAttachment] = []
    embeds: list[objects.Embed] = []
    type: int = DEFAULT
    flags: int = 0
    components: list[None] = []
    sticker_items: list[None] = []
    message_reference: objects.MessageReference | UnsetType = UNSET
    webhook_id: str | UnsetType = UNSET
    application_id: str | UnsetType = UNSET


class StoredInteraction(msgspec.Struct, kw_only=True):
    """Which interaction a message answers."""

    id: int
    type: int
    name: str
    user_id: int
    owners: dict[str, str] = {}
    original_id: int | None = None
    """The first answer, for follow-ups."""


class MessageRow(msgspec.Struct, frozen=True, gc=False):
    """A message's row; field order equals the columns that the statements select."""

    channel_id: int
    id: int
    author_id: int
    document: bytes
    mention_ids_json: bytes
    reference_id: int | None
    pinned_at_ms: int | None
    reaction_count: int
    interaction_json: bytes | None
    visible_to: int | None


class ReactionSummary(msgspec.Struct, frozen=True, gc=False):
    """One emoji under one message; field order equals the columns that the statement selects."""

    message_id: int
    emoji: str
    """Unicode text, or a custom emoji's id in decimal."""
    name: str
    animated: int
    count: int
    mine: int
    since_ms: int
    """When the first reaction still there was made; emojis are shown in this order."""

    def partial_emoji(self) -> objects.PartialEmoji:
        """Return the emoji as reactions name it."""
        return partial_emoji(self.emoji, self.name, animated=bool(self.animated))


_encoder = msgspec.json.Encoder()
_stored_decoder = msgspec.json.Decoder(StoredMessage)
_interaction_decoder = msgspec.json.Decoder(StoredInteraction)
_wire_decoder = msgspec.json.Decoder(objects.Message)


def partial_emoji(key: str, name: str, *, animated: bool) -> objects.PartialEmoji:
    """Return an emoji as reactions name it, from its key, name and movement."""
    if key.isascii() and key.isdigit():
        return objects.PartialEmoji(id=key, name=name, animated=animated)
    return objects.PartialEmoji(id=None, name=name)


def encode_stored(message: StoredMessage) -> bytes:
    """Return the document that a row holds: JSON without its closing brace."""
    return _encoder.encode(message)[:-1]


def names_assets(document: bytes) -> bool:
    """Return whether a document may name assets, so that addresses must be put into it; false is certain."""
    return _ASSET_MARK in document


def decode_stored(document: bytes) -> StoredMessage:
    """Return what `encode_stored` wrote."""
    return _stored_decoder.decode(document + b"}")


def encode_interaction(interaction: StoredInteraction) -> bytes:
    """Return the JSON that a row holds."""
    return _encoder.encode(interaction)


def decode_interaction(document: bytes) -> StoredInteraction:
    """Return what `encode_interaction` wrote."""
    return _interaction_decoder.decode(document)


def render(
    row: MessageRow,
    users: Mapping[int, bytes],
    *,
    reactions: bytes = b"",
    referenced: bytes | None = None,
    mention_ids: tuple[int, ...] = (),
    nonce: str | int | None = None,
) -> bytes:
    """Return the message's wire form.

    Args:
        row: The message.
        users: Wire form of every user that the message names, by id.
        reactions: Wire form of the list of reactions; empty leaves the key out.
        referenced: Wire form of the message replied to, `b"null"` when it is gone, None to leave the key out.
        mention_ids: The users mentioned, decoded from the row.
        nonce: What the sender gave to know its message by.
    """
    parts = [row.document, b',"author":', users[row.author_id], b',"mentions":[']
    if mention_ids:
        parts.append(b",".join([users[user_id] for user_id in mention_ids if user_id in users]))
    parts.append(b'],"pinned":false' if row.pinned_at_ms is None else b'],"pinned":true')
    if reactions:
        parts += (b',"reactions":', reactions)
    if referenced is not None:
        parts += (b',"referenced_message":', referenced)
    if row.interaction_json is not None:
        parts.append(_render_interaction(decode_interaction(row.interaction_json), users))
    if nonce is not None:
        parts += (b',"nonce":', _encoder.encode(nonce))
    parts.append(b"}")
    return b"".join(parts)


def render_reactions(summaries: list[ReactionSummary]) -> bytes:
    """Return the wire form of one message's reactions."""
    return _encoder.encode(
        [
            objects.Reaction(
                count=summary.count,
                count_details=objects.ReactionCountDetails(normal=summary.count),
                me=bool(summary.mine),
                emoji=summary.partial_emoji(),
            )
            for summary in summaries
        ]
    )


def to_wire(rendered: bytes) -> objects.Message:
    """Return a rendered message as the object that events carry."""
    return _wire_decoder.decode(rendered)


def _render_interaction(interaction: StoredInteraction, users: Mapping[int, bytes]) -> bytes:
    user = msgspec.Raw(users[interaction.user_id])
    metadata: dict[str, object] = {
        "id": str(interaction.id),
        "type": interaction.type,
        "user": user,
        "authorizing_integration_owners": interaction.owners,
        "name": interaction.name,
    }
    if interaction.original_id is not None:
        metadata["original_response_message_id"] = str(interaction.original_id)
    parts = b',"interaction_metadata":' + _encoder.encode(metadata)
    if interaction.original_id is None:
        older = {"id": metadata["id"], "type": interaction.type, "name": interaction.name, "user": user}
        parts += b',"interaction":' + _encoder.encode(older)
    return parts
