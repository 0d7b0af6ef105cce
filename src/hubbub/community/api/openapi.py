"""The API's description in OpenAPI 3.1, made from the routes themselves: types, parameters, and every documented error.

Schemas come from the types that decode requests and encode answers, so the description cannot drift from them. Where
decoding is lax (an id as a number, a boolean as 1), the description gives the form that clients should send.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any, get_args, get_origin

import msgspec
from litestar import Litestar, Response
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.response import Stream

from hubbub import __version__
from hubbub.community.api.endpoint import Terms, endpoint
from hubbub.community.api.wire import ErrorBody, RateLimitBody
from hubbub.community.errors import (
    AdministratorsOnly,
    BotsOnly,
    MalformedBody,
    PeopleOnly,
    RateLimited,
    TooLarge,
    Unauthorized,
    UnsupportedMediaType,
    WrongOrigin,
)
from hubbub.kernel.errors import HubbubError, InvalidForm, Overloaded

_REF = "#/components/schemas/{name}"
_JSON = "application/json"
_SECURITY: dict[str, list[dict[str, list[str]]]] = {
    "none": [],
    "any": [{"bot": []}, {"session": []}],
    "person": [{"session": []}],
    "administrator": [{"session": []}],
    "bot": [{"bot": []}],
}


class DescriptionFace:
    """The route that serves the description; it is made when it is first asked for."""

    def __init__(self, handlers: Callable[[], Sequence[HTTPRouteHandler]], public_url: str) -> None:
        """Describe what `handlers` makes, served at `public_url`."""
        self._handlers = handlers
        self._public_url = public_url
        self._made: bytes | None = None

    def route(self) -> HTTPRouteHandler:
        """Return the route."""
        return endpoint("GET", "/openapi.json", self.get_description, auth="none", in_schema=False)

    async def get_description(self) -> Response[bytes]:
        """Return the API's description in OpenAPI 3.1."""
        if self._made is None:
            self._made = document(self._handlers(), self._public_url)
        return Response(self._made, media_type="application/json")


class _Operation(typing.NamedTuple):
    handler: HTTPRouteHandler
    path: str
    method: str
    terms: Terms
    body: Any
    """Type of the body; None for none."""
    is_multipart: bool
    is_body_optional: bool
    answer: Any
    """Type of the answer; None for none."""


def document(handlers: Sequence[HTTPRouteHandler], public_url: str) -> bytes:
    """Return the description of `handlers`, served at `public_url`, as JSON; the handlers serve for nothing else."""
    operations = [_operation(handler) for handler in handlers if handler.include_in_schema is not False]
    types = [each.body for each in operations] + [each.answer for each in operations] + [ErrorBody, RateLimitBody]
    known = [each for each in types if each is not None]
    schemas, components = msgspec.json.schema_components(known, ref_template=_REF)
    schema_of = {id(of): schema for of, schema in zip(known, schemas, strict=True)}
    parameters = _parameters(handlers)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        found = parameters[operation.path].get(operation.method.lower(), [])
        described = _describe(operation, found, schema_of)
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "Hubbub",
                "version": __version__,
                "description": "Discord's bot API v10, and what Hubbub's own web client needs beside it.",
            },
            "servers": [{"url": public_url}],
            "paths": paths,
            "components": {
                "schemas": components,
                "securitySchemes": {
                    "bot": {
                        "type": "apiKey",
                        "in": "header",
                        "name": "Authorization",
                        "description": "A bot's token behind the word Bot: `Bot TOKEN`.",
                    },
                    "session": {
                        "type": "apiKey",
                        "in": "cookie",
                        "name": "__Host-hubbub",
                        "description": "A person's session. Changing requests also carry the header X-Hubbub-Client.",
                    },
                },
            },
        },
        order="sorted",
    )


def _operation(handler: HTTPRouteHandler) -> _Operation:
    (path,) = handler.paths
    hints = typing.get_type_hints(handler.fn, include_extras=True)
    body, optional = handler.opt["body"], False
    is_multipart = body is not None
    if body is None and "data" in hints:
        body = hints["data"]
        optional = type(None) in get_args(body)
        if optional:
            body = next(each for each in get_args(body) if each is not type(None))
    return _Operation(
        handler=handler,
        path=path.replace(":str}", "}"),
        method=handler.opt["method"],
        terms=handler.opt["terms"],
        body=body,
        is_multipart=is_multipart,
        is_body_optional=optional,
        answer=_answer(hints.get("return")),
    )


