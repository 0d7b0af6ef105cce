"""Routes of typing and of what was read."""

from __future__ import annotations

from litestar.handlers import HTTPRouteHandler

from hubbub.community.api.endpoint import Limit, endpoint
from hubbub.community.api.wire import Call, PathId
from hubbub.community.errors import MissingAccess, MissingPermissions, UnknownChannel, UnknownGuild
from hubbub.community.service.community import Community


class ReadStatesFace:
    """Who writes, and who has read how far."""

    def __init__(self, community: Community) -> None:
        """Answer from `community`."""
        self._read_states = community.read_states
        self._typing = community.typing

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes."""
        seeing = (UnknownChannel, MissingAccess)
        return [
            endpoint(
                "POST",
                "/channels/{channel_id:str}/typing",
                self.start_typing,
                limit=Limit(5, 5.0),
                errors=(*seeing, MissingPermissions),
            ),
            endpoint(
                "POST",
                "/channels/{channel_id:str}/messages/{message_id:str}/ack",
                self.acknowledge_message,
                auth="person",
                errors=seeing,
            ),
            endpoint(
                "POST",
                "/guilds/{guild_id:str}/ack",
                self.acknowledge_guild,
                auth="person",
                errors=(UnknownGuild,),
            ),
        ]

    async def start_typing(self, request: Call, channel_id: PathId) -> None:
        """Show for some ten seconds that the caller writes."""
        await self._typing.start(request.user, channel_id)

    async def acknowledge_message(self, request: Call, channel_id: PathId, message_id: PathId) -> None:
        """Note that the caller has read a channel up to a message."""
        await self._read_states.acknowledge(request.user, channel_id, message_id)

    async def acknowledge_guild(self, request: Call, guild_id: PathId) -> None:
        """Note that the caller has read everything in a guild."""
        await self._read_states.acknowledge_guild(request.user, guild_id)
