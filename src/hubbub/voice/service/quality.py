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

from livekit.protocol import models

from hubbub.kernel import telemetry
from hubbub.kernel.clock import Clock
from hubbub.kernel.errors import HubbubError
from hubbub.voice.adapters.call_store import CallStore, MinuteRow
from hubbub.voice.config import VoiceConfig
from hubbub.voice.service import media_plane as media
from hubbub.voice.service.call_events import Noting
from hubbub.voice.service.call_state import MINUTE_MS, OpenCall, OpenStay, Place
from hubbub.voice.service.listener import Listener
from hubbub.voice.service.node_watch import NodeWatch
from hubbub.voice.service.open_calls import OpenCalls
from hubbub.voice.service.quality_metrics import QualityMetrics
from hubbub.voice.service.report import Reports
from hubbub.voice.service.rooms import Rooms

MINUTES_WAITING_MAX = 20_000
"""Minutes that wait to be written, some 40 MB; when storage is away longer, the oldest give way and are counted."""
_DAY_MS = 86_400_000

_log = telemetry.logger("hubbub.voice")


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
    open: OpenCalls = field(init=False)
    metrics: QualityMetrics = field(init=False)
    watch: NodeWatch = field(init=False)
    noting: Noting = field(init=False)
    _waiting: deque[MinuteRow] = field(default_factory=deque)

    def __post_init__(self) -> None:
        """Make what looks at samples."""
        self.metrics = QualityMetrics(self.config.node_id, self.config.region)
        self.open = OpenCalls(self.config, self.clock, self.next_id)
        self.watch = NodeWatch(self.open.around)
        self.noting = Noting(self.open, self.watch, self.metrics)

    # -- life ------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """End the calls that a former process was killed in."""
        await self.store.end_left_open(self.config.node_id)

    def follow(self, reports: Reports, alarm: Listener | None = None) -> None:
        """Observe `reports` and listen to their rooms; tell `alarm` what stays bad."""
        reports.rooms.listeners.add(self)
        reports.observer = self
        self.noting.alarm = alarm

    async def flush(self) -> int:
        """Write what is new; return how many minutes were written. What cannot be written waits, within bounds."""
        now_ms = self.clock.unix_ms()
        self.noting.count(self.watch.turn(now_ms))
        calls = [*self.open.ended.values(), *self.open.calls.values()]
        stays = [stay for call in calls for stay in call.everyone()]
        self._close_minutes(stays, now_ms)
        due = [stay for stay in stays if stay.dirty and stay.due]
        changed = {stay.call.id: stay.call for stay in stays if stay.dirty} | self.open.ended
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
                self.open.ended.pop(row.id, None)
        return len(minutes)

    async def sweep(self) -> int:
        """Forget what is too old or too much; return how many minutes that were."""
        cutoff_ms = self.clock.unix_ms() - self.config.call_days * _DAY_MS
        return await self.store.forget(cutoff_ms, self.config.call_minutes_max)

    async def close(self) -> None:
        """End all calls and write what is left."""
        for call in list(self.open.calls.values()):
            for stay in list(call.here.values()):
                self.open.leave(stay, "server_stopped")
            self.open.end(call)
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
        self._guard(partial(self.open.open, spec))

    def restarted(self, transport_id: int) -> None:
        """Take note that a client came back on a transport; opening one says so too, and is none."""
        self._guard(partial(self.open.restarted, transport_id))

    def commanded(self, command: media.Command) -> None:
        """Take what the media plane is told."""
        self._guard(partial(self.open.command, command))

    def _guard(self, note: Callable[[], None]) -> None:
        try:
            note()
        except Exception:  # noqa: BLE001 - a call goes on without its record
            _log.exception("something of a call could not be recorded")

    async def _name(self, call: OpenCall) -> None:
        """Learn what people call a room, once."""
        if call.place is None and self.place_of is not None:
            try:
                call.place = await self.place_of(call.room) or Place(call.room)
            except HubbubError:
                call.place = Place(call.room)
