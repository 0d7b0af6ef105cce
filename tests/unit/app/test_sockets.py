"""What one client may take of the turn that all share."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from picows import WSListener
from uvicorn.config import Config
from uvicorn.server import ServerState

from hubbub.app.sockets import websocket_class

EMPTY_FRAGMENT = bytes([0x00, 0x80, 0, 0, 0, 0])
HANDSHAKE = (
    b"GET /here HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class Face:
    """Takes every socket and listens to nothing."""

    frame_bytes_max = 65_536

    def takes(self, _target: str) -> bool:
        return True

    def accept(self, *_handshake: Any) -> WSListener:
        return WSListener()


class Wire(asyncio.Transport):
    """A transport that remembers who reads it."""

    def __init__(self, unconnected: socket.socket) -> None:
        super().__init__({"socket": unconnected})
        self.protocol: Any = None

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def write(self, data: Any) -> None:
        pass

    def is_closing(self) -> bool:
        return False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass


async def test_a_read_stays_small_however_much_a_client_pours():
    unconnected = socket.socket()
    wire = Wire(unconnected)
    opening = websocket_class([Face()])(Config(app=None), ServerState(), {})  # type: ignore[arg-type, call-arg]
    opening.connection_made(wire)
    opening.data_received(HANDSHAKE)
    await asyncio.sleep(0)
    flood = memoryview(EMPTY_FRAGMENT * 100_000)
    while flood:
        room = wire.protocol.get_buffer(-1)
        assert 0 < len(room) <= 4096
        size = min(len(room), len(flood))
        room[:size] = flood[:size]
        wire.protocol.buffer_updated(size)
        flood = flood[size:]
    unconnected.close()
