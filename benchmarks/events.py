"""The embedded event log: what it acknowledges, how soon, how fast it is read and how long it takes to open.

Method: events of 200 bytes with an 8-byte key, one topic of one partition, a fresh folder under `build/` on the disk of
the checkout, default settings (groups of 2 ms). The peer is the machine's own floor in the same run, interleaved: the
same bytes with nothing above the system calls. For appends that floor is one write and one fdatasync per record, from
one thread, which is what durability costs without group commit. Each figure is the median of the runs.

Command: `hubbub bench events`.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from hubbub.app.bench.interleaved import Measure, Scenario, measured
from hubbub.events.log import EventLog, Record
from hubbub.events.log.embedded import EmbeddedLog

VALUE = os.urandom(200)
RECORD = Record(VALUE, b"8 bytes!")
FRAME_BYTES = 244
"""What such a record takes on the disk."""


async def run(*, quick: bool) -> list[dict[str, Any]]:
    """Measure and return the rows; `quick` spends a fifth of the time on each figure."""
    seconds = 0.4 if quick else 2.0
    scenarios = [
        Scenario(
            "appends acknowledged, 256 callers", "1/s", _appends(256, 1), _floor_appends(1), "fdatasync per record"
        ),
        Scenario("appends acknowledged, 16 callers", "1/s", _appends(16, 1), _floor_appends(1), "fdatasync per record"),
        Scenario(
            "records acknowledged, 100 per append", "1/s", _appends(8, 100), _floor_appends(100), "fdatasync per 100"
        ),
        Scenario("append at 1,000/s, p50", "ms", _latency(50), _floor_latency(50), "one write and fdatasync"),
        Scenario("append at 1,000/s, p99", "ms", _latency(99), _floor_latency(99), "one write and fdatasync"),
        Scenario("records polled, 500 at a time", "1/s", _polls, _floor_reads, "read and CRC-32 of the same bytes"),
        Scenario("open after a kill, 100,000 records in the tail", "ms", _open, None, ""),
    ]
    return await measured(scenarios, seconds)


@contextmanager
def _fresh_folder() -> Iterator[Path]:
    Path("build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir="build", prefix="bench-events-") as folder:
        yield Path(folder)


@asynccontextmanager
async def _fresh_log() -> AsyncIterator[EventLog]:
    with _fresh_folder() as folder:
        log = await EmbeddedLog.open(folder)
        await log.create_topic("bench")
        yield log
        await log.close()


def _appends(callers: int, batch: int) -> Measure:
    """Return records acknowledged per second with `callers` waiting at once, `batch` records per append."""

    async def measure(seconds: float) -> float:
        async with _fresh_log() as log:
            done = 0
            start = time.perf_counter()

            async def caller() -> None:
                nonlocal done
                while time.perf_counter() - start < seconds:
                    await log.append("bench", [RECORD] * batch)
                    done += batch

            await asyncio.gather(*(caller() for _ in range(callers)))
            return done / (time.perf_counter() - start)

    return measure


def _floor_appends(batch: int) -> Measure:
    async def measure(seconds: float) -> float:
        durations = await _raw_appends(seconds, batch)
        return batch * len(durations) / sum(durations)

    return measure


def _latency(percent: int) -> Measure:
    """Return a percentile, in milliseconds, of the time from append to acknowledgement at 1,000 appends per second."""

    async def measure(seconds: float) -> float:
        async with _fresh_log() as log:
            durations: list[float] = []

            async def one(due: float) -> None:
                await log.append("bench", [RECORD])
                durations.append(time.perf_counter() - due)

            start = time.perf_counter()
            async with asyncio.TaskGroup() as tasks:
                for number in range(int(seconds * 1000)):
                    due = start + number / 1000
                    if (wait := due - time.perf_counter()) > 0:
                        await asyncio.sleep(wait)
                    tasks.create_task(one(due))
            return _percentile_ms(durations, percent)

    return measure


def _floor_latency(percent: int) -> Measure:
    async def measure(seconds: float) -> float:
        return _percentile_ms(await _raw_appends(seconds, 1), percent)

    return measure


async def _polls(seconds: float) -> float:
    async with _fresh_log() as log:
        for _ in range(20):
            await log.append("bench", [RECORD] * 1000)
        read = 0
        start = time.perf_counter()
        while time.perf_counter() - start < seconds:
            consumer = await log.consumer(["bench"])
            while records := await consumer.poll(500):
                read += len(records)
            await consumer.close()
        return read / (time.perf_counter() - start)


async def _floor_reads(seconds: float) -> float:
    with _fresh_folder() as folder:
        path = folder / "raw"
        path.write_bytes(VALUE * 20_000 + bytes((FRAME_BYTES - len(VALUE)) * 20_000))
        return await asyncio.to_thread(_raw_reads, path, seconds)


async def _open(_seconds: float) -> float:
    """Return the milliseconds from a folder left by a dead process to a log that takes appends."""
    with _fresh_folder() as folder:
        log = await EmbeddedLog.open(folder)
        await log.create_topic("bench")
        for _ in range(100):
            await log.append("bench", [RECORD] * 1000)
        await log.close()  # on the disk a closed log looks like a killed one: nothing is written at the end
        start = time.perf_counter()
        again = await EmbeddedLog.open(folder)
        took_s = time.perf_counter() - start
        await again.close()
        return took_s * 1000


async def _raw_appends(seconds: float, batch: int) -> list[float]:
    with _fresh_folder() as folder:
        return await asyncio.to_thread(_raw_writes, folder / "raw", bytes(FRAME_BYTES * batch), seconds)


def _raw_writes(path: Path, data: bytes, seconds: float) -> list[float]:
    """Return the seconds that each write and flush of `data` took."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    durations: list[float] = []
    end = time.perf_counter() + seconds
    try:
        while (start := time.perf_counter()) < end:
            os.write(descriptor, data)
            os.fdatasync(descriptor)
            durations.append(time.perf_counter() - start)
    finally:
        os.close(descriptor)
    return durations


def _raw_reads(path: Path, seconds: float) -> float:
    """Return the records per second of reading the file in the size of a poll and summing each record."""
    read = 0
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        with path.open("rb", buffering=0) as file:
            while data := file.read(500 * FRAME_BYTES):
                for at in range(0, len(data), FRAME_BYTES):
                    zlib.crc32(data[at : at + FRAME_BYTES])
                    read += 1
    return read / (time.perf_counter() - start)


def _percentile_ms(durations: list[float], percent: int) -> float:
    return statistics.quantiles(durations, n=100, method="inclusive")[percent - 1] * 1000
