"""Statements over what is cold, and over when assets were asked for."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Integer, bindparam, delete, func, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from hubbub.media.adapters.asset_statements import Amount
from hubbub.media.adapters.asset_tables import media_assets, media_cold
from hubbub.media.adapters.upload_tables import media_segments
from hubbub.media.domain.asset import Asset, AssetState, StorageClass
from hubbub.media.domain.kinds import Format
from hubbub.storage.records.port import Statement


class Cold(NamedTuple):
    """A recompressed original; field order equals the columns that the statements select."""

    upload_id: int
    """Whose segments it stands for."""
    object_key: str
    size_bytes: int
    """Of the original."""
    stored_bytes: int
    blake3: bytes
    """Of the original."""
    created_at_ms: int


_assets, _cold = media_assets.c, media_cold.c
_limit: Any = bindparam("row_limit", type_=Integer)
_before: Any = bindparam("before_day", type_=Integer)
_day: Any = bindparam("new_day", type_=Integer)
_of_asset: ColumnElement[bool] = _assets.id == bindparam("asset_id", type_=BigInteger)
_of_upload: ColumnElement[bool] = _cold.upload_id == bindparam("upload_id", type_=BigInteger)
_HOT, _COOLING, _COLD = (each.value for each in (StorageClass.HOT, StorageClass.COOLING, StorageClass.COLD))
_is_due = (_assets.storage_class == _HOT, _assets.seen_day < _before, _assets.state != AssetState.PROCESSING.value)

SEEN = Statement(
    "media_assets.seen",
    update(media_assets)
    .where(_assets.id.in_(bindparam("asset_ids", expanding=True)), _assets.seen_day < _day)
    .values(seen_day=_day, storage_class=_HOT),
)
"""Says that assets were asked for on a day, which makes them hot; a second time changes nothing."""

DUE = Statement(
    "media_assets.due_to_cool",
    select(*_assets).where(*_is_due).order_by(_assets.seen_day, _assets.id).limit(_limit),
    into=Asset,
)

DUE_BYTES = Statement(
    "media_assets.due_to_cool_bytes",
    select(func.count(), func.coalesce(func.sum(_assets.size_bytes), 0).cast(BigInteger)).where(*_is_due),
    into=Amount,
)

DUE_JPEG_BYTES = Statement(
    "media_assets.due_jpeg_bytes",
    select(func.count(), func.coalesce(func.sum(_assets.size_bytes), 0).cast(BigInteger)).where(
        *_is_due, _assets.format == Format.JPEG.name
    ),
    into=Amount,
)

COOLING = Statement(
    "media_assets.cooling", update(media_assets).where(_of_asset, *_is_due).values(storage_class=_COOLING)
)

COOLED = Statement(
    "media_assets.cooled",
    update(media_assets)
    .where(_of_asset, _assets.seen_day == bindparam("known_day", type_=Integer))
    .values(storage_class=_COLD),
)
"""Fails for one that was asked for meanwhile, or is gone."""

POSTPONE = Statement(
    "media_assets.postpone",
    update(media_assets).where(_of_asset, _assets.storage_class == _COOLING).values(storage_class=_HOT, seen_day=_day),
)

WARMED = Statement(
    "media_assets.warmed",
    update(media_assets)
    .where(_assets.upload_id == bindparam("of_upload_id", type_=BigInteger))
    .values(storage_class=_HOT, seen_day=_day),
)

OF_UPLOADS = Statement(
    "media_assets.of_uploads",
    select(*_assets).where(_assets.upload_id.in_(bindparam("upload_ids", expanding=True))),
    into=Asset,
)

NAMERS = Statement(
    "media_segments.namers",
    select(media_segments.c.upload_id)
    .where(media_segments.c.object_key.in_(bindparam("object_keys", expanding=True)))
    .distinct()
    .limit(_limit),
    into=int,
)
"""Uploads that name any of some objects."""

GET = Statement("media_cold.get", select(*_cold).where(_of_upload), into=Cold)

INSERT = Statement("media_cold.insert", insert(media_cold))

DELETE = Statement("media_cold.delete", delete(media_cold).where(_of_upload))

DELETE_KNOWN = Statement(
    "media_cold.delete_known", delete(media_cold).where(_of_upload, _cold.object_key == bindparam("known_key"))
)

NAMED = Statement(
    "media_cold.named",
    select(_cold.object_key).where(_cold.object_key.in_(bindparam("object_keys", expanding=True))).distinct(),
    into=str,
)
