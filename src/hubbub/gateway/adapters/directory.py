"""A community in memory, for tests and benchmarks: the twin of the directory that `app` builds on the real one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from typing_extensions import override

from hubbub.events.contracts import objects
from hubbub.gateway.service.directory import PERSON_TOKEN, Directory, GuildSnapshot, Identity, ReadySnapshot
from hubbub.kernel.errors import HubbubError

_JOINED_AT = "2026-01-01T00:00:00.000000+00:00"


class UnknownCredential(HubbubError):
    """No user holds this token or cookie."""

    code = "gateway.unknown_credential"
    status = 401
    default_sentence = "401: Unauthorized"


class UnknownGuild(HubbubError):
    """No such guild, or the user is not in it."""

    code = "gateway.unknown_guild"
    status = 404
    json_code = 10004
    default_sentence = "Unknown Guild"


@dataclass
class MemoryGuild:
    """A guild: its members by user id, its channels, and who may not see which."""

    guild: objects.Guild
    members: dict[int, objects.Member] = field(default_factory=dict)
    channels: dict[int, objects.Channel] = field(default_factory=dict)
    hidden: dict[int, set[int]] = field(default_factory=dict)
    """User ids that may not see a channel, by channel id."""


class MemoryDirectory(Directory):
    """Answers from dictionaries that a test fills."""

    def __init__(self) -> None:
        """Start with nobody."""
        self.identities: dict[str, Identity] = {}
        """By token, or by cookie for people."""
        self.users: dict[int, objects.OwnUser] = {}
        self.guilds: dict[int, MemoryGuild] = {}

    def add_user(self, user_id: int, credential: str, identity: Identity | None = None) -> Identity:
        """Make a user who identifies by `credential`: a bot's token, or a person's cookie when `identity` says so."""
        identity = identity or Identity(user_id, is_bot=True, application_id=user_id)
        self.identities[credential] = identity
        self.users[user_id] = objects.OwnUser(id=str(user_id), username=f"user{user_id}", bot=identity.is_bot)
        return identity

    def add_guild(self, guild_id: int, owner_id: int, channel_ids: Collection[int] = ()) -> MemoryGuild:
        """Make a guild with its first member and its channels."""
        guild = MemoryGuild(objects.Guild(id=str(guild_id), name=f"guild{guild_id}", owner_id=str(owner_id)))
        self.guilds[guild_id] = guild
        self.join(guild_id, owner_id)
        for channel_id in channel_ids:
            guild.channels[channel_id] = objects.Channel(
                id=str(channel_id),
                type=0,
                name=f"channel{channel_id}",
                guild_id=str(guild_id),
                position=0,
                permission_overwrites=[],
                parent_id=None,
                topic=None,
                nsfw=False,
                rate_limit_per_user=0,
                last_message_id=None,
            )
        return guild

    def join(self, guild_id: int, user_id: int) -> objects.Member:
        """Make a user a member; return the member."""
        own = self.users.get(user_id)
        user = objects.User(id=str(user_id), username=f"user{user_id}", bot=own.bot if own is not None else False)
        member = self.guilds[guild_id].members[user_id] = objects.Member(user=user, joined_at=_JOINED_AT)
        return member

    @override
    async def authenticate(self, token: str, cookie: str | None) -> Identity:
        credential = (cookie or "") if token == PERSON_TOKEN else token.removeprefix("Bot ")
        identity = self.identities.get(credential)
        if identity is None:
            raise UnknownCredential
        return identity

    @override
    async def ready(self, identity: Identity) -> ReadySnapshot:
        guild_ids = [guild_id for guild_id, guild in self.guilds.items() if identity.user_id in guild.members]
        user = self.users[identity.user_id]
        if not identity.is_bot:
            return ReadySnapshot(user, guild_ids, read_states=[])
        application = objects.Application(id=str(identity.application_id), name=user.username)
        return ReadySnapshot(user, guild_ids, application)

    @override
    async def guild(self, guild_id: int, user_id: int) -> GuildSnapshot:
        guild = self._guild(guild_id)
        if user_id not in guild.members:
            raise UnknownGuild
        channels = [each for each in guild.channels.values() if user_id not in guild.hidden.get(int(each.id), ())]
        return GuildSnapshot(guild.guild, channels, guild.members[user_id].joined_at, len(guild.members))

    @override
    async def channels(self, guild_id: int) -> Sequence[objects.Channel]:
        return list(self._guild(guild_id).channels.values())

    @override
    async def viewers(self, guild_id: int, channel_id: int, user_ids: Collection[int]) -> Collection[int]:
        guild = self._guild(guild_id)
        hidden = guild.hidden.get(channel_id, set())
        return {user_id for user_id in user_ids if user_id in guild.members and user_id not in hidden}

    @override
    async def member_count(self, guild_id: int) -> int:
        return len(self._guild(guild_id).members)

    @override
    async def members(
        self,
        guild_id: int,
        *,
        query: str = "",
        limit: int = 0,
        user_ids: Sequence[int] | None = None,
        after: int = 0,
    ) -> Sequence[objects.Member]:
        members = sorted(self._guild(guild_id).members.items())
        chosen = [
            member
            for user_id, member in members
            if user_id > after
            and (user_ids is None or user_id in user_ids)
            and isinstance(member.user, objects.User)
            and member.user.username.startswith(query.lower())
        ]
        return chosen[: limit or 1000]

    def _guild(self, guild_id: int) -> MemoryGuild:
        guild = self.guilds.get(guild_id)
        if guild is None:
            raise UnknownGuild
        return guild
