"""Browser sessions: opened at sign-in, listed and ended by their owner."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import NamedTuple

from hubbub.community.adapters import account_statements as statements
from hubbub.community.domain.account import LoginSession
from hubbub.community.domain.limits import SESSIONS_MAX
from hubbub.community.errors import UnknownSession
from hubbub.community.service.actor import Actor
from hubbub.community.service.authentication import Authentication, hash_of
from hubbub.community.service.outbox import told
from hubbub.community.service.ports import Ports
from hubbub.events.contracts.events import SessionRevoked
from hubbub.storage.records.port import Op, OutboxEntry

_DAY_MS = 86_400_000
_USER_AGENT_MAX = 300


class Browser(NamedTuple):
    """Where a request came from, as its owner will see it in the list of sessions."""

    address: str
    user_agent: str


class NewSession(NamedTuple):
    """A session about to be written; `secret` goes into the browser's cookie and is kept nowhere."""

    id: int
    secret: str
    ops: list[Op]


class Sessions:
    """The sessions of every account."""

    def __init__(self, ports: Ports, authentication: Authentication) -> None:
        """Write through `ports`; `authentication` forgets what is revoked."""
        self._ports = ports
        self._authentication = authentication

    def new(self, user_id: int, browser: Browser) -> NewSession:
        """Return a session whose ops the caller writes together with whatever made it."""
        now_ms = self._ports.clock.unix_ms()
        secret = urlsafe_b64encode(self._ports.random.token_bytes(32)).decode().rstrip("=")
        session_id = self._ports.snowflakes.next()
        row = {
            "id": session_id,
            "user_id": user_id,
            "token_hash": hash_of(secret),
            "created_at_ms": now_ms,
            "last_seen_at_ms": now_ms,
            "expires_at_ms": now_ms + self._ports.config.session_days * _DAY_MS,
            "user_agent": browser.user_agent[:_USER_AGENT_MAX].replace("\0", ""),
            "address": browser.address,
        }
        expired = Op(statements.DELETE_EXPIRED_SESSIONS, {"user_id": user_id, "now_ms": now_ms})
        return NewSession(session_id, secret, [expired, Op(statements.INSERT_SESSION, row)])

    async def open(self, user_id: int, browser: Browser) -> NewSession:
        """Write and return a new session, ending the longest unused one when there are too many."""
        session = self.new(user_id, browser)
        held = await self.of(user_id)
        ops, events = session.ops, []
        for oldest in held[SESSIONS_MAX - 1 :]:
            ops.append(Op(statements.DELETE_SESSION, {"session_id": oldest.id, "user_id": user_id}))
            events += self._revocation(user_id, oldest.id)
        await self._ports.records.write(ops, events)
        if events:
            self._authentication.forget_user(user_id)
        return session

    async def of(self, user_id: int) -> list[LoginSession]:
        """Return the user's sessions, the one used last first."""
        return await self._ports.records.fetch(
            statements.SESSIONS, {"user_id": user_id, "now_ms": self._ports.clock.unix_ms()}
        )

    async def end(self, actor: Actor, session_id: int) -> None:
        """End one session of the caller; raises `UnknownSession`."""
        op = Op(statements.DELETE_SESSION, {"session_id": session_id, "user_id": actor.user_id})
        if session_id not in {session.id for session in await self.of(actor.user_id)}:
            raise UnknownSession
        await self._ports.records.write([op], self._revocation(actor.user_id, session_id))
        self._authentication.forget_user(actor.user_id)

    def ending_all(self, user_id: int) -> tuple[list[Op], list[OutboxEntry]]:
        """Return what ends every session of a user; the caller forgets the user after writing it."""
        op = Op(statements.DELETE_OTHER_SESSIONS, {"user_id": user_id, "kept_id": 0})
        return [op], self._revocation(user_id, None)

    async def ending_all_but(self, actor: Actor) -> tuple[list[Op], list[OutboxEntry]]:
        """Return what ends every session of the caller but the one that asks."""
        events: list[OutboxEntry] = []
        for session in await self.of(actor.user_id):
            if session.id != actor.session_id:
                events += self._revocation(actor.user_id, session.id)
        kept_id = actor.session_id or 0
        return [Op(statements.DELETE_OTHER_SESSIONS, {"user_id": actor.user_id, "kept_id": kept_id})], events

    def _revocation(self, user_id: int, session_id: int | None) -> list[OutboxEntry]:
        event = SessionRevoked(event_id=self._ports.snowflakes.next(), user_id=user_id, session_id=session_id)
        return told(event)
