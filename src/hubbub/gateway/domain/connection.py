"""One socket's life as a state machine: HELLO, identify or resume, heartbeats, limits, closing.

Calling contract: make it when the socket opens and send what `open` returns; pass every message to `receive` and call
`expire` once `deadline` has passed; perform the effects in order. After a `Perform` of IDENTIFY or RESUME answer with
exactly one of `accepted` or `refused`. After a `Close` effect nothing else comes out, whatever goes in. The caller owns
time: `now_s` is monotonic seconds and never goes back.

Source: Discord Gateway v10, "Connection Lifecycle" and "Rate Limiting".
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from typing import NamedTuple

from hubbub.gateway.config import GatewayConfig
from hubbub.gateway.domain import protocol
from hubbub.gateway.domain.command import (
    Command,
    Identify,
    PresenceUpdate,
    Refused,
    Resume,
    parse_command,
    parse_payload,
    parse_sequence,
)
from hubbub.gateway.domain.protocol import CloseCode, Opcode

RATE_WINDOW_S = 60.0
PRESENCE_WINDOW_S = 20.0
MISSED_HEARTBEATS = 1.5
"""Intervals without a heartbeat after which a connection is dead: one, and half of one for a slow network."""


class Send(NamedTuple):
    """Send a payload that is not a dispatch."""

    payload: bytes


class Close(NamedTuple):
    """Close the socket."""

    code: CloseCode
    reason: str


class Perform(NamedTuple):
    """Carry out what the client asked for."""

    command: Command


class Acknowledge(NamedTuple):
    """The client has every dispatch up to `sequence`."""

    sequence: int


Effect = Send | Close | Perform | Acknowledge

_HEARTBEAT_ACK = Send(protocol.HEARTBEAT_ACK)


class Phase(Enum):
    """Where a connection stands."""

    WAITING = auto()
    """Open, and neither identified nor resumed."""
    AUTHENTICATING = auto()
    """Between IDENTIFY or RESUME and its answer."""
    LIVE = auto()
    """Bound to a session."""
    CLOSED = auto()


class Connection:
    """The protocol of one socket."""

    __slots__ = (
        "_config",
        "_count",
        "_heartbeat_due_s",
        "_held_presence",
        "_presence_count",
        "_presence_window_s",
        "_window_s",
        "phase",
    )

    def __init__(self, config: GatewayConfig, now_s: float) -> None:
        """Start waiting; the client has `identify_timeout_s` from `now_s`."""
        self._config = config
        self.phase = Phase.WAITING
        self._heartbeat_due_s = now_s + config.identify_timeout_s
        self._window_s = now_s
        self._count = 0
        self._presence_window_s = now_s
        self._presence_count = 0
        self._held_presence: PresenceUpdate | None = None

    def open(self) -> Sequence[Effect]:
        """Return what a fresh socket is sent."""
        return (Send(protocol.hello(self._config.heartbeat_interval_ms)),)

    @property
    def deadline_s(self) -> float:
        """Monotonic seconds at which `expire` must be called; infinite when closed."""
        if self.phase is Phase.CLOSED:
            return float("inf")
        if self._held_presence is not None:
            return min(self._heartbeat_due_s, self._presence_window_s + PRESENCE_WINDOW_S)
        return self._heartbeat_due_s

    def receive(self, data: bytes, now_s: float) -> Sequence[Effect]:
        """Take one message of the client.

        Args:
            data: The message; text and binary are the same.
            now_s: Monotonic seconds.

        Returns:
            Effects in order; never raises on what a client can send.
        """
        if self.phase is Phase.CLOSED:
            return ()
        if len(data) > self._config.input_bytes_max:
            limit = self._config.input_bytes_max
            return self.close(CloseCode.DECODE_ERROR, f"A payload is at most {limit} bytes.")
        if now_s - self._window_s >= RATE_WINDOW_S:
            self._window_s, self._count = now_s, 0
        self._count += 1
        if self._count > self._config.events_per_minute:
            limit = self._config.events_per_minute
            return self.close(CloseCode.RATE_LIMITED, f"More than {limit} payloads within 60 s.")
        try:
            payload = parse_payload(data)
            if payload.op == Opcode.HEARTBEAT:
                return self._beat(parse_sequence(payload.d), now_s)
            return self._command(parse_command(payload.op, payload.d), now_s)
        except Refused as refusal:
            return self.close(refusal.code, refusal.reason)

    def expire(self, now_s: float) -> Sequence[Effect]:
        """Return what follows from time alone; call it when `deadline_s` has passed."""
        if self.phase is Phase.CLOSED:
            return ()
        if now_s >= self._heartbeat_due_s:
            if self.phase is Phase.LIVE:
                return self.close(CloseCode.UNKNOWN_ERROR, "No heartbeat arrived in time. Resume the session.")
            return self.close(CloseCode.SESSION_TIMED_OUT, "Neither IDENTIFY nor RESUME arrived in time.")
        if self._held_presence is not None and now_s - self._presence_window_s >= PRESENCE_WINDOW_S:
            held, self._held_presence = self._held_presence, None
            self._presence_window_s, self._presence_count = now_s, 1
            return (Perform(held),)
        return ()

    def accepted(self, now_s: float) -> None:
        """IDENTIFY or RESUME succeeded: the connection is bound to a session."""
        if self.phase is Phase.AUTHENTICATING:
            self.phase = Phase.LIVE
            self._expect_heartbeat(now_s)

    def refused(self, now_s: float) -> Sequence[Effect]:
        """IDENTIFY or RESUME cannot be served; the client may identify again on the same socket."""
        if self.phase is not Phase.AUTHENTICATING:
            return ()
        self.phase = Phase.WAITING
        self._heartbeat_due_s = now_s + self._config.identify_timeout_s
        return (Send(protocol.INVALID_SESSION),)

    def close(self, code: CloseCode, reason: str) -> Sequence[Effect]:
        """Close from our side; a second close changes nothing."""
        if self.phase is Phase.CLOSED:
            return ()
        self.phase = Phase.CLOSED
        self._held_presence = None
        return (Close(code, reason),)

    def _beat(self, sequence: int | None, now_s: float) -> Sequence[Effect]:
        if self.phase is Phase.LIVE:
            self._expect_heartbeat(now_s)
            if sequence is not None:
                return (_HEARTBEAT_ACK, Acknowledge(sequence))
        return (_HEARTBEAT_ACK,)

    def _command(self, command: Command, now_s: float) -> Sequence[Effect]:
        opening = isinstance(command, Identify | Resume)
        if self.phase is Phase.WAITING and opening:
            self.phase = Phase.AUTHENTICATING
            return (Perform(command),)
        if opening:
            return self.close(CloseCode.ALREADY_AUTHENTICATED, "This connection has identified before.")
        if self.phase is not Phase.LIVE:
            return self.close(CloseCode.NOT_AUTHENTICATED, "Send IDENTIFY or RESUME first.")
        if isinstance(command, PresenceUpdate):
            return self._presence(command, now_s)
        return (Perform(command),)

    def _presence(self, presence: PresenceUpdate, now_s: float) -> Sequence[Effect]:
        if now_s - self._presence_window_s >= PRESENCE_WINDOW_S:
            self._presence_window_s, self._presence_count = now_s, 0
            self._held_presence = None
        self._presence_count += 1
        if self._presence_count > self._config.presences_per_window:
            self._held_presence = presence
            return ()
        return (Perform(presence),)

    def _expect_heartbeat(self, now_s: float) -> None:
        self._heartbeat_due_s = now_s + self._config.heartbeat_interval_ms / 1000 * MISSED_HEARTBEATS
