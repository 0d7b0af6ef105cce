"""Signing up, in and out of the web client."""

from __future__ import annotations

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from hubbub.community.api.auth import session_cookie
from hubbub.community.api.endpoint import Limit, endpoint
from hubbub.community.api.gate import address_of
from hubbub.community.api.wire import Call, Form, SignedInUser
from hubbub.community.errors import (
    RegistrationClosed,
    Throttled,
    UnknownInvite,
    UnknownToken,
    WrongLogin,
    WrongOrigin,
)
from hubbub.community.service.accounts import Entered, SignUp
from hubbub.community.service.actor import Actor
from hubbub.community.service.community import Community
from hubbub.community.service.sessions import Browser
from hubbub.kernel.errors import Overloaded

_TRIES = Limit(30, 60.0)
_DAY_S = 86_400


class RegisterForm(Form):
    """A new person."""

    username: str
    password: str
    display_name: str | None = None
    email: str | None = None
    invite: str | None = None
    """Code of the invite that was followed; the person joins its guild."""


class LoginForm(Form):
    """Who wants in."""

    login: str
    """Username or e-mail address."""
    password: str


class ClaimForm(Form):
    """A one-time link."""

    token: str


class ResetForm(Form):
    """A one-time link and the password to set."""

    token: str
    password: str


class AccountsFace:
    """Routes under /auth."""

    def __init__(self, community: Community) -> None:
        """Answer from `community`."""
        self._accounts = community.accounts
        self._invites = community.invites
        self._profiles = community.profiles
        self._sessions = community.sessions
        self._max_age_s = community.config.session_days * _DAY_S
        self._public_url = community.ports.public_url

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes."""
        busy = (Throttled, Overloaded, WrongOrigin)
        return [
            endpoint(
                "POST",
                "/auth/register",
                self.register,
                status=201,
                auth="none",
                limit=_TRIES,
                errors=(RegistrationClosed, UnknownInvite, *busy),
            ),
            endpoint("POST", "/auth/login", self.login, auth="none", limit=_TRIES, errors=(WrongLogin, *busy)),
            endpoint("POST", "/auth/claim", self.claim, auth="none", limit=_TRIES, errors=(UnknownToken, *busy)),
            endpoint("POST", "/auth/reset", self.reset, auth="none", limit=_TRIES, errors=(UnknownToken, *busy)),
            endpoint("POST", "/auth/logout", self.logout, auth="person", status=204),
        ]

    async def register(self, request: Call, data: JSONBody[RegisterForm]) -> Response[SignedInUser]:
        """Make an account and sign in; with an invite, also join its guild."""
        invited = data.invite is not None and await self._invites.is_valid(data.invite)
        self._accounts.may_register(invited=invited)
        if data.invite is not None and not invited:
            raise UnknownInvite
        form = SignUp(
            username=data.username, password=data.password, display_name=data.display_name, email=data.email or None
        )
        entered = await self._accounts.sign_up(form, _browser(request))
        if data.invite is not None:
            await self._invites.accept(Actor(entered.user.id, session_id=entered.session.id), data.invite)
        return await self._enter(request, entered, 201)

    async def login(self, request: Call, data: JSONBody[LoginForm]) -> Response[SignedInUser]:
        """Sign in by username or e-mail address."""
        return await self._enter(request, await self._accounts.sign_in(data.login, data.password, _browser(request)))

    async def claim(self, request: Call, data: JSONBody[ClaimForm]) -> Response[SignedInUser]:
        """Enter by the one-time link that the operator was shown."""
        return await self._enter(request, await self._accounts.claim(data.token, _browser(request)))

    async def reset(self, request: Call, data: JSONBody[ResetForm]) -> Response[SignedInUser]:
        """Choose a new password by a one-time link and sign in; every other session ends."""
        return await self._enter(request, await self._accounts.reset(data.token, data.password, _browser(request)))

    async def logout(self, request: Call) -> Response[None]:
        """End this browser's session."""
        if request.user.session_id is not None:
            await self._sessions.end(request.user, request.user.session_id)
        cookie = session_cookie(request.scope, None, 0)
        return Response(None, status_code=204, headers={"Set-Cookie": cookie})

    async def _enter(self, request: Call, entered: Entered, status: int = 200) -> Response[SignedInUser]:
        user = await self._profiles.own(entered.user.id)
        cookie = session_cookie(request.scope, entered.session.secret, self._max_age_s)
        return Response(
            SignedInUser(user=user),
            status_code=status,
            headers={"Set-Cookie": cookie},
            media_type="application/json",
        )


def _browser(request: Call) -> Browser:
    return Browser(address_of(request.scope), request.headers.get("user-agent", ""))
