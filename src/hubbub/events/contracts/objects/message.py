"""Messages with their attachments, embeds and reactions."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from hubbub.events.contracts.objects.guild import Member
from hubbub.events.contracts.objects.user import User
from hubbub.events.contracts.objects.wire import Snowflake, Wire


class PartialEmoji(Wire, kw_only=True):
    """An emoji as reactions name it: a custom one by id, a Unicode one by name alone."""

    id: Snowflake | None
    name: str | None
    animated: bool | UnsetType = UNSET


class Attachment(Wire, kw_only=True):
    """A file of a message."""

    id: Snowflake
    filename: str
    size: int
    """Bytes."""
    url: str
    proxy_url: str
    content_type: str | UnsetType = UNSET
    width: int | UnsetType | None = UNSET
    """Pixels; set for pictures."""
    height: int | UnsetType | None = UNSET
    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    ephemeral: bool | UnsetType = UNSET
    flags: int | UnsetType = UNSET


class EmbedFooter(Wire, kw_only=True):
    """Last line of an embed."""

    text: str
    icon_url: str | UnsetType = UNSET
    proxy_icon_url: str | UnsetType = UNSET


class EmbedMedia(Wire, kw_only=True):
    """A picture, thumbnail or video of an embed."""

    url: str | UnsetType = UNSET
    proxy_url: str | UnsetType = UNSET
    height: int | UnsetType = UNSET
    width: int | UnsetType = UNSET


class EmbedProvider(Wire, kw_only=True):
    """Where an embed's content comes from."""

    name: str | UnsetType = UNSET
    url: str | UnsetType = UNSET


class EmbedAuthor(Wire, kw_only=True):
    """First line of an embed."""

    name: str
    url: str | UnsetType = UNSET
    icon_url: str | UnsetType = UNSET
    proxy_icon_url: str | UnsetType = UNSET


class EmbedField(Wire, kw_only=True):
    """A titled paragraph of an embed."""

    name: str
    value: str
    inline: bool = False


class Embed(Wire, kw_only=True):
    """Rich content of a message."""

    title: str | UnsetType = UNSET
    type: str = "rich"
    description: str | UnsetType = UNSET
    url: str | UnsetType = UNSET
    timestamp: str | UnsetType = UNSET
    color: int | UnsetType = UNSET
    footer: EmbedFooter | UnsetType = UNSET
    image: EmbedMedia | UnsetType = UNSET
    thumbnail: EmbedMedia | UnsetType = UNSET
    video: EmbedMedia | UnsetType = UNSET
    provider: EmbedProvider | UnsetType = UNSET
    author: EmbedAuthor | UnsetType = UNSET
    fields: list[EmbedField] | UnsetType = UNSET


class ReactionCountDetails(Wire, kw_only=True):
    """How a reaction's count is made up."""

    burst: int = 0
    normal: int = 0


class Reaction(Wire, kw_only=True):
    """One emoji under a message and how many used it."""

    count: int
    count_details: ReactionCountDetails
    me: bool
    me_burst: bool = False
    emoji: PartialEmoji
    burst_colors: list[str] = msgspec.field(default_factory=list)


class MessageReference(Wire, kw_only=True):
    """The message that a reply or a pin notice points at."""

    type: int = 0
    message_id: Snowflake | UnsetType = UNSET
    channel_id: Snowflake | UnsetType = UNSET
    guild_id: Snowflake | UnsetType = UNSET


class InteractionMetadata(Wire, kw_only=True):
    """Which interaction a message answers."""

    id: Snowflake
    type: int
    user: User
    authorizing_integration_owners: dict[str, Snowflake] = msgspec.field(default_factory=dict)
    original_response_message_id: Snowflake | UnsetType = UNSET
    name: str | UnsetType = UNSET


class MessageInteraction(Wire, kw_only=True):
    """The older form of `InteractionMetadata`, which some libraries still read."""

    id: Snowflake
    type: int
    name: str
    user: User


class Message(Wire, kw_only=True):
    """A message. `guild_id` and `member` are set in gateway dispatches only."""

    id: Snowflake
    channel_id: Snowflake
    author: User
    content: str
    timestamp: str
    edited_timestamp: str | None = None
    tts: bool = False
    mention_everyone: bool = False
    mentions: list[User] = msgspec.field(default_factory=list)
    mention_roles: list[Snowflake] = msgspec.field(default_factory=list)
    mention_channels: list[None] = msgspec.field(default_factory=list)
    attachments: list[Attachment] = msgspec.field(default_factory=list)
    embeds: list[Embed] = msgspec.field(default_factory=list)
    reactions: list[Reaction] | UnsetType = UNSET
    nonce: str | int | UnsetType = UNSET
    pinned: bool = False
    webhook_id: Snowflake | UnsetType = UNSET
    type: int = 0
    application_id: Snowflake | UnsetType = UNSET
    flags: int = 0
    message_reference: MessageReference | UnsetType = UNSET
    referenced_message: Message | UnsetType | None = UNSET
    interaction_metadata: InteractionMetadata | UnsetType = UNSET
    interaction: MessageInteraction | UnsetType = UNSET
    components: list[None] = msgspec.field(default_factory=list)
    sticker_items: list[None] = msgspec.field(default_factory=list)
    guild_id: Snowflake | UnsetType = UNSET
    member: Member | UnsetType = UNSET
