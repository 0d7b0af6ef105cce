"""Where voice, the gateway and the community meet: each one's port, answered by the others."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from typing_extensions import override

from hubbub.app.house import House
from hubbub.community.domain.permissions import GUILD_STAGE_VOICE, GUILD_VOICE, Permissions
from hubbub.community.errors import UnknownChannel
from hubbub.community.service import present
from hubbub.community.service.community import Community
from hubbub.events.contracts import objects
from hubbub.gateway.domain.command import VoiceStateUpdate
from hubbub.gateway.service.voice import VoiceHandoff, VoiceServer
from hubbub.kernel.telemetry import logger
from hubbub.voice.domain.attendance import Kept, Standing, Ticket, Wish
from hubbub.voice.service.attendance import Attendance
from hubbub.voice.service.guild_port import GuildPort
from hubbub.voice.service.voice import Voice

_KEPT_MS = 5 * 60_000
"""Nobody waits longer for a call to come back."""
_log = logger(__name__)


class KeptCalls(msgspec.Struct, frozen=True):
    """What a graceful stop leaves for the next start."""

    stopped_ms: int
    attendees: list[Kept]


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
    await attendance.take_up(await asyncio.to_thread(_read_kept, house.folder.calls, house.clock.unix_ms()))
    community.voice_states.calls = attendance
    following = asyncio.create_task(attendance.run())
    try:
        yield attendance
    finally:
        community.voice_states.calls = None
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await asyncio.to_thread(_keep, house.folder.calls, KeptCalls(house.clock.unix_ms(), attendance.kept()))


def _keep(path: Path, calls: KeptCalls) -> None:
    path.write_bytes(msgspec.json.encode(calls))


def _read_kept(path: Path, now_ms: int) -> list[Kept]:
    """Return who was in voice at the last stop, unless that is long ago; once, since a crash keeps nothing."""
    try:
        document = path.read_bytes()
        path.unlink()
        calls = msgspec.json.decode(document, type=KeptCalls)
    except FileNotFoundError:
        return []
    except (OSError, msgspec.MsgspecError) as problem:
        _log.warning("voice.kept_calls_broken", path=str(path), cause=str(problem))
        return []
    return calls.attendees if now_ms - calls.stopped_ms < _KEPT_MS else []


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
