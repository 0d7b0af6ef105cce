"""Statements over how often videos were played."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, bindparam, delete, select, update
from sqlalchemy.sql.elements import ColumnElement

from hubbub.media.adapters.asset_tables import media_plays
from hubbub.storage.records.port import Statement

_plays = media_plays.c
_after: Any = bindparam("after", type_=BigInteger)
_of_id: ColumnElement[bool] = _plays.asset_id == bindparam("asset_id", type_=BigInteger)

ADD = Statement.upsert(
    "media_plays.add",
    media_plays,
    conflict=("asset_id",),
    update=lambda more: {"plays": _plays.plays + more.plays},
)

LIKED = Statement(
    "media_plays.liked",
    select(_plays.asset_id).where(
        _plays.asset_id.in_(bindparam("asset_ids", expanding=True)), _plays.plays >= _after, ~_plays.is_refined
    ),
    into=int,
)
"""Those of some videos that were played often enough, and are not made better yet."""

REFINE = Statement(
    "media_plays.refine",
    update(media_plays).where(_of_id, ~_plays.is_refined).values(is_refined=True),
)
"""Of two processes that would queue the job, one finds no row."""

DELETE = Statement("media_plays.delete", delete(media_plays).where(_of_id))
