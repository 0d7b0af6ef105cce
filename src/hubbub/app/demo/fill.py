"""Turns the demonstration's world into rows, through the same use cases that people go through.

A second community over the same records works on a clock of its own that begins days ago, so that ids and times look
lived in. Everything is looked for before it is made, so a run that was cut off is completed by the next, and a run
after a whole one changes nothing.
"""

from __future__ import annotations

import asyncio
import random
import re
from base64 import b64encode
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from hubbub.app.demo import faces, pictures, signs
from hubbub.app.demo.timeline import Arrive, Say, founding_ms, plan
from hubbub.app.demo.world import Embed, Guild, Person, Talk, World, load
from hubbub.app.house import House, compose
from hubbub.app.operations.requests import Progress
from hubbub.app.operations.socket import Report
from hubbub.community.adapters.account_statements import ADMINISTRATORS
from hubbub.community.adapters.guild_statements import GUILDS_OF_USER
from hubbub.community.domain.embed import EmbedForm, FieldForm
from hubbub.community.domain.guild import GuildState
from hubbub.community.domain.message_form import EditForm, MessageForm, ReferenceForm
from hubbub.community.domain.permissions import DEFAULT_EVERYONE, GUILD_CATEGORY, GUILD_TEXT, GUILD_VOICE
from hubbub.community.errors import UnknownUser
from hubbub.community.service.actor import Actor
from hubbub.community.service.channels import ChannelChange
from hubbub.community.service.guilds import GuildChange
from hubbub.community.service.profiles import ProfileChange
from hubbub.community.service.roles import RoleChange
from hubbub.community.service.upload import Upload
from hubbub.kernel.clock import ManualClock
from hubbub.kernel.snowflake import WORKERS, SnowflakeGenerator

_WORKER = WORKERS - 1
"""Of the ids made here; servers' own are of smaller ones."""
_PAGE = 100
_BETWEEN_REACTIONS_S = 1.0
_BEFORE_EDIT_S = 20.0
_NEWCOMER = "newcomer"
_BOTS_EMBLEM = "mast"
_MENTION = re.compile(r"@([a-z0-9_.]+[a-z0-9_])")
_CUSTOM = re.compile(r":([a-z_]{2,32}):")


async def fill(house: House, seed: int, report: Report) -> dict[str, object]:
    """Make the demonstration's world in `house`; return what is there and how much of it is new."""
    filling = _Filling(house, load(), seed, report)
    try:
        return await filling.run()
    finally:
        await filling.community.close()
        filling.forget()


