"""A participant in this process: its transports, what it receives, and the socket that it has at the moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from livekit.protocol import models, rtc

from hubbub.voice.domain.grant import Claims
from hubbub.voice.domain.room import Participant, Track
from hubbub.voice.domain.sdp.negotiated import ChosenCodec, Ssrcs
from hubbub.voice.domain.sdp.negotiation import Incoming
from hubbub.voice.domain.sdp.offering import SubscriberOffer
from hubbub.voice.domain.sdp.receiving import ReceivingSections
from hubbub.voice.domain.sdp.transport import LocalTransport, RemoteTransport
from hubbub.voice.service.media_plane import Quality
from hubbub.voice.service.message import enum

if TYPE_CHECKING:
    from hubbub.voice.service.live_room import LiveRoom

LEAVE_WITH_ACTION_PROTOCOL = 13
"""First version of the signalling whose clients read the action of a leave."""


class Endpoint(Protocol):
    """The signalling socket of a member, as whoever has the member may use it."""

    def send(self, response: rtc.SignalResponse) -> None:
        """Send one message."""
        ...

    def close(self, reason: str) -> None:
        """Close the socket after what was sent."""
        ...


@dataclass(slots=True)
class Transport:
    """One peer connection."""

    transport_id: int
    local: LocalTransport
    remote: RemoteTransport | None = None
    connected: bool = False
    failed: bool = False
    """It will never connect again."""
    score: float | None = None
    """Opinion of its worst track, 1 to 5; None while nothing is known."""


@dataclass(slots=True, kw_only=True)
class Subscription:
    """One track and one member who may receive it."""

    publisher: Member
    track: Track
    desired: bool
    """Whether the member wants it, or wants all."""
    allowed: bool
    """Whether the publisher lets the member have it."""
    disabled: bool = False
    """Paused by the member's own wish."""
    quality: Quality = Quality.HIGH
    fps: int = 0
    priority: int = 0
    sending: tuple[str, Ssrcs, tuple[ChosenCodec, ...]] | None = None
    """Mid, SSRCs and codecs that the media plane was told; None while it sends nothing."""
    wanted: bool = False
    """Whether the transport was asked for a section."""


@dataclass(slots=True, kw_only=True)
class Joining:
    """What a client says of itself when it joins or comes back."""

    claims: Claims
    key: str
    """API key that signed the token; signs refreshed ones."""
    client: models.ClientInfo
    single: bool
    """One peer connection, the client's; else two, the subscriber's being ours to offer."""
    auto_subscribe: bool = True
    adaptive_stream: bool = False
    reconnect: bool = False
    sid: str = ""
    reason: int = 0
    metadata: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    tracks: tuple[rtc.AddTrackRequest, ...] = ()
    offer: rtc.SessionDescription | None = None
    sync: rtc.SyncState | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Member:
    """One client in one room."""

    room: LiveRoom
    participant: Participant
    joining: Joining
    endpoint: Endpoint | None = None
    subscriber_primary: bool = False
    """Whether the client waits for our offer first; settled when it joins, whatever it may do later."""
    publisher: Transport | None = None
    subscriber: Transport | None = None
    offering: SubscriberOffer | None = None
    """Our offers, with two peer connections."""
    receiving: ReceivingSections | None = None
    """The client's sections, with one."""
    asked: tuple[int, int] | None = None
    """Sections that the client was asked to add and has not offered yet."""
    pending: dict[str, Track] = field(default_factory=dict)
    """Tracks announced and not negotiated yet, by the client's name."""
    incoming: dict[str, Incoming] = field(default_factory=dict)
    """Sections that the client sends in, by mid, as last negotiated."""
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    """By the track's sid."""
    layers: dict[str, tuple[bool, ...]] = field(default_factory=dict)
    """Which layers of each published video track are wanted, low to high, as the publisher was told."""
    joined_s: float = 0.0
    detached_s: float | None = None
    """Monotonic seconds since when there is no socket."""
    failed_s: float | None = None
    """Monotonic seconds since when the media transport is down."""
    refreshed_s: float = 0.0
    quality: int = int(models.EXCELLENT)
    score: float = 5.0
    was_active: bool = False

    @property
    def sid(self) -> str:
        """Return the participant's sid."""
        return self.participant.sid

    @property
    def primary(self) -> Transport | None:
        """Return the transport without which the client takes itself for disconnected."""
        return self.subscriber if self.subscriber_primary else self.publisher

    @property
    def downlink(self) -> Transport | None:
        """Return the transport that tracks and messages are sent on."""
        return self.publisher if self.joining.single else self.subscriber

    def transports(self) -> Iterator[Transport]:
        """Yield the open transports."""
        for transport in (self.publisher, self.subscriber):
            if transport is not None:
                yield transport

    def send(self, **message: object) -> None:
        """Send a `SignalResponse` with one field set; without a socket it is lost, as resuming tells anew."""
        if self.endpoint is not None:
            self.endpoint.send(rtc.SignalResponse(**message))  # type: ignore[arg-type]  # one field, by its name

    def send_leave(self, reason: int, action: int) -> None:
        """Tell the client that it must go, in the form that its version reads."""
        if self.joining.client.protocol >= LEAVE_WITH_ACTION_PROTOCOL:
            leave = rtc.LeaveRequest(reason=enum(reason), action=enum(action))
        else:
            again = action != rtc.LeaveRequest.DISCONNECT
            leave = rtc.LeaveRequest(reason=enum(reason), can_reconnect=again)
        self.send(leave=leave)
