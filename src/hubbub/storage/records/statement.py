"""Statements: SQLAlchemy Core expressions with a name, compiled once per dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar, overload

from sqlalchemy import ColumnElement, Table, bindparam
from sqlalchemy.sql.base import Executable, ReadOnlyColumnCollection

from hubbub.storage.records.compiled import Compiled, compile_statement
from hubbub.storage.records.dialect import DialectName, dialect_insert

T = TypeVar("T")

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
            expression = self.expression(dialect)
            found = self._by_dialect[dialect] = compile_statement(self.name, expression, self.into, dialect)
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
        insert = dialect_insert(table, dialect)
        insert = insert.values({name: bindparam(name, type_=table.c[name].type) for name in names})
        excluded: Excluded = insert.excluded
        changes = self.update(excluded) if callable(self.update) else {name: excluded[name] for name in self.update}
        targets = [table.c[name] for name in self.conflict]
        if not changes:
            return insert.on_conflict_do_nothing(index_elements=targets)
        where = self.only_if(excluded) if self.only_if is not None else None
        return insert.on_conflict_do_update(index_elements=targets, set_=dict(changes), where=where)
