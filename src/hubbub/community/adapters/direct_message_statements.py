"""Statements over direct messages."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, exists, insert, or_, select, update

from hubbub.community.adapters import columns
from hubbub.community.adapters.tables import channels, direct_messages, members, users
from hubbub.community.domain.guild import Channel
from hubbub.storage.records.port import Statement

_OF_USER = direct_messages.c.user_id == bindparam("user_id")

FIND = Statement(
    "direct_messages.find",
    select(direct_messages.c.channel_id, direct_messages.c.is_open).where(
        _OF_USER, direct_messages.c.peer_id == bindparam("peer_id")
    ),
)

OPEN_OF_USER = Statement(
    "direct_messages.open_of_user",
    select(*columns.of(channels, Channel))
    .select_from(direct_messages.join(channels, channels.c.id == direct_messages.c.channel_id))
    .where(_OF_USER, direct_messages.c.is_open.is_(True)),
    into=Channel,
)

PEERS = Statement(
    "direct_messages.peers",
    select(direct_messages.c.channel_id, direct_messages.c.peer_id).where(_OF_USER),
)

CLOSED_FOR = Statement(
    "direct_messages.closed_for",
    select(direct_messages.c.user_id).where(
        direct_messages.c.channel_id == bindparam("channel_id"), direct_messages.c.is_open.is_(False)
    ),
    into=int,
)

INSERT = Statement("direct_messages.insert", insert(direct_messages))

SET_OPEN = Statement(
    "direct_messages.set_open",
    update(direct_messages)
    .where(_OF_USER, direct_messages.c.channel_id == bindparam("channel_id"))
    .values(is_open=bindparam("is_open")),
)

_theirs = members.alias("theirs")

MAY_MEET = Statement(
    "direct_messages.may_meet",
    select(users.c.id).where(
        users.c.id == bindparam("peer_id"),
        users.c.deleted_at_ms.is_(None),
        users.c.disabled_at_ms.is_(None),
        or_(
            users.c.is_administrator.is_(True),
            exists().where(
                and_(
                    members.c.user_id == bindparam("user_id"),
                    _theirs.c.guild_id == members.c.guild_id,
                    _theirs.c.user_id == bindparam("peer_id"),
                )
            ),
        ),
    ),
    into=int,
)
