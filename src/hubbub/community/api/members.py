"""Members of guilds, and bans."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from urllib.parse import unquote

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, Parameter, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from hubbub.community.api.endpoint import endpoint
from hubbub.community.api.wire import Call, Form, PathId, QueryId, Snowflake, unix_ms
from hubbub.community.errors import (
    MissingPermissions,
    NobodyBanned,
    NotInVoice,
    UnknownBan,
    UnknownGuild,
    UnknownMember,
    UnknownRole,
    UnknownUser,
)
from hubbub.community.service.community import Community
from hubbub.community.service.members import MemberChange
from hubbub.events.contracts import objects

_CHANGED = (UnknownGuild, UnknownMember, MissingPermissions)
_DAY_S = 86_400
_Seconds = Annotated[int, Meta(ge=0, le=604_800)]


class MemberForm(Form):
    """What changes of a membership."""

    nick: str | UnsetType | None = UNSET
    roles: list[Snowflake] | UnsetType | None = UNSET
    mute: bool | UnsetType | None = UNSET
    deaf: bool | UnsetType | None = UNSET
    channel_id: Snowflake | UnsetType | None = UNSET
    """Voice channel to move the member to."""
    communication_disabled_until: datetime | UnsetType | None = UNSET
    """ISO 8601 with an offset; null ends a timeout."""


class OwnMemberForm(Form):
    """What a member changes of itself."""

    nick: str | UnsetType | None = UNSET


class BanForm(Form):
    """How a ban begins."""

    delete_message_seconds: _Seconds | None = 0
    """What the user wrote in the last so many seconds is deleted."""
    delete_message_days: Annotated[int, Meta(ge=0, le=7)] | None = 0


class BulkBanForm(Form):
    """Whom to ban together."""

    user_ids: Annotated[list[Snowflake], Meta(max_length=200)]
    delete_message_seconds: _Seconds | None = 0
    """What the users wrote in the last so many seconds is deleted."""


class BulkBan(msgspec.Struct, kw_only=True):
    """What became of banning several users."""

    banned_users: list[str]
    failed_users: list[str]
    """Who stands higher, was banned already or does not exist."""


class MembersFace:
    """Routes under /guilds/{guild_id}/members and /bans."""

    def __init__(self, community: Community) -> None:
        """Answer from `community`."""
        self._members = community.members
        self._bans = community.bans

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes."""
        many, bans = "/guilds/{guild_id:str}/members", "/guilds/{guild_id:str}/bans"
        one, ban = many + "/{user_id:str}", bans + "/{user_id:str}"
        role = one + "/roles/{role_id:str}"
        tags = ("members",)
        banned = (UnknownGuild, MissingPermissions)
        return [
            endpoint("GET", many, self.list_guild_members, errors=(UnknownGuild,), tags=tags),
            endpoint("GET", many + "/search", self.search_guild_members, errors=(UnknownGuild,), tags=tags),
            endpoint("PATCH", many + "/@me", self.modify_current_member, errors=_CHANGED, tags=tags),
            endpoint("PATCH", many + "/@me/nick", self.modify_current_user_nick, errors=_CHANGED, tags=tags),
            endpoint("GET", one, self.get_guild_member, errors=(UnknownGuild, UnknownMember), tags=tags),
            endpoint("PATCH", one, self.modify_guild_member, errors=(*_CHANGED, NotInVoice), tags=tags),
            endpoint("DELETE", one, self.remove_guild_member, errors=_CHANGED, tags=tags),
            endpoint("PUT", role, self.add_guild_member_role, errors=(*_CHANGED, UnknownRole), tags=tags),
            endpoint("DELETE", role, self.remove_guild_member_role, errors=(*_CHANGED, UnknownRole), tags=tags),
            endpoint("GET", bans, self.get_guild_bans, errors=banned, tags=tags),
            endpoint("GET", ban, self.get_guild_ban, errors=(*banned, UnknownBan), tags=tags),
            endpoint("PUT", ban, self.create_guild_ban, errors=(*banned, UnknownUser), tags=tags),
            endpoint(
                "POST",
                "/guilds/{guild_id:str}/bulk-ban",
                self.bulk_guild_ban,
                errors=(*banned, NobodyBanned),
                tags=tags,
            ),
            endpoint("DELETE", ban, self.remove_guild_ban, errors=(*banned, UnknownBan), tags=tags),
        ]

    async def list_guild_members(
        self,
        request: Call,
        guild_id: PathId,
        limit: Annotated[int, Parameter(ge=1, le=1000)] = 1,
        after: QueryId = None,
    ) -> list[objects.Member]:
        """Return members by rising user id."""
        return await self._members.page(request.user, guild_id, after=after or 0, limit=limit)

    async def search_guild_members(
        self,
        request: Call,
        guild_id: PathId,
        beginning: Annotated[str, QueryParameter(name="query", min_length=1, max_length=100)],
        limit: Annotated[int, Parameter(ge=1, le=1000)] = 1,
    ) -> list[objects.Member]:
        """Return members whose name or nick begins with `query`."""
        return await self._members.search(request.user, guild_id, beginning, limit)

    async def get_guild_member(self, request: Call, guild_id: PathId, user_id: PathId) -> objects.Member:
        """Return one member."""
        return await self._members.get(request.user, guild_id, user_id)

    async def modify_guild_member(
        self, request: Call, guild_id: PathId, user_id: PathId, data: JSONBody[MemberForm]
    ) -> objects.Member:
        """Change a member's nick, roles, voice flags or timeout."""
        until = data.communication_disabled_until
        change = MemberChange(
            nick=data.nick,
            roles=data.roles,
            mute=data.mute,
            deaf=data.deaf,
            channel_id=data.channel_id,
            timeout_until_ms=unix_ms(until) if isinstance(until, datetime) else until,
        )
        return await self._members.change(request.user, guild_id, user_id, change)

    async def modify_current_member(
        self, request: Call, guild_id: PathId, data: JSONBody[OwnMemberForm]
    ) -> objects.Member:
        """Change the caller's nick."""
        change = MemberChange(nick=data.nick)
        return await self._members.change(request.user, guild_id, request.user.user_id, change)

    async def modify_current_user_nick(
        self, request: Call, guild_id: PathId, data: JSONBody[OwnMemberForm]
    ) -> objects.Member:
        """Change the caller's nick; the older route for it."""
        return await self.modify_current_member(request, guild_id, data)

    async def remove_guild_member(self, request: Call, guild_id: PathId, user_id: PathId) -> None:
        """Kick a member."""
        await self._members.kick(request.user, guild_id, user_id)

    async def add_guild_member_role(self, request: Call, guild_id: PathId, user_id: PathId, role_id: PathId) -> None:
        """Give a member a role."""
        await self._members.change_role(request.user, guild_id, user_id, role_id, has=True)

    async def remove_guild_member_role(self, request: Call, guild_id: PathId, user_id: PathId, role_id: PathId) -> None:
        """Take a role from a member."""
        await self._members.change_role(request.user, guild_id, user_id, role_id, has=False)

    async def get_guild_bans(
        self,
        request: Call,
        guild_id: PathId,
        limit: Annotated[int, Parameter(ge=1, le=1000)] = 1000,
        before: QueryId = None,
        after: QueryId = None,
    ) -> list[objects.Ban]:
        """Return bans by rising user id."""
        return await self._bans.page(request.user, guild_id, before=before, after=after, limit=limit)

    async def get_guild_ban(self, request: Call, guild_id: PathId, user_id: PathId) -> objects.Ban:
        """Return one ban."""
        return await self._bans.get(request.user, guild_id, user_id)

    async def create_guild_ban(
        self,
        request: Call,
        guild_id: PathId,
        user_id: PathId,
        data: JSONBody[BanForm | None] = None,
        seconds: Annotated[int, QueryParameter(name="delete_message_seconds", ge=0, le=604_800)] = 0,
    ) -> None:
        """Ban a user, whether a member or not. Some clients send `delete_message_seconds` in the query."""
        form = data or BanForm()
        delete_seconds = max(seconds, form.delete_message_seconds or 0, (form.delete_message_days or 0) * _DAY_S)
        await self._bans.ban(request.user, guild_id, user_id, reason=_reason(request), delete_seconds=delete_seconds)

    async def bulk_guild_ban(self, request: Call, guild_id: PathId, data: JSONBody[BulkBanForm]) -> BulkBan:
        """Ban up to 200 users; tells whom it could not ban."""
        banned, failed = await self._bans.ban_many(
            request.user,
            guild_id,
            data.user_ids,
            reason=_reason(request),
            delete_seconds=data.delete_message_seconds or 0,
        )
        return BulkBan(banned_users=[str(each) for each in banned], failed_users=[str(each) for each in failed])

    async def remove_guild_ban(self, request: Call, guild_id: PathId, user_id: PathId) -> None:
        """Let a banned user come back."""
        await self._bans.unban(request.user, guild_id, user_id)


def _reason(request: Call) -> str | None:
    """Return what the caller gives as the reason of what it does."""
    return unquote(request.headers.get("x-audit-log-reason", "")).replace("\0", "") or None
