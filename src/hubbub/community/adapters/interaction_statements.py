"""Statements over interactions and the messages that answer them."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import BigInteger, and_, bindparam, delete, insert, select, update

from hubbub.community.adapters.tables import interaction_messages, interactions, messages
from hubbub.storage.records.port import Statement

PENDING = "pending"
DEFERRED = "deferred"
ANSWERED = "answered"
EXPIRED = "expired"


class InteractionRow(NamedTuple):
    """An interaction; field order equals the columns that the statements select."""

    id: int
    application_id: int
    user_id: int
    guild_id: int | None
    channel_id: int
    token_hash: bytes
    state: str
    is_ephemeral: bool
    response_message_id: int | None
    command_name: str
    nonce: str | None
    created_at_ms: int


class EndedMessage(NamedTuple):
    """An ephemeral message whose interaction has ended."""

    channel_id: int
    id: int


INSERT = Statement("interactions.insert", insert(interactions))

BY_TOKEN = Statement(
    "interactions.by_token",
    select(*interactions.c).where(interactions.c.token_hash == bindparam("token_hash")),
    into=InteractionRow,
)

ANSWER = Statement(
    "interactions.answer",
    update(interactions)
    .where(interactions.c.id == bindparam("id"), interactions.c.state == PENDING)
    .values(
        state=bindparam("new_state"),
        is_ephemeral=bindparam("is_ephemeral"),
        response_message_id=bindparam("response_message_id"),
    ),
)

FULFIL = Statement(
    "interactions.fulfil",
    update(interactions)
    .where(interactions.c.id == bindparam("id"), interactions.c.state == DEFERRED)
    .values(state=ANSWERED),
)

OVERDUE = Statement(
    "interactions.overdue",
    select(*interactions.c)
    .where(interactions.c.state == PENDING, interactions.c.created_at_ms < bindparam("before_ms"))
    .order_by(interactions.c.created_at_ms)
    .limit(bindparam("limit", type_=BigInteger)),
    into=InteractionRow,
)

EXPIRE = Statement(
    "interactions.expire",
    update(interactions)
    .where(interactions.c.id == bindparam("id"), interactions.c.state == PENDING)
    .values(state=EXPIRED),
)

ENDED = Statement(
    "interactions.ended",
    select(interactions.c.id)
    .where(interactions.c.created_at_ms < bindparam("before_ms"))
    .order_by(interactions.c.created_at_ms)
    .limit(bindparam("limit", type_=BigInteger)),
    into=int,
)

ENDED_MESSAGES = Statement(
    "interactions.ended_messages",
    select(messages.c.channel_id, messages.c.id)
    .select_from(
        interaction_messages.join(
            messages,
            and_(
                messages.c.channel_id == interaction_messages.c.channel_id,
                messages.c.id == interaction_messages.c.message_id,
            ),
        )
    )
    .where(
        interaction_messages.c.interaction_id.in_(bindparam("ids", expanding=True)),
        messages.c.visible_to.is_not(None),
    ),
    into=EndedMessage,
)

FORGET = Statement(
    "interactions.forget", delete(interactions).where(interactions.c.id.in_(bindparam("ids", expanding=True)))
)

ADD_MESSAGE = Statement("interaction_messages.insert", insert(interaction_messages))

OWNS_MESSAGE = Statement(
    "interaction_messages.get",
    select(interaction_messages.c.message_id).where(
        interaction_messages.c.interaction_id == bindparam("id"),
        interaction_messages.c.message_id == bindparam("message_id"),
    ),
    into=int,
)

FORGET_MESSAGES = Statement(
    "interaction_messages.forget",
    delete(interaction_messages).where(interaction_messages.c.interaction_id.in_(bindparam("ids", expanding=True))),
)
