"""Every program under `examples/` does what its page says."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from servers.bot_process import DISCORD_JS, BotProcess
from servers.hubbub_process import HubbubProcess
from servers.person import Person

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
START_WITHIN_S = 45.0


async def command_named(person: Person, guild_id: str, name: str) -> dict[str, str]:
    commands = await person.get(f"/guilds/{guild_id}/application-commands")
    return next((each for each in commands if each["name"] == name), {})


@pytest.mark.asyncio(loop_scope="module")
async def test_the_dice_bot_throws(server: HubbubProcess, tmp_path: Path) -> None:
    async with await Person.register(server.url, "dora") as person:
        guild_id, channel_id = await person.make_guild("The Tavern")
        bot = await server.command("bot", "create", "dice", "--guild", guild_id)
        program = BotProcess(EXAMPLES / "dice_bot.py", url=server.url, token=str(bot["token"]), folder=tmp_path)
        async with person.gateway() as gateway, program:
            await gateway.wait_for(
                "PRESENCE_UPDATE", lambda each: each["user"]["id"] == bot["user_id"], within_s=START_WITHIN_S
            )
            command = await command_named(person, guild_id, "roll")
            await person.post(
                "/interactions",
                {
                    "application_id": bot["application_id"],
                    "guild_id": guild_id,
                    "channel_id": channel_id,
                    "command_id": command["id"],
                    "options": [{"name": "dice", "type": 3, "value": "3d1+4"}],
                },
            )
            answer = await gateway.wait_for("MESSAGE_CREATE", lambda each: each["author"]["id"] == bot["user_id"])
    assert answer["embeds"][0]["title"] == "3d1+4: 7"
    assert answer["embeds"][0]["description"] == "1 + 1 + 1"


@pytest.mark.skipif(
    shutil.which("node") is None or not DISCORD_JS.is_dir(), reason="needs Node 20 and `scripts/setup bots`"
)
@pytest.mark.asyncio(loop_scope="module")
async def test_the_starboard_bot_repeats_what_shines(server: HubbubProcess, tmp_path: Path) -> None:
    file = tmp_path / "starboard_bot.mjs"
    shutil.copy(EXAMPLES / file.name, file)
    (tmp_path / "node_modules").symlink_to(DISCORD_JS)
    async with await Person.register(server.url, "stella") as person:
        guild_id, channel_id = await person.make_guild("The Observatory")
        bot = await server.command("bot", "create", "stargazer", "--guild", guild_id)
        roles = await person.get(f"/guilds/{guild_id}/roles")
        everyone = next(role for role in roles if role["id"] == guild_id)
        # Administrator for everyone: the bot makes a channel, which is not what this test is about.
        await person.patch(
            f"/guilds/{guild_id}/roles/{guild_id}", {"permissions": str(int(everyone["permissions"]) | 8)}
        )
        program = BotProcess(file, url=server.url, token=str(bot["token"]), folder=tmp_path)
        async with person.gateway() as gateway, program:
            await gateway.wait_for(
                "PRESENCE_UPDATE", lambda each: each["user"]["id"] == bot["user_id"], within_s=START_WITHIN_S
            )
            message = await person.say(channel_id, "Look, a comet!")
            await person.put(f"/channels/{channel_id}/messages/{message['id']}/reactions/%E2%AD%90/@me")
            repeated = await gateway.wait_for("MESSAGE_CREATE", lambda each: each["author"]["id"] == bot["user_id"])
    assert repeated["channel_id"] != channel_id
    assert repeated["embeds"][0]["description"] == "Look, a comet!"


@pytest.mark.asyncio(loop_scope="module")
async def test_the_echo_bot_says_it_again(server: HubbubProcess, tmp_path: Path) -> None:
    async with await Person.register(server.url, "erin") as person:
        guild_id, channel_id = await person.make_guild("The Cave")
        bot = await server.command("bot", "create", "echo", "--guild", guild_id)
        program = BotProcess(EXAMPLES / "echo_bot.py", url=server.url, token=str(bot["token"]), folder=tmp_path)
        async with person.gateway() as gateway, program:
            await gateway.wait_for(
                "PRESENCE_UPDATE", lambda each: each["user"]["id"] == bot["user_id"], within_s=START_WITHIN_S
            )
            asked = await person.say(channel_id, "!echo hello")
            answer = await gateway.wait_for("MESSAGE_CREATE", lambda each: each["author"]["id"] == bot["user_id"])
    assert answer["content"] == "hello"
    assert answer["message_reference"]["message_id"] == asked["id"]


@pytest.mark.asyncio(loop_scope="module")
async def test_the_greeter_greets(server: HubbubProcess, tmp_path: Path) -> None:
    async with (
        await Person.register(server.url, "greta") as person,
        await Person.register(server.url, "nils") as newcomer,
    ):
        guild_id, channel_id = await person.make_guild("The Threshold")
        bot = await server.command("bot", "create", "greeter", "--guild", guild_id)
        program = BotProcess(EXAMPLES / "greeter_bot.py", url=server.url, token=str(bot["token"]), folder=tmp_path)
        async with person.gateway() as gateway, program:
            await gateway.wait_for(
                "PRESENCE_UPDATE", lambda each: each["user"]["id"] == bot["user_id"], within_s=START_WITHIN_S
            )
            invite = await person.post(f"/channels/{channel_id}/invites", {})
            await newcomer.post(f"/invites/{invite['code']}", {})
            greeting = await gateway.wait_for("MESSAGE_CREATE", lambda each: each["author"]["id"] == bot["user_id"])
    assert greeting["embeds"][0]["title"] == "Hello nils!"
    assert [user["id"] for user in greeting["mentions"]] == [newcomer.id]
