"""Guilds and their roles."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, JSONBody
from msgspec import UNSET, Meta, UnsetType

from hubbub.community.api.endpoint import RARE, endpoint
from hubbub.community.api.wire import Call, Form, PathId, Permission, Snowflake
from hubbub.community.errors import (
    BotCannotOwn,
    Conflict,
    ImageTooLarge,
    InvalidImage,
    InvalidRole,
    MissingPermissions,
    OwnersOnly,
    TooManyGuilds,
    TooManyRoles,
    UnknownGuild,
    UnknownMember,
    UnknownRole,
)
from hubbub.community.service import present
from hubbub.community.service.community import Community
from hubbub.community.service.guilds import GuildChange
from hubbub.community.service.roles import RoleChange
from hubbub.events.contracts import objects

_PICTURE_BODY = 12_000_000
_SEEN = (UnknownGuild,)
_CHANGED = (UnknownGuild, MissingPermissions, Conflict)


class NewGuildForm(Form):
    """A new guild."""

    name: str
    icon: str | None = None
    """A data URI."""


class GuildForm(Form):
    """What changes of a guild."""

    name: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    icon: str | UnsetType | None = UNSET
    owner_id: Snowflake | UnsetType = UNSET
    system_channel_id: Snowflake | UnsetType | None = UNSET
    system_channel_flags: Annotated[int, Meta(ge=0, le=63)] | UnsetType = UNSET
    rules_channel_id: Snowflake | UnsetType | None = UNSET
    afk_channel_id: Snowflake | UnsetType | None = UNSET
    afk_timeout: int | UnsetType = UNSET
    verification_level: int | UnsetType | None = UNSET
    default_message_notifications: int | UnsetType | None = UNSET
    explicit_content_filter: int | UnsetType | None = UNSET
    preferred_locale: str | UnsetType | None = UNSET


class RoleColorsForm(Form):
    """Colours of a role; the first counts."""

    primary_color: int = 0


class RoleForm(Form):
    """What a role is to be."""

    name: str | UnsetType | None = UNSET
    permissions: Permission | UnsetType | None = UNSET
    color: int | UnsetType | None = UNSET
    colors: RoleColorsForm | UnsetType | None = UNSET
    hoist: bool | UnsetType | None = UNSET
    mentionable: bool | UnsetType | None = UNSET


class RolePosition(Form):
    """Where a role is to stand."""

    id: Snowflake
    position: Annotated[int, Meta(ge=0, le=1000)] | None = None


class GuildsFace:
    """Routes under /guilds for the guild itself and its roles."""

    def __init__(self, community: Community) -> None:
        """Answer from `community`."""
        self._guilds = community.guilds
        self._roles = community.roles
        self._directory = community.ports.guilds

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes."""
        pictures = (InvalidImage, ImageTooLarge)
        one, roles = "/guilds/{guild_id:str}", "/guilds/{guild_id:str}/roles"
        role = roles + "/{role_id:str}"
        return [
            endpoint(
                "POST",
                "/guilds",
                self.create_guild,
                auth="person",
                status=201,
                limit=RARE,
                errors=(*pictures, TooManyGuilds),
                body_bytes_max=_PICTURE_BODY,
            ),
            endpoint("GET", one, self.get_guild, errors=_SEEN),
            endpoint(
                "PATCH",
                one,
                self.modify_guild,
                errors=(*_CHANGED, *pictures, OwnersOnly, UnknownMember, BotCannotOwn),
                body_bytes_max=_PICTURE_BODY,
            ),
            endpoint("DELETE", one, self.delete_guild, errors=(UnknownGuild, OwnersOnly)),
            endpoint("GET", roles, self.list_guild_roles, errors=_SEEN, tags=("roles",)),
            endpoint("POST", roles, self.create_guild_role, errors=(*_CHANGED, TooManyRoles), tags=("roles",)),
            endpoint(
                "PATCH",
                roles,
                self.modify_guild_role_positions,
                errors=(*_CHANGED, UnknownRole, InvalidRole),
                tags=("roles",),
            ),
            endpoint("GET", role, self.get_guild_role, errors=(UnknownGuild, UnknownRole), tags=("roles",)),
            endpoint(
                "PATCH", role, self.modify_guild_role, errors=(*_CHANGED, UnknownRole, InvalidRole), tags=("roles",)
            ),
            endpoint(
                "DELETE", role, self.delete_guild_role, errors=(*_CHANGED, UnknownRole, InvalidRole), tags=("roles",)
            ),
        ]

    async def create_guild(self, request: Call, data: JSONBody[NewGuildForm]) -> objects.Guild:
        """Make a guild with a text and a voice channel, owned by the caller."""
        return present.guild_object(await self._guilds.create(request.user.user_id, data.name, data.icon))

    async def get_guild(self, request: Call, guild_id: PathId, with_counts: FromQuery[bool] = False) -> objects.Guild:
        """Return a guild of the caller."""
        guild = present.guild_object(await self._guilds.get(request.user, guild_id))
        if with_counts:
            guild.approximate_member_count = await self._directory.member_count(guild_id)
            guild.approximate_presence_count = self._directory.online(guild_id)
        return guild

    async def modify_guild(self, request: Call, guild_id: PathId, data: JSONBody[GuildForm]) -> objects.Guild:
        """Change a guild's settings; its owner may also hand it over."""
        return await self._guilds.change(request.user, guild_id, GuildChange(**msgspec.structs.asdict(data)))

    async def delete_guild(self, request: Call, guild_id: PathId) -> None:
        """Delete a guild with everything in it."""
        await self._guilds.delete(request.user, guild_id)

    async def list_guild_roles(self, request: Call, guild_id: PathId) -> list[objects.Role]:
        """Return the guild's roles, lowest first."""
        return await self._roles.of_guild(request.user, guild_id)

    async def get_guild_role(self, request: Call, guild_id: PathId, role_id: PathId) -> objects.Role:
        """Return one role."""
        return await self._roles.get(request.user, guild_id, role_id)

    async def create_guild_role(self, request: Call, guild_id: PathId, data: JSONBody[RoleForm]) -> objects.Role:
        """Make a role just above @everyone."""
        return await self._roles.create(request.user, guild_id, _role_change(data))

    async def modify_guild_role(
        self, request: Call, guild_id: PathId, role_id: PathId, data: JSONBody[RoleForm]
    ) -> objects.Role:
        """Change a role."""
        return await self._roles.change(request.user, guild_id, role_id, _role_change(data))

    async def modify_guild_role_positions(
        self, request: Call, guild_id: PathId, data: JSONBody[list[RolePosition]]
    ) -> list[objects.Role]:
        """Move roles and return all, lowest first."""
        moves = {entry.id: entry.position for entry in data if entry.position is not None}
        return await self._roles.move(request.user, guild_id, moves)

    async def delete_guild_role(self, request: Call, guild_id: PathId, role_id: PathId) -> None:
        """Delete a role."""
        await self._roles.delete(request.user, guild_id, role_id)


def _role_change(form: RoleForm) -> RoleChange:
    given: dict[str, Any] = msgspec.structs.asdict(form)
    colors = given.pop("colors")
    if isinstance(colors, RoleColorsForm) and isinstance(given["color"], UnsetType):
        given["color"] = colors.primary_color
    return RoleChange(**given)
