"""Types of what requests carry: path and query parameters, and the pieces that request bodies share.

Decoding is lax where clients differ: an id comes as a string or a number, a boolean as true, false, 1 or 0. A field
that may be left out is `UNSET`, which is not the same as null.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar import Request
from litestar.datastructures import State
from litestar.params import Parameter
from msgspec import UNSET, Meta, UnsetType

from hubbub.community.service.actor import Actor
from hubbub.events.contracts import objects
from hubbub.kernel.snowflake import SNOWFLAKE_MAX

__all__ = ["UNSET", "Call", "Form", "PathId", "Permission", "QueryId", "Snowflake", "UnsetType", "unix_ms"]

_SNOWFLAKE_SCHEMA: dict[str, Any] = {"type": "string", "pattern": r"^(0|[1-9][0-9]{0,18})$"}

Call = Request[Actor, object, State]
"""A request whose caller is known: `call.user`."""

PathId = Annotated[int, Parameter(ge=0, le=SNOWFLAKE_MAX, schema_extra=_SNOWFLAKE_SCHEMA)]
"""An id in a path."""

QueryId = Annotated[int | None, Parameter(ge=0, le=SNOWFLAKE_MAX, schema_extra=_SNOWFLAKE_SCHEMA)]
"""An id in a query string; None when absent."""

Snowflake = Annotated[int, Meta(ge=0, le=SNOWFLAKE_MAX, extra_json_schema=_SNOWFLAKE_SCHEMA)]
"""An id in a body, as a decimal string or a number."""

Permission = Annotated[
    int, Meta(ge=0, le=SNOWFLAKE_MAX, extra_json_schema={"type": "string", "pattern": r"^(0|[1-9][0-9]{0,18})$"})
]
"""A permission set in a body, as a decimal string or a number."""


class Form(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """Base of request bodies; fields that are not known are ignored, as clients of later versions send them."""


def unix_ms(moment: datetime) -> int:
    """Return a time from a request in Unix milliseconds; one without offset is taken for UTC, whatever our own zone."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)


class ErrorBody(msgspec.Struct, kw_only=True):
    """What every refused request is answered with."""

    code: int
    """Numeric code of the Discord API; 0 where it has none."""
    message: str
    """What happened and what to do, for a person."""
    error: str = ""
    """Hubbub's stable code, see the reference of errors."""
    errors: dict[str, Any] | UnsetType = UNSET
    """Problems by field: nested by path, each end holding a list `_errors` of `{code, message}`."""


class RateLimitBody(msgspec.Struct, kw_only=True):
    """What a request over a rate limit is answered with."""

    message: str
    retry_after: float
    """Seconds until the same request may succeed."""
    is_global: bool = msgspec.field(name="global", default=False)
    code: int = 0
    error: str = "rate_limited"


class SignedInUser(msgspec.Struct, kw_only=True):
    """Who is now signed in."""

    user: objects.OwnUser
