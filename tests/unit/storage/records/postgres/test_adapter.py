"""What is PostgreSQL's own: concurrent commits, restored outboxes, lost servers."""

from __future__ import annotations

import asyncio
import os
import pwd
import random
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import Column, MetaData, Table, bindparam, insert, select, update

from engines.postgres import PostgresServer
from hubbub.storage.records.create import create_text
from hubbub.storage.records.port import Op, OutboxEntry, Statement, StorageBusy, StorageFull, StorageUnavailable
from hubbub.storage.records.postgres import PostgresRecords
from hubbub.storage.records.schema import BigInt, outbox_table

tables = MetaData()
outbox_table.to_metadata(tables)
counters = Table(
    "counter",
    tables,
    Column("id", BigInt, primary_key=True, autoincrement=False),
    Column("value", BigInt, nullable=False),
)
ADD = Statement("counter.add", insert(counters))
BUMP = Statement(
    "counter.bump",
    update(counters).where(counters.c.id == bindparam("counter")).values(value=counters.c.value + bindparam("by")),
)
VALUE = Statement("counter.value", select(counters.c.value).where(counters.c.id == bindparam("counter")), int)


@pytest.fixture
def database(postgres_server: PostgresServer, postgres_url: str) -> str:
    postgres_server.execute(create_text(tables, "postgresql"), postgres_url.rpartition("/")[2])
    return postgres_url


@pytest.fixture
async def records(database: str) -> AsyncIterator[PostgresRecords]:
    opened = await PostgresRecords.open(database, busy_timeout_ms=200)
    yield opened
    await opened.close()


