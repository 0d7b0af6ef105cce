"""What people show of themselves, and what their clients remember for them."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from hubbub.community.adapters import account_statements as statements
from hubbub.community.adapters import columns
from hubbub.community.adapters.guild_statements import GUILDS_OF_USER
from hubbub.community.adapters.tables import users
from hubbub.community.domain import image, name
from hubbub.community.domain.account import Credentials, User
from hubbub.community.domain.form import Problems
from hubbub.community.domain.limits import IMAGE_BYTES_MAX, SETTINGS_BYTES_MAX
from hubbub.community.errors import PeopleOnly, WrongLogin
from hubbub.community.service import present
from hubbub.community.service.actor import Actor
from hubbub.community.service.authentication import Authentication
from hubbub.community.service.outbox import told
from hubbub.community.service.passwords import Passwords
from hubbub.community.service.pictures import Pictures, avatar_key
from hubbub.community.service.ports import Ports
from hubbub.community.service.sessions import Sessions
from hubbub.community.service.throttle import Throttle
from hubbub.events.contracts import objects
from hubbub.events.contracts.events import Event, MemberUpdated, SettingsUpdated, UserUpdated
from hubbub.kernel.errors import InvalidForm
from hubbub.kernel.snowflake import timestamp_ms
from hubbub.storage.records.port import Op, UniqueViolation


class ProfileChange(msgspec.Struct, frozen=True, kw_only=True):
    """What someone changes of their account; what is UNSET stays."""

    username: str | UnsetType = UNSET
    display_name: str | UnsetType | None = UNSET
    avatar: str | UnsetType | None = UNSET
    """A data URI; None takes the avatar away."""
    bio: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    password: str | UnsetType = UNSET
    current_password: str | UnsetType | None = UNSET


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A user as a profile card shows it."""

    user: objects.User
    bio: str
    created_at: str
    member: objects.Member | None
    """The membership in the guild that was asked for."""
    mutual_guilds: list[str]
    """Ids of the guilds where both are members."""


