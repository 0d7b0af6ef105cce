"""Statements and parameters that follow from a table and the domain's struct of its rows.

A struct's fields are named like the table's columns and stand in the order in which rows are selected.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Column, Table, bindparam, insert, select, update
from sqlalchemy.sql.dml import Insert, Update
from sqlalchemy.sql.elements import ColumnElement

_DERIVED = frozenset({"overwrites", "role_ids"})
"""Fields that a struct works out itself."""


def of(table: Table, into: type[msgspec.Struct]) -> list[Column[Any]]:
    """Return the columns of `table` named by the fields of `into`, in the fields' order."""
    return [table.c[name] for name in names(into)]


def names(of_struct: type[msgspec.Struct]) -> list[str]:
    """Return the names of the struct's stored fields."""
    return [field.name for field in msgspec.structs.fields(of_struct) if field.name not in _DERIVED]


def params(row: msgspec.Struct) -> dict[str, Any]:
    """Return the stored fields of `row` as parameters of `insertion` and `replacement`."""
    return {name: getattr(row, name) for name in names(type(row))}


def insertion(table: Table) -> Insert:
    """Return the insert of a whole row, its parameters named like the columns."""
    return insert(table).values({column.key: bindparam(column.key) for column in table.columns})


def insertion_where(table: Table, *conditions: ColumnElement[bool]) -> Insert:
    """Return the insert of a whole row that happens only under `conditions`: else its row count is zero."""
    row = select(*(bindparam(column.key, type_=column.type) for column in table.columns)).where(*conditions)
    return insert(table).from_select([column.key for column in table.columns], row)


def replacement(table: Table, into: type[msgspec.Struct], *, leave: frozenset[str] = frozenset()) -> Update:
    """Return the update that replaces every field of `into` but the primary key and `leave`.

    Parameters are those of `params`: the key's are used to find the row.
    """
    keys = list(table.primary_key)
    changed = [name for name in names(into) if name not in leave and not table.c[name].primary_key]
    found = [column == bindparam(f"key_{column.key}") for column in keys]
    return update(table).where(*found).values({name: bindparam(name) for name in changed})


def replacing(table: Table, row: msgspec.Struct) -> dict[str, Any]:
    """Return the parameters of `replacement` that write `row`."""
    given = params(row)
    for column in table.primary_key:
        given[f"key_{column.key}"] = given.pop(column.key)
    return given
