"""Statements over messages, their nonces, mentions and pins."""

from __future__ import annotations

from sqlalchemy import BigInteger, bindparam, case, delete, func, insert, or_, select, update

from hubbub.community.adapters import columns
from hubbub.community.adapters.tables import channels, mentions, message_nonces, messages
from hubbub.community.domain.message import MessageRow
from hubbub.storage.records.port import Statement

_ROW = columns.of(messages, MessageRow)
_IN_CHANNEL = messages.c.channel_id == bindparam("channel_id")
_THIS = (_IN_CHANNEL, messages.c.id == bindparam("id"))
_OPEN = messages.c.visible_to.is_(None)
_LIMIT = bindparam("limit", type_=BigInteger)

PINS_MAX = 250
"""Pinned messages of one channel, as documented."""

INSERT = Statement("messages.insert", insert(messages))

GET = Statement("messages.get", select(*_ROW).where(*_THIS), into=MessageRow)

BY_IDS = Statement(
    "messages.by_ids",
    select(*_ROW).where(_IN_CHANNEL, messages.c.id.in_(bindparam("ids", expanding=True))),
    into=MessageRow,
)

BEFORE = Statement(
    "messages.before",
    select(*_ROW)
    .where(_IN_CHANNEL, messages.c.id < bindparam("before"), _OPEN)
    .order_by(messages.c.id.desc())
    .limit(_LIMIT),
    into=MessageRow,
)

AFTER = Statement(
    "messages.after",
    select(*_ROW).where(_IN_CHANNEL, messages.c.id > bindparam("after"), _OPEN).order_by(messages.c.id).limit(_LIMIT),
    into=MessageRow,
)

LAST_OF_AUTHOR = Statement(
    "messages.last_of_author",
    select(func.max(messages.c.id)).where(
        messages.c.author_id == bindparam("author_id"),
        messages.c.id >= bindparam("since"),
        _IN_CHANNEL,
    ),
)

EDIT = Statement(
    "messages.edit",
    update(messages)
    .where(*_THIS, messages.c.document == bindparam("edited_document"))
    .values(document=bindparam("document"), mention_ids_json=bindparam("mention_ids_json")),
)

"""Changes a message that still is what the edit began with: of two edits at once, none is lost."""

DELETE = Statement("messages.delete", delete(messages).where(*_THIS))

DELETE_MANY = Statement(
    "messages.delete_many",
    delete(messages).where(_IN_CHANNEL, messages.c.id.in_(bindparam("ids", expanding=True))),
)

NOTE_NEWEST = Statement(
    "channels.note_newest",
    update(channels)
    .where(channels.c.id == bindparam("channel_id"))
    .values(
        last_message_id=case(
            (
                or_(channels.c.last_message_id.is_(None), channels.c.last_message_id < bindparam("message_id")),
                bindparam("message_id", type_=BigInteger),
            ),
            else_=channels.c.last_message_id,
        )
    ),
)

_pinned = messages.alias("pinned")

PIN = Statement(
    "messages.pin",
    update(messages)
    .where(
        *_THIS,
        messages.c.pinned_at_ms.is_(None),
        _OPEN,
        select(func.count())
        .select_from(_pinned)
        .where(_pinned.c.channel_id == bindparam("channel_id"), _pinned.c.pinned_at_ms.is_not(None))
        .scalar_subquery()
        < PINS_MAX,
    )
    .values(pinned_at_ms=bindparam("now_ms")),
)

UNPIN = Statement(
    "messages.unpin",
    update(messages).where(*_THIS, messages.c.pinned_at_ms.is_not(None)).values(pinned_at_ms=None),
)

PINS = Statement(
    "messages.pins",
    select(*_ROW)
    .where(_IN_CHANNEL, messages.c.pinned_at_ms < bindparam("before_ms"))
    .order_by(messages.c.pinned_at_ms.desc(), messages.c.id.desc())
    .limit(_LIMIT),
    into=MessageRow,
)

NOTE_PIN = Statement(
    "channels.note_pin",
    update(channels)
    .where(channels.c.id == bindparam("channel_id"))
    .values(
        last_pin_at_ms=select(func.max(messages.c.pinned_at_ms))
        .where(messages.c.channel_id == channels.c.id)
        .scalar_subquery()
    ),
)

LAST_PIN = Statement(
    "messages.last_pin",
    select(func.max(messages.c.pinned_at_ms)).where(_IN_CHANNEL),
)

CLAIM_NONCE = Statement.upsert(
    "message_nonces.claim",
    message_nonces,
    conflict=("author_id", "nonce"),
    update=("channel_id", "message_id"),
    only_if=lambda _: message_nonces.c.message_id < bindparam("stale_before", type_=BigInteger),
)

NONCE = Statement(
    "message_nonces.get",
    select(message_nonces.c.channel_id, message_nonces.c.message_id).where(
        message_nonces.c.author_id == bindparam("author_id"),
        message_nonces.c.nonce == bindparam("nonce"),
        message_nonces.c.message_id >= bindparam("fresh_from"),
    ),
)

FORGET_NONCES = Statement(
    "message_nonces.forget",
    delete(message_nonces).where(message_nonces.c.message_id < bindparam("stale_before")),
)

MENTION = Statement("mentions.insert", insert(mentions))

FORGET_MENTIONS = Statement(
    "mentions.forget",
    delete(mentions).where(
        mentions.c.channel_id == bindparam("channel_id"),
        mentions.c.message_id.in_(bindparam("message_ids", expanding=True)),
    ),
)

FORGET_OTHER_MENTIONS = Statement(
    "mentions.forget_others",
    delete(mentions).where(
        mentions.c.channel_id == bindparam("channel_id"),
        mentions.c.message_id == bindparam("message_id"),
        mentions.c.target_id.not_in(bindparam("kept_ids", expanding=True)),
    ),
)
