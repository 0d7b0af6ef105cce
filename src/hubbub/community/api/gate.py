"""The gate before every REST route: rate limits, credentials, and the headers that tell of both.

It is one plain ASGI layer that Litestar runs after routing, so the route's `Terms` and parameters are known and
nothing is parsed twice.
"""

from __future__ import annotations

from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from hubbub.community.api.auth import Credentials, caller, check_foreign
from hubbub.community.api.endpoint import Terms
from hubbub.community.api.errors import refuse
from hubbub.community.api.rate_limit import RateLimits, Window
from hubbub.community.errors import (
    AdministratorsOnly,
    BotsOnly,
    PeopleOnly,
    RateLimited,
    UnsupportedMediaType,
)
from hubbub.community.service.actor import Actor
from hubbub.community.service.authentication import Authentication

_MAJOR = ("channel_id", "guild_id", "application_id")
_REFUSED = frozenset({401, 403, 429})
_NOBODY = Actor(0)


class Gate:
    """Admits requests to the routes of one application."""

    def __init__(
        self,
        authentication: Authentication,
        limits: RateLimits,
        public_url: str,
        *,
        enabled: bool,
    ) -> None:
        """Admit by `authentication` and `limits`; `enabled` is whether limits hold at all."""
        self._authentication = authentication
        self._limits = limits
        self._public_url = public_url
        self._enabled = enabled

    def __call__(self, app: ASGIApp) -> ASGIApp:
        """Return `app` behind the gate."""

        async def admit(scope: Scope, receive: Receive, send: Send) -> None:
            terms: Terms | None = scope["route_handler"].opt.get("terms")
            if terms is None or scope["type"] != ScopeType.HTTP:
                await app(scope, receive, send)
                return
            passage = _Passage(self._limits, send, address_of(scope))
            try:
                if self._enabled:
                    self._limits.check_address(passage.address)
                actor = scope["user"] = await self._authenticate(scope, terms)
                if self._enabled:
                    self._count(scope, terms, actor, passage)
            except Exception as error:  # noqa: BLE001 - `refuse` logs what nobody foresaw and answers 500
                await refuse(error, passage.send)
                return
            await app(scope, receive, passage.send)

        return admit

    async def _authenticate(self, scope: HTTPScope, terms: Terms) -> Actor:
        credentials = Credentials(scope["headers"])
        if credentials.has_body:
            _check_media_type(credentials.content_type, terms)
        if terms.auth == "none":
            if scope["method"] == "POST":
                # Nobody's credential is used, but a page elsewhere must not sign its visitor into another's account.
                check_foreign(credentials, scope["scheme"], self._public_url)
            return _NOBODY
        actor = await caller(self._authentication, scope, credentials, self._public_url)
        if terms.auth == "bot" and not actor.is_bot:
            raise BotsOnly
        if terms.auth == "person" and actor.is_bot:
            raise PeopleOnly
        if terms.auth == "administrator" and not actor.is_administrator:
            raise AdministratorsOnly
        return actor

    def _count(self, scope: Scope, terms: Terms, actor: Actor, passage: _Passage) -> None:
        who: object = actor.user_id or passage.address
        if terms.limit is not None:
            params: dict[str, Any] = scope["path_params"]
            major = next((params[name] for name in _MAJOR if name in params), None)
            # Of a webhook the token counts too, so that the follow-ups of one interaction hold up no other's.
            window = self._limits.take((terms.bucket, who, major, params.get("token")), terms.limit)
            passage.window, passage.bucket = window, terms.bucket
            if window.left < 0:
                raise RateLimited(retry_after_s=self._limits.wait_s(window))
        if terms.is_global:
            self._limits.take_global(who)


def _check_media_type(content_type: bytes, terms: Terms) -> None:
    """Raise `UnsupportedMediaType` for a body that no reader of the route takes; one of no type is taken for JSON."""
    kind = content_type.partition(b";")[0].strip().lower()
    if kind and kind != b"application/json" and not (terms.takes_files and kind == b"multipart/form-data"):
        raise UnsupportedMediaType


def address_of(scope: Scope) -> str:
    """Return the address that the request came from, as the server resolved it behind trusted proxies."""
    client = scope.get("client")
    return client[0] if client else ""


class _Passage:
    """One request's way out: adds the bucket's headers and notes refusals."""

    __slots__ = ("_limits", "_send", "address", "bucket", "window")

    def __init__(self, limits: RateLimits, send: Send, address: str) -> None:
        self._limits = limits
        self._send = send
        self.address = address
        self.window: Window | None = None
        self.bucket = ""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if self.window is not None:
                message["headers"] = [*message["headers"], *self._limits.headers(self.window, self.bucket)]
            if message["status"] in _REFUSED:
                self._limits.note_refused(self.address)
        await self._send(message)
