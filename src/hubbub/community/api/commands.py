"""Routes of application commands."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, QueryParameter

from hubbub.community.api.endpoint import endpoint
from hubbub.community.api.wire import Call, PathId
from hubbub.community.domain.command import CommandForm
from hubbub.community.errors import (
    CommandNameTaken,
    MissingAccess,
    NotYourApplication,
    TooManyCommands,
    UnknownCommand,
    UnknownGuild,
    UsersOnlyPermissions,
)
from hubbub.community.service.community import Community
from hubbub.events.contracts import objects

_GLOBAL = "/applications/{application_id:str}/commands"
_GUILD = "/applications/{application_id:str}/guilds/{guild_id:str}/commands"
_OWNING = (NotYourApplication, MissingAccess)

WithLocalizations = Annotated[bool, QueryParameter(name="with_localizations")]


class GuildCommandPermissions(msgspec.Struct, kw_only=True):
    """Who may use a command in a guild; without entries everyone whom its defaults allow."""

    id: str
    application_id: str
    guild_id: str
    permissions: list[None] = []


class CommandsFace:
    """An application's commands, everywhere and in one guild."""

    def __init__(self, community: Community) -> None:
        """Answer from `community`."""
        self._commands = community.commands

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes."""
        making = (*_OWNING, TooManyCommands, CommandNameTaken)
        finding = (*_OWNING, UnknownCommand)
        command, in_guild = "/{command_id:str}", _GUILD + "/{command_id:str}"
        return [
            endpoint("GET", _GLOBAL, self.list_global_commands, auth="bot", errors=_OWNING),
            endpoint("POST", _GLOBAL, self.create_global_command, auth="bot", errors=making),
            endpoint("PUT", _GLOBAL, self.overwrite_global_commands, auth="bot", errors=making),
            endpoint("GET", _GLOBAL + command, self.get_global_command, auth="bot", errors=finding),
            endpoint("PATCH", _GLOBAL + command, self.update_global_command, auth="bot", errors=(*finding, *making)),
            endpoint("DELETE", _GLOBAL + command, self.delete_global_command, auth="bot", errors=finding),
            endpoint("GET", _GUILD, self.list_guild_commands, auth="bot", errors=_OWNING),
            endpoint("POST", _GUILD, self.create_guild_command, auth="bot", errors=making),
            endpoint("PUT", _GUILD, self.overwrite_guild_commands, auth="bot", errors=making),
            endpoint("GET", _GUILD + "/permissions", self.list_command_permissions, auth="bot", errors=_OWNING),
            endpoint("GET", in_guild, self.get_guild_command, auth="bot", errors=finding),
            endpoint("PATCH", in_guild, self.update_guild_command, auth="bot", errors=(*finding, *making)),
            endpoint("DELETE", in_guild, self.delete_guild_command, auth="bot", errors=finding),
            endpoint("GET", in_guild + "/permissions", self.get_command_permissions, auth="bot", errors=finding),
            endpoint(
                "PUT",
                in_guild + "/permissions",
                self.update_command_permissions,
                auth="bot",
                errors=(UsersOnlyPermissions,),
            ),
            endpoint(
                "GET", "/guilds/{guild_id:str}/application-commands", self.list_usable_commands, errors=(UnknownGuild,)
            ),
        ]

    async def list_global_commands(
        self, request: Call, application_id: PathId, *, with_localizations: WithLocalizations = False
    ) -> list[objects.Command]:
        """Return an application's global commands."""
        commands = await self._commands.all(request.user, application_id, None)
        return _shown(commands, with_localizations=with_localizations)

    async def create_global_command(
        self, request: Call, application_id: PathId, data: JSONBody[CommandForm]
    ) -> Response[objects.Command]:
        """Register a global command, in place of one with the same name and type (then the status is 200)."""
        command, is_new = await self._commands.create(request.user, application_id, None, data)
        return Response(command, status_code=201 if is_new else 200)

    async def overwrite_global_commands(
        self, request: Call, application_id: PathId, data: JSONBody[list[CommandForm]]
    ) -> list[objects.Command]:
        """Make these the application's global commands, in place of all that it has."""
        return await self._commands.overwrite(request.user, application_id, None, data)

    async def get_global_command(self, request: Call, application_id: PathId, command_id: PathId) -> objects.Command:
        """Return one global command."""
        return await self._commands.get(request.user, application_id, None, command_id)

    async def update_global_command(
        self, request: Call, application_id: PathId, command_id: PathId, data: JSONBody[CommandForm]
    ) -> objects.Command:
        """Change a global command; what is left out stays."""
        return await self._commands.edit(request.user, application_id, None, command_id, data)

    async def delete_global_command(self, request: Call, application_id: PathId, command_id: PathId) -> None:
        """Remove a global command."""
        await self._commands.delete(request.user, application_id, None, command_id)

    async def list_guild_commands(
        self, request: Call, application_id: PathId, guild_id: PathId, *, with_localizations: WithLocalizations = False
    ) -> list[objects.Command]:
        """Return an application's commands of one guild."""
        commands = await self._commands.all(request.user, application_id, guild_id)
        return _shown(commands, with_localizations=with_localizations)

    async def create_guild_command(
        self, request: Call, application_id: PathId, guild_id: PathId, data: JSONBody[CommandForm]
    ) -> Response[objects.Command]:
        """Register a command in one guild, in place of one with the same name and type (then the status is 200)."""
        command, is_new = await self._commands.create(request.user, application_id, guild_id, data)
        return Response(command, status_code=201 if is_new else 200)

    async def overwrite_guild_commands(
        self, request: Call, application_id: PathId, guild_id: PathId, data: JSONBody[list[CommandForm]]
    ) -> list[objects.Command]:
        """Make these the application's commands of one guild, in place of all that it has there."""
        return await self._commands.overwrite(request.user, application_id, guild_id, data)

    async def get_guild_command(
        self, request: Call, application_id: PathId, guild_id: PathId, command_id: PathId
    ) -> objects.Command:
        """Return one command of a guild."""
        return await self._commands.get(request.user, application_id, guild_id, command_id)

    async def update_guild_command(
        self, request: Call, application_id: PathId, guild_id: PathId, command_id: PathId, data: JSONBody[CommandForm]
    ) -> objects.Command:
        """Change a command of a guild; what is left out stays."""
        return await self._commands.edit(request.user, application_id, guild_id, command_id, data)

    async def delete_guild_command(
        self, request: Call, application_id: PathId, guild_id: PathId, command_id: PathId
    ) -> None:
        """Remove a command of a guild."""
        await self._commands.delete(request.user, application_id, guild_id, command_id)

    async def list_command_permissions(
        self, request: Call, application_id: PathId, guild_id: PathId
    ) -> list[GuildCommandPermissions]:
        """Return the commands whose use was restricted in a guild beyond their defaults: none can be yet."""
        await self._commands.scope(request.user, application_id, guild_id)
        return []

    async def get_command_permissions(
        self, request: Call, application_id: PathId, guild_id: PathId, command_id: PathId
    ) -> GuildCommandPermissions:
        """Return who may use a command in a guild beyond its defaults."""
        await self._commands.scope(request.user, application_id, guild_id)
        await self._commands.invoked(application_id, guild_id, command_id)
        return GuildCommandPermissions(id=str(command_id), application_id=str(application_id), guild_id=str(guild_id))

    async def update_command_permissions(
        self,
        request: Call,  # noqa: ARG002 - a bot's token never suffices here
        application_id: PathId,  # noqa: ARG002 - likewise
        guild_id: PathId,  # noqa: ARG002 - likewise
        command_id: PathId,  # noqa: ARG002 - likewise
    ) -> GuildCommandPermissions:
        """Refuse: this needs a person's bearer token, which OAuth2 brings later."""
        raise UsersOnlyPermissions

    async def list_usable_commands(self, request: Call, guild_id: PathId) -> list[objects.Command]:
        """Return the commands of the guild's bots that the caller may use there."""
        return await self._commands.usable_in(request.user, guild_id)


def _shown(commands: list[objects.Command], *, with_localizations: bool) -> list[objects.Command]:
    """Return the commands, without their translations unless these were asked for."""
    if not with_localizations:
        for command in commands:
            command.name_localizations = None
            command.description_localizations = None
    return commands
