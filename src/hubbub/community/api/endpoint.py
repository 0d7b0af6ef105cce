"""How a REST route is declared: its handler beside everything that the gate and the documentation must know of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Literal, NamedTuple

from litestar.enums import MediaType
from litestar.handlers import HTTPRouteHandler

from hubbub.kernel.errors import HubbubError

Auth = Literal["none", "any", "person", "bot", "administrator"]
"""Who may call: `none` anyone without looking at credentials, `any` whoever is signed in."""


class Limit(NamedTuple):
    """How often one caller may use a route within one major parameter (channel, guild or webhook)."""

    requests: int
    per_s: float
    bucket: str = ""
    """Shared name; routes of equal name share the count. Empty: the route's own."""


READING: Final = Limit(100, 10.0)
WRITING: Final = Limit(30, 10.0)
SENDING: Final = Limit(10, 5.0)
RARE: Final = Limit(10, 60.0)
"""For what costs much or is done seldom: sign-up, sign-in, new guilds."""


class Terms(NamedTuple):
    """What the gate knows of a route; found in the handler's `opt` under ``terms``."""

    auth: Auth
    limit: Limit | None
    """None: neither limited nor given bucket headers (interaction callbacks)."""
    bucket: str
    """What counts together."""
    is_global: bool
    """Whether the request counts against the caller's global limit."""
    body_bytes_max: int
    takes_files: bool
    """Whether multipart/form-data is read beside JSON."""


def endpoint(
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"],
    path: str,
    handle: Callable[..., Awaitable[Any]],
    *,
    status: int | None = None,
    auth: Auth = "any",
    limit: Limit | None = None,
    unlimited: bool = False,
    is_global: bool = True,
    errors: Sequence[type[HubbubError]] = (),
    body_bytes_max: int = 1_000_000,
    tags: Sequence[str] = (),
    media_type: MediaType | str = MediaType.JSON,
    in_schema: bool = True,
    body: type | None = None,
) -> HTTPRouteHandler:
    """Return the route handler for `handle`, a bound coroutine method whose name becomes the operation's id.

    Args:
        method: HTTP method.
        path: Path below /api/v10 with parameters as ``{guild_id:str}``; ids are annotated `PathId` in the handler.
        handle: Takes keyword arguments by Litestar's rules: `request: Call`, path and query parameters by name, `data`
            for the body.
        status: Success status; None means 200, and 204 where the handler returns None.
        auth: Who may call.
        limit: The bucket; None takes `READING` for GET and `WRITING` otherwise.
        unlimited: No bucket at all.
        is_global: Whether it counts against the caller's global limit.
        errors: Documented errors beside those that every route has.
        body_bytes_max: Largest body, in bytes.
        tags: Groups in the documentation; empty takes the first word of the path.
        media_type: Content type of the answer.
        in_schema: Whether the documentation shows it.
        body: Type of a body that the handler reads itself, as JSON or as multipart with files.
    """
    chosen = None if unlimited else limit or (READING if method == "GET" else WRITING)
    bucket = (chosen.bucket if chosen else "") or f"{method}:{path}"
    name: str = handle.__name__
    if status is None:
        status = 204 if handle.__annotations__.get("return") in {None, "None"} else 200
    documentation = (handle.__doc__ or "").strip()
    return HTTPRouteHandler(
        path,
        http_method=method,
        status_code=status,
        media_type=media_type,
        operation_id=name,
        summary=documentation.partition("\n")[0],
        description=documentation,
        tags=list(tags) or [path.strip("/").partition("/")[0]],
        include_in_schema=in_schema,
        request_max_body_size=body_bytes_max,
        terms=Terms(auth, chosen, bucket, is_global, body_bytes_max, takes_files=body is not None),
        errors=tuple(errors),
        body=body,
        method=method,
    )(handle)
