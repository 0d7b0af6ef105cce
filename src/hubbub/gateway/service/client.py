"""One socket and its protocol machine: performs what the machine asks for.

Calling contract: `Hub.connect` makes it; the socket calls `received` for each message, `stalled` when its buffer is
full and `drained` when it has emptied, and `lost` exactly once at the end.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING

from hubbub.gateway.domain import protocol
from hubbub.gateway.domain.command import (
    Identify,
    PresenceUpdate,
    RequestMembers,
    Resume,
    VoiceStateUpdate,
)
from hubbub.gateway.domain.compression import PlainEncoder, encoder
from hubbub.gateway.domain.connection import Acknowledge, Close, Connection, Effect, Perform, Phase, Send
from hubbub.gateway.domain.framing import frame
from hubbub.gateway.domain.protocol import ENDS_SESSION, CloseCode

if TYPE_CHECKING:
    from hubbub.gateway.domain.command import Command
    from hubbub.gateway.domain.handshake import Handshake
    from hubbub.gateway.service.hub import Hub
    from hubbub.gateway.service.link import Link
    from hubbub.gateway.service.live import LiveSession


class Client:
    """What is at the other end of one socket."""

    __slots__ = ("_encoder", "_hub", "connection", "gone", "handshake", "link", "session")

    def __init__(self, hub: Hub, link: Link, handshake: Handshake) -> None:
        """Bind `link` to a fresh protocol machine."""
        self._hub = hub
        self._encoder = encoder(handshake.compression)
        self.connection = Connection(hub.config, hub.clock.monotonic_s())
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
        self._perform(self.connection.receive(data, self._hub.clock.monotonic_s()))

    def expire(self, now_s: float) -> None:
        """Take the passing of time."""
        self._perform(self.connection.expire(now_s))

    def stalled(self) -> None:
        """Stop writing dispatches: the socket's buffer is full."""
        if self.session is not None:
            self.session.stall()
            self._hub.outbound.sockets_changed()

    def drained(self) -> None:
        """Go on writing: the socket's buffer has emptied."""
        if self.session is not None:
            self.session.write = self.link.writer()
            self._hub.outbound.sockets_changed()
            self._hub.outbound.drained(self.session)

    def lost(self, code: int | None) -> None:
        """Take the end of the socket; `code` is the peer's close code, None when it vanished without one."""
        if self.gone:
            return
        self.connection.close(CloseCode.GOING_AWAY, "")
        self._forget()
        if self.session is not None:
            session, self.session = self.session, None
            self._hub.detach(session, ends=code in ENDS_SESSION)

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
        session.attach(self, None if isinstance(self._encoder, PlainEncoder) else self._encoder)
        self._hub.outbound.sockets_changed()
        self.connection.accepted(self._hub.clock.monotonic_s())

    def refuse(self) -> None:
        """IDENTIFY or RESUME cannot be served now: INVALID_SESSION."""
        self._perform(self.connection.refused(self._hub.clock.monotonic_s()))

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
        self._hub.metrics.closes.add(1, {"code": "slow_reader"})
        self.link.abort()
        if self.session is not None:
            session, self.session = self.session, None
            self._hub.detach(session, ends=False)

    def _forget(self) -> None:
        self.gone = True
        self._hub.clients.discard(self)

    def _perform(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(payload):
                    self.send(payload)
                case Acknowledge(sequence):
                    if self.session is not None:
                        self.session.acknowledge(sequence)
                case Perform(command):
                    self._command(command)
                case Close(code, reason):
                    self._closed(code, reason)

    def _closed(self, code: CloseCode, reason: str) -> None:
        if self.gone:
            return
        self._forget()
        self._hub.metrics.closes.add(1, {"code": str(int(code))})
        session, self.session = self.session, None
        self.link.close(int(code), reason)
        if session is not None:
            self._hub.detach(session, ends=False)

    def _command(self, command: Command) -> None:
        hub, session = self._hub, self.session
        match command:
            case Identify():
                hub.spawn(self._open_session(hub.opening.identify(self, command)))
            case Resume():
                hub.spawn(self._open_session(hub.opening.resume(self, command)))
            case PresenceUpdate() if session is not None:
                hub.presences.update(session, command)
            case RequestMembers() if session is not None:
                hub.members.request(session, command)
            case VoiceStateUpdate() if session is not None:
                hub.spawn(hub.hand_to_voice(session, command))
            case _:
                pass

    async def _open_session(self, work: Awaitable[None]) -> None:
        """Await IDENTIFY or RESUME; a fault of ours closes the socket, so that the client is not left waiting."""
        try:
            await work
        except Exception:
            self._hub.log.exception("gateway.opening_failed")
            self.close(CloseCode.UNKNOWN_ERROR, "The session cannot be opened now. Reconnect shortly.")
