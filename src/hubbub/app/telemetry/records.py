"""Measures what is asked of the records, whichever database holds them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

from opentelemetry.metrics import CallbackOptions, Observation

from hubbub.kernel import telemetry
from hubbub.kernel.errors import HubbubError
from hubbub.storage.records.port import EMPTY, Op, OutboxEntry, OutboxRow, Records, Statement

T = TypeVar("T")

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

_meter = telemetry.meter("hubbub.app")
_commits = _meter.create_histogram(
    "hubbub.records.commit.duration",
    unit="s",
    description="Time until a write was durable",
    explicit_bucket_boundaries_advisory=_SECONDS,
)
_failures = _meter.create_counter(
    "hubbub.records.failures", unit="{failure}", description="Reads and writes that were refused, by error"
)


class ObservedRecords:
    """Records that count what waits, time commits, and make spans when somebody takes them."""

    def __init__(self, records: Records, *, traces: bool) -> None:
        """Stand before `records`; `traces` is whether somebody takes spans."""
        self._records = records
        self._tracer = telemetry.tracer("hubbub.app") if traces else None
        self._reads = 0
        self._writes = 0

        def waiting(_options: CallbackOptions) -> Iterable[Observation]:
            yield Observation(self._reads, {"kind": "read"})
            yield Observation(self._writes, {"kind": "write"})

        _meter.create_observable_gauge(
            "hubbub.records.waiting", [waiting], unit="{request}", description="Reads and writes under way or queued"
        )

    async def fetch(self, statement: Statement[T], params: Mapping[str, object] = EMPTY) -> list[T]:
        """See `Records.fetch`."""
        self._reads += 1
        try:
            with self._span("records.fetch", statement.name):
                return await self._records.fetch(statement, params)
        except HubbubError as problem:
            _failures.add(1, {"error": problem.code})
            raise
        finally:
            self._reads -= 1

    async def fetch_one(self, statement: Statement[T], params: Mapping[str, object] = EMPTY) -> T | None:
        """See `Records.fetch_one`."""
        self._reads += 1
        try:
            with self._span("records.fetch", statement.name):
                return await self._records.fetch_one(statement, params)
        except HubbubError as problem:
            _failures.add(1, {"error": problem.code})
            raise
        finally:
            self._reads -= 1

    async def write(self, ops: Sequence[Op], events: Sequence[OutboxEntry] = ()) -> list[int]:
        """See `Records.write`."""
        self._writes += 1
        began = time.perf_counter()
        try:
            with self._span("records.write", *(op.statement.name for op in ops)):
                counts = await self._records.write(ops, events)
        except HubbubError as problem:
            _failures.add(1, {"error": problem.code})
            raise
        finally:
            self._writes -= 1
        _commits.record(time.perf_counter() - began)
        return counts

    async def outbox(self, after: int, limit: int) -> list[OutboxRow]:
        """See `Records.outbox`."""
        return await self._records.outbox(after, limit)

    async def outbox_discard(self, through: int) -> None:
        """See `Records.outbox_discard`."""
        await self._records.outbox_discard(through)

    def on_commit(self, callback: Callable[[], None]) -> None:
        """See `Records.on_commit`."""
        self._records.on_commit(callback)

    async def close(self) -> None:
        """See `Records.close`."""
        await self._records.close()

    def _span(self, name: str, *statements: str) -> AbstractContextManager[object]:
        if self._tracer is None:
            return _NO_SPAN
        return self._tracer.start_as_current_span(name, attributes={"hubbub.statements": statements})


_NO_SPAN = nullcontext()
