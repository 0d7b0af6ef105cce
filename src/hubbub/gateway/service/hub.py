"""The gateway of one process: its sockets, its sessions, and the way of every event to them.

Calling contract: `start` on the running loop, then `connect` for each socket and `publish` for each event in commit
order; `stop` at the end. `publish` never waits: it appends to rings and lets the next flush write.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from hubbub.events.contracts import events
from hubbub.gateway.config import GatewayConfig
from hubbub.gateway.domain import dispatch, protocol
from hubbub.gateway.domain.limit import ReplayBudget
from hubbub.gateway.domain.protocol import CloseCode
from hubbub.gateway.errors import DirectoryUnavailable, SessionFileBroken
from hubbub.gateway.service import keeping
from hubbub.gateway.service.client import Client
from hubbub.gateway.service.flood import Floods, SessionStartLimit
from hubbub.gateway.service.live import LiveSession
from hubbub.gateway.service.members import Members
from hubbub.gateway.service.metric import GatewayMetrics
from hubbub.gateway.service.opening import Opening
from hubbub.gateway.service.outbound import Outbound
from hubbub.gateway.service.presences import Presences
from hubbub.gateway.service.room import Room
from hubbub.gateway.service.router import Router
from hubbub.kernel.clock import Clock
from hubbub.kernel.errors import HubbubError
from hubbub.kernel.randomness import RandomSource, SystemRandom
from hubbub.kernel.telemetry import logger

if TYPE_CHECKING:
    from hubbub.gateway.domain.command import VoiceStateUpdate
    from hubbub.gateway.domain.handshake import Handshake
    from hubbub.gateway.service.directory import Directory, Identity
    from hubbub.gateway.service.link import Link
    from hubbub.gateway.service.voice import VoiceHandoff

T = TypeVar("T")

SWEEP_S = 1.0
"""Seconds between looks at deadlines; they are tens of seconds long."""
_TRIES = 6
_FIRST_PAUSE_S = 0.05
_SERVER_FAULT = 500
_EVENT_IDS_KEPT = 8192
"""Events that are known to have been published; the relay repeats what it could not mark as done."""
_CATCH_UP_S = 0.05
_CATCH_UP_TRIES = 2400


class Hub:
    """All sessions of one process."""

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
        self.directory = directory
        self.clock = clock
        self.random = random or SystemRandom()
        self.voice = voice
        self.log = logger("hubbub.gateway")
        self.clients: set[Client] = set()
        self.sessions: dict[str, LiveSession] = {}
        self.users: dict[int, list[LiveSession]] = {}
        self.applications: dict[int, list[LiveSession]] = {}
        self.rooms: dict[int, Room] = {}
        self.metrics = GatewayMetrics(self.session_counts)
        self.budget = ReplayBudget(config.replay_bytes_total)
        self.outbound = Outbound(config, self.budget, self.metrics, self._overrun)
        self.floods = Floods(config)
        self.presences = Presences(self)
        self.members = Members(self)
        self.opening = Opening(self)
        self.router = Router(self)
        self._session_file = session_file
        self._tasks: set[asyncio.Task[None]] = set()
        self._published: OrderedDict[int, None] = OrderedDict()
        self._stopping = False
        self._sweeping: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    # -- life ----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Take up the sessions that the last stop kept, and begin to flush and to watch deadlines."""
        self._loop = asyncio.get_running_loop()
        if self._session_file is not None:
            try:
                document = await asyncio.to_thread(keeping.read, self._session_file)
                if document is not None:
                    self._published = keeping.restore(self, document)
            except SessionFileBroken as problem:
                self.log.warning(
                    "gateway.session_file_broken", path=str(self._session_file), cause=str(problem.__cause__)
                )
        self.outbound.start(self._loop)
        self._sweeping = self._loop.call_later(SWEEP_S, self._sweep_again)

    async def stop(self) -> None:
        """Ask every client to reconnect, close the sockets, keep the sessions for the next start.

        Whoever publishes must have stopped before: what is published later is in no kept ring.
        """
        self._stopping = True
        if self._sweeping is not None:
            self._sweeping.cancel()
        tasks = list(self._tasks)
        if tasks:
            await asyncio.wait(tasks, timeout=SWEEP_S)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.outbound.flush_all()
        for client in list(self.clients):
            client.shutdown()
        if self._session_file is not None:
            document = keeping.document_of(self, self._published)
            await asyncio.to_thread(keeping.write, self._session_file, document)

    def session_counts(self) -> tuple[int, int]:
        """Return how many sessions have a socket and how many wait for a resume."""
        attached = sum(session.link is not None for session in self.sessions.values())
        return attached, len(self.sessions) - attached

    async def health(self) -> str:
        """Return the line of `/healthz`."""
        attached, detached = self.session_counts()
        return f"{attached} sessions connected, {detached} waiting to resume, {len(self.rooms)} guilds followed"

    def start_limit(self, user_id: int) -> SessionStartLimit:
        """Return what a bot may still identify, for `GET /gateway/bot`."""
        return self.floods.start_limit(user_id, self.clock.monotonic_s())

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
        expired = now_s - self.config.resume_window_s
        private_bytes, over = 0, self.budget.floor
        for session in list(self.sessions.values()):
            if session.link is None and session.held is None and session.detached_at_s <= expired:
                self.end(session)
                continue
            private_bytes += session.private_weight
            if session.ring and session.ring[0].number < over:
                session.settle(
                    self.config.replay_events_max,
                    self.config.replay_bytes_max,
                    attached=session.link is not None,
                    floor=over,
                )
        if private_bytes > self.config.replay_bytes_total:
            self._shed(private_bytes)

    def _sweep_again(self) -> None:
        if self._loop is None or self._stopping:
            return
        self.sweep()
        self._sweeping = self._loop.call_later(SWEEP_S, self._sweep_again)

    def _shed(self, private_bytes: int) -> None:
        """Free what single sessions hold, the heaviest first, until the budget holds."""
        for session in sorted(self.sessions.values(), key=lambda session: -session.private_weight):
            if private_bytes <= self.config.replay_bytes_total:
                return
            before = session.private_weight
            session.shed(attached=session.link is not None)
            private_bytes -= before - session.private_weight

    def _overrun(self, session: LiveSession) -> None:
        if session.client is not None:
            session.client.cut()

    # -- sessions ------------------------------------------------------------------------------------------------

    def make_room_for(self, identity: Identity) -> bool:
        """Return whether one more session of a user fits, ending the user's oldest detached one where that helps."""
        own = self.users.get(identity.user_id, ())
        if len(own) < self.config.sessions_per_user_max and len(self.sessions) < self.config.sessions_max:
            return True
        detached = [session for session in own if session.link is None and session.held is None]
        if not detached:
            return False
        self.end(min(detached, key=lambda session: session.detached_at_s))
        return True

    def register(self, session: LiveSession) -> None:
        """Know a session; from now on its user's events are held or delivered."""
        self.sessions[session.session_id] = session
        self.users.setdefault(session.user_id, []).append(session)
        if session.identity.application_id is not None:
            self.applications.setdefault(session.identity.application_id, []).append(session)

    def detach(self, session: LiveSession, *, ends: bool) -> None:
        """A session lost its socket."""
        session.detach(self.clock.monotonic_s())
        self.outbound.sockets_changed()
        if ends:
            self.end(session)

    def end(self, session: LiveSession) -> None:
        """Forget a session; its client must identify anew."""
        if session.ended:
            return
        session.ended = True
        self.sessions.pop(session.session_id, None)
        _discard(self.users, session.user_id, session)
        if session.identity.application_id is not None:
            _discard(self.applications, session.identity.application_id, session)
        guild_ids = set(session.guild_ids)
        for guild_id in guild_ids:
            if (room := self.rooms.get(guild_id)) is not None:
                room.leave(session)
        if session.held is None:
            self.presences.changed(session.user_id, guild_ids)

    def invalidate(self, session: LiveSession) -> None:
        """End a session that cannot be kept whole, telling its client to identify anew."""
        client = session.client
        self.end(session)
        if client is not None:
            client.send(protocol.INVALID_SESSION)
            client.close(CloseCode.UNKNOWN_ERROR, "The session could not be kept. Identify anew.")

    def dispatch(self, session: LiveSession, name: str, body: bytes) -> None:
        """Send a dispatch that only this session gets."""
        if not session.ended:
            self.outbound.send(session, self.outbound.payload(name, body, private=True))

    async def caught_up(self, session: LiveSession) -> None:
        """Wait until a session's socket took everything, or is gone; bounded by two minutes."""
        for _ in range(_CATCH_UP_TRIES):
            self.outbound.drained(session)
            if session.ended or session.link is None or session.sent == session.last:
                return
            await asyncio.sleep(_CATCH_UP_S)

    # -- rooms ---------------------------------------------------------------------------------------------------

    def room(self, guild_id: int) -> Room:
        """Return a guild's room, opened when there is none."""
        room = self.rooms.get(guild_id)
        if room is None:
            room = self.rooms[guild_id] = Room(self, guild_id)
        return room

    def close_room(self, room: Room) -> None:
        """Forget a room in which nobody is and nothing waits."""
        if room.idle and self.rooms.get(room.guild_id) is room:
            del self.rooms[room.guild_id]

    # -- events --------------------------------------------------------------------------------------------------

    def publish(self, event: events.Event) -> None:
        """Bring `event` to whoever may know of it. An event that was published before changes nothing."""
        if event.event_id in self._published:
            return
        self._published[event.event_id] = None
        if len(self._published) > _EVENT_IDS_KEPT:
            self._published.popitem(last=False)
        self.router.route(event)

    async def hand_to_voice(self, session: LiveSession, update: VoiceStateUpdate) -> None:
        """Pass op 4 on to voice, if there is one."""
        if self.voice is None or update.guild_id not in session.guild_ids:
            return
        try:
            server = await self.voice.update(session.user_id, session.session_id, update)
        except HubbubError as problem:
            self.log.info("gateway.voice_refused", user_id=session.user_id, code=problem.code)
            return
        if server is not None:
            body = dispatch.encode(
                {"token": server.token, "guild_id": str(server.guild_id), "endpoint": server.endpoint}
            )
            self.dispatch(session, "VOICE_SERVER_UPDATE", body)

    # -- work that waits -----------------------------------------------------------------------------------------

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        """Run `work` under this hub, which waits for it when it stops."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            self.log.error("gateway.task_failed", exc_info=problem)

    async def ask(self, question: Callable[[], Awaitable[T]], unknown: T) -> T:
        """Ask the directory, again when it is at fault.

        Args:
            question: Makes the awaitable anew for each try.
            unknown: Answer when the directory says that what was asked for is not there.

        Raises:
            DirectoryUnavailable: No answer after several tries, about three seconds.
        """
        pause_s = _FIRST_PAUSE_S
        for _ in range(_TRIES):
            try:
                return await question()
            except HubbubError as problem:
                if problem.status < _SERVER_FAULT:
                    return unknown
                self.log.warning("gateway.directory_failed", code=problem.code)
            except Exception:
                self.log.exception("gateway.directory_failed")
            await asyncio.sleep(pause_s)
            pause_s *= 2
        raise DirectoryUnavailable


def _discard(index: dict[int, list[LiveSession]], key: int, session: LiveSession) -> None:
    sessions = index.get(key, [])
    if session in sessions:
        sessions.remove(session)
        if not sessions:
            del index[key]
