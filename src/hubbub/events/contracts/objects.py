"""Wire objects of the community: what REST answers and the gateway dispatches.

Field names, meanings and key sets are those of the Discord API v10, so its client libraries read them unmodified.
Snowflakes are decimal strings, times are ISO 8601 with an offset, permission sets are decimal strings. A field that the
documentation marks optional is `UNSET` (left out of the JSON) unless given; a nullable field is None (JSON null).

Source: Discord API v10, resources "User", "Guild", "Channel", "Message", "Emoji", "Invite" and the interaction objects.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

Snowflake = str
"""A 64-bit id as a decimal string."""


class Wire(msgspec.Struct, kw_only=True, gc=False, forbid_unknown_fields=True):
    """Base of wire objects; unknown fields fail, so that a contract cannot drift unseen."""


class User(Wire):
    """A person or a bot, as everyone may see it."""

    id: Snowflake
    username: str
    global_name: str | None = None
    avatar: str | None = None
    discriminator: str = "0"
    bot: bool = False
    system: bool = False
    public_flags: int = 0
    banner: str | None = None
    accent_color: int | None = None
    avatar_decoration_data: None = None
    collectibles: None = None
    primary_guild: None = None


class OwnUser(User):
    """A user as it sees itself. The last three fields are Hubbub's own and set for people only."""

    flags: int = 0
    mfa_enabled: bool = False
    verified: bool = True
    email: str | None = None
    locale: str = "en-US"
    premium_type: int = 0
    bio: str = ""
    is_administrator: bool | UnsetType = UNSET
    has_password: bool | UnsetType = UNSET
    created_at: str | UnsetType = UNSET


class RoleColors(Wire):
    """A role's colours; only the first is used."""

    primary_color: int = 0
    secondary_color: int | None = None
    tertiary_color: int | None = None


class RoleTags(Wire):
    """What a managed role belongs to."""

    bot_id: Snowflake | UnsetType = UNSET


class Role(Wire):
    """A named set of permissions in a guild."""

    id: Snowflake
    name: str
    color: int = 0
    colors: RoleColors = msgspec.field(default_factory=RoleColors)
    hoist: bool = False
    icon: str | None = None
    unicode_emoji: str | None = None
    position: int = 0
    permissions: str = "0"
    managed: bool = False
    mentionable: bool = False
    flags: int = 0
    tags: RoleTags | UnsetType = UNSET


class Overwrite(Wire):
    """What a channel allows or denies one role (type 0) or one member (type 1)."""

    id: Snowflake
    type: int
    allow: str = "0"
    deny: str = "0"


class Member(Wire):
    """A user inside a guild."""

    user: User | UnsetType = UNSET
    nick: str | None = None
    avatar: str | None = None
    banner: str | None = None
    roles: list[Snowflake] = msgspec.field(default_factory=list)
    joined_at: str
    premium_since: str | None = None
    deaf: bool = False
    mute: bool = False
    flags: int = 0
    pending: bool = False
    communication_disabled_until: str | None = None
    avatar_decoration_data: None = None
    permissions: str | UnsetType = UNSET


class Emoji(Wire):
    """A custom emoji of a guild."""

    id: Snowflake
    name: str
    roles: list[Snowflake] = msgspec.field(default_factory=list)
    user: User | UnsetType = UNSET
    require_colons: bool = True
    managed: bool = False
    animated: bool = False
    available: bool = True


class PartialEmoji(Wire):
    """An emoji as reactions name it: a custom one by id, a Unicode one by name alone."""

    id: Snowflake | None
    name: str | None
    animated: bool | UnsetType = UNSET


class Channel(Wire):
    """A channel of a guild, or a direct message (type 1)."""

    id: Snowflake
    type: int
    flags: int = 0
    last_message_id: Snowflake | None | UnsetType = UNSET
    last_pin_timestamp: str | None | UnsetType = UNSET
    guild_id: Snowflake | UnsetType = UNSET
    name: str | UnsetType = UNSET
    position: int | UnsetType = UNSET
    permission_overwrites: list[Overwrite] | UnsetType = UNSET
    parent_id: Snowflake | None | UnsetType = UNSET
    topic: str | None | UnsetType = UNSET
    nsfw: bool | UnsetType = UNSET
    rate_limit_per_user: int | UnsetType = UNSET
    bitrate: int | UnsetType = UNSET
    user_limit: int | UnsetType = UNSET
    rtc_region: str | None | UnsetType = UNSET
    video_quality_mode: int | UnsetType = UNSET
    recipients: list[User] | UnsetType = UNSET
    permissions: str | UnsetType = UNSET
    default_auto_archive_duration: int | UnsetType = UNSET


