"""The seam between uvicorn and picows: engines' sockets share the port of the REST API, and skip ASGI.

uvicorn lets the class of its WebSocket protocol be named. `websocket_class` returns one that looks at the path of the
request that uvicorn replays: a face that takes the path gets the socket through picows, every other path goes to
uvicorn's own ASGI class. Once the handshake is answered, picows is set on the transport and nothing of ours stands
between it and the socket.

This file alone knows picows' constructor, which is not its public face; the version is pinned in the lock, and
tests/integration/gateway holds what is relied on. docs/adr/0002-gateway-shares-the-port.md says why.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, cast

from picows import (
    WSAutoPingStrategy,
    WSListener,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
)
from picows.picows import WSProtocol  # type: ignore[attr-defined]  # the stub leaves it out
from typing_extensions import override
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

_READ_BUFFER_BYTES = 2048
_READ_BYTES_MAX = 4096
"""Bytes that one read takes. uvloop reads a socket up to 32 times before it looks at another, and picows doubles its
buffer whenever a read fills it: without a bound, one client that pours tiny frames holds everybody else up for seconds.
"""
_HEADERS_FOR_PICOWS = ("sec-websocket-key", "sec-websocket-version")
_KEY_BYTES = 16

Accepted = WSListener | WSUpgradeResponseWithListener
"""Who serves a socket, or the HTTP response that refuses it."""


class SocketFace(Protocol):
    """Sockets of one engine."""

    @property
    def frame_bytes_max(self) -> int:
        """Return the largest frame that is read; a larger one closes the socket with 1009."""
        ...

    def takes(self, target: str) -> bool:
        """Return whether a request's target is this face's."""
        ...

    def accept(self, target: str, headers: Mapping[str, str], address: str, server_state: ServerState) -> Accepted:
        """Return who serves a handshake whose form is good; it is answered right after.

        Args:
            target: Path and query.
            headers: Lower-case names and values.
            address: Address of the peer.
            server_state: Where uvicorn counts connections, so that its stop closes them.
        """
        ...


class _Quiet:
    """A logger that says nothing: picows logs every connection, and makes a logger object for each."""

    def isEnabledFor(self, _level: int) -> bool:  # noqa: N802 - the name that picows calls
        return False

    def log(self, *_args: object, **_kwargs: object) -> None:
        pass

    debug = info = warning = error = exception = log


_QUIET = _Quiet()


class _SmallReads(WSProtocol):  # type: ignore[misc]  # the stub leaves WSProtocol out
    """picows' protocol, given little at a time, so that each client has its turn."""

    __slots__ = ()

    @override
    def get_buffer(self, size_hint: int) -> memoryview:
        return cast("memoryview", super().get_buffer(size_hint)[:_READ_BYTES_MAX])


class SharedPortProtocol(asyncio.Protocol):
    """What uvicorn builds for an upgrade: chooses by path, then gets out of the way."""

    faces: ClassVar[Sequence[SocketFace]]
    asgi_class: ClassVar[Callable[..., asyncio.Protocol]]

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Take what uvicorn hands to any WebSocket protocol."""
        self._arguments = (config, server_state, app_state)
        self._server_state = server_state
        self._transport: asyncio.Transport | None = None
        self._chosen: WSProtocol | asyncio.Protocol | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        """Take the replayed request; anything that arrives before the switch is passed on."""
        if self._chosen is None:
            self._choose(data)
        elif isinstance(self._chosen, asyncio.Protocol):
            self._chosen.data_received(data)
        else:
            _feed(self._chosen, data)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._chosen is not None:
            self._chosen.connection_lost(exc)

    @override
    def eof_received(self) -> bool | None:
        return self._chosen.eof_received() if self._chosen is not None else None

    @override
    def pause_writing(self) -> None:
        if self._chosen is not None:
            self._chosen.pause_writing()

    @override
    def resume_writing(self) -> None:
        if self._chosen is not None:
            self._chosen.resume_writing()

    def _choose(self, request: bytes) -> None:
        transport = self._transport
        if transport is None:
            raise AssertionError("data arrived before the connection was made")
        target, headers = _read_request(request)
        face = next((face for face in self.faces if face.takes(target)), None)
        if face is not None:
            peer = transport.get_extra_info("peername")
            address = str(peer[0]) if peer else ""
            chosen = _picows_protocol(face, (target, headers, address, self._server_state))
            # uvicorn sets this object on the transport right after we return, so ours comes in the next turn.
            asyncio.get_running_loop().call_soon(self._switch, chosen)
            self._chosen = chosen
            chosen.connection_made(transport)
            _feed(chosen, _request_for_picows(headers))
        else:
            asgi = self.asgi_class(*self._arguments)
            asyncio.get_running_loop().call_soon(self._switch, asgi)
            self._chosen = asgi
            asgi.connection_made(transport)
            asgi.data_received(request)

    def _switch(self, chosen: asyncio.BaseProtocol) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.set_protocol(chosen)


def websocket_class(
    faces: Sequence[SocketFace], asgi_class: type[asyncio.Protocol] = WebSocketsSansIOProtocol
) -> type[asyncio.Protocol]:
    """Return the class for uvicorn's `ws=`: a path goes to the first of `faces` that takes it, else to `asgi_class`."""
    return type("FacesOrAsgi", (SharedPortProtocol,), {"faces": tuple(faces), "asgi_class": asgi_class})


