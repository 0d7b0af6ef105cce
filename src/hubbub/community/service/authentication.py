"""Who a credential belongs to: bot tokens and browser sessions.

A bot's token is ``base64url(user id).time.random``: the id in front is what client libraries read, the time keeps
tokens of one bot apart, and 32 random bytes make it unguessable, so a plain SHA-256 is kept and compared. Verified
credentials are remembered by their hash for a while, because they come with every request.
"""

from __future__ import annotations

import binascii
import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import NamedTuple

from hubbub.community.adapters import account_statements as statements
from hubbub.community.errors import Unauthorized
from hubbub.community.service.actor import Actor
from hubbub.community.service.ports import Ports
from hubbub.community.service.recent import Recent
from hubbub.storage.records.port import Op

_REMEMBERED_MAX = 50_000
_REMEMBERED_S = 60.0
"""Another process's revocation is noticed after this; this process's own at once."""
_TOUCH_MS = 600_000
"""A session's last use is written at most this often, so that reading costs no writes."""
_DAY_MS = 86_400_000
_TOKEN_LENGTH_MAX = 200
_ID_DIGITS_MAX = 19
"""Digits of 2**63."""


class _Verified(NamedTuple):
    actor: Actor
    until_s: float


def hash_of(secret: str) -> bytes:
    """Return what is kept of a secret of at least 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()


def encode_bot_token(user_id: int, unix_ms: int, random: bytes) -> str:
    """Return a bot token over 32 bytes of `random`."""
    parts = (str(user_id).encode(), (unix_ms // 1000).to_bytes(5, "big"), random)
    return ".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def user_id_in(token: str) -> int:
    """Return the user id that a bot token names; raises `Unauthorized` when it names none."""
    head, separator, _ = token.partition(".")
    if not separator or len(token) > _TOKEN_LENGTH_MAX:
        raise Unauthorized
    try:
        digits = urlsafe_b64decode(head + "=" * (-len(head) % 4)).decode("ascii")
    except (binascii.Error, UnicodeError, ValueError):
        raise Unauthorized from None
    if not digits.isdecimal() or len(digits) > _ID_DIGITS_MAX:
        raise Unauthorized
    return int(digits)


class Authentication:
    """Turns credentials into actors."""

    def __init__(self, ports: Ports) -> None:
        """Verify against the records of `ports`."""
        self._ports = ports
        self._verified: Recent[bytes, _Verified] = Recent(_REMEMBERED_MAX)
        self._revocations = 0

    async def bot(self, token: str) -> Actor:
        """Return the bot that `token` belongs to; raises `Unauthorized`."""
        digest = hash_of(token)
        known = self._known(digest)
        if known is not None:
            return known
        revocations = self._revocations
        user_id = user_id_in(token)
        row = await self._ports.records.fetch_one(statements.BOT_BY_TOKEN, {"user_id": user_id, "token_hash": digest})
        if row is None or row[1] is not None or row[2] is not None:
            raise Unauthorized
        return self._remember(digest, Actor(user_id, is_bot=True, application_id=user_id), revocations)

    async def session(self, secret: str) -> Actor:
        """Return the person whose browser holds `secret`; raises `Unauthorized`."""
        digest = hash_of(secret)
        known = self._known(digest)
        if known is not None:
            return known
        revocations = self._revocations
        row = await self._ports.records.fetch_one(statements.SESSION_BY_TOKEN, {"token_hash": digest})
        now_ms = self._ports.clock.unix_ms()
        if row is None or row.expires_at_ms <= now_ms:
            raise Unauthorized
        if now_ms - row.last_seen_at_ms > _TOUCH_MS:
            until_ms = now_ms + self._ports.config.session_days * _DAY_MS
            params = {"session_id": row.id, "seen_at_ms": now_ms, "until_ms": until_ms}
            await self._ports.records.write([Op(statements.TOUCH_SESSION, params)])
        actor = Actor(row.user_id, session_id=row.id, is_administrator=row.is_administrator)
        return self._remember(digest, actor, revocations)

    def forget_user(self, user_id: int) -> None:
        """Drop what is remembered of a user's credentials after any of them was revoked."""
        self._revocations += 1
        self._verified.drop_where(lambda _, known: known.actor.user_id == user_id)

    def _known(self, digest: bytes) -> Actor | None:
        known = self._verified.get(digest)
        if known is None:
            return None
        if known.until_s < self._ports.clock.monotonic_s():
            self._verified.drop(digest)
            return None
        return known.actor

    def _remember(self, digest: bytes, actor: Actor, revocations: int) -> Actor:
        """Remember whom a credential belongs to, unless any was revoked since it was looked up."""
        if revocations != self._revocations:
            return actor
        self._verified.put(digest, _Verified(actor, self._ports.clock.monotonic_s() + _REMEMBERED_S))
        return actor
