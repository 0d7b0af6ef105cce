"""Brings a database's tables to what this version needs; runs at every start, before anything else touches them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hubbub.kernel.telemetry import logger
from hubbub.storage.errors import StorageBusy, StorageUnavailable

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection, MetaData

HEAD: Final = "0016"
"""The newest revision. Named here so that a start whose database has it need not load Alembic, which takes longer than
the rest of the start; a test compares it with the scripts."""

_LOCK: Final = 0x48554242
"""Advisory lock under which one process migrates a PostgreSQL database and the others wait."""

_LOCK_WAIT_S: Final = 60.0
"""How long another process's migration of a SQLite file is waited for."""


def migrate(url: str) -> None:
    """Bring the database at `url` to `HEAD`, in one transaction; blocks, so it belongs on a thread.

    Args:
        url: ``sqlite:///path`` (made when it is not there) or ``postgresql://…``.

    Raises:
        StorageUnavailable: The database cannot be reached, is none, or was made by a newer version; nothing changed.
        StorageBusy: Another process kept it locked.
    """
    if url.startswith("sqlite:///"):
        _migrate_sqlite(Path(url.removeprefix("sqlite:///")))
    else:
        asyncio.run(_migrate_postgres(url))


def all_tables() -> MetaData:
    """Return the metadata with every engine's tables in it."""
    import hubbub.community.adapters.tables
    import hubbub.media.adapters.asset_tables
    import hubbub.media.adapters.match_tables
    import hubbub.media.adapters.upload_tables
    import hubbub.voice.adapters.call_tables
    import hubbub.voice.adapters.tables  # noqa: F401 - all join the metadata when imported
    from hubbub.storage.records.schema import metadata

    return metadata


def _migrate_sqlite(path: Path) -> None:
    """Migrate the file at `path`."""
    connection: sqlite3.Connection | None = None
    try:
        connection = sqlite3.connect(path, isolation_level=None, timeout=_LOCK_WAIT_S)
        # The log mode is a property of the file; in it, whoever reads meanwhile sees the old tables until the commit.
        connection.execute("PRAGMA journal_mode=WAL")
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone() is not None:
            stored = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            if stored == (HEAD,):
                return
    except sqlite3.Error as error:
        raise _refusal(error) from error
    finally:
        if connection is not None:
            connection.close()
    _upgrade_sqlite(path)


def _upgrade_sqlite(path: Path) -> None:
    """Run the scripts on the file at `path`."""
    from sqlalchemy import create_engine, event
    from sqlalchemy.exc import OperationalError
    from sqlalchemy.pool import NullPool

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(path, isolation_level=None, timeout=_LOCK_WAIT_S)

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    # The driver would begin a transaction only before the first data change; tables must not be half made.
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            run(connection, upgrade_to_head)
    except OperationalError as error:
        raise _refusal(error.orig) from error
    finally:
        engine.dispose()


def _refusal(error: BaseException | None) -> StorageBusy | StorageUnavailable:
    """Return our error for one of SQLite's."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
        return StorageBusy("Another process keeps the database locked; stop it, or try again when it is done.")
    return StorageUnavailable(f"The database cannot be used: {error}.")


async def _migrate_postgres(url: str) -> None:
    """Migrate the database at `url`."""
    import asyncpg

    try:
        connection = await asyncpg.connect(url)
        try:
            if await connection.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL"):
                stored = await connection.fetchval("SELECT version_num FROM alembic_version")
                if stored == HEAD:
                    return
        finally:
            await connection.close()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StorageUnavailable(f"The database cannot be used: {error}.") from error
    await _upgrade_postgres(url)


async def _upgrade_postgres(url: str) -> None:
    """Run the scripts on the database at `url`."""
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            await connection.run_sync(lambda sync: run(sync, upgrade_to_head))
    finally:
        await engine.dispose()


def run(connection: Connection, command: Callable[[Config], Any], **attributes: object) -> None:
    """Run an Alembic command on a connection whose transaction the caller holds.

    Args:
        connection: Where.
        command: Given Alembic's configuration.
        attributes: What `env.py` finds in the configuration's attributes.
    """
    from alembic.util import CommandError

    config = configuration()
    config.attributes["connection"] = connection
    config.attributes.update(attributes)
    try:
        command(config)
    except CommandError as error:
        raise StorageUnavailable(
            f"The database was made by another version of Hubbub than this one, which knows it up to revision {HEAD}: "
            f"{error}"
        ) from error
    logger("hubbub.app").info("migrated", revision=HEAD)


def configuration() -> Config:
    """Return Alembic's configuration: where the scripts are."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "v%%(rev)s_%%(slug)s")
    return config


def upgrade_to_head(config: Config) -> None:
    """Run every script that the database has not seen."""
    from alembic import command

    command.upgrade(config, "head")
