"""Make tables straight from metadata, for tests and throw-away databases; a server's come from migrations."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import MetaData
from sqlalchemy.dialects.sqlite.pysqlite import dialect
from sqlalchemy.schema import CreateIndex, CreateTable


def create_all(path: Path, metadata: MetaData) -> None:
    """Make every table and index of `metadata` in the SQLite database at `path`, which must have none of them yet."""
    lite = dialect()
    statements = []
    for table in metadata.sorted_tables:
        statements.append(CreateTable(table).compile(dialect=lite).string)
        statements += [CreateIndex(index).compile(dialect=lite).string for index in table.indexes]
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # Nobody is promised this file yet: without syncs it is made in a millisecond.
        connection.execute("PRAGMA synchronous=OFF")
        connection.executescript("BEGIN;" + ";".join(statements) + ";COMMIT;")
    finally:
        connection.close()
