"""A guild with its owner, other people and a running bot: the stage of every bot's test."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from servers.bot_process import DISCORD_JS, BotProcess
from servers.hubbub_process import HubbubProcess
from servers.person import Gateway, Json, Person
from servers.tcp_proxy import TcpProxy

BOTS = Path(__file__).parent.parent / "integration" / "bots"
START_WITHIN_S = 45.0
ADMINISTRATOR = 1 << 3


def programs(role: str) -> list[Any]:
    """Return the three programs that play `role`, one for each library, as parameters of a fixture."""
    javascript = pytest.mark.skipif(
        shutil.which("node") is None or not DISCORD_JS.is_dir(), reason="needs Node 20 and `scripts/setup bots`"
    )
    return [
        pytest.param(BOTS / "python" / f"discord_py_{role}.py", id="discord.py"),
        pytest.param(BOTS / "python" / f"hikari_{role}.py", id="hikari"),
        pytest.param(BOTS / "javascript" / f"discord_js_{role}.mjs", id="discord.js", marks=javascript),
    ]


class Scene(NamedTuple):
    """A guild with a person, its owner, and a running bot in it."""

    server: HubbubProcess
    proxy: TcpProxy
    person: Person
    gateway: Gateway
    guild_id: str
    channel_id: str
    bot: Json
    running: BotProcess
    stack: contextlib.AsyncExitStack

    async def guest(self, name: str, *, joins: bool = True) -> Person:
        """Return another person, a member of the guild unless told otherwise."""
        guest = await Person.register(self.server.url, name, origin=self.person.origin)
        await self.stack.enter_async_context(guest)
        if joins:
            await self.admit(guest)
        return guest

    async def admit(self, guest: Person) -> None:
        """Bring a person into the guild through an invite."""
        invite = await self.person.post(f"/channels/{self.channel_id}/invites", {})
        await guest.post(f"/invites/{invite['code']}", {})

    async def reply(self, text: str, *, channel_id: str | None = None, within_s: float = 20.0) -> Json:
        """Return the bot's first message whose content matches the pattern."""

        def matches(message: Json) -> bool:
            in_channel = message["channel_id"] == channel_id if channel_id else True
            return (
                in_channel
                and message["author"]["id"] == self.bot["user_id"]
                and bool(re.search(text, message["content"]))
            )

        return await self._wait_for("MESSAGE_CREATE", matches, within_s)

    async def ask(self, text: str, *, asker: Person | None = None, within_s: float = 20.0) -> Json:
        """Say something in the guild's channel and return the message with which the bot replies to it."""
        question = await (asker or self.person).say(self.channel_id, text)

        def answers(message: Json) -> bool:
            reference = message.get("message_reference") or {}
            return message["author"]["id"] == self.bot["user_id"] and reference.get("message_id") == question["id"]

        answer = await self._wait_for("MESSAGE_CREATE", answers, within_s)
        assert not answer["content"].startswith("failed"), (
            f"{text}: {answer['content']}\n{self.running.printed[-8000:]}"
        )
        return answer

    async def told(self, text: str, *, asker: Person | None = None) -> str:
        """Return what the bot replies to something said in the guild's channel."""
        return str((await self.ask(text, asker=asker))["content"])

    async def use(self, name: str, options: list[Json] | None = None, **more: Any) -> None:
        """Use one of the bot's commands."""
        commands = await self.person.get(f"/guilds/{self.guild_id}/application-commands")
        (command,) = [each for each in commands if each["name"] == name]
        await self.person.post(
            "/interactions",
            {
                "application_id": self.bot["application_id"],
                "guild_id": self.guild_id,
                "channel_id": self.channel_id,
                "command_id": command["id"],
                "options": options or [],
                **more,
            },
        )

    async def _wait_for(self, name: str, matches: Any, within_s: float) -> Json:
        try:
            return await self.gateway.wait_for(name, matches, within_s=within_s)
        except AssertionError as error:
            error.add_note(f"the bot printed:\n{self.running.printed[-8000:]}")
            raise


@contextlib.asynccontextmanager
async def scene_with(program: Path, folder: Path, *, administrator: bool = False) -> AsyncIterator[Scene]:
    """Run a server, a guild and the program in it; the bot's way to the server leads through a proxy.

    Args:
        program: The bot's file. It says "At your service" in the guild's first channel once it is ready.
        folder: For the server's data and the logs.
        administrator: Whether the bot may do everything, as the owner's editing of its role allows.
    """
    async with contextlib.AsyncExitStack() as stack:
        server = HubbubProcess(folder)
        proxy = await stack.enter_async_context(TcpProxy(server.port))
        public = f"http://127.0.0.1:{proxy.port}"
        server.settings["HUBBUB_PUBLIC_URL"] = public
        await stack.enter_async_context(server)
        person = await stack.enter_async_context(await Person.register(server.url, "ada", origin=public))
        guild_id, channel_id = await person.make_guild("The Lighthouse")
        bot = await server.command("bot", "create", "steward", "--guild", guild_id)
        if administrator:
            (own,) = [role for role in await person.get(f"/guilds/{guild_id}/roles") if role["managed"]]
            await person.patch(f"/guilds/{guild_id}/roles/{own['id']}", {"permissions": str(ADMINISTRATOR)})
        gateway = await stack.enter_async_context(person.gateway())
        running = BotProcess(program, url=public, token=str(bot["token"]), folder=folder)
        await stack.enter_async_context(running)
        scene = Scene(server, proxy, person, gateway, guild_id, channel_id, bot, running, stack)
        await scene.reply("At your service", within_s=START_WITHIN_S)
        yield scene
