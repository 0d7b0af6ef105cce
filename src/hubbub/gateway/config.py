"""Settings of the gateway."""

from __future__ import annotations

from dataclasses import dataclass, fields

from hubbub.kernel.errors import Misconfigured


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayConfig:
    """Limits and intervals; the defaults suit one process of a few thousand sessions."""

    public_url: str = "ws://127.0.0.1:8080/gateway"
    """Address that READY names for resuming."""
    allowed_origins: tuple[str, ...] = ()
    """Origins beside the server's own from which a person's cookie is accepted, e.g. ``https://chat.example``."""
    heartbeat_interval_ms: int = 41_250
    """Milliseconds between heartbeats that HELLO asks for; a connection closes after one and a half of them."""
    identify_timeout_s: float = 30.0
    """Seconds a connection may stay without identifying."""
    input_bytes_max: int = 4096
    """Largest payload a client may send; a larger one closes with 4002."""
    events_per_minute: int = 120
    """Payloads a client may send in 60 s; one more closes with 4008."""
    presences_per_window: int = 5
    """Presence updates that take effect at once in 20 s; later ones are merged and take effect when it ends."""
    identify_concurrency: int = 16
    """Identifies of one user within 5 s; one more is answered INVALID_SESSION."""
    identifies_per_day: int = 1000
    """Identifies of one bot within 24 h."""
    identifies_per_address: int = 2000
    """Identifies from one address within 60 s; more close with 4008. Wide, as a school shares one address."""
    failures_per_address: int = 30
    """Refused credentials from one address within 60 s; more close with 4008 unread."""
    connections_max: int = 20_000
    """Sockets of this process; more close with 1013 (try again later)."""
    sessions_max: int = 40_000
    """Sessions of this process, attached or waiting to be resumed."""
    sessions_per_user_max: int = 64
    """Sessions of one user; the oldest detached one gives way, else the new one is refused."""
    resume_window_s: float = 360.0
    """Seconds that a session without a socket is kept."""
    replay_events_max: int = 16_384
    """Events kept for one session's resume."""
    replay_bytes_max: int = 8 * 1024 * 1024
    """Payload bytes that one session's resume may hold on to, shared ones counted in full."""
    replay_bytes_total: int = 256 * 1024 * 1024
    """Payload bytes that all rings together hold on to; beyond it the oldest events can no longer be resumed."""
    lag_bytes_max: int = 1024 * 1024
    """Bytes that a slow reader may be behind; beyond it its socket is closed and the session waits for a resume."""
    coalesce_ms: float = 4.0
    """Milliseconds within which events to one socket share a system call; the first after a pause goes at once."""
    guilds_per_shard_max: int = 2500
    """Guilds of one bot session; more close with 4011."""
    pending_events_max: int = 10_000
    """Events of one guild that may wait for a look-up; beyond it the guild's sessions must identify anew."""
    member_requests_max: int = 8
    """Requests for members that one session may have waiting."""

    def __post_init__(self) -> None:
        """Refuse limits that cannot work, naming the setting."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, int | float) and value <= 0:
                raise Misconfigured(f"gateway.{field.name} must be greater than zero, not {value!r}.")
        if self.resume_window_s < 300:  # noqa: PLR2004 - the promise of the protocol: five minutes
            raise Misconfigured("gateway.resume_window_s must be at least 300 seconds.")
        if not self.public_url.startswith(("ws://", "wss://")):
            raise Misconfigured("gateway.public_url must start with ws:// or wss://.")
