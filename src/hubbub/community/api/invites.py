"""Invites."""

from __future__ import annotations

from typing import Annotated

from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, JSONBody, Parameter
from msgspec import Meta

from hubbub.community.api.endpoint import Limit, endpoint
from hubbub.community.api.wire import Call, Form, PathId
from hubbub.community.errors import (
    Banned,
    MissingAccess,
    MissingPermissions,
    NotForDirectMessages,
    TooManyGuilds,
    TooManyInvites,
    UnknownChannel,
    UnknownGuild,
    UnknownInvite,
)
from hubbub.community.service.community import Community
from hubbub.events.contracts import objects

Code = Annotated[str, Parameter(min_length=2, max_length=32)]
_CHANNEL = (UnknownChannel, MissingAccess, MissingPermissions, NotForDirectMessages)


class InviteForm(Form):
    """How long and for how many a link holds."""

    max_age: Annotated[int, Meta(ge=0, le=604_800)] = 86_400
    """Seconds; 0 never expires."""
    max_uses: Annotated[int, Meta(ge=0, le=100)] = 0
    """0 for no limit."""
    temporary: bool = False
    unique: bool = False
    """Make a new link even when the caller has an equal one."""


class InvitesFace:
    """Routes for invites."""

    def __init__(self, community: Community) -> None:
        """Answer from `community`."""
        self._invites = community.invites

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes."""
        code, of_channel = "/invites/{code:str}", "/channels/{channel_id:str}/invites"
        tags = ("invites",)
        return [
            endpoint("GET", code, self.get_invite, auth="none", limit=Limit(60, 60.0), errors=(UnknownInvite,)),
            endpoint(
                "POST",
                code,
                self.accept_invite,
                auth="person",
                errors=(UnknownInvite, Banned, TooManyGuilds),
            ),
            endpoint("DELETE", code, self.delete_invite, errors=(UnknownInvite, UnknownGuild, MissingPermissions)),
            endpoint("GET", of_channel, self.get_channel_invites, errors=_CHANNEL, tags=tags),
            endpoint("POST", of_channel, self.create_channel_invite, errors=(*_CHANNEL, TooManyInvites), tags=tags),
            endpoint(
                "GET",
                "/guilds/{guild_id:str}/invites",
                self.get_guild_invites,
                errors=(UnknownGuild, MissingPermissions),
                tags=tags,
            ),
        ]

    async def get_invite(
        self,
        code: Code,
        with_counts: FromQuery[bool] = False,
    ) -> objects.Invite:
        """Return what a link leads to, for anyone who has it."""
        return await self._invites.get(code, with_counts=with_counts)

    async def accept_invite(self, request: Call, code: Code) -> objects.Invite:
        """Join the guild behind a link."""
        return await self._invites.accept(request.user, code)

    async def delete_invite(self, request: Call, code: Code) -> objects.Invite:
        """End a link."""
        return await self._invites.delete(request.user, code)

    async def get_channel_invites(self, request: Call, channel_id: PathId) -> list[objects.Invite]:
        """Return the channel's valid invites."""
        return await self._invites.of_channel(request.user, channel_id)

    async def create_channel_invite(
        self, request: Call, channel_id: PathId, data: JSONBody[InviteForm | None] = None
    ) -> objects.Invite:
        """Make a link into the channel's guild."""
        form = data or InviteForm()
        return await self._invites.create(
            request.user,
            channel_id,
            max_age_s=form.max_age,
            max_uses=form.max_uses,
            is_temporary=form.temporary,
            unique=form.unique,
        )

    async def get_guild_invites(self, request: Call, guild_id: PathId) -> list[objects.Invite]:
        """Return the guild's valid invites."""
        return await self._invites.of_guild(request.user, guild_id)