class Guild(Wire):
    """A guild without its members and channels."""

    id: Snowflake
    name: str
    icon: str | None = None
    icon_hash: str | None = None
    splash: str | None = None
    discovery_splash: str | None = None
    owner_id: Snowflake
    region: str | None = None
    afk_channel_id: Snowflake | None = None
    afk_timeout: int = 300
    widget_enabled: bool = False
    widget_channel_id: Snowflake | None = None
    verification_level: int = 0
    default_message_notifications: int = 0
    explicit_content_filter: int = 0
    roles: list[Role] = msgspec.field(default_factory=list)
    emojis: list[Emoji] = msgspec.field(default_factory=list)
    features: list[str] = msgspec.field(default_factory=list)
    mfa_level: int = 0
    application_id: Snowflake | None = None
    system_channel_id: Snowflake | None = None
    system_channel_flags: int = 0
    rules_channel_id: Snowflake | None = None
    max_presences: int | None = None
    max_members: int = 500_000
    vanity_url_code: str | None = None
    description: str | None = None
    banner: str | None = None
    premium_tier: int = 0
    premium_subscription_count: int = 0
    preferred_locale: str = "en-US"
    public_updates_channel_id: Snowflake | None = None
    max_video_channel_users: int = 25
    max_stage_video_channel_users: int = 50
    nsfw: bool = False
    nsfw_level: int = 0
    stickers: list[None] = msgspec.field(default_factory=list)
    premium_progress_bar_enabled: bool = False
    safety_alerts_channel_id: Snowflake | None = None
    incidents_data: None = None
    hub_type: int | None = None
    latest_onboarding_question_id: Snowflake | None = None
    inventory_settings: None = None
    embed_enabled: bool = False
    embed_channel_id: Snowflake | None = None
    approximate_member_count: int | UnsetType = UNSET
    approximate_presence_count: int | UnsetType = UNSET


class Attachment(Wire):
    """A file of a message."""

    id: Snowflake
    filename: str
    size: int
    """Bytes."""
    url: str
    proxy_url: str
    content_type: str | UnsetType = UNSET
    width: int | None | UnsetType = UNSET
    """Pixels; set for pictures."""
    height: int | None | UnsetType = UNSET
    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    ephemeral: bool | UnsetType = UNSET
    flags: int | UnsetType = UNSET


class EmbedFooter(Wire):
    """Last line of an embed."""

    text: str
    icon_url: str | UnsetType = UNSET
    proxy_icon_url: str | UnsetType = UNSET


class EmbedMedia(Wire):
    """A picture, thumbnail or video of an embed."""

    url: str | UnsetType = UNSET
    proxy_url: str | UnsetType = UNSET
    height: int | UnsetType = UNSET
    width: int | UnsetType = UNSET


class EmbedProvider(Wire):
    """Where an embed's content comes from."""

    name: str | UnsetType = UNSET
    url: str | UnsetType = UNSET


class EmbedAuthor(Wire):
    """First line of an embed."""

    name: str
    url: str | UnsetType = UNSET
    icon_url: str | UnsetType = UNSET
    proxy_icon_url: str | UnsetType = UNSET


class EmbedField(Wire):
    """A titled paragraph of an embed."""

    name: str
    value: str
    inline: bool = False


class Embed(Wire):
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


class ReactionCountDetails(Wire):
    """How a reaction's count is made up."""

    burst: int = 0
    normal: int = 0


class Reaction(Wire):
    """One emoji under a message and how many used it."""

    count: int
    count_details: ReactionCountDetails
    me: bool
    me_burst: bool = False
    emoji: PartialEmoji
    burst_colors: list[str] = msgspec.field(default_factory=list)


class MessageReference(Wire):
    """The message that a reply or a pin notice points at."""

    type: int = 0
    message_id: Snowflake | UnsetType = UNSET
    channel_id: Snowflake | UnsetType = UNSET
    guild_id: Snowflake | UnsetType = UNSET


