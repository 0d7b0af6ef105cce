"""Statements over accounts."""

from __future__ import annotations

from sqlalchemy import Integer, bindparam, delete, or_, select, update

from hubbub.community.adapters import columns
from hubbub.community.adapters.tables import (
    applications,
    credentials,
    login_sessions,
    one_time_links,
    user_settings,
    users,
)
from hubbub.community.domain.account import Application, Credentials, Link, Login, LoginSession, SignedIn, User
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

USER_BY_NAME = Statement(
    "users.by_name",
    select(*columns.of(users, User)).where(users.c.username == bindparam("name")),
    into=User,
)

LOGIN = Statement(
    "credentials.by_login",
    select(users.c.id, credentials.c.password_hash, users.c.disabled_at_ms, users.c.is_administrator)
    .join(credentials, credentials.c.user_id == users.c.id)
    .where(
        or_(users.c.username == bindparam("login"), credentials.c.email == bindparam("login")),
        users.c.is_bot.is_(False),
        users.c.deleted_at_ms.is_(None),
    ),
    into=Login,
)

CREDENTIALS = Statement(
    "credentials.get",
    select(credentials.c.email, credentials.c.password_hash).where(credentials.c.user_id == bindparam("user_id")),
    into=Credentials,
)

USERS_LIKE = Statement(
    "users.like",
    select(*columns.of(users, User))
    .where(users.c.username.like(bindparam("pattern"), escape="\\"), users.c.deleted_at_ms.is_(None))
    .order_by(users.c.id)
    .limit(bindparam("row_limit", type_=Integer)),
    into=User,
)

ADMINISTRATORS = Statement(
    "users.administrators",
    select(*columns.of(users, User))
    .where(users.c.is_administrator.is_(True), users.c.deleted_at_ms.is_(None))
    .order_by(users.c.id),
    into=User,
)

INSERT_USER = Statement("users.insert", columns.insertion(users))
REPLACE_PROFILE = Statement(
    "users.replace_profile",
    columns.replacement(users, User, leave=frozenset({"is_administrator", "disabled_at_ms", "deleted_at_ms"})),
)
"""What its owner changes of an account; an operator's changes at the same moment stay."""
SET_ADMINISTRATOR = Statement(
    "users.set_administrator",
    update(users).where(users.c.id == bindparam("key_id")).values(is_administrator=bindparam("is_administrator")),
)
SET_DISABLED = Statement(
    "users.set_disabled",
    update(users).where(users.c.id == bindparam("key_id")).values(disabled_at_ms=bindparam("disabled_at_ms")),
)
INSERT_CREDENTIALS = Statement("credentials.insert", columns.insertion(credentials))
SET_PASSWORD = Statement(
    "credentials.set_password",
    update(credentials)
    .where(credentials.c.user_id == bindparam("key_user_id"))
    .values(password_hash=bindparam("password_hash")),
)
SET_EMAIL = Statement(
    "credentials.set_email",
    update(credentials).where(credentials.c.user_id == bindparam("key_user_id")).values(email=bindparam("email")),
)

INSERT_SESSION = Statement("login_sessions.insert", columns.insertion(login_sessions))
SESSIONS = Statement(
    "login_sessions.of_user",
    select(*columns.of(login_sessions, LoginSession))
    .where(login_sessions.c.user_id == bindparam("user_id"), login_sessions.c.expires_at_ms > bindparam("now_ms"))
    .order_by(login_sessions.c.last_seen_at_ms.desc()),
    into=LoginSession,
)
DELETE_SESSION = Statement(
    "login_sessions.delete",
    delete(login_sessions).where(
        login_sessions.c.id == bindparam("session_id"), login_sessions.c.user_id == bindparam("user_id")
    ),
)
DELETE_OTHER_SESSIONS = Statement(
    "login_sessions.delete_others",
    delete(login_sessions).where(
        login_sessions.c.user_id == bindparam("user_id"), login_sessions.c.id != bindparam("kept_id")
    ),
)
DELETE_EXPIRED_SESSIONS = Statement(
    "login_sessions.delete_expired",
    delete(login_sessions).where(
        login_sessions.c.user_id == bindparam("user_id"), login_sessions.c.expires_at_ms <= bindparam("now_ms")
    ),
)

SWEEP_SESSIONS = Statement(
    "login_sessions.sweep", delete(login_sessions).where(login_sessions.c.expires_at_ms <= bindparam("now_ms"))
)
SWEEP_LINKS = Statement(
    "one_time_links.sweep", delete(one_time_links).where(one_time_links.c.expires_at_ms <= bindparam("now_ms"))
)

INSERT_LINK = Statement("one_time_links.insert", columns.insertion(one_time_links))
LINK = Statement(
    "one_time_links.get",
    select(one_time_links.c.user_id, one_time_links.c.expires_at_ms).where(
        one_time_links.c.token_hash == bindparam("token_hash"), one_time_links.c.purpose == bindparam("purpose")
    ),
    into=Link,
)
DELETE_LINK = Statement(
    "one_time_links.delete", delete(one_time_links).where(one_time_links.c.token_hash == bindparam("token_hash"))
)
DELETE_LINKS_OF_USER = Statement(
    "one_time_links.delete_of_user",
    delete(one_time_links).where(
        one_time_links.c.user_id == bindparam("user_id"), one_time_links.c.purpose == bindparam("purpose")
    ),
)

SETTINGS = Statement(
    "user_settings.get",
    select(user_settings.c.settings_json).where(user_settings.c.user_id == bindparam("user_id")),
    into=bytes,
)
PUT_SETTINGS = Statement.upsert("user_settings.put", user_settings, conflict=("user_id",), update=("settings_json",))

APPLICATION = Statement(
    "applications.get",
    select(*columns.of(applications, Application)).where(applications.c.id == bindparam("application_id")),
    into=Application,
)
APPLICATIONS_OF = Statement(
    "applications.of_owner",
    select(*columns.of(applications, Application))
    .where(applications.c.owner_id == bindparam("owner_id"))
    .order_by(applications.c.id),
    into=Application,
)
INSERT_APPLICATION = Statement("applications.insert", columns.insertion(applications))
SET_BOT_TOKEN = Statement(
    "applications.set_token",
    update(applications)
    .where(applications.c.id == bindparam("application_id"))
    .values(token_hash=bindparam("new_token_hash")),
)
