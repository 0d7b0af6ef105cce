"""The two dialects of SQL, and SQLAlchemy's part of each; only the one in use is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sqlalchemy import Table
from sqlalchemy.engine.interfaces import Dialect

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

DialectName = Literal["sqlite", "postgresql"]


def sqlalchemy_dialect(name: DialectName) -> Dialect:
    """Return the dialect that writes text as our drivers take it."""
    if name == "sqlite":
        from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

        return SQLiteDialect_pysqlite(paramstyle="qmark")
    from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

    made: type[Dialect] = PGDialect_asyncpg
    return made()


def dialect_insert(table: Table, name: DialectName) -> sqlite.Insert | postgresql.Insert:
    """Return the insert that knows the dialect's conflict clause."""
    if name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)
