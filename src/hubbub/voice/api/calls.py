"""Calls for the operator console: which there were, how each went, and one person's timeline in it.

| Path below `/api/operator/calls` | Answer |
|---|---|
| (nothing) | a page of calls, the newest first |
| `/{id}` | one call with its people and the likely cause |
| `/{id}/people/{stay}` | one person's samples and moments |
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import msgspec

from hubbub.kernel.asgi import answer_json, name_route
from hubbub.kernel.errors import FieldProblem, InvalidForm
from hubbub.kernel.snowflake import SNOWFLAKE_MAX
from hubbub.voice.errors import CallUnknown
from hubbub.voice.service.call_book import LIMIT_MAX, wanted_calls
from hubbub.voice.service.call_view import CallLine

if TYPE_CHECKING:
    from litestar.types import HTTPScope, Receive, Send

    from hubbub.voice.service.call_book import CallBook

PATH = "/api/operator/calls"
_ONE = re.compile(rf"{PATH}/(\d{{1,19}})(?:/people/(\d{{1,19}}))?")


class CallPage(msgspec.Struct, frozen=True):
    """A page of calls."""

    calls: list[CallLine]
    before: str | None
    """What to ask for next; None when these are the last."""


Admit = Callable[["HTTPScope"], Awaitable[None]]
"""Raises unless the request comes from an operator."""


class CallPages:
    """The HTTP face of the call inspector as an ASGI application."""

    def __init__(self, book: CallBook, admit: Admit) -> None:
        """Answer from `book` whom `admit` lets in: what is told here is who spoke with whom, from which address."""
        self._book = book
        self._admit = admit

    @staticmethod
    def takes(path: str) -> bool:
        """Return whether a path is one of ours."""
        return path == PATH or path.startswith(f"{PATH}/")

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - pages are alike
        """Answer one request."""
        await answer_json(scope, send, self._answer(scope), "calls")

    async def _answer(self, scope: HTTPScope) -> object:
        await self._admit(scope)
        if scope["method"] not in {"GET", "HEAD"}:
            raise CallUnknown("Calls can only be looked at.")
        path = scope["path"].rstrip("/")
        query = {name: values[-1] for name, values in parse_qs(scope["query_string"].decode("latin-1")).items()}
        if path == PATH:
            name_route(scope, PATH)
            return await self._page(query)
        found = _ONE.fullmatch(path)
        if found is None:
            raise CallUnknown
        name_route(scope, f"{PATH}/{{call_id}}" + ("/people/{stay_id}" if found[2] else ""))
        call_id = int(found[1])
        if call_id > SNOWFLAKE_MAX:
            raise CallUnknown
        if found[2] is None:
            return await self._book.call(call_id)
        return await self._book.timeline(call_id, int(found[2]), _number(query, "from_ms", 0, 0, SNOWFLAKE_MAX))

    async def _page(self, query: dict[str, str]) -> CallPage:
        limit = _number(query, "limit", 50, 1, LIMIT_MAX)
        wanted = wanted_calls(
            query.get("query", ""),
            query.get("state", ""),
            query.get("quality", ""),
            limit=limit,
            before=_number(query, "before", SNOWFLAKE_MAX, 0, SNOWFLAKE_MAX),
        )
        calls = await self._book.page(wanted)
        return CallPage(calls, calls[-1].id if len(calls) == limit else None)


def _number(query: dict[str, str], name: str, default: int, least: int, most: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(SNOWFLAKE_MAX)) else -1
    if not least <= number <= most:
        sentence = f"A whole number from {least} to {most}."
        raise InvalidForm(fields=[FieldProblem(name, "NUMBER_TYPE_RANGE", sentence)])
    return number
