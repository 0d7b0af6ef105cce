"""The little that a small HTTP face needs of ASGI: to answer bytes, JSON or an error, and to name its route.

Faces that a framework would only slow down or hide are plain ASGI applications. They all answer through here, so that
a length is never forgotten and an error looks the same everywhere.

Source: ASGI 3.0, HTTP and WebSocket message format 2.3; RFC 9110.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Literal, TypedDict, cast

import msgspec

from hubbub.kernel import telemetry
from hubbub.kernel.errors import HubbubError, document

_UNAUTHORIZED = 401
_log = telemetry.logger(__name__)

Headers = Iterable[tuple[str, str]]
"""Names in any case, values in Latin-1."""


class Start(TypedDict):
    """The head of an answer."""

    type: Literal["http.response.start"]
    status: int
    headers: Iterable[tuple[bytes, bytes]]


class Body(TypedDict):
    """A piece of an answer's body."""

    type: Literal["http.response.body"]
    body: bytes
    more_body: bool


Send = Callable[[Start | Body], Awaitable[None]]
"""What ASGI hands an application to answer with."""


def name_route(scope: Mapping[str, object], template: str) -> None:
    """Tell whoever measures requests which route this one took: addresses hold tokens and ids, templates do not."""
    cast("dict[str, object]", scope)["path_template"] = template


def encoded(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Return headers as ASGI takes them."""
    return [(name.lower().encode("ascii"), value.encode("latin-1")) for name, value in headers]


async def respond(send: Send, status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes = b"") -> None:
    """Send a whole answer; nothing is added to its headers."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def respond_json(
    scope: Mapping[str, object], send: Send, content: object, *, status: int = 200, headers: Headers = ()
) -> None:
    """Answer with `content` as JSON, which no cache keeps; HEAD is told its length only.

    Args:
        scope: The request's.
        send: As ASGI gives it.
        content: What msgspec can encode, or bytes that are JSON already.
        status: HTTP status.
        headers: What comes besides type, length and caching.
    """
    body = content if isinstance(content, bytes) else msgspec.json.encode(content)
    told = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        *encoded(headers),
    ]
    await respond(send, status, told, b"" if scope["method"] == "HEAD" else body)


async def refuse(scope: Mapping[str, object], send: Send, problem: HubbubError, *, headers: Headers = ()) -> None:
    """Answer `problem`, and when to come back or that a credential is missing where it is so.

    Args:
        scope: The request's.
        send: As ASGI gives it.
        problem: What is wrong.
        headers: What comes besides.
    """
    told = list(headers)
    if problem.retry_after_s is not None:
        told.append(("Retry-After", str(max(1, math.ceil(problem.retry_after_s)))))
    if problem.status == _UNAUTHORIZED:  # RFC 9110, 15.5.2: it names what would be let in
        told.append(("WWW-Authenticate", "Bearer"))
    await respond_json(scope, send, document(problem), status=problem.status, headers=told)


async def answer_json(scope: Mapping[str, object], send: Send, answering: Awaitable[object], question: str) -> None:
    """Answer with what is awaited, as JSON, or with the error that it ends in.

    Args:
        scope: The request's.
        send: As ASGI gives it.
        answering: Finds the content.
        question: What is asked about, for the log.
    """
    try:
        content = msgspec.json.encode(await answering)
    except HubbubError as problem:
        await refuse(scope, send, problem)
    except Exception:  # noqa: BLE001 - what nobody foresaw is told to the log, and to the client that it happened
        _log.exception("a question could not be answered", about=question)
        await refuse(scope, send, HubbubError())
    else:
        await respond_json(scope, send, content)
