"""Statements over guilds and what they hold: roles, channels, emojis, members."""

from __future__ import annotations

from sqlalchemy import Integer, and_, bindparam, delete, exists, func, or_, select, update

from hubbub.community.adapters import columns
from hubbub.community.adapters.tables import (
    bans,
    channels,
    direct_messages,
    emojis,
    guilds,
    invites,
    members,
    roles,
    users,
)
from hubbub.community.domain.guild import Ban, Channel, Emoji, Guild, Invite, Member, Role
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

INSERT_GUILD = Statement("guilds.insert", columns.insertion(guilds))
REPLACE_GUILD = Statement("guilds.replace", columns.replacement(guilds, Guild))
GUILDS = Statement(
    "guilds.list",
    select(*columns.of(guilds, Guild)).order_by(guilds.c.id).limit(bindparam("row_limit", type_=Integer)),
    into=Guild,
)
GUILDS_PAGE = Statement(
    "guilds.page_of_user",
    select(*columns.of(guilds, Guild), *columns.of(members, Member))
    .join(members, members.c.guild_id == guilds.c.id)
    .where(
        members.c.user_id == bindparam("user_id"),
        guilds.c.id > bindparam("after"),
        guilds.c.id < bindparam("before"),
    )
    .order_by(guilds.c.id)
    .limit(bindparam("row_limit", type_=Integer)),
)

INSERT_ROLE = Statement("roles.insert", columns.insertion(roles))
REPLACE_ROLE = Statement("roles.replace", columns.replacement(roles, Role))
DELETE_ROLE = Statement("roles.delete", delete(roles).where(roles.c.id == bindparam("role_id")))

INSERT_CHANNEL = Statement("channels.insert", columns.insertion(channels))
REPLACE_CHANNEL = Statement(
    "channels.replace",
    columns.replacement(channels, Channel, leave=frozenset({"last_message_id", "last_pin_at_ms"})),
)
DELETE_CHANNEL = Statement("channels.delete", delete(channels).where(channels.c.id == bindparam("channel_id")))

INSERT_MEMBER = Statement("members.insert", columns.insertion(members))
ADMIT_MEMBER = Statement(
    "members.admit",
    columns.insertion_where(
        members,
        exists().where(guilds.c.id == bindparam("guild_id")),
        ~exists().where(bans.c.guild_id == bindparam("guild_id"), bans.c.user_id == bindparam("user_id")),
    ),
)
"""Inserts a member unless the guild is gone or the user is banned at that very moment."""
REPLACE_MEMBER = Statement("members.replace", columns.replacement(members, Member))
DELETE_MEMBER = Statement(
    "members.delete",
    delete(members).where(members.c.guild_id == bindparam("guild_id"), members.c.user_id == bindparam("user_id")),
)
MEMBERS_PAGE = Statement(
    "members.page",
    select(*columns.of(members, Member))
    .where(members.c.guild_id == bindparam("guild_id"), members.c.user_id > bindparam("after"))
    .order_by(members.c.user_id)
    .limit(bindparam("row_limit", type_=Integer)),
    into=Member,
)
MEMBERS_SEARCH = Statement(
    "members.search",
    select(*columns.of(members, Member))
    .join(users, users.c.id == members.c.user_id)
    .where(
        members.c.guild_id == bindparam("guild_id"),
        members.c.user_id > bindparam("after"),
        or_(
            users.c.username.like(bindparam("pattern"), escape="\\"),
            func.lower(users.c.global_name).like(bindparam("pattern"), escape="\\"),
            func.lower(members.c.nick).like(bindparam("pattern"), escape="\\"),
        ),
    )
    .order_by(members.c.user_id)
    .limit(bindparam("row_limit", type_=Integer)),
    into=Member,
)

BAN = Statement(
    "bans.get",
    select(*columns.of(bans, Ban)).where(
        bans.c.guild_id == bindparam("guild_id"), bans.c.user_id == bindparam("user_id")
    ),
    into=Ban,
)
BANS_PAGE = Statement(
    "bans.page",
    select(*columns.of(bans, Ban))
    .where(
        bans.c.guild_id == bindparam("guild_id"),
        bans.c.user_id > bindparam("after"),
        bans.c.user_id < bindparam("before"),
    )
    .order_by(bans.c.user_id)
    .limit(bindparam("row_limit", type_=Integer)),
    into=Ban,
)
BANS_PAGE_BACK = Statement(
    "bans.page_back",
    select(*columns.of(bans, Ban))
    .where(bans.c.guild_id == bindparam("guild_id"), bans.c.user_id < bindparam("before"))
    .order_by(bans.c.user_id.desc())
    .limit(bindparam("row_limit", type_=Integer)),
    into=Ban,
)
PUT_BAN = Statement.upsert("bans.put", bans, conflict=("guild_id", "user_id"), update=("reason",))
DELETE_BAN = Statement(
    "bans.delete",
    delete(bans).where(bans.c.guild_id == bindparam("guild_id"), bans.c.user_id == bindparam("user_id")),
)

INVITE = Statement(
    "invites.get", select(*columns.of(invites, Invite)).where(invites.c.code == bindparam("code")), into=Invite
)
INVITES_OF_GUILD = Statement(
    "invites.of_guild",
    select(*columns.of(invites, Invite))
    .where(invites.c.guild_id == bindparam("guild_id"))
    .order_by(invites.c.created_at_ms.desc()),
    into=Invite,
)
INVITES_OF_CHANNEL = Statement(
    "invites.of_channel",
    select(*columns.of(invites, Invite))
    .where(invites.c.channel_id == bindparam("channel_id"))
    .order_by(invites.c.created_at_ms.desc()),
    into=Invite,
)
INSERT_INVITE = Statement("invites.insert", columns.insertion(invites))
USE_INVITE = Statement(
    "invites.use",
    update(invites)
    .where(
        invites.c.code == bindparam("key_code"),
        or_(invites.c.max_uses == 0, invites.c.uses < invites.c.max_uses),
    )
    .values(uses=invites.c.uses + 1),
)
DELETE_INVITE = Statement("invites.delete", delete(invites).where(invites.c.code == bindparam("code")))
DELETE_EXPIRED_INVITES = Statement(
    "invites.delete_expired",
    delete(invites).where(
        invites.c.guild_id == bindparam("guild_id"),
        or_(
            invites.c.expires_at_ms <= bindparam("now_ms"),
            and_(invites.c.max_uses > 0, invites.c.uses >= invites.c.max_uses),
        ),
    ),
)
SWEEP_INVITES = Statement("invites.sweep", delete(invites).where(invites.c.expires_at_ms <= bindparam("now_ms")))

INSERT_EMOJI = Statement("emojis.insert", columns.insertion(emojis))
REPLACE_EMOJI = Statement("emojis.replace", columns.replacement(emojis, Emoji))
DELETE_EMOJI = Statement("emojis.delete", delete(emojis).where(emojis.c.id == bindparam("emoji_id")))
