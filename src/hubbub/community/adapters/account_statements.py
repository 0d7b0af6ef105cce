"""Statements over accounts."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from hubbub.community.adapters import columns
from hubbub.community.adapters.tables import users
from hubbub.community.domain.account import User
from hubbub.storage.records.port import Statement

USERS_BY_ID = Statement(
    "users.by_id",
    select(*columns.of(users, User)).where(users.c.id.in_(bindparam("user_ids", expanding=True))),
    into=User,
)
