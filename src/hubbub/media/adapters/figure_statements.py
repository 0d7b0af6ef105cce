"""Statements over what all processes did, day by day."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import BigInteger, Integer, bindparam, delete, func, select, update

from hubbub.media.adapters.asset_tables import media_figures
from hubbub.storage.records.port import Statement


class Figure(NamedTuple):
    """A sum; field order equals the columns that the statements select."""

    what: str
    happening: str
    amount: int


_figures = media_figures.c

BEGIN = Statement.upsert("media_figures.begin", media_figures, conflict=("day", "what", "happening"))
"""Does nothing to a row that is there."""

ADD = Statement(
    "media_figures.add",
    update(media_figures)
    .where(
        _figures.day == bindparam("of_day", type_=Integer),
        _figures.what == bindparam("of_what"),
        _figures.happening == bindparam("of_happening"),
    )
    .values(amount=_figures.amount + bindparam("more", type_=BigInteger)),
)

SINCE = Statement(
    "media_figures.since",
    select(_figures.what, _figures.happening, func.sum(_figures.amount).cast(BigInteger))
    .where(_figures.day >= bindparam("first_day", type_=Integer))
    .group_by(_figures.what, _figures.happening),
    into=Figure,
)

FORGET = Statement(
    "media_figures.forget", delete(media_figures).where(_figures.day < bindparam("first_day", type_=Integer))
)
