"""discord.py, hikari and discord.js, unmodified, live in a Hubbub guild.

Each program under `bots/` is written as its library's users write them, and `hubbub bot run` starts it. A person in the
same guild talks to it and sees what it does. Its way to the server leads through a proxy that cuts connections.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest

from servers.bot_process import DISCORD_JS, BotProcess
from servers.hubbub_process import HubbubProcess
from servers.person import Gateway, Json, Person
from servers.tcp_proxy import TcpProxy

BOTS = Path(__file__).parent / "bots"
PROGRAMS = [
    pytest.param(BOTS / "python" / "discord_py_bot.py", id="discord.py"),
    pytest.param(BOTS / "python" / "hikari_bot.py", id="hikari"),
    pytest.param(
        BOTS / "javascript" / "discord_js_bot.mjs",
        id="discord.js",
        marks=pytest.mark.skipif(
            shutil.which("node") is None or not DISCORD_JS.is_dir(),
            reason="needs Node 20 and `scripts/setup bots`",
        ),
    ),
]
START_WITHIN_S = 45.0
NUMBERS = 120
CUTS = 3

pytestmark = pytest.mark.timeout(180)


class Scene(NamedTuple):
    """A guild with a person and a running bot in it."""

    server: HubbubProcess
    proxy: TcpProxy
    person: Person
    gateway: Gateway
    guild_id: str
    channel_id: str
    bot: Json
    running: BotProcess

    async def reply(self, text: str, *, channel_id: str | None = None, within_s: float = 20.0) -> Json:
        """Return the bot's first message whose content matches the pattern."""

        def matches(message: Json) -> bool:
            in_channel = message["channel_id"] == channel_id if channel_id else True
            return (
                in_channel
                and message["author"]["id"] == self.bot["user_id"]
                and bool(re.search(text, message["content"]))
            )

        try:
            return await self.gateway.wait_for("MESSAGE_CREATE", matches, within_s=within_s)
        except AssertionError as error:
            error.add_note(f"the bot printed:\n{self.running.printed[-8000:]}")
            raise


@pytest.fixture(params=PROGRAMS)
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    program: Path = request.param
    async with contextlib.AsyncExitStack() as stack:
        server = HubbubProcess(tmp_path)
        proxy = await stack.enter_async_context(TcpProxy(server.port))
        public = f"http://127.0.0.1:{proxy.port}"
        server.settings["HUBBUB_PUBLIC_URL"] = public
        await stack.enter_async_context(server)
        person = await stack.enter_async_context(await Person.register(server.url, "ada", origin=public))
        guild_id, channel_id = await person.make_guild("The Lighthouse")
        bot = await server.command("bot", "create", "steward", "--guild", guild_id)
        gateway = await stack.enter_async_context(person.gateway())
        running = BotProcess(program, url=public, token=str(bot["token"]), folder=tmp_path)
        await stack.enter_async_context(running)
        scene = Scene(server, proxy, person, gateway, guild_id, channel_id, bot, running)
        await scene.reply("At your service", within_s=START_WITHIN_S)
        yield scene


async def test_the_whole_day_of_a_bot(scene: Scene) -> None:
    await sees_its_guild_and_registers_a_command(scene)
    await replies_with_an_embed_and_a_file_and_reacts(scene)
    await edits_and_deletes(scene)
    await answers_a_slash_command(scene)
    await opens_a_direct_message(scene)


async def test_a_dropped_bot_resumes_without_loss(scene: Scene) -> None:
    """Numbers are said while the bot's connections are cut again and again: each arrives exactly once."""
    every = NUMBERS // (CUTS + 1)
    invite = await scene.person.post(f"/channels/{scene.channel_id}/invites", {})
    async with contextlib.AsyncExitStack() as stack:
        # Several people talk, as one alone may say ten things in five seconds.
        speakers = [scene.person]
        for name in ("ben", "cleo", "dan"):
            speaker = await Person.register(scene.server.url, name, origin=scene.person.origin)
            speakers.append(await stack.enter_async_context(speaker))
            await speaker.post(f"/invites/{invite['code']}", {})
        for number in range(NUMBERS):
            if number % every == every - 1 and number < NUMBERS - every // 2:
                assert scene.proxy.cut() > 0
            await speakers[number % len(speakers)].say(scene.channel_id, f"number {number}")
    tally = rf"^{NUMBERS} numbers, 0 twice, (\d+) resumes$"
    async with asyncio.timeout(60):
        while True:
            await scene.person.say(scene.channel_id, "!tally")
            answer = await scene.reply(r"numbers, \d+ twice", within_s=45.0)
            if re.search(rf"^{NUMBERS} ", answer["content"]):
                break
            scene.gateway.events.clear()
    match = re.search(tally, answer["content"])
    assert match, answer["content"]
    assert int(match[1]) >= 1, answer["content"]


