"""What the media plane reports, and whom it is told to: connections, speakers, quality, paused streams, messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from google.protobuf.message import DecodeError
from livekit.protocol import models, rtc

from hubbub.voice.domain.room import State
from hubbub.voice.domain.sdp.description import Kind
from hubbub.voice.service import media_plane as media
from hubbub.voice.service.live_room import Member, Transport
from hubbub.voice.service.message import enum
from hubbub.voice.service.rooms import Rooms

EXCELLENT_MOS, GOOD_MOS = 4.0, 3.3
"""Least mean opinion score of an excellent and of a good connection; below is poor."""
_OfTransport = (
    media.Connected
    | media.Failed
    | media.Closed
    | media.StreamPaused
    | media.QualitySample
    | media.Noticed
    | media.DataReceived
)


class Observer(Protocol):
    """Who wants to see the media plane's reports before rooms act on them: the quality of calls."""

    def observed(self, rooms: Rooms, event: media.Event) -> None:
        """Take note; `rooms` still knows the transport and the tracks that the event names."""
        ...


@dataclass(slots=True)
class Reports:
    """Carries out what follows from the media plane's events."""

    rooms: Rooms
    observer: Observer | None = None

    def take(self, event: media.Event) -> None:
        """Take one event; one of what is gone changes nothing."""
        rooms = self.rooms
        if self.observer is not None:
            self.observer.observed(rooms, event)
        if isinstance(event, media.Speakers):
            room = rooms.by_sid.get(event.room)
            if room is not None:
                room.speak(event.speakers)
        elif isinstance(event, media.LayersWanted):
            publisher = rooms.publishing.publishers.get(event.track)
            track = publisher.participant.tracks.get(event.track) if publisher is not None else None
            if publisher is not None and track is not None and track.kind is Kind.VIDEO:
                rooms.subscribing.tell_layers(publisher, track, event.wanted)
        elif not isinstance(event, media.TrackAlive):
            member = rooms.transports.owners.get(event.transport_id)
            if member is not None:
                _take_of(rooms, member, event)


def _take_of(rooms: Rooms, member: Member, event: _OfTransport) -> None:
    transport = next((each for each in member.transports() if each.transport_id == event.transport_id), None)
    if transport is None:
        return
    match event:
        case media.Connected():
            transport.connected = True
            if transport is member.primary:
                _reached(rooms, member)
        case media.Failed() | media.Closed():
            transport.connected, transport.failed = False, True
            _lost(rooms, member, transport, start_anew=isinstance(event, media.Failed))
        case media.StreamPaused():
            _tell_pause(rooms, member, event)
        case media.QualitySample():
            _take_sample(member, transport, event)
        case media.DataReceived():
            _pass_data(rooms, member, event)
        case media.Noticed():
            pass  # for who observes calls


def _reached(rooms: Rooms, member: Member) -> None:
    """Take note that a member's primary transport is up."""
    room = member.room
    member.failed_s = None
    if member.participant.state is not State.ACTIVE:
        member.participant.state = State.ACTIVE
        room.changed(member)
        if not member.was_active:
            member.was_active = True
            rooms.listeners.tell("participant_joined", room, member)
        infos = [each.quality_info() for each in room.seen()]
        member.send(connection_quality=rtc.ConnectionQualityUpdate(updates=infos))


def _lost(rooms: Rooms, member: Member, transport: Transport, *, start_anew: bool) -> None:
    """Have a client start anew by itself; one whose socket is away is told so when it comes back."""
    if start_anew and member.endpoint is not None:
        rooms.remove(member, models.MEDIA_FAILURE, action=rtc.LeaveRequest.RECONNECT)
    elif (start_anew or transport is member.primary) and member.failed_s is None:
        member.failed_s = rooms.clock.monotonic_s()
        _set_quality(member, models.LOST, 0.0)


def _take_sample(member: Member, transport: Transport, sample: media.QualitySample) -> None:
    """Rate a connection by its worst track, as whoever hears or sees that track does."""
    opinions = [leg.mos for leg in sample.legs if leg.packets > 0]
    transport.score = min(opinions) if opinions else transport.score
    scores = [each.score for each in member.transports() if each.score is not None]
    if not scores:
        return
    worst = min(scores)
    level = models.EXCELLENT if worst >= EXCELLENT_MOS else models.GOOD if worst >= GOOD_MOS else models.POOR
    _set_quality(member, level, worst)


def _tell_pause(rooms: Rooms, member: Member, event: media.StreamPaused) -> None:
    publisher = rooms.publishing.publishers.get(event.track)
    if publisher is not None:
        state = rtc.StreamStateInfo(
            participant_sid=publisher.sid,
            track_sid=event.track,
            state=rtc.PAUSED if event.paused else rtc.ACTIVE,
        )
        member.send(stream_state_update=rtc.StreamStateUpdate(stream_states=[state]))


def _set_quality(member: Member, quality: int, score: float) -> None:
    changed, member.quality, member.score = member.quality != quality, quality, score
    if changed:
        member.room.tell_quality(member)


def _pass_data(rooms: Rooms, member: Member, event: media.DataReceived) -> None:
    participant = member.participant
    if not participant.permission.can_publish_data or len(event.payload) > rooms.config.data_bytes_max:
        return
    try:
        packet = models.DataPacket.FromString(event.payload)
    except DecodeError:
        return
    packet.participant_identity, packet.participant_sid = participant.identity, member.sid
    packet.kind = enum(0 if event.reliable else 1)
    if packet.WhichOneof("value") == "user":
        packet.user.participant_identity, packet.user.participant_sid = participant.identity, member.sid
    rooms.transports.pass_data(member.room, packet, reliable=event.reliable, sender=member)
