"""Roles: named sets of permissions, and the order in which they stand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import msgspec
from msgspec import UNSET, UnsetType

from hubbub.community.adapters import columns
from hubbub.community.adapters import guild_statements as statements
from hubbub.community.adapters.tables import channels, roles
from hubbub.community.domain import hierarchy, name
from hubbub.community.domain.form import Problems
from hubbub.community.domain.guild import GuildState, Role, new_role, rank, with_overwrites
from hubbub.community.domain.limits import ROLES_MAX
from hubbub.community.domain.permissions import ALL, Permissions
from hubbub.community.errors import InvalidRole, MissingPermissions, TooManyRoles, UnknownRole
from hubbub.community.service import present
from hubbub.community.service.actor import Actor
from hubbub.community.service.guild_directory import GuildAccess, require
from hubbub.community.service.outbox import told
from hubbub.community.service.ports import Ports
from hubbub.events.contracts import objects
from hubbub.events.contracts.events import ChannelUpdated, Event, RoleCreated, RoleDeleted, RoleUpdated
from hubbub.storage.records.port import Op

_COLOR_MAX = 0xFFFFFF


class RoleChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a role is to be; what is UNSET stays, or takes its default in a new role. None is the default."""

    name: str | UnsetType | None = UNSET
    permissions: int | UnsetType | None = UNSET
    color: int | UnsetType | None = UNSET
    hoist: bool | UnsetType | None = UNSET
    mentionable: bool | UnsetType | None = UNSET


class Roles:
    """The roles of every guild."""

    def __init__(self, ports: Ports) -> None:
        """Write through `ports`."""
        self._ports = ports
        self._directory = ports.guilds

    async def of_guild(self, actor: Actor, guild_id: int) -> list[objects.Role]:
        """Return the guild's roles, lowest first."""
        state = (await self._directory.membership(actor, guild_id)).guild
        return [present.role(role) for role in sorted(state.roles.values(), key=rank)]

    async def get(self, actor: Actor, guild_id: int, role_id: int) -> objects.Role:
        """Return one role; raises `UnknownRole`."""
        access = await self._directory.membership(actor, guild_id)
        return present.role(_role(access, role_id))

    async def create(self, actor: Actor, guild_id: int, change: RoleChange) -> objects.Role:
        """Make a role just above @everyone; needs MANAGE_ROLES and every permission that it grants."""
        async with self._directory.lock(guild_id):
            access = await self._manager(actor, guild_id)
            if len(access.guild.roles) >= ROLES_MAX:
                raise TooManyRoles
            everyone = access.guild.everyone
            blank = new_role(self._ports.snowflakes.next(), guild_id, "new role", everyone.permissions, position=1)
            role = _changed(blank, change)
            if not isinstance(change.permissions, UnsetType):
                _check_grant(access, 0, role.permissions)
            created = RoleCreated(event_id=self._ports.snowflakes.next(), guild_id=guild_id, role=present.role(role))
            ops, events = self._placed(access.guild, hierarchy.lifted_roles(access.guild))
            await self._write(guild_id, [Op(statements.INSERT_ROLE, columns.params(role)), *ops], [created, *events])
            return created.role

    async def change(self, actor: Actor, guild_id: int, role_id: int, change: RoleChange) -> objects.Role:
        """Change a role below the caller's own; needs MANAGE_ROLES and every permission that is granted or taken."""
        async with self._directory.lock(guild_id):
            access = await self._manager(actor, guild_id)
            before = self._touchable(access, role_id)
            if before.id == guild_id and not isinstance(change.name, UnsetType) and change.name != before.name:
                raise InvalidRole("The @everyone role keeps its name.")
            role = _changed(before, change)
            _check_grant(access, before.permissions, role.permissions)
            event = RoleUpdated(event_id=self._ports.snowflakes.next(), guild_id=guild_id, role=present.role(role))
            await self._write(guild_id, [Op(statements.REPLACE_ROLE, columns.replacing(roles, role), 1)], [event])
            return event.role

    async def move(self, actor: Actor, guild_id: int, moves: dict[int, int]) -> list[objects.Role]:
        """Move roles below the caller's own (wanted position by id) and return all, lowest first."""
        async with self._directory.lock(guild_id):
            access = await self._manager(actor, guild_id)
            state = access.guild
            top = state.top_rank(access.member)
            for role_id, position in moves.items():
                role = _role(access, role_id)
                if role_id == guild_id and position != 0:
                    raise InvalidRole("The @everyone role stays lowest.")
                if role.position != position and (rank(role) >= top or position >= top[0]):
                    raise MissingPermissions
            ops, events = self._placed(state, hierarchy.moved_roles(state, moves))
            if ops:
                await self._write(guild_id, ops, events)
        return await self.of_guild(actor, guild_id)

    async def delete(self, actor: Actor, guild_id: int, role_id: int) -> None:
        """Delete a role below the caller's own; members and overwrites that name it lose it with that."""
        async with self._directory.lock(guild_id):
            access = await self._manager(actor, guild_id)
            role = self._touchable(access, role_id)
            if role_id == guild_id or role.managed_by is not None:
                raise InvalidRole
            ops, events = role_removal(access.guild, [role_id], self._ports.snowflakes.next)
            await self._write(guild_id, ops, events)

    def _placed(self, state: GuildState, positions: Mapping[int, int]) -> tuple[list[Op], list[Event]]:
        """Return what writes and tells the new positions of the roles that change theirs."""
        changed = [
            msgspec.structs.replace(state.roles[role_id], position=position)
            for role_id, position in positions.items()
            if state.roles[role_id].position != position
        ]
        ops = [Op(statements.REPLACE_ROLE, columns.replacing(roles, role), 1) for role in changed]
        events: list[Event] = [
            RoleUpdated(event_id=self._ports.snowflakes.next(), guild_id=state.id, role=present.role(role))
            for role in changed
        ]
        return ops, events

    async def _manager(self, actor: Actor, guild_id: int) -> GuildAccess:
        access = await self._directory.membership(actor, guild_id)
        require(access, Permissions.MANAGE_ROLES)
        return access

    def _touchable(self, access: GuildAccess, role_id: int) -> Role:
        role = _role(access, role_id)
        if role_id != access.guild.id and not hierarchy.stands_above_role(access.guild, access.member, role):
            raise MissingPermissions
        return role

    async def _write(self, guild_id: int, ops: list[Op], events: list[Event]) -> None:
        try:
            await self._ports.records.write(ops, told(*events))
        finally:
            self._directory.forget(guild_id)


