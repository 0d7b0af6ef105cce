"""Invites: links that let people into a guild."""

from __future__ import annotations

from typing import Final

from msgspec import UNSET

from hubbub.community.adapters import columns
from hubbub.community.adapters import guild_statements as statements
from hubbub.community.domain.form import Problems
from hubbub.community.domain.guild import GuildState, Invite
from hubbub.community.domain.limits import GUILDS_MAX, INVITES_MAX
from hubbub.community.domain.permissions import Permissions
from hubbub.community.errors import (
    MissingPermissions,
    NotForDirectMessages,
    PeopleOnly,
    TooManyGuilds,
    TooManyInvites,
    UnknownGuild,
    UnknownInvite,
)
from hubbub.community.service import present
from hubbub.community.service.actor import Actor
from hubbub.community.service.guild_directory import ChannelAccess, require
from hubbub.community.service.members import Members
from hubbub.community.service.outbox import told
from hubbub.community.service.ports import Ports
from hubbub.events.contracts import objects
from hubbub.events.contracts.events import InviteCreated, InviteDeleted
from hubbub.storage.records.port import Op, RecordConflict

_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz"
"""Without the characters that people confuse when they read a code aloud."""
_CODE_LENGTH: Final = 8
"""55**8, about 2**46: too many to try through the rate limits."""
_AGE_S_MAX: Final = 604_800
_USES_MAX: Final = 100


