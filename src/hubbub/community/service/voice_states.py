"""Voice states over REST: looking at them, moving people, and who speaks on a stage. Voice holds the truth."""

from __future__ import annotations

from typing import Protocol

import msgspec
from msgspec import UNSET, UnsetType

from hubbub.community.domain.form import Problems
from hubbub.community.domain.permissions import GUILD_STAGE_VOICE, GUILD_VOICE, Permissions
from hubbub.community.errors import MissingAccess, MissingPermissions, NotInVoice, UnknownChannel, UnknownVoiceState
from hubbub.community.service.actor import Actor
from hubbub.community.service.guild_directory import ChannelAccess, GuildAccess, require
from hubbub.community.service.ports import Ports
from hubbub.events.contracts import objects

_EARLY_MS = 60_000
"""By so much a client's clock may be behind when it asks to speak."""


class VoiceCalls(Protocol):
    """Voice, as the community needs it."""

    @property
    def is_available(self) -> bool:
        """Whether calls can take place at all; they cannot on a server without its media plane."""
        ...

    def state(self, guild_id: int, user_id: int) -> objects.VoiceState | None:
        """Return a user's voice state; None when it is not in voice in the guild."""
        ...

    async def move(self, guild_id: int, user_id: int, channel_id: int | None) -> None:
        """Bring a user into another voice channel, or out of voice with None."""
        ...

    def set_stage(
        self, guild_id: int, user_id: int, *, suppress: bool | None = None, asked_ms: int | None = None
    ) -> None:
        """Let a user speak on a stage or not, and note since when it asks to; zero takes the asking back."""
        ...


class StageChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is changed of a voice state on a stage; what is UNSET stays."""

    channel_id: int | UnsetType | None = UNSET
    suppress: bool | UnsetType | None = UNSET
    asked_ms: int | UnsetType | None = UNSET
    """Unix milliseconds of asking to speak; None takes it back."""


class VoiceStates:
    """The voice states of every guild."""

    def __init__(self, ports: Ports) -> None:
        """Check permissions through `ports`."""
        self._ports = ports
        self._directory = ports.guilds
        self.calls: VoiceCalls | None = None
        """Set by who runs voice beside; without it nobody is in voice."""

    @property
    def are_available(self) -> bool:
        """Whether anybody can be in voice on this server."""
        return self.calls is not None and self.calls.is_available

    async def get(self, actor: Actor, guild_id: int, user_id: int) -> objects.VoiceState:
        """Return a user's voice state; raises `UnknownVoiceState` also when its channel is hidden from the caller."""
        access = await self._directory.membership(actor, guild_id)
        return self._seen(access, user_id)

    async def change(self, actor: Actor, guild_id: int, user_id: int, change: StageChange) -> None:
        """Change who speaks on a stage; of others by those who may mute there.

        Raises:
            UnknownVoiceState: The user is not in voice.
            InvalidForm: The channel is another than the user's, or no stage.
            MissingPermissions: It takes a right that the caller has not.
        """
        access = await self._directory.membership(actor, guild_id)
        state = self._seen(access, user_id)
        problems = Problems()
        wanted = change.channel_id
        if wanted not in {UNSET, None, int(state.channel_id or 0)}:
            problems.add("channel_id", "CHANNEL_INVALID", "The user is in another voice channel.")
        channel = await self._directory.access(actor, int(state.channel_id or 0))
        if channel.channel.type != GUILD_STAGE_VOICE:
            problems.add("channel_id", "CHANNEL_INVALID", "This is no stage channel.")
        problems.raise_if_any()
        is_self = user_id == actor.user_id
        suppress = None if isinstance(change.suppress, UnsetType) else change.suppress
        if not is_self or suppress is False:
            # Who moderates the stage decides who speaks; stepping down is everybody's own.
            require(channel, Permissions.MUTE_MEMBERS)
        asked_ms = self._asked(channel, change) if is_self else None
        self._running().set_stage(guild_id, user_id, suppress=suppress, asked_ms=asked_ms)

    def check_present(self, guild_id: int, user_id: int) -> None:
        """Raise `NotInVoice` unless a user is in voice in a guild."""
        if self.calls is None or self.calls.state(guild_id, user_id) is None:
            raise NotInVoice

    async def check_move(self, access: GuildAccess, actor: Actor, user_id: int, channel_id: int | None) -> None:
        """Raise unless the caller may bring a user into a channel, or out of voice with None."""
        require(access, Permissions.MOVE_MEMBERS)
        self.check_present(access.guild.id, user_id)
        if channel_id is None:
            return
        target = await self._directory.access(actor, channel_id)
        if target.channel.guild_id != access.guild.id or target.channel.type not in {GUILD_VOICE, GUILD_STAGE_VOICE}:
            raise UnknownChannel
        require(target, Permissions.CONNECT | Permissions.MOVE_MEMBERS)

    async def move(self, guild_id: int, user_id: int, channel_id: int | None) -> None:
        """Do what `check_move` permitted."""
        await self._running().move(guild_id, user_id, channel_id)

    def _seen(self, access: GuildAccess, user_id: int) -> objects.VoiceState:
        state = None if self.calls is None else self.calls.state(access.guild.id, user_id)
        if state is None or state.channel_id is None:
            raise UnknownVoiceState
        channel = access.guild.channels.get(int(state.channel_id))
        if channel is None:
            raise UnknownVoiceState
        seen = access.guild.permissions(access.member, channel, self._ports.clock.unix_ms())
        if not seen & Permissions.VIEW_CHANNEL and access.member.user_id != user_id:
            raise UnknownVoiceState
        return state

    def _asked(self, channel: ChannelAccess, change: StageChange) -> int | None:
        asked = change.asked_ms
        if isinstance(asked, UnsetType):
            return None
        if asked is None:
            return 0
        if not channel.permissions & Permissions.REQUEST_TO_SPEAK:
            raise MissingPermissions
        if asked < self._ports.clock.unix_ms() - _EARLY_MS:
            problems = Problems()
            sentence = "The time of asking to speak must not lie in the past."
            problems.add("request_to_speak_timestamp", "DATE_TIME_TYPE_TOO_EARLY", sentence)
            problems.raise_if_any()
        return asked

    def _running(self) -> VoiceCalls:
        if self.calls is None:
            raise MissingAccess
        return self.calls
