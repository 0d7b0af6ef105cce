"""Sessions across a restart: a stop writes them with their rings to a file, the next start takes them up.

Payloads that several sessions share are written once. The file is replaced atomically, and removed once it was read:
after a crash there is none, and clients identify anew.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hubbub.gateway.domain.presence import SessionPresence
from hubbub.gateway.domain.session import Payload
from hubbub.gateway.errors import SessionFileBroken
from hubbub.gateway.service.directory import Identity
from hubbub.gateway.service.live import LiveSession

if TYPE_CHECKING:
    from hubbub.gateway.service.hub import Hub

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


def document_of(hub: Hub, published: Iterable[int]) -> bytes:
    """Return all sessions of `hub` that can be resumed, as the content of a session file."""
    payloads: dict[int, tuple[int, Payload]] = {}
    views: dict[frozenset[int], int] = {}
    now_s = hub.clock.monotonic_s()
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
                if (view := hub.rooms[guild_id].views.get(session)) is not None
            },
            now_s - session.detached_at_s,
        )
        for session in hub.sessions.values()
        if session.held is None and not any(session in hub.rooms[guild_id].newcomers for guild_id in session.guild_ids)
    ]
    return msgspec.msgpack.encode(
        SessionFile(
            _VERSION,
            [KeptPayload(payload.tail, payload.private) for _, payload in payloads.values()],
            [list(view) for view in views],
            sessions,
            list(published),
        )
    )


def write(path: Path, document: bytes) -> None:
    """Replace `path` by `document`, whole or not at all; only the owner may read what people wrote."""
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(document)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def read(path: Path) -> bytes | None:
    """Return the content of `path` and remove it; None when there is none.

    Raises:
        SessionFileBroken: The file is there and cannot be read.
    """
    try:
        document = path.read_bytes()
        path.unlink()
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise SessionFileBroken from problem
    return document


def restore(hub: Hub, document: bytes) -> OrderedDict[int, None]:
    """Register the sessions of `document` with `hub`; return the ids of published events.

    Raises:
        SessionFileBroken: The document is not what `document_of` returns.
    """
    try:
        kept = msgspec.msgpack.decode(document, type=SessionFile)
        if kept.version != _VERSION:
            raise SessionFileBroken(f"The saved gateway sessions have version {kept.version}, not {_VERSION}.")
        payloads = [_payload(hub, payload) for payload in kept.payloads]
        views = [frozenset(view) for view in kept.views]
        sessions = [(_session(hub, each, payloads), each.views) for each in kept.sessions]
    except (msgspec.MsgspecError, IndexError) as problem:
        raise SessionFileBroken from problem
    for session, by_guild in sessions:
        hub.register(session)
        for guild_id, index in by_guild.items():
            hub.room(guild_id).restore(session, views[index])
    for session, _ in sessions:
        hub.presences.changed(session.user_id, ())
    return OrderedDict.fromkeys(kept.published)


def _payload(hub: Hub, kept: KeptPayload) -> Payload:
    payload = Payload("", b"", private=kept.private, number=hub.budget.next_number())
    payload.tail, payload.size = kept.tail, len(kept.tail)
    if not kept.private:
        hub.budget.count(payload.size)
    return payload


def _session(hub: Hub, kept: KeptSession, payloads: list[Payload]) -> LiveSession:
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
    session.detached_at_s = hub.clock.monotonic_s() - kept.detached_s
    return session
