"""Records on SQLite: one writer thread that commits in groups, and reader threads beside it."""

from hubbub.storage.records.sqlite.adapter import SqliteRecords

__all__ = ["SqliteRecords"]
