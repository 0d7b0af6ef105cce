"""Statements over messages whose links wait for previews, and over the pictures of previews."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import BigInteger, and_, bindparam, delete, insert, or_, select, update

from hubbub.community.adapters.tables import link_jobs, link_pictures, messages
from hubbub.storage.records.port import Statement


class LinkJob(NamedTuple):
    """A message whose links are to be shown; field order equals the columns that the statements select."""

    message_id: int
    channel_id: int
    due_at_ms: int
    """Not before then; also tells one taking from the next."""
    attempts: int


class LinkPictureRow(NamedTuple):
    """A picture that a preview shows; field order equals the columns that the statements select."""

    message_id: int
    asset_id: int
    is_shown: bool
    """Whether the message is still there."""


QUEUE = Statement.upsert(
    "link_jobs.queue", link_jobs, conflict=("message_id",), update=("channel_id", "due_at_ms", "attempts")
)
"""A message that waits already, or is being worked on, begins anew."""

_limit = bindparam("row_limit", type_=BigInteger)
_this = (
    link_jobs.c.message_id == bindparam("of_message", type_=BigInteger),
    link_jobs.c.due_at_ms == bindparam("seen_due_at_ms", type_=BigInteger),
)

DUE = Statement(
    "link_jobs.due",
    select(*link_jobs.c)
    .where(link_jobs.c.due_at_ms <= bindparam("now_ms", type_=BigInteger))
    .order_by(link_jobs.c.due_at_ms, link_jobs.c.message_id)
    .limit(_limit),
    into=LinkJob,
)

TAKE = Statement(
    "link_jobs.take",
    update(link_jobs).where(*_this).values(due_at_ms=bindparam("new_due_at_ms"), attempts=bindparam("new_attempts")),
)

FINISH = Statement("link_jobs.finish", delete(link_jobs).where(*_this))
"""Leaves one that was queued anew meanwhile."""

SHOW_PICTURE = Statement("link_pictures.insert", insert(link_pictures))

DROP_PICTURE = Statement(
    "link_pictures.delete",
    delete(link_pictures).where(
        link_pictures.c.message_id == bindparam("of_message", type_=BigInteger),
        link_pictures.c.asset_id == bindparam("of_asset", type_=BigInteger),
    ),
)

_after = bindparam("after_message", type_=BigInteger)

PICTURES = Statement(
    "link_pictures.page",
    select(link_pictures.c.message_id, link_pictures.c.asset_id, messages.c.id.is_not(None))
    .select_from(
        link_pictures.outerjoin(
            messages,
            and_(messages.c.channel_id == link_pictures.c.channel_id, messages.c.id == link_pictures.c.message_id),
        )
    )
    .where(
        or_(
            link_pictures.c.message_id > _after,
            and_(
                link_pictures.c.message_id == _after,
                link_pictures.c.asset_id > bindparam("after_asset", type_=BigInteger),
            ),
        )
    )
    .order_by(link_pictures.c.message_id, link_pictures.c.asset_id)
    .limit(_limit),
    into=LinkPictureRow,
)
