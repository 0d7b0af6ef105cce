"""Bans: who is kept out of a guild, and who is let in again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from hubbub.community.adapters import guild_statements as statements
from hubbub.community.domain import hierarchy
from hubbub.community.domain.guild import Ban, GuildState
from hubbub.community.domain.permissions import Permissions
from hubbub.community.errors import (
    MissingPermissions,
    NobodyBanned,
    UnknownBan,
    UnknownMember,
    UnknownUser,
)
from hubbub.community.service import present
from hubbub.community.service.actor import Actor
from hubbub.community.service.guild_directory import GuildAccess, require
from hubbub.community.service.members import Members
from hubbub.community.service.outbox import told
from hubbub.community.service.ports import Ports
from hubbub.events.contracts import objects
from hubbub.events.contracts.events import (
    BanAdded,
    BanRemoved,
)
from hubbub.kernel.snowflake import SNOWFLAKE_MAX
from hubbub.storage.records.port import Op, RecordConflict

_BAN_ATTEMPTS_MAX: Final = 5
"""Someone who joins and leaves without pause meets a ban sooner."""
_REASON_MAX: Final = 512

History = Callable[[GuildState, int, int], Awaitable[None]]
"""Deletes what a user (second) wrote in a guild in the last so many seconds (third)."""


class Bans:
    """The bans of every guild."""

    def __init__(self, ports: Ports, members: Members) -> None:
        """Write through `ports`; `members` removes who is there."""
        self._ports = ports
        self._members = members
        self._directory = ports.guilds
        self.erase_history: History | None = None
        """Set by the composition once messages can be deleted."""

    async def ban(self, actor: Actor, guild_id: int, user_id: int, *, reason: str | None, delete_seconds: int) -> None:
        """Remove a user and keep it out, and delete what it wrote in the last `delete_seconds`; needs BAN_MEMBERS."""
        async with self._directory.lock(guild_id):
            access = await self._directory.membership(actor, guild_id)
            require(access, Permissions.BAN_MEMBERS)
            for attempt in range(1, _BAN_ATTEMPTS_MAX + 1):
                try:
                    await self._ban(access, user_id, reason)
                    break
                except RecordConflict:
                    # Joining takes no lock: the user came or went since the look into the directory.
                    self._directory.forget_member(guild_id, user_id, joined_or_left=True)
                    if attempt == _BAN_ATTEMPTS_MAX:
                        raise
        if delete_seconds > 0 and self.erase_history is not None:
            await self.erase_history(access.guild, user_id, delete_seconds)

    async def _ban(self, access: GuildAccess, user_id: int, reason: str | None) -> None:
        """Write a ban; raises `RecordConflict` when the user is a member unlike the directory says."""
        guild_id = access.guild.id
        user = await self._ports.users.user(user_id)
        member = await self._directory.member(guild_id, user_id)
        if member is not None and not hierarchy.stands_above_member(access.guild, access.member, member):
            raise MissingPermissions
        row = {
            "guild_id": guild_id,
            "user_id": user_id,
            "reason": (reason or "")[:_REASON_MAX] or None,
            "created_at_ms": self._ports.clock.unix_ms(),
        }
        shown = present.user(user)
        put = Op(statements.PUT_BAN, row)
        event = BanAdded(event_id=self._ports.snowflakes.next(), guild_id=guild_id, user=shown)
        if member is not None:
            await self._members.write_removal(access.guild, user_id, [put], [event])
        else:
            still_none = Op(statements.DELETE_MEMBER, {"guild_id": guild_id, "user_id": user_id}, 0)
            await self._ports.records.write([still_none, put], told(event))

    async def ban_many(
        self, actor: Actor, guild_id: int, user_ids: Sequence[int], *, reason: str | None, delete_seconds: int
    ) -> tuple[list[int], list[int]]:
        """Ban users one after the other; return who was banned, and who could not be or was already.

        Needs BAN_MEMBERS and MANAGE_GUILD.

        Raises:
            NobodyBanned: Not one of them was banned.
        """
        access = await self._directory.membership(actor, guild_id)
        require(access, Permissions.BAN_MEMBERS | Permissions.MANAGE_GUILD)
        banned: list[int] = []
        failed: list[int] = []
        for user_id in dict.fromkeys(user_ids):
            if await self._ports.records.fetch_one(statements.BAN, {"guild_id": guild_id, "user_id": user_id}):
                failed.append(user_id)
                continue
            try:
                await self.ban(actor, guild_id, user_id, reason=reason, delete_seconds=delete_seconds)
            except (UnknownUser, UnknownMember, MissingPermissions):
                failed.append(user_id)
            else:
                banned.append(user_id)
        if not banned:
            raise NobodyBanned
        return banned, failed

    async def unban(self, actor: Actor, guild_id: int, user_id: int) -> None:
        """Let a banned user come back; needs BAN_MEMBERS."""
        access = await self._directory.membership(actor, guild_id)
        require(access, Permissions.BAN_MEMBERS)
        user = await self._ports.users.users([user_id])
        if user_id not in user:
            raise UnknownBan
        delete = Op(statements.DELETE_BAN, {"guild_id": guild_id, "user_id": user_id}, 1)
        event = BanRemoved(event_id=self._ports.snowflakes.next(), guild_id=guild_id, user=present.user(user[user_id]))
        try:
            await self._ports.records.write([delete], told(event))
        except RecordConflict as error:
            raise UnknownBan from error

    async def page(
        self, actor: Actor, guild_id: int, *, before: int | None, after: int | None, limit: int
    ) -> list[objects.Ban]:
        """Return a page of bans by rising user id; needs BAN_MEMBERS."""
        access = await self._directory.membership(actor, guild_id)
        require(access, Permissions.BAN_MEMBERS)
        params: dict[str, object] = {"guild_id": guild_id, "row_limit": limit}
        params["before"] = SNOWFLAKE_MAX if before is None else before
        if before is not None and after is None:
            rows = (await self._ports.records.fetch(statements.BANS_PAGE_BACK, params))[::-1]
        else:
            params["after"] = after or 0
            rows = await self._ports.records.fetch(statements.BANS_PAGE, params)
        return await self._wire(rows)

    async def get(self, actor: Actor, guild_id: int, user_id: int) -> objects.Ban:
        """Return one ban; raises `UnknownBan`."""
        access = await self._directory.membership(actor, guild_id)
        require(access, Permissions.BAN_MEMBERS)
        row = await self._ports.records.fetch_one(statements.BAN, {"guild_id": guild_id, "user_id": user_id})
        shown = await self._wire([] if row is None else [row])
        if not shown:
            raise UnknownBan
        return shown[0]

    async def _wire(self, rows: Sequence[Ban]) -> list[objects.Ban]:
        users = await self._ports.users.users([row.user_id for row in rows])
        return [
            objects.Ban(reason=row.reason, user=present.user(users[row.user_id]))
            for row in rows
            if row.user_id in users
        ]
