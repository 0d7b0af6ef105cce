"""Records on PostgreSQL, through asyncpg."""

from hubbub.storage.records.postgres.adapter import PostgresRecords

__all__ = ["PostgresRecords"]
