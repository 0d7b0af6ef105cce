"""Sessions across a restart: a stop writes them with their rings to a file, the next start takes them up.

Payloads that several sessions share are written once. The file is replaced atomically, and removed once it was read:
after a crash there is none, and clients identify anew.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from hubbub.gateway.domain.presence import SessionPresence
from hubbub.gateway.domain.session import Payload
from hubbub.gateway.errors import SessionFileBroken
from hubbub.gateway.service.directory import Identity
from hubbub.gateway.service.live import LiveSession
from hubbub.gateway.service.outbound import Outbound
from hubbub.gateway.service.presences import Presences
from hubbub.gateway.service.registry import Registry
from hubbub.gateway.service.room import Rooms
from hubbub.kernel.clock import Clock

_VERSION = 1


class KeptSession(msgspec.Struct, array_like=True):
    """One session."""

    session_id: str
    identity: Identity
    intents: int
    shard: tuple[int, int] | None
    large_threshold: int
    presence: SessionPresence
    first: int
    ring: list[int]
    """Indices into the file's payloads."""
    views: dict[int, int]
    """Index into the file's views by guild id."""
    detached_s: float
    """Seconds that it has already been waiting for a resume."""


class KeptPayload(msgspec.Struct, array_like=True):
    """One payload."""

    tail: bytes
    private: bool


class SessionFile(msgspec.Struct, array_like=True):
    """Everything that a stop keeps."""

    version: int
    payloads: list[KeptPayload]
    views: list[list[int]]
    sessions: list[KeptSession]
    published: list[int]


class Keeping:
    """Keeps the sessions of one hub in a file, and takes them up again."""

    def __init__(
        self, path: Path, clock: Clock, registry: Registry, rooms: Rooms, presences: Presences, outbound: Outbound
    ) -> None:
        """Keep them in `path`."""
        self.path = path
        self._clock = clock
        self._registry = registry
        self._rooms = rooms
        self._presences = presences
        self._outbound = outbound

    async def save(self, published: Iterable[int]) -> None:
        """Write all sessions that can be resumed, and the ids of the events that were published last."""
        await asyncio.to_thread(_write, self.path, msgspec.msgpack.encode(self._content(published)))

    async def take_up(self) -> list[int]:
        """Register the sessions of the file, if there is one; return the ids of published events.

        Raises:
            SessionFileBroken: The file cannot be read, or is not what `save` writes. Nothing was registered.
        """
        document = await asyncio.to_thread(_read, self.path)
        if document is None:
            return []
        try:
            kept = msgspec.msgpack.decode(document, type=SessionFile)
            if kept.version != _VERSION:
                raise SessionFileBroken(f"The saved gateway sessions have version {kept.version}, not {_VERSION}.")
            payloads = [self._payload(payload) for payload in kept.payloads]
            views = [frozenset(view) for view in kept.views]
            sessions = [
                (self._session(each, payloads), {guild_id: views[index] for guild_id, index in each.views.items()})
                for each in kept.sessions
            ]
        except (msgspec.MsgspecError, IndexError) as problem:
            raise SessionFileBroken from problem
        for session, by_guild in sessions:
            self._registry.add(session)
            for guild_id, view in by_guild.items():
                self._rooms[guild_id].restore(session, view)
        for session, _ in sessions:
            self._presences.changed(session.user_id, ())
        return kept.published

    def _content(self, published: Iterable[int]) -> SessionFile:
        payloads: dict[int, tuple[int, Payload]] = {}
        views: dict[frozenset[int], int] = {}
        now_s = self._clock.monotonic_s()
        sessions = [
            KeptSession(
                session.session_id,
                session.identity,
                session.intents,
                session.shard,
                session.large_threshold,
                session.presence,
                session.first,
                [payloads.setdefault(id(payload), (len(payloads), payload))[0] for payload in session.ring],
                {
                    guild_id: views.setdefault(view, len(views))
                    for guild_id in session.guild_ids
                    if (view := self._rooms[guild_id].views.get(session)) is not None
                },
                now_s - session.detached_at_s,
            )
            for session in self._registry.sessions.values()
            if self._is_whole(session)
        ]
        return SessionFile(
            _VERSION,
            [KeptPayload(payload.tail, payload.private) for _, payload in payloads.values()],
            [list(view) for view in views],
            sessions,
            list(published),
        )

    def _is_whole(self, session: LiveSession) -> bool:
        """Return whether a session has been sent READY and its guilds."""
        return session.held is None and not any(
            session in self._rooms[guild_id].newcomers for guild_id in session.guild_ids
        )

    def _payload(self, kept: KeptPayload) -> Payload:
        budget = self._outbound.budget
        payload = Payload("", b"", private=kept.private, number=budget.next_number())
        payload.tail, payload.size = kept.tail, len(kept.tail)
        if not kept.private:
            budget.count(payload.size)
        return payload

    def _session(self, kept: KeptSession, payloads: list[Payload]) -> LiveSession:
        session = LiveSession(
            kept.session_id,
            kept.identity,
            intents=kept.intents,
            shard=kept.shard,
            large_threshold=kept.large_threshold,
            presence=kept.presence,
        )
        session.restore(kept.first, [payloads[index] for index in kept.ring])
        session.held = None
        session.detached_at_s = self._clock.monotonic_s() - kept.detached_s
        return session


def _write(path: Path, document: bytes) -> None:
    """Replace `path` by `document`, whole or not at all; only the owner may read what people wrote."""
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(document)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _read(path: Path) -> bytes | None:
    """Return the content of `path` and remove it; None when there is none."""
    try:
        document = path.read_bytes()
        path.unlink()
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise SessionFileBroken from problem
    return document
