"""Records calls: who was there, how well each leg did, what happened; and raises an alarm while one stays bad.

The recorder looks on from three sides: it watches what the media plane is told (`WatchedPlane`), observes what the
media plane reports (`Observer`) and listens to what happens in rooms (`Listener`). It changes nothing, waits for
nothing, and whatever fails in it is logged and kept to itself: a call goes on without its record.

Calling contract: `start` once; the three sides' methods on the event loop as things happen; `flush` every few seconds;
`sweep` now and then; `close` when nothing more comes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Protocol

from livekit.protocol import models

from hubbub.kernel import telemetry
from hubbub.kernel.clock import Clock
from hubbub.kernel.errors import HubbubError
from hubbub.voice.adapters.call_store import CallStore, MinuteRow
from hubbub.voice.config import VoiceConfig
from hubbub.voice.domain.sdp.description import Kind
from hubbub.voice.domain.symptom import Source, Surroundings
from hubbub.voice.service import media_plane as media
from hubbub.voice.service.call_events import Noting
from hubbub.voice.service.call_state import MINUTE_MS, OpenCall, OpenStay, OpenTransport, Place
from hubbub.voice.service.node_watch import NodeWatch
from hubbub.voice.service.quality_metrics import QualityMetrics

if TYPE_CHECKING:
    from hubbub.voice.service.report import Reports
    from hubbub.voice.service.rooms import Rooms

MINUTES_WAITING_MAX = 20_000
"""Minutes that wait to be written, some 40 MB; when storage is away longer, the oldest give way and are counted."""
_DAY_MS = 86_400_000
_BACK_S = 60.0
"""Who comes back within this after leaving without wanting to was cut off, and reconnected."""

_log = telemetry.logger("hubbub.voice")


class Alarm(Protocol):
    """Who is told when a call stays bad: webhooks."""

    def happened(
        self,
        event: str,
        room: models.Room,
        participant: models.ParticipantInfo | None,
        track: models.TrackInfo | None,
    ) -> None:
        """Take note; `event` is ``quality_degraded`` or ``quality_recovered``."""
        ...


@dataclass(slots=True)
class QualityRecorder:
    """All calls of one process."""

    store: CallStore
    config: VoiceConfig
    clock: Clock
    next_id: Callable[[], int]
    """Makes snowflakes."""
    place_of: Callable[[str], Awaitable[Place | None]] | None = None
    """Says what people call a room of that name; None for a room that is no channel."""
    alarm: Alarm | None = None
    calls: dict[str, OpenCall] = field(default_factory=dict)
    """By the room's sid, those that last."""
    ended: dict[int, OpenCall] = field(default_factory=dict)
    """By id, those that ended and are not written yet."""
    stays: dict[int, OpenStay] = field(default_factory=dict)
    """By id, those that last."""
    sources: dict[str, Source] = field(default_factory=dict)
    """Tracks by their sids."""
    transports: dict[int, OpenTransport] = field(default_factory=dict)
    rooms: dict[str, models.Room] = field(default_factory=dict)
    """By sid, as last told."""
    metrics: QualityMetrics = field(init=False)
    watch: NodeWatch = field(init=False)
    noting: Noting = field(init=False)
    _waiting: deque[MinuteRow] = field(default_factory=deque)

    def __post_init__(self) -> None:
        """Make what looks at samples."""
        self.metrics = QualityMetrics(self.config.node_id, self.config.region)
        self.watch = NodeWatch(self._around)
        self.noting = Noting(self)

    # -- life ------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """End the calls that a former process was killed in."""
        await self.store.end_left_open(self.config.node_id)

    def follow(self, reports: Reports, alarm: Alarm | None = None) -> None:
        """Observe `reports` and listen to their rooms; tell `alarm` what stays bad."""
        reports.rooms.listeners.add(self)
        reports.observer = self
        self.alarm = alarm

    async def flush(self) -> int:
        """Write what is new; return how many minutes were written. What cannot be written waits, within bounds."""
        now_ms = self.clock.unix_ms()
        self.noting.count(self.watch.turn(now_ms))
        calls = [*self.ended.values(), *self.calls.values()]
        stays = [stay for call in calls for stay in call.everyone()]
        self._close_minutes(stays, now_ms)
        due = [stay for stay in stays if stay.dirty and stay.due]
        changed = {stay.call.id: stay.call for stay in stays if stay.dirty} | self.ended
        if not changed and not self._waiting:
            return 0
        for call in changed.values():
            await self._name(call)
        written = await self._write(list(changed.values()), due, now_ms)
        for call in calls:
            call.prune()
        return written

    def _close_minutes(self, stays: list[OpenStay], now_ms: int) -> None:
        """Put the minutes that are over among those that wait to be written."""
        for stay in stays:
            if now_ms - stay.minute_ms >= MINUTE_MS or stay.ended_ms is not None:
                stay.close_minute()
            self._waiting += [MinuteRow(stay.call.id, stay.id, *closed) for closed in stay.closed]
            stay.closed.clear()
        lost = max(0, len(self._waiting) - MINUTES_WAITING_MAX)
        for _ in range(lost):
            self._waiting.popleft()
        self.metrics.dropped(lost)

    async def _write(self, calls: list[OpenCall], stays: list[OpenStay], now_ms: int) -> int:
        """Write rows; what changes meanwhile is dirty again, and what fails stays so."""
        minutes = list(self._waiting)
        rows = [call.row(now_ms) for call in calls]
        stay_rows = [stay.row() for stay in stays]
        for stay in stays:
            stay.dirty = stay.due = False
        try:
            await self.store.put(rows, stay_rows, minutes)
        except HubbubError as problem:
            for stay in stays:
                stay.dirty = stay.due = True
            _log.warning("the record of calls cannot be written and will be tried again", reason=problem.sentence)
            return 0
        for _ in range(min(len(minutes), len(self._waiting))):
            self._waiting.popleft()
        for row in rows:
            if row.ended_at_ms is not None:
                self.ended.pop(row.id, None)
        return len(minutes)

    async def sweep(self) -> int:
        """Forget what is too old or too much; return how many minutes that were."""
        cutoff_ms = self.clock.unix_ms() - self.config.call_days * _DAY_MS
        return await self.store.forget(cutoff_ms, self.config.call_minutes_max)

    async def close(self) -> None:
        """End all calls and write what is left."""
        for call in list(self.calls.values()):
            for stay in list(call.here.values()):
                self.leave(stay, "server_stopped")
            self.end(call)
        self.noting.count(self.watch.finish())
        await self.flush()

    # -- what is seen ----------------------------------------------------------------------------------------------

    def observed(self, rooms: Rooms, event: media.Event) -> None:
        """Take what the media plane reports, before the rooms do."""
        member = rooms.transports.owners.get(event.transport_id) if isinstance(event, media.Connected) else None
        self._guard(partial(self.noting.take, event, member.joining.client if member is not None else None))

    def happened(
        self,
        event: str,
        room: models.Room,
        participant: models.ParticipantInfo | None,
        track: models.TrackInfo | None,
    ) -> None:
        """Take what rooms tell."""
        self._guard(partial(self.noting.happened, event, room, participant, track))

    def opened(self, spec: media.TransportSpec) -> None:
        """Let a stay begin with its first transport."""
        self._guard(partial(self._open, spec))

    def restarted(self, transport_id: int) -> None:
        """Take note that a client came back on a transport; opening one says so too, and is none."""
        self._guard(partial(self.noting.restarted, transport_id))

    def commanded(self, command: media.Command) -> None:
        """Take what the media plane is told."""
        self._guard(partial(self._command, command))

    def _guard(self, note: Callable[[], None]) -> None:
        try:
            note()
        except Exception:  # noqa: BLE001 - a call goes on without its record
            _log.exception("something of a call could not be recorded")

    # -- calls, stays, transports ------------------------------------------------------------------------------------

    def _open(self, spec: media.TransportSpec) -> None:
        call = self._call(spec.room)
        stay = call.here.get(spec.participant) or self.enter(call, spec.participant)
        transport = OpenTransport(spec.transport_id, stay)
        self.transports[spec.transport_id] = stay.transports[spec.transport_id] = transport

    def _call(self, room_sid: str) -> OpenCall:
        call = self.calls.get(room_sid)
        if call is None:
            room = self.rooms.get(room_sid)
            call = OpenCall(
                id=self.next_id(),
                room_sid=room_sid,
                room=room.name if room is not None else room_sid,
                node_id=self.config.node_id,
                region=self.config.region,
                began_ms=self.clock.unix_ms(),
                info=room,
            )
            self.calls[room_sid] = call
        return call

    def enter(self, call: OpenCall, participant_sid: str) -> OpenStay:
        """Let a participant's stay in a call begin."""
        stay = OpenStay(self.next_id(), call, participant_sid, self.clock.unix_ms(), self.clock.monotonic_s())
        call.here[participant_sid] = self.stays[stay.id] = stay
        call.stays += 1
        call.people_peak = max(call.people_peak, len(call.here))
        call.ended_ms = None
        return stay

    def identify(self, stay: OpenStay, info: models.ParticipantInfo) -> None:
        """Take who a participant is."""
        stay.info, stay.identity, stay.name = info, info.identity, info.name
        stay.call.remember(info.name, info.identity)
        stay.dirty = True

    def is_back(self, stay: OpenStay) -> bool:
        """Return whether the person of a stay was cut off from the same call a moment ago."""
        return any(
            former.identity == stay.identity
            and former.left_because != "client_initiated"
            and former.ended_ms is not None
            and 0 <= stay.began_ms - former.ended_ms <= _BACK_S * 1000
            for former in stay.call.gone.values()
        )

    def leave(self, stay: OpenStay, because: str) -> None:
        """End a stay."""
        now_ms = self.clock.unix_ms()
        for transport in stay.transports.values():
            self.transports.pop(transport.transport_id, None)
            self.noting.hear(transport, now_ms)
            for sid in transport.own:
                self.sources.pop(sid, None)
        stay.ended_ms, stay.left_because = now_ms, because
        stay.dirty = stay.due = True
        self.stays.pop(stay.id, None)
        stay.call.leave(stay)
        if not stay.call.here:
            stay.call.ended_ms = now_ms

    def end(self, call: OpenCall) -> None:
        """End a call with its room."""
        self.calls.pop(call.room_sid, None)
        if call.ended_ms is None:
            call.ended_ms = self.clock.unix_ms()
        self.ended[call.id] = call

    def _command(self, command: media.Command) -> None:
        if isinstance(command, media.PublishTrack):
            self._publish(command)
        elif isinstance(command, media.UnpublishTrack):
            source = self.sources.pop(command.track, None)
            if source is not None and (stay := self.stays.get(source.owner)) is not None:
                for transport in stay.transports.values():
                    transport.own.pop(command.track, None)
        elif isinstance(command, media.MuteTrack):
            source = self.sources.get(command.track)
            if source is not None and source.muted is not command.muted:
                self.sources[command.track] = source._replace(muted=command.muted)
                self.noting.muted(source.owner, command.track, muted=command.muted)
        elif isinstance(command, media.MoveTransport):
            self._move(command)

    def _publish(self, command: media.PublishTrack) -> None:
        transport = self.transports.get(command.transport_id)
        if transport is None:
            return
        transport.own[command.track] = None
        known = self.sources.get(command.track)
        source = known or Source(transport.stay.id, video=command.kind == Kind.VIDEO)
        self.sources[command.track] = source._replace(owner=transport.stay.id, muted=command.muted)

    def _move(self, command: media.MoveTransport) -> None:
        """Let a participant's stay go on as another one, in another call."""
        transport = self.transports.get(command.transport_id)
        if transport is None:
            return
        former = transport.stay
        call = self._call(command.room)
        stay = call.here.get(former.participant_sid)
        if stay is None:
            stay = self.enter(call, former.participant_sid)
            stay.identity, stay.name, stay.client, stay.info = former.identity, former.name, former.client, former.info
            stay.remote, stay.protocol, stay.connected_ms = former.remote, former.protocol, stay.began_ms
            stay.tracks = dict(former.tracks)
            call.remember(stay.name, stay.identity)
            self.noting.came(stay, "moved")
        del former.transports[transport.transport_id]
        transport.stay = stay
        stay.transports[transport.transport_id] = transport
        for sid in transport.own:
            if sid in self.sources:
                self.sources[sid] = self.sources[sid]._replace(owner=stay.id)
        if not former.transports:
            self.leave(former, "moved")

    def _around(self, transport: OpenTransport) -> Surroundings:
        return Surroundings(
            sources=self.sources,
            stay=transport.stay.id,
            own=tuple(sid for sid in transport.own if sid in self.sources and self.sources[sid].ought_to_arrive),
            congested=transport.congested,
            narrowed=bool(transport.paused or transport.lowered),
            over_tcp=transport.over_tcp,
        )

    async def _name(self, call: OpenCall) -> None:
        """Learn what people call a room, once."""
        if call.place is None and self.place_of is not None:
            try:
                call.place = await self.place_of(call.room) or Place(call.room)
            except HubbubError:
                call.place = Place(call.room)
