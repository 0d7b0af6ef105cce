"""The migrated tables are those of the code, on both databases."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from hubbub.app import migrations
from hubbub.app.migrations import HEAD, all_tables, migrate
from hubbub.community.service.guild_storage import GuildStorage
from hubbub.media.adapters.asset_store import AssetStore
from hubbub.media.adapters.job_store import JobStore
from hubbub.media.adapters.upload_store import UploadStore
from hubbub.media.domain.job import Policy
from hubbub.storage.errors import StorageBusy, StorageUnavailable
from hubbub.storage.objects import Objects
from hubbub.storage.records.create import create_all
from hubbub.storage.records.port import Op, OutboxEntry, Statement
from hubbub.storage.records.postgres import PostgresRecords
from hubbub.storage.records.sqlite import SqliteRecords


def differences(connection: Connection) -> list[Any]:
    # Alembic takes SQLite's empty default for a change; there the tables' texts are compared anyway.
    defaults = connection.dialect.name != "sqlite"
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": defaults})
    found: list[Any] = compare_metadata(context, all_tables())
    return found


def sqlite_tables(path: Path) -> dict[str, str]:
    """Return each table's and index's text, spelt alike whoever wrote it."""
    connection = sqlite3.connect(path)
    rows = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT IN ('alembic_version')"
    ).fetchall()
    connection.close()
    return {name: re.sub(r'[\s"]+', " ", sql) for name, sql in rows}


def test_the_newest_script_is_the_one_that_starts_expect() -> None:
    assert ScriptDirectory.from_config(migrations.configuration()).get_current_head() == HEAD


def test_sqlite_gets_the_tables_of_the_code(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path / 'migrated.db'}")
    engine = create_engine(f"sqlite:///{tmp_path / 'migrated.db'}", poolclass=NullPool)
    with engine.connect() as connection:
        assert differences(connection) == []
    engine.dispose()
    # Alembic does not compare everything: not the lack of a row number, for one.
    create_all(tmp_path / "made.db", all_tables())
    assert sqlite_tables(tmp_path / "migrated.db") == sqlite_tables(tmp_path / "made.db")


async def test_postgresql_gets_the_tables_of_the_code(postgres_url: str) -> None:
    await asyncio.to_thread(migrate, postgres_url)
    engine = create_async_engine(postgres_url.replace("postgresql://", "postgresql+asyncpg://"), poolclass=NullPool)
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_migrating_again_changes_nothing_and_loads_no_alembic(tmp_path: Path, postgres_url: str) -> None:
    program = (
        "import sys; from hubbub.app.migrations import migrate; migrate(sys.argv[1]); print('alembic' in sys.modules)"
    )

    def start(url: str) -> str:
        done = subprocess.run([sys.executable, "-c", program, url], check=True, capture_output=True, text=True)
        return done.stdout.split()[-1]

    sqlite_url = f"sqlite:///{tmp_path / 'records.db'}"
    entry = OutboxEntry(1, b"kept")
    for url in (sqlite_url, postgres_url):
        assert await asyncio.to_thread(start, url) == "True"
        records = await open_records(url)
        await records.write([], [entry])
        await records.close()
        assert await asyncio.to_thread(start, url) == "False"
        records = await open_records(url)
        assert [row.payload for row in await records.outbox(0, 10)] == [b"kept"]
        await records.close()


async def open_records(url: str) -> SqliteRecords | PostgresRecords:
    if url.startswith("sqlite:///"):
        return await SqliteRecords.open(Path(url.removeprefix("sqlite:///")))
    return await PostgresRecords.open(url)


async def test_processes_that_start_together_migrate_once(tmp_path: Path, postgres_url: str) -> None:
    for url in (f"sqlite:///{tmp_path / 'records.db'}", postgres_url):
        with ThreadPoolExecutor(4) as threads:
            await asyncio.gather(*(asyncio.get_running_loop().run_in_executor(threads, migrate, url) for _ in range(4)))
        records = await open_records(url)
        assert await records.outbox(0, 10) == []
        await records.close()


async def test_a_newer_versions_database_is_refused_and_left_alone(tmp_path: Path, postgres_url: str) -> None:
    path = tmp_path / "records.db"
    migrate(f"sqlite:///{path}")
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    before = sqlite_tables(path)
    with pytest.raises(StorageUnavailable, match="another version"):
        migrate(f"sqlite:///{path}")
    assert sqlite_tables(path) == before
    await asyncio.to_thread(migrate, postgres_url)
    postgres = await asyncpg.connect(postgres_url)
    await postgres.execute("UPDATE alembic_version SET version_num = '9999'")
    await postgres.close()
    with pytest.raises(StorageUnavailable, match="another version"):
        await asyncio.to_thread(migrate, postgres_url)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    path.write_bytes(b"This is a letter, not a database. " * 100)
    with pytest.raises(StorageUnavailable):
        migrate(f"sqlite:///{path}")
    with pytest.raises(StorageUnavailable):
        migrate(f"sqlite:///{tmp_path / 'nowhere' / 'records.db'}")
    with pytest.raises(StorageUnavailable):
        migrate("postgresql://hubbub@127.0.0.1:1/nothing")


def test_a_locked_file_is_busy_and_left_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "_LOCK_WAIT_S", 0.05)
    path = tmp_path / "records.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA journal_mode=WAL")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageBusy):
        migrate(f"sqlite:///{path}")
    other.execute("ROLLBACK")
    other.close()
    assert sqlite_tables(path) == {}


def test_a_script_that_fails_leaves_nothing_half_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "records.db"

    def fail_late(config: Any) -> None:
        upgrade(config)
        raise RuntimeError("late")

    upgrade = migrations.upgrade_to_head
    monkeypatch.setattr(migrations, "upgrade_to_head", fail_late)
    with pytest.raises(RuntimeError, match="late"):
        migrate(f"sqlite:///{path}")
    assert sqlite_tables(path) == {}


async def test_records_work_on_migrated_tables(tmp_path: Path, postgres_url: str) -> None:
    from sqlalchemy import insert, select

    from hubbub.community.adapters.tables import user_settings

    add = Statement("settings.add", insert(user_settings))
    every = Statement("settings.all", select(user_settings))
    for url in (f"sqlite:///{tmp_path / 'records.db'}", postgres_url):
        await asyncio.to_thread(migrate, url)
        records = await open_records(url)
        await records.write([Op(add, {"user_id": 1 << 60, "settings_json": b"{}"})])
        assert await records.fetch(every) == [(1 << 60, b"{}")]
        await records.close()


UPLOADS = (
    "INSERT INTO media_uploads (id, owner, asset_id, state, length_bytes, offset_bytes, segments, metadata, concat,"
    " created_at_ms, expires_at_ms, lease_epoch, lease_until_ms, lease_node)"
    " VALUES (1, 'key/a', 11, 'stored', 5, 5, 1, '', '', 7, 9, 1, 0, ''),"
    " (2, 'key/a', 12, 'open', 5, 3, 1, '', '', 7, 9, 1, 0, ''),"
    " (3, 'key/a', NULL, 'part', 5, 5, 1, '', '', 7, 9, 1, 0, '')"
)


async def made_before(revision: str, *statements: str, path: Path, postgres_url: str) -> tuple[str, str]:
    """Bring both databases to `revision`, with rows of that time; return their addresses."""

    def before(connection: Connection) -> None:
        migrations.run(connection, lambda config: command.upgrade(config, revision))
        for statement in statements:
            connection.exec_driver_sql(statement)

    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    with engine.begin() as connection:
        before(connection)
    engine.dispose()
    postgres = create_async_engine(postgres_url.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with postgres.begin() as asynchronous:
        await asynchronous.run_sync(before)
    await postgres.dispose()
    return f"sqlite:///{path}", postgres_url


async def test_uploads_that_were_finished_before_assets_get_theirs_with_a_job(
    tmp_path: Path, postgres_url: str
) -> None:
    for url in await made_before("0004", UPLOADS, path=tmp_path / "records.db", postgres_url=postgres_url):
        await asyncio.to_thread(migrate, url)
        records = await open_records(url)
        assets, jobs = AssetStore(records), JobStore(records)
        asset = await assets.get(11)
        assert asset is not None
        assert (asset.state, asset.upload_id, asset.size_bytes, asset.holders) == ("processing", 1, 5, 1)
        assert await assets.holders(11) == ["upload/1"]
        assert [job.asset_id for job in await jobs.take("one", 9, 100, Policy())] == [11]
        assert await assets.get(12) is None
        # What a key uploaded stays until it is ended, also from before finished uploads could end by themselves.
        overdue = await UploadStore(records, Objects.in_memory()).overdue(10, 9)
        assert {each.id for each in overdue} == {2, 3}
        assert asset.file_name == "file.bin"
        await records.close()


async def test_what_guilds_keep_is_counted_when_the_count_begins(tmp_path: Path, postgres_url: str) -> None:
    channel = (
        "INSERT INTO channels (id, guild_id, type, name, position, nsfw, rate_limit_per_user_s, overwrites_json)"
        " VALUES ({}, {}, 0, 'c', 0, false, 0, '')"
    )
    rows = [
        *(channel.format(*each) for each in ((31, 1), (32, 1), (33, "NULL"))),
        (
            "INSERT INTO attachments (id, channel_id, message_id, filename, content_type, size_bytes, secret) VALUES"
            " (41, 31, 1, 'a', 'b', 100, ''), (42, 32, 1, 'a', 'b', 20, 'old'), (43, 33, 1, 'a', 'b', 5000, '')"
        ),
    ]
    asset = (
        "INSERT INTO media_assets (id, owner, upload_id, state, kind, format, content_type, size_bytes, width, height,"
        " duration_ms, frames, alpha, error_code, error_message, holders, created_at_ms)"
        " VALUES ({}, 'user:1', 1, 'ready', 'image', 'PNG', 'image/png', {}, 1, 1, 0, 1, false, '', '', 1, 1)"
    )
    rows += [
        *(asset.format(*each) for each in ((61, 3), (62, 4))),
        (
            "INSERT INTO emojis (id, guild_id, name, role_ids_json, creator_id, animated, content_type)"
            " VALUES (51, 1, 'e', '', 1, false, 'image/png')"
        ),
        "INSERT INTO picture_assets (key, asset_id) VALUES ('emojis/51', 61), ('avatars/1/abc', 62)",
    ]
    addresses = await made_before("0015", *rows, path=tmp_path / "records.db", postgres_url=postgres_url)
    for url in addresses:
        await asyncio.to_thread(migrate, url)
        records = await open_records(url)
        storage = GuildStorage(records, 1000)
        assert await storage.size(1) == 123
        assert await storage.size(0) == 0
        await records.close()
