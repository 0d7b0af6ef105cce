"""Guilds and what belongs to them: roles, members, emojis, invites, bans, voice states."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from hubbub.events.contracts.objects.user import User
from hubbub.events.contracts.objects.wire import Snowflake, Wire


class RoleColors(Wire, kw_only=True):
    """A role's colours; only the first is used."""

    primary_color: int = 0
    secondary_color: int | None = None
    tertiary_color: int | None = None


class RoleTags(Wire, kw_only=True):
    """What a managed role belongs to."""

    bot_id: Snowflake | UnsetType = UNSET


class Role(Wire, kw_only=True):
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


class Member(Wire, kw_only=True):
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


class Emoji(Wire, kw_only=True):
    """A custom emoji of a guild."""

    id: Snowflake
    name: str
    roles: list[Snowflake] = msgspec.field(default_factory=list)
    user: User | UnsetType = UNSET
    require_colons: bool = True
    managed: bool = False
    animated: bool = False
    available: bool = True


class Guild(Wire, kw_only=True):
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


class Ban(Wire, kw_only=True):
    """Who is banned and why."""

    reason: str | None
    user: User


class VoiceState(Wire, kw_only=True):
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


class InviteGuild(Wire, kw_only=True):
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


class InviteChannel(Wire, kw_only=True):
    """The part of a channel that an invite shows."""

    id: Snowflake
    name: str
    type: int


class Invite(Wire, kw_only=True):
    """A link into a guild. The metadata fields are set for those who may manage it."""

    type: int = 0
    code: str
    guild: InviteGuild | UnsetType = UNSET
    guild_id: Snowflake | UnsetType = UNSET
    channel: InviteChannel | None
    inviter: User | UnsetType = UNSET
    approximate_member_count: int | UnsetType = UNSET
    approximate_presence_count: int | UnsetType = UNSET
    expires_at: str | UnsetType | None = UNSET
    uses: int | UnsetType = UNSET
    max_uses: int | UnsetType = UNSET
    max_age: int | UnsetType = UNSET
    """Seconds; 0 never expires."""
    temporary: bool | UnsetType = UNSET
    created_at: str | UnsetType = UNSET
