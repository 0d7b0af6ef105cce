"""Voice: what forwarding costs, how late packets are, how soon people hear, and how soon again after bad days.

Scenario: calls of three shapes. *Audio*: five talk, forty listen. *Meeting*: eight people with microphone and camera,
each receiving the other seven: 112 streams. *Livestream*: one camera at 1.5 Mbit/s, sixty watch. The server runs on one
core, the people on another: `hubbub-load` moves their packets over loopback and reads headers only; signalling is
LiveKit's, with two peer connections. Beside them real clients: LiveKit's Python SDK, livekit-client in Chromium, and
LiveKit's own load tester `lk`.

Method: people join, media flows until every stream has come, counters begin anew, and for some seconds processor time
of the server and packets received are counted. The figure is processor time by packet received, and counts only when
at least 99.9 % arrived. *Busy*: so many meetings at once that the server's core is busy for seven tenths of the time,
each server with as many as it carries then. How the other rows are measured is said in their modules in `rtc`. The
peer is LiveKit's own server when `livekit-server` is in the folder that HUBBUB_PEERS names, run by turns with ours
under the same load; without it the rows stand beside the machine's floor: sending with `sendto`, with segmentation
offload, and sealing alone. A row that could not be measured says so and why.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Awaitable
from functools import partial
from pathlib import Path

from rtc.arrival import browser_rows, sdk_rows
from rtc.browser import CLIENT, chromium, running_browser
from rtc.busy import busy_rows
from rtc.cost import Shape, cost_rows
from rtc.memory import memory_rows
from rtc.recovery import BREAKDOWN, CUT, KILL, breakdown_rows, cut_rows, kill_rows
from rtc.row import Row, missing
from rtc.server import Server, livekit_binary, livekit_server, our_server
from rtc.tester import NAME as TESTER
from rtc.tester import tester_rows

SERVER_CORE, LOAD_CORE = 0, 1

SHAPES = (
    Shape("audio, 5 to 40", speakers=5, cameras=0, watchers=40, goal="≤ 3.8"),
    Shape("meeting, 8 with camera", speakers=8, cameras=8, watchers=0, goal="≤ 1.8"),
    Shape("livestream, 1 to 60", speakers=0, cameras=1, watchers=60, goal="≤ 1.8"),
)


async def run(*, quick: bool) -> list[dict[str, object]]:
    """Return the rows: packets, memory, arrival, recovery, and what LiveKit's load tester says."""
    runs, seconds = (1, 4.0) if quick else (3, 10.0)
    binary = _load_binary()
    # From here on everything that is not a server keeps off the server's core.
    os.sched_setaffinity(0, {LOAD_CORE})
    peer = livekit_binary()
    makers = [partial(our_server, SERVER_CORE)]
    if peer is not None:
        makers.append(partial(livekit_server, peer, SERVER_CORE))
    rows: list[Row] = []
    async with contextlib.AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(make()) for make in makers]
        for shape in SHAPES:
            rows += await cost_rows(binary, LOAD_CORE, servers, shape, runs, seconds)
        rows += await _part("busy core", busy_rows(binary, LOAD_CORE, servers, SHAPES[1], runs, seconds))
        rows += await _part("Python SDK", sdk_rows(servers, runs + 2))
        rows += await _part("Chromium", _browser_rows(servers, runs))
    rows += await _part("memory by added person", memory_rows(binary, LOAD_CORE, makers, SHAPES))
    rows += await _part(TESTER, tester_rows(SERVER_CORE, LOAD_CORE, 5 if quick else 10))
    return rows + _floor(binary)


async def _part(name: str, measuring: Awaitable[list[Row]]) -> list[Row]:
    """Return the rows of one part, or one that says why there are none: the other parts are worth having."""
    try:
        return await measuring
    except Exception as problem:  # noqa: BLE001 - whatever it was, the row tells it
        return [missing(name, f"{type(problem).__name__}: {problem}".splitlines()[0][:200])]


async def _browser_rows(servers: list[Server], runs: int) -> list[Row]:
    executable = chromium()
    if executable is None or not CLIENT.is_file():
        return [missing("Chromium", "it is not here, or web/node_modules is not; scripts/setup web browser gets both")]
    async with running_browser(executable) as browser:
        return [
            *await _part("Chromium: join to first audio", browser_rows(browser, servers, runs * 3)),
            *await _part(CUT, cut_rows(browser, servers, runs)),
            *await _part(BREAKDOWN, breakdown_rows(browser, SERVER_CORE, runs)),
            *await _part(KILL, kill_rows(browser, servers, runs)),
        ]


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
