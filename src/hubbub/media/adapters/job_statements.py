"""Statements over jobs. Who tells of a job names the epoch under which it was taken; another epoch tells nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Integer, and_, bindparam, delete, func, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from hubbub.media.adapters.asset_tables import media_jobs
from hubbub.media.domain.job import Job, JobKind, JobState
from hubbub.storage.records.port import Statement

_jobs = media_jobs.c
_now: Any = bindparam("now_ms", type_=BigInteger)
_of_id: ColumnElement[bool] = _jobs.id == bindparam("job_id", type_=BigInteger)
_held: ColumnElement[bool] = _jobs.lease_epoch == bindparam("held_epoch", type_=BigInteger)
_of_asset: ColumnElement[bool] = _jobs.asset_id == bindparam("asset_id", type_=BigInteger)
_is_due = and_(_jobs.state == JobState.QUEUED.value, _jobs.due_at_ms <= _now)
_is_lost = and_(_jobs.state == JobState.LEASED.value, _jobs.lease_until_ms <= _now)

QUEUE = Statement.upsert("media_jobs.queue", media_jobs, conflict=("id",))
"""Does nothing to one that is there."""

FREE = Statement(
    "media_jobs.free",
    select(*_jobs)
    .where(or_(_is_due, _is_lost), _jobs.kind.in_(bindparam("of_kinds", expanding=True)))
    .order_by(_jobs.due_at_ms, _jobs.id)
    .limit(bindparam("row_limit", type_=Integer)),
    into=Job,
)

TELL = Statement(
    "media_jobs.tell",
    update(media_jobs)
    .where(_of_id, _held, _jobs.state == bindparam("seen_state"))
    .values(
        state=bindparam("new_state"),
        lease_owner=bindparam("new_owner"),
        lease_epoch=bindparam("new_epoch"),
        lease_until_ms=bindparam("new_until_ms"),
        attempts=bindparam("new_attempts"),
        due_at_ms=bindparam("new_due_at_ms"),
        progress=bindparam("new_progress"),
        error_code=bindparam("new_code"),
        error_message=bindparam("new_message"),
    ),
)
"""Keeps what became of a job, if it is still as it was read, or as it was taken."""

RELEASE_OWNER = Statement(
    "media_jobs.release_owner",
    update(media_jobs)
    .where(_jobs.state == JobState.LEASED.value, _jobs.lease_owner == bindparam("of_owner"))
    .values(lease_until_ms=0),
)
"""Ends the leases of a process that is gone."""

_is_of_file = _jobs.kind != JobKind.COOL.value
"""Of the work that a file waits for: how it is kept is nobody's business but the operator's."""

OF_ASSET = Statement("media_jobs.of_asset", select(*_jobs).where(_of_asset, _is_of_file).order_by(_jobs.id), into=Job)

OF_ASSETS = Statement(
    "media_jobs.of_assets",
    select(*_jobs).where(_jobs.asset_id.in_(bindparam("asset_ids", expanding=True)), _is_of_file).order_by(_jobs.id),
    into=Job,
)

COUNT = Statement(
    "media_jobs.count",
    select(func.count()).select_from(media_jobs).where(_jobs.state == bindparam("of_state")),
    into=int,
)

PARKED = Statement(
    "media_jobs.parked",
    select(*_jobs)
    .where(_jobs.state == JobState.PARKED.value)
    .order_by(_jobs.id.desc())
    .limit(bindparam("row_limit", type_=Integer)),
    into=Job,
)

GET = Statement("media_jobs.get", select(*_jobs).where(_of_id), into=Job)

DROP = Statement("media_jobs.drop", delete(media_jobs).where(_of_id, _jobs.state == JobState.PARKED.value))

COUNT_COOL = Statement(
    "media_jobs.count_cool",
    select(func.count())
    .select_from(media_jobs)
    .where(
        _jobs.state.in_((JobState.QUEUED.value, JobState.LEASED.value)),
        _jobs.kind == JobKind.COOL.value,
    ),
    into=int,
)

FORGET = Statement("media_jobs.forget", delete(media_jobs).where(_of_id))
"""For work that leaves no trace once it is done, in the transaction that ends it."""

DELETE_OF_ASSET = Statement("media_jobs.delete", delete(media_jobs).where(_of_asset))
