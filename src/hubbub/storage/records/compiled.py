"""From a statement to text and two functions: bind parameters by position, build rows by position.

SQLAlchemy's own execution costs three times the raw driver per call; its compiler is all that we use. Types are
restricted to those that both drivers convert alike, so that almost nothing has to run per value.

A list parameter (``IN``) is one value whatever its length: a JSON text that SQLite takes apart with ``json_each``, an
array for PostgreSQL's ``ANY``. One text per length would be 1 to 2 µs faster for short lists and no faster for long
ones, and every length would take a place in the drivers' caches of prepared statements.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
from sqlalchemy import Boolean, Column, Enum, Integer, LargeBinary, SelectBase, String
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import NullType, TypeEngine

from hubbub.storage.errors import UnstorableValue
from hubbub.storage.records.dialect import DialectName, sqlalchemy_dialect

T = TypeVar("T")

_LIST = re.compile(r"(NOT )?IN \(__\[POSTCOMPILE_(\w+)\]\)")
"""How SQLAlchemy's compiler leaves an expanding parameter for later; here it never gets expanded."""


class Compiled(NamedTuple, Generic[T]):
    """What one dialect runs for a statement."""

    sql: str
    bind: Callable[[Mapping[str, object]], tuple[Any, ...]]
    """From parameters by name to values by position."""
    build: Callable[[Iterable[Iterable[Any]]], list[T]]
    """From the driver's rows to the statement's `into`."""


def compile_statement(name: str, expression: Executable, into: type[T] | None, dialect: DialectName) -> Compiled[T]:
    """Return what `dialect` runs for `expression`, its rows built `into` a type (None: tuples).

    Raises:
        TypeError: A column or parameter has a type that would need a conversion per value.
    """
    if not isinstance(expression, ClauseElement):
        raise TypeError(f"{name}: only queries and data changes can be statements")
    compiled = expression.compile(dialect=sqlalchemy_dialect(dialect))
    if not isinstance(compiled, SQLCompiler):
        raise TypeError(f"{name}: only queries and data changes can be statements")
    lists = {bind.key for bind in compiled.bind_names if bind.expanding}
    for bind, bind_name in compiled.bind_names.items():
        _check_type(name, bind_name, bind.type)
        if bind.expanding:
            lists.add(bind_name)
    sql, order = _place_lists(compiled, dialect)
    constants = {key: compiled.params[key] for bind, key in compiled.bind_names.items() if not bind.required}
    bind_values = _binder(name, order, constants, lists.intersection(order), dialect)
    return Compiled(sql, bind_values, _builder(name, expression, into, dialect))


def _check_type(statement: str, name: str, type_: TypeEngine[Any]) -> None:
    """Refuse a type that the drivers do not convert alike."""
    allowed = isinstance(type_, (Boolean, Integer, LargeBinary, NullType, String)) and not isinstance(type_, Enum)
    if not allowed:
        raise TypeError(f"{statement}: {name} is a {type_!r}; use BigInteger, Integer, Text, LargeBinary or Boolean")


def _place_lists(compiled: SQLCompiler, dialect: DialectName) -> tuple[str, list[str]]:
    """Return the text with each list as one parameter, and the parameters' names in the order of their places."""
    places = list(compiled.positiontup or ())
    if dialect == "sqlite":
        return _LIST.sub(r"\1IN (SELECT value FROM json_each(?))", compiled.string), places
    # The compiler numbers only the parameters that are not lists; the lists' numbers follow theirs.
    lists = [bind for bind in compiled.bind_names if bind.expanding]
    list_names = {compiled.bind_names[bind]: bind for bind in lists}
    places = [name for name in places if name not in list_names] + list(list_names)

    def as_array(found: re.Match[str]) -> str:
        name = found[2]
        element = list_names[name].type.compile(dialect=compiled.dialect)
        return f"{'<> ALL' if found[1] else '= ANY'} (${places.index(name) + 1}::{element}[])"

    return _LIST.sub(as_array, compiled.string), places


def _binder(
    statement: str,
    order: Sequence[str],
    constants: Mapping[str, object],
    lists: Iterable[str],
    dialect: DialectName,
) -> Callable[[Mapping[str, object]], tuple[Any, ...]]:
    """Return the function that puts parameters into `order`, with `constants` where a use gives none."""
    if not order:
        return lambda _params: ()
    pick = _picker(order)
    encode: Callable[[Iterable[Any]], object] = _as_json if dialect == "sqlite" else tuple
    list_names = tuple(lists)
    plain = not constants and not list_names

    def bind(params: Mapping[str, object]) -> tuple[Any, ...]:
        try:
            if plain:
                return pick(params)
            merged: dict[str, Any] = {**constants, **params}
            for name in list_names:
                merged[name] = encode(merged[name])
            return pick(merged)
        except KeyError as missing:
            raise TypeError(f"{statement}: parameter {missing} was not given") from None

    return bind


def _picker(order: Sequence[str]) -> Callable[[Mapping[str, object]], tuple[Any, ...]]:
    """Return the function from a mapping to its values in `order`, which is not empty."""
    first = order[0]
    if len(order) == 1:
        return lambda params: (params[first],)
    pick: Callable[[Mapping[str, object]], tuple[Any, ...]] = itemgetter(*order)
    return pick


def _as_json(values: Iterable[Any]) -> str:
    """Return integers or texts as the JSON array that ``json_each`` takes apart."""
    try:
        return msgspec.json.encode(tuple(values)).decode()
    except UnicodeEncodeError as error:
        raise UnstorableValue from error


def _builder(
    name: str, expression: Executable, into: type[T] | None, dialect: DialectName
) -> Callable[[Iterable[Iterable[Any]]], list[T]]:
    """Return the function that turns the driver's rows into the statement's type."""
    conversions = _conversions(name, expression, dialect)
    # Without a type, T is the tuple that `Statement` says; no annotation can tie the two here.
    make: Callable[..., Any] = into if into is not None else _as_tuple
    if not conversions:
        if into is None and dialect == "sqlite":
            as_they_come: Callable[[Iterable[Iterable[Any]]], list[Any]] = list
            return as_they_come
        return lambda rows: [make(*row) for row in rows]

    def build(rows: Iterable[Iterable[Any]]) -> list[T]:
        built: list[T] = []
        for row in rows:
            values = list(row)
            for index, convert in conversions:
                if values[index] is not None:
                    values[index] = convert(values[index])
            built.append(make(*values))
        return built

    return build


def _conversions(name: str, expression: Executable, dialect: DialectName) -> list[tuple[int, Callable[[Any], Any]]]:
    """Return which columns of a query's rows the driver does not deliver in their declared type, and the remedy."""
    found: list[tuple[int, Callable[[Any], Any]]] = []
    for index, column in enumerate(expression.selected_columns if isinstance(expression, SelectBase) else ()):
        _check_type(name, f"column {index}", column.type)
        if dialect == "sqlite" and isinstance(column.type, Boolean):
            found.append((index, bool))
        # PostgreSQL's sum over bigint is a numeric; a table's own column never is.
        if dialect == "postgresql" and isinstance(column.type, Integer) and not isinstance(column, Column):
            found.append((index, _whole))
    return found


def _as_tuple(*values: Any) -> tuple[Any, ...]:
    """Return a row as it came."""
    return values


def _whole(value: int | Decimal) -> int:
    """Return a whole number as int, however the database widened it."""
    return int(value)
