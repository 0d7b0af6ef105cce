"""Statements over how far people have read, and what mentions them beyond it.

A message writes one row per mentioned user, role or guild, however many people that reaches; counting joins those rows
with the reader's own marks. Nothing is written per member of a guild.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, BindParameter, and_, bindparam, func, literal, select

from hubbub.community.adapters.tables import channels, members, mentions, read_states
from hubbub.kernel.snowflake import EPOCH_MS, SEQUENCE_BITS, WORKER_BITS
from hubbub.storage.records.port import Statement

_USER: BindParameter[int] = bindparam("user_id", type_=BigInteger)
_MESSAGES_PER_MS = 1 << (SEQUENCE_BITS + WORKER_BITS)
_FIRST_AFTER_JOINING = (members.c.joined_at_ms - literal(EPOCH_MS, BigInteger)) * literal(_MESSAGES_PER_MS, BigInteger)

OF_USER = Statement(
    "read_states.of_user",
    select(read_states.c.channel_id, read_states.c.last_message_id).where(read_states.c.user_id == _USER),
)

GET = Statement(
    "read_states.get",
    select(read_states.c.last_message_id).where(
        read_states.c.user_id == _USER,
        read_states.c.channel_id == bindparam("channel_id"),
    ),
    into=int,
)

_counted = (
    select(mentions.c.channel_id, func.count(mentions.c.message_id.distinct()))
    .select_from(
        mentions.join(channels, channels.c.id == mentions.c.channel_id)
        .outerjoin(
            read_states,
            and_(read_states.c.channel_id == mentions.c.channel_id, read_states.c.user_id == _USER),
        )
        .outerjoin(members, and_(members.c.guild_id == channels.c.guild_id, members.c.user_id == _USER))
    )
    .where(
        mentions.c.target_id.in_(bindparam("target_ids", expanding=True)),
        mentions.c.message_id > func.coalesce(read_states.c.last_message_id, literal(0, BigInteger)),
        mentions.c.message_id > func.coalesce(_FIRST_AFTER_JOINING, literal(0, BigInteger)),
    )
    .group_by(mentions.c.channel_id)
)

MENTION_COUNTS = Statement("mentions.counts", _counted)

MENTION_COUNT_BEYOND = Statement(
    "mentions.count_beyond",
    _counted.where(mentions.c.channel_id == bindparam("channel_id"), mentions.c.message_id > bindparam("beyond")),
)

ADVANCE = Statement.upsert(
    "read_states.advance",
    read_states,
    conflict=("user_id", "channel_id"),
    update=("last_message_id",),
    only_if=lambda excluded: read_states.c.last_message_id < excluded["last_message_id"],
)
