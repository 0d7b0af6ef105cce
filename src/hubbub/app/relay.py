"""Carries events from the outbox to those who wait for them.

Two loops read the same outbox with a cursor each. The first tells the gateway, in commit order and at once. The second
gathers a moment's rows, appends them to the event log and, when that is durable, discards them; a slow or full log
therefore never delays what people see. After a crash, rows not yet discarded are carried again: an event's id tells a
repetition.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable

from opentelemetry.metrics import CallbackOptions, Observation

from hubbub.events.contracts import events
from hubbub.events.log.errors import RecordTooLarge
from hubbub.events.log.port import EventLog, Record, Retention
from hubbub.kernel import telemetry
from hubbub.kernel.errors import HubbubError
from hubbub.storage.records.port import OutboxRow, Records

TOPIC = "community"
PARTITIONS = 4
"""Enough for four consumers of one group; a guild's events stay in one partition, hence in order."""

_RETENTION = Retention(bytes_max=512 * 1024 * 1024, age_ms_max=7 * 86_400_000)
_ROWS_PER_READ = 500
_LOG_EVERY_S = 0.05
"""How long rows gather before the log is asked: one append and one discard for all of them."""
_ASK_EVERY_S = 1.0
"""Rows of other processes ring no bell here, so the outbox is asked now and then."""
_RETRY_S = 1.0

_log = telemetry.logger(__name__)
_meter = telemetry.meter("hubbub.app")
_relayed = _meter.create_counter("hubbub.relay.events", unit="{event}", description="Events told to the gateway")


class Relay:
    """Moves rows from the outbox to `publish` and to the event log."""

    def __init__(self, records: Records, log: EventLog, publish: Callable[[events.Event], None]) -> None:
        """Carry `records`' outbox; `publish` must neither block nor raise for a single bad event."""
        self._records = records
        self._event_log = log
        self._publish = publish
        self._published = 0
        self._logged = 0
        self._committed = asyncio.Event()
        self._told = asyncio.Event()
        self._stopping = False
        self.refusal = ""
        """Why the event log takes nothing at the moment; empty while it does."""
        _meter.create_observable_gauge(
            "hubbub.relay.behind", [self._observe], unit="{event}", description="Events told, not yet in the event log"
        )
        self._teller: asyncio.Task[None] | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin with whatever a former process left behind."""
        await self._event_log.create_topic(TOPIC, partitions=PARTITIONS, retention=_RETENTION)
        self._records.on_commit(self._committed.set)
        self._teller = asyncio.create_task(self._tell())
        self._keeper = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Carry everything committed so far, then end; what the log does not take stays in the outbox."""
        self._stopping = True
        self._committed.set()
        if self._teller is not None:
            await self._teller
        self._told.set()
        if self._keeper is not None:
            await self._keeper

    def behind(self) -> int:
        """Return how many outbox rows the event log is behind the gateway, at most: numbers may have gaps."""
        return self._published - self._logged

    async def healthy(self) -> str:
        """Return how far the relay is; raises when a loop died or the event log refuses."""
        for task in (self._teller, self._keeper):
            if task is None or task.done():
                raise RuntimeError("the relay does not run")
        if self.refusal:
            raise RuntimeError(f"events wait in the outbox, for the event log takes none: {self.refusal}")
        return f"event {self._published} told, {self._logged} logged"

    def _observe(self, _options: CallbackOptions) -> Iterable[Observation]:
        yield Observation(self.behind())

    async def _tell(self) -> None:
        while True:
            self._committed.clear()
            stopping = self._stopping
            rows = await self._read(self._published)
            for row in rows:
                self._tell_one(row)
                self._published = row.seq
            if rows:
                _relayed.add(len(rows))
                self._told.set()
            elif stopping:
                return
            else:
                await _wait(self._committed, _ASK_EVERY_S)

    def _tell_one(self, row: OutboxRow) -> None:
        try:
            self._publish(events.decode(row.payload))
        except Exception:  # noqa: BLE001 - one event that cannot be told must not silence the rest
            _log.exception("an event could not be told", seq=row.seq)

    async def _keep(self) -> None:
        while True:
            await self._told.wait()
            self._told.clear()
            stopping = self._stopping
            if not stopping:
                await asyncio.sleep(_LOG_EVERY_S)
            while self._logged < self._published:
                if not await self._append() and stopping:
                    return
            if stopping:
                return

    async def _append(self) -> bool:
        """Log and discard the next rows of those that were told; return whether that worked."""
        rows = [row for row in await self._read(self._logged) if row.seq <= self._published]
        if not rows:
            return False
        try:
            await self._append_rows(rows)
            self._logged = rows[-1].seq
            await self._records.outbox_discard(self._logged)
            self.refusal = ""
        except HubbubError as problem:
            self.refusal = problem.sentence
            _log.warning("the event log does not take events; they wait in the outbox", reason=problem.sentence)
            await asyncio.sleep(_RETRY_S)
            return False
        return True

    async def _append_rows(self, rows: list[OutboxRow]) -> None:
        """Log `rows`; one that is too large for the log is reported and passed over, since it would block the rest."""
        records = [Record(row.payload, str(row.key).encode()) for row in rows]
        try:
            await self._event_log.append(TOPIC, records)
        except RecordTooLarge as problem:
            if len(rows) == 1:
                _log.error("an event is too large for the event log", seq=rows[0].seq, reason=problem.sentence)
                return
            for row in rows:
                await self._append_rows([row])

    async def _read(self, after: int) -> list[OutboxRow]:
        try:
            return await self._records.outbox(after, _ROWS_PER_READ)
        except HubbubError as problem:
            _log.warning("the outbox cannot be read", reason=problem.sentence)
            await asyncio.sleep(_RETRY_S)
            return []


async def _wait(bell: asyncio.Event, timeout_s: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await bell.wait()
