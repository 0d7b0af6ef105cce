"""What a client asks for in the URL and the headers of its handshake.

Source: Discord Gateway v10, "Connecting".
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from hubbub.gateway.domain.compression import Compression
from hubbub.gateway.domain.connection import Close
from hubbub.gateway.domain.protocol import API_VERSIONS, CloseCode

GATEWAY_PATH = "/gateway"
_COMPRESSIONS: dict[str, Compression | None] = {"": None, "zlib-stream": "zlib-stream", "zstd-stream": "zstd-stream"}
_PARAMETERS_MAX = 16


class Handshake(NamedTuple):
    """An opened socket's terms."""

    address: str
    """Address of the peer, by which floods are counted."""
    compression: Compression | None = None
    cookie: str | None = None
    """The Cookie header, when its Origin may speak for the person."""
    problem: Close | None = None
    """Why the socket closes right after it opened; None when it may go on."""


def is_gateway(target: str) -> bool:
    """Return whether a request target is the gateway's path, with or without a slash at its end."""
    path = target.partition("?")[0]
    return path in {GATEWAY_PATH, GATEWAY_PATH + "/"}


def read_handshake(
    target: str, headers: Mapping[str, str], address: str, allowed_origins: Collection[str] = ()
) -> Handshake:
    """Return the terms of a handshake; what is wrong with them is closed with a code, so that the client can read it.

    Args:
        target: Request target, path and query.
        headers: Lower-case names and values.
        address: Address of the peer.
        allowed_origins: Origins beside the server's own from which the cookie counts.
    """
    query = dict(_pairs(target.partition("?")[2]))
    compression = query.get("compress", "")
    cookie = headers.get("cookie") if _same_site(headers, allowed_origins) else None
    problem = None
    if query.get("v", API_VERSIONS[-1]) not in API_VERSIONS:
        problem = Close(CloseCode.INVALID_API_VERSION, "This gateway speaks version 10: connect with ?v=10.")
    elif query.get("encoding", "json") != "json":
        problem = Close(CloseCode.DECODE_ERROR, "This gateway speaks JSON only: connect with encoding=json.")
    elif compression not in _COMPRESSIONS:
        problem = Close(CloseCode.DECODE_ERROR, "compress must be zlib-stream or zstd-stream, or be left out.")
    return Handshake(address, _COMPRESSIONS.get(compression), cookie, problem)


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=_PARAMETERS_MAX)
    except ValueError:
        return []


def _same_site(headers: Mapping[str, str], allowed_origins: Collection[str]) -> bool:
    """Return whether the Origin is ours; a program that is no browser sends none and is believed."""
    origin = headers.get("origin")
    if origin is None or origin in allowed_origins:
        return True
    try:
        return urlsplit(origin).netloc.lower() == headers.get("host", "").lower() != ""
    except ValueError:
        return False
