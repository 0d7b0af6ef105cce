"""`Records` on a SQLite file.

The file is held by one process at a time for serving; a second may read and write it for administration, whose writes
wait for each other by SQLite's own lock. All queues are bounded by count, and memory by the page caches' sizes.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from sqlalchemy import bindparam, delete, select

from hubbub.kernel.telemetry import meter
from hubbub.storage.errors import StorageBusy, StorageUnavailable
from hubbub.storage.records.port import EMPTY, Op, OutboxEntry, OutboxRow, Statement
from hubbub.storage.records.schema import outbox_table
from hubbub.storage.records.sqlite.connection import Role, connect, translate
from hubbub.storage.records.sqlite.reader import ReadQueue
from hubbub.storage.records.sqlite.threads import ConnectionThread, Mailbox
from hubbub.storage.records.sqlite.writer import BoundOp, GroupCommitter, Outcome, Write

T = TypeVar("T")

_GROUP_WRITES_MAX = 256
"""Writes in one commit: enough to share a sync among all that a busy moment brings, few enough that the first of them
does not wait long for the last."""

_group_size = meter("hubbub.storage").create_histogram(
    "hubbub.storage.group_writes", unit="{write}", description="Writes that shared one commit"
)

_OUTBOX_PAGE = Statement(
    "outbox.page",
    select(outbox_table.c.seq, outbox_table.c.key, outbox_table.c.payload)
    .where(outbox_table.c.seq > bindparam("after"))
    .order_by(outbox_table.c.seq)
    .limit(bindparam("limit")),
    OutboxRow,
)
_OUTBOX_DISCARD = Statement("outbox.discard", delete(outbox_table).where(outbox_table.c.seq <= bindparam("through")))


class SqliteRecords:
    """Rows and the outbox in one SQLite file; made with `open`, used on the loop that opened it."""

    def __init__(self, path: Path, readers: int, busy_timeout_ms: int, pending_max: int, cache_kib: int) -> None:
        """Start the threads; `open` awaits them."""
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._path = path
        self._closed = False
        self._pending_max = pending_max
        self._writes_pending = 0
        self._writes: queue.SimpleQueue[Write | None] = queue.SimpleQueue()
        self._outcomes: Mailbox[list[Outcome]] = Mailbox(loop, self._settle)
        self._reads = ReadQueue(loop, path, pending_max)
        self._callbacks: list[Callable[[], None]] = []

        def connecting(role: Role) -> Callable[[], sqlite3.Connection]:
            return lambda: connect(path, role, busy_timeout_ms=busy_timeout_ms, cache_kib=cache_kib)

        self._writer = ConnectionThread("records-writer", loop, connecting("writer"), self._serve_writes)
        self._reader_count = readers
        self._connecting_reader = connecting("reader")
        self._readers: list[ConnectionThread] = []

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        readers: int = 2,
        busy_timeout_ms: int = 5_000,
        pending_max: int = 10_000,
        cache_kib: int = 4_096,
    ) -> SqliteRecords:
        """Open the database at `path`, whose folder exists and whose tables are migrated.

        Args:
            path: The file; made when it is not there.
            readers: Threads that read, at least one.
            busy_timeout_ms: How long another process's lock is waited for before `StorageBusy`.
            pending_max: Writes, and apart from them reads, that may wait before more are refused with `StorageBusy`.
            cache_kib: Page cache of each thread's connection, in KiB.

        Raises:
            StorageUnavailable: The file cannot be opened or is no database.
            StorageBusy: Another process holds it locked.
            StorageFull: The disk has no room for the log beside it.
        """
        records = cls(path, readers, busy_timeout_ms, pending_max, cache_kib)
        try:
            # The writer first: it turns the write-ahead log on, without which readers would block it.
            await records._writer.opened
            for number in range(readers):
                thread = ConnectionThread(
                    f"records-reader-{number}", records._loop, records._connecting_reader, records._reads.serve
                )
                records._readers.append(thread)
                await thread.opened
        except Exception as error:
            await records.close()
            raise translate(error, path) from error
        return records

    async def fetch(self, statement: Statement[T], params: Mapping[str, object] = EMPTY) -> list[T]:
        """See `Records.fetch`."""
        if self._closed:
            raise StorageUnavailable
        compiled = statement.compiled("sqlite")
        return await self._reads.ask((statement, compiled.bind(params)), compiled)

    async def fetch_one(self, statement: Statement[T], params: Mapping[str, object] = EMPTY) -> T | None:
        """See `Records.fetch_one`."""
        rows = await self.fetch(statement, params)
        return rows[0] if rows else None

    async def write(self, ops: Sequence[Op], events: Sequence[OutboxEntry] = ()) -> list[int]:
        """See `Records.write`."""
        if self._closed:
            raise StorageUnavailable
        if self._writes_pending >= self._pending_max:
            raise StorageBusy
        bound = []
        for statement, params, expect in ops:
            compiled = statement.compiled("sqlite")
            bound.append(BoundOp(compiled.sql, compiled.bind(params), expect))
        done: asyncio.Future[list[int]] = self._loop.create_future()
        self._writes_pending += 1
        self._writes.put(Write(bound, events, done))
        return await done

    async def outbox(self, after: int, limit: int) -> list[OutboxRow]:
        """See `Records.outbox`; the one writer gives out `seq` in the order of its commits."""
        return await self.fetch(_OUTBOX_PAGE, {"after": after, "limit": limit})

    async def outbox_discard(self, through: int) -> None:
        """See `Records.outbox_discard`."""
        await self.write([Op(_OUTBOX_DISCARD, {"through": through})])

    def on_commit(self, callback: Callable[[], None]) -> None:
        """See `Records.on_commit`."""
        self._callbacks.append(callback)

    async def close(self) -> None:
        """See `Records.close`; the last connection folds the log back into the file."""
        if not self._closed:
            self._closed = True
            for _ in self._readers:
                self._reads.stop()
            for thread in self._readers:
                await thread.ended
            self._writes.put(None)
        await self._writer.ended

    def _serve_writes(self, connection: sqlite3.Connection) -> None:
        """Commit what waits, group by group, until told to stop; runs on the writer's thread."""
        committer = GroupCommitter(connection, self._path)
        stopping = False
        while not stopping:
            group, stopping = self._next_group(_GROUP_WRITES_MAX)
            outcomes = committer.commit(group) if group else []
            if outcomes and all(isinstance(outcome.error, StorageBusy) for outcome in outcomes):
                # The database is locked. Whoever queued up meanwhile has waited as well; to wait anew for each group
                # would keep the last of them for minutes. They are taken before anybody is told: who then tries
                # again has not waited yet.
                late, stopped = self._next_group(self._pending_max, wait=False)
                stopping = stopping or stopped
                outcomes += [Outcome(write, [], StorageBusy()) for write in late]
            self._outcomes.post(outcomes)

    def _next_group(self, writes_max: int, *, wait: bool = True) -> tuple[list[Write], bool]:
        """Return the writes that are there, after waiting for a first one if asked to, and whether to stop then."""
        group: list[Write] = []
        while len(group) < writes_max and (wait or not self._writes.empty()):
            write = self._writes.get()
            if write is None:
                return group, True
            group.append(write)
            wait = False
        return group, False

    def _settle(self, outcomes: list[Outcome]) -> None:
        """Tell a group's callers, then those who wait for outbox rows."""
        self._writes_pending -= len(outcomes)
        _group_size.record(len(outcomes))
        told = False
        for write, counts, error in outcomes:
            if error is None:
                told = told or bool(write.events)
            if write.done.done():
                continue
            if error is None:
                write.done.set_result(counts)
            else:
                write.done.set_exception(error)
        if told:
            for callback in self._callbacks:
                self._loop.call_soon(callback)
