"""Gateway sockets: picows reads, and sends what is one event.

For more than one, frames are built by `domain.framing`, and a flush gives the transport all frames of a socket in one
write. Either way that is one system call. How a socket gets here from uvicorn is `hubbub.app.sockets`.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from picows import WSFrame, WSListener, WSMsgType, WSTransport
from typing_extensions import override

from hubbub.gateway.domain.framing import close_frame
from hubbub.gateway.domain.handshake import Handshake, is_gateway, read_handshake
from hubbub.gateway.domain.protocol import CloseCode

if TYPE_CHECKING:
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


class GatewayFace:
    """Serves the gateway's path on a port that others share."""

    frame_bytes_max = FRAME_BYTES_MAX

    def __init__(self, hub: Hub) -> None:
        """Connect sockets to `hub`."""
        self._hub = hub

    def takes(self, target: str) -> bool:
        """Return whether a request's target is the gateway's."""
        return is_gateway(target)

    def accept(self, target: str, headers: Mapping[str, str], address: str, server_state: ServerState) -> WSListener:
        """Return who serves a handshake; what is wrong with it is told by a close code, which clients can read."""
        handshake = read_handshake(target, headers, address, self._hub.config.allowed_origins)
        return GatewaySocket(self._hub, handshake, server_state)


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
        elif frame.msg_type == WSMsgType.PING:
            # Who does not read what waits already gets no more of it.
            if not self._slow:
                transport.send_pong(frame.get_payload_as_bytes())
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
            # An empty fragment counts as a byte, so that there are not any number of them.
            self._parts_bytes += frame.payload_size or 1
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
