"""People's accounts: signing up, signing in, one-time links."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Literal, NamedTuple

import msgspec

from hubbub.community.adapters import account_statements as statements
from hubbub.community.adapters import columns
from hubbub.community.adapters.guild_statements import SWEEP_INVITES
from hubbub.community.domain import name
from hubbub.community.domain.account import User
from hubbub.community.domain.form import Problems
from hubbub.community.errors import RegistrationClosed, UnknownToken, UnknownUser, WrongLogin
from hubbub.community.service.authentication import Authentication, hash_of
from hubbub.community.service.passwords import Passwords
from hubbub.community.service.ports import Ports
from hubbub.community.service.sessions import Browser, NewSession, Sessions
from hubbub.community.service.throttle import Throttle
from hubbub.kernel.errors import InvalidForm
from hubbub.storage.records.port import Op, OutboxEntry, RecordConflict, UniqueViolation

_HOUR_MS = 3_600_000
_CLAIM_MS = 24 * _HOUR_MS
_RESET_MS = 24 * _HOUR_MS

Purpose = Literal["claim", "reset"]


class SignUp(msgspec.Struct, frozen=True, kw_only=True):
    """What a new person gives."""

    username: str
    password: str
    display_name: str | None = None
    email: str | None = None


class Entered(NamedTuple):
    """Someone who is now signed in."""

    user: User
    session: NewSession


class Accounts:
    """Making accounts and letting their owners in."""

    def __init__(self, ports: Ports, authentication: Authentication, sessions: Sessions, passwords: Passwords) -> None:
        """Write through `ports`; hash through `passwords`."""
        self._ports = ports
        self._authentication = authentication
        self._sessions = sessions
        self._passwords = passwords
        self._by_account = Throttle(ports.clock, failures_max=10, window_s=900)
        self._by_address = Throttle(ports.clock, failures_max=60, window_s=900)

    def may_register(self, *, invited: bool) -> None:
        """Raise `RegistrationClosed` unless the installation's policy takes this sign-up."""
        policy = self._ports.config.registration
        if policy == "closed" or (policy == "invite" and not invited):
            raise RegistrationClosed

    async def sign_up(self, form: SignUp, browser: Browser) -> Entered:
        """Make a person's account and sign it in.

        Raises:
            InvalidForm: A field breaks a rule, or the name or address is taken.
        """
        user = self._new_user(form)
        password_hash = await self._passwords.hash(form.password)
        session = self._sessions.new(user.id, browser)
        await self._insert(user, form.email, password_hash, session.ops)
        return Entered(user, session)

    async def create(self, username: str, *, password: str | None, administrator: bool) -> User:
        """Make an account for an operator; without a password its owner enters by a link."""
        form = SignUp(username=username, password=password or "")
        user = self._new_user(form, with_password=password is not None, administrator=administrator)
        password_hash = None if password is None else await self._passwords.hash(password)
        await self._insert(user, None, password_hash, [])
        return user

    async def sign_in(self, login: str, password: str, browser: Browser) -> Entered:
        """Sign in by username or e-mail address.

        Raises:
            WrongLogin: They do not belong together, or the account is shut out.
            Throttled: Too many failures of this account or address.
        """
        login = login.strip().lower()
        by_account = f"{login}|{browser.address}"
        self._by_account.check(by_account)
        self._by_address.check(browser.address)
        row = await self._ports.records.fetch_one(statements.LOGIN, {"login": login.replace("\0", "")})
        kept = None if row is None or row.disabled_at_ms is not None else row.password_hash
        if not await self._passwords.matches(kept, password[: name.PASSWORD_LENGTH_MAX + 1]) or row is None:
            self._by_account.failed(by_account)
            self._by_address.failed(browser.address)
            raise WrongLogin
        self._by_account.succeeded(by_account)
        session = await self._sessions.open(row.user_id, browser)
        return Entered(await self._ports.users.user(row.user_id), session)

    async def claim(self, token: str, browser: Browser) -> Entered:
        """Enter by a claim link; the link is then used up."""
        self._by_address.check(browser.address)
        user_id = await self._link(token, "claim", browser)
        session = self._sessions.new(user_id, browser)
        await self._use(token, session.ops, [])
        return Entered(await self._ports.users.user(user_id), session)

    async def reset(self, token: str, password: str, browser: Browser) -> Entered:
        """Choose a new password by a reset link and sign in; every other session ends."""
        self._by_address.check(browser.address)
        user_id = await self._link(token, "reset", browser)
        user = await self._ports.users.user(user_id)
        problems = Problems()
        name.password(problems, password, user.username)
        problems.raise_if_any()
        password_hash = await self._passwords.hash(password)
        session = self._sessions.new(user_id, browser)
        ended, revoked = self._sessions.ending_all(user_id)
        set_password = Op(statements.SET_PASSWORD, {"key_user_id": user_id, "password_hash": password_hash}, 1)
        await self._use(token, [set_password, *ended, *session.ops], revoked)
        self._authentication.forget_user(user_id)
        return Entered(user, session)

    async def link(self, user_id: int, purpose: Purpose) -> str:
        """Return the token of a new one-time link for an account; earlier ones of the same purpose end."""
        token = urlsafe_b64encode(self._ports.random.token_bytes(24)).decode().rstrip("=")
        lifetime_ms = _CLAIM_MS if purpose == "claim" else _RESET_MS
        row = {
            "token_hash": hash_of(token),
            "user_id": user_id,
            "purpose": purpose,
            "expires_at_ms": self._ports.clock.unix_ms() + lifetime_ms,
        }
        earlier = Op(statements.DELETE_LINKS_OF_USER, {"user_id": user_id, "purpose": purpose})
        await self._ports.records.write([earlier, Op(statements.INSERT_LINK, row)])
        return token

    async def first_administrator(self) -> User | None:
        """Return the administrator that a fresh installation's claim link opens, or None once one can sign in.

        Made on the first call, without a password.
        """
        administrators = await self._ports.records.fetch(statements.ADMINISTRATORS)
        for user in administrators:
            kept = await self._ports.records.fetch_one(statements.CREDENTIALS, {"user_id": user.id})
            if kept is not None and kept.password_hash is not None:
                return None
        if administrators:
            return administrators[0]
        return await self.create("admin", password=None, administrator=True)

    async def operator(self) -> User:
        """Return the administrator in whose name an operator acts, made when there is none."""
        administrators = await self._ports.records.fetch(statements.ADMINISTRATORS)
        return administrators[0] if administrators else await self.create("admin", password=None, administrator=True)

    async def by_username(self, username: str) -> User:
        """Return the account of that name; raises `UnknownUser`."""
        found = await self._ports.records.fetch_one(statements.USER_BY_NAME, {"name": username.strip().lower()})
        if found is None or found.deleted_at_ms is not None:
            raise UnknownUser(f"There is no account named {username!r}.")
        return found

    async def listed(self, query: str, limit: int) -> list[User]:
        """Return accounts whose username contains `query`, oldest first."""
        escaped = query.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return await self._ports.records.fetch(
            statements.USERS_LIKE, {"pattern": f"%{escaped}%", "row_limit": max(1, min(limit, 10_000))}
        )

    async def set_administrator(self, user: User, *, administrator: bool) -> None:
        """Let an account run this installation, or no longer."""
        params = {"key_id": user.id, "is_administrator": administrator}
        await self._write(user.id, [Op(statements.SET_ADMINISTRATOR, params, 1)], [])

    async def set_disabled(self, user: User, *, disabled: bool) -> None:
        """Shut an account out and end its sessions and connections, or let it in again."""
        now_ms = self._ports.clock.unix_ms()
        params = {"key_id": user.id, "disabled_at_ms": now_ms if disabled else None}
        ended, revoked = self._sessions.ending_all(user.id) if disabled else ([], [])
        await self._write(user.id, [Op(statements.SET_DISABLED, params, 1), *ended], revoked)

    async def sweep(self) -> int:
        """Remove sessions, one-time links and invites whose time is up; return how many rows went."""
        now = {"now_ms": self._ports.clock.unix_ms()}
        swept = (statements.SWEEP_SESSIONS, statements.SWEEP_LINKS, SWEEP_INVITES)
        return sum(await self._ports.records.write([Op(statement, now) for statement in swept]))

    async def _write(self, user_id: int, ops: list[Op], events: list[OutboxEntry]) -> None:
        try:
            await self._ports.records.write(ops, events)
        finally:
            self._ports.users.forget(user_id)
            self._authentication.forget_user(user_id)

    def _new_user(self, form: SignUp, *, with_password: bool = True, administrator: bool = False) -> User:
        problems = Problems()
        # A fresh installation's first account may be called what nobody else may.
        username = name.username(problems, form.username) if not administrator else form.username.strip().lower()
        if with_password:
            name.password(problems, form.password, username)
        display_name = form.display_name
        if display_name is not None:
            display_name = name.within(problems, display_name, "display_name", minimum=0, maximum=name.DISPLAY_NAME_MAX)
        if form.email is not None:
            name.email(problems, form.email)
        problems.raise_if_any()
        return User(
            id=self._ports.snowflakes.next(),
            username=username,
            global_name=display_name or None,
            avatar=None,
            bio="",
            is_bot=False,
            is_administrator=administrator,
            disabled_at_ms=None,
            deleted_at_ms=None,
        )

    async def _insert(self, user: User, email: str | None, password_hash: str | None, ops: list[Op]) -> None:
        kept = {"user_id": user.id, "email": email and email.strip().lower(), "password_hash": password_hash}
        insert_user = Op(statements.INSERT_USER, columns.params(user))
        try:
            await self._ports.records.write([insert_user, Op(statements.INSERT_CREDENTIALS, kept), *ops])
        except UniqueViolation as error:
            problems = Problems()
            if error.op_index == 0:
                problems.add("username", "USERNAME_ALREADY_TAKEN", "This name is taken. Choose another.")
            else:
                problems.add("email", "EMAIL_ALREADY_REGISTERED", "This e-mail address has an account already.")
            raise InvalidForm(fields=problems.found) from error

    async def _link(self, token: str, purpose: Purpose, browser: Browser) -> int:
        row = await self._ports.records.fetch_one(statements.LINK, {"token_hash": hash_of(token), "purpose": purpose})
        if row is None or row.expires_at_ms <= self._ports.clock.unix_ms():
            self._by_address.failed(browser.address)
            raise UnknownToken
        return row.user_id

    async def _use(self, token: str, ops: list[Op], events: list[OutboxEntry]) -> None:
        """Write `ops` and use the link up; of two who try at once, one comes too late."""
        delete = Op(statements.DELETE_LINK, {"token_hash": hash_of(token)}, 1)
        try:
            await self._ports.records.write([delete, *ops], events)
        except RecordConflict as error:
            raise UnknownToken from error
