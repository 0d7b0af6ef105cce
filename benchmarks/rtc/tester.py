"""LiveKit's own load tester, `lk load-test`: do all of its listeners get all tracks, and how many packets are missing?

It runs when the executable `lk` is in the folder that HUBBUB_PEERS names. Its client skips loopback addresses, so that
it gets a network namespace of its own, joined to this machine's by a pair of virtual wires; that takes root, and
nothing leaves the machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from rtc.row import Row, missing, row
from rtc.server import Server, livekit_binary, livekit_server, our_server, peer_binary

NAME = "LiveKit's load tester"
SPACE, WIRE, FAR = "hubbub-bench", "hubbub-near", "hubbub-far"
NEAR_ADDRESS, FAR_ADDRESS = "10.213.77.1", "10.213.77.2"
_TOTAL = re.compile(r"│ Total\s*│ (\d+)/\d+\s*│[^│]*│\s*(?:\d+ \(([\d.]+)%\)|-)")
_PER_SECOND = 10
_WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Crowd:
    """Whom the tester lets in; by itself it lets a listener follow six publishers at most."""

    name: str
    kind: str
    publishers: int
    listeners: int


CROWDS = (
    Crowd("5 talk, 40 listen", "audio", publishers=5, listeners=40),
    Crowd("3 with camera, 8 watch", "video", publishers=3, listeners=8),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the tester says at its end."""

    subscribed: float
    """Share of the tracks, in per cent."""
    lost: float
    """Share of the packets, in per cent."""


async def tester_rows(server_core: int, load_core: int, seconds: int) -> list[Row]:
    """Return per crowd the share of tracks that came, and of packets that did not."""
    tester, peer = peer_binary("lk"), livekit_binary()
    if tester is None:
        return [missing(NAME, "lk is not in the folder that HUBBUB_PEERS names")]
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(_far_side())
        servers = [await stack.enter_async_context(our_server(server_core, address=NEAR_ADDRESS))]
        if peer is not None:
            servers.append(await stack.enter_async_context(livekit_server(peer, server_core, address=NEAR_ADDRESS)))
        rows: list[Row] = []
        for crowd in CROWDS:
            found = [await _test(tester, load_core, server, crowd, seconds) for server in servers]
            for metric, name, goal in (("tracks subscribed", "subscribed", "≥ 100"), ("packets lost", "lost", "≤ 0.1")):
                sides = [[getattr(each, name)] for each in found]
                metric = f"{NAME}, {crowd.name}: {metric}"  # noqa: PLW2901 - the metric's whole name
                rows.append(row(metric, "%", sides[0], sides[1] if sides[1:] else None, goal=goal))
    return rows


async def _test(tester: Path, core: int, server: Server, crowd: Crowd, seconds: int) -> Outcome:
    venue = server.venue
    key = ("--url", venue.url.replace("http", "ws", 1), "--api-key", venue.key, "--api-secret", venue.secret)
    people = (f"--{crowd.kind}-publishers", crowd.publishers, "--subscribers", crowd.listeners)
    test = ("--room", crowd.kind, "--duration", f"{seconds}s", "--num-per-second", _PER_SECOND, *people)
    inside = ("ip", "netns", "exec", SPACE, "taskset", "-c", str(core))
    told = await _output(*inside, str(tester), *key, "--yes", "load-test", *map(str, test), within_s=seconds + _WAIT_S)
    total = _TOTAL.search(told)
    if total is None:
        raise RuntimeError(f"it told no total: {told[-300:]}")
    came, lost = total.groups()
    return Outcome(100 * int(came) / (crowd.publishers * crowd.listeners), 100.0 if lost is None else float(lost))


@contextlib.asynccontextmanager
async def _far_side() -> AsyncIterator[None]:
    """Make a namespace with an address of its own, and take it away again."""
    if os.geteuid() != 0:
        raise PermissionError("making a network namespace takes root")
    try:
        await _ip("netns", "add", SPACE)
        await _ip("link", "add", WIRE, "type", "veth", "peer", "name", FAR, "netns", SPACE)
        await _ip("addr", "add", f"{NEAR_ADDRESS}/30", "dev", WIRE)
        await _ip("link", "set", WIRE, "up")
        await _ip("-n", SPACE, "addr", "add", f"{FAR_ADDRESS}/30", "dev", FAR)
        await _ip("-n", SPACE, "link", "set", FAR, "up")
        await _ip("-n", SPACE, "link", "set", "lo", "up")
        yield
    finally:
        with contextlib.suppress(RuntimeError):
            await _ip("link", "del", WIRE)
        with contextlib.suppress(RuntimeError):
            await _ip("netns", "del", SPACE)


async def _ip(*arguments: str) -> None:
    await _output("ip", *arguments, within_s=_WAIT_S)


async def _output(*command: str, within_s: float) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), within_s)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise RuntimeError(f"{command[0]} did not end within {within_s:.0f} s") from None
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command[:4])} ended with {process.returncode}: {output.decode()[-300:]}")
    return output.decode()
