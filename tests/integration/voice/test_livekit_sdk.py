"""LiveKit's SDK, unmodified, joins rooms here: people hear each other, send data, and are administered."""

import asyncio

import pytest
from livekit import api, rtc

from doubles.livekit_sdk import enter, happening, hear, sing
from hubbub.native import building
from servers.hubbub_process import HubbubProcess

pytestmark = pytest.mark.skipif(
    not (building.HERE / building.MODULE_NAME).is_file(), reason="the native core is not built: scripts/setup native"
)


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
    return await enter(server.key["url"], token(server, identity, **grants))


async def test_two_hear_each_other_and_who_comes_later_hears_them_too(server):
    ada, grace = await join(server, "ada"), await join(server, "grace")
    singing = [await sing(ada), await sing(grace)]
    await asyncio.gather(hear(ada), hear(grace))
    joan = await join(server, "joan")
    await hear(joan)
    for task in singing:
        task.cancel()
    for room in (ada, grace, joan):
        await room.disconnect()


async def test_data_reaches_the_others(server):
    ada, grace = await join(server, "ada"), await join(server, "grace")
    came = happening(grace, "data_received")
    await ada.local_participant.publish_data(b"hello", reliable=True, topic="greeting")
    async with asyncio.timeout(30):
        packet = await came
    assert (packet.data, packet.topic, packet.participant.identity) == (b"hello", "greeting", "ada")
    await ada.disconnect()
    await grace.disconnect()


async def test_who_is_removed_is_told_and_cannot_stay(server):
    ada = await join(server, "ada")
    gone = happening(ada, "disconnected")
    async with api.LiveKitAPI(server.key["url"], server.key["key"], server.key["secret"]) as livekit:
        await livekit.room.remove_participant(api.RoomParticipantIdentity(room="den", identity="ada"))
    async with asyncio.timeout(30):
        await gone


async def test_a_revoked_key_opens_nothing_and_ends_its_calls(server):
    ada = await join(server, "ada")
    gone = happening(ada, "disconnected")
    await server.command("key", "revoke", server.key["key"])
    async with asyncio.timeout(30):
        await gone
    with pytest.raises(rtc.ConnectError):
        await join(server, "ada")
