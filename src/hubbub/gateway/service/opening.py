"""IDENTIFY, RESUME and entering guilds: from a token to READY, GUILD_CREATE and the first live event.

A session is registered before its snapshots are taken, and what happens meanwhile is held and delivered after them. So
nothing falls between a snapshot and the events: at worst an event is told that the snapshot already knew.
"""

from __future__ import annotations

from asyncio import Semaphore
from typing import TYPE_CHECKING

from hubbub.events.contracts import events
from hubbub.gateway.domain.command import Identify, Resume
from hubbub.gateway.domain.dispatch import guild_removed
from hubbub.gateway.domain.intents import ALL_INTENTS, Intent
from hubbub.gateway.domain.presence import platform_of, session_presence
from hubbub.gateway.domain.protocol import CloseCode
from hubbub.gateway.domain.session import Resumption
from hubbub.gateway.errors import DirectoryUnavailable
from hubbub.gateway.service import snapshot
from hubbub.gateway.service.live import LiveSession, in_shard
from hubbub.kernel.errors import HubbubError

if TYPE_CHECKING:
    from hubbub.gateway.service.client import Client
    from hubbub.gateway.service.directory import GuildSnapshot, Identity, ReadySnapshot
    from hubbub.gateway.service.hub import Hub
    from hubbub.gateway.service.room import Room

_SERVER_FAULT = 500
_ENTRIES_AT_ONCE = 32
"""Guild snapshots that are being taken at one time, so that a thousand reconnecting clients do not ask all at once."""
_SESSION_ID_BYTES = 16


