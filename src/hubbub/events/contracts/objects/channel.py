"""Channels, their overwrites and how far someone has read them."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from hubbub.events.contracts.objects.user import User
from hubbub.events.contracts.objects.wire import Snowflake, Wire


class Overwrite(Wire, kw_only=True):
    """What a channel allows or denies one role (type 0) or one member (type 1)."""

    id: Snowflake
    type: int
    allow: str = "0"
    deny: str = "0"


class Channel(Wire, kw_only=True):
    """A channel of a guild, or a direct message (type 1)."""

    id: Snowflake
    type: int
    flags: int = 0
    last_message_id: Snowflake | UnsetType | None = UNSET
    last_pin_timestamp: str | UnsetType | None = UNSET
    guild_id: Snowflake | UnsetType = UNSET
    name: str | UnsetType = UNSET
    position: int | UnsetType = UNSET
    permission_overwrites: list[Overwrite] | UnsetType = UNSET
    parent_id: Snowflake | UnsetType | None = UNSET
    topic: str | UnsetType | None = UNSET
    nsfw: bool | UnsetType = UNSET
    rate_limit_per_user: int | UnsetType = UNSET
    bitrate: int | UnsetType = UNSET
    user_limit: int | UnsetType = UNSET
    rtc_region: str | UnsetType | None = UNSET
    video_quality_mode: int | UnsetType = UNSET
    recipients: list[User] | UnsetType = UNSET
    permissions: str | UnsetType = UNSET
    default_auto_archive_duration: int | UnsetType = UNSET


class ReadState(Wire, kw_only=True):
    """How far a person has read a channel, and how many unread messages there mention them."""

    channel_id: Snowflake
    last_message_id: Snowflake | None
    mention_count: int = 0
