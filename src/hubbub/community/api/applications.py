"""Bots: their applications, and where they connect."""

from __future__ import annotations

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from hubbub.community.api.endpoint import RARE, endpoint
from hubbub.community.api.wire import Call, Form, PathId, Permission
from hubbub.community.errors import (
    TooManyApplications,
    UnknownApplication,
    UnknownGuild,
)
from hubbub.community.service.community import Community
from hubbub.community.service.session_start import SessionStartLimit
from hubbub.events.contracts import objects


class ApplicationForm(Form):
    """A new bot."""

    name: str
    description: str = ""


class InstallForm(Form):
    """What a bot is to be allowed in a guild."""

    permissions: Permission = 0


class NewBot(msgspec.Struct, kw_only=True):
    """A bot just made."""

    application: objects.Application
    token: str
    """Shown this once."""


class Token(msgspec.Struct, kw_only=True):
    """A bot's new token."""

    token: str


class GatewayAddress(msgspec.Struct, kw_only=True):
    """Where the gateway is."""

    url: str


class BotGatewayAddress(GatewayAddress, kw_only=True):
    """Where the gateway is, and how a bot should connect."""

    shards: int = 1
    session_start_limit: SessionStartLimit = msgspec.field(default_factory=SessionStartLimit)


class ApplicationsFace:
    """Routes under /applications, /oauth2 and /gateway."""

    def __init__(self, community: Community) -> None:
        """Answer from `community`."""
        self._community = community
        self._applications = community.applications
        self._gateway_url = community.gateway_url

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes."""
        return [
            endpoint("GET", "/gateway", self.get_gateway, auth="none"),
            endpoint("GET", "/gateway/bot", self.get_gateway_bot, auth="bot"),
            endpoint("GET", "/oauth2/applications/@me", self.get_current_bot_application, auth="bot"),
            endpoint("GET", "/applications/@me", self.get_current_application, auth="bot"),
            endpoint("GET", "/applications", self.list_applications, auth="person"),
            endpoint(
                "POST",
                "/applications",
                self.create_application,
                auth="person",
                status=201,
                limit=RARE,
                errors=(TooManyApplications,),
            ),
            endpoint(
                "POST",
                "/applications/{application_id:str}/bot/reset",
                self.reset_bot_token,
                auth="person",
                limit=RARE,
                errors=(UnknownApplication,),
            ),
            endpoint(
                "PUT",
                "/guilds/{guild_id:str}/applications/{application_id:str}",
                self.install_application,
                auth="person",
                errors=(UnknownGuild, UnknownApplication),
            ),
        ]

    async def get_gateway(self) -> GatewayAddress:
        """Return where the gateway is."""
        return GatewayAddress(url=self._gateway_url)

    async def get_gateway_bot(self, request: Call) -> BotGatewayAddress:
        """Return where the gateway is, and how many shards and sessions to start."""
        limit = self._community.session_starts(request.user.user_id)
        return BotGatewayAddress(url=self._gateway_url, session_start_limit=limit)

    async def get_current_bot_application(self, request: Call) -> objects.Application:
        """Return the application that the bot belongs to."""
        return await self._applications.wire(request.user.user_id)

    async def get_current_application(self, request: Call) -> objects.Application:
        """Return the application that the bot belongs to."""
        return await self._applications.wire(request.user.user_id)

    async def list_applications(self, request: Call) -> list[objects.Application]:
        """Return the caller's own applications, oldest first."""
        rows = await self._applications.of_owner(request.user.user_id)
        return [await self._applications.wire(row.id) for row in rows]

    async def create_application(self, request: Call, data: JSONBody[ApplicationForm]) -> NewBot:
        """Make a bot; its token is shown this once."""
        made = await self._applications.create(request.user.user_id, data.name, data.description)
        return NewBot(application=await self._applications.wire(made.application.id), token=made.token)

    async def reset_bot_token(self, request: Call, application_id: PathId) -> Token:
        """Return a new token; the old one is worthless from now on."""
        return Token(token=await self._applications.reset_token(request.user, application_id))

    async def install_application(
        self, request: Call, guild_id: PathId, application_id: PathId, data: JSONBody[InstallForm]
    ) -> objects.Member:
        """Bring a bot into a guild with a role of its own."""
        return await self._applications.install(request.user, guild_id, application_id, data.permissions)
