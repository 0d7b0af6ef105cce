"""Two people in one guild, with or without windows."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from browsing.conversation import Conversation
from browsing.window import Window
from servers.person import Person

OpenWindow = Callable[..., Awaitable[Window]]
SETTINGS = {"HUBBUB_COMMUNITY_RATE_LIMITS": "false"}
"""Tests ask faster than people do; what they test is not the limits."""

_numbers = itertools.count(1)
"""Names of people are taken only once on a server."""


class Pair(NamedTuple):
    """Two people in one guild that the first of them owns."""

    ada: Person
    bert: Person
    guild_id: str
    channel_id: str

    @property
    def channel(self) -> str:
        """The address of the guild's text channel."""
        return f"/guilds/{self.guild_id}/{self.channel_id}"

    def settings(self, page: str) -> str:
        """Return the address of a page of the guild's settings."""
        return f"/guilds/{self.guild_id}/settings/{page}"

    async def more_channels(self, *names: str) -> list[str]:
        """Make text channels; return their ids."""
        path = f"/guilds/{self.guild_id}/channels"
        return [(await self.ada.post(path, {"name": name, "type": 0}))["id"] for name in names]

    async def close(self) -> None:
        """Let go of both people's connections."""
        await self.ada.close()
        await self.bert.close()


async def make_pair(url: str) -> Pair:
    """Return two new people in a new guild."""
    number = next(_numbers)
    ada = await Person.register(url, f"ada{number}", display_name="Ada")
    bert = await Person.register(url, f"bert{number}", display_name="Bert")
    guild_id, channel_id = await ada.make_guild("Lantern Society")
    invite = await ada.post(f"/channels/{channel_id}/invites", {"max_age": 3600})
    await bert.post(f"/invites/{invite['code']}", {})
    return Pair(ada, bert, guild_id, channel_id)


class Talk(NamedTuple):
    """Two people who look at the same channel, each in a window of their own."""

    pair: Pair
    ada: Conversation
    bert: Conversation


async def look_together(url: str, pair: Pair, open_window: OpenWindow) -> Talk:
    """Open a window for each of the pair, both on the guild's channel."""

    async def look(person: Person) -> Conversation:
        window = await open_window(url, person)
        await window.go(pair.channel)
        return await Conversation(window).opened()

    ada, bert = await asyncio.gather(look(pair.ada), look(pair.bert))
    return Talk(pair, ada, bert)
