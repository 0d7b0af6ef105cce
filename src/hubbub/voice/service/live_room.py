"""A room with the people in it: who joins and leaves, and what the others are told of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from livekit.protocol import models, rtc

from hubbub.voice.domain.room import Participant, Room, State, Track
from hubbub.voice.service import media_plane as plane
from hubbub.voice.service.member import Member, Transport
from hubbub.voice.service.message import enum, participant_message, room_message, track_message

if TYPE_CHECKING:
    from hubbub.voice.service.rooms import Rooms


@dataclass(slots=True, eq=False)
class LiveRoom:
    """One room of this process."""

    rooms: Rooms
    state: Room
    trailer: bytes
    """Marks frames that the server injects, where the others are encrypted end to end."""
    members: dict[str, Member] = field(default_factory=dict)
    """By identity."""
    empty_since_s: float | None = None
    """Monotonic seconds since when nobody is here; None while somebody is."""
    was_joined: bool = False

    # -- what others see -------------------------------------------------------------------------------------------

    def participants(self) -> list[Participant]:
        """Return everybody, hidden ones too."""
        return [member.participant for member in self.members.values()]

    def info(self) -> models.Room:
        """Return the room as clients are told of it."""
        return room_message(self.state, self.participants())

    def info_of(self, member: Member) -> models.ParticipantInfo:
        """Return a participant as clients are told of it."""
        return participant_message(member.participant, region=self.rooms.config.region)

    def others(self, member: Member) -> list[models.ParticipantInfo]:
        """Return everybody whom `member` may see, itself excluded."""
        return [
            self.info_of(other)
            for other in self.members.values()
            if other is not member and not other.participant.permission.hidden
        ]

    def changed(self, member: Member, *, itself: bool = True) -> None:
        """Tell the room that a participant changed."""
        member.participant.version += 1
        update = rtc.ParticipantUpdate(participants=[self.info_of(member)])
        for other in self.members.values():
            if (other is member and itself) or (other is not member and not member.participant.permission.hidden):
                other.send(update=update)

    def room_changed(self) -> None:
        """Tell everybody what the room is now."""
        self.state.version += 1
        update = rtc.RoomUpdate(room=self.info())
        for member in self.members.values():
            member.send(room_update=update)

    # -- coming and going ------------------------------------------------------------------------------------------

    def enter(self, member: Member) -> None:
        """Put a member among the others; whoever had its identity must be gone."""
        member.room = self
        self.members[member.participant.identity] = member
        self.empty_since_s, self.was_joined = None, True

    def subscribe_to_all(self, member: Member) -> None:
        """Let a member know of everything that is published."""
        for other in self.members.values():
            for track in other.participant.published():
                self.rooms.subscribing.offer_track(member, other, track)
        self.rooms.subscribing.flush(member)

    def exit(self, member: Member) -> None:
        """Take a member out, its tracks first, and tell the others."""
        self.members.pop(member.participant.identity, None)
        for track in member.participant.published():
            self._drop(member, track)
        for sid in list(member.subscriptions):
            self.rooms.subscribing.withdraw(member, sid)
        member.participant.version += 1
        gone = self.info_of(member)
        gone.state = models.ParticipantInfo.DISCONNECTED
        if not member.participant.permission.hidden:
            for other in self.members.values():
                other.send(update=rtc.ParticipantUpdate(participants=[gone]))
        if not self.members:
            self.empty_since_s = self.rooms.clock.monotonic_s()

    def open_transport(self, member: Member, channels: tuple[str, ...]) -> Transport:
        """Open a transport for a member."""
        return self.rooms.open_transport(member, channels)

    # -- tracks ----------------------------------------------------------------------------------------------------

    def published(self, member: Member, sids: Mapping[str, bool]) -> None:
        """Tell the others of tracks that are new, or that changed their codec where the value is false."""
        if not sids:
            return
        tracks = [member.participant.tracks[sid] for sid in sids]
        self.rooms.publishers.update(dict.fromkeys(sids, member))
        self.changed(member)
        for other in self.members.values():
            for track in tracks:
                if track.sid in other.subscriptions:
                    self.rooms.subscribing.apply(other, track.sid)
                else:
                    self.rooms.subscribing.offer_track(other, member, track)
            self.rooms.subscribing.flush(other)
        for track in tracks:
            if sids[track.sid]:
                self.rooms.tell("track_published", self, member, track_message(track))

    def unpublished(self, member: Member, track: Track) -> None:
        """Tell the others that a track is gone."""
        self._drop(member, track)
        self.changed(member)

    def _drop(self, member: Member, track: Track) -> None:
        self.rooms.publishers.pop(track.sid, None)
        for other in self.members.values():
            if track.sid in other.subscriptions:
                self.rooms.subscribing.withdraw(other, track.sid)
                self.rooms.subscribing.flush(other)
        self.rooms.tell("track_unpublished", self, member, track_message(track))

    # -- what the media plane reports ------------------------------------------------------------------------------

    def speak(self, speakers: Iterable[plane.Speaker]) -> None:
        """Tell everybody who of those that they receive, and they themselves, speaks."""
        for member in self.members.values():
            heard = [
                models.SpeakerInfo(sid=publisher.sid, level=each.level, active=each.active)
                for each in speakers
                if (publisher := self.rooms.publishers.get(each.track)) is not None
                and (publisher is member or each.track in member.subscriptions)
            ]
            if heard:
                member.send(speakers_changed=rtc.SpeakersChanged(speakers=heard))

    def tell_quality(self, member: Member) -> None:
        """Tell everybody how good a member's connection is."""
        for other in self.members.values():
            if other is member or not member.participant.permission.hidden:
                other.send(connection_quality=rtc.ConnectionQualityUpdate(updates=[_quality(member)]))

    def pass_data(self, sender: Member | None, packet: models.DataPacket, *, reliable: bool) -> None:
        """Bring a message to those whom it names, or to all but its sender.

        A message of the server itself has no sender.
        """
        wanted = set(packet.destination_identities) | set(packet.user.destination_identities)
        sids = set(packet.user.destination_sids)
        payload = packet.SerializeToString()
        for member in self.members.values():
            named = member.participant.identity in wanted or member.sid in sids
            transport = member.downlink
            if member is not sender and (named or not (wanted or sids)) and transport is not None:
                self.rooms.plane.perform(plane.SendData(transport.transport_id, reliable, payload))

    def reached(self, member: Member) -> None:
        """Take note that a member's primary transport is up."""
        member.failed_s = None
        if member.participant.state is not State.ACTIVE:
            member.participant.state = State.ACTIVE
            self.changed(member)
            if not member.was_active:
                member.was_active = True
                self.rooms.tell("participant_joined", self, member)
            seen = [each for each in self.members.values() if not each.participant.permission.hidden]
            member.send(connection_quality=rtc.ConnectionQualityUpdate(updates=[_quality(each) for each in seen]))


def _quality(member: Member) -> rtc.ConnectionQualityInfo:
    return rtc.ConnectionQualityInfo(participant_sid=member.sid, quality=enum(member.quality), score=member.score)
