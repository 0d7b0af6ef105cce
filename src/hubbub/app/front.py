"""The door: sends each request to the API, the operations pages or the web client, by its path."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import msgspec
from litestar.enums import ScopeType

from hubbub import __version__
from hubbub.app.errors import NotOperator
from hubbub.community.api.auth import Credentials, caller
from hubbub.community.service.authentication import Authentication
from hubbub.kernel import asgi
from hubbub.kernel.errors import HubbubError
from hubbub.kernel.health import Health, Line

if TYPE_CHECKING:
    from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send
    from prometheus_client import CollectorRegistry

    from hubbub.app.static import WebClient

_API = ("/api/", "/cdn/")
_OPERATOR = "/api/operator/"


class Pages(Protocol):
    """Pages of one engine."""

    def takes(self, path: str) -> bool:
        """Return whether a path is one of theirs."""
        ...

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        ...


class HealthReport(msgspec.Struct, frozen=True):
    """What `/healthz` answers: one line per engine."""

    healthy: bool
    version: str
    engines: list[Line]


class Front:
    """The whole HTTP face as one ASGI application."""

    def __init__(self, api: ASGIApp, pages: Sequence[Pages], web_client: WebClient | ASGIApp) -> None:
        """Send a request to the first of `pages` that takes it, else to `api` by its path, else to `web_client`."""
        self._api = api
        self._pages = pages
        self._web_client = web_client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; a WebSocket that no engine took is refused."""
        if scope["type"] != ScopeType.HTTP:
            await send({"type": "websocket.close", "code": 1000, "reason": "The gateway is at /gateway."})
            return
        path = scope["path"]
        if path.startswith(_API) and not path.startswith(_OPERATOR):
            await self._api(scope, receive, send)
            return
        for pages in self._pages:
            if pages.takes(path):
                await pages(scope, receive, send)
                return
        await (self._api if path.startswith(_API) else self._web_client)(scope, receive, send)


class OperationsPages:
    """`/healthz` and `/metrics`, for the machine itself and for administrators."""

    PATHS = frozenset({"/healthz", "/metrics"})

    def __init__(
        self, health: Health, metrics: CollectorRegistry, authentication: Authentication, public_url: str
    ) -> None:
        """Answer from `health` and `metrics`; administrators are known by `authentication`."""
        self._health = health
        self._metrics = metrics
        self._authentication = authentication
        self._public_url = public_url

    def takes(self, path: str) -> bool:
        """Return whether a path is one of the two."""
        return path in self.PATHS

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - pages are alike
        """Answer one request."""
        if not await self._is_operator(scope):
            await asgi.refuse(scope, send, NotOperator())
        elif scope["path"] == "/healthz":
            lines = await self._health.check()
            report = HealthReport(all(line.healthy for line in lines), __version__, lines)
            await asgi.respond_json(scope, send, report, status=200 if report.healthy else 503)
        else:
            from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

            figures = generate_latest(self._metrics)
            told = [
                (b"content-type", CONTENT_TYPE_LATEST.encode()),
                (b"content-length", b"%d" % len(figures)),
                (b"cache-control", b"no-store"),
                (b"x-content-type-options", b"nosniff"),
            ]
            await asgi.respond(send, 200, told, figures)

    async def _is_operator(self, scope: HTTPScope) -> bool:
        address = (scope["client"] or ("", 0))[0]
        try:
            if ipaddress.ip_address(address).is_loopback:
                return True
        except ValueError:
            pass
        try:
            actor = await caller(self._authentication, scope, Credentials(scope["headers"]), self._public_url)
        except HubbubError:
            return False
        return actor.is_administrator


async def nowhere(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - an application like others
    """Answer that nothing is at this address of this process."""
    await asgi.respond_json(scope, send, {"code": 0, "message": "404: Not Found"}, status=404)