@pytest.fixture
async def other(database: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()


async def test_a_commit_behind_an_older_transaction_waits_for_it(
    records: PostgresRecords, other: asyncpg.Connection
) -> None:
    """The older one may yet add a smaller position, so its elders hold newer rows back."""
    older = other.transaction()
    await older.start()
    await other.execute("INSERT INTO counter VALUES (1, 0)")
    await records.write([], [OutboxEntry(5, b"newer")])
    assert await records.outbox(0, 10) == []
    position = await other.fetchval("SELECT pg_current_xact_id()::text::bigint << 20")
    await other.execute("INSERT INTO outbox VALUES ($1, 4, 'older')", position)
    await older.commit()
    assert [row.payload for row in await records.outbox(0, 10)] == [b"older", b"newer"]


async def test_rows_hidden_behind_a_write_are_announced_when_it_ends(
    records: PostgresRecords, other: asyncpg.Connection
) -> None:
    calls: list[list[bytes]] = []
    await records.write([Op(ADD, {"id": 1, "value": 0})])
    blocker = other.transaction()
    await blocker.start()
    await other.execute("UPDATE counter SET value = 9 WHERE id = 1")
    # The first op gives the slow write its id; the second waits for the other connection.
    slow_ops = [Op(ADD, {"id": 2, "value": 0}), Op(BUMP, {"counter": 1, "by": 1})]
    slow = asyncio.create_task(records.write(slow_ops))
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    async with asyncio.timeout(10):
        while not await other.fetchval(waiting):  # noqa: ASYNC110 - the other process tells only when asked
            await asyncio.sleep(0.005)
    records.on_commit(lambda: calls.append([]))
    await records.write([], [OutboxEntry(1, b"hidden")])
    told_at_commit = len(calls)
    assert told_at_commit == 1
    await blocker.rollback()
    await slow
    assert len(calls) > told_at_commit


async def test_an_outbox_from_another_cluster_is_told_first(database: str, other: asyncpg.Connection) -> None:
    """A restored dump carries positions of transactions that this cluster will not reach for years."""
    await other.executemany(
        "INSERT INTO outbox VALUES ($1, 1, $2)",
        [((1 << 50) + 1, b"restored 1"), ((1 << 50) + 2, b"restored 2"), (1 << 51, b"restored 3")],
    )
    for _ in range(2):
        records = await PostgresRecords.open(database)
        await records.write([], [OutboxEntry(1, b"new")])
        rows = await records.outbox(0, 10)
        assert [row.payload for row in rows[:4]] == [b"restored 1", b"restored 2", b"restored 3", b"new"]
        assert rows[0].seq > 0
        await records.close()


async def test_a_row_locked_elsewhere_is_busy(records: PostgresRecords, other: asyncpg.Connection) -> None:
    await records.write([Op(ADD, {"id": 1, "value": 0})])
    async with other.transaction():
        await other.execute("UPDATE counter SET value = 1")
        with pytest.raises(StorageBusy):
            await records.write([Op(ADD, {"id": 2, "value": 0}), Op(BUMP, {"counter": 1, "by": 1})])
    assert await records.fetch(VALUE, {"counter": 2}) == []
    assert await records.fetch_one(VALUE, {"counter": 1}) == 1


async def test_deadlocks_are_retried_until_both_are_through(database: str, other: asyncpg.Connection) -> None:
    await other.execute(f"ALTER DATABASE {database.rpartition('/')[2]} SET deadlock_timeout = '10ms'")
    records = await PostgresRecords.open(database)
    await records.write([Op(ADD, {"id": 1, "value": 0}), Op(ADD, {"id": 2, "value": 0})])
    there = [Op(BUMP, {"counter": counter, "by": 1}) for counter in (1, 2)]
    back = there[::-1]
    await asyncio.gather(*(records.write(there if n % 2 else back) for n in range(40)))
    for counter in (1, 2):
        assert await records.fetch_one(VALUE, {"counter": counter}) == 40
    await records.close()


async def test_a_lost_server_is_unavailable_and_comes_back(
    postgres_server: PostgresServer, database: str, records: PostgresRecords
) -> None:
    await records.write([Op(ADD, {"id": 1, "value": 7})])
    port = postgres_server.port
    postgres_server.kill()
    for _ in range(2):
        with pytest.raises(StorageUnavailable):
            await records.write([Op(ADD, {"id": 2, "value": 0})])
        with pytest.raises(StorageUnavailable):
            await records.fetch(VALUE, {"counter": 1})
    postgres_server.start(port)
    assert await records.fetch_one(VALUE, {"counter": 1}) == 7
    await records.write([Op(ADD, {"id": 2, "value": 0})])


async def test_an_address_where_nobody_answers_is_unavailable(postgres_server: PostgresServer) -> None:
    with pytest.raises(StorageUnavailable):
        await PostgresRecords.open(postgres_server.url("not_there"))
    with pytest.raises(StorageUnavailable):
        await PostgresRecords.open("postgresql://hubbub@127.0.0.1:1/nothing")


@pytest.fixture
def small_disk(postgres_server: PostgresServer) -> Iterator[Path]:
    """A real file system of four mebibytes that the server may write to; only root can mount one."""
    mount = postgres_server.folder / "small"
    mount.mkdir(exist_ok=True)
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small disk takes root's rights")
    owner = pwd.getpwnam("nobody").pw_uid
    options = f"size=4m,mode=0700,uid={owner}"
    if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(mount)], check=False).returncode != 0:
        pytest.skip("this machine lets nobody mount a small disk")
    yield mount
    subprocess.run(["umount", "--lazy", str(mount)], check=True)


async def test_a_full_disk_is_told_and_keeps_what_was_there(
    small_disk: Path, records: PostgresRecords, other: asyncpg.Connection
) -> None:
    await other.execute(f"CREATE TABLESPACE small LOCATION '{small_disk}'")
    await other.execute("ALTER TABLE outbox SET TABLESPACE small")
    noise = random.Random(1)
    acknowledged = 0

    async def fill() -> None:
        nonlocal acknowledged
        for number in range(1, 100):
            await records.write([Op(ADD, {"id": number, "value": 0})], [OutboxEntry(1, noise.randbytes(200_000))])
            acknowledged = number

    with pytest.raises(StorageFull):
        await fill()
    assert acknowledged > 5
    assert len(await records.outbox(0, 1000)) == acknowledged
    assert await other.fetchval("SELECT count(*) FROM counter") == acknowledged
    await other.execute("ALTER TABLE outbox SET TABLESPACE pg_default")
    await other.execute("DROP TABLESPACE small")
    await records.write([], [OutboxEntry(1, b"room again")])
