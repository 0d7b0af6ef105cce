"""Statements over accounts."""

from __future__ import annotations

from sqlalchemy import bindparam, select, update

from hubbub.community.adapters import columns
from hubbub.community.adapters.tables import applications, login_sessions, users
from hubbub.community.domain.account import LoginSession, SignedIn, User
from hubbub.storage.records.port import Statement

USERS_BY_ID = Statement(
    "users.by_id",
    select(*columns.of(users, User)).where(users.c.id.in_(bindparam("user_ids", expanding=True))),
    into=User,
)

BOT_BY_TOKEN = Statement(
    "applications.by_token",
    select(applications.c.id, users.c.disabled_at_ms, users.c.deleted_at_ms)
    .join(users, users.c.id == applications.c.id)
    .where(applications.c.id == bindparam("user_id"), applications.c.token_hash == bindparam("token_hash")),
)

SESSION_BY_TOKEN = Statement(
    "login_sessions.by_token",
    select(*columns.of(login_sessions, LoginSession), users.c.is_administrator)
    .join(users, users.c.id == login_sessions.c.user_id)
    .where(
        login_sessions.c.token_hash == bindparam("token_hash"),
        users.c.disabled_at_ms.is_(None),
        users.c.deleted_at_ms.is_(None),
    ),
    into=SignedIn,
)

TOUCH_SESSION = Statement(
    "login_sessions.touch",
    update(login_sessions)
    .where(login_sessions.c.id == bindparam("session_id"))
    .values(last_seen_at_ms=bindparam("seen_at_ms"), expires_at_ms=bindparam("until_ms")),
)
