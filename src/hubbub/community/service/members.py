"""Members of guilds: listing, changing, kicking, joining and leaving."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from hubbub.community.adapters import columns
from hubbub.community.adapters import guild_statements as statements
from hubbub.community.adapters.tables import members
from hubbub.community.domain import hierarchy, name
from hubbub.community.domain.account import User
from hubbub.community.domain.form import Problems
from hubbub.community.domain.guild import GuildState, Member, encode_ids, new_member, new_role
from hubbub.community.domain.permissions import ALL, Permissions
from hubbub.community.errors import (
    Banned,
    MissingPermissions,
    OwnerCannotLeave,
    UnknownGuild,
    UnknownMember,
    UnknownRole,
)
from hubbub.community.service import present
from hubbub.community.service.actor import Actor
from hubbub.community.service.guild_directory import GuildAccess, require
from hubbub.community.service.outbox import told
from hubbub.community.service.ports import Ports
from hubbub.community.service.roles import role_removal
from hubbub.community.service.voice_states import VoiceStates
from hubbub.events.contracts import objects
from hubbub.events.contracts.events import (
    Event,
    MemberJoined,
    MemberLeft,
    MemberUpdated,
    RoleCreated,
)
from hubbub.kernel.errors import HubbubError
from hubbub.storage.records.port import Op, RecordConflict, UniqueViolation

_TIMEOUT_MS_MAX: Final = 28 * 86_400_000 + 60_000
"""Twenty-eight days, and a minute for the clocks of clients."""
_NICK_MAX: Final = 32

JoinNotice = Callable[[GuildState, User], Awaitable[None]]
"""Tells the guild's system channel that someone joined."""


class MemberChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is changed of a membership; what is UNSET stays."""

    nick: str | UnsetType | None = UNSET
    roles: list[int] | UnsetType | None = UNSET
    mute: bool | UnsetType | None = UNSET
    deaf: bool | UnsetType | None = UNSET
    channel_id: int | UnsetType | None = UNSET
    timeout_until_ms: int | UnsetType | None = UNSET


class Members:
    """The members of every guild."""

    def __init__(self, ports: Ports, voice_states: VoiceStates) -> None:
        """Write through `ports`; `voice_states` moves people between voice channels."""
        self._ports = ports
        self._voice_states = voice_states
        self._directory = ports.guilds
        self.on_join: JoinNotice | None = None
        """Set by the composition once messages can be sent."""

    async def get(self, actor: Actor, guild_id: int, user_id: int) -> objects.Member:
        """Return one member; raises `UnknownMember`."""
        access = await self._directory.membership(actor, guild_id)
        member = await self._directory.other_member(guild_id, user_id)
        return await self._wire(access.guild, member)

    async def page(self, actor: Actor, guild_id: int, *, after: int, limit: int) -> list[objects.Member]:
        """Return members by rising user id."""
        await self._directory.membership(actor, guild_id)
        return await self.listed(guild_id, after=after, limit=limit)

    async def search(self, actor: Actor, guild_id: int, query: str, limit: int) -> list[objects.Member]:
        """Return members whose name or nick begins with `query`."""
        await self._directory.membership(actor, guild_id)
        return await self.listed(guild_id, query=query, limit=limit)

    async def listed(
        self,
        guild_id: int,
        *,
        query: str = "",
        after: int = 0,
        limit: int = 1000,
        user_ids: Sequence[int] | None = None,
    ) -> list[objects.Member]:
        """Return members by rising user id: those of `user_ids`, or those whose name begins with `query`, or all."""
        state = await self._directory.guild(guild_id)
        if user_ids is not None:
            held = await self._directory.members(guild_id, list(dict.fromkeys(user_ids))[:limit])
            rows = sorted(held.values(), key=lambda member: member.user_id)
        elif query:
            escaped = query.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("\0", "")
            params = {"guild_id": guild_id, "after": after, "pattern": f"{escaped}%", "row_limit": limit}
            rows = await self._ports.records.fetch(statements.MEMBERS_SEARCH, params)
        else:
            params = {"guild_id": guild_id, "after": after, "row_limit": limit}
            rows = await self._ports.records.fetch(statements.MEMBERS_PAGE, params)
        users = await self._ports.users.users([row.user_id for row in rows])
        return [present.member(row, present.user(users[row.user_id]), state) for row in rows if row.user_id in users]

    async def change(self, actor: Actor, guild_id: int, user_id: int, change: MemberChange) -> objects.Member:
        """Change a membership; each field asks for its own permission, and for a higher role than the member's."""
        async with self._directory.lock(guild_id):
            access = await self._directory.membership(actor, guild_id)
            before = await self._directory.other_member(guild_id, user_id)
            after = self._changed(access, before, change)
            if any(isinstance(each, bool) for each in (change.mute, change.deaf)):
                self._voice_states.check_present(guild_id, user_id)
            channel_id = change.channel_id
            if not isinstance(channel_id, UnsetType):
                await self._voice_states.check_move(access, actor, user_id, channel_id)
            replaced = await self._replace(access.guild, before, after)
        if not isinstance(channel_id, UnsetType):
            await self._voice_states.move(guild_id, user_id, channel_id)
        return replaced

    async def change_role(self, actor: Actor, guild_id: int, user_id: int, role_id: int, *, has: bool) -> None:
        """Give a member a role, or (`has` false) take it; needs MANAGE_ROLES and a higher role."""
        async with self._directory.lock(guild_id):
            access = await self._directory.membership(actor, guild_id)
            before = await self._directory.other_member(guild_id, user_id)
            kept = [each for each in before.role_ids if each != role_id and each in access.guild.roles]
            wanted = [*kept, role_id] if has else kept
            if not has and role_id not in access.guild.roles:
                raise UnknownRole
            after = self._changed(access, before, MemberChange(roles=wanted))
            await self._replace(access.guild, before, after)

    async def join(self, guild_id: int, user_id: int, *, ops: Sequence[Op] = (), is_temporary: bool = False) -> bool:
        """Make a user a member, with `ops` in the same transaction; return False when it is one already.

        Raises:
            Banned: The user may not come back.
            UnknownGuild: It is gone.
            RecordConflict: One of `ops` did not find what it expects.
        """
        state = await self._directory.guild(guild_id)
        if await self._directory.member(guild_id, user_id) is not None:
            return False
        user = await self._ports.users.user(user_id)
        member = new_member(guild_id, user_id, self._ports.clock.unix_ms(), is_temporary=is_temporary)
        event = MemberJoined(
            event_id=self._next(),
            guild_id=guild_id,
            user_id=user_id,
            member=present.member(member, present.user(user)),
        )
        admit = Op(statements.ADMIT_MEMBER, columns.params(member), 1)
        try:
            await self._ports.records.write([admit, *ops], told(event))
        except UniqueViolation:
            return False
        except RecordConflict as conflict:
            if conflict.op_index > 0:
                raise
            raise await self._why_not_admitted(guild_id, user_id) from conflict
        finally:
            self._directory.forget_member(guild_id, user_id, joined_or_left=True)
        if self.on_join is not None and not user.is_bot:
            await self.on_join(state, user)
        return True

    async def join_bot(self, guild_id: int, user_id: int, permissions: int) -> bool:
        """Bring a bot into a guild with a role of its own that grants `permissions`; return False when it is there."""
        if await self._directory.member(guild_id, user_id) is not None:
            return False
        state = await self._directory.guild(guild_id)
        user = await self._ports.users.user(user_id)
        role = new_role(self._next(), guild_id, user.global_name or user.username, permissions & ALL, position=1)
        role = msgspec.structs.replace(role, managed_by=user_id)
        member = new_member(guild_id, user_id, self._ports.clock.unix_ms())
        member = msgspec.structs.replace(member, role_ids_json=encode_ids((role.id,)), role_ids=(role.id,))
        shown = present.member(member, present.user(user))
        events: list[Event] = [
            RoleCreated(event_id=self._next(), guild_id=guild_id, role=present.role(role)),
            MemberJoined(event_id=self._next(), guild_id=guild_id, user_id=user_id, member=shown),
        ]
        ops = [
            Op(statements.INSERT_ROLE, columns.params(role)),
            Op(statements.DELETE_BAN, {"guild_id": guild_id, "user_id": user_id}),
            Op(statements.ADMIT_MEMBER, columns.params(member), 1),
        ]
        try:
            await self._ports.records.write(ops, told(*events))
        except UniqueViolation:
            return False
        except RecordConflict as conflict:
            raise UnknownGuild from conflict
        finally:
            self._directory.forget(state.id)
            self._directory.forget_member(guild_id, user_id, joined_or_left=True)
        return True

    async def leave(self, actor: Actor, guild_id: int) -> None:
        """Leave a guild; its owner cannot."""
        async with self._directory.lock(guild_id):
            access = await self._directory.membership(actor, guild_id)
            if access.guild.guild.owner_id == actor.user_id:
                raise OwnerCannotLeave
            await self._remove(access.guild, actor.user_id)

    async def kick(self, actor: Actor, guild_id: int, user_id: int) -> None:
        """Remove a member, who may come back; needs KICK_MEMBERS and a higher role."""
        async with self._directory.lock(guild_id):
            access = await self._directory.membership(actor, guild_id)
            require(access, Permissions.KICK_MEMBERS)
            member = await self._directory.other_member(guild_id, user_id)
            if not hierarchy.stands_above_member(access.guild, access.member, member):
                raise MissingPermissions
            await self._remove(access.guild, user_id)

    async def write_removal(self, state: GuildState, user_id: int, ops: Sequence[Op], events: Sequence[Event]) -> None:
        """Delete a membership, and a bot's own role with it; raises `RecordConflict` when there is none."""
        user = await self._ports.users.user(user_id)
        delete = Op(statements.DELETE_MEMBER, {"guild_id": state.id, "user_id": user_id}, 1)
        left = MemberLeft(event_id=self._next(), guild_id=state.id, user_id=user_id, user=present.user(user))
        own = [role.id for role in state.roles.values() if role.managed_by == user_id]
        drops, gone = role_removal(state, own, self._next)
        try:
            await self._ports.records.write([delete, *drops, *ops], told(*events, left, *gone))
        finally:
            self._directory.forget_member(state.id, user_id, joined_or_left=True)
            if own:
                self._directory.forget(state.id)

    def _next(self) -> int:
        return self._ports.snowflakes.next()

    async def _wire(self, state: GuildState, member: Member) -> objects.Member:
        user = await self._ports.users.user(member.user_id)
        return present.member(member, present.user(user), state)

    async def _replace(self, state: GuildState, before: Member, after: Member) -> objects.Member:
        wire = await self._wire(state, after)
        if columns.params(before) == columns.params(after):
            return wire
        event = MemberUpdated(event_id=self._next(), guild_id=state.id, user_id=after.user_id, member=wire)
        replace = Op(statements.REPLACE_MEMBER, columns.replacing(members, after), 1)
        try:
            await self._ports.records.write([replace], told(event))
        except RecordConflict as error:
            raise UnknownMember from error
        finally:
            self._directory.forget_member(state.id, after.user_id)
        return wire

    async def _why_not_admitted(self, guild_id: int, user_id: int) -> HubbubError:
        ban = await self._ports.records.fetch_one(statements.BAN, {"guild_id": guild_id, "user_id": user_id})
        return UnknownGuild() if ban is None else Banned()

    async def _remove(self, state: GuildState, user_id: int) -> None:
        try:
            await self.write_removal(state, user_id, [], [])
        except RecordConflict as conflict:
            raise UnknownMember from conflict

    def _changed(self, access: GuildAccess, before: Member, change: MemberChange) -> Member:
        problems = Problems()
        after = msgspec.structs.replace(before)
        is_self = access.member.user_id == before.user_id
        above = is_self or hierarchy.stands_above_member(access.guild, access.member, before)
        if not isinstance(change.nick, UnsetType):
            _ask(access, Permissions.CHANGE_NICKNAME if is_self else Permissions.MANAGE_NICKNAMES, above=above)
            after.nick = name.within(problems, change.nick or "", "nick", minimum=0, maximum=_NICK_MAX) or None
        if not isinstance(change.roles, UnsetType):
            _set_roles(problems, access, after, change.roles or [])
        if not isinstance(change.mute, UnsetType) and change.mute is not None:
            _ask(access, Permissions.MUTE_MEMBERS, above=True)
            after.mute = change.mute
        if not isinstance(change.deaf, UnsetType) and change.deaf is not None:
            _ask(access, Permissions.DEAFEN_MEMBERS, above=True)
            after.deaf = change.deaf
        if not isinstance(change.timeout_until_ms, UnsetType):
            self._set_timeout(problems, access, after, change.timeout_until_ms, above=above and not is_self)
        problems.raise_if_any()
        return after

    def _set_timeout(
        self, problems: Problems, access: GuildAccess, member: Member, until_ms: int | None, *, above: bool
    ) -> None:
        _ask(access, Permissions.MODERATE_MEMBERS, above=above)
        if access.guild.base(member) & Permissions.ADMINISTRATOR:
            raise MissingPermissions("An administrator cannot be timed out.")
        now_ms = self._ports.clock.unix_ms()
        if until_ms is not None and until_ms > now_ms + _TIMEOUT_MS_MAX:
            problems.add("communication_disabled_until", "DATE_TIME_TYPE_TOO_LATE", "A timeout lasts at most 28 days.")
        member.timeout_until_ms = None if until_ms is None or until_ms <= now_ms else until_ms


def _ask(access: GuildAccess, permission: int, *, above: bool) -> None:
    if not above:
        raise MissingPermissions
    require(access, permission)


def _set_roles(problems: Problems, access: GuildAccess, member: Member, wanted: Sequence[int]) -> None:
    """Write the roles into `member`; each that changes must stand below the caller's highest and not be managed."""
    state = access.guild
    require(access, Permissions.MANAGE_ROLES)
    after = [role_id for role_id in dict.fromkeys(wanted) if role_id != state.id]
    before = {role_id for role_id in member.role_ids if role_id in state.roles}
    for role_id in before.symmetric_difference(after):
        role = state.roles.get(role_id)
        if role is None:
            problems.add("roles", "ROLE_INVALID", f"There is no role {role_id} in this guild.")
        elif role.managed_by is not None or not hierarchy.stands_above_role(state, access.member, role):
            raise MissingPermissions
    member.role_ids = tuple(after)
    member.role_ids_json = encode_ids(member.role_ids)
