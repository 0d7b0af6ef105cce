"""Acknowledged means durable: a real process is killed at seeded instants, and all that it acknowledged is there."""

from __future__ import annotations

import functools
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
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


class Nursery:
    """Where writers are born, one after the other."""

    def __init__(self, address: str) -> None:
        command = [sys.executable, record_writer.__file__, address]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._lives = 0

    def live_and_die(self, choose: random.Random, die: Callable[[], None] | None = None) -> list[int]:
        """Let a writer live until `die` ends it (or a kill does); return the numbers that it acknowledged.

        The instant is a number of acknowledgements and some milliseconds after them, so that a slow machine sees as
        much work cut off as a fast one.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(b"%d\n" % (self._lives * NUMBERS_PER_LIFE + 1))
        self._process.stdin.flush()
        self._lives += 1
        acknowledged: list[int] = []
        writer = 0
        instant = choose.randrange(40)
        killer: threading.Timer | None = None
        for line in self._lines():
            if line.startswith(b"born"):
                writer = int(line.split()[1])
            else:
                acknowledged.append(int(line))
            if killer is None and writer and len(acknowledged) >= instant:
                end = die if die is not None else functools.partial(os.kill, writer, signal.SIGKILL)
                killer = threading.Timer(choose.uniform(0.0, 0.02), end)
                killer.start()
        assert killer is not None, "the writer died by itself"
        killer.join()
        return acknowledged

    def _lines(self) -> Iterator[bytes]:
        """Yield what is said until the writer is dead; a kill tears no line."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line == b"dead\n":
                return
            assert line.endswith(b"\n")
            yield line

    def close(self) -> None:
        """End the nursery itself."""
        self._process.communicate()


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
    nursery = Nursery(str(path))
    for _ in range(KILLS):
        acknowledged |= set(nursery.live_and_die(choose))
        records = await SqliteRecords.open(path)
        await assert_all_there(records, acknowledged)
        await records.close()
    nursery.close()
    assert len(acknowledged) > KILLS


@pytest.mark.parametrize("victim", ["writer", "server"])
async def test_a_kill_loses_nothing_acknowledged_on_postgresql(postgres_server: PostgresServer, victim: str) -> None:
    choose = random.Random(4)
    port = postgres_server.port
    name = postgres_server.create_database()
    postgres_server.execute(create_text(tables, "postgresql"), name)
    acknowledged: set[int] = set()
    nursery = Nursery(postgres_server.url(name))
    for _ in range(6):
        die = postgres_server.kill if victim == "server" else None
        acknowledged |= set(nursery.live_and_die(choose, die))
        if victim == "server":
            postgres_server.start(port)
        postgres_server.wait_for_sessions_to_end(name)
        records = await PostgresRecords.open(postgres_server.url(name))
        await assert_all_there(records, acknowledged)
        await records.close()
    nursery.close()
    assert len(acknowledged) > 6
    postgres_server.drop_database(name)
