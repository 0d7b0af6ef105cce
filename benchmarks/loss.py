"""Loss: what of sound and pictures reaches a listener with a lossy path, in real Chromium.

Scenario: a call of two pages in Chromium with LiveKit's client. One sends a voice that never pauses, with redundancy as
the client makes it, and a camera of 360 lines in two sizes, 20 pictures a second each; the other receives both. Between
the listener and the server `hubbub-impair` loses 0, 10, 20 or 30 % of packets at random, in both directions, and
delays the others by 10 ms each way. The sender's own path is whole.

Method: ten seconds after loss began the browsers' statistics are read, and again at the end. *Concealed* is the share
of played samples that the player made up, silence aside; *kept* the share of the sender's pictures that the listener
decoded; *frozen* the share of time that pictures stood still. Each figure is the median of the runs. The peer is
LiveKit's own server when `livekit-server` is in the folder that HUBBUB_PEERS names, run by turns with ours over
the same seeds.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser
from rtc.browser import CLIENT, Report, Visitor, chromium, running_browser
from rtc.impair import build, running_impair
from rtc.server import Server, free_port, livekit_binary, livekit_server, our_server

SERVER_CORE = 0
DETOUR = "127.0.0.2"
DELAY_MS = 10
SETTLE_S = 10.0
"""Redundancy, players' buffers and estimates of bandwidth find what suits the path."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to be left at a share of loss, in per cent."""

    loss: int
    concealed: str
    kept: str


GOALS = (
    Goal(0, concealed="≤ 0.5", kept="≥ 99"),
    Goal(10, concealed="≤ 1", kept="≥ 100"),
    Goal(20, concealed="≤ 2.5", kept="≥ 85"),
    Goal(30, concealed="≤ 7", kept="≥ 65"),
)


@dataclass(frozen=True, slots=True)
class Figures:
    """What one call showed."""

    concealed: float
    kept: float
    frozen: float
    buffer_ms: float


async def run(*, quick: bool) -> list[dict[str, object]]:
    """Return the rows: sound made up, pictures kept, time frozen and the player's delay at each share of loss."""
    runs, seconds = (1, 15.0) if quick else (3, 40.0)
    executable = chromium()
    if executable is None or not CLIENT.is_file():
        raise RuntimeError("this benchmark needs Chromium and web/node_modules; scripts/setup web browser gets both")
    binary, peer = build(), livekit_binary()
    rows: list[dict[str, object]] = []
    async with contextlib.AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(our_server(SERVER_CORE))]
        if peer is not None:
            servers.append(await stack.enter_async_context(livekit_server(peer, SERVER_CORE, lite=True)))
        browser = await stack.enter_async_context(running_browser(executable))
        for goal in GOALS:
            found: list[list[Figures]] = [[] for _ in servers]
            for number in range(runs):
                for server, figures in zip(servers, found, strict=True):
                    room = f"loss {goal.loss} {number}"
                    figures.append(await call(browser, binary, server, room, goal.loss / 100, number, seconds))
            rows += _rows(goal, found, servers[-1].name if peer is not None else "livekit-server: absent")
    return rows


async def call(
    browser: Browser, binary: Path, server: Server, room: str, loss: float, seed: int, seconds: float
) -> Figures:
    """Return what a listener who loses that share of packets gets."""
    via = f"{DETOUR}:{free_port(udp=True)}"
    async with running_impair(binary, via, f"127.0.0.1:{server.media_port}", seed) as path:
        await path.lose(0.0, DELAY_MS)
        speaker = await Visitor.join(browser, server.venue, room, "speaker")
        listener = await Visitor.join(browser, server.venue, room, "listener", detour=via.replace(":", " "))
        try:
            await speaker.share()
            await listener.until_moving()
            await path.lose(loss, DELAY_MS)
            await asyncio.sleep(SETTLE_S)
            before = await _read(speaker, listener)
            await asyncio.sleep(seconds)
            after = await _read(speaker, listener)
        finally:
            await asyncio.gather(listener.leave(), speaker.leave())
    return _figures(before, after)


async def _read(speaker: Visitor, listener: Visitor) -> tuple[Report, Report, Report]:
    return await asyncio.gather(speaker.sent(), listener.received("audio"), listener.received("video"))


def _figures(before: tuple[Report, Report, Report], after: tuple[Report, Report, Report]) -> Figures:
    def grew(which: int, name: str) -> float:
        return float(after[which].get(name, 0)) - float(before[which].get(name, 0))

    sent, audio, video = range(3)
    took_s = grew(video, "timestamp") / 1e3
    made_up = grew(audio, "concealedSamples") - grew(audio, "silentConcealedSamples")
    return Figures(
        concealed=100 * made_up / max(1.0, grew(audio, "totalSamplesReceived")),
        kept=100 * grew(video, "framesDecoded") / max(1.0, grew(sent, "framesEncoded")),
        frozen=100 * grew(video, "totalFreezesDuration") / took_s,
        buffer_ms=1e3 * grew(audio, "jitterBufferDelay") / max(1.0, grew(audio, "jitterBufferEmittedCount")),
    )


def _rows(goal: Goal, found: list[list[Figures]], peer_name: str) -> list[dict[str, object]]:
    def row(metric: str, unit: str, name: str, wanted: str | None, digits: int = 2) -> dict[str, object]:
        ours = statistics.median(getattr(each, name) for each in found[0])
        peer = statistics.median(getattr(each, name) for each in found[1]) if len(found) > 1 else None
        return {
            "metric": f"{goal.loss} % lost: {metric}",
            "unit": unit,
            "ours": round(ours, digits),
            "goal": wanted,
            "peer": round(peer, digits) if peer is not None else None,
            "peer_name": peer_name,
            "ratio": round(ours / peer, 3) if peer else None,
            "runs": len(found[0]),
        }

    return [
        row("sound concealed", "%", "concealed", goal.concealed),
        row("pictures kept", "%", "kept", goal.kept, digits=0),
        row("pictures frozen", "% of time", "frozen", None),
        row("delay in the player", "ms", "buffer_ms", None, digits=0),
    ]
