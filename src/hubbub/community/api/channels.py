"""Channels of guilds and their overwrites."""

from __future__ import annotations

from typing import Annotated

from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec import UNSET, Meta, UnsetType

from hubbub.community.api.endpoint import endpoint
from hubbub.community.api.wire import Call, Form, PathId, Permission, Snowflake
from hubbub.community.domain.permissions import Overwrite
from hubbub.community.errors import (
    Conflict,
    MissingAccess,
    MissingPermissions,
    NotForDirectMessages,
    TooManyChannels,
    TooManyOverwrites,
    UnknownChannel,
    UnknownGuild,
    UnknownOverwrite,
)
from hubbub.community.service.channels import ChannelChange, ChannelMove
from hubbub.community.service.community import Community
from hubbub.events.contracts import objects

_SEEN = (UnknownChannel, MissingAccess)
_CHANGED = (*_SEEN, MissingPermissions, NotForDirectMessages, TooManyOverwrites, Conflict)


class OverwriteForm(Form):
    """What a channel grants to and takes from a role (type 0) or a member (type 1)."""

    id: Snowflake
    type: Annotated[int, Meta(ge=0, le=1)]
    allow: Permission | None = 0
    deny: Permission | None = 0


class OverwriteTargetForm(Form):
    """An overwrite whose target stands in the path."""

    type: Annotated[int, Meta(ge=0, le=1)]
    allow: Permission | None = 0
    deny: Permission | None = 0


class ChannelForm(Form):
    """What changes of a channel."""

    name: str | UnsetType = UNSET
    type: int | UnsetType = UNSET
    """0 text, 2 voice, 4 category, 13 stage; fixed once the channel is made."""
    position: int | UnsetType | None = UNSET
    topic: str | UnsetType | None = UNSET
    nsfw: bool | UnsetType | None = UNSET
    rate_limit_per_user: int | UnsetType | None = UNSET
    """Seconds that each member waits between messages; 0 for no slow mode."""
    bitrate: int | UnsetType | None = UNSET
    user_limit: int | UnsetType | None = UNSET
    parent_id: Snowflake | UnsetType | None = UNSET
    permission_overwrites: list[OverwriteForm] | UnsetType | None = UNSET


class NewChannelForm(ChannelForm):
    """A new channel."""

    name: str


class ChannelPosition(Form):
    """Where a channel is to stand."""

    id: Snowflake
    position: Annotated[int, Meta(ge=0, le=100_000)] | None = None
    lock_permissions: bool | None = False
    parent_id: Snowflake | UnsetType | None = UNSET


class ChannelsFace:
    """Routes for channels."""

    def __init__(self, community: Community) -> None:
        """Answer from `community`."""
        self._channels = community.channels
        self._direct_messages = community.direct_messages

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes."""
        of_guild, one = "/guilds/{guild_id:str}/channels", "/channels/{channel_id:str}"
        overwrite = one + "/permissions/{overwrite_id:str}"
        tags = ("channels",)
        return [
            endpoint("GET", of_guild, self.list_guild_channels, errors=(UnknownGuild,), tags=tags),
            endpoint(
                "POST",
                of_guild,
                self.create_guild_channel,
                status=201,
                errors=(UnknownGuild, MissingPermissions, TooManyChannels, TooManyOverwrites),
                tags=tags,
            ),
            endpoint(
                "PATCH",
                of_guild,
                self.modify_guild_channel_positions,
                errors=(UnknownGuild, MissingPermissions, UnknownChannel, Conflict),
                tags=tags,
            ),
            endpoint("GET", one, self.get_channel, errors=_SEEN),
            endpoint("PATCH", one, self.modify_channel, errors=_CHANGED),
            endpoint("DELETE", one, self.delete_channel, errors=_CHANGED),
            endpoint("PUT", overwrite, self.edit_channel_permissions, errors=_CHANGED),
            endpoint("DELETE", overwrite, self.delete_channel_permission, errors=(*_CHANGED, UnknownOverwrite)),
        ]

    async def list_guild_channels(self, request: Call, guild_id: PathId) -> list[objects.Channel]:
        """Return the guild's channels that the caller can see."""
        return await self._channels.of_guild(request.user, guild_id)

    async def create_guild_channel(
        self, request: Call, guild_id: PathId, data: JSONBody[NewChannelForm]
    ) -> objects.Channel:
        """Make a channel; without overwrites it takes those of its category."""
        return await self._channels.create(request.user, guild_id, _change(data))

    async def modify_guild_channel_positions(
        self, request: Call, guild_id: PathId, data: JSONBody[list[ChannelPosition]]
    ) -> None:
        """Order channels and put them into categories."""
        moves = [
            ChannelMove(
                id=entry.id,
                position=entry.position,
                parent_id=entry.parent_id,
                lock_permissions=bool(entry.lock_permissions),
            )
            for entry in data
        ]
        await self._channels.move(request.user, guild_id, moves)

    async def get_channel(self, request: Call, channel_id: PathId) -> objects.Channel:
        """Return a channel that the caller can see."""
        return await self._channels.get(request.user, channel_id)

    async def modify_channel(self, request: Call, channel_id: PathId, data: JSONBody[ChannelForm]) -> objects.Channel:
        """Change a channel."""
        return await self._channels.change(request.user, channel_id, _change(data))

    async def delete_channel(self, request: Call, channel_id: PathId) -> objects.Channel:
        """Delete a channel with everything in it, or close a direct message for the caller."""
        if await self._channels.is_direct(request.user, channel_id):
            return await self._direct_messages.close(request.user, channel_id)
        return await self._channels.delete(request.user, channel_id)

    async def edit_channel_permissions(
        self, request: Call, channel_id: PathId, overwrite_id: PathId, data: JSONBody[OverwriteTargetForm]
    ) -> None:
        """Set what the channel grants to and takes from one role or member."""
        overwrite = Overwrite(overwrite_id, data.type, data.allow or 0, data.deny or 0)
        await self._channels.put_overwrite(request.user, channel_id, overwrite)

    async def delete_channel_permission(self, request: Call, channel_id: PathId, overwrite_id: PathId) -> None:
        """Take one overwrite away."""
        await self._channels.delete_overwrite(request.user, channel_id, overwrite_id)


def _change(form: ChannelForm) -> ChannelChange:
    given = {name: getattr(form, name) for name in form.__struct_fields__}
    entries = given.pop("permission_overwrites")
    if isinstance(entries, list):
        entries = tuple(Overwrite(entry.id, entry.type, entry.allow or 0, entry.deny or 0) for entry in entries)
    return ChannelChange(**given, overwrites=entries)