class Profiles:
    """Accounts as their owners see and change them, and as others see them."""

    def __init__(
        self,
        ports: Ports,
        authentication: Authentication,
        sessions: Sessions,
        passwords: Passwords,
        pictures: Pictures,
    ) -> None:
        """Write through `ports`."""
        self._ports = ports
        self._authentication = authentication
        self._sessions = sessions
        self._passwords = passwords
        self._pictures = pictures
        self._guesses = Throttle(ports.clock, failures_max=10, window_s=900)

    async def own(self, user_id: int) -> objects.OwnUser:
        """Return the account as its owner sees it."""
        user = await self._ports.users.user(user_id)
        return self._own(user, None if user.is_bot else await self._credentials(user_id))

    async def change(self, actor: Actor, change: ProfileChange) -> objects.OwnUser:
        """Change the caller's account and tell its sessions and the guilds where it is shown.

        Raises:
            InvalidForm: A field breaks a rule, or a name is taken.
            WrongLogin: The current password is wrong.
        """
        async with self._ports.users.lock(actor.user_id):
            return await self._change(actor, change)

    async def _change(self, actor: Actor, change: ProfileChange) -> objects.OwnUser:
        before = await self._ports.users.user(actor.user_id)
        kept = Credentials(None, None) if before.is_bot else await self._credentials(before.id)
        if before.is_bot and not (isinstance(change.password, UnsetType) and isinstance(change.email, UnsetType)):
            raise PeopleOnly("A bot has no password and no e-mail address.")
        after, email = self._checked(before, kept, change)
        await self._prove(before, kept, change)
        ops, events = await self._credential_ops(actor, change, email, kept)
        after, picture_ops = await self._with_avatar(after, change)
        kept = Credentials(email, "" if change.password else kept.password_hash)
        own = self._own(after, None if before.is_bot else kept)
        told_events: list[Event] = [UserUpdated(event_id=self._next(), user_id=after.id, user=own)]
        if self._is_shown_otherwise(before, after):
            told_events += await self._member_events(after)
        replace = Op(statements.REPLACE_PROFILE, columns.replacing(users, after), 1)
        try:
            await self._ports.records.write([replace, *ops, *picture_ops], [*told(*told_events), *events])
        except UniqueViolation as error:
            raise _taken(error) from error
        finally:
            self._ports.users.forget(after.id)
            self._authentication.forget_user(after.id)
        return own

    async def settings(self, user_id: int) -> msgspec.Raw:
        """Return the JSON object that the person's clients keep here."""
        kept = await self._ports.records.fetch_one(statements.SETTINGS, {"user_id": user_id})
        return msgspec.Raw(kept if kept is not None else b"{}")

    async def change_settings(self, actor: Actor, change: dict[str, Any]) -> msgspec.Raw:
        """Merge `change` into the person's settings; a null takes a key away."""
        async with self._ports.users.lock(actor.user_id):
            settings: dict[str, Any] = msgspec.json.decode(await self.settings(actor.user_id))
            for key, value in change.items():
                if value is None:
                    settings.pop(key, None)
                else:
                    settings[key] = value
            document = msgspec.json.encode(settings)
            if len(document) > SETTINGS_BYTES_MAX:
                problems = Problems()
                problems.add(
                    "", "SETTINGS_TOO_LARGE", f"All settings together take at most {SETTINGS_BYTES_MAX} bytes."
                )
                problems.raise_if_any()
            raw = msgspec.Raw(document)
            event = SettingsUpdated(event_id=self._next(), user_id=actor.user_id, settings=raw)
            put = Op(statements.PUT_SETTINGS, {"user_id": actor.user_id, "settings_json": document})
            await self._ports.records.write([put], told(event))
            return raw

    async def profile(self, actor: Actor, user_id: int, guild_id: int | None) -> Profile:
        """Return a user's card; with `guild_id`, also the membership there that the caller may see."""
        user = await self._ports.users.user(user_id)
        mine = await self._guild_ids(actor.user_id)
        theirs = await self._guild_ids(user_id)
        member = None
        if guild_id is not None and guild_id in mine:
            held = await self._ports.guilds.member(guild_id, user_id)
            state = await self._ports.guilds.guild(guild_id)
            member = None if held is None else present.member(held, present.user(user), state)
        return Profile(
            user=present.user(user),
            bio=user.bio if user.deleted_at_ms is None else "",
            created_at=present.iso(timestamp_ms(user.id)),
            member=member,
            mutual_guilds=[str(each) for each in mine if each in set(theirs)],
        )

    def _next(self) -> int:
        return self._ports.snowflakes.next()

    async def _guild_ids(self, user_id: int) -> list[int]:
        return await self._ports.records.fetch(GUILDS_OF_USER, {"user_id": user_id})

    async def _credentials(self, user_id: int) -> Credentials:
        kept = await self._ports.records.fetch_one(statements.CREDENTIALS, {"user_id": user_id})
        return Credentials(None, None) if kept is None else kept

    def _own(self, user: User, kept: Credentials | None) -> objects.OwnUser:
        shown = present.user(user)
        own = objects.OwnUser(
            id=shown.id,
            username=shown.username,
            global_name=shown.global_name,
            avatar=shown.avatar,
            discriminator=shown.discriminator,
            bot=shown.bot,
            bio=user.bio,
            email=None if kept is None else kept.email,
        )
        if kept is not None:
            own.is_administrator = user.is_administrator
            own.has_password = kept.password_hash is not None
            own.created_at = present.iso(timestamp_ms(user.id))
        return own

    def _checked(self, before: User, kept: Credentials, change: ProfileChange) -> tuple[User, str | None]:
        """Return the account after `change`, but for its avatar, and its e-mail address."""
        problems = Problems()
        username, display_name, bio, email = before.username, before.global_name, before.bio, kept.email
        if isinstance(change.username, str) and change.username.strip().lower() != before.username:
            username = name.username(problems, change.username)
        if not isinstance(change.display_name, UnsetType):
            text = change.display_name or ""
            display_name = name.within(problems, text, "display_name", minimum=0, maximum=name.DISPLAY_NAME_MAX) or None
        if not isinstance(change.bio, UnsetType):
            bio = name.text(problems, change.bio or "", "bio", name.BIO_MAX)
        if not isinstance(change.email, UnsetType):
            email = name.email(problems, change.email) if change.email else None
        if isinstance(change.password, str):
            name.password(problems, change.password, username)
        problems.raise_if_any()
        after = msgspec.structs.replace(before, username=username, global_name=display_name, bio=bio)
        return after, email

    async def _prove(self, before: User, kept: Credentials, change: ProfileChange) -> None:
        """Ask for the current password where a thief of an open browser could lock the owner out."""
        sensitive = (
            (isinstance(change.username, str) and change.username.strip().lower() != before.username)
            or isinstance(change.password, str)
            or not isinstance(change.email, UnsetType)
        )
        if before.is_bot or not sensitive or kept.password_hash is None:
            return
        key = str(before.id)
        self._guesses.check(key)
        given = change.current_password or ""
        if not await self._passwords.matches(kept.password_hash, given[: name.PASSWORD_LENGTH_MAX + 1]):
            self._guesses.failed(key)
            problems = Problems()
            problems.add("current_password", "PASSWORD_DOES_NOT_MATCH", "This is not your current password.")
            raise InvalidForm(fields=problems.found) from WrongLogin()
        self._guesses.succeeded(key)

    async def _credential_ops(
        self, actor: Actor, change: ProfileChange, email: str | None, kept: Credentials
    ) -> tuple[list[Op], list[Any]]:
        ops: list[Op] = []
        if email != kept.email:
            ops.append(Op(statements.SET_EMAIL, {"key_user_id": actor.user_id, "email": email}, 1))
        if not isinstance(change.password, str):
            return ops, []
        password_hash = await self._passwords.hash(change.password)
        ops.append(Op(statements.SET_PASSWORD, {"key_user_id": actor.user_id, "password_hash": password_hash}, 1))
        ended, revoked = await self._sessions.ending_all_but(actor)
        return [*ops, *ended], revoked

    async def _with_avatar(self, user: User, change: ProfileChange) -> tuple[User, list[Op]]:
        if isinstance(change.avatar, UnsetType):
            return user, []
        ops = [] if user.avatar is None else [self._pictures.replaced(avatar_key(user.id, user.avatar))]
        if change.avatar is None:
            return msgspec.structs.replace(user, avatar=None), ops
        picture = image.from_data_uri(change.avatar, IMAGE_BYTES_MAX)
        if picture.hash == user.avatar:
            return user, []
        ops += await self._pictures.store(avatar_key(user.id, picture.hash), picture, user.id)
        return msgspec.structs.replace(user, avatar=picture.hash), ops

    @staticmethod
    def _is_shown_otherwise(before: User, after: User) -> bool:
        return (before.username, before.global_name, before.avatar) != (after.username, after.global_name, after.avatar)

    async def _member_events(self, user: User) -> list[Event]:
        events: list[Event] = []
        shown = present.user(user)
        for guild_id in await self._guild_ids(user.id):
            held = await self._ports.guilds.member(guild_id, user.id)
            if held is not None:
                member = present.member(held, shown, await self._ports.guilds.guild(guild_id))
                events.append(MemberUpdated(event_id=self._next(), guild_id=guild_id, user_id=user.id, member=member))
        return events


def _taken(error: UniqueViolation) -> InvalidForm:
    problems = Problems()
    if error.op_index == 0:
        problems.add("username", "USERNAME_ALREADY_TAKEN", "This name is taken. Choose another.")
    else:
        problems.add("email", "EMAIL_ALREADY_REGISTERED", "This e-mail address has an account already.")
    return InvalidForm(fields=problems.found)
