"""Statements over guilds and what they hold: roles, channels, emojis, members."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select

from hubbub.community.adapters import columns
from hubbub.community.adapters.tables import channels, direct_messages, emojis, guilds, members, roles
from hubbub.community.domain.guild import Channel, Emoji, Guild, Member, Role
from hubbub.storage.records.port import Statement

GUILD = Statement(
    "guilds.get",
    select(*columns.of(guilds, Guild)).where(guilds.c.id == bindparam("guild_id")),
    into=Guild,
)

ROLES = Statement(
    "roles.of_guild",
    select(*columns.of(roles, Role)).where(roles.c.guild_id == bindparam("guild_id")),
    into=Role,
)

CHANNELS = Statement(
    "channels.of_guild",
    select(*columns.of(channels, Channel)).where(channels.c.guild_id == bindparam("guild_id")),
    into=Channel,
)

CHANNEL = Statement(
    "channels.get",
    select(*columns.of(channels, Channel)).where(channels.c.id == bindparam("channel_id")),
    into=Channel,
)

PARTICIPANTS = Statement(
    "direct_messages.participants",
    select(direct_messages.c.user_id).where(direct_messages.c.channel_id == bindparam("channel_id")),
    into=int,
)

EMOJIS = Statement(
    "emojis.of_guild",
    select(*columns.of(emojis, Emoji)).where(emojis.c.guild_id == bindparam("guild_id")),
    into=Emoji,
)

MEMBERS_BY_ID = Statement(
    "members.by_id",
    select(*columns.of(members, Member)).where(
        members.c.guild_id == bindparam("guild_id"),
        members.c.user_id.in_(bindparam("user_ids", expanding=True)),
    ),
    into=Member,
)

MEMBER_COUNT = Statement(
    "members.count",
    select(func.count()).select_from(members).where(members.c.guild_id == bindparam("guild_id")),
    into=int,
)

GUILDS_OF_USER = Statement(
    "members.guilds_of_user",
    select(members.c.guild_id).where(members.c.user_id == bindparam("user_id")).order_by(members.c.joined_at_ms),
    into=int,
)
