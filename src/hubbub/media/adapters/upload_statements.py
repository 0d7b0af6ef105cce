"""Statements over uploads, their segments, and what they leave behind."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Integer, and_, bindparam, delete, func, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from hubbub.media.adapters.asset_statements import Amount
from hubbub.media.adapters.asset_tables import media_assets
from hubbub.media.adapters.upload_tables import media_leftovers, media_segments, media_uploads
from hubbub.media.domain.upload import UNFINISHED, Upload, UploadState
from hubbub.storage.records.port import Statement


class Segment(NamedTuple):
    """A piece of an upload; field order equals the columns that the statements select."""

    upload_id: int
    n: int
    """Place in the upload, from zero."""
    object_key: str
    size_bytes: int


_uploads = media_uploads.c
_of_id: ColumnElement[bool] = _uploads.id == bindparam("upload_id", type_=BigInteger)
_now: Any = bindparam("now_ms", type_=BigInteger)
_limit: Any = bindparam("row_limit", type_=Integer)
_held_by: ColumnElement[bool] = _uploads.lease_epoch == bindparam("held_epoch", type_=BigInteger)
_is_free: ColumnElement[bool] = _uploads.lease_until_ms <= _now
_IN_TIME = (*UNFINISHED, UploadState.STORED.value)
"""States that end; one whose hash is still to be computed ends once it is."""
_is_overdue = and_(_uploads.state.in_(_IN_TIME), _uploads.expires_at_ms <= _now, _is_free)

INSERT = Statement("media_uploads.insert", insert(media_uploads))

GET = Statement("media_uploads.get", select(*_uploads).where(_of_id), into=Upload)

COUNT_UNFINISHED = Statement(
    "media_uploads.count_unfinished",
    select(func.count())
    .select_from(media_uploads)
    .where(_uploads.owner == bindparam("of_owner"), _uploads.state.in_(UNFINISHED)),
    into=int,
)

UNFINISHED_BYTES = Statement(
    "media_uploads.unfinished_bytes",
    select(
        func.coalesce(func.sum(func.coalesce(_uploads.length_bytes, _uploads.offset_bytes)), 0).cast(BigInteger)
    ).where(_uploads.owner == bindparam("of_owner"), _uploads.state.in_(UNFINISHED)),
    into=int,
)

TAKE = Statement(
    "media_uploads.take",
    update(media_uploads)
    .where(_of_id, _held_by, _is_free, _uploads.offset_bytes == bindparam("seen_offset", type_=BigInteger))
    .values(
        lease_epoch=_uploads.lease_epoch + 1,
        lease_until_ms=bindparam("new_until_ms"),
        lease_node=bindparam("new_node"),
        length_bytes=bindparam("new_length"),
    ),
)
"""Lets one writer in: only if nobody was since the row was read, and nobody is."""

GROW = Statement(
    "media_uploads.grow",
    update(media_uploads)
    .where(_of_id, _held_by)
    .values(
        state=bindparam("new_state"),
        offset_bytes=bindparam("new_offset"),
        segments=bindparam("new_segments"),
        blake3=bindparam("new_blake3"),
        expires_at_ms=bindparam("new_expires_at_ms"),
        lease_until_ms=bindparam("new_until_ms"),
    ),
)
"""Tells what a writer has stored, if it is still the one that was let in last."""

FENCE = Statement(
    "media_uploads.fence",
    update(media_uploads).where(_of_id, _held_by, _is_free).values(lease_epoch=_uploads.lease_epoch + 1),
)
"""Shuts a writer out whose time is over, so that what it stored and did not tell may go."""

RELEASE_NODE = Statement(
    "media_uploads.release_node",
    update(media_uploads)
    .where(_uploads.lease_node == bindparam("of_node"), _uploads.lease_until_ms > 0)
    .values(lease_epoch=_uploads.lease_epoch + 1, lease_until_ms=0),
)
"""Shuts out whoever wrote in a process that is gone."""

TOUCH_PART = Statement(
    "media_uploads.touch_part",
    update(media_uploads)
    .where(
        _of_id,
        _uploads.state == UploadState.PART.value,
        _uploads.segments == bindparam("seen_segments", type_=Integer),
    )
    .values(expires_at_ms=bindparam("new_expires_at_ms")),
)
"""Keeps a part while it is joined: who would delete it waits for this row."""

HASHED = Statement(
    "media_uploads.hashed",
    update(media_uploads)
    .where(_of_id, _uploads.state == UploadState.COMPLETE.value)
    .values(state=UploadState.STORED.value, blake3=bindparam("new_blake3")),
)

DELETE = Statement(
    "media_uploads.delete", delete(media_uploads).where(_of_id, _uploads.state == bindparam("seen_state"))
)
"""Only in the state that was read: what finishes an upload makes an asset that would be forgotten."""

DELETE_OVERDUE = Statement("media_uploads.delete_overdue", delete(media_uploads).where(_of_id, _is_overdue))

OVERDUE = Statement(
    "media_uploads.overdue",
    select(*_uploads).where(_is_overdue).order_by(_uploads.expires_at_ms).limit(_limit),
    into=Upload,
)

OVERDUE_BYTES = Statement(
    "media_uploads.overdue_bytes",
    select(func.count(), func.coalesce(func.sum(_uploads.offset_bytes), 0).cast(BigInteger)).where(_is_overdue),
    into=Amount,
)

END_OF_ASSET = Statement(
    "media_uploads.end_of_asset",
    update(media_uploads)
    .where(
        _uploads.asset_id == bindparam("of_asset_id", type_=BigInteger),
        _uploads.id
        == select(media_assets.c.upload_id)
        .where(media_assets.c.id == bindparam("of_asset_id", type_=BigInteger))
        .scalar_subquery(),
        _uploads.expires_at_ms > _now,
    )
    .values(expires_at_ms=_now),
)
"""Ends a file's upload before its time: whoever had it in a message and removed that does not want it any more."""

