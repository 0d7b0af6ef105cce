"""Measures every HTTP request by its route, never by its address: paths and queries hold tokens, routes do not."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from litestar.enums import ScopeType
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.trace import Span, SpanKind

from hubbub.kernel import telemetry

if TYPE_CHECKING:
    from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

_SLOW_S = 1.0
"""A request that takes longer is worth a line; a person has noticed by then."""
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_PAGES = frozenset({"/healthz", "/metrics"})
_FAULT = 500
_BATCH = 128
"""So many durations are recorded in one go, within about a millisecond."""

_log = telemetry.logger(__name__)
_meter = telemetry.meter("hubbub.app")
_duration = _meter.create_histogram(
    "http.server.request.duration",
    unit="s",
    description="Time from a request's head to the end of its answer",
    explicit_bucket_boundaries_advisory=_SECONDS,
)


class _Durations:
    """Durations on their way into the histogram.

    Recording one takes the SDK thousands of instructions. Between two requests they find the caches cold, and
    take several times as long as in a row.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[float, dict[str, str | int]]] = deque()

    def add(self, took_s: float, attributes: dict[str, str | int]) -> None:
        """Keep a duration in seconds, until there are enough or somebody reads the figures."""
        self._waiting.append((took_s, attributes))
        if len(self._waiting) >= _BATCH:
            self.record()

    def record(self) -> None:
        """Record what waits; also from the thread that exports."""
        while True:
            try:
                took_s, attributes = self._waiting.popleft()
            except IndexError:  # asking first would race with the other thread
                return
            _duration.record(took_s, attributes)


class ObservedRequests:
    """The whole HTTP face, measured; one line a request at level debug, and at warning for a slow or failed one."""

    def __init__(self, app: ASGIApp, *, traces: bool) -> None:
        """Measure `app`; `traces` is whether somebody takes spans."""
        self._app = app
        self._tracer = telemetry.tracer("hubbub.app") if traces else None
        self._active = 0
        self._durations = _Durations()

        def active(_options: CallbackOptions) -> Iterable[Observation]:
            self._durations.record()  # a collection calls first and reads the histograms after
            yield Observation(self._active)

        _meter.create_observable_gauge(
            "http.server.active_requests", [active], unit="{request}", description="Requests being answered"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        if self._tracer is None:
            await self._measure(scope, receive, send, None)
            return
        # What a stranger's traceparent header asks for is not heeded: it would choose what we sample.
        with self._tracer.start_as_current_span(scope["method"], kind=SpanKind.SERVER) as span:
            await self._measure(scope, receive, send, span)

    async def _measure(self, scope: HTTPScope, receive: Receive, send: Send, span: Span | None) -> None:
        status = _FAULT

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._active += 1
        began = time.perf_counter()
        try:
            await self._app(scope, receive, sending)
        finally:
            self._active -= 1
            took_s = time.perf_counter() - began
            method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
            route = _route(scope)
            attributes: dict[str, str | int] = {
                "http.request.method": method,
                "http.route": route,
                "http.response.status_code": status,
            }
            self._durations.add(took_s, attributes)
            if span is not None:
                span.update_name(f"{method} {route}")
                span.set_attributes(attributes)
            _note(scope, method, route, status, took_s)


def _note(scope: HTTPScope, method: str, route: str, status: int, took_s: float) -> None:
    # An upload takes as long as its client's connection makes it.
    if status >= _FAULT or (took_s > _SLOW_S and not route.startswith("/media/uploads")):
        write = _log.warning
    elif _log.is_enabled_for(logging.DEBUG):
        write = _log.debug
    else:  # the usual case gathers nothing for a line that nobody wants
        return
    write("request", method=method, route=route, status=status, ms=round(took_s * 1000, 1), **_who(scope))


def _route(scope: HTTPScope) -> str:
    """Return the route's template; whatever is no route of ours is one name, so that names stay few."""
    path = scope["path"]
    if path.startswith(("/api/", "/cdn/", "/media/")):
        return cast("dict[str, Any]", scope).get("path_template") or "(unknown)"
    return path if path in _PAGES else "(web client)"


def _who(scope: HTTPScope) -> dict[str, object]:
    """Return who asked, and the ids that the path names; tokens in paths are no ids and stay out."""
    found: dict[str, object] = {
        name: value for name, value in (scope.get("path_params") or {}).items() if name.endswith("_id")
    }
    user_id = getattr(scope.get("user"), "user_id", 0)
    return {"user_id": user_id, **found} if user_id else found
