"""How soon people hear and see: LiveKit's Python SDK and livekit-client in Chromium, who join a call that goes on."""

from __future__ import annotations

import array
import asyncio
import contextlib
import math
import time
from collections.abc import AsyncIterator, Sequence

from livekit import rtc
from playwright.async_api import Browser

from rtc.person import Venue
from rtc.row import Row, row
from rtc.server import Server
from rtc.window import open_window

RATE_HZ, FRAME = 48_000, 480
LOUD = 3000
"""Of 32,767: above what comfort noise and concealment make."""
WIDTH, HEIGHT, PICTURE_S = 320, 180, 1 / 15
WAIT_S = 30.0
_ROOM = "arrivals"


async def sdk_rows(servers: Sequence[Server], runs: int) -> list[Row]:
    """Return how long LiveKit's Python SDK takes to connect, to hear and to see."""
    found: list[list[tuple[float, float, float]]] = [[] for _ in servers]
    async with contextlib.AsyncExitStack() as stack:
        for server in servers:
            await stack.enter_async_context(_performer(server.venue))
        for number in range(runs + 1):
            for server, figures in zip(servers, found, strict=True):
                figures.append(await _attend(server.venue, f"guest-{number}"))
    rows = []
    for place, name in enumerate(("connect", "first audio", "first video")):
        # The first of each loads libraries and codecs, which is not a server's doing.
        sides = [[each[place] for each in figures[1:]] for figures in found]
        rows.append(row(f"Python SDK: {name}", "ms", sides[0], sides[1] if sides[1:] else None, goal="≤ peer"))
    return rows


async def browser_rows(browser: Browser, servers: Sequence[Server], runs: int) -> list[Row]:
    """Return how long livekit-client in Chromium takes from joining to the first sound."""
    found: list[list[float]] = [[] for _ in servers]
    async with contextlib.AsyncExitStack() as stack:
        listeners = []
        for server in servers:
            speaker = await stack.enter_async_context(open_window(browser, listens=False))
            await speaker.speak(server.venue, _ROOM, "speaker")
            listeners.append(await stack.enter_async_context(open_window(browser, listens=True)))
        for number in range(runs + 1):
            for server, listener, figures in zip(servers, listeners, found, strict=True):
                figures.append(await listener.hear(server.venue, _ROOM, f"guest-{number}"))
                await listener.leave()
    sides = [figures[1:] for figures in found]
    return [row("Chromium: join to first audio", "ms", sides[0], sides[1] if sides[1:] else None, goal="≤ 150")]


async def _attend(venue: Venue, identity: str) -> tuple[float, float, float]:
    """Join, and return after how many milliseconds one was in, heard and saw."""
    room = rtc.Room()
    begin = time.perf_counter()
    tasks: dict[int, asyncio.Task[float]] = {}

    def subscribed(track: rtc.Track, *_: object) -> None:
        senses = {rtc.TrackKind.KIND_AUDIO: _hear, rtc.TrackKind.KIND_VIDEO: _see}
        tasks[track.kind] = asyncio.create_task(senses[track.kind](track))
        if len(tasks) == len(senses):
            complete.set()

    complete = asyncio.Event()
    room.on("track_subscribed", subscribed)
    async with asyncio.timeout(WAIT_S):
        await room.connect(venue.url, venue.token(_ROOM, identity))
        inside = time.perf_counter()
        await complete.wait()
        heard, seen = await tasks[rtc.TrackKind.KIND_AUDIO], await tasks[rtc.TrackKind.KIND_VIDEO]
    await room.disconnect()
    return (inside - begin) * 1e3, (heard - begin) * 1e3, (seen - begin) * 1e3


async def _hear(track: rtc.Track) -> float:
    stream = rtc.AudioStream(track, sample_rate=RATE_HZ, num_channels=1)
    try:
        async for event in stream:
            if max(memoryview(event.frame.data).cast("B").cast("h"), default=0) > LOUD:
                break
        return time.perf_counter()
    finally:
        await stream.aclose()


async def _see(track: rtc.Track) -> float:
    stream = rtc.VideoStream(track)
    try:
        await anext(aiter(stream))
        return time.perf_counter()
    finally:
        await stream.aclose()


@contextlib.asynccontextmanager
async def _performer(venue: Venue) -> AsyncIterator[None]:
    """Keep somebody in the room who hums and shows a picture."""
    room = rtc.Room()
    await room.connect(venue.url, venue.token(_ROOM, "performer"))
    voice, camera = rtc.AudioSource(RATE_HZ, 1), rtc.VideoSource(WIDTH, HEIGHT)
    for track, source in (
        (rtc.LocalAudioTrack.create_audio_track("hum", voice), rtc.TrackSource.SOURCE_MICROPHONE),
        (rtc.LocalVideoTrack.create_video_track("picture", camera), rtc.TrackSource.SOURCE_CAMERA),
    ):
        options = rtc.TrackPublishOptions(source=source, simulcast=False, dtx=False)
        await room.local_participant.publish_track(track, options)
    tasks = [asyncio.create_task(_hum(voice)), asyncio.create_task(_show(camera))]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await room.disconnect()


async def _hum(source: rtc.AudioSource) -> None:
    tone = [round(12_000 * math.sin(2 * math.pi * 500 * number / RATE_HZ)) for number in range(FRAME)]
    piece = array.array("h", tone).tobytes()
    while True:
        await source.capture_frame(rtc.AudioFrame(piece, RATE_HZ, 1, FRAME))


async def _show(source: rtc.VideoSource) -> None:
    shade = 0
    while True:
        shade = (shade + 8) % 256
        picture = bytes([shade, 128, 255 - shade, 255]) * (WIDTH * HEIGHT)
        source.capture_frame(rtc.VideoFrame(WIDTH, HEIGHT, rtc.VideoBufferType.RGBA, picture))
        await asyncio.sleep(PICTURE_S)
