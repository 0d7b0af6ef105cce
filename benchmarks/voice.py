"""Voice: what forwarding a packet costs, how late it is, how soon it comes, and what a listener takes of memory.

Scenario: calls of three shapes. *Audio*: five talk, forty listen. *Meeting*: eight people with microphone and camera,
each receiving the other seven: 112 streams. *Livestream*: one camera at 1.5 Mbit/s, sixty watch. The server runs on one
core, the people on another: `hubbub-load` moves their packets over loopback and reads headers only; signalling is
LiveKit's, with two peer connections.

Method: people join, media flows until every stream has come, counters begin anew, and for some seconds processor time
of the server and packets received are counted. The figure is processor time by packet received, and counts only when
at least 99.9 % arrived. The peer is LiveKit's own server when `livekit-server` is in the folder that HUBBUB_PEERS
names, run by turns with ours under the same load; without it the rows stand beside the machine's floor: sending with
`sendto`, with segmentation offload, and sealing alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import subprocess
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rtc.load import Load, running_load
from rtc.person import Person
from rtc.sdp import Sent
from rtc.server import Server, livekit_binary, livekit_server, our_server

SERVER_CORE, LOAD_CORE = 0, 1
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


SHAPES = (
    Shape("audio, 5 to 40", speakers=5, cameras=0, watchers=40, goal="≤ 3.8"),
    Shape("meeting, 8 with camera", speakers=8, cameras=8, watchers=0, goal="≤ 1.8"),
    Shape("livestream, 1 to 60", speakers=0, cameras=1, watchers=60, goal="≤ 1.8"),
)


@dataclass(frozen=True, slots=True)
class Figures:
    """What one call showed."""

    cpu_us: float
    delivered: float
    delay_p50_ms: float
    delay_p99_ms: float
    packets_hz: float
    first_ms: float
    listener_kib: float


async def run(*, quick: bool) -> list[dict[str, object]]:
    """Return the rows: cost, delay, first packet and memory for each shape."""
    runs, seconds = (1, 4.0) if quick else (3, 10.0)
    binary = _load_binary()
    peer = livekit_binary()
    rows: list[dict[str, object]] = []
    async with contextlib.AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(our_server(SERVER_CORE))]
        if peer is not None:
            servers.append(await stack.enter_async_context(livekit_server(peer, SERVER_CORE)))
        for shape in SHAPES:
            found: list[list[Figures]] = [[] for _ in servers]
            for number in range(runs):
                for server, figures in zip(servers, found, strict=True):
                    figures.append(await _call(binary, server, shape, f"{shape.name} {number}", seconds))
            rows += _rows(shape, found, runs, servers[-1].name if peer is not None else "livekit-server: absent")
    return rows + _floor(binary)


async def _call(binary: Path, server: Server, shape: Shape, room: str, seconds: float) -> Figures:
    async with running_load(binary, LOAD_CORE) as load:
        before = server.resident_bytes()
        people: list[Person] = []
        try:
            people = await _gather(
                [
                    partial(_speaker, server, load, room, number, shape)
                    for number in range(max(shape.speakers, shape.cameras))
                ]
            )
            listeners = await _gather(
                [
                    partial(Person.join, server.venue, load, room, f"watcher-{number}")
                    for number in range(shape.watchers)
                ]
            )
            first_ms = await _first_ms(server, load, room) if shape.watchers else 0.0
            people += listeners
            receivers = [p for p in people if shape.watchers == 0 or p.sending is None]
            await asyncio.gather(*(load.first(person.receiving.number) for person in receivers))
            await asyncio.sleep(SETTLE_S)
            used = server.resident_bytes() - before
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
        listener_kib=used / 1024 / max(1, len(people)),
    )


def _streams(shape: Shape) -> int:
    """Return how many streams receivers get together."""
    sources = shape.speakers + shape.cameras
    if shape.watchers:
        return sources * shape.watchers + shape.speakers * (shape.speakers - 1) + shape.speakers * shape.cameras
    return sources * (shape.speakers - 1)


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


def _rows(shape: Shape, found: list[list[Figures]], runs: int, peer_name: str) -> list[dict[str, object]]:
    def row(metric: str, unit: str, name: str, goal: object) -> dict[str, object]:
        ours = statistics.median(getattr(each, name) for each in found[0])
        peer = statistics.median(getattr(each, name) for each in found[1]) if len(found) > 1 else None
        return {
            "metric": f"{shape.name}: {metric}",
            "unit": unit,
            "ours": round(ours, 4),
            "goal": goal,
            "peer": round(peer, 4) if peer is not None else None,
            "peer_name": peer_name,
            "ratio": round(ours / peer, 3) if peer else None,
            "runs": runs,
        }

    rows = [
        row("server CPU by packet", "µs", "cpu_us", shape.goal),
        row("delivered", "share", "delivered", f"≥ {ENOUGH}"),
        row("packets", "/s", "packets_hz", None),
        row("delay p50", "ms", "delay_p50_ms", None),
        row("delay p99", "ms", "delay_p99_ms", "≤ 3"),
        row("memory by person", "KiB", "listener_kib", "≤ 150"),
    ]
    if shape.watchers:
        rows.append(row("join to first packet", "ms", "first_ms", "≤ 150"))
    return rows


def _load_binary() -> Path:
    """Build `hubbub-load` and return where it lies."""
    command = ["cargo", "build", "--release", "--locked", "-p", "hubbub-load", "--message-format=json"]
    built = subprocess.run(  # noqa: S603 - a command of ours
        command, check=True, stdout=subprocess.PIPE, text=True
    )
    lines = (line for line in built.stdout.splitlines() if '"executable":"' in line)
    return Path(next(line.split('"executable":"')[1].split('"')[0] for line in lines))


def _floor(binary: Path) -> list[dict[str, object]]:
    """Return what this machine takes for a packet when nothing is forwarded."""
    told = subprocess.run(  # noqa: S603 - a command of ours
        [str(binary), "floor"], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    rows = []
    for line in told.splitlines():
        name, _, figure = line.rpartition(" ")
        rows.append({"metric": f"floor: {name}", "unit": "µs", "ours": float(figure), "goal": None, "peer": None})
    return rows
