"""Statements over what pictures look like, what is not wanted, and what was kept back because of it."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from sqlalchemy import BigInteger, Integer, Text, bindparam, delete, func, or_, select, update

from hubbub.media.adapters.asset_tables import media_assets, media_derived
from hubbub.media.adapters.match_tables import media_cases, media_hashes, media_match_versions, media_matches
from hubbub.media.domain.asset import MEZZANINE, AssetState
from hubbub.media.domain.quarantine import REMOVED_CODE, SENTENCES, Case, CaseState
from hubbub.storage.records.port import Statement

NEVER: Final = 2**62
"""In place of the version with which a file was compared, for one that is too plain to be compared with any."""
ONLY: Final = 1
"""The one row of `media_match_versions`."""


class Entry(NamedTuple):
    """An entry of the match list; field order equals the columns that the statements select."""

    id: int
    pdq: bytes
    label: str
    action: str
    added_by: str
    """Who added it, as an operator reads it."""
    added_at_ms: int


class Versions(NamedTuple):
    """How often the list changed; field order equals the columns that the statements select."""

    version: int
    rescan_version: int
    """Files that were compared with an older list are to be compared again."""


class Hashed(NamedTuple):
    """A file's hash; field order equals the columns that the statements select."""

    asset_id: int
    pdq: bytes
    quality: int


class Held(NamedTuple):
    """Cases of one state; field order equals the columns that the statements select."""

    state: str
    number: int
    size_bytes: int


_limit: Any = bindparam("row_limit", type_=Integer)
_matches, _hashes, _cases, _assets = media_matches.c, media_hashes.c, media_cases.c, media_assets.c
_of_asset = _assets.id == bindparam("asset_id", type_=BigInteger)

VERSIONS = Statement(
    "media_match_versions.get",
    select(media_match_versions.c.version, media_match_versions.c.rescan_version).where(
        media_match_versions.c.n == ONLY
    ),
    into=Versions,
)

_next = media_match_versions.c.version + 1

SHORTEN = Statement.upsert(
    "media_match_versions.shorten", media_match_versions, conflict=("n",), update=lambda _: {"version": _next}
)
"""Says that entries went: nobody needs to be compared anew."""

LENGTHEN = Statement.upsert(
    "media_match_versions.lengthen",
    media_match_versions,
    conflict=("n",),
    update=lambda _: {"version": _next, "rescan_version": _next},
)
"""Says that entries came, or act otherwise: every file is to be compared anew."""

ENTRIES = Statement("media_matches.all", select(*_matches).order_by(_matches.id), into=Entry)

ENTRIES_PAGE = Statement(
    "media_matches.page",
    select(*_matches)
    .where(
        _matches.id < bindparam("before_id", type_=BigInteger),
        or_(
            bindparam("like", type_=Text) == "",
            func.lower(_matches.label).like(bindparam("like", type_=Text), escape="\\"),
        ),
    )
    .order_by(_matches.id.desc())
    .limit(_limit),
    into=Entry,
)

ENTRIES_COUNT = Statement("media_matches.count", select(func.count()).select_from(media_matches), into=int)

ENTRY_OF = Statement("media_matches.of_pdq", select(*_matches).where(_matches.pdq == bindparam("of_pdq")), into=Entry)

PUT_ENTRY = Statement.upsert(
    "media_matches.put", media_matches, conflict=("pdq",), update=("label", "action", "added_by", "added_at_ms")
)

DELETE_ENTRY = Statement("media_matches.delete", delete(media_matches).where(_matches.pdq == bindparam("of_pdq")))

PUT_HASH = Statement.upsert(
    "media_hashes.put", media_hashes, conflict=("asset_id",), update=("pdq", "quality", "checked_version")
)

HASH = Statement(
    "media_hashes.get",
    select(_hashes.asset_id, _hashes.pdq, _hashes.quality).where(
        _hashes.asset_id == bindparam("asset_id", type_=BigInteger)
    ),
    into=Hashed,
)

_old = _hashes.checked_version < bindparam("rescan_version", type_=BigInteger)

TO_CHECK = Statement(
    "media_hashes.to_check",
    select(_hashes.asset_id, _hashes.pdq, _hashes.quality)
    .where(_old)
    .order_by(_hashes.checked_version, _hashes.asset_id)
    .limit(_limit),
    into=Hashed,
)

TO_CHECK_COUNT = Statement("media_hashes.to_check_count", select(func.count()).where(_old), into=int)

CHECKED = Statement(
    "media_hashes.checked",
    update(media_hashes)
    .where(_hashes.asset_id.in_(bindparam("asset_ids", expanding=True)))
    .values(checked_version=bindparam("new_version")),
)

DELETE_HASH = Statement(
    "media_hashes.delete",
    delete(media_hashes).where(_hashes.asset_id == bindparam("asset_id", type_=BigInteger)),
)

QUARANTINE = Statement(
    "media_assets.quarantine",
    update(media_assets)
    .where(_of_asset, _assets.state == AssetState.READY.value)
    .values(
        state=AssetState.QUARANTINED.value, error_code=bindparam("new_code"), error_message=bindparam("new_message")
    ),
)

RELEASE = Statement(
    "media_assets.release",
    update(media_assets)
    .where(_of_asset, _assets.state == AssetState.QUARANTINED.value)
    .values(state=AssetState.READY.value, error_code="", error_message=""),
)

REMOVE = Statement(
    "media_assets.remove",
    update(media_assets)
    .where(_of_asset, _assets.state == AssetState.QUARANTINED.value)
    .values(
        state=AssetState.PARKED.value,
        error_code=REMOVED_CODE,
        error_message=SENTENCES[REMOVED_CODE],
        size_bytes=0,
        thumbhash=None,
    ),
)
"""Leaves the row: whoever names the file is told what became of it."""

OPEN_CASE = Statement.upsert("media_cases.open", media_cases, conflict=("id",))

CASE = Statement(
    "media_cases.get", select(*_cases).where(_cases.id == bindparam("case_id", type_=BigInteger)), into=Case
)

CASES_OF = Statement(
    "media_cases.of_asset",
    select(*_cases).where(_cases.asset_id == bindparam("asset_id", type_=BigInteger)).order_by(_cases.id),
    into=Case,
)

CASES_PAGE = Statement(
    "media_cases.page",
    select(*_cases)
    .where(
        _cases.state.in_(bindparam("of_states", expanding=True)),
        _cases.id < bindparam("before_id", type_=BigInteger),
    )
    .order_by(_cases.id.desc())
    .limit(_limit),
    into=Case,
)

CASES_COUNT = Statement(
    "media_cases.count",
    select(_cases.state, func.count(), func.coalesce(func.sum(_cases.size_bytes), 0).cast(BigInteger))
    .group_by(_cases.state)
    .order_by(_cases.state),
    into=Held,
)

DECIDE = Statement(
    "media_cases.decide",
    update(media_cases)
    .where(_cases.id == bindparam("case_id", type_=BigInteger), _cases.state == CaseState.HELD.value)
    .values(state=bindparam("new_state"), decided_at_ms=bindparam("new_decided_at_ms"), decided_by=bindparam("new_by")),
)

STILL = Statement(
    "media_derived.still",
    select(media_derived.c.object_key, media_derived.c.content_type)
    .where(
        media_derived.c.asset_id == bindparam("asset_id", type_=BigInteger),
        media_derived.c.storage_class == MEZZANINE,
        media_derived.c.name != "moving",
    )
    .order_by(media_derived.c.width)
    .limit(1),
)
"""The smallest still of a file."""
