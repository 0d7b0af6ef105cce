"""Where voice, the gateway and the community meet: each one's port, answered by the others."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from urllib.parse import urlsplit

from typing_extensions import override

from hubbub.app.house import House
from hubbub.community.domain.permissions import GUILD_STAGE_VOICE, GUILD_VOICE, Permissions
from hubbub.community.errors import UnknownChannel
from hubbub.community.service import present
from hubbub.community.service.community import Community
from hubbub.events.contracts import objects
from hubbub.gateway.domain.command import VoiceStateUpdate
from hubbub.gateway.service.voice import VoiceHandoff, VoiceServer
from hubbub.voice.domain.attendance import Standing
from hubbub.voice.service.attendance import Attendance, Ticket, Wish
from hubbub.voice.service.guild_port import GuildPort
from hubbub.voice.service.voice import Voice


@contextlib.asynccontextmanager
async def open_attendance(house: House, voice: Voice) -> AsyncIterator[Attendance]:
    """Know who is in which voice channel while the context lasts."""
    community = house.community
    attendance = Attendance(
        voice,
        CommunityGuilds(community),
        await house.voice_keys.own(),
        house.clock,
        community.ephemeral.publish,
        community.ports.snowflakes.next,
    )
    community.voice_states.calls = attendance
    following = asyncio.create_task(attendance.run())
    try:
        yield attendance
    finally:
        community.voice_states.calls = None
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


class CommunityGuilds(GuildPort):
    """Voice's `GuildPort` on one community."""

    def __init__(self, community: Community) -> None:
        """Answer from `community`."""
        self._ports = community.ports

    @override
    async def standing(self, user_id: int, guild_id: int, channel_id: int) -> Standing:
        ports = self._ports
        state = await ports.guilds.guild(guild_id)
        channel = state.channels.get(channel_id)
        if channel is None or channel.type not in {GUILD_VOICE, GUILD_STAGE_VOICE}:
            raise UnknownChannel
        member = await ports.guilds.other_member(guild_id, user_id)
        user = await ports.users.user(user_id)
        permissions = state.permissions(member, channel, ports.clock.unix_ms())

        def may(wanted: int) -> bool:
            return permissions & wanted == wanted

        return Standing(
            guild_id=guild_id,
            channel_id=channel_id,
            user_id=user_id,
            is_stage=channel.type == GUILD_STAGE_VOICE,
            user_limit=channel.user_limit,
            may_connect=may(Permissions.VIEW_CHANNEL | Permissions.CONNECT),
            may_speak=may(Permissions.SPEAK),
            may_stream=may(Permissions.STREAM),
            may_move=may(Permissions.MOVE_MEMBERS),
            is_muted=member.mute,
            is_deafened=member.deaf,
            is_priority=may(Permissions.PRIORITY_SPEAKER),
            name=member.nick or user.global_name or user.username,
            avatar=user.avatar,
            is_bot=user.is_bot,
            member=present.member(member, present.user(user), state),
        )


class Handoff(VoiceHandoff):
    """The gateway's `VoiceHandoff` on one process's attendance."""

    def __init__(self, attendance: Attendance, public_url: str) -> None:
        """Answer from `attendance`; clients connect to the host of `public_url`."""
        self._attendance = attendance
        self._endpoint = urlsplit(public_url).netloc

    @override
    async def update(self, user_id: int, session_id: str, update: VoiceStateUpdate) -> VoiceServer | None:
        wish = Wish(
            guild_id=update.guild_id,
            channel_id=update.channel_id,
            self_mute=update.self_mute,
            self_deaf=update.self_deaf,
            self_video=update.self_video,
            self_stream=update.self_stream,
        )
        ticket = await self._attendance.update(user_id, session_id, wish)
        return None if ticket is None else self.server(ticket)

    @override
    def session_ended(self, user_id: int, session_id: str) -> None:
        self._attendance.session_ended(user_id, session_id)

    @override
    def states(self, guild_id: int) -> Sequence[objects.VoiceState]:
        return self._attendance.states(guild_id)

    def server(self, ticket: Ticket) -> VoiceServer:
        """Return what a session is told of its voice server."""
        return VoiceServer(ticket.token, ticket.guild_id, self._endpoint)
