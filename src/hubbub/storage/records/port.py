"""The port through which every engine reads and writes rows.

Calling contract: make each `Statement` once, as a module constant, and reuse it; a statement compiles at its first use
per dialect and is only bound afterwards. `Records.write` is one transaction: all its ops and its outbox entries, or
nothing; when it returns, they are on the disk. A read sees every write acknowledged before the read was asked for.

Columns are BigInteger, Integer, Text, LargeBinary or Boolean; times are unix milliseconds, documents are msgspec JSON
in LargeBinary. Other SQLAlchemy types are refused when the statement compiles, because no conversion runs per row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, TypeVar

from hubbub.storage.errors import (
    RecordConflict,
    ReferenceViolation,
    StorageBusy,
    StorageFull,
    StorageUnavailable,
    UniqueViolation,
    UnstorableValue,
)
from hubbub.storage.records.dialect import DialectName
from hubbub.storage.records.statement import Statement

__all__ = [
    "EMPTY",
    "DialectName",
    "Op",
    "OutboxEntry",
    "OutboxRow",
    "RecordConflict",
    "Records",
    "ReferenceViolation",
    "Statement",
    "StorageBusy",
    "StorageFull",
    "StorageUnavailable",
    "UniqueViolation",
    "UnstorableValue",
]

T = TypeVar("T")

EMPTY: Mapping[str, object] = MappingProxyType({})
"""No parameters."""


class Op(NamedTuple):
    """One statement of a write, with its parameters."""

    statement: Statement[Any]
    params: Mapping[str, object] = EMPTY
    expect: int | None = None
    """Exact row count, else the whole batch rolls back with `RecordConflict`; None accepts any."""


class OutboxEntry(NamedTuple):
    """An event to be told once its transaction is durable."""

    key: int
    """Entries of one key are told in the order of their commits; a guild's id, or a user's for what has no guild."""
    payload: bytes
    """The encoded event; opaque here."""


class OutboxRow(NamedTuple):
    """An event whose transaction is durable."""

    seq: int
    """Position: positive, increasing, never used twice; not gapless."""
    key: int
    payload: bytes


class Records(Protocol):
    """Rows in tables, and the outbox of events that belong to their changes."""

    async def fetch(self, statement: Statement[T], params: Mapping[str, object] = EMPTY) -> list[T]:
        """Return all rows; identical reads that wait at the same time are run once.

        Raises:
            StorageBusy: Too many reads wait, or the database stayed locked.
            StorageUnavailable: The database cannot be reached or read.
        """
        ...

    async def fetch_one(self, statement: Statement[T], params: Mapping[str, object] = EMPTY) -> T | None:
        """Return the first row, or None when there is none; errors as for `fetch`."""
        ...

    async def write(self, ops: Sequence[Op], events: Sequence[OutboxEntry] = ()) -> list[int]:
        """Run `ops` and keep `events` in one transaction; return each op's row count once all of it is durable.

        A caller that is cancelled while it waits does not learn the outcome; the write is still all or nothing.

        Raises:
            RecordConflict: A row count differed from `Op.expect`, or a constraint was violated (`UniqueViolation`,
                `ReferenceViolation`); nothing was written.
            UnstorableValue: A parameter cannot be stored; nothing was written.
            StorageBusy: Too many writes wait, or the database stayed locked; nothing was written.
            StorageFull: The disk is full; nothing was written.
            StorageUnavailable: The database was lost; the write may or may not have happened.
        """
        ...

    async def outbox(self, after: int, limit: int) -> list[OutboxRow]:
        """Return up to `limit` rows with `seq` greater than `after`, in order.

        Once a row was returned, no row with a smaller `seq` appears later. Entries of one key come in commit order,
        and so do any two where one write was acknowledged before the other began.
        """
        ...

    async def outbox_discard(self, through: int) -> None:
        """Forget all rows with `seq` up to and including `through`; returns once durable."""
        ...

    def on_commit(self, callback: Callable[[], None]) -> None:
        """Call `callback` on the event loop when this process's commits may have made outbox rows readable.

        Calls coalesce, and may come without a new row. Rows of other processes are found by asking now and then.
        """
        ...

    async def close(self) -> None:
        """Finish what was begun, refuse the rest with `StorageUnavailable`, and release everything."""
        ...