class _Filling:
    """One run."""

    def __init__(self, house: House, world: World, seed: int, report: Report) -> None:
        self._house = house
        self._world = world
        self._seed = seed
        self._report = report
        self._acts = plan(world, seed, house.clock.unix_ms())
        self._clock = _Past(founding_ms(self._acts))
        self.community = compose(house, clock=self._clock, snowflakes=SnowflakeGenerator(self._clock, _WORKER))
        self._people: dict[str, int] = {}
        self._guilds: dict[str, int] = {}
        self._channels: dict[tuple[str, str], int] = {}
        self._emojis: dict[tuple[str, str], int] = {}
        self._said: dict[tuple[str, str, int], int] = {}
        self._looked: set[int] = set()
        self._known: dict[tuple[int, str, str], list[int]] = {}
        self._bots: set[int] = set()
        self._written = 0
        self._done = 0
        self._total = len(world.people) + len(world.guilds) + len(self._acts) + 1

    async def run(self) -> dict[str, object]:
        for person in self._world.people:
            self._step(f"Inviting {person.name}")
            self._people[person.username] = await self._person(person)
        for guild in self._world.guilds:
            self._step(f"Founding {guild.name}")
            await self._found(guild)
        for act in self._acts:
            self._clock.go_to(act.at_ms)
            match act:
                case Arrive():
                    self._step("Welcoming administrators")
                    await self._welcome()
                case Say():
                    self._step(f"Talking in #{act.talk.channel}")
                    await self._say(act)
        self._step("Whispering")
        await self._whisper()
        return {
            "people": len(self._world.people),
            "guilds": len(self._guilds),
            "channels": len(self._channels),
            "messages_written": self._written,
        }

    def forget(self) -> None:
        """Make the house's own community look anew at what was changed beside it."""
        for guild_id in self._guilds.values():
            self._house.community.ports.guilds.forget_guild(guild_id)
        for user_id in self._people.values():
            self._house.community.ports.users.forget(user_id)

    def _step(self, label: str) -> None:
        self._done += 1
        self._report(Progress(self._done, self._total, label))

    async def _person(self, person: Person) -> int:
        try:
            user = await self.community.accounts.by_username(person.username)
        except UnknownUser:
            face = _data_uri(await asyncio.to_thread(_portrait, person))
            if person.bot:
                owner_id = self._people[self._world.people[0].username]
                made = await self.community.applications.create(owner_id, person.username, person.bio)
                user, actor = made.user, Actor(made.user.id, is_bot=True, application_id=made.application.id)
                change = ProfileChange(display_name=person.name, avatar=face)
            else:
                user = await self.community.accounts.create(person.username, password=None, administrator=False)
                actor, change = Actor(user.id), ProfileChange(display_name=person.name, bio=person.bio, avatar=face)
            await self.community.profiles.change(actor, change)
        if user.is_bot:
            self._bots.add(user.id)
        return user.id

    # -- guilds --------------------------------------------------------------------------------------------------

    async def _found(self, guild: Guild) -> None:
        owner = Actor(self._people[guild.owner])
        state = await self._held_guild(owner, guild)
        if state is None:
            sign = await asyncio.to_thread(signs.icon, guild.name, guild.emblem)
            state = await self.community.guilds.create(owner.user_id, guild.name, _data_uri(sign))
        self._guilds[guild.name] = guild_id = state.id
        for username in guild.members:
            user_id = self._people[username]
            if user_id in self._bots:
                await self.community.members.join_bot(guild_id, user_id, int(DEFAULT_EVERYONE))
            else:
                await self.community.members.join(guild_id, user_id)
        await self._make_roles(owner, guild_id, guild, state)
        await self._make_channels(owner, guild_id, guild, state)
        for name in guild.emojis:
            held = next((emoji.id for emoji in state.emojis.values() if emoji.name == name), None)
            if held is None:
                drawn = await asyncio.to_thread(signs.emoji, name)
                held = int((await self.community.emojis.create(owner, guild_id, name, _data_uri(drawn), [])).id or 0)
            self._emojis[guild.name, name] = held

    async def _held_guild(self, owner: Actor, guild: Guild) -> GuildState | None:
        for guild_id in await self._house.records.fetch(GUILDS_OF_USER, {"user_id": owner.user_id}):
            state = await self.community.guilds.get(owner, guild_id)
            if state.guild.name == guild.name and state.guild.owner_id == owner.user_id:
                return state
        return None

    async def _make_roles(self, owner: Actor, guild_id: int, guild: Guild, state: GuildState) -> None:
        held = {role.name for role in state.roles.values()}
        for role in guild.roles:
            if role.name not in held:
                change = RoleChange(name=role.name, color=role.colour, hoist=True, mentionable=True)
                made = await self.community.roles.create(owner, guild_id, change)
                for username in role.members:
                    await self.community.members.change_role(
                        owner, guild_id, self._people[username], int(made.id), has=True
                    )

    async def _make_channels(self, owner: Actor, guild_id: int, guild: Guild, state: GuildState) -> None:
        held = {(channel.type, channel.name): channel.id for channel in state.channels.values()}
        first = guild.talks[0]
        # What every new guild has gets a use, so that nobody's first look falls on an empty channel.
        given = {
            (GUILD_CATEGORY, first.category): "Text channels",
            (GUILD_TEXT, first.channel): "general",
            (GUILD_CATEGORY, "Voice"): "Voice channels",
            (GUILD_VOICE, guild.voice[0]): "Lounge",
        }

        async def make(kind: int, change: ChannelChange) -> int:
            wanted = (kind, str(change.name))
            found, spare = held.get(wanted), held.get((kind, given.get(wanted, "")))
            if found is None and spare is not None:
                await self.community.channels.change(owner, spare, change)
                found = spare
            elif found is None:
                found = int((await self.community.channels.create(owner, guild_id, change)).id)
            held[wanted] = found
            return found

        for talk in guild.talks:
            parent = await make(GUILD_CATEGORY, ChannelChange(name=talk.category, type=GUILD_CATEGORY))
            change = ChannelChange(name=talk.channel, type=GUILD_TEXT, topic=talk.topic, parent_id=parent)
            self._channels[guild.name, talk.channel] = await make(GUILD_TEXT, change)
        room = await make(GUILD_CATEGORY, ChannelChange(name="Voice", type=GUILD_CATEGORY, position=len(guild.talks)))
        for name in guild.voice:
            await make(GUILD_VOICE, ChannelChange(name=name, type=GUILD_VOICE, parent_id=room))
        if state.guild.description is None:
            change_guild = GuildChange(description=first.topic)
            await self.community.guilds.change(owner, guild_id, change_guild)

    async def _welcome(self) -> None:
        # There is one from here on, whose link the next start prints: the conversations speak to somebody.
        await self.community.accounts.operator()
        for administrator in await self._house.records.fetch(ADMINISTRATORS):
            for guild_id in self._guilds.values():
                await self.community.members.join(guild_id, administrator.id)
            self._people.setdefault(_NEWCOMER, administrator.id)

    # -- messages ------------------------------------------------------------------------------------------------

    async def _say(self, act: Say) -> None:
        guild, talk, line = act.guild, act.talk, act.line
        channel_id = self._channels[guild.name, talk.channel]
        author = self._actor(line.author)
        text = self._text(guild, line.text)
        message_id = await self._found_message(channel_id, author.user_id, text or _title(line.embed))
        is_new = message_id is None
        if message_id is None:
            uploads = [] if line.picture is None else [await self._upload(author, line.picture)]
            form = MessageForm(content=text if line.first is None else line.first, embeds=_embeds(line.embed))
            if line.replies_to is not None:
                answered = self._said[guild.name, talk.channel, line.replies_to]
                form.message_reference = ReferenceForm(message_id=answered)
            message_id = await self._send(author, channel_id, form, uploads)
            if line.first is not None:
                self._clock.advance(_BEFORE_EDIT_S)
                await self.community.message_edits.edit(author, channel_id, message_id, EditForm(content=text))
        if act.place >= 0:
            self._said[guild.name, talk.channel, act.place] = message_id
        if is_new:
            await self._react(guild, talk, act, channel_id, message_id)

    async def _react(self, guild: Guild, talk: Talk, act: Say, channel_id: int, message_id: int) -> None:
        inside = (guild.owner, *guild.members)
        others = [name for name in inside if name != act.line.author and self._people[name] not in self._bots]
        random.Random(f"{self._seed} {talk.channel} {act.place}").shuffle(others)  # noqa: S311 - repeatability
        for emoji, count in Counter(act.line.reactions).items():
            custom = _CUSTOM.fullmatch(emoji)
            name = emoji if custom is None else f"{custom[1]}:{self._emojis[guild.name, custom[1]]}"
            for username in others[:count]:
                self._clock.advance(_BETWEEN_REACTIONS_S)
                await self.community.reactions.add(Actor(self._people[username]), channel_id, message_id, name)
        if act.line.pinned:
            await self.community.pins.pin(Actor(self._people[guild.owner]), channel_id, message_id)

    async def _whisper(self) -> None:
        """Write the direct messages to the newcomer, the last of them just now."""
        newcomer = self._people.get(_NEWCOMER)
        if newcomer is None:
            return
        ago = sum(whisper.minutes for whisper in self._world.whispers) + 1
        for whisper in self._world.whispers:
            ago -= whisper.minutes
            self._clock.go_to(self._house.clock.unix_ms() - round(ago * 60_000))
            author = self._actor(whisper.author)
            channel_id = int((await self.community.direct_messages.open(author, newcomer)).id)
            if await self._found_message(channel_id, author.user_id, whisper.text) is None:
                uploads = [] if whisper.picture is None else [await self._upload(author, whisper.picture)]
                await self._send(author, channel_id, MessageForm(content=whisper.text), uploads)

    def _actor(self, username: str) -> Actor:
        user_id = self._people[username]
        return Actor(user_id, is_bot=user_id in self._bots)

    async def _send(self, author: Actor, channel_id: int, form: MessageForm, uploads: list[Upload]) -> int:
        sent = msgspec.json.decode(await self.community.messages.send(author, channel_id, form, uploads))
        self._written += 1
        return int(sent["id"])

    async def _upload(self, author: Actor, kind: str) -> Upload:
        drawn = await asyncio.to_thread(pictures.picture, kind, self._seed)

        async def chunks() -> AsyncIterator[bytes]:
            yield drawn

        return await self.community.attachments.store(author.user_id, 0, f"{kind}.png", chunks())

    async def _found_message(self, channel_id: int, author_id: int, text: str) -> int | None:
        """Return a message of a former run, each once."""
        if channel_id not in self._looked:
            self._looked.add(channel_id)
            for message in await self._history(Actor(author_id), channel_id):
                titles = [embed.get("title", "") for embed in message["embeds"]]
                key = (channel_id, message["author"]["id"], message["content"] or "".join(titles))
                self._known.setdefault(key, []).append(int(message["id"]))
        found = self._known.get((channel_id, str(author_id), text))
        return found.pop() if found else None

    async def _history(self, reader: Actor, channel_id: int) -> list[Any]:
        """Return everything said in a channel, newest first."""
        found: list[Any] = []
        while True:
            before = int(found[-1]["id"]) if found else None
            page = await self.community.messages.page(reader, channel_id, before=before, limit=_PAGE)
            found += (messages := msgspec.json.decode(page))
            if len(messages) < _PAGE:
                return found

    def _text(self, guild: Guild, text: str) -> str:
        def mention(match: re.Match[str]) -> str:
            user_id = self._people.get(match[1])
            return match[0] if user_id is None else f"<@{user_id}>"

        def custom(match: re.Match[str]) -> str:
            emoji_id = self._emojis.get((guild.name, match[1]))
            return match[0] if emoji_id is None else f"<:{match[1]}:{emoji_id}>"

        return _CUSTOM.sub(custom, _MENTION.sub(mention, text))


class _Past(ManualClock):
    """A clock that is moved by hand, and never back."""

    def go_to(self, unix_ms: int) -> None:
        """Move to a time; one that has passed already, as talk took longer than planned, changes nothing."""
        self.advance(max(0, unix_ms - self.unix_ms()) / 1000)


def _portrait(person: Person) -> bytes:
    return signs.icon(person.name, _BOTS_EMBLEM) if person.bot else faces.avatar(person.username, person.face)


def _embeds(embed: Embed | None) -> list[EmbedForm] | None:
    if embed is None:
        return None
    fields = [FieldForm(name=name, value=value, inline=True) for name, value in embed.fields]
    return [EmbedForm(title=embed.title, description=embed.description, color=embed.colour, fields=fields)]


def _title(embed: Embed | None) -> str:
    return "" if embed is None else embed.title


def _data_uri(picture: bytes) -> str:
    return f"data:image/png;base64,{b64encode(picture).decode()}"
