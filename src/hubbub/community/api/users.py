"""Accounts: the caller's own, and others as everyone sees them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery, JSONBody, Parameter
from msgspec import UNSET, UnsetType

from hubbub.community.api.endpoint import Limit, endpoint
from hubbub.community.api.wire import Call, Form, PathId, QueryId
from hubbub.community.errors import (
    ImageTooLarge,
    InvalidImage,
    OwnerCannotLeave,
    UnknownGuild,
    UnknownSession,
    UnknownUser,
)
from hubbub.community.service import present
from hubbub.community.service.community import Community
from hubbub.community.service.profiles import Profile, ProfileChange
from hubbub.events.contracts import objects
from hubbub.kernel.errors import Overloaded

_PICTURE_BODY = 12_000_000


class UserForm(Form):
    """What changes of the caller's account."""

    username: str | UnsetType = UNSET
    global_name: str | UnsetType | None = UNSET
    display_name: str | UnsetType | None = UNSET
    """The same as `global_name`."""
    avatar: str | UnsetType | None = UNSET
    """A data URI of a PNG, JPEG, GIF or WebP; null takes it away."""
    bio: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    password: str | UnsetType = UNSET
    """The new password."""
    current_password: str | UnsetType | None = UNSET


class SessionBody(msgspec.Struct, kw_only=True):
    """A browser that is signed in."""

    id: str
    created_at: str
    last_seen_at: str
    user_agent: str
    address: str
    current: bool
    """Whether it is the one that asks."""


class PartialGuild(msgspec.Struct, kw_only=True):
    """A guild in someone's list."""

    id: str
    name: str
    icon: str | None
    banner: str | None
    owner: bool
    permissions: str
    features: list[str]
    approximate_member_count: int | UnsetType = UNSET
    approximate_presence_count: int | UnsetType = UNSET


class UsersFace:
    """Routes under /users."""

    def __init__(self, community: Community) -> None:
        """Answer from `community`."""
        self._profiles = community.profiles
        self._sessions = community.sessions
        self._guilds = community.guilds
        self._members = community.members
        self._users = community.ports.users
        self._directory = community.ports.guilds

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes."""
        pictures = (InvalidImage, ImageTooLarge, Overloaded)
        return [
            endpoint("GET", "/users/@me", self.get_current_user),
            endpoint(
                "PATCH",
                "/users/@me",
                self.modify_current_user,
                limit=Limit(20, 60.0),
                errors=pictures,
                body_bytes_max=_PICTURE_BODY,
            ),
            endpoint("GET", "/users/@me/guilds", self.list_current_user_guilds),
            endpoint(
                "DELETE",
                "/users/@me/guilds/{guild_id:str}",
                self.leave_guild,
                errors=(UnknownGuild, OwnerCannotLeave),
            ),
            endpoint("GET", "/users/@me/sessions", self.list_sessions, auth="person"),
            endpoint(
                "DELETE",
                "/users/@me/sessions/{session_id:str}",
                self.end_session,
                auth="person",
                errors=(UnknownSession,),
            ),
            endpoint("GET", "/users/@me/settings", self.get_settings, auth="person"),
            endpoint("PATCH", "/users/@me/settings", self.modify_settings, auth="person", body_bytes_max=65_536),
            endpoint("GET", "/users/{user_id:str}", self.get_user, errors=(UnknownUser,)),
            endpoint(
                "GET", "/users/{user_id:str}/profile", self.get_user_profile, auth="person", errors=(UnknownUser,)
            ),
        ]

    async def get_current_user(self, request: Call) -> objects.OwnUser:
        """Return the caller's account."""
        return await self._profiles.own(request.user.user_id)

    async def modify_current_user(self, request: Call, data: JSONBody[UserForm]) -> objects.OwnUser:
        """Change the caller's account; name, e-mail address and password ask for the current password."""
        given = msgspec.structs.asdict(data)
        global_name = given.pop("global_name")
        if isinstance(given["display_name"], UnsetType):
            given["display_name"] = global_name
        return await self._profiles.change(request.user, ProfileChange(**given))

    async def list_current_user_guilds(
        self,
        request: Call,
        before: QueryId = None,
        after: QueryId = None,
        limit: Annotated[int, Parameter(ge=1, le=200)] = 200,
        with_counts: FromQuery[bool] = False,
    ) -> list[PartialGuild]:
        """Return the caller's guilds by rising id."""
        page = await self._guilds.of_user(request.user.user_id, after=after or 0, before=before, limit=limit)
        return [
            PartialGuild(
                id=str(entry.guild.id),
                name=entry.guild.name,
                icon=entry.guild.icon,
                banner=None,
                owner=entry.is_owner,
                permissions=str(entry.permissions),
                features=[],
                approximate_member_count=entry.member_count if with_counts else UNSET,
                approximate_presence_count=self._directory.online(entry.guild.id) if with_counts else UNSET,
            )
            for entry in page
        ]

    async def leave_guild(self, request: Call, guild_id: PathId) -> None:
        """Leave a guild."""
        await self._members.leave(request.user, guild_id)

    async def list_sessions(self, request: Call) -> list[SessionBody]:
        """Return the browsers that are signed in, the one used last first."""
        return [
            SessionBody(
                id=str(session.id),
                created_at=present.iso(session.created_at_ms),
                last_seen_at=present.iso(session.last_seen_at_ms),
                user_agent=session.user_agent,
                address=session.address,
                current=session.id == request.user.session_id,
            )
            for session in await self._sessions.of(request.user.user_id)
        ]

    async def end_session(self, request: Call, session_id: PathId) -> None:
        """Sign one browser out."""
        await self._sessions.end(request.user, session_id)

    async def get_settings(self, request: Call) -> dict[str, Any]:
        """Return what the caller's clients keep here."""
        settings: dict[str, Any] = msgspec.json.decode(await self._profiles.settings(request.user.user_id))
        return settings

    async def modify_settings(self, request: Call, data: JSONBody[dict[str, Any]]) -> dict[str, Any]:
        """Merge into the caller's settings, 16 KiB in all; a null takes a key away."""
        settings: dict[str, Any] = msgspec.json.decode(await self._profiles.change_settings(request.user, data))
        return settings

    async def get_user(self, user_id: PathId) -> objects.User:
        """Return a user as everyone may see it."""
        return present.user(await self._users.user(user_id))

    async def get_user_profile(self, request: Call, user_id: PathId, guild_id: QueryId = None) -> Profile:
        """Return a user's card: bio, age of the account, mutual guilds and the membership in one of them."""
        return await self._profiles.profile(request.user, user_id, guild_id)
