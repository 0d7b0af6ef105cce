"""Settings of voice."""

from __future__ import annotations

from dataclasses import dataclass, fields

from hubbub.kernel.errors import Misconfigured


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceConfig:
    """Limits and intervals; the defaults suit one process with rooms of up to a few hundred people."""

    node_id: str = "ND_hubbub"
    """Name of this server that clients are told."""
    region: str = ""
    """Name of the region that clients are told; empty when there is only one."""
    ice_servers: tuple[str, ...] = ()
    """STUN and TURN addresses that clients are told, e.g. ``stun:stun.example:3478``."""
    rooms_max: int = 2000
    """Rooms of this process."""
    participants_max: int = 500
    """Participants of one room that sets no limit of its own."""
    tracks_per_participant_max: int = 16
    """Tracks that one participant may publish at a time."""
    subscriptions_per_participant_max: int = 1024
    """Tracks that one participant may receive at a time."""
    empty_timeout_s: int = 300
    """Seconds that a room is kept which nobody ever joined, unless it names its own."""
    departure_timeout_s: int = 20
    """Seconds that a room is kept after its last participant left, unless it names its own."""
    resume_window_s: float = 30.0
    """Seconds that a participant without a signalling socket is kept."""
    join_timeout_s: float = 15.0
    """Seconds within which a new participant's transport must connect."""
    ping_interval_s: int = 5
    """Seconds between pings that clients are asked to send."""
    ping_timeout_s: int = 15
    """Seconds without a ping after which a signalling socket is taken for dead."""
    token_lifetime_s: int = 600
    """Seconds that a refreshed token is valid."""
    token_refresh_s: int = 300
    """Seconds between refreshed tokens on one connection."""
    request_bytes_max: int = 1024 * 1024
    """Largest signalling message of a client; an offer with 150 video sections fits."""
    requests_per_10_s: int = 400
    """Signalling messages of one connection within 10 s; more close it."""
    responses_max: int = 2000
    """Signalling messages that may wait for one slow client; beyond it the socket is cut and the client resumes."""
    metadata_bytes_max: int = 64 * 1024
    """Longest metadata of a room or a participant, in bytes of UTF-8."""
    attributes_bytes_max: int = 64 * 1024
    """Attributes of one participant, keys and values together, in bytes of UTF-8."""
    name_bytes_max: int = 256
    """Longest name, identity or room name, in bytes of UTF-8."""
    data_bytes_max: int = 64 * 1024
    """Largest data packet that is passed on."""
    red_from_publishers: bool = True
    """Whether audio publishers may send redundancy (RFC 2198)."""
    remote_unmute: bool = False
    """Whether the RoomService may unmute a participant's track; muting it may always."""
    webhooks_max: int = 1000
    """Webhook events that may wait to be sent; the oldest gives way."""

    def __post_init__(self) -> None:
        """Refuse limits that cannot work, naming the setting."""
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, int | float) and not isinstance(value, bool) and value <= 0:
                raise Misconfigured(f"voice.{field.name} must be greater than zero, not {value!r}.")
        if self.ping_timeout_s <= self.ping_interval_s:
            raise Misconfigured("voice.ping_timeout_s must be greater than voice.ping_interval_s.")
