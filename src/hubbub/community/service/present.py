"""From rows to wire objects: the complete objects that client libraries read."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import UNSET

from hubbub.community.domain import account, guild
from hubbub.community.domain.guild import DIRECT_MESSAGE_TYPE, GuildState
from hubbub.community.domain.permissions import GUILD_CATEGORY, GUILD_STAGE_VOICE, GUILD_VOICE, Overwrite
from hubbub.events.contracts import objects

_VOICE_TYPES = frozenset({GUILD_VOICE, GUILD_STAGE_VOICE})


def iso(unix_ms: int) -> str:
    """Return a time as ISO 8601 in UTC with microseconds, the API's form."""
    return datetime.fromtimestamp(unix_ms / 1000, UTC).isoformat(timespec="microseconds")


def iso_or_none(unix_ms: int | None) -> str | None:
    """Return a time as ISO 8601, or None for none."""
    return None if unix_ms is None else iso(unix_ms)


def user(row: account.User) -> objects.User:
    """Return the account as everyone may see it; a deleted one keeps only its id."""
    if row.deleted_at_ms is not None:
        return objects.User(id=str(row.id), username="deleted_user", global_name="Deleted user", bot=row.is_bot)
    return objects.User(
        id=str(row.id),
        username=row.username,
        global_name=row.global_name,
        avatar=row.avatar,
        discriminator="0000" if row.is_bot else "0",
        bot=row.is_bot,
    )


def role(row: guild.Role) -> objects.Role:
    """Return the role."""
    return objects.Role(
        id=str(row.id),
        name=row.name,
        color=row.color,
        colors=objects.RoleColors(primary_color=row.color),
        hoist=row.hoist,
        position=row.position,
        permissions=str(row.permissions),
        managed=row.managed_by is not None,
        mentionable=row.mentionable,
        tags=UNSET if row.managed_by is None else objects.RoleTags(bot_id=str(row.managed_by)),
    )


def overwrite(row: Overwrite) -> objects.Overwrite:
    """Return the overwrite."""
    return objects.Overwrite(id=str(row.id), type=row.type, allow=str(row.allow), deny=str(row.deny))


def _id(value: int | None) -> str | None:
    return None if value is None else str(value)


def channel(row: guild.Channel) -> objects.Channel:
    """Return a guild's channel with the fields that its type has."""
    result = objects.Channel(
        id=str(row.id),
        type=row.type,
        guild_id=str(row.guild_id),
        name=row.name,
        position=row.position,
        permission_overwrites=[overwrite(entry) for entry in row.overwrites],
        parent_id=_id(row.parent_id),
        nsfw=row.nsfw,
    )
    if row.type == GUILD_CATEGORY:
        return result
    result.last_message_id = _id(row.last_message_id)
    result.rate_limit_per_user = row.rate_limit_per_user_s
    result.topic = row.topic
    if row.type in _VOICE_TYPES:
        result.bitrate = row.bitrate_bps
        result.user_limit = row.user_limit
        result.rtc_region = None
        result.video_quality_mode = 1
    else:
        result.last_pin_timestamp = iso_or_none(row.last_pin_at_ms)
        result.default_auto_archive_duration = 4320
    return result


def direct_channel(row: guild.Channel, others: list[objects.User]) -> objects.Channel:
    """Return a direct message as one participant sees it: `others` are the recipients."""
    return objects.Channel(
        id=str(row.id),
        type=DIRECT_MESSAGE_TYPE,
        last_message_id=_id(row.last_message_id),
        last_pin_timestamp=iso_or_none(row.last_pin_at_ms),
        recipients=others,
    )


def member(row: guild.Member, of: objects.User | None, state: GuildState | None = None) -> objects.Member:
    """Return a membership; `of` goes in as its user, `state` drops roles that are gone."""
    role_ids = row.role_ids if state is None else [role_id for role_id in row.role_ids if role_id in state.roles]
    return objects.Member(
        user=UNSET if of is None else of,
        nick=row.nick,
        roles=[str(role_id) for role_id in role_ids],
        joined_at=iso(row.joined_at_ms),
        deaf=row.deaf,
        mute=row.mute,
        communication_disabled_until=iso_or_none(row.timeout_until_ms),
    )


def emoji(row: guild.Emoji, creator: objects.User | None = None) -> objects.Emoji:
    """Return a custom emoji; `creator` is shown to those who may manage emojis."""
    return objects.Emoji(
        id=str(row.id),
        name=row.name,
        roles=[str(role_id) for role_id in guild.decode_ids(row.role_ids_json)],
        user=UNSET if creator is None else creator,
        animated=row.animated,
    )


def guild_object(state: GuildState) -> objects.Guild:
    """Return the guild with its roles and emojis."""
    row = state.guild
    return objects.Guild(
        id=str(row.id),
        name=row.name,
        icon=row.icon,
        description=row.description,
        owner_id=str(row.owner_id),
        afk_channel_id=_id(row.afk_channel_id),
        afk_timeout=row.afk_timeout_s,
        verification_level=row.verification_level,
        default_message_notifications=row.default_message_notifications,
        explicit_content_filter=row.explicit_content_filter,
        roles=[role(each) for each in sorted(state.roles.values(), key=guild.rank)],
        emojis=[emoji(each) for each in state.emojis.values()],
        system_channel_id=_id(row.system_channel_id),
        system_channel_flags=row.system_channel_flags,
        rules_channel_id=_id(row.rules_channel_id),
        preferred_locale=row.preferred_locale,
    )
