"""LiveKit's RoomService: what administrators do to rooms and the people in them, with the grants that each call needs.

Source: livekit/protocol, livekit_room.proto; livekit-server, pkg/service/roomservice.go (grants, errors).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from google.protobuf.message import Message
from livekit.protocol import models, room, rtc

from hubbub.voice.domain.grant import Claims
from hubbub.voice.domain.room import Track, check_length
from hubbub.voice.errors import (
    NotPermitted,
    NotSupported,
    ParticipantUnknown,
    RequestRefused,
    RoomUnknown,
    TrackUnknown,
)
from hubbub.voice.service.live_room import LiveRoom, Member
from hubbub.voice.service.message import permission_of, track_message
from hubbub.voice.service.rooms import Rooms

_NONCE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Method:
    """One procedure: how its request is read and what carries it out."""

    request: type[Message]
    call: Callable[..., Message]


@dataclass(slots=True)
class RoomService:
    """The procedures, over the rooms of this process."""

    rooms: Rooms

    def method(self, name: str) -> Method:
        """Return a procedure by its name in the protocol.

        Raises:
            NotSupported: There is none, or it is not served here.
        """
        methods: dict[str, tuple[type[Message], Callable[..., Message]]] = {
            "CreateRoom": (room.CreateRoomRequest, self.create_room),
            "ListRooms": (room.ListRoomsRequest, self.list_rooms),
            "DeleteRoom": (room.DeleteRoomRequest, self.delete_room),
            "ListParticipants": (room.ListParticipantsRequest, self.list_participants),
            "GetParticipant": (room.RoomParticipantIdentity, self.get_participant),
            "RemoveParticipant": (room.RoomParticipantIdentity, self.remove_participant),
            "MutePublishedTrack": (room.MuteRoomTrackRequest, self.mute_published_track),
            "UpdateParticipant": (room.UpdateParticipantRequest, self.update_participant),
            "UpdateSubscriptions": (room.UpdateSubscriptionsRequest, self.update_subscriptions),
            "SendData": (room.SendDataRequest, self.send_data),
            "UpdateRoomMetadata": (room.UpdateRoomMetadataRequest, self.update_room_metadata),
            "MoveParticipant": (room.MoveParticipantRequest, self.move_participant),
        }
        if name not in methods:
            raise NotSupported(f"The RoomService has no procedure {name[:64]!r} here.")
        return Method(*methods[name])

    # -- rooms -----------------------------------------------------------------------------------------------------

    def create_room(self, claims: Claims, request: room.CreateRoomRequest) -> models.Room:
        """Make a room, or return the one that has the name."""
        _need(claims.video.room_create)
        if not request.name:
            raise RequestRefused("name must not be empty.")
        if request.HasField("egress"):
            raise NotSupported("Recording by CreateRoom is not offered.")
        return self.rooms.create(request).info()

    def list_rooms(self, claims: Claims, request: room.ListRoomsRequest) -> room.ListRoomsResponse:
        """Return all rooms, or those of the names given."""
        _need(claims.video.room_list)
        wanted = set(request.names)
        found = [each.info() for name, each in self.rooms.rooms.items() if not wanted or name in wanted]
        return room.ListRoomsResponse(rooms=found)

    def delete_room(self, claims: Claims, request: room.DeleteRoomRequest) -> room.DeleteRoomResponse:
        """End a room for everybody in it."""
        _need(claims.video.room_create)
        self.rooms.delete(self._room(request.room))
        return room.DeleteRoomResponse()

    def update_room_metadata(self, claims: Claims, request: room.UpdateRoomMetadataRequest) -> models.Room:
        """Set a room's metadata and tell everybody in it."""
        _need_admin(claims, request.room)
        check_length(request.metadata, self.rooms.config.metadata_bytes_max, "metadata")
        live = self._room(request.room)
        live.state.metadata = request.metadata
        live.room_changed()
        return live.info()

    def send_data(self, claims: Claims, request: room.SendDataRequest) -> room.SendDataResponse:
        """Send a message to everybody in a room, or to those named."""
        _need_admin(claims, request.room)
        if len(request.nonce) not in {0, _NONCE_BYTES}:
            raise RequestRefused("nonce must have 16 bytes, or be left out.")
        if len(request.data) > self.rooms.config.data_bytes_max:
            raise RequestRefused(f"data may have at most {self.rooms.config.data_bytes_max} bytes.")
        user = models.UserPacket(
            payload=request.data,
            destination_sids=request.destination_sids,
            destination_identities=request.destination_identities,
            nonce=request.nonce,
        )
        if request.HasField("topic"):
            user.topic = request.topic
        packet = models.DataPacket(kind=request.kind, user=user, destination_identities=request.destination_identities)
        reliable = request.kind == models.DataPacket.RELIABLE
        self.rooms.transports.pass_data(self._room(request.room), packet, reliable=reliable)
        return room.SendDataResponse()

    # -- participants ----------------------------------------------------------------------------------------------

    def list_participants(self, claims: Claims, request: room.ListParticipantsRequest) -> room.ListParticipantsResponse:
        """Return everybody in a room."""
        _need_admin(claims, request.room)
        live = self._room(request.room)
        return room.ListParticipantsResponse(participants=[live.info_of(each) for each in live.members.values()])

    def get_participant(self, claims: Claims, request: room.RoomParticipantIdentity) -> models.ParticipantInfo:
        """Return one participant."""
        _need_admin(claims, request.room)
        member = self._member(request.room, request.identity)
        return member.room.info_of(member)

    def remove_participant(
        self, claims: Claims, request: room.RoomParticipantIdentity
    ) -> room.RemoveParticipantResponse:
        """Take a participant out of its room; its token still opens it."""
        _need_admin(claims, request.room)
        self.rooms.remove(self._member(request.room, request.identity), models.PARTICIPANT_REMOVED)
        return room.RemoveParticipantResponse()

    def mute_published_track(self, claims: Claims, request: room.MuteRoomTrackRequest) -> room.MuteRoomTrackResponse:
        """Mute a track for all; unmuting is refused unless the settings permit it."""
        _need_admin(claims, request.room)
        member = self._member(request.room, request.identity)
        track: Track | None = member.participant.tracks.get(request.track_sid)
        if track is None:
            raise TrackUnknown
        if not request.muted and not self.rooms.config.remote_unmute:
            raise NotPermitted("Unmuting from afar is switched off (voice.remote_unmute).")
        if self.rooms.publishing.mute(member, track, muted=request.muted):
            member.send(mute=rtc.MuteTrackRequest(sid=track.sid, muted=request.muted))
        return room.MuteRoomTrackResponse(track=track_message(track))

    def update_participant(self, claims: Claims, request: room.UpdateParticipantRequest) -> models.ParticipantInfo:
        """Change a participant's name, metadata, attributes or rights; what is empty stays."""
        _need_admin(claims, request.room)
        config = self.rooms.config
        check_length(request.name, config.name_bytes_max, "name")
        check_length(request.metadata, config.metadata_bytes_max, "metadata")
        member = self._member(request.room, request.identity)
        participant = member.participant
        participant.update_attributes(dict(request.attributes), bytes_max=config.attributes_bytes_max)
        participant.name = request.name or participant.name
        participant.metadata = request.metadata or participant.metadata
        if request.HasField("permission"):
            self.rooms.permit(member, permission_of(request.permission), tell=False)
        member.room.changed(member)
        return member.room.info_of(member)

    def update_subscriptions(
        self, claims: Claims, request: room.UpdateSubscriptionsRequest
    ) -> room.UpdateSubscriptionsResponse:
        """Make a participant receive tracks, or receive them no longer."""
        _need_admin(claims, request.room)
        member = self._member(request.room, request.identity)
        wish = rtc.UpdateSubscription(
            track_sids=request.track_sids,
            subscribe=request.subscribe,
            participant_tracks=request.participant_tracks,
        )
        self.rooms.subscribing.update(member, wish)
        self.rooms.subscribing.flush(member)
        return room.UpdateSubscriptionsResponse()

    def move_participant(self, claims: Claims, request: room.MoveParticipantRequest) -> room.MoveParticipantResponse:
        """Bring a participant into another room."""
        _need_admin(claims, request.room)
        _need(claims.video.destination_room == request.destination_room)
        if not request.destination_room or request.room == request.destination_room:
            raise RequestRefused("destination_room must be another room.")
        self.rooms.move(self._member(request.room, request.identity), request.destination_room)
        return room.MoveParticipantResponse()

    # --------------------------------------------------------------------------------------------------------------

    def _room(self, name: str) -> LiveRoom:
        live = self.rooms.rooms.get(name)
        if live is None:
            raise RoomUnknown
        return live

    def _member(self, name: str, identity: str) -> Member:
        member = self._room(name).members.get(identity)
        if member is None:
            raise ParticipantUnknown
        return member


def _need(granted: bool) -> None:
    if not granted:
        raise NotPermitted("The token lacks the grant that this call needs.")


def _need_admin(claims: Claims, name: str) -> None:
    grant = claims.video
    _need(grant.room_admin and bool(name) and grant.room == name)
