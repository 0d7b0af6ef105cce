"""The metadata that every engine's tables join, and the outbox.

Constraint names follow one convention, so that migrations can name them on both databases.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Table

BigInt = BigInteger().with_variant(Integer(), "sqlite")
"""A signed 64-bit integer: snowflakes, unix milliseconds, permission bits.

SQLite keeps any INTEGER in up to 64 bits, and only a primary key spelled INTEGER is the table's own row number; under
any other spelling SQLite keeps a second tree for the key.
"""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    },
)

outbox_table = Table(
    "outbox",
    metadata,
    # SQLite: AUTOINCREMENT, because a plain row number is used again once the newest row was discarded.
    # PostgreSQL: the writing transaction's id and the entry's place in it, set by the adapter; see PostgresRecords.
    Column("seq", BigInt, primary_key=True, autoincrement=False),
    Column("key", BigInt, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
