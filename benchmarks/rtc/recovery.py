"""How long sound is away on bad days: a lost signalling socket, a media thread that breaks down, a killed server.

Two people in Chromium, one of whom speaks. Signalling is cut in a relay in front of the server, so that media has its
own way throughout. A killed server starts anew at once, as a service manager has it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser

from rtc.person import Venue
from rtc.row import Row, p95, row
from rtc.server import Server, our_server
from rtc.window import Window, pair

_BREAKING = Path(__file__).with_name("breaking.py")
CUT = "signalling cut: sound away"
BREAKDOWN = "media thread broken down: sound back after"
KILL = "server killed and started anew: sound back after"
PAUSE_MS, STEADY = 200, 25
"""Sound was away for more, and is back when so many pieces came since."""
AFTERMATH_S = 1.0
"""Watched after a reconnection, which may itself interrupt."""


async def cut_rows(browser: Browser, servers: Sequence[Server], runs: int) -> list[Row]:
    """Return for how long sound is away when the signalling socket is lost."""
    found = await _by_turns(servers, runs, lambda server: _cut(browser, server))
    return [_row(CUT, found, "≤ 200")]


async def breakdown_rows(browser: Browser, core: int, runs: int) -> list[Row]:
    """Return how soon sound is back when a media thread broke down; ours alone, which breaks when it is told to."""
    async with our_server(core, run=[str(_BREAKING)]) as server:
        found = await _by_turns([server], runs, lambda server: _break(browser, server))
    return [_row(BREAKDOWN, found, "≤ 2000", peer_name="")]


async def kill_rows(browser: Browser, servers: Sequence[Server], runs: int) -> list[Row]:
    """Return how soon sound is back when the server was killed and starts anew at once."""
    found = await _by_turns(servers, runs, lambda server: _kill(browser, server))
    return [_row(KILL, found, "≤ 3000")]


def _row(metric: str, sides: list[list[float]], goal: str, peer_name: str = "livekit-server") -> Row:
    peer = sides[1] if sides[1:] else None
    return row(f"{metric}, p95", "ms", sides[0], peer, goal=goal, of=p95, peer_name=peer_name)


async def _by_turns(
    servers: Sequence[Server], runs: int, measure: Callable[[Server], Awaitable[float]]
) -> list[list[float]]:
    found: list[list[float]] = [[] for _ in servers]
    for _ in range(runs):
        for server, figures in zip(servers, found, strict=True):
            figures.append(await measure(server))
    return found


async def _cut(browser: Browser, server: Server) -> float:
    async with _relay(server.venue) as relay, pair(browser, relay.venue, "cut") as listener:
        await listener.mark()
        relay.cut()
        await listener.reconnected()
        await asyncio.sleep(AFTERMATH_S)
        return await listener.gap_ms()


async def _break(browser: Browser, server: Server) -> float:
    async with pair(browser, server.venue, "broken") as listener:
        await listener.mark()
        os.kill(server.pid, signal.SIGUSR1)
        return await _back_ms(listener)


async def _kill(browser: Browser, server: Server) -> float:
    async with pair(browser, server.venue, "killed") as listener:
        await listener.mark()
        await server.child.stop(signal.SIGKILL)
        await server.child.start()
        return await _back_ms(listener)


async def _back_ms(listener: Window) -> float:
    return await listener.back_ms(pause_ms=PAUSE_MS, steady=STEADY)


@dataclass(slots=True)
class Relay:
    """Carries signalling to a server until it is cut; who comes afterwards is carried again."""

    venue: Venue
    ways: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut(self) -> None:
        """Reset every connection."""
        for way in self.ways:
            way.transport.abort()


@contextlib.asynccontextmanager
async def _relay(venue: Venue) -> AsyncIterator[Relay]:
    url = urlsplit(venue.url)
    tasks: set[asyncio.Task[None]] = set()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        there_reader, there_writer = await asyncio.open_connection(url.hostname, url.port)
        relay.ways |= {writer, there_writer}
        await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))
        relay.ways -= {writer, there_writer}
        tasks.discard(task)

    door = await asyncio.start_server(carry, "127.0.0.1", 0)
    port = door.sockets[0].getsockname()[1]
    relay = Relay(replace(venue, url=f"http://127.0.0.1:{port}"))
    try:
        yield relay
    finally:
        door.close()
        relay.cut()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()
