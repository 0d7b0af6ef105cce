"""Signalling sockets: `/rtc/v1` with one peer connection, `/rtc` with two; binary protobuf frames, or JSON in text.

A client that sends text is answered in text from then on. Who may not come in is told by the handshake's HTTP status,
and asks `/rtc/validate` for the reason, since browsers hide the answer.

Source: livekit-server, pkg/service/rtcservice.go and wsprotocol.go.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl

from google.protobuf import json_format
from picows import (
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
)
from typing_extensions import override

from hubbub.kernel import telemetry
from hubbub.kernel.errors import HubbubError
from hubbub.voice.service.joining import read_joining
from hubbub.voice.service.signal import SignalConnection

if TYPE_CHECKING:
    from livekit.protocol import rtc
    from uvicorn.server import ServerState

    from hubbub.voice.service.joining import Joining
    from hubbub.voice.service.voice import Voice

PATHS = {"/rtc": False, "/rtc/v1": True}
"""Whether a path speaks of one peer connection."""
PARAMETERS_MAX = 64
_CLOSE_WAIT_S = 2.0
"""Seconds that a peer has to read our close frame before it is cut off."""
_NORMAL, _PROTOCOL_ERROR = 1000, 1002
_REASON_BYTES_MAX = 120
_FRAGMENTS_MAX = 1024
"""Fragments of one message. Empty ones add nothing to its length, and each costs as much work as a message."""

_log = telemetry.logger(__name__)


class SignalFace:
    """Serves signalling on a port that others share."""

    def __init__(self, voice: Voice) -> None:
        """Let clients into the rooms of `voice`."""
        self._voice = voice
        self._sockets: set[SignalSocket] = set()
        voice.on_sweep.append(self._sweep)

    @property
    def frame_bytes_max(self) -> int:
        """Return the largest frame that is read."""
        return self._voice.config.request_bytes_max

    def takes(self, target: str) -> bool:
        """Return whether a request's target is one of ours."""
        return path_of(target) in PATHS

    def accept(
        self, target: str, headers: Mapping[str, str], _address: str, server_state: ServerState
    ) -> WSListener | WSUpgradeResponseWithListener:
        """Let a client in, or say with an HTTP status why not."""
        try:
            joining = self._voice.admit(joining_of(self._voice, target, headers))
            socket = SignalSocket(self._voice, self._sockets, server_state)
            socket.connection.open(joining)
        except HubbubError as problem:
            return _refusal(problem)
        except Exception:  # noqa: BLE001 - one client's handshake must not tell of our insides, nor end more than itself
            _log.exception("voice.join_failed")
            return _refusal(HubbubError())
        return socket

    def _sweep(self) -> None:
        for socket in list(self._sockets):
            socket.check()


