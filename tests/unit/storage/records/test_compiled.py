"""Statements become text and bindings that need no work per value."""

from __future__ import annotations

import pytest
from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    Enum,
    MetaData,
    Table,
    Text,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    update,
)

from hubbub.storage.records.port import DialectName, Statement
from hubbub.storage.records.schema import BigInt, metadata, outbox_table

DIALECTS: list[DialectName] = ["sqlite", "postgresql"]
tables = MetaData()
notes = Table("note", tables, Column("id", BigInt, primary_key=True), Column("text", Text), Column("at", BigInt))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_statement_compiles_once_per_dialect(dialect: DialectName) -> None:
    statement = Statement("note.add", insert(notes))
    assert statement.compiled(dialect) is statement.compiled(dialect)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_values_fixed_in_the_statement_need_no_parameter(dialect: DialectName) -> None:
    statement = Statement(
        "note.touch",
        update(notes).where(notes.c.id == bindparam("note"), notes.c.text != "x").values(at=notes.c.at + 1),
    )
    assert sorted(statement.compiled(dialect).bind({"note": 7}), key=str) == [1, 7, "x"]


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("kind", [DateTime(), JSON(), Enum("a", "b", name="letter")])
def test_types_that_convert_per_value_are_refused(dialect: DialectName, kind: object) -> None:
    table = Table("odd", MetaData(), Column("value", kind))
    with pytest.raises(TypeError, match=r"odd\.add: value"):
        Statement("odd.add", insert(table)).compiled(dialect)
    with pytest.raises(TypeError, match=r"odd\.all: column 0"):
        Statement("odd.all", select(table)).compiled(dialect)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_parameter_used_twice_is_given_once(dialect: DialectName) -> None:
    between = select(notes.c.id).where(notes.c.id >= bindparam("n"), notes.c.at >= bindparam("n"))
    values = Statement("note.between", between).compiled(dialect).bind({"n": 3})
    assert set(values) == {3}


def test_an_expression_may_differ_by_dialect() -> None:
    def now(dialect: DialectName) -> object:
        return select(func.length(literal_column("'ab'" if dialect == "sqlite" else "'abc'")))

    statement = Statement("now", now, int)  # type: ignore[arg-type]
    assert "'ab'" in statement.compiled("sqlite").sql
    assert "'abc'" in statement.compiled("postgresql").sql


def test_tables_share_one_metadata_with_named_constraints() -> None:
    assert outbox_table.metadata is metadata
    assert metadata.naming_convention["pk"] == "pk_%(table_name)s"
