"""Statements for counting everything that is kept, some rows at a time, and what is under way.

A table is walked along its key: `*_END` tells how far the next piece reaches, and the statement after it sums that
piece. No statement here reads more rows than it is told, but for those of one file.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, Integer, and_, bindparam, case, exists, func, literal_column, or_, select

from hubbub.media.adapters.asset_tables import media_assets, media_cold, media_derived, media_jobs
from hubbub.media.adapters.upload_tables import media_segments, media_uploads
from hubbub.media.domain.asset import StorageClass
from hubbub.media.domain.job import Job, JobState
from hubbub.media.domain.upload import UNFINISHED, Upload
from hubbub.storage.records.port import Statement


class Kept(NamedTuple):
    """Objects that are kept; field order equals the columns that the statements select."""

    storage_class: str
    content_type: str
    """Empty where it is not asked for."""
    number: int
    size_bytes: int


class Segments(NamedTuple):
    """Objects of originals; field order equals the columns that the statements select."""

    storage_class: str
    number: int
    size_bytes: int


class Recompressed(NamedTuple):
    """Originals that take less room; field order equals the columns that the statements select."""

    number: int
    size_bytes: int
    """As they are stored."""
    saved_bytes: int
    """What they would take besides, as they came."""


class Waiting(NamedTuple):
    """Jobs that have not ended; field order equals the columns that the statements select."""

    kind: str
    state: str
    number: int


class Arriving(NamedTuple):
    """Uploads under way; field order equals the columns that the statements select."""

    number: int
    arrived_bytes: int
    announced_bytes: int


_limit: Any = bindparam("row_limit", type_=Integer)
_after: Any = bindparam("after_id", type_=BigInteger)
_to: Any = bindparam("to_id", type_=BigInteger)
_derived, _segments, _cold = media_derived.c, media_segments.c, media_cold.c
_earlier, _colder = media_segments.alias("earlier"), media_cold.alias("colder")
ORIGINAL: Final = "original"
"""Beside the classes of what was made: what came, in the segments in which it is stored."""
COLD: Final = "cold"
"""The same of files that nobody asks for: recompressed where that is possible."""


def _end(name: str, column: Any) -> Statement[int]:
    """Return the statement that tells which id the next piece ends with; zero when there is none."""
    piece = select(column.label("id")).where(column > _after).order_by(column).limit(_limit).subquery()
    return Statement(f"{name}.piece", select(func.coalesce(func.max(piece.c.id), 0).cast(BigInteger)), into=int)


DERIVED_END = _end("media_derived", _derived.asset_id)
DERIVED = Statement(
    "media_derived.stock",
    select(_derived.storage_class, _derived.content_type, func.count(), func.sum(_derived.size_bytes).cast(BigInteger))
    .where(_derived.asset_id > _after, _derived.asset_id <= _to)
    .group_by(_derived.storage_class, _derived.content_type),
    into=Kept,
)

SEGMENTS_END = _end("media_segments", _segments.upload_id)
# A label of its own: a name that is a column's too would be taken for the column.
_kept_as = case((media_assets.c.storage_class == StorageClass.COLD.value, COLD), else_=ORIGINAL).label("kept_as")
SEGMENTS = Statement(
    "media_segments.stock",
    select(_kept_as, func.count(), func.sum(_segments.size_bytes).cast(BigInteger))
    .select_from(media_segments.outerjoin(media_assets, media_assets.c.upload_id == _segments.upload_id))
    .where(
        _segments.upload_id > _after,
        _segments.upload_id <= _to,
        # Files that were joined name the objects of their parts: each is counted where it is named first.
        ~exists().where(
            _earlier.c.object_key == _segments.object_key,
            or_(
                _earlier.c.upload_id < _segments.upload_id,
                and_(_earlier.c.upload_id == _segments.upload_id, _earlier.c.n < _segments.n),
            ),
        ),
    )
    .group_by(literal_column("kept_as")),
    into=Segments,
)

RECOMPRESSED_END = _end("media_cold", _cold.upload_id)
RECOMPRESSED = Statement(
    "media_cold.stock",
    select(
        func.count(),
        func.coalesce(func.sum(_cold.stored_bytes), 0).cast(BigInteger),
        func.coalesce(func.sum(_cold.size_bytes - _cold.stored_bytes), 0).cast(BigInteger),
    ).where(
        _cold.upload_id > _after,
        _cold.upload_id <= _to,
        # Files that cooled together name one object: it is counted once.
        ~exists().where(
            _colder.c.object_key == _cold.object_key,
            _colder.c.upload_id < _cold.upload_id,
        ),
    ),
    into=Recompressed,
)

_jobs = media_jobs.c
_states = (JobState.QUEUED.value, JobState.LEASED.value, JobState.PARKED.value)
_some_jobs = select(_jobs.kind, _jobs.state).where(_jobs.state.in_(_states)).limit(_limit).subquery()

WAITING = Statement(
    "media_jobs.waiting",
    select(_some_jobs.c.kind, _some_jobs.c.state, func.count())
    .group_by(_some_jobs.c.kind, _some_jobs.c.state)
    .order_by(_some_jobs.c.kind, _some_jobs.c.state),
    into=Waiting,
)

RUNNING = Statement(
    "media_jobs.running",
    select(*_jobs).where(_jobs.state == JobState.LEASED.value).order_by(_jobs.lease_until_ms.desc()).limit(_limit),
    into=Job,
)

_uploads = media_uploads.c
_some_uploads = (
    select(_uploads.offset_bytes, _uploads.length_bytes).where(_uploads.state.in_(UNFINISHED)).limit(_limit).subquery()
)

ARRIVING = Statement(
    "media_uploads.arriving",
    select(
        func.count(),
        func.coalesce(func.sum(_some_uploads.c.offset_bytes), 0).cast(BigInteger),
        func.coalesce(func.sum(func.coalesce(_some_uploads.c.length_bytes, _some_uploads.c.offset_bytes)), 0).cast(
            BigInteger
        ),
    ).select_from(_some_uploads),
    into=Arriving,
)

LATEST = Statement(
    "media_uploads.latest",
    select(*_uploads)
    .where(_uploads.state == bindparam("of_state"))
    .order_by(_uploads.expires_at_ms.desc())
    .limit(_limit),
    into=Upload,
)
"""Those that got bytes last come first: an upload ends a fixed time after its last bytes."""
