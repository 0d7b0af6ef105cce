"""What permission checks need of guilds and channels, held in bounded memory.

Every request that names a channel or a guild passes here, so the usual answer comes without a query. The process that
writes a guild forgets it here right after its write; the next reader loads it anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import NamedTuple

from hubbub.community.adapters import guild_statements as statements
from hubbub.community.domain.guild import Channel, GuildState, Member
from hubbub.community.domain.permissions import DIRECT_MESSAGE, Permissions
from hubbub.community.errors import (
    MissingAccess,
    MissingPermissions,
    UnknownChannel,
    UnknownGuild,
    UnknownMember,
)
from hubbub.community.service.actor import Actor
from hubbub.community.service.locks import Locks
from hubbub.community.service.recent import Loading, Recent
from hubbub.kernel.clock import Clock
from hubbub.storage.records.port import Records

_MEMBERS_PER_FETCH = 500
"""Ids per query: enough for a busy channel's viewers in one, below SQLite's bound on variables."""

_ABSENT = Member(0, 0, None, b"[]", 0, deaf=False, mute=False, timeout_until_ms=None, is_temporary=False)
"""Held in place of a member who is none, so that strangers cost one query and not one each time."""


class DirectChannel(NamedTuple):
    """A direct message and who takes part in it."""

    channel: Channel
    recipients: tuple[int, ...]


class GuildAccess(NamedTuple):
    """A caller's standing in a guild."""

    guild: GuildState
    member: Member
    permissions: int


class ChannelAccess(NamedTuple):
    """A caller's standing in a channel that it can see."""

    guild: GuildState | None
    """None in direct messages."""
    channel: Channel
    permissions: int
    member: Member | None
    """None in direct messages."""
    recipients: tuple[int, ...] = ()
    """Both participants of a direct message; empty in guilds."""


def require(access: GuildAccess | ChannelAccess, permissions: int) -> None:
    """Raise `MissingPermissions` unless `access` has all of `permissions`."""
    if access.permissions & permissions != permissions:
        raise MissingPermissions


