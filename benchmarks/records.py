"""Records on SQLite: writes acknowledged after their sync, pages read, lists as parameters.

Method: a message of 60 characters and its event of 600 bytes in one transaction, besides the channel's last message id;
twenty channels; a fresh database under `build/` on the disk of the checkout, default settings. Pages are the newest 50
messages of a channel. The peer is sqlite3 itself on one thread in the same run, interleaved, with the same tables,
pragmas and SQL text: for writes a transaction and a sync each, which is what durability costs without group commit; for
reads the query and its rows as tuples, with no loop, thread or type in between; for lists one placeholder per value.
Each figure is the median of the runs.

Command: `hubbub bench records`.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Column, MetaData, Table, Text, bindparam, insert, select

from hubbub.app.bench.interleaved import Measure, Scenario, measured
from hubbub.storage.records.create import create_all
from hubbub.storage.records.port import Op, OutboxEntry, Records, Statement
from hubbub.storage.records.schema import BigInt, outbox_table
from hubbub.storage.records.sqlite import SqliteRecords
from hubbub.storage.records.sqlite.connection import connect

CHANNELS = 20
PAGE = 50
SEEDED = 20_000

tables = MetaData()
outbox_table.to_metadata(tables)
messages = Table(
    "message",
    tables,
    Column("channel_id", BigInt, primary_key=True),
    Column("id", BigInt, primary_key=True),
    Column("content", Text, nullable=False),
    sqlite_with_rowid=False,
)
channels = Table("channel", tables, Column("id", BigInt, primary_key=True), Column("last_message_id", BigInt))


class Message(NamedTuple):
    """A row of a page."""

    channel_id: int
    id: int
    content: str


ADD = Statement("message.add", insert(messages))
TOUCH = Statement.upsert("channel.touch", channels, conflict=["id"], update=["last_message_id"])
NEWEST = Statement(
    "message.newest",
    select(messages).where(messages.c.channel_id == bindparam("channel")).order_by(messages.c.id.desc()).limit(PAGE),
    Message,
)
AMONG = Statement("channel.among", select(channels).where(channels.c.id.in_(bindparam("ids", expanding=True))))


async def run(*, quick: bool) -> list[dict[str, Any]]:
    """Measure and return the rows; `quick` spends a fifth of the time on each figure."""
    seconds = 0.4 if quick else 2.0
    alone = "sqlite3, a sync each"
    raw = "sqlite3, tuples"
    scenarios = [
        Scenario("writes acknowledged, 1 caller", "1/s", _writes(1), _raw_writes, alone),
        Scenario("writes acknowledged, 16 callers", "1/s", _writes(16), _raw_writes, alone),
        Scenario("writes acknowledged, 256 callers", "1/s", _writes(256), _raw_writes, alone),
        Scenario("write at 1,000/s, p50", "ms", _latency(50), None, ""),
        Scenario("write at 1,000/s, p99", "ms", _latency(99), None, ""),
        Scenario("pages of 50, 1 caller", "1/s", _pages(1), _raw_pages, raw),
        Scenario("pages of 50, 16 callers", "1/s", _pages(16), _raw_pages, raw),
        Scenario("pages of 50, 256 callers", "1/s", _pages(256), _raw_pages, raw),
        Scenario("rows by a list of 3 keys, 16 callers", "1/s", _lists(3), _raw_lists(3), "sqlite3, 3 placeholders"),
        Scenario(
            "rows by a list of 20 keys, 16 callers", "1/s", _lists(20), _raw_lists(20), "sqlite3, 20 placeholders"
        ),
    ]
    return await measured(scenarios, seconds)


@contextmanager
def _fresh_path() -> Iterator[Path]:
    Path("build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir="build", prefix="bench-records-") as folder:
        path = Path(folder) / "records.db"
        create_all(path, tables)
        yield path


@contextmanager
def _raw_connection(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(connect(path, "writer", busy_timeout_ms=5_000, cache_kib=4_096)) as connection:
        yield connection


def _seed(path: Path) -> None:
    """Fill every channel."""
    with _raw_connection(path) as connection:
        connection.execute("BEGIN")
        rows = [{"channel_id": n % CHANNELS, "id": n, "content": "hello " * 10} for n in range(SEEDED)]
        add = ADD.compiled("sqlite")
        connection.executemany(add.sql, [add.bind(row) for row in rows])
        touch = TOUCH.compiled("sqlite")
        keys = [touch.bind({"id": n, "last_message_id": n}) for n in range(CHANNELS)]
        connection.executemany(touch.sql, keys)
        connection.execute("COMMIT")


@asynccontextmanager
async def _fresh_records(*, seeded: bool = False) -> AsyncIterator[SqliteRecords]:
    with _fresh_path() as path:
        if seeded:
            _seed(path)
        records = await SqliteRecords.open(path)
        yield records
        await records.close()


def _ops(number: int) -> list[Op]:
    channel = number % CHANNELS
    return [
        Op(ADD, {"channel_id": channel, "id": number, "content": "hello " * 10}),
        Op(TOUCH, {"id": channel, "last_message_id": number}),
    ]


async def _send(records: Records, number: int) -> None:
    await records.write(_ops(number), [OutboxEntry(number % CHANNELS, b"e" * 600)])


async def _rate(callers: int, seconds: float, call: Callable[[int], Awaitable[object]]) -> float:
    """Return calls per second of `callers` that call one after the other; each call gets a number of its own."""
    numbers = count(1)
    done = 0
    start = time.perf_counter()

    async def caller() -> None:
        nonlocal done
        while time.perf_counter() - start < seconds:
            await call(next(numbers))
            done += 1

    await asyncio.gather(*(caller() for _ in range(callers)))
    return done / (time.perf_counter() - start)


def _writes(callers: int) -> Measure:
    """Return writes acknowledged per second."""

    async def measure(seconds: float) -> float:
        async with _fresh_records() as records:
            return await _rate(callers, seconds, lambda number: _send(records, number))

    return measure


async def _raw_writes(seconds: float) -> float:
    with _fresh_path() as path, _raw_connection(path) as connection:
        compiled = [op.statement.compiled("sqlite") for op in _ops(0)]
        start = time.perf_counter()
        for number in count(1):
            connection.execute("BEGIN IMMEDIATE")
            for op, statement in zip(_ops(number), compiled, strict=True):
                connection.execute(statement.sql, statement.bind(op.params))
            connection.execute("INSERT INTO outbox (key, payload) VALUES (?, ?)", (number % CHANNELS, b"e" * 600))
            connection.execute("COMMIT")
            elapsed = time.perf_counter() - start
            if elapsed > seconds:
                return number / elapsed
    return 0.0


def _latency(percent: int) -> Measure:
    """Return a percentile, in milliseconds, of the time from when a write was due to its acknowledgement."""

    async def measure(seconds: float) -> float:
        async with _fresh_records() as records:
            durations: list[float] = []

            async def one(number: int, due: float) -> None:
                await _send(records, number)
                durations.append(time.perf_counter() - due)

            start = time.perf_counter()
            async with asyncio.TaskGroup() as tasks:
                for number in range(int(seconds * 1000)):
                    due = start + number / 1000
                    if (wait := due - time.perf_counter()) > 0:
                        await asyncio.sleep(wait)
                    tasks.create_task(one(number, due))
            return statistics.quantiles(durations, n=100)[percent - 1] * 1000

    return measure


def _pages(callers: int) -> Measure:
    """Return pages read per second, each caller another channel than its neighbours."""

    async def measure(seconds: float) -> float:
        async with _fresh_records(seeded=True) as records:
            return await _rate(callers, seconds, lambda number: records.fetch(NEWEST, {"channel": number % CHANNELS}))

    return measure


def _lists(length: int) -> Measure:
    """Return lookups per second of `length` keys; the lists differ, so that none is shared."""

    async def measure(seconds: float) -> float:
        async with _fresh_records(seeded=True) as records:
            return await _rate(16, seconds, lambda number: records.fetch(AMONG, {"ids": [*range(length - 1), number]}))

    return measure


async def _raw_pages(seconds: float) -> float:
    sql = NEWEST.compiled("sqlite").sql
    return _raw_reads(seconds, sql, lambda number: (number % CHANNELS, PAGE, 0))


def _raw_lists(length: int) -> Measure:
    placeholders = ", ".join("?" * length)
    sql = f"SELECT channel.id, channel.last_message_id FROM channel WHERE channel.id IN ({placeholders})"  # noqa: S608

    async def measure(seconds: float) -> float:
        return _raw_reads(seconds, sql, lambda number: (*range(length - 1), number))

    return measure


def _raw_reads(seconds: float, sql: str, values: Callable[[int], tuple[int, ...]]) -> float:
    with _fresh_path() as path:
        _seed(path)
        with _raw_connection(path) as connection:
            start = time.perf_counter()
            for number in count(1):
                connection.execute(sql, values(number)).fetchall()
                elapsed = time.perf_counter() - start
                if elapsed > seconds:
                    return number / elapsed
    return 0.0
