"""The gateway of one process: its sockets, its sessions, and the way of every event to them.

Calling contract: `start` on the running loop, then `connect` for each socket and `publish` for each event in commit
order; `stop` at the end. `publish` never waits: it appends to rings and lets the next flush write.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable
from pathlib import Path

from hubbub.events.contracts import events
from hubbub.gateway.config import GatewayConfig
from hubbub.gateway.domain.command import Command
from hubbub.gateway.domain.handshake import Handshake
from hubbub.gateway.domain.protocol import CloseCode
from hubbub.gateway.errors import SessionFileBroken
from hubbub.gateway.service import delivery
from hubbub.gateway.service.background import Background
from hubbub.gateway.service.client import Client
from hubbub.gateway.service.commands import Commands
from hubbub.gateway.service.directory import Directory
from hubbub.gateway.service.entering import Entrance
from hubbub.gateway.service.flood import Floods, SessionStartLimit
from hubbub.gateway.service.keeping import Keeping
from hubbub.gateway.service.lifecycle import Lifecycle
from hubbub.gateway.service.link import Link
from hubbub.gateway.service.live import LiveSession
from hubbub.gateway.service.lookup import Lookup
from hubbub.gateway.service.members import Members
from hubbub.gateway.service.metric import GatewayMetrics
from hubbub.gateway.service.opening import Opening
from hubbub.gateway.service.outbound import Outbound
from hubbub.gateway.service.presences import Presences
from hubbub.gateway.service.registry import Registry
from hubbub.gateway.service.room import Room, Rooms
from hubbub.gateway.service.router import Router
from hubbub.gateway.service.voice import VoiceHandoff, VoiceServer
from hubbub.kernel.clock import Clock
from hubbub.kernel.randomness import RandomSource, SystemRandom
from hubbub.kernel.telemetry import logger

log = logger("hubbub.gateway")

SWEEP_S = 1.0
"""Seconds between looks at deadlines; they are tens of seconds long."""
_EVENT_IDS_KEPT = 8192
"""Events that are known to have been published; the relay repeats what it could not mark as done."""


class Hub:
    """All sessions of one process: puts the parts together and speaks to the outside."""

    def __init__(
        self,
        config: GatewayConfig,
        directory: Directory,
        clock: Clock,
        *,
        random: RandomSource | None = None,
        voice: VoiceHandoff | None = None,
        session_file: Path | None = None,
    ) -> None:
        """Make a hub.

        Args:
            config: Limits and intervals.
            directory: The community.
            clock: Source of time.
            random: Source of session ids; None takes the system's.
            voice: Where op 4 goes; None while there is no voice.
            session_file: Where a stop leaves the sessions for the next start; None keeps nothing.
        """
        self.config = config
        self.clock = clock
        self.clients: set[Client] = set()
        self.registry = Registry()
        self.metrics = GatewayMetrics(self.registry.counts)
        self.background = Background()
        self.lookup = Lookup(directory)
        self.outbound = Outbound(config, self.metrics)
        self.rooms = Rooms(self)
        self.presences = Presences(self.registry, self.rooms, clock)
        self._lifecycle = Lifecycle(config, clock, self.registry, self.rooms, self.presences, self.outbound, voice)
        self._entrance = Entrance(
            self.registry, self._lifecycle, self.lookup, self.presences, self.outbound, self.background, voice
        )
        self._router = Router(
            config.pending_events_max, self.registry, self.rooms, self._lifecycle, self._entrance, self.outbound
        )
        self._floods = Floods(config)
        opening = Opening(
            config,
            clock,
            random or SystemRandom(),
            self.metrics,
            self._floods,
            directory,
            self.lookup,
            self.registry,
            self.rooms,
            self._lifecycle,
            self.presences,
            self._entrance,
            self._router,
            self.outbound,
        )
        members = Members(config.member_requests_max, self.lookup, self.presences, self.outbound, self.background)
        self._commands = Commands(opening, self.presences, members, self.outbound, self.background, voice)
        self._keeping: Keeping | None = None
        if session_file is not None:
            self._keeping = Keeping(session_file, clock, self.registry, self.rooms, self.presences, self.outbound)
        self._published: OrderedDict[int, None] = OrderedDict()
        self._stopping = False
        self._sweeping: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def sessions(self) -> dict[str, LiveSession]:
        """Return the sessions by their id."""
        return self.registry.sessions

    # -- life ----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Take up the sessions that the last stop kept, and begin to flush and to watch deadlines."""
        self._loop = asyncio.get_running_loop()
        if self._keeping is not None:
            try:
                self._published = OrderedDict.fromkeys(await self._keeping.take_up())
            except SessionFileBroken as problem:
                path, cause = str(self._keeping.path), str(problem.__cause__)
                log.warning("gateway.session_file_broken", path=path, cause=cause)
        self.outbound.start(self._loop)
        self._sweeping = self._loop.call_later(SWEEP_S, self._sweep_again)

    async def stop(self) -> None:
        """Ask every client to reconnect, close the sockets, keep the sessions for the next start.

        Whoever publishes must have stopped before: what is published later is in no kept ring.
        """
        self._stopping = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        await self.background.finish(SWEEP_S)
        self.outbound.flush_all()
        for client in list(self.clients):
            client.shutdown()
        if self._keeping is not None:
            await self._keeping.save(self._published)

    async def health(self) -> str:
        """Return the line of `/healthz`."""
        attached, detached = self.registry.counts()
        return f"{attached} sessions connected, {detached} waiting to resume, {len(self.rooms)} guilds followed"

    def start_limit(self, user_id: int) -> SessionStartLimit:
        """Return what a bot may still identify, for `GET /gateway/bot`."""
        return self._floods.start_limit(user_id, self.clock.monotonic_s())

    # -- sockets -------------------------------------------------------------------------------------------------

    def connect(self, link: Link, handshake: Handshake) -> Client:
        """Take a new socket and greet it."""
        client = Client(self, link, handshake)
        full = len(self.clients) >= self.config.connections_max
        self.clients.add(client)
        if self._stopping:
            client.close(CloseCode.SERVICE_RESTART, "The gateway restarts.")
        elif full:
            client.close(CloseCode.TRY_AGAIN_LATER, "The gateway is full. Try again later.")
        else:
            client.open()
        return client

    def sweep(self) -> None:
        """Let time pass: deadlines of sockets, sessions that nobody resumed, memory that is over its budget."""
        now_s = self.clock.monotonic_s()
        for client in [client for client in self.clients if client.connection.deadline_s <= now_s]:
            client.expire(now_s)
        self._lifecycle.sweep()

    def _sweep_again(self) -> None:
        if self._loop is None or self._stopping:
            return
        self.sweep()
        self._sweeping = self._loop.call_later(SWEEP_S, self._sweep_again)

    # -- events --------------------------------------------------------------------------------------------------

    def publish(self, event: events.Event) -> None:
        """Bring `event` to whoever may know of it. An event that was published before changes nothing."""
        if event.event_id in self._published:
            return
        self._published[event.event_id] = None
        if len(self._published) > _EVENT_IDS_KEPT:
            self._published.popitem(last=False)
        self._router.route(event)

    def tell_voice_server(self, session_id: str, server: VoiceServer) -> None:
        """Tell a session where to connect, as when somebody moved it; one that is gone need not know."""
        session = self.registry.sessions.get(session_id)
        if session is not None:
            self._commands.tell_voice_server(session, server)

    # -- what clients need (their `Host`) ------------------------------------------------------------------------

    def perform(self, client: Client, command: Command) -> None:
        """Carry out what a client asks for."""
        self._commands.perform(client, command)

    def forget(self, client: Client) -> None:
        """Know a client no longer: its socket is gone."""
        self.clients.discard(client)

    def detach(self, session: LiveSession, *, ends: bool) -> None:
        """Take note that a session lost its socket, and that it `ends` with it."""
        self._lifecycle.detach(session, ends=ends)

    # -- what rooms need (their `House`) -------------------------------------------------------------------------

    def deliver(self, room: Room, event: events.Event, only: LiveSession | None) -> Awaitable[None] | None:
        """Deliver an event of a guild; return what must be awaited before the next one."""
        return delivery.deliver(room, event, only)

    def enter(self, room: Room, user_id: int) -> None:
        """Bring a user's sessions into the guild that the user just joined."""
        self._entrance.joined(room, user_id)

    def invalidate(self, session: LiveSession) -> None:
        """End a session that would miss something."""
        self._lifecycle.invalidate(session)
