"""SQLite's bad days: a lock that another process holds, a full disk, a file that is no database."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, LargeBinary, MetaData, Table, bindparam, delete, func, insert, select

from hubbub.storage.records.create import create_all
from hubbub.storage.records.port import (
    Op,
    OutboxEntry,
    Statement,
    StorageBusy,
    StorageFull,
    StorageUnavailable,
    UniqueViolation,
)
from hubbub.storage.records.schema import BigInt, outbox_table
from hubbub.storage.records.sqlite import SqliteRecords, adapter
from hubbub.storage.records.sqlite.connection import Role, connect

tables = MetaData()
outbox_table.to_metadata(tables)
blobs = Table("blob", tables, Column("id", BigInt, primary_key=True), Column("body", LargeBinary, nullable=False))
ADD = Statement("blob.add", insert(blobs))
DROP = Statement("blob.drop", delete(blobs).where(blobs.c.id <= bindparam("through")))
IDS = Statement("blob.ids", select(blobs.c.id).order_by(blobs.c.id), int)
COUNT = Statement("blob.count", select(func.count()).select_from(blobs), int)


def blob(number: int, size_bytes: int = 10) -> Op:
    return Op(ADD, {"id": number, "body": b"b" * size_bytes})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create_all(tmp_path / "records.db", tables)
    return tmp_path / "records.db"


@pytest.fixture
async def records(path: Path) -> AsyncIterator[SqliteRecords]:
    opened = await SqliteRecords.open(path, busy_timeout_ms=50)
    yield opened
    await opened.close()


async def test_a_lock_held_elsewhere_is_busy_and_loses_nothing(path: Path, records: SqliteRecords) -> None:
    await records.write([blob(1)])
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    outcomes = await asyncio.gather(*(records.write([blob(n)]) for n in range(2, 12)), return_exceptions=True)
    assert all(isinstance(outcome, StorageBusy) for outcome in outcomes)
    assert len({id(outcome) for outcome in outcomes}) == 10
    assert await records.fetch(IDS) == [1]
    other.execute("COMMIT")
    other.close()
    await records.write([blob(2)])
    assert await records.fetch(IDS) == [1, 2]


async def test_a_lock_is_waited_for_once_not_once_per_group(
    path: Path, records: SqliteRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "_GROUP_WRITES_MAX", 1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    async with asyncio.timeout(10):
        outcomes = await asyncio.gather(*(records.write([blob(n)]) for n in range(1000)), return_exceptions=True)
    assert all(isinstance(outcome, StorageBusy) for outcome in outcomes)
    other.execute("ROLLBACK")
    other.close()
    assert await records.write([blob(1)]) == [1]


async def test_closing_on_a_locked_database_tells_who_waits(path: Path) -> None:
    records = await SqliteRecords.open(path, busy_timeout_ms=50)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writes = [asyncio.create_task(records.write([blob(n)])) for n in range(10)]
    await asyncio.sleep(0)
    await records.close()
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert all(isinstance(outcome, StorageBusy) for outcome in outcomes)
    other.execute("ROLLBACK")
    other.close()


async def test_a_lock_that_ends_in_time_is_waited_for(path: Path) -> None:
    records = await SqliteRecords.open(path, busy_timeout_ms=20_000)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("INSERT INTO blob VALUES (1, x'00')")
    write = asyncio.create_task(records.write([blob(2)]))
    done, _ = await asyncio.wait([write], timeout=0.05)
    assert not done
    other.execute("COMMIT")
    other.close()
    assert await write == [1]
    assert await records.fetch(IDS) == [1, 2]
    await records.close()


async def test_a_database_that_may_not_grow_is_full_and_keeps_what_it_has(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect_small(path: Path, role: Role, *, busy_timeout_ms: int, cache_kib: int) -> sqlite3.Connection:
        connection = connect(path, role, busy_timeout_ms=busy_timeout_ms, cache_kib=cache_kib)
        connection.execute("PRAGMA max_page_count=64")
        return connection

    monkeypatch.setattr(adapter, "connect", connect_small)
    records = await SqliteRecords.open(path)
    acknowledged: list[int] = []

    async def fill() -> None:
        for number in range(1, 200):
            await records.write([blob(number, 4000)], [OutboxEntry(1, b"%d" % number)])
            acknowledged.append(number)

    with pytest.raises(StorageFull) as full:
        await fill()
    assert full.value.status == 507
    assert len(acknowledged) > 10
    assert await records.fetch(IDS) == acknowledged
    assert [int(row.payload) for row in await records.outbox(0, 1000)] == acknowledged
    # One write that cannot fit does not refuse those that can.
    await records.write([Op(DROP, {"through": 5})])
    writes = [records.write([blob(1000 + n, 4000 * 300 if n == 3 else 10)]) for n in range(6)]
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert [isinstance(outcome, StorageFull) for outcome in outcomes] == [n == 3 for n in range(6)]
    assert await records.fetch_one(COUNT) == len(acknowledged) - 5 + 5
    await records.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of two mebibytes; only root can mount one."""
    mount = tmp_path / "disk"
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(mount)]
    if os.geteuid() != 0 or shutil.which("mount") is None or subprocess.run(command, check=False).returncode != 0:
        pytest.skip("mounting a small disk takes root's rights")
    yield mount
    subprocess.run(["umount", str(mount)], check=True)


async def test_a_full_disk_is_told_and_survived(small_disk: Path) -> None:
    path = small_disk / "records.db"
    create_all(path, tables)
    records = await SqliteRecords.open(path)
    acknowledged = []
    refused = 0
    for number in range(1, 400):
        try:
            await records.write([blob(number, 10_000)], [OutboxEntry(1, b"%d" % number)])
            acknowledged.append(number)
        except StorageFull:
            refused += 1
            if refused == 20:
                break
    assert refused == 20
    assert len(acknowledged) > 20
    assert await records.fetch(IDS) == acknowledged
    await records.close()
    reopened = await SqliteRecords.open(path)
    assert await reopened.fetch(IDS) == acknowledged
    assert [int(row.payload) for row in await reopened.outbox(0, 1000)] == acknowledged
    await reopened.close()


async def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "records.db"
    path.write_bytes(b"This is a letter, not a database. " * 100)
    with pytest.raises(StorageUnavailable):
        await SqliteRecords.open(path)


async def test_a_folder_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable):
        await SqliteRecords.open(tmp_path / "nowhere" / "records.db")


async def test_a_statement_that_is_wrong_fails_alone(records: SqliteRecords) -> None:
    stray = Statement("stray", insert(Table("not_there", MetaData(), Column("id", BigInt))))
    outcomes = await asyncio.gather(
        records.write([blob(1)]), records.write([Op(stray, {"id": 1})]), records.write([blob(2)]),
        return_exceptions=True,
    )  # fmt: skip
    assert isinstance(outcomes[1], sqlite3.OperationalError)
    assert (outcomes[0], outcomes[2]) == ([1], [1])
    assert await records.fetch(IDS) == [1, 2]


async def test_a_read_cannot_write(records: SqliteRecords) -> None:
    with pytest.raises(StorageUnavailable):
        await records.fetch(ADD, {"id": 1, "body": b""})
    assert await records.fetch(IDS) == []


async def test_a_group_larger_than_one_commit_is_all_told(records: SqliteRecords) -> None:
    outcomes = await asyncio.gather(*(records.write([blob(n % 900)]) for n in range(1000)), return_exceptions=True)
    assert sum(isinstance(outcome, UniqueViolation) for outcome in outcomes) == 100
    assert await records.fetch_one(COUNT) == 900