def _answer(hint: Any) -> Any:
    """Return the type that a handler's answer encodes."""
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if get_origin(hint) is Response:
        hint = get_args(hint)[0]
    return None if hint in {None, type(None), bytes, Stream} else hint


def _parameters(handlers: Sequence[HTTPRouteHandler]) -> Mapping[str, Mapping[str, list[Any]]]:
    """Return each path's parameters by method, as Litestar describes them."""
    described = Litestar(
        route_handlers=list(handlers),
        logging_config=None,
        openapi_config=OpenAPIConfig(title="Hubbub", version=__version__),
    ).openapi_schema.to_schema()
    return {
        path: {method: operation.get("parameters", []) for method, operation in item.items() if method != "parameters"}
        for path, item in described["paths"].items()
    }


def _describe(operation: _Operation, parameters: Iterable[Any], schema_of: Mapping[int, Any]) -> dict[str, Any]:
    handler = operation.handler
    described: dict[str, Any] = {
        "operationId": handler.operation_id,
        "summary": handler.summary,
        "description": handler.description,
        "tags": sorted(handler.tags or ()),
        "security": _SECURITY[operation.terms.auth],
        "parameters": [_tidy(parameter) for parameter in parameters],
        "responses": _responses(operation, schema_of),
    }
    if operation.body is not None:
        schema = schema_of[id(operation.body)]
        content: dict[str, Any] = {_JSON: {"schema": schema}}
        if operation.is_multipart:
            content["multipart/form-data"] = {"schema": _multipart(schema)}
        described["requestBody"] = {"required": not operation.is_body_optional, "content": content}
    return described


def _tidy(parameter: dict[str, Any]) -> dict[str, Any]:
    """Return a parameter without what says nothing; numbers in its schema are whole."""
    kept = {name: parameter[name] for name in ("name", "in", "required", "description") if parameter.get(name)}
    schema = {key: int(value) if isinstance(value, float) else value for key, value in parameter["schema"].items()}
    if schema.get("type") == "string" and "pattern" in schema:
        schema = {"type": "string", "pattern": schema["pattern"]}
    return {**kept, "schema": schema}


def _multipart(schema: Any) -> dict[str, Any]:
    file = {"type": "string", "contentMediaType": "application/octet-stream"}
    return {
        "type": "object",
        "properties": {"payload_json": schema},
        "patternProperties": {r"^files\[\d+\]$": file},
    }


def _responses(operation: _Operation, schema_of: Mapping[int, Any]) -> dict[str, Any]:
    status = operation.handler.status_code
    success: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if operation.answer is not None and status != HTTPStatus.NO_CONTENT:
        success["content"] = {_JSON: {"schema": schema_of[id(operation.answer)]}}
    if operation.terms.limit is not None:
        success["headers"] = _RATE_HEADERS
    responses: dict[str, Any] = {str(status): success}
    by_status: dict[int, list[type[HubbubError]]] = {}
    for error in dict.fromkeys(_errors(operation)):
        by_status.setdefault(error.status, []).append(error)
    for code, errors in sorted(by_status.items()):
        name = "RateLimitBody" if code == HTTPStatus.TOO_MANY_REQUESTS else "ErrorBody"
        responses[str(code)] = {
            "description": "; ".join(f"`{error.code}` ({error.json_code})" for error in errors),
            "content": {_JSON: {"schema": {"$ref": _REF.format(name=name)}}},
        }
    return responses


_RATE_HEADERS = {
    f"X-RateLimit-{name}": {"schema": {"type": kind}, "description": text}
    for name, kind, text in (
        ("Limit", "integer", "Requests that the bucket holds."),
        ("Remaining", "integer", "Requests that are left in it."),
        ("Reset", "number", "Unix seconds at which it fills again."),
        ("Reset-After", "number", "Seconds until it fills again."),
        ("Bucket", "string", "Its name; routes that share a bucket share the name."),
    )
}


def _errors(operation: _Operation) -> Iterable[type[HubbubError]]:
    """Yield every error that the route documents, and those that the gate and the parser add."""
    yield from operation.handler.opt["errors"]
    yield InvalidForm
    yield RateLimited
    yield Overloaded
    yield HubbubError
    auth = operation.terms.auth
    if auth != "none":
        yield Unauthorized
        yield WrongOrigin
        yield from {"person": (PeopleOnly,), "bot": (BotsOnly,), "administrator": (AdministratorsOnly,)}.get(auth, ())
    if operation.body is not None:
        yield MalformedBody
        yield TooLarge
        yield UnsupportedMediaType
