"""The port of the media plane: what control tells it, and what it tells control. No packet crosses.

Calling contract: `open_transport` and `restart_ice` answer at once; `perform` queues a command and never waits.
Commands of one transport take effect in order; one for what is gone changes nothing. Events come back in batches, in
order.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Protocol

from hubbub.voice.domain.sdp.description import Extension, Kind
from hubbub.voice.domain.sdp.negotiated import ChosenCodec, Ssrcs
from hubbub.voice.domain.sdp.transport import LocalTransport, RemoteTransport

RELIABLE, LOSSY = "_reliable", "_lossy"
"""Labels of the two data channels that LiveKit's clients know."""


class Quality(IntEnum):
    """A simulcast or spatial layer, by LiveKit's names."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2
    OFF = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportSpec:
    """A transport to be opened."""

    transport_id: int
    """Given by control; never used twice."""
    room: str
    """Sid of the room, whose transports share a thread."""
    participant: str
    data_channels: tuple[str, ...] = ()
    """Labels of the channels that we open; empty when the peer opens them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What a publisher says of one layer."""

    quality: Quality
    width: int = 0
    """Pixels; zero when unknown, as are the others."""
    height: int = 0
    bitrate: int = 0
    """Bits per second."""
    rid: str = ""
    ssrc: int = 0
    spatial: int = 0
    """Index of the spatial layer within one stream (SVC)."""


# -- commands ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SetRemote:
    """Take the peer's credentials and certificate; new credentials mean that ICE starts anew."""

    transport_id: int
    remote: RemoteTransport


@dataclass(frozen=True, slots=True)
class CloseTransport:
    """End a transport with everything on it."""

    transport_id: int


@dataclass(frozen=True, slots=True)
class MoveTransport:
    """Count a transport to another room from now on."""

    transport_id: int
    room: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishTrack:
    """Take a track's packets; said again when its codecs or layers change."""

    transport_id: int
    track: str
    kind: Kind
    mid: str
    codecs: tuple[ChosenCodec, ...]
    """The first is the one that is expected."""
    extensions: tuple[Extension, ...]
    rids: tuple[str, ...]
    """Lowest layer first; empty without simulcast by rid."""
    sources: tuple[Ssrcs, ...]
    """Lowest layer first; empty when the packets must tell by mid and rid."""
    layers: tuple[Layer, ...]
    muted: bool


@dataclass(frozen=True, slots=True)
class UnpublishTrack:
    """Forget a track and all that was sent of it."""

    track: str


@dataclass(frozen=True, slots=True)
class MuteTrack:
    """Forward nothing of a track, or forward it again."""

    track: str
    muted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe:
    """Send a track on a transport."""

    transport_id: int
    track: str
    mid: str
    ssrcs: Ssrcs
    codecs: tuple[ChosenCodec, ...]
    extensions: tuple[Extension, ...]


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Send a track no longer."""

    transport_id: int
    track: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefer:
    """What a subscriber wants of a track at most."""

    transport_id: int
    track: str
    paused: bool
    quality: Quality
    fps: int = 0
    """Frames per second; zero for all."""
    priority: int = 0
    """1 is the most important; zero is unset."""


@dataclass(frozen=True, slots=True)
class SendData:
    """Send a message on a data channel."""

    transport_id: int
    reliable: bool
    payload: bytes


@dataclass(frozen=True, slots=True)
class LimitBandwidth:
    """Pretend that the way to a subscriber is no wider than this; zero lifts it."""

    transport_id: int
    bits_per_second: int


Command = (
    SetRemote
    | CloseTransport
    | MoveTransport
    | PublishTrack
    | UnpublishTrack
    | MuteTrack
    | Subscribe
    | Unsubscribe
    | Prefer
    | SendData
    | LimitBandwidth
)


class MediaPlane(Protocol):
    """What moves packets."""

    def open_transport(self, spec: TransportSpec) -> LocalTransport:
        """Open a transport and return our end of it.

        Raises:
            MediaPlaneUnavailable: There are as many as there may be.
        """
        ...

    def restart_ice(self, transport_id: int) -> LocalTransport:
        """Return new credentials for a transport; the old ones hold until the peer uses the new."""
        ...

    def perform(self, command: Command) -> None:
        """Queue a command."""
        ...


# -- events ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Connected:
    """ICE and DTLS are through: packets flow."""

    transport_id: int
    remote: str
    """The peer's address and port as the media plane sees them."""
    protocol: str
    """`udp` or `tcp`."""
    handshake_ms: int
    """From the peer's first check to the keys."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The peer cannot be reached, or broke off the handshake; the transport does not come back."""

    transport_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class TrackAlive:
    """The first packets of a track arrived, in this codec."""

    track: str
    codec: str


