"""The seam between uvicorn and picows: gateway sockets share the port of the REST API, and skip ASGI.

uvicorn lets the class of its WebSocket protocol be named. `websocket_class` returns one that looks at the path of the
request that uvicorn replays: the gateway's goes to a picows protocol, every other to uvicorn's own ASGI class. Once the
handshake is answered, picows is set on the transport and nothing of ours stands between it and the socket.

picows reads, and sends what is one event; for more than one, frames are built by `domain.framing`, and a flush gives
the transport all frames of a socket in one write. Either way that is one system call.

This file alone knows picows' constructor, which is not its public face; the version is pinned in the lock, and
tests/integration/gateway holds what is relied on. docs/adr/0002-gateway-shares-the-port.md says why.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from picows import WSAutoPingStrategy, WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest
from picows.picows import WSProtocol  # type: ignore[attr-defined]  # the stub leaves it out
from typing_extensions import override
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from hubbub.gateway.domain.framing import close_frame
from hubbub.gateway.domain.handshake import Handshake, is_gateway, read_handshake
from hubbub.gateway.domain.protocol import CloseCode

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

    from hubbub.gateway.service.client import Client
    from hubbub.gateway.service.hub import Hub
    from hubbub.gateway.service.link import Write, WriteText

FRAME_BYTES_MAX = 64 * 1024
"""A larger frame is refused by picows with 1009 before it is read; up to here the protocol answers 4002."""
SEND_BUFFER_BYTES = 256 * 1024
"""What the kernel may hold of one socket; the rest of a slow reader's lag waits in the session's ring."""
WRITE_HIGH_WATER_BYTES = 64 * 1024
_CLOSE_WAIT_S = 2.0
"""Seconds that a peer has to read our close frame before it is cut off."""
_READ_BUFFER_BYTES = 2048
_HEADERS_FOR_PICOWS = ("sec-websocket-key", "sec-websocket-version")
_POLICY_VIOLATION = 1008


class _Quiet:
    """A logger that says nothing: picows logs every connection, and makes a logger object for each."""

    def isEnabledFor(self, _level: int) -> bool:  # noqa: N802 - the name that picows calls
        return False

    def log(self, *_args: object, **_kwargs: object) -> None:
        pass

    debug = info = warning = error = exception = log


_QUIET = _Quiet()


class GatewaySocket(WSListener):
    """One gateway socket: picows' listener, and the fan-out's `Link`."""

    __slots__ = (
        "_client",
        "_closing",
        "_handshake",
        "_hub",
        "_parts",
        "_parts_bytes",
        "_peer_code",
        "_server_state",
        "_slow",
        "_transport",
        "_websocket",
    )

    def __init__(self, hub: Hub, handshake: Handshake, server_state: ServerState) -> None:
        """Serve one handshake; uvicorn knows the socket through `server_state`, so that its stop closes it."""
        super().__init__()
        self._slow = False
        self._hub = hub
        self._handshake = handshake
        self._server_state = server_state
        self._transport: asyncio.Transport | None = None
        self._websocket: WSTransport | None = None
        self._client: Client | None = None
        self._closing = False
        self._peer_code: int | None = None
        self._parts: list[bytes] | None = None
        self._parts_bytes = 0

    # -- Link: what the fan-out calls ----------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Send whole frames."""
        if self._transport is not None and not self._closing:
            self._transport.write(data)

    def writer(self) -> Write | None:
        """Return the transport's own write: a fan-out to thousands calls nothing of ours for each."""
        return None if self._transport is None or self._slow or self._closing else self._transport.write

    def text_writer(self) -> WriteText | None:
        """Return picows' own send, which gives the kernel the frame itself while nothing waits in the transport.

        That spares uvloop's way, and unlike `socket.send` it keeps the interpreter lock: a fan-out would wait for it as
        often as it sends.
        """
        if self._websocket is None or self._slow or self._closing:
            return None
        return self._websocket.send_reuse_external_bytearray  # type: ignore[return-value]  # its enum takes the number

    def close(self, code: int, reason: str) -> None:
        """Send a close frame; the socket closes once the peer answers it or `_CLOSE_WAIT_S` later."""
        transport = self._transport
        if transport is None or self._closing:
            return
        transport.write(close_frame(code, reason))
        self._closing = True
        asyncio.get_running_loop().call_later(_CLOSE_WAIT_S, self.abort)

    def abort(self) -> None:
        """Close at once."""
        self._closing = True
        if self._transport is not None:
            self._transport.abort()

    # -- WSListener: what picows calls ---------------------------------------------------------------------------

    @override
    def on_ws_connected(self, transport: WSTransport) -> None:
        self._websocket = transport
        self._transport = transport.underlying_transport
        sock = self._transport.get_extra_info("socket")
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        self._transport.set_write_buffer_limits(high=WRITE_HIGH_WATER_BYTES)
        self._server_state.connections.add(cast("Any", self))
        self._client = self._hub.connect(self, self._handshake)

    @override
    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if self._closing or self._client is None:
            if frame.msg_type == WSMsgType.CLOSE:
                self._finish()
            return
        if frame.msg_type == WSMsgType.CLOSE:
            code = cast("int", frame.get_close_code())
            self._peer_code = code or None
            self.close(code or int(CloseCode.NORMAL), "")
            self._lost()
            self._finish()
        elif frame.rsv1 or frame.rsv2 or frame.rsv3:
            self.close(1002, "No extension was agreed on.")
            self._lost()
        elif frame.msg_type in {WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION}:
            self._message(frame)

    @override
    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._server_state.connections.discard(cast("Any", self))
        self._closing = True
        self._lost()
        self._transport = self._websocket = None

    @override
    def pause_writing(self) -> None:
        self._slow = True
        if self._client is not None:
            self._client.stalled()

    @override
    def resume_writing(self) -> None:
        self._slow = False
        if self._client is not None and not self._closing:
            self._client.drained()

    # -- what uvicorn calls --------------------------------------------------------------------------------------

    def shutdown(self) -> None:
        """Take uvicorn's stop: the client is asked to reconnect."""
        if self._client is not None:
            self._hub.outbound.flush_all()
            self._client.shutdown()

    # ------------------------------------------------------------------------------------------------------------

    def _message(self, frame: WSFrame) -> None:
        """Join fragments, never holding more than one payload may have."""
        if self._client is None:
            return
        whole = frame.fin and self._parts is None
        if whole and frame.msg_type != WSMsgType.CONTINUATION:
            self._client.received(frame.get_payload_as_bytes())
            return
        if (self._parts is None) == (frame.msg_type == WSMsgType.CONTINUATION):
            self.close(1002, "Fragments are out of order.")
            self._lost()
            return
        parts = self._parts = self._parts or []
        if self._parts_bytes <= self._hub.config.input_bytes_max:
            parts.append(frame.get_payload_as_bytes())
            self._parts_bytes += frame.payload_size
        if frame.fin or self._parts_bytes > self._hub.config.input_bytes_max:
            self._parts, self._parts_bytes = None, 0
            self._client.received(b"".join(parts))

    def _lost(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            client.lost(self._peer_code)

    def _finish(self) -> None:
        if self._transport is not None:
            self._transport.close()


class SharedPortProtocol(asyncio.Protocol):
    """What uvicorn builds for an upgrade: chooses by path, then gets out of the way."""

    hub: ClassVar[Hub]
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
        if is_gateway(target):
            peer = transport.get_extra_info("peername")
            address = str(peer[0]) if peer else ""
            handshake = read_handshake(target, headers, address, self.hub.config.allowed_origins)
            listener = GatewaySocket(self.hub, handshake, self._server_state)
            chosen = _picows_protocol(listener)
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


def websocket_class(hub: Hub, asgi_class: type[asyncio.Protocol] = WebSocketsSansIOProtocol) -> type[asyncio.Protocol]:
    """Return the class for uvicorn's `ws=`: `/gateway` goes to `hub`, other paths to `asgi_class`."""
    return type("GatewayOrAsgi", (SharedPortProtocol,), {"hub": hub, "asgi_class": asgi_class})


def _picows_protocol(listener: GatewaySocket) -> WSProtocol:
    def accept(_request: WSUpgradeRequest) -> WSListener:
        return listener

    return WSProtocol(
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
        True,  # enable_auto_pong
        FRAME_BYTES_MAX,
        None,  # extra_headers: for clients
        _READ_BUFFER_BYTES,
    )


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
    lines = ["GET /gateway HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade"]
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