class Invites:
    """The invites of every guild."""

    def __init__(self, ports: Ports, members: Members) -> None:
        """Write through `ports`; `members` lets people in."""
        self._ports = ports
        self._directory = ports.guilds
        self._members = members

    async def create(
        self, actor: Actor, channel_id: int, *, max_age_s: int, max_uses: int, is_temporary: bool, unique: bool
    ) -> objects.Invite:
        """Make an invite into a channel, or return an equal one of the caller unless `unique`; needs its permission."""
        problems = Problems()
        if not 0 <= max_age_s <= _AGE_S_MAX:
            problems.add("max_age", "NUMBER_TYPE_MAX", f"Must be 0 to {_AGE_S_MAX} seconds.")
        if not 0 <= max_uses <= _USES_MAX:
            problems.add("max_uses", "NUMBER_TYPE_MAX", f"Must be 0 to {_USES_MAX}.")
        if is_temporary:
            # Nobody tells this engine yet when a member's last connection ends, and a promise not kept would be worse.
            sentence = "Membership that ends when a member goes offline is not offered here."
            problems.add("temporary", "BASE_TYPE_CHOICES", sentence)
        problems.raise_if_any()
        access = await self._directory.access(actor, channel_id)
        if access.guild is None:
            raise NotForDirectMessages
        async with self._directory.lock(access.guild.id):
            access = await self._directory.access(actor, channel_id)
            require(access, Permissions.CREATE_INSTANT_INVITE)
            return await self._create(
                actor, access, max_age_s=max_age_s, max_uses=max_uses, is_temporary=is_temporary, unique=unique
            )

    async def _create(
        self, actor: Actor, access: ChannelAccess, *, max_age_s: int, max_uses: int, is_temporary: bool, unique: bool
    ) -> objects.Invite:
        if access.guild is None:
            raise NotForDirectMessages
        guild_id, channel_id = access.guild.id, access.channel.id
        now_ms = self._ports.clock.unix_ms()
        held = await self._ports.records.fetch(statements.INVITES_OF_GUILD, {"guild_id": guild_id})
        wanted = (channel_id, actor.user_id, max_age_s, max_uses, is_temporary)
        for invite in held:
            same = (
                invite.channel_id,
                invite.inviter_id,
                invite.max_age_s,
                invite.max_uses,
                invite.is_temporary,
            ) == wanted
            if same and not unique and invite.is_valid(now_ms) and max_age_s == 0:
                return await self._wire(invite, access.guild, with_metadata=True)
        if sum(invite.is_valid(now_ms) for invite in held) >= INVITES_MAX:
            raise TooManyInvites
        invite = Invite(
            code=self._code(),
            guild_id=guild_id,
            channel_id=channel_id,
            inviter_id=actor.user_id,
            created_at_ms=now_ms,
            expires_at_ms=now_ms + max_age_s * 1000 if max_age_s else None,
            max_age_s=max_age_s,
            max_uses=max_uses,
            uses=0,
            is_temporary=is_temporary,
        )
        wire = await self._wire(invite, access.guild, with_metadata=True)
        event = InviteCreated(event_id=self._next(), guild_id=guild_id, channel_id=channel_id, invite=wire)
        clear = Op(statements.DELETE_EXPIRED_INVITES, {"guild_id": guild_id, "now_ms": now_ms})
        await self._ports.records.write([clear, Op(statements.INSERT_INVITE, columns.params(invite))], told(event))
        return wire

    async def get(self, code: str, *, with_counts: bool) -> objects.Invite:
        """Return what a link leads to, for anyone who has it; raises `UnknownInvite`."""
        invite, state = await self._valid(code)
        wire = await self._wire(invite, state, with_metadata=False)
        if with_counts:
            wire.approximate_member_count = await self._directory.member_count(state.id)
            wire.approximate_presence_count = self._directory.online(state.id)
        return wire

    async def accept(self, actor: Actor, code: str) -> objects.Invite:
        """Join the guild behind a link.

        Raises:
            UnknownInvite: It has expired or was used up.
            Banned: The caller may not come back.
            TooManyGuilds: The caller is in as many guilds as allowed.
        """
        if actor.is_bot:
            raise PeopleOnly
        async with self._ports.users.lock(actor.user_id):
            return await self._accept(actor, code)

    async def _accept(self, actor: Actor, code: str) -> objects.Invite:
        invite, state = await self._valid(code)
        wire = await self._wire(invite, state, with_metadata=False)
        if await self._directory.member(state.id, actor.user_id) is not None:
            return wire
        joined = await self._ports.records.fetch(statements.GUILDS_OF_USER, {"user_id": actor.user_id})
        if len(joined) >= GUILDS_MAX:
            raise TooManyGuilds
        use = Op(statements.USE_INVITE, {"key_code": code}, 1)
        try:
            await self._members.join(state.id, actor.user_id, ops=[use], is_temporary=invite.is_temporary)
        except (RecordConflict, UnknownGuild) as error:
            raise UnknownInvite from error
        return wire

    async def is_valid(self, code: str) -> bool:
        """Return whether the link can be followed now."""
        try:
            await self._valid(code)
        except UnknownInvite:
            return False
        return True

    async def delete(self, actor: Actor, code: str) -> objects.Invite:
        """End a link; needs to be its maker, or MANAGE_GUILD, or MANAGE_CHANNELS in its channel."""
        invite, state = await self._valid(code)
        access = await self._directory.membership(actor, state.id)
        channel = state.channels[invite.channel_id]
        in_channel = state.permissions(access.member, channel, self._ports.clock.unix_ms())
        allowed = (
            access.permissions & Permissions.MANAGE_GUILD
            or in_channel & Permissions.MANAGE_CHANNELS
            or invite.inviter_id == actor.user_id
        )
        if not allowed:
            raise MissingPermissions
        event = InviteDeleted(event_id=self._next(), guild_id=invite.guild_id, channel_id=invite.channel_id, code=code)
        try:
            await self._ports.records.write([Op(statements.DELETE_INVITE, {"code": code}, 1)], told(event))
        except RecordConflict as error:
            raise UnknownInvite from error
        return await self._wire(invite, state, with_metadata=True)

    async def of_guild(self, actor: Actor, guild_id: int) -> list[objects.Invite]:
        """Return the guild's valid invites; needs MANAGE_GUILD."""
        access = await self._directory.membership(actor, guild_id)
        require(access, Permissions.MANAGE_GUILD)
        rows = await self._ports.records.fetch(statements.INVITES_OF_GUILD, {"guild_id": guild_id})
        return await self._list(rows, access.guild)

    async def of_channel(self, actor: Actor, channel_id: int) -> list[objects.Invite]:
        """Return the channel's valid invites; needs MANAGE_CHANNELS there."""
        access = await self._directory.access(actor, channel_id)
        if access.guild is None:
            raise NotForDirectMessages
        require(access, Permissions.MANAGE_CHANNELS)
        rows = await self._ports.records.fetch(statements.INVITES_OF_CHANNEL, {"channel_id": channel_id})
        return await self._list(rows, access.guild)

    def _next(self) -> int:
        return self._ports.snowflakes.next()

    def _code(self) -> str:
        number = int.from_bytes(self._ports.random.token_bytes(16), "big")
        code = ""
        for _ in range(_CODE_LENGTH):
            number, index = divmod(number, len(_ALPHABET))
            code += _ALPHABET[index]
        return code

    async def _valid(self, code: str) -> tuple[Invite, GuildState]:
        if "\0" in code:
            raise UnknownInvite
        invite = await self._ports.records.fetch_one(statements.INVITE, {"code": code})
        if invite is None or not invite.is_valid(self._ports.clock.unix_ms()):
            raise UnknownInvite
        try:
            state = await self._directory.guild(invite.guild_id)
        except UnknownGuild as error:
            raise UnknownInvite from error
        if invite.channel_id not in state.channels:
            raise UnknownInvite
        return invite, state

    async def _list(self, rows: list[Invite], state: GuildState) -> list[objects.Invite]:
        now_ms = self._ports.clock.unix_ms()
        live = [row for row in rows if row.is_valid(now_ms) and row.channel_id in state.channels]
        return [await self._wire(row, state, with_metadata=True) for row in live]

    async def _wire(self, invite: Invite, state: GuildState, *, with_metadata: bool) -> objects.Invite:
        inviter = (await self._ports.users.users([invite.inviter_id])).get(invite.inviter_id)
        channel = state.channels[invite.channel_id]
        guild = state.guild
        wire = objects.Invite(
            code=invite.code,
            guild_id=str(guild.id),
            guild=objects.InviteGuild(
                id=str(guild.id),
                name=guild.name,
                description=guild.description,
                icon=guild.icon,
                verification_level=guild.verification_level,
            ),
            channel=objects.InviteChannel(id=str(channel.id), name=channel.name, type=channel.type),
            inviter=UNSET if inviter is None else present.user(inviter),
            expires_at=present.iso_or_none(invite.expires_at_ms),
        )
        if with_metadata:
            wire.uses = invite.uses
            wire.max_uses = invite.max_uses
            wire.max_age = invite.max_age_s
            wire.temporary = invite.is_temporary
            wire.created_at = present.iso(invite.created_at_ms)
        return wire
