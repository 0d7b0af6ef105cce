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


class AttachmentMedia(Wire, kw_only=True):
    """How far the work on a file is, and what it is played by; what is not set is not there. Our own addition."""

    state: str
    """``processing``, ``ready``, or ``refused`` or under ``review``: then the file itself is not there either."""
    progress: int
    """Hundredths of the work that are done, 0 to 100."""
    kind: str
    """``image``, ``animation``, ``video``, ``audio`` or ``file``."""
    hls: str | UnsetType = UNSET
    """Address of the master playlist."""
    dash: str | UnsetType = UNSET
    """Address of the manifest."""
    poster: str | UnsetType = UNSET
    """Address of a still picture."""
    sprite: str | UnsetType = UNSET
    """Address of the WebVTT of the timeline's pictures."""
    refusal_code: str | UnsetType = UNSET
    """Stable name of the reason; set when it was refused, or is under review."""
    refusal: str | UnsetType = UNSET
    """Sentence for people; set when it was refused, or is under review."""


class AttachmentFacts(Wire, kw_only=True):
    """What is known of a file of a message, and never changes once the file was looked at."""

    id: Snowflake
    filename: str
    size: int
    """Bytes."""
    content_type: str | UnsetType = UNSET
    width: int | UnsetType | None = UNSET
    """Pixels; set for pictures and videos."""
    height: int | UnsetType | None = UNSET
    placeholder: str | UnsetType = UNSET
    """Thumbhash in base64: some 25 bytes that make a blurred picture."""
    placeholder_version: int | UnsetType = UNSET
    duration_secs: float | UnsetType = UNSET
    """Seconds; set for what sounds or is a video."""
    waveform: str | UnsetType = UNSET
    """Loudness over time in base64, at most 256 points of 0 to 255; set for sounds."""
    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    ephemeral: bool | UnsetType = UNSET
    flags: int | UnsetType = UNSET


class Attachment(AttachmentFacts, kw_only=True):
    """A file of a message."""

    url: str
    """Good for a day or more; ask anew for the message, or refresh it, after that."""
    proxy_url: str
    media: AttachmentMedia | UnsetType = UNSET
    """Not set for files of old."""


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
    placeholder: str | UnsetType = UNSET
    """Thumbhash in base64; set for pictures of links."""
    placeholder_version: int | UnsetType = UNSET


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