class GuildDirectory:
    """Bounded memory of guilds, members and direct messages."""

    def __init__(
        self,
        records: Records,
        clock: Clock,
        *,
        guilds_max: int = 1_000,
        members_max: int = 100_000,
        channels_max: int = 50_000,
    ) -> None:
        """Read through `records`; the limits bound how many guilds, members and channels are held."""
        self._records = records
        self._clock = clock
        self._guilds: Loading[int, GuildState] = Loading(guilds_max, self._load_guild)
        self._members: Recent[tuple[int, int], Member] = Recent(members_max)
        self._member_writes = 0
        self._counts: Loading[int, int] = Loading(guilds_max, self._load_count)
        self._guild_of_channel: Recent[int, int] = Recent(channels_max)
        self._direct: Loading[int, DirectChannel] = Loading(channels_max, self._load_direct)
        self.online: Callable[[int], int] = lambda _guild_id: 0
        """How many members of a guild are online; set by who runs a gateway beside."""
        self._locks = Locks()
        self._newest: Recent[int, int] = Recent(channels_max)

    def lock(self, guild_id: int) -> asyncio.Lock:
        """Return the lock under which the guild's roles, channels and positions are read, judged and written."""
        return self._locks.of(guild_id)

    async def guild(self, guild_id: int) -> GuildState:
        """Return the guild's state; raises `UnknownGuild`."""
        return await self._guilds.get(guild_id)

    async def member(self, guild_id: int, user_id: int) -> Member | None:
        """Return the user's membership, or None for strangers."""
        found = self._members.get((guild_id, user_id))
        if found is None:
            found = (await self._load_members(guild_id, [user_id])).get(user_id)
        return None if found is None or found is _ABSENT else found

    async def members(self, guild_id: int, user_ids: Collection[int]) -> dict[int, Member]:
        """Return the memberships of those of `user_ids` who are members."""
        missing = [user_id for user_id in user_ids if self._members.get((guild_id, user_id)) is None]
        loaded = await self._load_members(guild_id, missing) if missing else {}
        held: dict[int, Member] = {}
        for user_id in user_ids:
            member = loaded.get(user_id) or self._members.get((guild_id, user_id))
            if member is not None and member is not _ABSENT:
                held[user_id] = member
        return held

    async def member_count(self, guild_id: int) -> int:
        """Return how many members the guild has."""
        return await self._counts.get(guild_id)

    async def membership(self, actor: Actor, guild_id: int) -> GuildAccess:
        """Return the caller's standing; raises `UnknownGuild` also to those who are not members."""
        return await self.membership_of(actor.user_id, guild_id)

    async def membership_of(self, user_id: int, guild_id: int) -> GuildAccess:
        """Return a user's standing; raises `UnknownGuild` when the user is not a member."""
        state = await self._guilds.get(guild_id)
        member = await self.member(guild_id, user_id)
        if member is None:
            raise UnknownGuild
        return GuildAccess(state, member, state.base(member, self._clock.unix_ms()))

    async def other_member(self, guild_id: int, user_id: int) -> Member:
        """Return the membership of the user whom a request names; raises `UnknownMember`."""
        member = await self.member(guild_id, user_id)
        if member is None:
            raise UnknownMember
        return member

    async def access(self, actor: Actor, channel_id: int) -> ChannelAccess:
        """Return the caller's standing in a channel that it can see; raises `UnknownChannel` or `MissingAccess`."""
        return await self.access_of(actor.user_id, channel_id)

    async def access_of(self, user_id: int, channel_id: int) -> ChannelAccess:
        """Return a user's standing in a channel that the user can see; raises `UnknownChannel` or `MissingAccess`."""
        guild_id = self._guild_of_channel.get(channel_id)
        if guild_id is None:
            direct = await self._direct_or_guild(channel_id)
            if isinstance(direct, DirectChannel):
                if user_id not in direct.recipients:
                    raise MissingAccess
                return ChannelAccess(None, direct.channel, DIRECT_MESSAGE, None, direct.recipients)
            guild_id = direct
        state = await self._guilds.get(guild_id)
        channel = state.channels.get(channel_id)
        if channel is None:
            self._guild_of_channel.drop(channel_id)
            raise UnknownChannel
        member = self._members.get((guild_id, user_id)) or await self.member(guild_id, user_id)
        if member is None or member is _ABSENT:
            raise MissingAccess
        permissions = state.permissions(member, channel, self._clock.unix_ms())
        if not permissions & Permissions.VIEW_CHANNEL:
            raise MissingAccess
        return ChannelAccess(state, channel, permissions, member)

    async def viewers(self, guild_id: int, channel_id: int, user_ids: Collection[int]) -> set[int]:
        """Return those of `user_ids` who may see the channel; empty when it is gone."""
        state = await self._guilds.get(guild_id)
        channel = state.channels.get(channel_id)
        if channel is None:
            return set()
        now_ms = self._clock.unix_ms()
        found = await self.members(guild_id, user_ids)
        return {
            user_id
            for user_id, member in found.items()
            if state.permissions(member, channel, now_ms) & Permissions.VIEW_CHANNEL
        }

    async def direct(self, channel_id: int) -> DirectChannel:
        """Return a direct message and its participants; raises `UnknownChannel`, also for a guild's channel."""
        return await self._direct.get(channel_id)

    async def home(self, channel_id: int) -> GuildState | DirectChannel:
        """Return the guild that a channel is in, or the direct message that it is; raises `UnknownChannel`."""
        guild_id = self._guild_of_channel.get(channel_id)
        if guild_id is not None:
            return await self._guilds.get(guild_id)
        found = await self._direct_or_guild(channel_id)
        return found if isinstance(found, DirectChannel) else await self._guilds.get(found)

    def note_message(self, channel_id: int, message_id: int) -> None:
        """Remember a channel's newest message, so that what is held needs no reload for each message."""
        self._newest.put(channel_id, max(message_id, self._newest.get(channel_id) or 0))
        channel = self._held_channel(channel_id)
        if channel is not None:
            self._catch_up(channel)

    def note_pin(self, channel_id: int, last_pin_at_ms: int | None) -> None:
        """Remember when a channel's newest pin was made; None when none is left."""
        channel = self._held_channel(channel_id)
        if channel is not None:
            channel.last_pin_at_ms = last_pin_at_ms

    def forget(self, guild_id: int) -> None:
        """Drop the guild's own state after a write to its settings, roles, channels or emojis."""
        self._guilds.forget(guild_id)

    def forget_guild(self, guild_id: int) -> None:
        """Drop everything about a guild that was deleted."""
        self.forget(guild_id)
        self._counts.forget(guild_id)
        self._member_writes += 1
        self._members.drop_where(lambda key, _: key[0] == guild_id)
        self._guild_of_channel.drop_where(lambda _, held: held == guild_id)

    def forget_member(self, guild_id: int, user_id: int, *, joined_or_left: bool = False) -> None:
        """Drop one membership after a write to it."""
        self._member_writes += 1
        self._members.drop((guild_id, user_id))
        if joined_or_left:
            self._counts.forget(guild_id)

    def forget_channel(self, channel_id: int) -> None:
        """Drop a direct message, or the place of a guild's channel, after a write to it."""
        self._direct.forget(channel_id)
        self._guild_of_channel.drop(channel_id)

    def _catch_up(self, channel: Channel) -> None:
        """Bring a channel up to what this process has written since it was read."""
        newest = self._newest.get(channel.id)
        if newest is not None and (channel.last_message_id or 0) < newest:
            channel.last_message_id = newest

    def _held_channel(self, channel_id: int) -> Channel | None:
        guild_id = self._guild_of_channel.get(channel_id)
        if guild_id is not None:
            state = self._guilds.held(guild_id)
            return None if state is None else state.channels.get(channel_id)
        direct = self._direct.held(channel_id)
        return None if direct is None else direct.channel

    async def _direct_or_guild(self, channel_id: int) -> DirectChannel | int:
        """Return a direct message, or the id of the guild that the channel is in."""
        held = self._direct.held(channel_id)
        if held is not None:
            return held
        channel = await self._records.fetch_one(statements.CHANNEL, {"channel_id": channel_id})
        if channel is None:
            raise UnknownChannel
        if channel.guild_id is None:
            return await self._direct.get(channel_id)
        self._guild_of_channel.put(channel_id, channel.guild_id)
        return channel.guild_id

    async def _load_direct(self, channel_id: int) -> DirectChannel:
        channel = await self._records.fetch_one(statements.CHANNEL, {"channel_id": channel_id})
        if channel is None or channel.guild_id is not None:
            raise UnknownChannel
        self._catch_up(channel)
        participants = await self._records.fetch(statements.PARTICIPANTS, {"channel_id": channel_id})
        return DirectChannel(channel, tuple(participants))

    async def _load_guild(self, guild_id: int) -> GuildState:
        params = {"guild_id": guild_id}
        found, roles, channels, emojis = await asyncio.gather(
            self._records.fetch(statements.GUILD, params),
            self._records.fetch(statements.ROLES, params),
            self._records.fetch(statements.CHANNELS, params),
            self._records.fetch(statements.EMOJIS, params),
        )
        if not found or not any(role.id == guild_id for role in roles):
            raise UnknownGuild
        for channel in channels:
            self._guild_of_channel.put(channel.id, guild_id)
            self._catch_up(channel)
        return GuildState(
            found[0],
            {role.id: role for role in roles},
            {channel.id: channel for channel in channels},
            {emoji.id: emoji for emoji in emojis},
        )

    async def _load_count(self, guild_id: int) -> int:
        return await self._records.fetch_one(statements.MEMBER_COUNT, {"guild_id": guild_id}) or 0

    async def _load_members(self, guild_id: int, user_ids: list[int]) -> dict[int, Member]:
        """Load and hold memberships, and the absence of one, unless a write came between."""
        writes = self._member_writes
        loaded: dict[int, Member] = {}
        for start in range(0, len(user_ids), _MEMBERS_PER_FETCH):
            part = user_ids[start : start + _MEMBERS_PER_FETCH]
            rows = await self._records.fetch(statements.MEMBERS_BY_ID, {"guild_id": guild_id, "user_ids": part})
            loaded.update((row.user_id, row) for row in rows)
        if self._member_writes == writes:
            for user_id in user_ids:
                self._members.put((guild_id, user_id), loaded.get(user_id, _ABSENT))
        return loaded