@dataclass(frozen=True, slots=True)
class Speaker:
    """Loudness of one track."""

    track: str
    level: float
    """0 to 1, 1 the loudest."""
    active: bool


@dataclass(frozen=True, slots=True)
class Speakers:
    """Who began, went on or ceased to speak in a room; only changes."""

    room: str
    """Sid."""
    speakers: tuple[Speaker, ...]


@dataclass(frozen=True, slots=True)
class StreamPaused:
    """Congestion made the media plane pause a subscriber's track, or its end made it go on."""

    transport_id: int
    track: str
    paused: bool


@dataclass(frozen=True, slots=True)
class LayersWanted:
    """Which layers of a track anybody wants, so that its publisher need not send the others (dynacast)."""

    track: str
    wanted: tuple[bool, ...]
    """One for each layer, lowest first."""


class LegDirection(StrEnum):
    """Which way a leg's packets go, seen from the media plane."""

    UP = "up"
    """From a publisher."""
    DOWN = "down"
    """To a subscriber."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """How one track did on one transport within an interval."""

    track: str
    direction: LegDirection
    kind: Kind
    packets: int
    """Media packets that were sent to the end of the leg, retransmissions left out."""
    loss: float
    """Share of them lost on the way, whether mended or not, 0 to 1."""
    residual_loss: float
    """Share of them that neither came nor was mended, as far as is known, 0 to 1."""
    jitter_ms: float
    bits_per_second: int
    """Media with headers."""
    nacks: int
    """Retransmissions asked for."""
    plis: int
    """Keyframes asked for."""
    freezes: int
    """Times that pictures stood still."""
    frozen_ms: int
    """How long they stood still."""
    spatial: int
    """Spatial layer or encoding that is sent; 255 is none."""
    temporal: int
    """Temporal layer that is sent; 255 is none."""
    r: float
    """R of the E-model (ITU-T G.107), 0 to 100; sound only, else -1."""
    mos: float
    """Opinion, 1 to 5."""
    concealed: float = -1.0
    """Share of the sound that was not there when it was to be played, 0 to 1; -1 for pictures. Down it is what feedback
    tells, or what reports tell where there is none."""
    measured: bool = False
    """Whether feedback on each packet tells of this leg alone. Else the receiver reports, who sees what was lost on the
    way to us too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """How many packets were not taken, by reason."""

    unauthentic: int = 0
    """Forged or damaged, or sealed with other keys."""
    replayed: int = 0
    """Came before, or are older than can be told."""
    unknown: int = 0
    """Belong to no stream that was agreed on."""
    malformed: int = 0
    """Cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QualitySample:
    """How one transport did in the last 5 s."""

    transport_id: int
    rtt_ms: float
    """Round trip; -1 when unknown."""
    estimate: int
    """What the path to the subscriber is thought to carry, bits per second; 0 when unknown."""
    legs: tuple[Leg, ...]
    refused: Refusals = Refusals()
    """Packets of the peer's that were not taken."""


class Notice(StrEnum):
    """Something that somebody who asks why a call was bad wants to see on its timeline."""

    NACK_BURST = "nack_burst"
    """More than 20 packets were asked for again within a second; `value` of them."""
    LAYER_SWITCHED = "layer_switched"
    """The subscriber gets another layer; `value` is 10 · spatial + temporal, or -1 when paused."""
    CONGESTED = "congested"
    """The path's estimate fell by overuse or loss; `value` is the new one in bit/s."""
    RECOVERED = "recovered"
    """The estimate is back above what all tracks need; `value` is it in bit/s."""
    PATH_CHANGED = "path_changed"
    """Packets come and go by another address; `value` is 0 for UDP, 1 for TCP."""
    SILENT = "silent"
    """Nothing was heard of the peer for some seconds; `value` of them."""
    HEARD = "heard"
    """It is heard again."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something for the timeline of a call."""

    transport_id: int
    track: str
    """Its sid, or empty."""
    notice: Notice
    value: int
    """As the notice says."""


@dataclass(frozen=True, slots=True)
class DataReceived:
    """A message on a data channel."""

    transport_id: int
    reliable: bool
    payload: bytes


@dataclass(frozen=True, slots=True)
class Closed:
    """A transport is gone, and will never speak again."""

    transport_id: int


Event = (
    Connected
    | Failed
    | TrackAlive
    | Speakers
    | StreamPaused
    | LayersWanted
    | QualitySample
    | Noticed
    | DataReceived
    | Closed
)
