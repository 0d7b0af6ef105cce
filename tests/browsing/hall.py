"""Three people in one guild with a voice channel, and the way into its calls."""

from __future__ import annotations

from typing import NamedTuple

from browsing.call import Call
from browsing.company import OpenWindow, make_pair
from servers.person import Person

VOICE = 2
STAGE = 13
CARLA = "Carla"


class Hall(NamedTuple):
    """A guild of three with a voice channel; the first of them owns it."""

    url: str
    people: tuple[Person, Person, Person]
    guild_id: str
    channel_id: str

    @property
    def path(self) -> str:
        """The address of the voice channel in the client."""
        return f"/guilds/{self.guild_id}/{self.channel_id}"

    async def come(self, open_window: OpenWindow, number: int) -> Call:
        """Open a window for one of the three, who has not joined yet."""
        return await Call(await open_window(self.url, self.people[number])).watch()

    async def enter(self, open_window: OpenWindow, number: int) -> Call:
        """Let one of the three come to the channel and join."""
        return await (await self.come(open_window, number)).join(self.guild_id, self.channel_id)

    async def enter_all(self, open_window: OpenWindow) -> list[Call]:
        """Let all three join."""
        return [await self.enter(open_window, number) for number in range(3)]

    async def more(self, name: str, kind: int = VOICE) -> str:
        """Make another channel to talk in; return its id."""
        made = await self.people[0].post(f"/guilds/{self.guild_id}/channels", {"name": name, "type": kind})
        return str(made["id"])

    async def close(self) -> None:
        """Let go of everybody's connections."""
        for person in self.people:
            await person.close()


async def make_hall(url: str) -> Hall:
    """Return a new guild with three people and a voice channel."""
    pair = await make_pair(url)
    carla = await Person.register(url, f"carla{pair.guild_id}", display_name=CARLA)
    invite = await pair.ada.post(f"/channels/{pair.channel_id}/invites", {"max_age": 3600})
    await carla.post(f"/invites/{invite['code']}", {})
    channel = await pair.ada.post(f"/guilds/{pair.guild_id}/channels", {"name": "Tea room", "type": VOICE})
    return Hall(url, (pair.ada, pair.bert, carla), pair.guild_id, channel["id"])