class InteractionMetadata(Wire):
    """Which interaction a message answers."""

    id: Snowflake
    type: int
    user: User
    authorizing_integration_owners: dict[str, Snowflake] = msgspec.field(default_factory=dict)
    original_response_message_id: Snowflake | UnsetType = UNSET
    name: str | UnsetType = UNSET


class MessageInteraction(Wire):
    """The older form of `InteractionMetadata`, which some libraries still read."""

    id: Snowflake
    type: int
    name: str
    user: User


class Message(Wire):
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
    referenced_message: Message | None | UnsetType = UNSET
    interaction_metadata: InteractionMetadata | UnsetType = UNSET
    interaction: MessageInteraction | UnsetType = UNSET
    components: list[None] = msgspec.field(default_factory=list)
    sticker_items: list[None] = msgspec.field(default_factory=list)
    guild_id: Snowflake | UnsetType = UNSET
    member: Member | UnsetType = UNSET


class InviteGuild(Wire):
    """The part of a guild that an invite shows."""

    id: Snowflake
    name: str
    splash: str | None = None
    banner: str | None = None
    description: str | None = None
    icon: str | None = None
    features: list[str] = msgspec.field(default_factory=list)
    verification_level: int = 0
    vanity_url_code: str | None = None
    nsfw_level: int = 0
    premium_subscription_count: int = 0


class InviteChannel(Wire):
    """The part of a channel that an invite shows."""

    id: Snowflake
    name: str
    type: int


class Invite(Wire):
    """A link into a guild. The metadata fields are set for those who may manage it."""

    type: int = 0
    code: str
    guild: InviteGuild | UnsetType = UNSET
    guild_id: Snowflake | UnsetType = UNSET
    channel: InviteChannel | None
    inviter: User | UnsetType = UNSET
    approximate_member_count: int | UnsetType = UNSET
    approximate_presence_count: int | UnsetType = UNSET
    expires_at: str | None | UnsetType = UNSET
    uses: int | UnsetType = UNSET
    max_uses: int | UnsetType = UNSET
    max_age: int | UnsetType = UNSET
    """Seconds; 0 never expires."""
    temporary: bool | UnsetType = UNSET
    created_at: str | UnsetType = UNSET


class Ban(Wire):
    """Who is banned and why."""

    reason: str | None
    user: User


class VoiceState(Wire):
    """Where a user is in voice, and how."""

    guild_id: Snowflake | UnsetType = UNSET
    channel_id: Snowflake | None
    user_id: Snowflake
    member: Member | UnsetType = UNSET
    session_id: str
    deaf: bool = False
    mute: bool = False
    self_deaf: bool = False
    self_mute: bool = False
    self_stream: bool = False
    self_video: bool = False
    suppress: bool = False
    request_to_speak_timestamp: str | None = None


class Team(Wire):
    """The people who own an application; Hubbub's applications are owned by one person, so it is never set."""

    id: Snowflake


class InstallParams(Wire):
    """Scopes and permissions that an application asks for by default."""

    scopes: list[str]
    permissions: str


class Application(Wire):
    """A bot's application."""

    id: Snowflake
    name: str
    icon: str | None = None
    description: str = ""
    rpc_origins: list[str] = msgspec.field(default_factory=list)
    bot_public: bool = True
    bot_require_code_grant: bool = False
    bot: User | UnsetType = UNSET
    terms_of_service_url: str | UnsetType = UNSET
    privacy_policy_url: str | UnsetType = UNSET
    owner: User | UnsetType = UNSET
    summary: str = ""
    verify_key: str = ""
    team: Team | None = None
    cover_image: str | UnsetType = UNSET
    flags: int = 0
    approximate_guild_count: int | UnsetType = UNSET
    approximate_user_install_count: int = 0
    redirect_uris: list[str] = msgspec.field(default_factory=list)
    interactions_endpoint_url: str | None = None
    role_connections_verification_url: str | None = None
    tags: list[str] = msgspec.field(default_factory=list)
    install_params: InstallParams | UnsetType = UNSET
    integration_types_config: dict[str, dict[str, InstallParams]] = msgspec.field(default_factory=dict)


