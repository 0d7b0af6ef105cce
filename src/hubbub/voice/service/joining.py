"""How a client asks to join, read from the query of `/rtc/v1` (one peer connection) or of `/rtc` (two).

Source: livekit-server, pkg/service/rtcservice.go; client-sdk-js, src/api/SignalClient.ts.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
from google.protobuf.message import DecodeError
from livekit.protocol import models, rtc

from hubbub.voice.domain.grant import Claims
from hubbub.voice.domain.token import verify_token
from hubbub.voice.errors import NotPermitted, RequestRefused, TokenRefused
from hubbub.voice.service.message import enum

JOIN_BYTES_MAX = 1024 * 1024
"""Of a join request once it is unpacked."""
_BEARER = "bearer "
_SDKS = {name.casefold().replace("_", ""): number for name, number in models.ClientInfo.SDK.items()}


@dataclass(slots=True, kw_only=True)
class Joining:
    """What a client says of itself when it joins or comes back."""

    claims: Claims
    key: str
    """API key that signed the token; signs refreshed ones."""
    client: models.ClientInfo
    single: bool
    """One peer connection, the client's; else two, the subscriber's being ours to offer."""
    auto_subscribe: bool = True
    adaptive_stream: bool = False
    reconnect: bool = False
    sid: str = ""
    reason: int = 0
    metadata: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    tracks: tuple[rtc.AddTrackRequest, ...] = ()
    offer: rtc.SessionDescription | None = None
    sync: rtc.SyncState | None = None


def read_joining(
    query: Mapping[str, str],
    headers: Mapping[str, str],
    secrets: Mapping[str, str],
    *,
    single: bool,
    now_s: float,
) -> Joining:
    """Return what a client asks for.

    Args:
        query: Of the WebSocket's address, each name once.
        headers: Of its handshake, names in lower case.
        secrets: Secret of each API key.
        single: Whether the path is `/rtc/v1`.
        now_s: Unix seconds.

    Raises:
        TokenRefused: There is no token, or it is not good.
        NotPermitted: It does not let the holder join a room.
        RequestRefused: The rest cannot be read.
    """
    token = verify_token(_token(query, headers), secrets, now_s=now_s)
    grant = token.claims.video
    if not grant.room_join or not grant.room or not token.claims.identity:
        raise NotPermitted("The token does not permit joining a room, or names none, or no identity.")
    packed = query.get("join_request", "")
    if packed or single:
        request = _unpack(packed)
        settings = request.connection_settings
        return Joining(
            claims=token.claims,
            key=token.key,
            client=request.client_info,
            single=True,
            auto_subscribe=settings.auto_subscribe,
            adaptive_stream=settings.adaptive_stream,
            reconnect=request.reconnect,
            sid=request.participant_sid,
            reason=request.reconnect_reason,
            metadata=request.metadata,
            attributes=dict(request.participant_attributes),
            tracks=tuple(request.add_track_requests),
            offer=request.publisher_offer if request.HasField("publisher_offer") else None,
            sync=request.sync_state if request.HasField("sync_state") else None,
        )
    return Joining(
        claims=token.claims,
        key=token.key,
        client=_client(query),
        single=False,
        auto_subscribe=_flag(query.get("auto_subscribe", "1")),
        adaptive_stream=_flag(query.get("adaptive_stream", "")),
        reconnect=_flag(query.get("reconnect", "")),
        sid=query.get("sid", ""),
        reason=_number(query.get("reconnect_reason", "")),
        attributes=_attributes(query.get("attributes", "")),
    )


def _token(query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    header = headers.get("authorization", "")
    if header:
        if header[: len(_BEARER)].casefold() != _BEARER:
            raise TokenRefused("The authorization header must start with 'Bearer '.")
        return header[len(_BEARER) :].strip()
    token = query.get("access_token", "")
    if not token:
        raise TokenRefused("There is no access token.")
    return token


def _unpack(packed: str) -> rtc.JoinRequest:
    if not packed:
        raise RequestRefused("join_request is missing.")
    try:
        # Some clients leave the padding out, some use the alphabet that is not safe in addresses.
        text = packed.replace("-", "+").replace("_", "/").replace(" ", "+")
        wrapped = rtc.WrappedJoinRequest.FromString(base64.b64decode(text + "=" * (-len(text) % 4), validate=True))
        data = wrapped.join_request
        if wrapped.compression == rtc.WrappedJoinRequest.GZIP:
            data = _gunzip(data)
        if len(data) > JOIN_BYTES_MAX:
            raise RequestRefused("join_request is too long.")
        return rtc.JoinRequest.FromString(data)
    except (binascii.Error, ValueError, DecodeError, zlib.error) as problem:
        raise RequestRefused("join_request cannot be read.") from problem


def _gunzip(data: bytes) -> bytes:
    inflater = zlib.decompressobj(wbits=31)
    plain = inflater.decompress(data, JOIN_BYTES_MAX + 1)
    if len(plain) > JOIN_BYTES_MAX or not inflater.eof:
        raise RequestRefused("join_request is too long, or cut short.")
    return plain


def _client(query: Mapping[str, str]) -> models.ClientInfo:
    return models.ClientInfo(
        sdk=enum(_SDKS.get(query.get("sdk", "").casefold(), 0)),
        version=query.get("version", "")[:64],
        protocol=_number(query.get("protocol", "")),
        client_protocol=_number(query.get("client_protocol", "")),
        os=query.get("os", "")[:64],
        os_version=query.get("os_version", "")[:64],
        device_model=query.get("device_model", "")[:64],
        browser=query.get("browser", "")[:64],
        browser_version=query.get("browser_version", "")[:64],
        network=query.get("network", "")[:64],
    )


def _attributes(text: str) -> dict[str, str]:
    if not text:
        return {}
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return msgspec.json.decode(raw, type=dict[str, str])
    except (binascii.Error, ValueError) as problem:
        raise RequestRefused("attributes cannot be read.") from problem


def _flag(text: str) -> bool:
    return text.casefold() in {"1", "true"}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0  # noqa: PLR2004 - fits 32 bits
