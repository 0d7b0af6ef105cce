"""The group commit: many writes, one transaction, one sync of the disk.

While one group's commit waits for the disk, the next writes queue up and become the next group, so the sync's cost is
shared by however many came meanwhile and a lone write waits for nobody. A group runs first without savepoints, because
most writes meet no conflict; when one fails, the group is rolled back and run again with a savepoint around each
write, and only the failing ones are refused.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hubbub.kernel.errors import HubbubError
from hubbub.storage.errors import RecordConflict, StorageBusy, StorageFull, StorageUnavailable, UnstorableValue
from hubbub.storage.records.port import OutboxEntry
from hubbub.storage.records.sqlite.connection import translate

_INSERT_OUTBOX = "INSERT INTO outbox (key, payload) VALUES (?, ?)"


class BoundOp(NamedTuple):
    """An op whose statement is text and whose parameters are in place."""

    sql: str
    values: tuple[Any, ...]
    expect: int | None


class Write(NamedTuple):
    """One caller's transaction, and the future that tells it."""

    ops: Sequence[BoundOp]
    events: Sequence[OutboxEntry]
    done: asyncio.Future[list[int]]


class Outcome(NamedTuple):
    """What became of a write."""

    write: Write
    counts: list[int]
    error: Exception | None


class _GroupLost(Exception):
    """The transaction of the whole group is gone."""

    def __init__(self, reason: Exception) -> None:
        """Keep the `reason` to tell the writes."""
        super().__init__(reason)
        self.reason = reason


class GroupCommitter:
    """Runs groups of writes on one connection; belongs to one thread."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        """Use `connection`; `path` is the database's, to judge its disk."""
        self._connection = connection
        self._path = path

    def commit(self, group: Sequence[Write]) -> list[Outcome]:
        """Return each write's outcome; those without an error are durable. Never raises."""
        try:
            return self._attempt(group, self._run_plain)
        except _GroupLost as lost:
            reason = lost.reason
        if len(group) == 1 or isinstance(reason, (StorageBusy, StorageUnavailable)):
            return [Outcome(write, [], _fresh(reason)) for write in group]
        if isinstance(reason, StorageFull):
            # The one write that does not fit must not refuse the others, which might.
            return [outcome for write in group for outcome in self.commit([write])]
        try:
            return self._attempt(group, self._run_guarded)
        except _GroupLost as lost:
            return [Outcome(write, [], _fresh(lost.reason)) for write in group]

    def _attempt(self, group: Sequence[Write], run: Callable[[Write], Outcome]) -> list[Outcome]:
        """Run a group in one transaction; raise `_GroupLost` when none of it was kept."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            outcomes = [run(write) for write in group]
            self._connection.execute("COMMIT")
        except Exception as error:
            self._roll_back()
            raise _GroupLost(translate(error, self._path)) from error
        return outcomes

    def _run_plain(self, write: Write) -> Outcome:
        """Run a write; any failure is the group's."""
        return Outcome(write, self._run_ops(write), None)

    def _run_guarded(self, write: Write) -> Outcome:
        """Run a write so that its failure leaves nothing of it and all of the others."""
        execute = self._connection.execute
        execute("SAVEPOINT one")
        try:
            counts = self._run_ops(write)
        except Exception as error:
            if not self._connection.in_transaction:
                raise
            execute("ROLLBACK TO one")
            execute("RELEASE one")
            reason = translate(error, self._path)
            if isinstance(reason, StorageFull):
                raise
            return Outcome(write, [], reason)
        execute("RELEASE one")
        return Outcome(write, counts, None)

    def _run_ops(self, write: Write) -> list[int]:
        """Execute the ops and keep the events; return the ops' row counts."""
        execute = self._connection.execute
        counts = []
        for index, (sql, values, expect) in enumerate(write.ops):
            for value in values:
                # PostgreSQL refuses a NUL in a text; what one database refuses, the other must not keep.
                if value.__class__ is str and "\0" in value:
                    raise UnstorableValue
            try:
                count = execute(sql, values).rowcount
            except sqlite3.IntegrityError as error:
                conflict = translate(error, self._path)
                if isinstance(conflict, RecordConflict):
                    conflict.op_index = index
                raise conflict from error
            if expect is not None and count != expect:
                raise RecordConflict(op_index=index)
            counts.append(count)
        for entry in write.events:
            execute(_INSERT_OUTBOX, entry)
        return counts

    def _roll_back(self) -> None:
        """Leave no transaction open; some failures have already ended it."""
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error:
            # The connection refuses all until its transaction ends; the next BEGIN reports what is wrong with it.
            return


def _fresh(reason: Exception) -> Exception:
    """Return an error of the same kind: one instance must not gather the tracebacks of several callers."""
    if isinstance(reason, RecordConflict):
        return type(reason)(op_index=reason.op_index, constraint=reason.constraint)
    if isinstance(reason, HubbubError):
        return type(reason)()
    return reason