def _picows_protocol(face: SocketFace, handshake: tuple[str, dict[str, str], str, ServerState]) -> WSProtocol:
    def accept(_request: WSUpgradeRequest) -> Accepted:
        if not _is_well_formed(handshake[1]):
            refusal = WSUpgradeResponse.create_error_response(400, b"The WebSocket's handshake is malformed.")
            return WSUpgradeResponseWithListener(refusal, None)
        return face.accept(*handshake)

    return _SmallReads(
        None,  # host_port: for clients
        None,  # ws_path: for clients
        False,  # is_client_side
        accept,
        _QUIET,
        True,  # disconnect_on_exception
        None,  # websocket_handshake_timeout: the handshake is whole already
        False,  # enable_auto_ping: heartbeats are the protocol's own
        10,  # auto_ping_idle_timeout, unused
        10,  # auto_ping_reply_timeout, unused
        WSAutoPingStrategy.PING_WHEN_IDLE,
        False,  # enable_auto_pong: it would answer those who read nothing too, and keep the answers for them
        face.frame_bytes_max,
        None,  # extra_headers: for clients
        _READ_BUFFER_BYTES,
    )


def _is_well_formed(headers: Mapping[str, str]) -> bool:
    """Return whether picows will take the handshake, so that a face never accepts one that is refused after all."""
    try:
        key = base64.b64decode(headers.get("sec-websocket-key", ""), validate=True)
    except binascii.Error:
        return False
    return len(key) == _KEY_BYTES and headers.get("sec-websocket-version") == "13"


def _read_request(request: bytes) -> tuple[str, dict[str, str]]:
    """Return the target and the headers of the request that uvicorn has parsed and replays."""
    first, _, rest = request.partition(b"\r\n")
    target = first.split(b" ")[1].decode("latin-1")
    headers: dict[str, str] = {}
    for line in rest.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if colon:
            headers[name.decode("latin-1").lower()] = value.strip().decode("latin-1")
    return target, headers


def _request_for_picows(headers: dict[str, str]) -> bytes:
    """Return a handshake with what picows needs and no more.

    picows wants `Connection` to be "Upgrade" alone, where Firefox sends "keep-alive, Upgrade"; and its buffer keeps the
    size of the largest request, which cookies make several times that of all that follows.
    """
    lines = ["GET / HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"{name}: {headers[name]}" for name in _HEADERS_FOR_PICOWS if name in headers]
    return "\r\n".join((*lines, "", "")).encode("latin-1", errors="replace")


def _feed(protocol: WSProtocol, data: bytes) -> None:
    """Give `data` to a buffered protocol as a transport would."""
    view = memoryview(data)
    while view:
        buffer = protocol.get_buffer(-1)
        size = min(len(buffer), len(view))
        buffer[:size] = view[:size]
        protocol.buffer_updated(size)
        view = view[size:]
