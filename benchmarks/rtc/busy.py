"""How late packets are, and how many there can be, when a server is busy for seven tenths of the time.

Calls of one shape begin one after another until the server's core is that busy, and then all go on for some seconds.
A server that takes less for a packet carries more calls by then: the figures are each server's own at its own limit.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rtc.cost import ENOUGH, SETTLE_S, Shape, everybody_receives, speakers, watchers
from rtc.load import running_load
from rtc.row import Row, row_of
from rtc.server import Server

BUSY = 0.7
_REST_S, _LOOK_S = 1.0, 2.0
"""After a call began: joining takes a server's time too, and is another figure."""
_CALLS_MAX = 30
"""More would be the load's limit, not the server's."""


@dataclass(frozen=True, slots=True)
class _Figures:
    packets_hz: float
    cpu_us: float
    load: float
    delivered: float
    delay_p50_ms: float
    delay_p99_ms: float


async def busy_rows(
    binary: Path, core: int, servers: Sequence[Server], shape: Shape, runs: int, seconds: float
) -> list[Row]:
    """Return the rows of calls of `shape` that keep a core busy, by turns; `core` moves the people's packets."""
    found: list[list[_Figures]] = [[] for _ in servers]
    for number in range(runs):
        for server, figures in zip(servers, found, strict=True):
            figures.append(await _measure(binary, core, server, shape, f"busy {number}", seconds))

    def one(metric: str, unit: str, name: str, goal: str | None = None) -> Row:
        return row_of(f"{shape.name}, core {BUSY:.0%} busy: {metric}", unit, found, name, goal=goal)

    return [
        one("busy", "share", "load"),
        one("packets", "/s", "packets_hz"),
        one("server CPU by packet", "µs", "cpu_us", shape.goal),
        one("delivered", "share", "delivered", f"≥ {ENOUGH}"),
        one("delay p50", "ms", "delay_p50_ms"),
        one("delay p99", "ms", "delay_p99_ms", "≤ 3"),
    ]


async def _measure(binary: Path, core: int, server: Server, shape: Shape, room: str, seconds: float) -> _Figures:
    async with running_load(binary, core) as load, contextlib.AsyncExitStack() as stack:
        calls, share = 0, 0.0
        # The next call would make it as much busier as those before did on average.
        while calls < _CALLS_MAX and (calls == 0 or share * (calls + 1) / calls <= BUSY):
            people = await speakers(server, load, f"{room} {calls}", shape)
            people += await watchers(server, load, f"{room} {calls}", shape)
            for person in people:
                stack.push_async_callback(person.leave)
            await everybody_receives(load, people, shape)
            calls += 1
            await asyncio.sleep(_REST_S)
            share, _ = await _busy(server, _LOOK_S)
        await asyncio.sleep(SETTLE_S)
        load.reset()
        share, took = await _busy(server, seconds)
        counted = await load.report()
        return _Figures(
            packets_hz=counted["received"] / took,
            cpu_us=share * took / max(1, counted["received"]) * 1e6,
            load=share,
            delivered=min(1.0, counted["received"] / max(1, counted["expected"])),
            delay_p50_ms=counted["delay_p50_ms"],
            delay_p99_ms=counted["delay_p99_ms"],
        )


async def _busy(server: Server, seconds: float) -> tuple[float, float]:
    """Return the share of so many seconds that the server worked, and how many there were indeed."""
    cpu, begin = server.cpu_s(), time.perf_counter()
    await asyncio.sleep(seconds)
    took = time.perf_counter() - begin
    return (server.cpu_s() - cpu) / took, took
