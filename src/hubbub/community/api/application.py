"""The REST application: routes, gate, errors and documentation put together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from litestar import Litestar
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler

from hubbub.community.api.errors import respond
from hubbub.community.api.gate import Gate
from hubbub.community.api.openapi import DescriptionFace
from hubbub.community.api.rate_limit import RateLimits
from hubbub.community.api.routes import file_handlers, route_handlers
from hubbub.community.service.community import Community

PREFIX = "/api/v10"
"""Where the API lives."""


def application(community: Community) -> Litestar:
    """Return the ASGI application that serves /api/v10 and /cdn."""
    config = community.config
    limits = RateLimits(
        community.ports.clock,
        per_second=config.requests_per_second,
        invalid_max=config.invalid_requests_max,
    )
    gate = Gate(community.authentication, limits, community.ports.public_url, enabled=config.rate_limits)
    handlers = _api_handlers(community)
    description = DescriptionFace(lambda: _api_handlers(community), community.ports.public_url)
    handlers.append(_below_prefix(description.route()))
    return Litestar(
        route_handlers=[*handlers, *file_handlers(community)],
        middleware=[gate],
        exception_handlers={HTTPException: respond, Exception: respond},
        openapi_config=None,
        logging_config=None,
        state=State({"allowed_methods": _allowed_methods(handlers)}),
        pdb_on_exception=False,
        debug=False,
    )


def _api_handlers(community: Community) -> list[HTTPRouteHandler]:
    return [_below_prefix(handler) for handler in route_handlers(community)]


def _below_prefix(handler: HTTPRouteHandler) -> HTTPRouteHandler:
    """Return `handler` with the API's prefix.

    No router adds it: Litestar copies a router's handlers deeply, and with them everything that they hold.
    """
    handler.paths = {f"{PREFIX}{path}" for path in handler.paths}
    return handler


def _allowed_methods(handlers: Iterable[HTTPRouteHandler]) -> Callable[[str], list[str]]:
    """Return a function from a path to the methods that it takes, for the Allow header."""
    known: list[tuple[re.Pattern[str], set[str]]] = []
    for handler in handlers:
        for path in handler.paths:
            pattern = re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)) + "/?")
            known.append((pattern, {str(getattr(method, "value", method)) for method in handler.http_methods}))

    def allowed(path: str) -> list[str]:
        found: set[str] = {"OPTIONS"}
        for pattern, methods in known:
            if pattern.fullmatch(path):
                found |= methods
        return sorted(found)

    return allowed
