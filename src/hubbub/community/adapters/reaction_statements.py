"""Statements over reactions."""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, case, delete, exists, func, or_, select, update

from hubbub.community.adapters import columns
from hubbub.community.adapters.tables import emojis, messages, reactions
from hubbub.community.domain.guild import Emoji
from hubbub.community.domain.message import ReactionSummary
from hubbub.community.domain.reaction_emoji import DISTINCT_MAX
from hubbub.storage.records.port import Statement

_ON_MESSAGE = (
    reactions.c.channel_id == bindparam("channel_id"),
    reactions.c.message_id == bindparam("message_id"),
)
_OF_EMOJI = reactions.c.emoji == bindparam("emoji")

SUMMARIES = Statement(
    "reactions.summaries",
    select(
        reactions.c.message_id,
        reactions.c.emoji,
        func.max(reactions.c.emoji_name),
        func.max(case((reactions.c.animated, 1), else_=0)),
        func.count(),
        func.max(case((reactions.c.user_id == bindparam("viewer_id"), 1), else_=0)),
        func.min(reactions.c.created_at_ms),
    )
    .where(
        reactions.c.channel_id == bindparam("channel_id"),
        reactions.c.message_id.in_(bindparam("message_ids", expanding=True)),
    )
    .group_by(reactions.c.message_id, reactions.c.emoji)
    .order_by(reactions.c.message_id, func.min(reactions.c.created_at_ms), reactions.c.emoji),
    into=ReactionSummary,
)

_there = reactions.alias("there")
_on_same_message = (
    _there.c.channel_id == bindparam("channel_id"),
    _there.c.message_id == bindparam("message_id"),
)
_distinct = select(func.count(_there.c.emoji.distinct())).where(*_on_same_message).scalar_subquery()

INSERT = Statement(
    "reactions.insert",
    columns.insertion_where(
        reactions,
        or_(
            exists().where(*_on_same_message, _there.c.emoji == bindparam("emoji")),
            _distinct < DISTINCT_MAX,
        ),
    ),
)
"""Adds a reaction unless it would be of one emoji too many, counted at that very moment."""

DELETE = Statement(
    "reactions.delete",
    delete(reactions).where(*_ON_MESSAGE, _OF_EMOJI, reactions.c.user_id == bindparam("user_id")),
)

DELETE_EMOJI = Statement("reactions.delete_emoji", delete(reactions).where(*_ON_MESSAGE, _OF_EMOJI))

DELETE_ALL = Statement("reactions.delete_all", delete(reactions).where(*_ON_MESSAGE))

DELETE_OF_MESSAGES = Statement(
    "reactions.delete_of_messages",
    delete(reactions).where(
        reactions.c.channel_id == bindparam("channel_id"),
        reactions.c.message_id.in_(bindparam("message_ids", expanding=True)),
    ),
)

COUNT = Statement(
    "messages.count_reactions",
    update(messages)
    .where(messages.c.channel_id == bindparam("channel_id"), messages.c.id == bindparam("message_id"))
    .values(
        reaction_count=select(func.count())
        .select_from(reactions)
        .where(reactions.c.channel_id == messages.c.channel_id, reactions.c.message_id == messages.c.id)
        .scalar_subquery()
    ),
)

USERS = Statement(
    "reactions.users",
    select(reactions.c.user_id)
    .where(*_ON_MESSAGE, _OF_EMOJI, reactions.c.user_id > bindparam("after"))
    .order_by(reactions.c.user_id)
    .limit(bindparam("limit", type_=BigInteger)),
    into=int,
)

EMOJI = Statement("emojis.get", select(*columns.of(emojis, Emoji)).where(emojis.c.id == bindparam("id")), into=Emoji)
