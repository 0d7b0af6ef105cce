"""Connections with the pragmas that durability and bounded memory need, and SQLite's errors in our words."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from hubbub.storage.errors import (
    RecordConflict,
    ReferenceViolation,
    StorageBusy,
    StorageFull,
    StorageUnavailable,
    UniqueViolation,
    UnstorableValue,
)

Role = Literal["writer", "reader"]

_FREE_BYTES_MIN = 1 << 20
"""Below this much free space a failed write of SQLite's (an I/O error, not its "full") is put down to the full disk:
the shared-memory file beside the database fails that way."""

_UNIQUE = frozenset(
    {
        sqlite3.SQLITE_CONSTRAINT_UNIQUE,
        sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
        sqlite3.SQLITE_CONSTRAINT_ROWID,
    }
)

_KINDS: Mapping[int, type[StorageBusy | StorageFull | StorageUnavailable]] = {
    sqlite3.SQLITE_BUSY: StorageBusy,
    sqlite3.SQLITE_LOCKED: StorageBusy,
    sqlite3.SQLITE_FULL: StorageFull,
    sqlite3.SQLITE_IOERR: StorageUnavailable,
    sqlite3.SQLITE_CANTOPEN: StorageUnavailable,
    sqlite3.SQLITE_CORRUPT: StorageUnavailable,
    sqlite3.SQLITE_NOTADB: StorageUnavailable,
    sqlite3.SQLITE_READONLY: StorageUnavailable,
    sqlite3.SQLITE_NOMEM: StorageUnavailable,
}


def connect(path: Path, role: Role, *, busy_timeout_ms: int, cache_kib: int) -> sqlite3.Connection:
    """Return a connection for one thread.

    WAL with synchronous=FULL syncs the log at every commit, so a commit that returned survives a power cut. A reader
    cannot write by accident.
    """
    connection = sqlite3.connect(
        path, timeout=busy_timeout_ms / 1000, isolation_level=None, check_same_thread=True, cached_statements=512
    )
    pragmas = [f"busy_timeout={busy_timeout_ms}", f"cache_size=-{cache_kib}", "foreign_keys=ON", "trusted_schema=OFF"]
    if role == "writer":
        # The log is cut back to the size limit after a checkpoint; it passes it only while a reader holds on to it.
        # F_FULLFSYNC matters on macOS alone, where fsync does not reach the platter.
        pragmas += ["journal_mode=WAL", "synchronous=FULL", "journal_size_limit=67108864", "fullfsync=ON"]
    else:
        pragmas += ["query_only=ON"]
    try:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def translate(error: Exception, path: Path) -> Exception:
    """Return our error for one that sqlite3 raised; a mistake in a statement comes back as it is."""
    if isinstance(error, (OverflowError, UnicodeEncodeError, sqlite3.DataError)):
        return UnstorableValue()
    if isinstance(error, sqlite3.IntegrityError):
        return _conflict(error)
    code: int = getattr(error, "sqlite_errorcode", 0) & 0xFF
    kind = _KINDS.get(code)
    if kind is None:
        return error
    if code in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN} and _is_full(path):
        return StorageFull()
    return kind()


def _conflict(error: sqlite3.IntegrityError) -> RecordConflict:
    """Return which kind of constraint was violated."""
    constraint = str(error).partition(": ")[2] or None
    if error.sqlite_errorcode in _UNIQUE:
        return UniqueViolation(constraint=constraint)
    if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
        return ReferenceViolation(constraint=constraint)
    return RecordConflict(constraint=constraint)


def _is_full(path: Path) -> bool:
    """Return whether the database's disk has no room worth the name."""
    try:
        return shutil.disk_usage(path.parent).free < _FREE_BYTES_MIN
    except OSError:
        return False
