"""A room of this process and the people in it: who is there, with which transports, and what they are told.

They know nobody above them: who lets people in and out, publishes and subscribes does so to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from livekit.protocol import models, rtc

from hubbub.voice.domain.room import Participant, Room, Track
from hubbub.voice.domain.sdp.negotiated import ChosenCodec, Ssrcs
from hubbub.voice.domain.sdp.negotiation import Incoming
from hubbub.voice.domain.sdp.offering import SubscriberOffer
from hubbub.voice.domain.sdp.receiving import ReceivingSections
from hubbub.voice.domain.sdp.transport import LocalTransport, RemoteTransport
from hubbub.voice.service.joining import Joining
from hubbub.voice.service.media_plane import Quality, Speaker
from hubbub.voice.service.message import enum, participant_message, room_message

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

    def hears(self, track_sid: str) -> Member | None:
        """Return who publishes a track that the member receives, or publishes itself; None for any other."""
        if track_sid in self.participant.tracks:
            return self
        subscription = self.subscriptions.get(track_sid)
        return None if subscription is None else subscription.publisher

    def quality_info(self) -> rtc.ConnectionQualityInfo:
        """Return how good the connection is, as clients are told of it."""
        return rtc.ConnectionQualityInfo(participant_sid=self.sid, quality=enum(self.quality), score=self.score)

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


@dataclass(slots=True, kw_only=True, eq=False)
class LiveRoom:
    """One room of this process."""

    state: Room
    region: str
    """Where this server stands, as participants are told."""
    trailer: bytes
    """Marks frames that the server injects, where the others are encrypted end to end."""
    members: dict[str, Member] = field(default_factory=dict)
    """By identity."""
    empty_since_s: float | None = None
    """Monotonic seconds since when nobody is here; None while somebody is."""
    was_joined: bool = False

    # -- who is here -----------------------------------------------------------------------------------------------

    def enter(self, member: Member) -> None:
        """Put a member among the others; whoever had its identity must be gone."""
        member.room = self
        self.members[member.participant.identity] = member
        self.empty_since_s, self.was_joined = None, True

    def seen(self) -> list[Member]:
        """Return everybody whom others may see."""
        return [each for each in self.members.values() if not each.participant.permission.hidden]

    def addressed(self, packet: models.DataPacket, sender: Member | None = None) -> list[Member]:
        """Return whom a message is for: those whom it names, or all but its sender, which the server has not."""
        wanted = set(packet.destination_identities) | set(packet.user.destination_identities)
        sids = set(packet.user.destination_sids)
        return [
            member
            for member in self.members.values()
            if member is not sender
            and (not (wanted or sids) or member.participant.identity in wanted or member.sid in sids)
        ]

    # -- what clients are told -------------------------------------------------------------------------------------

    def info(self) -> models.Room:
        """Return the room as clients are told of it."""
        return room_message(self.state, [member.participant for member in self.members.values()])

    def info_of(self, member: Member) -> models.ParticipantInfo:
        """Return a participant as clients are told of it."""
        return participant_message(member.participant, region=self.region)

    def others(self, member: Member) -> list[models.ParticipantInfo]:
        """Return everybody whom `member` may see, itself excluded."""
        return [self.info_of(other) for other in self.seen() if other is not member]

    def changed(self, member: Member, *, itself: bool = True) -> None:
        """Tell the room that a participant changed."""
        member.participant.version += 1
        update = rtc.ParticipantUpdate(participants=[self.info_of(member)])
        for other in self.members.values():
            if (other is member and itself) or (other is not member and not member.participant.permission.hidden):
                other.send(update=update)

    def gone(self, member: Member) -> None:
        """Tell those who are still here that a participant is not."""
        member.participant.version += 1
        info = self.info_of(member)
        info.state = models.ParticipantInfo.DISCONNECTED
        if not member.participant.permission.hidden:
            for other in self.members.values():
                other.send(update=rtc.ParticipantUpdate(participants=[info]))

    def room_changed(self) -> None:
        """Tell everybody what the room is now."""
        self.state.version += 1
        update = rtc.RoomUpdate(room=self.info())
        for member in self.members.values():
            member.send(room_update=update)

    def speak(self, speakers: Iterable[Speaker]) -> None:
        """Tell everybody who of those that they receive, and they themselves, speaks."""
        for member in self.members.values():
            heard = [
                models.SpeakerInfo(sid=publisher.sid, level=each.level, active=each.active)
                for each in speakers
                if (publisher := member.hears(each.track)) is not None
            ]
            if heard:
                member.send(speakers_changed=rtc.SpeakersChanged(speakers=heard))

    def tell_quality(self, member: Member) -> None:
        """Tell everybody how good a member's connection is."""
        update = rtc.ConnectionQualityUpdate(updates=[member.quality_info()])
        for other in self.members.values():
            if other is member or not member.participant.permission.hidden:
                other.send(connection_quality=update)