class CommandChoice(Wire):
    """One value that a command option offers."""

    name: str
    value: str | int | float
    name_localizations: dict[str, str] | None = None


class CommandOption(Wire):
    """A parameter, subcommand or group of an application command."""

    type: int
    name: str
    description: str
    name_localizations: dict[str, str] | None = None
    description_localizations: dict[str, str] | None = None
    required: bool | UnsetType = UNSET
    choices: list[CommandChoice] | UnsetType = UNSET
    options: list[CommandOption] | UnsetType = UNSET
    channel_types: list[int] | UnsetType = UNSET
    min_value: int | float | UnsetType = UNSET
    max_value: int | float | UnsetType = UNSET
    min_length: int | UnsetType = UNSET
    max_length: int | UnsetType = UNSET
    autocomplete: bool | UnsetType = UNSET


class Command(Wire):
    """An application command: slash (type 1), user (2) or message (3)."""

    id: Snowflake
    type: int = 1
    application_id: Snowflake
    guild_id: Snowflake | UnsetType = UNSET
    name: str
    name_localizations: dict[str, str] | None = None
    description: str = ""
    description_localizations: dict[str, str] | None = None
    options: list[CommandOption] | UnsetType = UNSET
    default_member_permissions: str | None = None
    dm_permission: bool = True
    default_permission: bool = True
    nsfw: bool = False
    integration_types: list[int] = msgspec.field(default_factory=lambda: [0])
    contexts: list[int] | None = None
    version: Snowflake


class InteractionOption(Wire):
    """A value that the member gave for a command option."""

    name: str
    type: int
    value: str | int | float | bool | UnsetType = UNSET
    options: list[InteractionOption] | UnsetType = UNSET
    focused: bool | UnsetType = UNSET


class ResolvedChannel(Wire):
    """A channel named in an interaction, with the invoker's permissions there."""

    id: Snowflake
    name: str
    type: int
    permissions: str
    guild_id: Snowflake | UnsetType = UNSET
    parent_id: Snowflake | None | UnsetType = UNSET


class Resolved(Wire):
    """The objects that an interaction's options name, by id."""

    users: dict[Snowflake, User] | UnsetType = UNSET
    members: dict[Snowflake, Member] | UnsetType = UNSET
    roles: dict[Snowflake, Role] | UnsetType = UNSET
    channels: dict[Snowflake, ResolvedChannel] | UnsetType = UNSET
    messages: dict[Snowflake, Message] | UnsetType = UNSET
    attachments: dict[Snowflake, Attachment] | UnsetType = UNSET


class InteractionData(Wire):
    """Which command was invoked, and with what."""

    id: Snowflake
    name: str
    type: int = 1
    resolved: Resolved | UnsetType = UNSET
    options: list[InteractionOption] | UnsetType = UNSET
    guild_id: Snowflake | UnsetType = UNSET
    target_id: Snowflake | UnsetType = UNSET


class InteractionGuild(Wire):
    """The part of a guild that an interaction shows."""

    id: Snowflake
    locale: str = "en-US"
    features: list[str] = msgspec.field(default_factory=list)


class Interaction(Wire):
    """A member's use of an application command, as the application receives it."""

    id: Snowflake
    application_id: Snowflake
    type: int
    data: InteractionData | UnsetType = UNSET
    guild: InteractionGuild | UnsetType = UNSET
    guild_id: Snowflake | UnsetType = UNSET
    channel: Channel | UnsetType = UNSET
    channel_id: Snowflake | UnsetType = UNSET
    member: Member | UnsetType = UNSET
    user: User | UnsetType = UNSET
    token: str
    version: int = 1
    app_permissions: str
    locale: str = "en-US"
    guild_locale: str | UnsetType = UNSET
    entitlements: list[None] = msgspec.field(default_factory=list)
    entitlement_sku_ids: list[Snowflake] = msgspec.field(default_factory=list)
    authorizing_integration_owners: dict[str, Snowflake] = msgspec.field(default_factory=dict)
    context: int = 0
    attachment_size_limit: int
    """Bytes."""


class ReadState(Wire):
    """How far a person has read a channel, and how many unread messages there mention them."""

    channel_id: Snowflake
    last_message_id: Snowflake | None
    mention_count: int = 0
