"""Files at `/media/files`, as an ASGI application.

| Address | Methods |
|---|---|
| `/media/files/{asset_id}/{name}` | OPTIONS, GET, HEAD |
| `/media/purge` | POST, with a media key |

A file is someone else's content on our address: it is never guessed at, runs nothing even when it is opened as a page,
and is offered for download unless its type is known to be harmless.

Source: RFC 9110; RFC 8246 (immutable); Content Security Policy Level 3; Fetch, sections 3.2 and 3.7.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import parse_qsl

import msgspec

from hubbub.kernel import asgi, telemetry
from hubbub.kernel.clock import Clock
from hubbub.kernel.errors import FieldProblem, HubbubError, InvalidForm
from hubbub.kernel.snowflake import SNOWFLAKE_MAX
from hubbub.media.api.hot import KEEP_S, HotAnswers
from hubbub.media.counted import DELIVERED, DELIVERIES
from hubbub.media.domain.conditional import Decision, decide
from hubbub.media.domain.deliverable import PATH
from hubbub.media.domain.kinds import Kind
from hubbub.media.errors import AssetUnknown, MethodRefused
from hubbub.media.service.deliver import Deliveries, Opened
from hubbub.media.service.keys import MediaKeys

if TYPE_CHECKING:
    from litestar.types import HTTPScope, Receive, Send

PURGE: Final = "/media/purge"
_ONE = re.compile(rf"{PATH}/(\d{{1,19}})/([^/]{{1,255}})", re.ASCII)
_OK: Final = 200
_YEAR_S: Final = 31_536_000
_QUERY_FIELDS_MAX: Final = 32
_KEPT: Final = frozenset({200, 206, 304})
"""What caches may keep: not that a range or a condition was wrong."""
_PURGE_BYTES_MAX: Final = 4096
_NOSNIFF: Final = ("X-Content-Type-Options", "nosniff")
_SAFE: Final = (
    ("Content-Security-Policy", "sandbox; default-src 'none'; img-src 'self'; media-src 'self'"),
    ("Referrer-Policy", "no-referrer"),
)
_SHARED: Final = (
    ("Cross-Origin-Resource-Policy", "cross-origin"),
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "Accept-Ranges, Content-Length, Content-Range, ETag"),
)
_PREFLIGHT: Final = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Methods", "GET, HEAD"),
    ("Access-Control-Allow-Headers", "If-Match, If-None-Match, If-Range, Range"),
    ("Access-Control-Max-Age", "86400"),
)
_log = telemetry.logger("hubbub.media")

Headers = tuple[tuple[str, str], ...]


class _Purge(msgspec.Struct, forbid_unknown_fields=True):
    """What shall be forgotten: one of the two."""

    asset: str | None = None
    tag: str | None = None


class DeliveryPages:
    """The HTTP face of delivery."""

    template = f"{PATH}/{{asset_id}}/{{name}}"
    """Of the addresses, for those who count requests."""
    delivers = ""
    """What all of it counts as; empty for what it is."""

    def __init__(self, deliveries: Deliveries, keys: MediaKeys, clock: Clock, hot: HotAnswers | None = None) -> None:
        """Answer from `deliveries`; whom `keys` let in may purge what is theirs. `hot` gets what may be sent again."""
        self._deliveries = deliveries
        self._keys = keys
        self._clock = clock
        self._hot = hot or HotAnswers(clock)

    @staticmethod
    def takes(path: str) -> bool:
        """Return whether a path is one of ours."""
        return path == PURGE or path.startswith(f"{PATH}/")

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Raises:
            DeliveryCut: Bytes could not be read in the middle.
        """
        is_purge = scope["path"] == PURGE
        asgi.name_route(scope, PURGE if is_purge else self.template)
        try:
            if is_purge:
                await self._purge(scope, receive, send)
            elif scope["method"] == "OPTIONS":
                await asgi.respond(send, 204, asgi.encoded(_PREFLIGHT))
            else:
                await self._deliver(scope, receive, send)
        except HubbubError as problem:
            await _refuse(scope, send, problem, "POST" if is_purge else "OPTIONS, GET, HEAD")
        except DeliveryCut:
            raise
        except Exception:  # noqa: BLE001 - what nobody foresaw is told to the log, and to the client that it happened
            _log.exception("a delivery could not be answered")
            await _refuse(scope, send, HubbubError(), "")

    async def _deliver(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        if scope["method"] not in {"GET", "HEAD"}:
            raise MethodRefused
        headers = joined(scope["headers"])
        forgotten = self._hot.forgotten
        opened = await self.opened(scope)
        decision = decide(scope["method"], headers, opened.facts, secrets.token_hex(16))
        told = (*decision.headers, *self._headers(opened, decision.status))
        if opened.content is not None or not decision.body:
            body = b"".join([chunk async for chunk in _pieces(self._deliveries, opened, decision)])
            if decision.status == _OK and scope["method"] == "GET" and forgotten == self._hot.forgotten:
                self._keep(scope, opened, told, body)
            if body:
                what = self.delivers or "picture"
                DELIVERIES.add(what)
                DELIVERED.add(what, len(body))
            await asgi.respond(send, decision.status, asgi.encoded(told), body)
            return
        pieces = _counted(self.delivers or "original", _pieces(self._deliveries, opened, decision))
        await _stream(receive, send, decision.status, told, pieces)

    def _keep(self, scope: HTTPScope, opened: Opened, told: Headers, body: bytes) -> None:
        """Keep an answer for those who ask next, unless its address ends before it would be forgotten."""
        accepts = [value for name, value in scope["headers"] if name == b"accept"]
        if len(accepts) > 1 or self._age_s(opened) <= KEEP_S:
            return
        # A copy must not outlive the address, which is closer to its end when the answer is given for the last time.
        control = f"public, max-age={self._age_s(opened) - KEEP_S}, immutable"
        head = b"".join(
            b"%s: %s\r\n" % (name, control.encode() if name == b"cache-control" else value)
            for name, value in asgi.encoded(told)
        )
        target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        self._hot.keep(target, accepts[0] if accepts else b"", head, body)

    def _age_s(self, opened: Opened) -> int:
        """Return for how many seconds a copy is good: for as long as the address is."""
        if opened.expires_s is None:
            return _YEAR_S
        return min(_YEAR_S, max(0, opened.expires_s - self._clock.unix_ms() // 1000))

    async def opened(self, scope: HTTPScope) -> Opened:
        """Return what a request's address opens; errors are those of `Deliveries.open`."""
        found = _ONE.fullmatch(scope["path"])
        if found is None or int(found[1]) > SNOWFLAKE_MAX:
            raise AssetUnknown
        accept = joined(scope["headers"]).get("accept")
        return await self._deliveries.open(int(found[1]), found[2], query_of(scope["query_string"]), accept)

    def _headers(self, opened: Opened, status: int) -> Headers:
        age_s = self._age_s(opened)
        tags = opened.asset.tags
        shared = _SHARED if opened.asset.kind is not Kind.FILE else (("Cross-Origin-Resource-Policy", "same-origin"),)
        return (
            ("Cache-Control", _control(age_s, opened.fresh_s) if status in _KEPT else "no-store"),
            *((("Vary", "Accept"),) if opened.negotiated else ()),
            ("Surrogate-Key", " ".join(tags)),
            ("Cache-Tag", ",".join(tags)),
            ("Content-Disposition", opened.disposition),
            _NOSNIFF,
            *_SAFE,
            *shared,
        )

    async def _purge(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            raise MethodRefused
        authorization = joined(scope["headers"]).get("authorization", "")
        owner = (await self._keys.admit(authorization)).owner
        asked = _purge_in(await _body(receive))
        if asked.asset is not None:
            removed = await self._deliveries.purge_asset(owner, _asset_id(asked.asset))
        else:
            removed = await self._deliveries.purge_tag(owner, asked.tag or "")
        self._hot.forget()
        await asgi.respond_json(scope, send, {"variants": removed})


def _control(age_s: int, fresh_s: int | None) -> str:
    """Return for how long copies are good: as long as the address, unless what it opens may change before."""
    if fresh_s is None:
        return f"public, max-age={age_s}, immutable"
    return f"public, max-age={min(age_s, fresh_s)}, must-revalidate"


class DeliveryCut(Exception):
    """An answer ended in the middle. The server has to close its connection, so that nobody takes it for whole."""


async def _pieces(deliveries: Deliveries, opened: Opened, decision: Decision) -> AsyncGenerator[bytes, None]:
    for piece in decision.body:
        if isinstance(piece, bytes):
            yield piece
        else:
            async for chunk in deliveries.read(opened, piece):
                yield chunk


async def _counted(what: str, pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """Yield pieces, and count what was taken of them, also when the client goes away in the middle."""
    DELIVERIES.add(what)
    async with contextlib.aclosing(pieces):
        async for chunk in pieces:
            yield chunk
            DELIVERED.add(what, len(chunk))


async def _stream(
    receive: Receive, send: Send, status: int, headers: Headers, pieces: AsyncGenerator[bytes, None]
) -> None:
    """Send pieces one after another, and read no more of them once the client went away."""
    async with contextlib.aclosing(pieces):
        chunk = await anext(
            pieces, b""
        )  # before the head, so that what cannot be read at all is an error with a status
        await send({"type": "http.response.start", "status": status, "headers": asgi.encoded(headers)})
        gone = asyncio.create_task(_gone(receive))
        try:
            while not gone.done():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                following = await anext(pieces, None)
                if following is None:
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
                    return
                chunk = following
        except Exception as problem:
            # The head is sent and names a length: nothing else can be said any more.
            _log.warning("delivery.cut", reason=repr(problem))
            raise DeliveryCut from problem
        finally:
            gone.cancel()


async def _gone(receive: Receive) -> None:
    """Return when the client went away."""
    while (await receive())["type"] == "http.request":
        pass


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            break
        body, more = body + message["body"], message["more_body"]
        if len(body) > _PURGE_BYTES_MAX:
            raise InvalidForm(f"The body has at most {_PURGE_BYTES_MAX} bytes.")
    return body


def _purge_in(body: bytes) -> _Purge:
    sentence = 'Send {"asset": "ID"} or {"tag": "TAG"}.'
    try:
        asked = msgspec.json.decode(body, type=_Purge)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise InvalidForm(sentence) from problem
    if (asked.asset is None) == (asked.tag is None):
        raise InvalidForm(sentence, fields=[FieldProblem("asset", "BASE_TYPE_REQUIRED", sentence)])
    return asked


def _asset_id(text: str) -> int:
    if not re.fullmatch(r"\d{1,19}", text, re.ASCII) or int(text) > SNOWFLAKE_MAX:
        raise AssetUnknown
    return int(text)


def joined(headers: object) -> dict[str, str]:
    """Return headers by name; of one that came several times all values, as RFC 9110, 5.3 joins them."""
    joined: dict[str, str] = {}
    for name, value in cast("list[tuple[bytes, bytes]]", headers):
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        joined[key] = f"{joined[key]}, {text}" if key in joined else text
    return joined


def query_of(query: bytes) -> dict[str, str]:
    """Return the parameters of an address; raises `InvalidForm` when there are too many."""
    try:
        fields = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=_QUERY_FIELDS_MAX)
    except ValueError as problem:
        raise InvalidForm(f"The address has at most {_QUERY_FIELDS_MAX} parameters.") from problem
    return dict(fields)


async def _refuse(scope: HTTPScope, send: Send, problem: HubbubError, methods: str) -> None:
    told = [("Access-Control-Allow-Origin", "*"), *_SAFE]
    if isinstance(problem, MethodRefused):
        told.append(("Allow", methods))
    await asgi.refuse(scope, send, problem, headers=told)
