"""A caller that plays a chime whenever somebody enters the voice channel. Written with LiveKit's Python SDK.

hubbub key create voice --json > voice-key.json
python chime_caller.py voice-key.json CHANNEL_ID
"""

import asyncio
import contextlib
import json
import math
import sys
from array import array
from pathlib import Path

from livekit import api, rtc

RATE_HZ = 48_000
FRAME = RATE_HZ // 50
NOTES_HZ = (660, 880)
NOTE_S = 0.25
LOUDNESS = 9_000


def chime():
    """Return the samples of a chime: one note after the other, each fading out."""
    length = int(RATE_HZ * NOTE_S)
    return array(
        "h",
        (
            round(LOUDNESS * (1 - n / length) * math.sin(2 * math.pi * note * n / RATE_HZ))
            for note in NOTES_HZ
            for n in range(length)
        ),
    )


async def play(source, lock):
    """Play the chime once; whoever enters meanwhile gets a chime of their own afterwards."""
    samples = chime()
    async with lock:
        for start in range(0, len(samples), FRAME):
            piece = samples[start : start + FRAME]
            await source.capture_frame(rtc.AudioFrame(piece.tobytes(), RATE_HZ, 1, len(piece)))


async def main(key, channel_id):
    """Enter the channel's room and stay."""
    token = (
        api.AccessToken(key["key"], key["secret"])
        .with_identity("chime")
        .with_name("Chime")
        .with_grants(api.VideoGrants(room_join=True, room=channel_id))
        .to_jwt()
    )
    room, lock, playing = rtc.Room(), asyncio.Lock(), set()
    source = rtc.AudioSource(RATE_HZ, 1)

    @room.on("participant_connected")
    def entered(participant):
        print(f"{participant.name or participant.identity} entered", flush=True)
        task = asyncio.create_task(play(source, lock))
        playing.add(task)
        task.add_done_callback(playing.discard)

    await room.connect(key["url"], token)
    track = rtc.LocalAudioTrack.create_audio_track("chime", source)
    await room.local_participant.publish_track(track)
    print(f"listening in {channel_id}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    match sys.argv[1:]:
        case [key_file, channel_id]:
            with contextlib.suppress(KeyboardInterrupt):
                asyncio.run(main(json.loads(Path(key_file).read_text()), channel_id))
        case _:
            sys.exit(__doc__)
