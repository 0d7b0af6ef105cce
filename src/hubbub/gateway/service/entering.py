"""Entering a guild: from knowing of it to GUILD_CREATE and the first live event.

A session is expected in the room before its snapshot is taken, and what happens meanwhile is held and delivered after
it. So nothing falls between the snapshot and the events: at worst an event is told that the snapshot already knew.
"""

from __future__ import annotations

from asyncio import Semaphore

from hubbub.events.contracts import events
from hubbub.gateway.domain.dispatch import guild_removed
from hubbub.gateway.domain.intents import Intent
from hubbub.gateway.errors import DirectoryUnavailable
from hubbub.gateway.service import snapshot
from hubbub.gateway.service.background import Background
from hubbub.gateway.service.lifecycle import Lifecycle
from hubbub.gateway.service.live import LiveSession, in_shard
from hubbub.gateway.service.lookup import Lookup
from hubbub.gateway.service.outbound import Outbound
from hubbub.gateway.service.presences import Presences
from hubbub.gateway.service.registry import Registry
from hubbub.gateway.service.room import Room
from hubbub.gateway.service.voice import VoiceHandoff
from hubbub.kernel.telemetry import logger

log = logger("hubbub.gateway")

_ENTRIES_AT_ONCE = 32
"""Guild snapshots that are being taken at one time, so that a thousand reconnecting clients do not ask all at once."""


class Entrance:
    """Brings sessions into rooms."""

    def __init__(
        self,
        registry: Registry,
        lifecycle: Lifecycle,
        lookup: Lookup,
        presences: Presences,
        outbound: Outbound,
        background: Background,
        voice: VoiceHandoff | None,
    ) -> None:
        """Serve one hub; `voice` tells who is in voice, None while there is no voice."""
        self._registry = registry
        self._lifecycle = lifecycle
        self._lookup = lookup
        self._presences = presences
        self._outbound = outbound
        self._background = background
        self._voice = voice
        self._entries = Semaphore(_ENTRIES_AT_ONCE)

    def joined(self, room: Room, user_id: int) -> None:
        """Bring a user's sessions into a guild that the user just joined."""
        for session in list(self._registry.of_user(user_id)):
            if in_shard(session, room.guild_id):
                if session.held is not None:
                    session.held.append(events.GuildCreated(event_id=0, guild_id=room.guild_id, owner_id=user_id))
                elif room.expect(session):
                    self._background.spawn(self.enter(session, room, joined=True))

    async def enter(self, session: LiveSession, room: Room, *, joined: bool) -> None:
        """Send GUILD_CREATE and let the session follow the guild; who just joined it is told to be online."""
        try:
            async with self._entries:
                if session not in room.newcomers:
                    return
                guild = await self._lookup.guild(room.guild_id, session.user_id)
                if guild is None:
                    room.leave(session)
                    return
                members, presences = await snapshot.company(session, room, guild, self._lookup, self._presences)
            if session not in room.newcomers:
                return
            if session.intents & Intent.GUILDS:
                voice = self._voice.states(room.guild_id) if self._voice is not None else ()
                body = snapshot.guild_create(session, guild, members, presences, voice, joined=joined)
                self._outbound.dispatch(session, "GUILD_CREATE", body)
            view = frozenset(int(channel.id) for channel in guild.channels)
            await room.admit(session, view, guild.guild.owner_id)
            if joined:
                self._presences.tell(session.user_id, room.guild_id)
        except DirectoryUnavailable:
            self._unavailable(session, room)
        except Exception:
            log.exception("gateway.guild_failed", guild_id=room.guild_id)
            self._unavailable(session, room)

    def _unavailable(self, session: LiveSession, room: Room) -> None:
        """A guild cannot be shown: say so, and have the client identify anew rather than miss its events."""
        if not session.ended:
            told = guild_removed(room.guild_id, unavailable=True)
            self._outbound.dispatch(session, told.name, told.body)
            self._outbound.flush_all()
            self._lifecycle.invalidate(session)
