"""Answers what the gateway asks of the community, from the community's own services."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from typing_extensions import override

from hubbub.community.adapters import guild_statements
from hubbub.community.api.auth import session_secret
from hubbub.community.errors import Unauthorized
from hubbub.community.service import present
from hubbub.community.service.community import Community
from hubbub.events.contracts import objects
from hubbub.gateway.service.directory import (
    PERSON_TOKEN,
    Directory,
    GuildSnapshot,
    Identity,
    ReadySnapshot,
)

_MEMBERS_MAX = 1000


class CommunityDirectory(Directory):
    """The gateway's `Directory` on one community."""

    def __init__(self, community: Community) -> None:
        """Answer from `community`."""
        self._community = community
        self._ports = community.ports
        self._guilds = community.ports.guilds

    @override
    async def authenticate(self, token: str, cookie: str | None) -> Identity:
        authentication = self._community.authentication
        if token == PERSON_TOKEN:
            secret = session_secret(cookie) if cookie else None
            if not secret:
                raise Unauthorized
            person = await authentication.session(secret)
            return Identity(person.user_id, is_bot=False, session_id=person.session_id)
        bot = await authentication.bot(token.removeprefix("Bot ").strip())
        return Identity(bot.user_id, is_bot=True, application_id=bot.application_id)

    @override
    async def ready(self, identity: Identity) -> ReadySnapshot:
        user = await self._community.profiles.own(identity.user_id)
        guild_ids = await self._ports.records.fetch(guild_statements.GUILDS_OF_USER, {"user_id": identity.user_id})
        if identity.is_bot:
            application = await self._community.applications.wire(identity.user_id)
            return ReadySnapshot(user, guild_ids, application)
        return ReadySnapshot(
            user,
            guild_ids,
            private_channels=await self._community.direct_messages.of_user(identity.user_id),
            read_states=await self._community.read_states.of_user(identity.user_id, guild_ids),
            settings=await self._community.profiles.settings(identity.user_id),
        )

    @override
    async def guild(self, guild_id: int, user_id: int) -> GuildSnapshot:
        access = await self._guilds.membership_of(user_id, guild_id)
        state = access.guild
        seen = [present.channel(each) for each in state.visible(access.member, self._ports.clock.unix_ms())]
        joined_at = present.iso(access.member.joined_at_ms)
        count = await self._guilds.member_count(guild_id)
        return GuildSnapshot(present.guild_object(state), seen, joined_at, count)

    @override
    async def channels(self, guild_id: int) -> Sequence[objects.Channel]:
        state = await self._guilds.guild(guild_id)
        return [present.channel(channel) for channel in state.channels.values()]

    @override
    async def viewers(self, guild_id: int, channel_id: int, user_ids: Collection[int]) -> Collection[int]:
        return await self._guilds.viewers(guild_id, channel_id, user_ids)

    @override
    async def member_count(self, guild_id: int) -> int:
        return await self._guilds.member_count(guild_id)

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
        return await self._community.members.listed(
            guild_id, query=query, after=after, limit=min(limit or _MEMBERS_MAX, _MEMBERS_MAX), user_ids=user_ids
        )