class SignalSocket(WSListener):
    """One signalling socket."""

    __slots__ = (
        "_bytes_max",
        "_closing",
        "_in_text",
        "_parts",
        "_parts_count",
        "_parts_text",
        "_ping",
        "_scheduled",
        "_slow",
        "_sockets",
        "_state",
        "_websocket",
        "connection",
    )

    def __init__(self, voice: Voice, sockets: set[SignalSocket], server_state: ServerState) -> None:
        """Serve one client; uvicorn knows the socket through `server_state`, so that its stop closes it."""
        super().__init__()
        self.connection = SignalConnection(voice.rooms, self._schedule)
        self._bytes_max = voice.config.request_bytes_max
        self._sockets = sockets
        self._state = server_state
        self._websocket: WSTransport | None = None
        self._scheduled = self._slow = self._closing = False
        self._parts: bytearray | None = None
        self._parts_text = False
        self._parts_count = 0
        self._ping: bytes | None = None
        self._in_text = False

    # -- WSListener: what picows calls -----------------------------------------------------------------------------

    @override
    def on_ws_connected(self, transport: WSTransport) -> None:
        self._websocket = transport
        self._sockets.add(self)
        self._state.connections.add(cast("Any", self))
        self._flush()

    @override
    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            if not self._closing:
                self._close(_NORMAL, "")
            transport.disconnect()
            return
        self.connection.hear()
        if self._closing:
            return
        if frame.msg_type == WSMsgType.PING:
            # The last of several is answered (RFC 6455, section 5.5.3): a flood of pings costs few answers.
            self._ping = frame.get_payload_as_bytes()
            self._schedule()
        elif frame.rsv1 or frame.rsv2 or frame.rsv3:
            self._close(_PROTOCOL_ERROR, "No extension was agreed on.")
        elif frame.msg_type in {WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION}:
            self._message(frame)

    @override
    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._sockets.discard(self)
        self._state.connections.discard(cast("Any", self))
        self._closing, self._websocket = True, None
        self.connection.lost()

    @override
    def pause_writing(self) -> None:
        self._slow = True

    @override
    def resume_writing(self) -> None:
        self._slow = False
        self._flush()

    # -- what the face calls ---------------------------------------------------------------------------------------

    def check(self) -> None:
        """Ask a quiet client whether it is there, and close the socket of one that has been silent for too long.

        LiveKit's Go client sends no pings of LiveKit's, and its load tester neither, but every WebSocket answers pings.
        """
        self.connection.expire()
        if self.connection.quiet and self._websocket is not None and not self._slow and not self._closing:
            self._websocket.send_ping()

    # -- what uvicorn calls ----------------------------------------------------------------------------------------

    def shutdown(self) -> None:
        """Take uvicorn's stop: the client is asked to come back."""
        self.connection.shut_down()
        self._flush()

    # --------------------------------------------------------------------------------------------------------------

    def _message(self, frame: WSFrame) -> None:
        """Join fragments, never holding more than one message may have."""
        if (frame.msg_type == WSMsgType.CONTINUATION) != (self._parts is not None):
            self._close(_PROTOCOL_ERROR, "Fragments are out of order.")
            return
        if self._parts is None:
            # One array, because any number of small pieces would weigh more than what they hold.
            self._parts, self._parts_text = bytearray(), frame.msg_type == WSMsgType.TEXT
            self._parts_count = 0
        self._parts_count += 1
        if len(self._parts) + frame.payload_size > self._bytes_max or self._parts_count > _FRAGMENTS_MAX:
            self._close(1009, "The message is too long.")
            return
        self._parts += frame.get_payload_as_bytes()
        if frame.fin:
            data, self._parts = bytes(self._parts), None
            self._in_text = self._parts_text
            if self._in_text:
                self.connection.receive_json(data)
            else:
                self.connection.receive_bytes(data)

    def _schedule(self) -> None:
        """Send what waits once the current event is dealt with: it often is several messages."""
        if not self._scheduled and self._websocket is not None:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._scheduled = False
        websocket = self._websocket
        if websocket is None or self._slow or self._closing:
            # Who does not read what waits already gets no more of it.
            return
        if self._ping is not None:
            ping, self._ping = self._ping, None
            websocket.send_pong(ping)
        for response in self.connection.drain():
            self._send(websocket, response)
        if self.connection.closing is not None:
            self._close(_NORMAL, self.connection.closing)

    def _send(self, websocket: WSTransport, response: rtc.SignalResponse) -> None:
        if self._in_text:
            text = json_format.MessageToJson(response, indent=None)
            websocket.send(WSMsgType.TEXT, text.encode())
        else:
            websocket.send(WSMsgType.BINARY, response.SerializeToString())

    def _close(self, code: int, reason: str) -> None:
        self._closing = True
        websocket = self._websocket
        if websocket is not None:
            websocket.send_close(cast("Any", code), reason.encode()[:_REASON_BYTES_MAX])
            asyncio.get_running_loop().call_later(_CLOSE_WAIT_S, websocket.disconnect, False)
        self.connection.lost()


def path_of(target: str) -> str:
    """Return the path of a request target, without a slash at its end."""
    return target.partition("?")[0].rstrip("/")


def joining_of(voice: Voice, target: str, headers: Mapping[str, str]) -> Joining:
    """Return what a client asks for by a path of `PATHS`, or by the `validate` below it.

    Raises:
        HubbubError: It may not come in.
    """
    path = path_of(target).removesuffix("/validate")
    try:
        pairs = parse_qsl(target.partition("?")[2], keep_blank_values=True, max_num_fields=PARAMETERS_MAX)
    except ValueError:
        pairs = []
    now_s = voice.clock.unix_ms() / 1000
    return read_joining(dict(pairs), headers, voice.rooms.secrets, single=PATHS.get(path, False), now_s=now_s)


def _refusal(problem: HubbubError) -> WSUpgradeResponseWithListener:
    headers = {"Content-Type": "text/plain; charset=utf-8", "Access-Control-Allow-Origin": "*", "Connection": "close"}
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, round(problem.retry_after_s)))
    refusal = WSUpgradeResponse.create_error_response(problem.status, problem.sentence.encode(), headers)
    return WSUpgradeResponseWithListener(refusal, None)