def role_removal(
    state: GuildState, role_ids: Collection[int], next_id: Callable[[], int]
) -> tuple[list[Op], list[Event]]:
    """Return what deletes roles and the overwrites that name them; memberships may go on naming them for nothing."""
    if not role_ids:
        return [], []
    ops = [Op(statements.DELETE_ROLE, {"role_id": role_id}, 1) for role_id in role_ids]
    events: list[Event] = [RoleDeleted(event_id=next_id(), guild_id=state.id, role_id=role_id) for role_id in role_ids]
    for channel in state.channels.values():
        kept = tuple(overwrite for overwrite in channel.overwrites if overwrite.id not in role_ids)
        if len(kept) < len(channel.overwrites):
            after = with_overwrites(channel, kept)
            ops.append(Op(statements.REPLACE_CHANNEL, columns.replacing(channels, after), 1))
            shown = present.channel(after)
            events.append(ChannelUpdated(event_id=next_id(), guild_id=state.id, channel_id=channel.id, channel=shown))
    return ops, events


def _role(access: GuildAccess, role_id: int) -> Role:
    role = access.guild.roles.get(role_id)
    if role is None:
        raise UnknownRole
    return role


def _check_grant(access: GuildAccess, before: int, after: int) -> None:
    """Raise unless the caller has every permission that changes."""
    if (before ^ after) & ~access.permissions:
        raise MissingPermissions("You can grant and take only permissions that you have yourself.")


def _changed(role: Role, change: RoleChange) -> Role:
    problems = Problems()
    role_name, permissions, color = role.name, role.permissions, role.color
    hoist, mentionable = role.hoist, role.mentionable
    if not isinstance(change.name, UnsetType):
        role_name = name.within(problems, change.name or "new role", "name", minimum=1, maximum=100)
    if not isinstance(change.permissions, UnsetType):
        permissions = (change.permissions or 0) & ALL
    if not isinstance(change.color, UnsetType):
        color = change.color or 0
        if not 0 <= color <= _COLOR_MAX:
            problems.add("color", "NUMBER_TYPE_MAX", f"Must be 0 to {_COLOR_MAX}.")
    if not isinstance(change.hoist, UnsetType):
        hoist = bool(change.hoist)
    if not isinstance(change.mentionable, UnsetType):
        mentionable = bool(change.mentionable)
    problems.raise_if_any()
    return msgspec.structs.replace(
        role, name=role_name, permissions=permissions, color=color, hoist=hoist, mentionable=mentionable
    )
