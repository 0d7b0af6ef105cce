"""Settings of voice."""

from __future__ import annotations

from dataclasses import dataclass, fields

from hubbub.kernel.errors import Misconfigured

_PORTS = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceConfig:
    """Limits and intervals; the defaults suit one process with rooms of up to a few hundred people."""

    node_id: str = "ND_hubbub"
    """Name of this server that clients are told."""
    region: str = ""
    """Name of the region that clients are told; empty when there is only one."""
    port: int = 7882
    """UDP and TCP port of the first media thread; each further thread takes the next port. 0 takes free ones."""
    shards: int = 1
    """Media threads; a room's packets stay on one."""
    bind_addresses: tuple[str, ...] = ()
    """Addresses that media is received on; empty takes all of this machine."""
    advertised_addresses: tuple[str, ...] = ()
    """Addresses that clients are told to send media to, as behind a NAT that forwards; empty tells those bound."""
    ice_servers: tuple[str, ...] = ()
    """STUN and TURN addresses that clients are told and that need no credential, e.g. ``stun:stun.example:3478``."""
    turn_servers: tuple[str, ...] = ()
    """TURN addresses that need a credential, which each client is given its own of, e.g. ``turn:turn.example:3478``."""
    turn_secret: str = ""
    """What coturn calls ``static-auth-secret``: the secret that it shares with this server."""
    turn_lifetime_s: int = 86_400
    """Seconds that a TURN credential is valid; a call may last as long."""
    webhook_urls: tuple[str, ...] = ()
    """Addresses that are told what happens in rooms, as LiveKit tells it."""
    webhook_key: str = ""
    """API key that signs webhooks; empty takes the oldest that was given out, else the installation's own."""
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
    """Seconds between pings that clients are asked to send; who is quiet for as long is asked whether it is there."""
    ping_timeout_s: int = 15
    """Seconds without a sign of life after which a signalling socket is taken for dead."""
    token_lifetime_s: int = 600
    """Seconds that a refreshed token is valid."""
    token_refresh_s: int = 300
    """Seconds between refreshed tokens on one connection."""
    request_bytes_max: int = 1024 * 1024
    """Largest signalling message of a client; an offer with 150 video sections fits."""
    joins_per_10_s: int = 20
    """Times that one participant may join one room within 10 s."""
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
    call_days: int = 30
    """Days for which is kept how well calls went."""
    call_minutes_max: int = 2_000_000
    """Minutes of participants in calls that are kept at most, about 1 kB each; the oldest give way."""

    def __post_init__(self) -> None:
        """Refuse limits that cannot work, naming the setting."""
        for field in fields(self):
            value = getattr(self, field.name)
            least = 0 if field.name == "port" else 1e-9
            if isinstance(value, int | float) and not isinstance(value, bool) and value < least:
                raise Misconfigured(f"voice.{field.name} must be greater than zero, not {value!r}.")
        if not 0 <= self.port <= _PORTS - self.shards:
            raise Misconfigured("voice.port and voice.shards need a port for each thread below 65536.")
        if self.turn_servers and not self.turn_secret:
            raise Misconfigured("voice.turn_servers need voice.turn_secret, which coturn calls static-auth-secret.")
        if self.ping_timeout_s <= self.ping_interval_s:
            raise Misconfigured("voice.ping_timeout_s must be greater than voice.ping_interval_s.")
