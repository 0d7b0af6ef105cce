"""LiveKit's SDK as a test drives it: somebody who sings, somebody who listens."""

import array
import asyncio
import math

from livekit import rtc

RATE, FRAME = 48_000, 480
LOUD = 3000


async def enter(url, token):
    """Return a room that was entered."""
    room = rtc.Room()
    async with asyncio.timeout(30):
        await room.connect(url, token)
    return room


async def sing(room):
    """Publish a tone of 440 Hz as a microphone; return the task that feeds it."""
    source = rtc.AudioSource(RATE, 1)
    track = rtc.LocalAudioTrack.create_audio_track("tone", source)
    await room.local_participant.publish_track(track, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE))
    return asyncio.create_task(_feed(source))


async def hear(room):
    """Return once a loud frame of somebody's sound was heard."""
    heard = asyncio.get_running_loop().create_future()
    room.on("track_subscribed", lambda track, *_: heard.done() or heard.set_result(track))
    for participant in room.remote_participants.values():
        for publication in participant.track_publications.values():
            if publication.track is not None and not heard.done():
                heard.set_result(publication.track)
    async with asyncio.timeout(30):
        stream = rtc.AudioStream(await heard, sample_rate=RATE, num_channels=1)
        async for event in stream:
            if max(memoryview(event.frame.data).cast("B").cast("h"), default=0) > LOUD:
                await stream.aclose()
                return


def happening(room, name):
    """Return a future of the first argument of a room's next event of this name."""
    came = asyncio.get_running_loop().create_future()
    room.on(name, lambda *arguments: came.done() or came.set_result(arguments[0] if arguments else None))
    return came


async def _feed(source):
    samples = [round(12_000 * math.sin(2 * math.pi * 440 * n / RATE)) for n in range(RATE)]
    start = 0
    while True:
        piece = array.array("h", samples[start : start + FRAME])
        await source.capture_frame(rtc.AudioFrame(piece.tobytes(), RATE, 1, FRAME))
        start = (start + FRAME) % RATE
