"""Accounts as records hold them; field order equals the columns that the statements select."""

from __future__ import annotations

import msgspec


class User(msgspec.Struct, frozen=True, gc=False):
    """A person or a bot."""

    id: int
    username: str
    global_name: str | None
    avatar: str | None
    bio: str
    is_bot: bool
    is_administrator: bool
    disabled_at_ms: int | None
    deleted_at_ms: int | None


class LoginSession(msgspec.Struct, frozen=True, gc=False):
    """A browser that is signed in."""

    id: int
    user_id: int
    created_at_ms: int
    last_seen_at_ms: int
    expires_at_ms: int
    user_agent: str
    address: str


class Application(msgspec.Struct, frozen=True, gc=False):
    """A bot's application; its id is the bot user's."""

    id: int
    owner_id: int
    name: str
    description: str
    token_hash: bytes
    created_at_ms: int


class SignedIn(LoginSession, frozen=True, gc=False):
    """A login session with what its account may do to the installation."""

    is_administrator: bool


class Login(msgspec.Struct, frozen=True, gc=False):
    """What signing in needs of an account."""

    user_id: int
    password_hash: str | None
    disabled_at_ms: int | None
    is_administrator: bool


class Credentials(msgspec.Struct, frozen=True, gc=False):
    """How a person proves to be the account's owner."""

    email: str | None
    password_hash: str | None


class Link(msgspec.Struct, frozen=True, gc=False):
    """A one-time link: whom it lets in and until when."""

    user_id: int
    expires_at_ms: int
