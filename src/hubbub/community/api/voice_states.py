"""Routes of voice states and of voice regions."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec import UNSET, UnsetType

from hubbub.community.api.endpoint import endpoint
from hubbub.community.api.wire import Call, Form, PathId, Snowflake, unix_ms
from hubbub.community.errors import MissingPermissions, UnknownGuild, UnknownVoiceState
from hubbub.community.service.community import Community
from hubbub.community.service.voice_states import StageChange
from hubbub.events.contracts import objects


class VoiceRegion(msgspec.Struct, kw_only=True):
    """Where calls are carried."""

    id: str
    name: str
    optimal: bool = True
    deprecated: bool = False
    custom: bool = False


class OwnVoiceStateForm(Form):
    """What a user changes of itself on a stage."""

    channel_id: Snowflake | UnsetType | None = UNSET
    suppress: bool | UnsetType | None = UNSET
    request_to_speak_timestamp: datetime | UnsetType | None = UNSET
    """ISO 8601 with an offset; null takes the request back."""


class VoiceStateForm(Form):
    """What a moderator changes of somebody on a stage."""

    channel_id: Snowflake | UnsetType | None = UNSET
    suppress: bool | UnsetType | None = UNSET


class VoiceStatesFace:
    """Routes under /voice and /guilds/{guild_id}/voice-states."""

    def __init__(self, community: Community) -> None:
        """Answer from `community`."""
        self._voice_states = community.voice_states

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes."""
        own, one = "/guilds/{guild_id:str}/voice-states/@me", "/guilds/{guild_id:str}/voice-states/{user_id:str}"
        seeing = (UnknownGuild, UnknownVoiceState)
        return [
            endpoint("GET", "/voice/regions", self.list_voice_regions),
            endpoint("GET", "/guilds/{guild_id:str}/regions", self.list_guild_voice_regions),
            endpoint("GET", own, self.get_own_voice_state, errors=seeing),
            endpoint("GET", one, self.get_voice_state, errors=seeing),
            endpoint("PATCH", own, self.modify_own_voice_state, errors=(*seeing, MissingPermissions)),
            endpoint("PATCH", one, self.modify_voice_state, errors=(*seeing, MissingPermissions)),
        ]

    async def list_voice_regions(self) -> list[VoiceRegion]:
        """Return where calls are carried; clients need not choose."""
        return [VoiceRegion(id="local", name="This server")]

    async def list_guild_voice_regions(self, guild_id: PathId) -> list[VoiceRegion]:
        """Return where a guild's calls are carried."""
        del guild_id  # every guild's are carried alike
        return await self.list_voice_regions()

    async def get_own_voice_state(self, request: Call, guild_id: PathId) -> objects.VoiceState:
        """Return the caller's voice state."""
        return await self._voice_states.get(request.user, guild_id, request.user.user_id)

    async def get_voice_state(self, request: Call, guild_id: PathId, user_id: PathId) -> objects.VoiceState:
        """Return a user's voice state."""
        return await self._voice_states.get(request.user, guild_id, user_id)

    async def modify_own_voice_state(self, request: Call, guild_id: PathId, data: JSONBody[OwnVoiceStateForm]) -> None:
        """Ask to speak on a stage, or step down from it."""
        asked = data.request_to_speak_timestamp
        change = StageChange(
            channel_id=data.channel_id,
            suppress=data.suppress,
            asked_ms=unix_ms(asked) if isinstance(asked, datetime) else asked,
        )
        await self._voice_states.change(request.user, guild_id, request.user.user_id, change)

    async def modify_voice_state(
        self, request: Call, guild_id: PathId, user_id: PathId, data: JSONBody[VoiceStateForm]
    ) -> None:
        """Let somebody speak on a stage, or no longer."""
        change = StageChange(channel_id=data.channel_id, suppress=data.suppress)
        await self._voice_states.change(request.user, guild_id, user_id, change)
