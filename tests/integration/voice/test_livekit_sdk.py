"""LiveKit's SDK, unmodified, joins rooms here: people hear each other, send data, and are administered."""

import array
import asyncio
import math

import pytest
from livekit import api, rtc

from hubbub.native import building
from servers.hubbub_process import HubbubProcess

pytestmark = pytest.mark.skipif(
    not (building.HERE / building.MODULE_NAME).is_file(), reason="the native core is not built: scripts/setup native"
)
RATE, FRAME = 48_000, 480


@pytest.fixture
async def server(tmp_path):
    server = HubbubProcess(tmp_path)
    await server.start()
    server.key = await server.command("key", "create", "voice")
    yield server
    await server.stop()


def token(server, identity, **grants):
    made = api.AccessToken(server.key["key"], server.key["secret"]).with_identity(identity)
    return made.with_grants(api.VideoGrants(room_join=True, room="den", **grants)).to_jwt()


async def join(server, identity, **grants):
    room = rtc.Room()
    async with asyncio.timeout(30):
        await room.connect(server.key["url"], token(server, identity, **grants))
    return room


async def sing(source):
    """Feed a tone of 440 Hz for ever."""
    samples = [round(12_000 * math.sin(2 * math.pi * 440 * n / RATE)) for n in range(RATE)]
    start = 0
    while True:
        piece = array.array("h", samples[start : start + FRAME])
        await source.capture_frame(rtc.AudioFrame(piece.tobytes(), RATE, 1, FRAME))
        start = (start + FRAME) % RATE


async def publish(room):
    source = rtc.AudioSource(RATE, 1)
    track = rtc.LocalAudioTrack.create_audio_track("tone", source)
    await room.local_participant.publish_track(track, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE))
    return asyncio.create_task(sing(source))


async def loud_frame(room):
    """Return once a loud frame of somebody's sound was heard."""
    heard = asyncio.get_running_loop().create_future()

    @room.on("track_subscribed")
    def subscribed(track, _publication, _participant):
        if not heard.done():
            heard.set_result(track)

    for participant in room.remote_participants.values():
        for publication in participant.track_publications.values():
            if publication.track is not None and not heard.done():
                heard.set_result(publication.track)
    async with asyncio.timeout(30):
        stream = rtc.AudioStream(await heard, sample_rate=RATE, num_channels=1)
        async for event in stream:
            if max(memoryview(event.frame.data).cast("B").cast("h"), default=0) > 3000:
                await stream.aclose()
                return


async def test_two_hear_each_other_and_who_comes_later_hears_them_too(server):
    ada, grace = await join(server, "ada"), await join(server, "grace")
    singing = [await publish(ada), await publish(grace)]
    await asyncio.gather(loud_frame(ada), loud_frame(grace))
    joan = await join(server, "joan")
    await loud_frame(joan)
    for task in singing:
        task.cancel()
    for room in (ada, grace, joan):
        await room.disconnect()


async def test_data_reaches_the_others(server):
    ada, grace = await join(server, "ada"), await join(server, "grace")
    came = asyncio.get_running_loop().create_future()
    grace.on("data_received", lambda packet: came.done() or came.set_result(packet))
    await ada.local_participant.publish_data(b"hello", reliable=True, topic="greeting")
    async with asyncio.timeout(30):
        packet = await came
    assert (packet.data, packet.topic, packet.participant.identity) == (b"hello", "greeting", "ada")
    await ada.disconnect()
    await grace.disconnect()


async def test_who_is_removed_is_told_and_cannot_stay(server):
    ada = await join(server, "ada")
    gone = asyncio.get_running_loop().create_future()
    ada.on("disconnected", lambda reason: gone.done() or gone.set_result(reason))
    async with api.LiveKitAPI(server.key["url"], server.key["key"], server.key["secret"]) as livekit:
        await livekit.room.remove_participant(api.RoomParticipantIdentity(room="den", identity="ada"))
    async with asyncio.timeout(30):
        await gone


async def test_a_revoked_key_opens_nothing_and_ends_its_calls(server):
    ada = await join(server, "ada")
    gone = asyncio.get_running_loop().create_future()
    ada.on("disconnected", lambda reason: gone.done() or gone.set_result(reason))
    await server.command("key", "revoke", server.key["key"])
    async with asyncio.timeout(30):
        await gone
    with pytest.raises(rtc.ConnectError):
        await join(server, "ada")
