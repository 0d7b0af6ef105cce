"""Acknowledged means durable: a real process is killed at seeded instants, and all that it acknowledged is there."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from engines.postgres import PostgresServer
from hubbub.storage.records.create import create_all, create_text
from hubbub.storage.records.port import Records, Statement
from hubbub.storage.records.postgres import PostgresRecords
from hubbub.storage.records.sqlite import SqliteRecords
from servers import record_writer
from servers.record_writer import tables, twins, writes

KILLS = 24
NUMBERS_PER_LIFE = 1_000_000

WRITES = Statement("writes", select(writes.c.number), int)
TWINS = Statement("twins", select(twins.c.number), int)


def live_and_die(address: str, life: int, choose: random.Random, die: Callable[[], None] | None = None) -> list[int]:
    """Run the writer, end it by `die` (or kill it) at a chosen instant; return the numbers that it acknowledged.

    The instant is a number of acknowledgements and some milliseconds after them, so that a slow machine sees as much
    work cut off as a fast one.
    """
    command = [sys.executable, record_writer.__file__, address, str(life * NUMBERS_PER_LIFE + 1)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"ready\n", process.stderr.read()
        said = b"".join(process.stdout.readline() for _ in range(choose.randrange(40)))
        killer = threading.Timer(choose.uniform(0.0, 0.02), process.kill if die is None else die)
        killer.start()
        said += process.stdout.read()
        killer.join()
        process.wait(30)
        process.stderr.read()
    lines, _, torn = said.rpartition(b"\n")
    assert torn == b""
    return [int(line) for line in lines.split()]


async def assert_all_there(records: Records, acknowledged: set[int]) -> None:
    """Check that each acknowledged number has both its rows and its event, and that no write is there in part."""
    kept = set(await records.fetch(WRITES))
    assert acknowledged <= kept
    assert set(await records.fetch(TWINS)) == kept
    told = {int(row.payload) for row in await records.outbox(0, 10_000_000)}
    assert told == kept


async def test_a_killed_process_loses_nothing_acknowledged_on_sqlite(tmp_path: Path) -> None:
    choose = random.Random(3)
    path = tmp_path / "records.db"
    create_all(path, tables)
    acknowledged: set[int] = set()
    for life in range(KILLS):
        acknowledged |= set(live_and_die(str(path), life, choose))
        records = await SqliteRecords.open(path)
        await assert_all_there(records, acknowledged)
        await records.close()
    assert len(acknowledged) > KILLS


@pytest.mark.parametrize("victim", ["writer", "server"])
async def test_a_kill_loses_nothing_acknowledged_on_postgresql(postgres_server: PostgresServer, victim: str) -> None:
    choose = random.Random(4)
    name = postgres_server.create_database()
    postgres_server.execute(create_text(tables, "postgresql"), name)
    acknowledged: set[int] = set()
    for life in range(4):
        die = postgres_server.kill if victim == "server" else None
        acknowledged |= set(live_and_die(postgres_server.url(name), life, choose, die))
        if victim == "server":
            postgres_server.start()
        records = await PostgresRecords.open(postgres_server.url(name))
        await assert_all_there(records, acknowledged)
        await records.close()
    assert len(acknowledged) > 4
    postgres_server.drop_database(name)
