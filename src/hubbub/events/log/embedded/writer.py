"""Turning queued appends into durable records: one write and one flush per partition and group."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

from hubbub.events.log.embedded.committer import GroupCommitter
from hubbub.events.log.embedded.config import Config
from hubbub.events.log.embedded.disk import FULL
from hubbub.events.log.embedded.partition import Partition
from hubbub.events.log.embedded.topic import Topic
from hubbub.events.log.errors import EventLogError, LogBroken, LogFull, RecordTooLarge
from hubbub.events.log.port import Record, RecordPosition
from hubbub.kernel.clock import Clock
from hubbub.kernel.telemetry import logger, meter

_log = logger("hubbub.events.log")
_meter = meter("hubbub.events.log")
_records = _meter.create_counter("hubbub.event_log.records", unit="{record}", description="Records made durable")
_commits = _meter.create_histogram("hubbub.event_log.commit", unit="s", description="Time of a group's write and flush")

_RECORD_WEIGHT = 256
"""Bytes that a queued record weighs beyond its payload: Python's objects for it."""


class _Append(NamedTuple):
    topic: Topic
    records: Sequence[Record]
    done: asyncio.Future[list[RecordPosition]]


Outcome = tuple[_Append, list[RecordPosition] | EventLogError]


class Writer:
    """The thread that alone changes partitions."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        topics: Callable[[], Sequence[Topic]],
        loop: asyncio.AbstractEventLoop,
        appended: Callable[[], None],
    ) -> None:
        """Start.

        Args:
            config: Of the log.
            clock: Gives the time of a group.
            topics: Returns every open topic; called on the thread.
            loop: Where appends wait.
            appended: Called on `loop` after each group that became durable.
        """
        self._clock = clock
        self._topics = topics
        self._loop = loop
        self._appended = appended
        self._weight_max = config.queue_bytes_max
        self._trouble: Exception | None = None
        self._committer: GroupCommitter[_Append | asyncio.Future[None]] = GroupCommitter(
            "event-log-writer",
            self._commit,
            linger_s=config.group_commit_ms / 1000,
            group_weight=config.group_bytes,
            queue_weight_max=config.queue_bytes_max,
            chore=self._maintain,
            chore_every_s=config.maintenance_s,
        )

    def check_whole(self) -> None:
        """Raise `LogBroken` once the disk has failed."""
        if self._trouble is not None:
            raise LogBroken from self._trouble

    async def append(self, topic: Topic, records: Sequence[Record]) -> list[RecordPosition]:
        """Queue `records` and return their positions once they are durable."""
        self.check_whole()
        weight = sum(len(record.value) + len(record.key or b"") + _RECORD_WEIGHT for record in records)
        if weight > self._weight_max:
            raise RecordTooLarge("records", weight, self._weight_max)
        done: asyncio.Future[list[RecordPosition]] = self._loop.create_future()
        self._committer.submit(_Append(topic, records, done), weight)
        return await done

    async def maintain(self) -> None:
        """Apply retention now and return when that is done."""
        done: asyncio.Future[None] = self._loop.create_future()
        self._committer.submit(done, 0)
        await done

    def close(self) -> None:
        """Write what is queued and end the thread; blocks."""
        self._committer.close()

    def _commit(self, items: list[_Append | asyncio.Future[None]]) -> None:
        appends = [item for item in items if isinstance(item, _Append)]
        waiters = [item for item in items if not isinstance(item, _Append)]
        if appends:
            outcomes = self._settle(appends)
            self._on_loop(lambda: self._tell(outcomes))
            self._retain({append.topic for append in appends})
        if waiters:
            self._maintain()
            self._on_loop(lambda: _release(waiters))

    def _settle(self, appends: list[_Append]) -> list[Outcome]:
        """Make the group durable, or nothing of it acknowledged."""
        if self._trouble is not None:
            return [(append, LogBroken()) for append in appends]
        touched: dict[Partition, int] = {}
        start_s = self._clock.monotonic_s()
        try:
            outcomes = self._stage(appends, touched)
            for partition, roll_age_ms in touched.items():
                partition.write(roll_age_ms)
        except OSError as problem:
            refusal = self._undo(touched, problem)
            return [(append, refusal()) for append in appends]
        except Exception as problem:  # noqa: BLE001 - the thread must live to tell every waiter
            refusal = self._break(problem)
            return [(append, refusal()) for append in appends]
        try:
            for partition in touched:
                partition.sync()
        except Exception as problem:  # noqa: BLE001 - after a failed flush only a restart tells what the disk holds
            refusal = self._break(problem)
            for partition in touched:  # the kernel may take unflushed bytes for flushed ones now: let nobody find them
                with contextlib.suppress(OSError):
                    partition.rollback()
            return [(append, refusal()) for append in appends]
        for partition in touched:
            partition.publish()
        _commits.record(self._clock.monotonic_s() - start_s)
        _records.add(sum(len(append.records) for append in appends))
        return outcomes

    def _stage(self, appends: list[_Append], touched: dict[Partition, int]) -> list[Outcome]:
        now_ms = self._clock.unix_ms()
        outcomes: list[Outcome] = []
        for append in appends:
            positions = []
            roll_age_ms = append.topic.roll_age_ms
            for record in append.records:
                partition = append.topic.partition_of(record)
                touched[partition] = roll_age_ms
                positions.append(RecordPosition(partition.name.partition, partition.stage(record, now_ms)))
            outcomes.append((append, positions))
        return outcomes

    def _undo(self, touched: dict[Partition, int], problem: OSError) -> Callable[[], EventLogError]:
        """Cut away what was written of a group that did not fit."""
        if problem.errno not in FULL:
            return self._break(problem)
        try:
            for partition in touched:
                partition.rollback()
        except OSError as worse:
            return self._break(worse)
        _log.error("event_log_full", problem=str(problem))
        return LogFull

    def _break(self, problem: Exception) -> Callable[[], EventLogError]:
        """Refuse every append from now on: nobody knows what the files hold beyond the last durable group."""
        _log.error("event_log_broken", problem=repr(problem))
        self._trouble = problem
        return LogBroken

    def _tell(self, outcomes: list[Outcome]) -> None:
        """Answer the appends; runs on the loop. Consumers are woken first: an answer may close the log."""
        self._appended()
        for append, outcome in outcomes:
            if append.done.done():
                continue  # its caller gave up waiting
            if isinstance(outcome, EventLogError):
                append.done.set_exception(outcome)
            else:
                append.done.set_result(outcome)

    def _on_loop(self, callback: Callable[[], object]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed without closing the log: nobody waits any more
            self._loop.call_soon_threadsafe(callback)

    def _maintain(self) -> None:
        self._retain(self._topics())

    def _retain(self, topics: Sequence[Topic] | set[Topic]) -> None:
        """Apply retention; trouble is logged and met again at the next append."""
        if self._trouble is not None:
            return  # a file with an unknown tail must stay the last of its partition, where recovery cuts it
        now_ms = self._clock.unix_ms()
        for topic in topics:
            for partition in topic.partitions:
                try:
                    partition.roll_if_older(now_ms, topic.roll_age_ms)
                except OSError as problem:
                    _log.warning("event_log_roll_failed", topic=topic.name, problem=str(problem))
                partition.retain(topic.retention, now_ms)


def _release(waiters: Sequence[asyncio.Future[None]]) -> None:
    for waiter in waiters:
        if not waiter.done():
            waiter.set_result(None)
