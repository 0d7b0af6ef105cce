"""What is kept back, and the list of what is not wanted, for the operator console.

| Path below `/api/operator/media` | Methods | Does |
|---|---|---|
| `/review` | GET | tells what is kept back; `?decided=1` what was decided, `?before=ID` the next page |
| `/review/{case}` | DELETE | removes the file's bytes; its hash and the record stay |
| `/review/{case}/preview` | GET | answers a still of the file |
| `/review/{case}/release` | POST | lets the file through |
| `/matches` | GET, POST | lists entries (`?query=`), and adds those of `{"text", "label", "action"}` |
| `/matches/{hash}` | DELETE | removes an entry |
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

import msgspec

from hubbub.kernel.asgi import answer_json, name_route, refuse, respond
from hubbub.kernel.errors import HubbubError
from hubbub.kernel.snowflake import SNOWFLAKE_MAX
from hubbub.media.domain.match_file import MatchAction
from hubbub.media.domain.quarantine import CaseState
from hubbub.media.errors import MethodRefused, UploadTooLarge
from hubbub.media.quarantine_errors import CaseUnknown, MatchRefused
from hubbub.media.service.review import hash_named

if TYPE_CHECKING:
    from litestar.types import HTTPScope, Receive, Send

    from hubbub.media.service.review import Review

REVIEW: Final = "/api/operator/media/review"
MATCHES: Final = "/api/operator/media/matches"
_CASE = re.compile(rf"{REVIEW}/(\d{{1,19}})(/preview|/release)?", re.ASCII)
_PAGE: Final = 50
_BODY_BYTES_MAX: Final = 16 * 1024 * 1024
"""Of a list: some two hundred thousand hashes."""

Admit = Callable[["HTTPScope"], Awaitable[str]]
"""Raises unless the request comes from an operator; returns who that is, for the record."""


class _Addition(msgspec.Struct, forbid_unknown_fields=True):
    text: str
    label: str = ""
    action: str = MatchAction.BLOCK.value


class ReviewPages:
    """The HTTP face of review, as an ASGI application."""

    def __init__(self, review: Review, admit: Admit) -> None:
        """Answer whom `admit` lets in."""
        self._review = review
        self._admit = admit

    @staticmethod
    def takes(path: str) -> bool:
        """Return whether a path is one of ours."""
        return any(path == each or path.startswith(f"{each}/") for each in (REVIEW, MATCHES))

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["path"].endswith("/preview"):
            await self._preview(scope, send)
            return
        await answer_json(scope, send, self._answer(scope, receive), "review")

    async def _answer(self, scope: HTTPScope, receive: Receive) -> object:
        by = await self._admit(scope)
        path = scope["path"].rstrip("/")
        if path == REVIEW or path.startswith(f"{REVIEW}/"):
            return await self._cases(scope, path, by)
        name_route(scope, MATCHES if path == MATCHES else f"{MATCHES}/{{hash}}")
        if path != MATCHES:
            _only(scope, "DELETE")
            return {"removed": (await self._review.matches.remove(hash_named(path.removeprefix(f"{MATCHES}/")))).label}
        if scope["method"] == "POST":
            asked = _addition(await _body(receive))
            added = await self._review.add(asked.text, asked.label, asked.action, by)
            return {"added": added.added, "bad": [each._asdict() for each in added.bad]}
        _only(scope, "GET", "HEAD")
        query = _query(scope)
        before = _number(query.get("before"))
        entries = await self._review.entries(query.get("query", ""), _PAGE, before)
        return {"entries": entries, "count": await self._review.matches.count()}

    async def _cases(self, scope: HTTPScope, path: str, by: str) -> object:
        if path == REVIEW:
            name_route(scope, REVIEW)
            _only(scope, "GET", "HEAD")
            query = _query(scope)
            decided = (CaseState.RELEASED, CaseState.DELETED)
            states = decided if query.get("decided") else (CaseState.HELD,)
            return await self._review.overview(states, _PAGE, _number(query.get("before")))
        case_id, what = _case(path)
        name_route(scope, f"{REVIEW}/{{case}}{what}")
        _only(scope, "POST" if what else "DELETE")
        quarantine = self._review.quarantine
        decided_case = await (quarantine.release if what else quarantine.delete)(case_id, by)
        return await self._review.line(decided_case)

    async def _preview(self, scope: HTTPScope, send: Send) -> None:
        try:
            await self._admit(scope)
            case_id, what = _case(scope["path"])
            name_route(scope, f"{REVIEW}/{{case}}{what}")
            _only(scope, "GET", "HEAD")
            found = await self._review.quarantine.preview(case_id)
        except HubbubError as problem:
            await refuse(scope, send, problem)
            return
        headers = [
            (b"content-type", found.content_type.encode()),
            (b"content-length", str(len(found.content)).encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            (b"content-security-policy", b"default-src 'none'; sandbox"),
            (b"cross-origin-resource-policy", b"same-origin"),
        ]
        await respond(send, 200, headers, b"" if scope["method"] == "HEAD" else found.content)


def _case(path: str) -> tuple[int, str]:
    found = _CASE.fullmatch(path)
    if found is None or int(found[1]) > SNOWFLAKE_MAX:
        raise CaseUnknown
    return int(found[1]), found[2] or ""


def _only(scope: HTTPScope, *methods: str) -> None:
    if scope["method"] not in methods:
        raise MethodRefused


def _query(scope: HTTPScope) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(scope["query_string"].decode("latin-1")).items()}


def _number(text: str | None) -> int | None:
    if not text or not text.isascii() or not text.isdecimal() or int(text[:20]) > SNOWFLAKE_MAX:
        return None
    return int(text)


def _addition(body: bytes) -> _Addition:
    try:
        return msgspec.json.decode(body, type=_Addition)
    except msgspec.DecodeError as problem:
        raise MatchRefused("text", "Send JSON with the fields text, label and action.") from problem


async def _body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b""  # who asked is gone
        body += message["body"]
        if len(body) > _BODY_BYTES_MAX:
            raise UploadTooLarge(f"At most {_BODY_BYTES_MAX:,} bytes are accepted here.")
        if not message["more_body"]:
            return bytes(body)
