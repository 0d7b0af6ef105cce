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
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, Protocol, TypeVar, overload

from sqlalchemy import ColumnElement, Table, bindparam
from sqlalchemy.sql.base import Executable, ReadOnlyColumnCollection

from hubbub.storage.errors import (
    RecordConflict,
    ReferenceViolation,
    StorageBusy,
    StorageFull,
    StorageUnavailable,
    UniqueViolation,
    UnstorableValue,
)

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

    from hubbub.storage.records.compiled import Compiled

__all__ = [
    "EMPTY",
    "Changes",
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
DialectName = Literal["sqlite", "postgresql"]

EMPTY: Mapping[str, object] = MappingProxyType({})
"""No parameters."""

Expression = Executable | Callable[[DialectName], Executable]
"""A SQLAlchemy Core statement, or the function that returns a dialect's where the two differ."""

Excluded = ReadOnlyColumnCollection[str, Any]
"""The row that an upsert would have inserted."""

Changes = Callable[[Excluded], Mapping[str, object]]
"""From the row that would have been inserted to the columns that an upsert sets on the row that is there."""


class Statement(Generic[T]):
    """One SQLAlchemy Core statement with a name; compiled once per dialect, bound positionally afterwards.

    A list goes to ``column.in_(bindparam("ids", expanding=True))`` as one parameter, whatever its length, so that
    lists of every length share one compiled text.
    """

    __slots__ = ("_by_dialect", "_expression", "into", "name")

    @overload
    def __init__(self: Statement[tuple[Any, ...]], name: str, expression: Expression, into: None = None) -> None: ...

    @overload
    def __init__(self, name: str, expression: Expression, into: type[T]) -> None: ...

    def __init__(self, name: str, expression: Expression, into: type[T] | None = None) -> None:
        """Name a statement.

        Args:
            name: Dotted name for logs, metrics and errors, e.g. ``messages.page``.
            expression: The statement; every parameter that it does not fix must be given at each use.
            into: Called with each row's columns by position: a NamedTuple, a msgspec.Struct, or ``int`` for a single
                column; None leaves tuples. Rows of coalesced reads are shared, so prefer frozen types.
        """
        self.name = name
        self.into = into
        self._expression = expression
        self._by_dialect: dict[DialectName, Compiled[T]] = {}

    @staticmethod
    def upsert(
        name: str,
        table: Table,
        *,
        conflict: Sequence[str],
        update: Sequence[str] | Changes = (),
        columns: Sequence[str] | None = None,
        only_if: Callable[[Excluded], ColumnElement[bool]] | None = None,
    ) -> Statement[tuple[Any, ...]]:
        """Return an insert that meets an existing row in peace, on either dialect.

        Args:
            name: As for a statement.
            table: Where to insert; parameters are named like its columns.
            conflict: The columns of the primary key or unique constraint that may already hold the values.
            update: Columns that take the new values, or a function from the row that would have been inserted to the
                columns to set; empty leaves the existing row alone (row count zero).
            columns: Columns to insert; None for all.
            only_if: Condition under which the existing row is updated; None updates it always.
        """
        return Statement(name, _Upsert(table, tuple(conflict), update, columns, only_if).expression)

    def expression(self, dialect: DialectName) -> Executable:
        """Return the SQLAlchemy statement to compile for `dialect`."""
        if isinstance(self._expression, Executable):
            return self._expression
        return self._expression(dialect)

    def compiled(self, dialect: DialectName) -> Compiled[T]:
        """Return the compiled form, made at first use and kept as long as the statement."""
        found = self._by_dialect.get(dialect)
        if found is None:
            from hubbub.storage.records.compiled import compile_statement

            found = self._by_dialect[dialect] = compile_statement(self, dialect)
        return found


class _Upsert(NamedTuple):
    """What `Statement.upsert` was asked for; the two dialects spell it alike but with types of their own."""

    table: Table
    conflict: tuple[str, ...]
    update: Sequence[str] | Changes
    columns: Sequence[str] | None
    only_if: Callable[[Excluded], ColumnElement[bool]] | None

    def expression(self, dialect: DialectName) -> Executable:
        """Return the dialect's insert with its answer to a conflict."""
        table = self.table
        names = [column.key for column in table.columns] if self.columns is None else self.columns
        insert = _dialect_insert(table, dialect)
        insert = insert.values({name: bindparam(name, type_=table.c[name].type) for name in names})
        excluded: Excluded = insert.excluded
        changes = self.update(excluded) if callable(self.update) else {name: excluded[name] for name in self.update}
        targets = [table.c[name] for name in self.conflict]
        if not changes:
            return insert.on_conflict_do_nothing(index_elements=targets)
        where = self.only_if(excluded) if self.only_if is not None else None
        return insert.on_conflict_do_update(index_elements=targets, set_=dict(changes), where=where)


def _dialect_insert(table: Table, dialect: DialectName) -> sqlite.Insert | postgresql.Insert:
    """Return the insert that knows the dialect's conflict clause; only the dialect in use is imported."""
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


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
