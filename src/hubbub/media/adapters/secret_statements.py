"""Statements over the keys that sign addresses."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Integer, bindparam, delete, insert, select

from hubbub.media.adapters.asset_tables import media_secrets
from hubbub.storage.records.port import Statement


class Secret(NamedTuple):
    """A key, and its place among those that were made; field order equals the columns that are selected."""

    n: int
    secret: bytes


NEWEST = Statement(
    "media_secrets.newest",
    select(media_secrets.c.n, media_secrets.c.secret).order_by(media_secrets.c.n.desc()).limit(2),
    into=Secret,
)
"""The key that signs, and the one before."""

INSERT = Statement("media_secrets.insert", insert(media_secrets))

FORGET = Statement(
    "media_secrets.forget", delete(media_secrets).where(media_secrets.c.n < bindparam("before_n", type_=Integer))
)