async def sees_its_guild_and_registers_a_command(scene: Scene) -> None:
    hello = await scene.reply("At your service")
    assert hello["content"] == "At your service in The Lighthouse (2 members) with /report"
    assert hello["author"]["bot"] is True


async def replies_with_an_embed_and_a_file_and_reacts(scene: Scene) -> None:
    question = await scene.person.say(scene.channel_id, "!hello")
    answer = await scene.reply("Come in!")
    assert answer["message_reference"]["message_id"] == question["id"]
    (embed,) = answer["embeds"]
    assert embed["title"] == "Welcome"
    assert embed["description"] == f"Hello, <@{scene.person.id}>!"
    assert embed["color"] == 0x3366CC
    assert embed["footer"]["text"] == "the steward"
    assert [field["name"] for field in embed["fields"]] == ["Channel"]
    (attachment,) = answer["attachments"]
    assert attachment["filename"] == "rules.txt"
    file = await scene.person.http.get(attachment["url"])
    assert file.content == b"Mind the step.\n"
    await scene.gateway.wait_for(
        "MESSAGE_REACTION_ADD",
        lambda each: each["message_id"] == question["id"] and each["user_id"] == scene.bot["user_id"],
    )
    stored = await scene.person.get(f"/channels/{scene.channel_id}/messages/{question['id']}")
    assert [reaction["emoji"]["name"] for reaction in stored["reactions"]] == ["👋"]


async def edits_and_deletes(scene: Scene) -> None:
    await scene.person.say(scene.channel_id, "!tidy")
    draft = await scene.reply("a draft")
    slip = await scene.reply("a slip of the pen")
    edited = await scene.gateway.wait_for("MESSAGE_UPDATE", lambda each: each["id"] == draft["id"])
    assert edited["content"] == "the fair copy"
    assert edited["edited_timestamp"]
    await scene.gateway.wait_for("MESSAGE_DELETE", lambda each: each["id"] == slip["id"])
    history = await scene.person.get(f"/channels/{scene.channel_id}/messages?limit=20")
    assert "the fair copy" in {message["content"] for message in history}
    assert slip["id"] not in {message["id"] for message in history}


async def answers_a_slash_command(scene: Scene) -> None:
    commands = await scene.person.get(f"/guilds/{scene.guild_id}/application-commands")
    (command,) = [each for each in commands if each["name"] == "report"]
    await scene.person.post(
        "/interactions",
        {
            "application_id": scene.bot["application_id"],
            "guild_id": scene.guild_id,
            "channel_id": scene.channel_id,
            "command_id": command["id"],
            "options": [{"name": "topic", "type": 3, "value": "the weather"}],
            "nonce": "n-1",
        },
    )
    answer = await scene.gateway.wait_for(
        "MESSAGE_UPDATE", lambda each: each["content"] == "Report on the weather: nothing to complain of."
    )
    follow_up = await scene.reply("Ask me again tomorrow")
    assert follow_up["id"] != answer["id"]
    assert answer["application_id"] == scene.bot["application_id"]


async def opens_a_direct_message(scene: Scene) -> None:
    await scene.person.say(scene.channel_id, "!whisper")
    whisper = await scene.reply("Between us, ada: all is well")
    assert whisper["channel_id"] != scene.channel_id
    assert "guild_id" not in whisper
    history = await scene.person.get(f"/channels/{whisper['channel_id']}/messages")
    assert [message["content"] for message in history] == [whisper["content"]]
