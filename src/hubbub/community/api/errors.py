"""How errors leave the REST API: Discord's JSON form, whatever raised them.

Source: Discord API documentation, "Reference", error messages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import Send

from hubbub.community.api.wire import ErrorBody, RateLimitBody
from hubbub.community.errors import (
    MalformedBody,
    MethodNotAllowed,
    RateLimited,
    TooLarge,
    Unknown,
    UnsupportedMediaType,
)
from hubbub.kernel import asgi
from hubbub.kernel.errors import FieldProblem, HubbubError, InvalidForm, nested

_log = structlog.get_logger("hubbub.community.api")
_MISSING = re.compile(r"missing required field `(?P<name>[^`]+)`")
_INDEX = re.compile(r"\[(\d+|\.\.\.)\]")

_CODES = (
    ("missing required field", "BASE_TYPE_REQUIRED", "This field is required"),
    ("of length <=", "BASE_TYPE_MAX_LENGTH", None),
    ("of length >=", "BASE_TYPE_MIN_LENGTH", None),
    ("<=", "NUMBER_TYPE_MAX", None),
    (">=", "NUMBER_TYPE_MIN", None),
    ("matching regex", "STRING_TYPE_REGEX", None),
    ("Invalid enum value", "BASE_TYPE_CHOICES", None),
)


def body_of(error: HubbubError) -> ErrorBody | RateLimitBody:
    """Return the JSON body that tells of `error`."""
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimitBody(
            message=error.sentence,
            retry_after=round(error.retry_after_s or 1.0, 3),
            is_global=getattr(error, "is_global", False),
            code=error.json_code,
            error=error.code,
        )
    body = ErrorBody(code=error.json_code, message=error.sentence, error=error.code)
    if error.fields:
        body.errors = nested(error.fields)
    return body


def headers_of(error: HubbubError) -> dict[str, str]:
    """Return the headers that go with `error`."""
    headers: dict[str, str] = {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, -int(-error.retry_after_s // 1)))
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        # Without it, discord.py takes the answer for a ban by a proxy.
        headers["Via"] = "1.1 hubbub"
        is_global = getattr(error, "is_global", False)
        headers["X-RateLimit-Scope"] = "global" if is_global else "user"
        if is_global:
            headers["X-RateLimit-Global"] = "true"
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bot"
    return headers


def problem_of(message: str, key: str) -> FieldProblem:
    """Return the field at fault and why, from a decoder's sentence and the path that it names."""
    path = _INDEX.sub(r".\1", key).removeprefix("data.")
    if path == "data":
        path = ""
    if message == "'data'":
        return FieldProblem("", "BASE_TYPE_REQUIRED", "This request needs a JSON body")
    missing = _MISSING.search(message)
    if missing is not None:
        path = f"{path}.{missing['name']}" if path else missing["name"]
    for needle, code, sentence in _CODES:
        if needle in message:
            return FieldProblem(path, code, sentence or message)
    return FieldProblem(path, "BASE_TYPE_BAD_TYPE", message)


def problem_in(error: msgspec.ValidationError) -> FieldProblem:
    """Return the problem that a msgspec decoder found, for bodies decoded outside Litestar."""
    message, _, place = str(error).partition(" - at `")
    return problem_of(message, place.rstrip("`").removeprefix("$").removeprefix("."))


def translate(error: Exception) -> HubbubError:
    """Return `error` as one of ours; what nobody foresaw becomes the plain 500 and is logged."""
    if isinstance(error, HubbubError):
        return error
    if isinstance(error, ValidationException):
        entries = error.extra if isinstance(error.extra, list) else []
        return InvalidForm(
            fields=[problem_of(e.get("message", ""), e.get("key", "")) for e in entries if isinstance(e, Mapping)]
        )
    if isinstance(error, HTTPException):
        by_status: dict[int, type[HubbubError]] = {
            400: MalformedBody,
            404: Unknown,
            405: MethodNotAllowed,
            413: TooLarge,
            415: UnsupportedMediaType,
            429: RateLimited,
        }
        found = by_status.get(error.status_code)
        if found is not None:
            return found()
    if isinstance(error, msgspec.ValidationError):
        return InvalidForm(fields=[problem_in(error)])
    _log.exception("request failed", exc_info=error)
    return HubbubError()


def _answer(error: Exception) -> tuple[HubbubError, dict[str, str]]:
    ours = translate(error)
    if ours.report:
        _log.error("operator's attention", code=ours.code, error=ours.sentence, cause=repr(ours.__cause__))
    return ours, headers_of(ours)


def respond(request: Request[Any, Any, Any], error: Exception) -> Response[ErrorBody | RateLimitBody]:
    """Answer `error`; Litestar's exception handler."""
    ours, headers = _answer(error)
    if isinstance(ours, MethodNotAllowed):
        headers["Allow"] = ", ".join(request.app.state.allowed_methods(request.scope["path"]))
    return Response(body_of(ours), status_code=ours.status, headers=headers, media_type="application/json")


async def refuse(error: Exception, send: Send) -> None:
    """Answer `error` before the request reached its handler."""
    ours, headers = _answer(error)
    body = msgspec.json.encode(body_of(ours))
    head = asgi.encoded(headers.items())
    head += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await asgi.respond(send, ours.status, head, body)
