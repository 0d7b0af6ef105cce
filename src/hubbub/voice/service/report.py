"""What the media plane reports, and whom it is told to: connections, speakers, quality, paused streams, messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.protobuf.message import DecodeError
from livekit.protocol import models, rtc

from hubbub.voice.service import media_plane as media
from hubbub.voice.service.member import Member
from hubbub.voice.service.message import enum

if TYPE_CHECKING:
    from hubbub.voice.service.rooms import Rooms

EXCELLENT_MOS, GOOD_MOS = 4.0, 3.3
"""Least mean opinion score of an excellent and of a good connection; below is poor."""
_OfTransport = (
    media.Connected | media.Failed | media.Closed | media.StreamPaused | media.QualitySample | media.DataReceived
)


def take_report(rooms: Rooms, event: media.Event) -> None:
    """Carry out what follows from one event; an event of what is gone changes nothing."""
    if isinstance(event, media.Speakers):
        room = rooms.by_sid.get(event.room)
        if room is not None:
            room.speak(event.speakers)
    elif not isinstance(event, media.TrackAlive):
        member = rooms.transports.get(event.transport_id)
        if member is not None:
            _take_of(rooms, member, event)


def _take_of(rooms: Rooms, member: Member, event: _OfTransport) -> None:
    transport = next((each for each in member.transports() if each.transport_id == event.transport_id), None)
    if transport is None:
        return
    if isinstance(event, media.Connected):
        transport.connected = True
        if transport is member.primary:
            member.room.reached(member)
    elif isinstance(event, media.Failed | media.Closed):
        transport.connected = False
        if transport is member.primary:
            member.failed_s = rooms.clock.monotonic_s()
            _set_quality(member, models.LOST, 0.0)
    elif isinstance(event, media.StreamPaused):
        _tell_pause(rooms, member, event)
    elif isinstance(event, media.QualitySample):
        mos = event.mos
        level = models.EXCELLENT if mos >= EXCELLENT_MOS else models.GOOD if mos >= GOOD_MOS else models.POOR
        _set_quality(member, level, mos)
    else:
        _pass_data(rooms, member, event)


def _tell_pause(rooms: Rooms, member: Member, event: media.StreamPaused) -> None:
    publisher = rooms.publishers.get(event.track)
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
        member.room.tell_quality([member])


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
    member.room.pass_data(member, packet, reliable=event.reliable)
