"""What forwarding a packet costs, how late it is and how soon it comes, in calls of some shape."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rtc.load import Load, running_load
from rtc.person import Person
from rtc.row import Row, row_of
from rtc.sdp import Sent
from rtc.server import Server

ENOUGH = 0.999
"""Share of packets that must arrive for a figure to count."""
SETTLE_S = 3.0
"""After the last stream began: bandwidth estimates rise."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Who does what in a call."""

    name: str
    speakers: int
    cameras: int
    watchers: int
    goal: str


@dataclass(frozen=True, slots=True)
class Figures:
    """What one call showed."""

    cpu_us: float
    delivered: float
    delay_p50_ms: float
    delay_p99_ms: float
    packets_hz: float
    first_ms: float


async def cost_rows(
    binary: Path, core: int, servers: Sequence[Server], shape: Shape, runs: int, seconds: float
) -> list[Row]:
    """Return the rows of a shape, from calls by turns; `core` moves the people's packets."""
    found: list[list[Figures]] = [[] for _ in servers]
    for number in range(runs):
        for server, figures in zip(servers, found, strict=True):
            figures.append(await _call(binary, core, server, shape, f"{shape.name} {number}", seconds))
    return _rows(shape, found)


async def _call(binary: Path, core: int, server: Server, shape: Shape, room: str, seconds: float) -> Figures:
    async with running_load(binary, core) as load:
        people: list[Person] = []
        try:
            people += await speakers(server, load, room, shape)
            people += await watchers(server, load, room, shape)
            first_ms = await _first_ms(server, load, room) if shape.watchers else 0.0
            await everybody_receives(load, people, shape)
            await asyncio.sleep(SETTLE_S)
            load.reset()
            cpu, begin = server.cpu_s(), time.perf_counter()
            await asyncio.sleep(seconds)
            counted = await load.report()
            spent, took = server.cpu_s() - cpu, time.perf_counter() - begin
        finally:
            await asyncio.gather(*(person.leave() for person in people))
    received = counted["received"]
    wanted = _streams(shape) * counted["sent"] / max(1, shape.speakers + shape.cameras)
    return Figures(
        cpu_us=spent / max(1, received) * 1e6,
        delivered=min(1.0, received / max(1, counted["expected"]), received / max(1, wanted)),
        delay_p50_ms=counted["delay_p50_ms"],
        delay_p99_ms=counted["delay_p99_ms"],
        packets_hz=received / took,
        first_ms=first_ms,
    )


def _streams(shape: Shape) -> int:
    """Return how many streams receivers get together."""
    sources = shape.speakers + shape.cameras
    if shape.watchers:
        return sources * shape.watchers + shape.speakers * (shape.speakers - 1) + shape.speakers * shape.cameras
    return sources * (shape.speakers - 1)


async def speakers(server: Server, load: Load, room: str, shape: Shape) -> list[Person]:
    """Let those in who have a microphone or a camera."""
    count = max(shape.speakers, shape.cameras)
    return await _gather([partial(_speaker, server, load, room, number, shape) for number in range(count)])


async def watchers(server: Server, load: Load, room: str, shape: Shape) -> list[Person]:
    """Let those in who only receive."""
    names = [f"watcher-{number}" for number in range(shape.watchers)]
    return await _gather([partial(Person.join, server.venue, load, room, name) for name in names])


async def everybody_receives(load: Load, people: Sequence[Person], shape: Shape) -> None:
    """Wait for the first packet of each who is to receive."""
    receivers = [each for each in people if shape.watchers == 0 or each.sending is None]
    await asyncio.gather(*(load.first(each.receiving.number) for each in receivers))


async def _speaker(server: Server, load: Load, room: str, number: int, shape: Shape) -> Person:
    person = await Person.join(server.venue, load, room, f"speaker-{number}")
    base = 100_000 + number * 10
    streams = [Sent(f"voice-{number}", video=False, ssrc=base)] if number < shape.speakers else []
    if number < shape.cameras:
        streams.append(Sent(f"camera-{number}", video=True, ssrc=base + 1))
    await person.publish(*streams)
    return person


async def _first_ms(server: Server, load: Load, room: str) -> float:
    """Return the median time from opening the socket to the first packet, of people who come one after the other."""
    times: list[float] = []
    for number in range(5):
        begin = time.perf_counter()
        person = await Person.join(server.venue, load, room, f"late-{number}")
        await load.first(person.receiving.number)
        times.append((time.perf_counter() - begin) * 1e3)
        await person.leave()
    return statistics.median(times)


async def _gather(makers: list[Callable[[], Awaitable[Person]]]) -> list[Person]:
    """Let people in four at a time: a crowd at one moment is another scenario."""
    gate = asyncio.Semaphore(4)

    async def one(make: Callable[[], Awaitable[Person]]) -> Person:
        async with gate:
            return await make()

    return await asyncio.gather(*(one(make) for make in makers))


def _rows(shape: Shape, found: list[list[Figures]]) -> list[Row]:
    def one(metric: str, unit: str, name: str, goal: str | None) -> Row:
        return row_of(f"{shape.name}: {metric}", unit, found, name, goal=goal)

    rows = [
        one("server CPU by packet", "µs", "cpu_us", shape.goal),
        one("delivered", "share", "delivered", f"≥ {ENOUGH}"),
        one("packets", "/s", "packets_hz", None),
        one("delay p50", "ms", "delay_p50_ms", None),
        one("delay p99", "ms", "delay_p99_ms", "≤ 3"),
    ]
    if shape.watchers:
        rows.append(one("join to first packet", "ms", "first_ms", "≤ 150"))
    return rows