class Opening:
    """Opens sessions."""

    def __init__(self, hub: Hub) -> None:
        """Serve one hub."""
        self._hub = hub
        self._entries = Semaphore(_ENTRIES_AT_ONCE)

    async def identify(self, client: Client, command: Identify) -> None:
        """Answer IDENTIFY with READY and the guilds, INVALID_SESSION, or a close code."""
        identity = await self._authenticate(client, command.token)
        if identity is None:
            return
        hub = self._hub
        problem = _intents_problem(identity, command.intents)
        if problem is not None:
            client.close(*problem)
            return
        if not hub.floods.identify(identity, hub.clock.monotonic_s()) or not hub.make_room_for(identity):
            hub.metrics.identifies.add(1, {"outcome": "limited"})
            client.refuse()
            return
        session = self._session(identity, command)
        hub.register(session)
        try:
            ready = await hub.ask(lambda: hub.directory.ready(identity), None)
        except DirectoryUnavailable:
            ready = None
        if ready is None:
            hub.end(session)
            client.close(CloseCode.UNKNOWN_ERROR, "The session cannot be opened now. Reconnect shortly.")
            return
        await self._ready(client, session, ready)

    async def resume(self, client: Client, command: Resume) -> None:
        """Answer RESUME with what the client missed and RESUMED, INVALID_SESSION, or a close code."""
        identity = await self._authenticate(client, command.token)
        if identity is None:
            return
        hub = self._hub
        session = hub.sessions.get(command.session_id)
        if session is None or session.user_id != identity.user_id or session.held is not None:
            hub.metrics.resumes.add(1, {"outcome": "unknown"})
            client.refuse()
            return
        outcome = session.resume(command.seq)
        hub.metrics.resumes.add(1, {"outcome": outcome.name.lower()})
        if outcome is Resumption.IMPOSSIBLE:
            client.close(CloseCode.INVALID_SEQUENCE, "seq names an event that was never sent. Identify anew.")
        elif outcome is Resumption.FORGOTTEN:
            hub.end(session)
            client.refuse()
        else:
            if session.client is not None:
                former, session.client.session = session.client, None
                former.close(CloseCode.UNKNOWN_ERROR, "The session was resumed on another connection.")
            client.bind(session)
            hub.dispatch(session, "RESUMED", b'{"_trace":["hubbub"]}')

    def enter(self, room: Room, user_id: int) -> None:
        """Bring a user's sessions into a guild that the user just joined."""
        for session in list(self._hub.users.get(user_id, ())):
            if in_shard(session, room.guild_id):
                if session.held is not None:
                    session.held.append(events.GuildCreated(event_id=0, guild_id=room.guild_id, owner_id=user_id))
                elif room.expect(session):
                    self._hub.spawn(self._enter(session, room, joined=True))

    async def _authenticate(self, client: Client, token: str) -> Identity | None:
        hub = self._hub
        now_s = hub.clock.monotonic_s()
        if not hub.floods.attempt(client.handshake.address, now_s):
            client.close(CloseCode.RATE_LIMITED, "Too many identifies from this address. Wait a minute.")
            return None
        try:
            identity = await hub.directory.authenticate(token, client.handshake.cookie)
        except HubbubError as problem:
            if problem.status >= _SERVER_FAULT:
                client.close(CloseCode.UNKNOWN_ERROR, "The token cannot be checked now. Reconnect shortly.")
            else:
                hub.floods.failed(client.handshake.address, now_s)
                hub.metrics.identifies.add(1, {"outcome": "refused"})
                client.close(CloseCode.AUTHENTICATION_FAILED, "The token is not valid.")
            return None
        except Exception:
            hub.log.exception("gateway.authenticate_failed")
            client.close(CloseCode.UNKNOWN_ERROR, "The token cannot be checked now. Reconnect shortly.")
            return None
        return identity if client.waiting else None

    def _session(self, identity: Identity, command: Identify) -> LiveSession:
        hub = self._hub
        intents = ALL_INTENTS if command.intents is None else command.intents
        platform = platform_of(command.properties, is_bot=identity.is_bot)
        return LiveSession(
            hub.random.token_bytes(_SESSION_ID_BYTES).hex(),
            identity,
            intents=intents if identity.is_bot else ALL_INTENTS,
            shard=command.shard if identity.is_bot else None,
            large_threshold=command.large_threshold,
            presence=session_presence(command.presence, platform, hub.clock.unix_ms()),
        )

    async def _ready(self, client: Client, session: LiveSession, ready: ReadySnapshot) -> None:
        hub = self._hub
        guild_ids = [guild_id for guild_id in ready.guild_ids if in_shard(session, guild_id)]
        if session.is_bot and len(guild_ids) > hub.config.guilds_per_shard_max:
            hub.end(session)
            limit = hub.config.guilds_per_shard_max
            client.close(CloseCode.SHARDING_REQUIRED, f"A shard holds at most {limit} guilds: use more shards.")
            return
        if not client.waiting or session.ended:
            hub.end(session)
            return
        client.bind(session)
        hub.metrics.identifies.add(1, {"outcome": "ready"})
        hub.dispatch(session, "READY", snapshot.ready(session, ready, guild_ids, hub.config.public_url))
        held, session.held = session.held, None
        rooms = [room for guild_id in guild_ids if (room := hub.room(guild_id)).expect(session)]
        hub.presences.changed(session.user_id, guild_ids)
        for event in held or ():
            hub.router.tell_user(session, event)
        for room in rooms:
            await self._enter(session, room, joined=False)

    async def _enter(self, session: LiveSession, room: Room, *, joined: bool) -> None:
        """Send GUILD_CREATE and let the session follow the guild; who just joined it is told to be online."""
        hub = self._hub
        try:
            async with self._entries:
                if session not in room.newcomers:
                    return
                guild: GuildSnapshot | None = await hub.ask(
                    lambda: hub.directory.guild(room.guild_id, session.user_id), None
                )
                if guild is None:
                    room.leave(session)
                    return
                members, presences = await snapshot.company(hub, session, room, guild)
            if session not in room.newcomers:
                return
            voice = hub.voice.states(room.guild_id) if hub.voice is not None else ()
            if session.intents & Intent.GUILDS:
                body = snapshot.guild_create(session, guild, members, presences, voice)
                hub.dispatch(session, "GUILD_CREATE", body)
            view = frozenset(int(channel.id) for channel in guild.channels)
            await room.admit(session, view, guild.guild.owner_id)
            if joined:
                hub.presences.tell(session.user_id, room.guild_id)
        except DirectoryUnavailable:
            self._unavailable(session, room)
        except Exception:
            hub.log.exception("gateway.guild_failed", guild_id=room.guild_id)
            self._unavailable(session, room)

    def _unavailable(self, session: LiveSession, room: Room) -> None:
        """A guild cannot be shown: say so, and have the client identify anew rather than miss its events."""
        if not session.ended:
            told = guild_removed(room.guild_id, unavailable=True)
            self._hub.dispatch(session, told.name, told.body)
            self._hub.outbound.flush_all()
            self._hub.invalidate(session)


def _intents_problem(identity: Identity, intents: int | None) -> tuple[CloseCode, str] | None:
    if not identity.is_bot:
        return None
    if intents is None or intents < 0 or intents & ~ALL_INTENTS:
        return CloseCode.INVALID_INTENTS, "intents must be a sum of documented bits."
    if intents & ~identity.intents_allowed:
        return CloseCode.DISALLOWED_INTENTS, "The application is not allowed all of these intents."
    return None
