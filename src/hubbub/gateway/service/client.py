"""One socket and its protocol machine: performs what the machine asks for.

Calling contract: `Hub.connect` makes it; its socket calls `received` for each message, `stalled` when its buffer is
full and `drained` when it has emptied, and `lost` exactly once at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from hubbub.gateway.domain import protocol
from hubbub.gateway.domain.compression import PlainEncoder, encoder
from hubbub.gateway.domain.connection import Acknowledge, Close, Connection, Effect, Perform, Phase, Send
from hubbub.gateway.domain.framing import frame
from hubbub.gateway.domain.protocol import ENDS_SESSION, CloseCode

if TYPE_CHECKING:
    from hubbub.gateway.config import GatewayConfig
    from hubbub.gateway.domain.command import Command
    from hubbub.gateway.domain.handshake import Handshake
    from hubbub.gateway.service.link import Link
    from hubbub.gateway.service.live import LiveSession
    from hubbub.gateway.service.metric import GatewayMetrics
    from hubbub.gateway.service.outbound import Outbound
    from hubbub.kernel.clock import Clock


class Host(Protocol):
    """What a client needs of those who serve it; the hub is one."""

    config: GatewayConfig
    clock: Clock
    metrics: GatewayMetrics
    outbound: Outbound

    def perform(self, client: Client, command: Command) -> None:
        """Carry out what the client asks for."""
        ...

    def forget(self, client: Client) -> None:
        """The client's socket is gone."""
        ...

    def detach(self, session: LiveSession, *, ends: bool) -> None:
        """Take note that a session lost its socket, and that it `ends` with it."""
        ...


class Client:
    """What is at the other end of one socket."""

    __slots__ = ("_encoder", "_host", "connection", "gone", "handshake", "link", "session")

    def __init__(self, host: Host, link: Link, handshake: Handshake) -> None:
        """Bind `link` to a fresh protocol machine."""
        self._host = host
        self._encoder = encoder(handshake.compression)
        self.connection = Connection(host.config, host.clock.monotonic_s())
        self.handshake = handshake
        self.link = link
        self.session: LiveSession | None = None
        self.gone = False
        """Whether the socket is closed, by either side."""

    def open(self) -> None:
        """Greet, or close at once where the handshake asked for what is not offered."""
        self._perform(self.connection.open())
        if self.handshake.problem is not None:
            self.close(*self.handshake.problem)

    def received(self, data: bytes) -> None:
        """Take one message."""
        self._perform(self.connection.receive(data, self._host.clock.monotonic_s()))

    def expire(self, now_s: float) -> None:
        """Take the passing of time."""
        self._perform(self.connection.expire(now_s))

    def stalled(self) -> None:
        """Stop writing dispatches: the socket's buffer is full."""
        if self.session is not None:
            self._host.outbound.stall(self.session)

    def drained(self) -> None:
        """Go on writing: the socket's buffer has emptied."""
        if self.session is not None:
            self._host.outbound.drained(self.session)

    def lost(self, code: int | None) -> None:
        """Take the end of the socket; `code` is the peer's close code, None when it vanished without one."""
        if self.gone:
            return
        self.connection.close(CloseCode.GOING_AWAY, "")
        self._forget()
        if self.session is not None:
            session, self.session = self.session, None
            self._host.detach(session, ends=code in ENDS_SESSION)

    def close(self, code: CloseCode, reason: str) -> None:
        """Close from our side; the session, if any, stays and can be resumed."""
        self._perform(self.connection.close(code, reason))

    def send(self, payload: bytes) -> None:
        """Send a payload that is no dispatch."""
        if not self.gone:
            self.link.write(frame(self._encoder.first_byte, self._encoder.encode(payload)))

    def shutdown(self) -> None:
        """Ask the client to reconnect and close: this process stops."""
        self.send(protocol.RECONNECT)
        self.close(CloseCode.SERVICE_RESTART, "The gateway restarts. Resume the session.")

    def bind(self, session: LiveSession) -> None:
        """IDENTIFY or RESUME succeeded with `session`."""
        self.session = session
        encoder = None if isinstance(self._encoder, PlainEncoder) else self._encoder
        self._host.outbound.attach(session, self, encoder)
        self.connection.accepted(self._host.clock.monotonic_s())

    def refuse(self) -> None:
        """IDENTIFY or RESUME cannot be served now: INVALID_SESSION."""
        self._perform(self.connection.refused(self._host.clock.monotonic_s()))

    def release(self) -> None:
        """Let go of the session, which another socket has now, and close."""
        self.session = None
        self.close(CloseCode.UNKNOWN_ERROR, "The session was resumed on another connection.")

    @property
    def waiting(self) -> bool:
        """Return whether IDENTIFY or RESUME is still to be answered."""
        return not self.gone and self.connection.phase is Phase.AUTHENTICATING

    def cut(self) -> None:
        """Drop the socket unsent bytes and all: its reader is too slow. The session can be resumed."""
        if self.gone:
            return
        self.connection.close(CloseCode.UNKNOWN_ERROR, "")
        self._forget()
        self._host.metrics.closes.add(1, {"code": "slow_reader"})
        self.link.abort()
        if self.session is not None:
            session, self.session = self.session, None
            self._host.detach(session, ends=False)

    def _forget(self) -> None:
        self.gone = True
        self._host.forget(self)

    def _perform(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(payload):
                    self.send(payload)
                case Acknowledge(sequence):
                    if self.session is not None:
                        self.session.acknowledge(sequence)
                case Perform(command):
                    self._host.perform(self, command)
                case Close(code, reason):
                    self._closed(code, reason)

    def _closed(self, code: CloseCode, reason: str) -> None:
        if self.gone:
            return
        self._forget()
        self._host.metrics.closes.add(1, {"code": str(int(code))})
        session, self.session = self.session, None
        self.link.close(int(code), reason)
        if session is not None:
            self._host.detach(session, ends=False)
