"""Statements over attachments and the objects that are to be removed."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import BigInteger, Text, bindparam, cast, delete, insert, literal, select, update
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.elements import ColumnElement

from hubbub.community.adapters.tables import attachments, awaited_files, doomed_objects, picture_assets
from hubbub.storage.records.port import Statement


class AttachmentRow(NamedTuple):
    """A stored file; field order equals the columns that the statements select."""

    id: int
    channel_id: int
    message_id: int
    filename: str
    content_type: str
    size_bytes: int
    secret: str


def doom_where(*conditions: ColumnElement[bool]) -> Insert:
    """Return the insert that marks the objects of attachments; keys are spelled as in `service.upload.object_key`."""
    channel_id, attachment_id = (cast(column, Text) for column in (attachments.c.channel_id, attachments.c.id))
    key = literal("attachments/", Text) + channel_id + "/" + attachment_id + "-" + attachments.c.secret
    due = cast(bindparam("due_at_ms", type_=BigInteger), BigInteger)
    return insert(doomed_objects).from_select(["key", "due_at_ms"], select(key, due).where(*conditions))


INSERT = Statement("attachments.insert", insert(attachments))

GET = Statement(
    "attachments.get", select(*attachments.c).where(attachments.c.id == bindparam("id")), into=AttachmentRow
)

OF_MESSAGES = Statement(
    "attachments.of_messages",
    select(*attachments.c).where(
        attachments.c.channel_id == bindparam("channel_id"),
        attachments.c.message_id.in_(bindparam("message_ids", expanding=True)),
    ),
    into=AttachmentRow,
)

_OF_MESSAGES = (
    attachments.c.channel_id == bindparam("channel_id"),
    attachments.c.message_id.in_(bindparam("message_ids", expanding=True)),
)

DELETE_OF_MESSAGES = Statement("attachments.delete_of_messages", delete(attachments).where(*_OF_MESSAGES))

DELETE = Statement(
    "attachments.delete", delete(attachments).where(attachments.c.id.in_(bindparam("ids", expanding=True)))
)

DOOM = Statement.upsert("doomed_objects.doom", doomed_objects, conflict=("key",), update=("due_at_ms",))

DOOM_OF_MESSAGES = Statement("doomed_objects.doom_messages", doom_where(*_OF_MESSAGES))
"""Marks the files of messages to be removed."""

DOOM_OF_CHANNEL = Statement(
    "doomed_objects.doom_channel", doom_where(attachments.c.channel_id == bindparam("channel_id"))
)
"""Marks the files of a channel to be removed."""

SPARE = Statement("doomed_objects.spare", delete(doomed_objects).where(doomed_objects.c.key == bindparam("key")))

HASTEN = Statement(
    "doomed_objects.hasten",
    update(doomed_objects).where(doomed_objects.c.key == bindparam("key")).values(due_at_ms=bindparam("new_due_at_ms")),
)

EMPTY = Statement(
    "attachments.empty", update(attachments).where(attachments.c.id == bindparam("attachment_id")).values(size_bytes=0)
)
"""Says that nothing is left of a file whose message is still there."""

AWAIT = Statement("awaited_files.insert", insert(awaited_files))

AWAIT_AGAIN = Statement.upsert("awaited_files.again", awaited_files, conflict=("asset_id",))
"""Does nothing to one that is waited for."""

AWAITED = Statement(
    "awaited_files.all",
    select(awaited_files.c.asset_id).order_by(awaited_files.c.asset_id).limit(bindparam("limit", type_=BigInteger)),
    into=int,
)

ARRIVED = Statement(
    "awaited_files.delete", delete(awaited_files).where(awaited_files.c.asset_id == bindparam("asset_id"))
)

OF_ASSETS = Statement(
    "attachments.of_assets",
    select(*attachments.c).where(attachments.c.id.in_(bindparam("ids", expanding=True)), attachments.c.secret == ""),
    into=AttachmentRow,
)

NAME_PICTURE = Statement.upsert(
    "picture_assets.put", picture_assets, conflict=("key",), update=("asset_id", "guild_id", "size_bytes")
)

PICTURE = Statement(
    "picture_assets.get", select(picture_assets.c.asset_id).where(picture_assets.c.key == bindparam("key")), into=int
)

FORGET_PICTURE = Statement(
    "picture_assets.delete", delete(picture_assets).where(picture_assets.c.key == bindparam("key"))
)

DUE = Statement(
    "doomed_objects.due",
    select(doomed_objects.c.key)
    .where(doomed_objects.c.due_at_ms <= bindparam("now_ms"))
    .order_by(doomed_objects.c.due_at_ms)
    .limit(bindparam("limit", type_=BigInteger)),
    into=str,
)
