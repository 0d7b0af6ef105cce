"""LiveKit's SDK, unmodified, joins rooms here: people hear each other, send data, and are administered."""

import asyncio
import uuid

import pytest
from livekit import api, rtc

from doubles.livekit_sdk import enter, happening, hear, sing
from hubbub.native import building

pytestmark = pytest.mark.skipif(
    not (building.HERE / building.MODULE_NAME).is_file(), reason="the native core is not built: scripts/setup native"
)


class Den:
    """A room of a test's own, and a key to it."""

    def __init__(self, server, key):
        self.server, self.key, self.name = server, key, f"den-{uuid.uuid4()}"

    def token(self, identity, **grants):
        made = api.AccessToken(self.key["key"], self.key["secret"]).with_identity(identity)
        return made.with_grants(api.VideoGrants(room_join=True, room=self.name, **grants)).to_jwt()

    async def join(self, identity, **grants):
        return await enter(self.key["url"], self.token(identity, **grants))


@pytest.fixture
async def den(server):
    return Den(server, await server.command("key", "create", "voice"))


async def test_two_hear_each_other_and_who_comes_later_hears_them_too(den):
    ada, grace = await den.join("ada"), await den.join("grace")
    singing = [await sing(ada), await sing(grace)]
    await asyncio.gather(hear(ada), hear(grace))
    joan = await den.join("joan")
    await hear(joan)
    for task in singing:
        task.cancel()
    for room in (ada, grace, joan):
        await room.disconnect()


async def test_data_reaches_the_others(den):
    ada, grace = await den.join("ada"), await den.join("grace")
    came = happening(grace, "data_received")
    await ada.local_participant.publish_data(b"hello", reliable=True, topic="greeting")
    async with asyncio.timeout(30):
        packet = await came
    assert (packet.data, packet.topic, packet.participant.identity) == (b"hello", "greeting", "ada")
    await ada.disconnect()
    await grace.disconnect()


async def test_who_is_removed_is_told_and_cannot_stay(den):
    ada = await den.join("ada")
    gone = happening(ada, "disconnected")
    async with api.LiveKitAPI(den.key["url"], den.key["key"], den.key["secret"]) as livekit:
        await livekit.room.remove_participant(api.RoomParticipantIdentity(room=den.name, identity="ada"))
    async with asyncio.timeout(30):
        await gone


async def test_a_revoked_key_opens_nothing_and_ends_its_calls(den):
    ada = await den.join("ada")
    gone = happening(ada, "disconnected")
    await den.server.command("key", "revoke", den.key["key"])
    async with asyncio.timeout(30):
        await gone
    with pytest.raises(rtc.ConnectError):
        await den.join("ada")
