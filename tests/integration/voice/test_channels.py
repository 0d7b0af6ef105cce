"""From the gateway into a call and out of it, on a real server: op 4, the token, the room, moderation, a restart."""

import asyncio
import contextlib
import json

import httpx
import pytest
import websockets
from livekit.protocol import rtc

from doubles.livekit_sdk import enter, happening, hear, sing
from doubles.voice_server import receive
from hubbub.native import building
from servers.hubbub_process import HubbubProcess
from servers.person import Person

pytestmark = pytest.mark.skipif(
    not (building.HERE / building.MODULE_NAME).is_file(), reason="the native core is not built: scripts/setup native"
)


class Bot:
    """A bot's gateway session, by hand."""

    def __init__(self, server, facts):
        self.server, self.facts = server, facts
        self.guild, self.channel = facts["guild_id"], facts["voice_channel_id"]
        self.headers = {"Authorization": f"Bot {facts['token']}"}

    @contextlib.asynccontextmanager
    async def online(self):
        async with websockets.connect(f"ws://127.0.0.1:{self.server.port}/gateway?v=10&encoding=json") as socket:
            self.socket = socket
            intents = (1 << 0) | (1 << 7)
            identify = {"token": self.facts["token"], "intents": intents, "properties": {}}
            await socket.send(json.dumps({"op": 2, "d": identify}))
            await self.told("READY")
            await self.told("GUILD_CREATE")
            yield self

    async def told(self, name):
        async with asyncio.timeout(15):
            while True:
                payload = json.loads(await self.socket.recv())
                if payload["t"] == name:
                    return payload["d"]

    async def join(self, channel, **flags):
        state = {"guild_id": self.guild, "channel_id": channel, "self_mute": False, "self_deaf": False, **flags}
        await self.socket.send(json.dumps({"op": 4, "d": state}))

    def connect(self, voice_server):
        address = f"ws://{voice_server['endpoint']}/rtc?access_token={voice_server['token']}&protocol=16"
        return websockets.connect(address, compression=None)

    async def ask(self, method, path, **document):
        async with httpx.AsyncClient(base_url=f"{self.server.url}/api/v10", headers=self.headers) as http:
            return await http.request(method, path, **({"json": document} if document else {}))


@pytest.fixture
async def bot(server):
    return Bot(server, await server.command("bot", "create", "Caller"))


@pytest.fixture
async def alone(tmp_path):
    """A bot whose server may be stopped."""
    async with HubbubProcess(tmp_path) as server:
        yield Bot(server, await server.command("bot", "create", "Caller"))


async def test_a_bot_joins_by_the_gateway_and_is_moderated_over_rest(bot):
    async with bot.online():
        await bot.join(bot.channel, self_mute=True)
        state = await bot.told("VOICE_STATE_UPDATE")
        assert (state["channel_id"], state["self_mute"]) == (bot.channel, True)
        assert state["member"]["user"]["id"] == bot.facts["user_id"]
        async with bot.connect(await bot.told("VOICE_SERVER_UPDATE")) as room:
            joined = await receive(room, "join")
            assert (joined.room.name, joined.participant.identity) == (bot.channel, bot.facts["user_id"])
            seen = await bot.ask("GET", f"/guilds/{bot.guild}/voice-states/@me")
            assert seen.json()["channel_id"] == bot.channel
            await room.send(rtc.SignalRequest(leave=rtc.LeaveRequest()).SerializeToString())
            assert (await bot.told("VOICE_STATE_UPDATE"))["channel_id"] is None
        assert (await bot.ask("GET", f"/guilds/{bot.guild}/voice-states/@me")).status_code == 404


async def test_a_restart_keeps_the_call_and_its_token(alone):
    async with alone.online():
        await alone.join(alone.channel)
        voice_server = await alone.told("VOICE_SERVER_UPDATE")
        async with alone.connect(voice_server) as room:
            await receive(room, "join")
            await alone.server.stop()
            assert (await receive(room, "leave")).action == rtc.LeaveRequest.RECONNECT
    await alone.server.start()
    async with alone.connect(voice_server) as room:
        assert (await receive(room, "join")).participant.identity == alone.facts["user_id"]


async def test_a_channel_that_is_deleted_ends_its_calls(bot):
    async with bot.online():
        await bot.join(bot.channel)
        async with bot.connect(await bot.told("VOICE_SERVER_UPDATE")) as room:
            await receive(room, "join")
            await bot.server.command("admin", "guild", "delete", bot.guild, "--yes")
            assert await receive(room, "leave")


async def test_people_hear_each_other_and_moderators_act_on_the_call(server):
    async with await Person.register(server.url, "ada") as ada, await Person.register(server.url, "bob") as bob:
        guild, text = await ada.make_guild("Garden")
        invite = await ada.post(f"/channels/{text}/invites", {})
        await bob.post(f"/invites/{invite['code']}")
        channels = await ada.get(f"/guilds/{guild}/channels")
        lounge = next(each["id"] for each in channels if each["type"] == 2)
        attic = (await ada.post(f"/guilds/{guild}/channels", {"name": "Attic", "type": 2}))["id"]
        async with ada.gateway() as ada_gateway, bob.gateway() as bob_gateway:

            async def come(gateway):
                state = {"guild_id": guild, "channel_id": lounge, "self_mute": False, "self_deaf": False}
                await gateway.send(4, state)
                told = await gateway.wait_for("VOICE_SERVER_UPDATE")
                return await enter(f"ws://{told['endpoint']}", told["token"])

            ada_room, bob_room = await come(ada_gateway), await come(bob_gateway)
            assert [each.identity for each in ada_room.remote_participants.values()] == [bob.id]
            singing = await sing(bob_room)
            await hear(ada_room)
            silenced = happening(ada_room, "track_unpublished")
            await ada.patch(f"/guilds/{guild}/members/{bob.id}", {"mute": True})
            async with asyncio.timeout(30):
                await silenced
            await ada_gateway.wait_for("VOICE_STATE_UPDATE", lambda told: told["user_id"] == bob.id and told["mute"])
            gone = happening(bob_room, "disconnected")
            await ada.patch(f"/guilds/{guild}/members/{bob.id}", {"channel_id": attic})
            async with asyncio.timeout(30):
                await gone
            await bob_gateway.wait_for("VOICE_STATE_UPDATE", lambda told: told["channel_id"] == attic)
            singing.cancel()
            tickets = [told for name, told in bob_gateway.events if name == "VOICE_SERVER_UPDATE"]
            moved = await enter(f"ws://{tickets[-1]['endpoint']}", tickets[-1]["token"])
            assert moved.name == attic
            await ada.patch(f"/guilds/{guild}/members/{bob.id}", {"channel_id": None})
            await bob_gateway.wait_for(
                "VOICE_STATE_UPDATE", lambda told: told["user_id"] == bob.id and told["channel_id"] is None
            )
            await ada_room.disconnect()
