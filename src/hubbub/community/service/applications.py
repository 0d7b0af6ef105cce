"""Bots' applications: making them, their tokens, and how libraries see them."""

from __future__ import annotations

import re
from typing import NamedTuple

from hubbub.community.adapters import account_statements as statements
from hubbub.community.adapters import columns
from hubbub.community.adapters.guild_statements import GUILDS_OF_USER
from hubbub.community.domain import name
from hubbub.community.domain.account import Application, User
from hubbub.community.domain.form import Problems
from hubbub.community.domain.limits import APPLICATIONS_MAX
from hubbub.community.domain.permissions import Permissions
from hubbub.community.errors import TooManyApplications, UnknownApplication
from hubbub.community.service import present
from hubbub.community.service.actor import Actor
from hubbub.community.service.authentication import Authentication, encode_bot_token, hash_of
from hubbub.community.service.guild_directory import require
from hubbub.community.service.members import Members
from hubbub.community.service.outbox import told
from hubbub.community.service.ports import Ports
from hubbub.events.contracts import objects
from hubbub.events.contracts.events import SessionRevoked
from hubbub.kernel.errors import InvalidForm
from hubbub.storage.records.port import Op, UniqueViolation

_NOT_IN_USERNAME = re.compile(r"[^a-z0-9_]+")
_GATEWAY_MESSAGE_CONTENT = 1 << 18
_GATEWAY_GUILD_MEMBERS = 1 << 14
_GATEWAY_PRESENCE = 1 << 12
_VERIFY_KEY = "0" * 64
"""Interactions come over the gateway only, so nothing is ever signed with it; libraries want 64 hex digits."""


class NewApplication(NamedTuple):
    """A bot just made; its token is shown this once."""

    application: Application
    user: User
    token: str


class Applications:
    """The applications of every bot."""

    def __init__(self, ports: Ports, authentication: Authentication, members: Members) -> None:
        """Write through `ports`."""
        self._ports = ports
        self._authentication = authentication
        self._members = members

    async def create(self, owner_id: int, bot_name: str, description: str = "") -> NewApplication:
        """Make an application with its bot user and token."""
        problems = Problems()
        bot_name = name.within(problems, bot_name, "name", minimum=1, maximum=name.DISPLAY_NAME_MAX)
        description = name.text(problems, description, "description", 400)
        problems.raise_if_any()
        async with self._ports.users.lock(owner_id):
            return await self._create(owner_id, bot_name, description)

    async def _create(self, owner_id: int, bot_name: str, description: str) -> NewApplication:
        if len(await self.of_owner(owner_id)) >= APPLICATIONS_MAX:
            raise TooManyApplications
        user_id = self._ports.snowflakes.next()
        stem = _NOT_IN_USERNAME.sub("_", bot_name.lower()).strip("_")[:24] or "bot"
        for username in (stem, f"{stem}_bot", f"{stem}_{user_id % 10**6:06}", f"bot_{user_id}"):
            if len(username) < name.USERNAME_LENGTH_MIN or name.is_reserved(username):
                continue
            made = self._new(user_id, owner_id, username, bot_name, description)
            ops = [
                Op(statements.INSERT_USER, columns.params(made.user)),
                Op(statements.INSERT_APPLICATION, columns.params(made.application)),
            ]
            try:
                await self._ports.records.write(ops)
            except UniqueViolation:
                continue
            return made
        raise InvalidForm("No free username could be made of this name. Choose another.")

    async def of_owner(self, owner_id: int) -> list[Application]:
        """Return the person's applications, oldest first."""
        return await self._ports.records.fetch(statements.APPLICATIONS_OF, {"owner_id": owner_id})

    async def get(self, application_id: int) -> Application:
        """Return an application; raises `UnknownApplication`."""
        found = await self._ports.records.fetch_one(statements.APPLICATION, {"application_id": application_id})
        if found is None:
            raise UnknownApplication
        return found

    async def reset_token(self, actor: Actor, application_id: int) -> str:
        """Return a new token of the caller's application; the old one and its connections end."""
        application = await self.get(application_id)
        if application.owner_id != actor.user_id:
            raise UnknownApplication
        token = self._token(application_id)
        params = {"application_id": application_id, "new_token_hash": hash_of(token)}
        revoked = SessionRevoked(event_id=self._ports.snowflakes.next(), user_id=application_id, session_id=None)
        await self._ports.records.write([Op(statements.SET_BOT_TOKEN, params, 1)], told(revoked))
        self._authentication.forget_user(application_id)
        return token

    async def install(self, actor: Actor, guild_id: int, application_id: int, permissions: int) -> objects.Member:
        """Bring a bot into a guild; needs MANAGE_GUILD, and every permission that the bot is to have."""
        access = await self._ports.guilds.membership(actor, guild_id)
        require(access, Permissions.MANAGE_GUILD | permissions)
        application = await self.get(application_id)
        await self._members.join_bot(guild_id, application.id, permissions)
        return await self._members.get(actor, guild_id, application.id)

    async def wire(self, application_id: int) -> objects.Application:
        """Return the application as its bot sees it."""
        row = await self.get(application_id)
        users = await self._ports.users.users([row.id, row.owner_id])
        guilds = await self._ports.records.fetch(GUILDS_OF_USER, {"user_id": row.id})
        application = objects.Application(
            id=str(row.id),
            name=row.name,
            description=row.description,
            verify_key=_VERIFY_KEY,
            flags=_GATEWAY_MESSAGE_CONTENT | _GATEWAY_GUILD_MEMBERS | _GATEWAY_PRESENCE,
            approximate_guild_count=len(guilds),
        )
        if row.id in users:
            application.bot = present.user(users[row.id])
        if row.owner_id in users:
            application.owner = present.user(users[row.owner_id])
        return application

    def _token(self, user_id: int) -> str:
        return encode_bot_token(user_id, self._ports.clock.unix_ms(), self._ports.random.token_bytes(32))

    def _new(self, user_id: int, owner_id: int, username: str, bot_name: str, description: str) -> NewApplication:
        token = self._token(user_id)
        user = User(
            id=user_id,
            username=username,
            global_name=bot_name,
            avatar=None,
            bio="",
            is_bot=True,
            is_administrator=False,
            disabled_at_ms=None,
            deleted_at_ms=None,
        )
        application = Application(
            id=user_id,
            owner_id=owner_id,
            name=bot_name,
            description=description,
            token_hash=hash_of(token),
            created_at_ms=self._ports.clock.unix_ms(),
        )
        return NewApplication(application, user, token)
