"""Media for the operator console: one report, and what may be done about work that was given up.

| Path below `/api/operator/media` | Methods | Does |
|---|---|---|
| (nothing) | GET, HEAD | tells everything at a glance |
| `/jobs/{id}/requeue` | POST | begins work that was given up anew |
| `/jobs/{id}` | DELETE | forgets it; its file stays refused |
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from hubbub.kernel.asgi import answer_json, name_route
from hubbub.kernel.snowflake import SNOWFLAKE_MAX
from hubbub.media.errors import JobUnknown, MethodRefused

if TYPE_CHECKING:
    from litestar.types import HTTPScope, Receive, Send

    from hubbub.media.service.parked import ParkedJobs
    from hubbub.media.service.report import MediaReport

PATH: Final = "/api/operator/media"
_JOB = re.compile(rf"{PATH}/jobs/(\d{{1,19}})(/requeue)?", re.ASCII)

Admit = Callable[["HTTPScope"], Awaitable[None]]
"""Raises unless the request comes from an operator."""


class OperatorPages:
    """The HTTP face of what operators see of media, as an ASGI application."""

    def __init__(self, report: MediaReport, parked: ParkedJobs, admit: Admit) -> None:
        """Answer whom `admit` lets in: what is told here is who uploads what."""
        self._report = report
        self._parked = parked
        self._admit = admit

    @staticmethod
    def takes(path: str) -> bool:
        """Return whether a path is one of ours."""
        return path == PATH or path.startswith(f"{PATH}/")

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - pages are alike
        """Answer one request."""
        await answer_json(scope, send, self._answer(scope), "media")

    async def _answer(self, scope: HTTPScope) -> object:
        await self._admit(scope)
        method, path = scope["method"], scope["path"].rstrip("/")
        if path == PATH:
            name_route(scope, PATH)
            if method not in {"GET", "HEAD"}:
                raise MethodRefused
            return await self._report.current()
        found = _JOB.fullmatch(path)
        if found is None or int(found[1]) > SNOWFLAKE_MAX:
            raise JobUnknown
        name_route(scope, f"{PATH}/jobs/{{job_id}}{found[2] or ''}")
        if method != ("POST" if found[2] else "DELETE"):
            raise MethodRefused
        await (self._parked.requeue if found[2] else self._parked.drop)(int(found[1]))
        self._report.forget()
        return {}
