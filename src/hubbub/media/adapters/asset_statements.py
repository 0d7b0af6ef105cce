"""Statements over assets, their holders, and what was made of them."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Integer, bindparam, case, delete, func, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from hubbub.media.adapters.asset_tables import media_assets, media_derived, media_references, media_waveforms
from hubbub.media.domain.asset import MEZZANINE, PLAYABLE, STREAM, VARIANT, Asset, AssetState, Derived, Waveform
from hubbub.storage.records.port import Statement


class Used(NamedTuple):
    """How much there is of what is called `name`; field order equals the columns that the statements select."""

    name: str
    number: int
    size_bytes: int


class Amount(NamedTuple):
    """How much there is of something; field order equals the columns that the statements select."""

    number: int
    size_bytes: int


_assets = media_assets.c
_of_id: ColumnElement[bool] = _assets.id == bindparam("asset_id", type_=BigInteger)
_now: Any = bindparam("now_ms", type_=BigInteger)
_limit: Any = bindparam("row_limit", type_=Integer)

BEGIN = Statement.upsert("media_assets.begin", media_assets, conflict=("id",))
"""Does nothing to one that is there: who finishes an upload may say so twice."""

BEGIN_HOLDING = Statement.upsert("media_references.begin", media_references, conflict=("asset_id", "holder"))

GET = Statement("media_assets.get", select(*_assets).where(_of_id), into=Asset)

READY = Statement(
    "media_assets.ready",
    update(media_assets)
    .where(_of_id, _assets.state == AssetState.PROCESSING.value)
    .values(
        state=AssetState.READY.value,
        kind=bindparam("new_kind"),
        format=bindparam("new_format"),
        content_type=bindparam("new_content_type"),
        width=bindparam("new_width"),
        height=bindparam("new_height"),
        duration_ms=bindparam("new_duration_ms"),
        frames=bindparam("new_frames"),
        alpha=bindparam("new_alpha"),
        thumbhash=bindparam("new_thumbhash"),
    ),
)

PARK = Statement(
    "media_assets.park",
    update(media_assets)
    .where(_of_id, _assets.state == AssetState.PROCESSING.value)
    .values(state=AssetState.PARKED.value, error_code=bindparam("new_code"), error_message=bindparam("new_message")),
)

OF_IDS = Statement(
    "media_assets.of_ids", select(*_assets).where(_assets.id.in_(bindparam("asset_ids", expanding=True))), into=Asset
)

TWIN = Statement(
    "media_assets.twin",
    select(*_assets)
    .where(
        _assets.owner == bindparam("of_owner"),
        _assets.size_bytes == bindparam("of_size", type_=BigInteger),
        _assets.blake3 == bindparam("of_blake3"),
        _assets.id < bindparam("before_id", type_=BigInteger),
    )
    .order_by(_assets.id)
    .limit(1),
    into=Asset,
)
"""The first file of an owner that has the same bytes."""

OWNED_BYTES = Statement(
    "media_assets.owned_bytes",
    select(func.coalesce(func.sum(_assets.size_bytes), 0).cast(BigInteger)).where(
        _assets.owner == bindparam("of_owner")
    ),
    into=int,
)

UNPARK = Statement(
    "media_assets.unpark",
    update(media_assets)
    .where(_of_id, _assets.state == AssetState.PARKED.value)
    .values(state=AssetState.PROCESSING.value, error_code="", error_message=""),
)

HASHED = Statement(
    "media_assets.hashed",
    update(media_assets)
    .where(_assets.upload_id == bindparam("of_upload_id", type_=BigInteger), _of_id)
    .values(blake3=bindparam("new_blake3")),
)

HOLD = Statement("media_references.insert", insert(media_references))

LET_GO = Statement(
    "media_references.delete",
    delete(media_references).where(
        media_references.c.asset_id == bindparam("asset_id", type_=BigInteger),
        media_references.c.holder == bindparam("of_holder"),
    ),
)

HOLDERS = Statement(
    "media_references.of_asset",
    select(media_references.c.holder)
    .where(media_references.c.asset_id == bindparam("asset_id", type_=BigInteger))
    .order_by(media_references.c.holder),
    into=str,
)

COUNT_UP = Statement("media_assets.count_up", update(media_assets).where(_of_id).values(holders=_assets.holders + 1))
"""Fails with the row gone: what is being removed cannot be held any more, because both wait for this row."""

COUNT_DOWN = Statement(
    "media_assets.count_down",
    update(media_assets)
    .where(_of_id)
    .values(
        holders=_assets.holders - 1,
        released_at_ms=case((_assets.released_at_ms > _now, _assets.released_at_ms), else_=_now),
    ),
)

UNHELD = Statement(
    "media_assets.unheld",
    select(*_assets)
    .where(_assets.holders == 0, _assets.released_at_ms <= bindparam("released_before_ms", type_=BigInteger))
    .order_by(_assets.id)
    .limit(_limit),
    into=Asset,
)

UNHELD_BYTES = Statement(
    "media_assets.unheld_bytes",
    select(func.count(), func.coalesce(func.sum(_assets.size_bytes), 0).cast(BigInteger)).where(_assets.holders == 0),
    into=Amount,
)

USED_BY_KIND = Statement(
    "media_assets.used_by_kind",
    select(_assets.kind, func.count(), func.coalesce(func.sum(_assets.size_bytes), 0).cast(BigInteger))
    .group_by(_assets.kind)
    .order_by(_assets.kind),
    into=Used,
)

USED_BY_CLASS = Statement(
    "media_derived.used_by_class",
    select(
        media_derived.c.storage_class,
        func.count(),
        func.coalesce(func.sum(media_derived.c.size_bytes), 0).cast(BigInteger),
    )
    .group_by(media_derived.c.storage_class)
    .order_by(media_derived.c.storage_class),
    into=Used,
)

_owned_bytes = func.coalesce(func.sum(_assets.size_bytes), 0).cast(BigInteger)

USED_BY_OWNER = Statement(
    "media_assets.used_by_owner",
    select(_assets.owner, func.count(), _owned_bytes)
    .group_by(_assets.owner)
    .order_by(_owned_bytes.desc(), _assets.owner)
    .limit(_limit),
    into=Used,
)

DELETE_UNHELD = Statement("media_assets.delete_unheld", delete(media_assets).where(_of_id, _assets.holders == 0))

KEEP_DERIVED = Statement.upsert(
    "media_derived.keep",
    media_derived,
    conflict=("asset_id", "name", "storage_class"),
    update=("object_key", "content_type", "width", "height", "size_bytes", "created_at_ms"),
)

FORGET_PLAYABLE = Statement(
    "media_derived.forget_playable",
    delete(media_derived).where(
        media_derived.c.asset_id == bindparam("asset_id", type_=BigInteger),
        media_derived.c.name == bindparam("of_name"),
        media_derived.c.storage_class == PLAYABLE,
    ),
)

DERIVED = Statement(
    "media_derived.of_asset",
    select(*media_derived.c)
    .where(media_derived.c.asset_id == bindparam("asset_id", type_=BigInteger))
    .order_by(media_derived.c.storage_class, media_derived.c.name),
    into=Derived,
)

DERIVED_OF = Statement(
    "media_derived.of_assets",
    select(*media_derived.c).where(
        media_derived.c.asset_id.in_(bindparam("asset_ids", expanding=True)),
        media_derived.c.storage_class.in_((MEZZANINE, STREAM)),
    ),
    into=Derived,
)

KEEP_WAVEFORM = Statement.upsert("media_waveforms.keep", media_waveforms, conflict=("asset_id",), update=("points",))

WAVEFORMS_OF = Statement(
    "media_waveforms.of_assets",
    select(*media_waveforms.c).where(media_waveforms.c.asset_id.in_(bindparam("asset_ids", expanding=True))),
    into=Waveform,
)

DELETE_WAVEFORM = Statement(
    "media_waveforms.delete",
    delete(media_waveforms).where(media_waveforms.c.asset_id == bindparam("asset_id", type_=BigInteger)),
)

VARIANTS_FORGOTTEN = Statement(
    "media_derived.delete_variants",
    delete(media_derived).where(
        media_derived.c.asset_id == bindparam("asset_id", type_=BigInteger), media_derived.c.storage_class == VARIANT
    ),
)

WITH_VARIANTS = Statement(
    "media_derived.assets_of_owner",
    select(media_derived.c.asset_id)
    .join(media_assets, _assets.id == media_derived.c.asset_id)
    .where(_assets.owner == bindparam("of_owner"), media_derived.c.storage_class == VARIANT)
    .distinct(),
    into=int,
)

STILL_THERE = Statement("media_assets.still_there", update(media_assets).where(_of_id).values(holders=_assets.holders))
"""Fails with the row gone, and keeps it until the transaction ends."""

DERIVED_BYTES = Statement(
    "media_derived.bytes",
    select(func.coalesce(func.sum(media_derived.c.size_bytes), 0).cast(BigInteger)).where(
        media_derived.c.asset_id == bindparam("asset_id", type_=BigInteger)
    ),
    into=int,
)

DELETE_DERIVED = Statement(
    "media_derived.delete",
    delete(media_derived).where(media_derived.c.asset_id == bindparam("asset_id", type_=BigInteger)),
)

NAMED = Statement(
    "media_derived.named",
    select(media_derived.c.object_key).where(media_derived.c.object_key.in_(bindparam("object_keys", expanding=True))),
    into=str,
)