TO_HASH = Statement(
    "media_uploads.to_hash",
    select(*_uploads).where(_uploads.state == UploadState.COMPLETE.value).order_by(_uploads.id).limit(_limit),
    into=Upload,
)

INSERT_SEGMENT = Statement("media_segments.insert", insert(media_segments))

SEGMENTS = Statement(
    "media_segments.of_upload",
    select(*media_segments.c)
    .where(media_segments.c.upload_id == bindparam("upload_id", type_=BigInteger))
    .order_by(media_segments.c.n),
    into=Segment,
)

COPY_SEGMENTS = Statement(
    "media_segments.copy",
    insert(media_segments).from_select(
        ["upload_id", "n", "object_key", "size_bytes"],
        select(
            bindparam("final_id", type_=BigInteger),
            media_segments.c.n + bindparam("after_n", type_=Integer),
            media_segments.c.object_key,
            media_segments.c.size_bytes,
        ).where(media_segments.c.upload_id == bindparam("part_id", type_=BigInteger)),
    ),
)
"""Names a part's objects in its final upload, where they follow those of the parts before."""

DELETE_SEGMENTS = Statement(
    "media_segments.delete",
    delete(media_segments).where(media_segments.c.upload_id == bindparam("upload_id", type_=BigInteger)),
)

NAMED = Statement(
    "media_segments.named",
    select(media_segments.c.object_key)
    .where(media_segments.c.object_key.in_(bindparam("object_keys", expanding=True)))
    .distinct(),
    into=str,
)

LEAVE = Statement.upsert("media_leftovers.leave", media_leftovers, conflict=("folder",), update=("due_at_ms",))

SPARE = Statement(
    "media_leftovers.spare", delete(media_leftovers).where(media_leftovers.c.folder == bindparam("of_folder"))
)

DUE = Statement(
    "media_leftovers.due",
    select(media_leftovers.c.folder)
    .where(media_leftovers.c.due_at_ms <= _now)
    .order_by(media_leftovers.c.due_at_ms)
    .limit(_limit),
    into=str,
)
