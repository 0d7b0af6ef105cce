"""Twirp, the RPC that LiveKit's server SDKs speak: one POST per call, protobuf or JSON, errors as JSON.

Source: the Twirp v7 specification (routing, errors and their HTTP status).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message

from hubbub.kernel.errors import HubbubError
from hubbub.voice.domain.token import verify_token
from hubbub.voice.errors import RequestRefused, TokenRefused
from hubbub.voice.service.room_service import RoomService

BODY_BYTES_MAX = 256 * 1024
_PROTOBUF, _JSON = "application/protobuf", "application/json"
_STATUS = {
    "invalid_argument": 400,
    "malformed": 400,
    "unauthenticated": 401,
    "permission_denied": 403,
    "not_found": 404,
    "bad_route": 404,
    "resource_exhausted": 429,
    "internal": 500,
    "unimplemented": 501,
    "unavailable": 503,
}


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer over HTTP."""

    status: int
    content_type: str
    body: bytes


def call(service: RoomService, name: str, headers: Mapping[str, str], body: bytes, *, now_s: float) -> Reply:
    """Carry out one call of the RoomService; never raises on what a client can send.

    Args:
        service: The procedures.
        name: The last part of the path ``/twirp/livekit.RoomService/{name}``.
        headers: Of the request, names in lower case.
        body: Of the request.
        now_s: Unix seconds.
    """
    try:
        kind = headers.get("content-type", "").partition(";")[0].strip().casefold()
        if kind not in {_PROTOBUF, _JSON}:
            return _error("bad_route", "The content type must be application/protobuf or application/json.")
        bearer, _, raw = headers.get("authorization", "").partition(" ")
        if bearer.casefold() != "bearer":
            raise TokenRefused("The authorization header must start with 'Bearer '.")
        token = verify_token(raw.strip(), service.rooms.secrets, now_s=now_s)
        method = service.method(name)
        request = _read(method.request(), kind, body)
        return _write(method.call(token.claims, request), kind)
    except HubbubError as problem:
        return _error(getattr(problem, "twirp_code", "internal"), problem.sentence)


def _read(request: Message, kind: str, body: bytes) -> Message:
    if len(body) > BODY_BYTES_MAX:
        raise RequestRefused(f"The body may have at most {BODY_BYTES_MAX} bytes.")
    try:
        if kind == _PROTOBUF:
            request.ParseFromString(body)
        else:
            json_format.Parse(body or b"{}", request, ignore_unknown_fields=True, max_recursion_depth=32)
    except (DecodeError, json_format.ParseError, UnicodeDecodeError, RecursionError) as problem:
        raise RequestRefused("The body cannot be read as the request that the call takes.") from problem
    return request


def _write(response: Message, kind: str) -> Reply:
    if kind == _PROTOBUF:
        return Reply(200, _PROTOBUF, response.SerializeToString())
    text = json_format.MessageToJson(response, preserving_proto_field_name=True, indent=None)
    return Reply(200, _JSON, text.encode())


def error_body(code: str, sentence: str) -> bytes:
    """Return an error as clients read it."""
    return msgspec.json.encode({"code": code, "msg": sentence})


def _error(code: str, sentence: str) -> Reply:
    return Reply(_STATUS.get(code, 500), _JSON, error_body(code, sentence))
