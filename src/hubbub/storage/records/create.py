"""Make tables straight from metadata, for tests and throw-away databases; a server's come from migrations."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import MetaData
from sqlalchemy.schema import CreateIndex, CreateTable

from hubbub.storage.records.dialect import DialectName, sqlalchemy_dialect


def create_text(metadata: MetaData, dialect: DialectName) -> str:
    """Return the SQL text, statements ended by semicolons, that makes every table and index of `metadata`."""
    spoken = sqlalchemy_dialect(dialect)
    statements: list[CreateTable | CreateIndex] = []
    for table in metadata.sorted_tables:
        statements.append(CreateTable(table))
        statements += [CreateIndex(index) for index in sorted(table.indexes, key=lambda index: str(index.name))]
    return "".join(f"{statement.compile(dialect=spoken).string};\n" for statement in statements)


def create_all(path: Path, metadata: MetaData) -> None:
    """Make every table and index of `metadata` in the SQLite database at `path`, which must have none of them yet."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # Nobody is promised this file yet: without syncs it is made in a millisecond.
        connection.execute("PRAGMA synchronous=OFF")
        connection.executescript(f"BEGIN;{create_text(metadata, 'sqlite')}COMMIT;")
    finally:
        connection.close()
