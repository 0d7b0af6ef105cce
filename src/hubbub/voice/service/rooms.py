"""All rooms of one process: joining, resuming, moving, leaving, rights, and the passing of time.

Calling contract: `join` for each signalling socket that passed `joining.read_joining`; `sweep` about once a second.
Nothing here waits, or reads a clock but the one that is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from livekit.protocol import models, rtc
from livekit.protocol.room import CreateRoomRequest

from hubbub.kernel.clock import Clock
from hubbub.kernel.errors import HubbubError
from hubbub.kernel.randomness import RandomSource
from hubbub.voice.config import VoiceConfig
from hubbub.voice.domain.grant import Kind
from hubbub.voice.domain.permission import Permission
from hubbub.voice.domain.room import Participant, Room, State, check_length
from hubbub.voice.domain.sdp.capability import Capabilities
from hubbub.voice.domain.sdp.offering import SubscriberOffer
from hubbub.voice.domain.sdp.receiving import ReceivingSections
from hubbub.voice.domain.sid import PARTICIPANT, ROOM, new_sid
from hubbub.voice.errors import NotPermitted, RoomFull
from hubbub.voice.service.joining import Joining
from hubbub.voice.service.listener import Listeners
from hubbub.voice.service.live_room import Endpoint, LiveRoom, Member
from hubbub.voice.service.media_plane import MediaPlane
from hubbub.voice.service.publishing import Publishing
from hubbub.voice.service.renewal import fresh_token, wanted_room
from hubbub.voice.service.subscribing import Subscribing
from hubbub.voice.service.transports import Transports
from hubbub.voice.service.welcome import Welcome, may_resume, refuse_resume, waits_for_our_offer

_TRAILER_BYTES = 16


@dataclass(slots=True)
class Rooms:
    """Rooms by name, with the services that they share."""

    config: VoiceConfig
    plane: MediaPlane
    clock: Clock
    random: RandomSource
    secrets: Mapping[str, str]
    """Secret of each API key."""
    listeners: Listeners = field(default_factory=Listeners)
    rooms: dict[str, LiveRoom] = field(default_factory=dict)
    by_sid: dict[str, LiveRoom] = field(default_factory=dict)
    capabilities: Capabilities = field(init=False)
    transports: Transports = field(init=False)
    subscribing: Subscribing = field(init=False)
    publishing: Publishing = field(init=False)
    welcome: Welcome = field(init=False)

    def __post_init__(self) -> None:
        """Make the services that rooms share."""
        config = self.config
        self.capabilities = Capabilities(red_from_publishers=config.red_from_publishers)
        self.transports = Transports(self.plane)
        self.subscribing = Subscribing(
            self.plane, self.transports, self.clock, config.subscriptions_per_participant_max
        )
        self.publishing = Publishing(
            self.plane,
            self.random,
            self.capabilities,
            self.transports,
            self.subscribing,
            self.listeners,
            config.tracks_per_participant_max,
            config.name_bytes_max,
        )
        self.welcome = Welcome(config, self.clock)

    # -- rooms -----------------------------------------------------------------------------------------------------

    def create(self, request: CreateRoomRequest) -> LiveRoom:
        """Return the room of that name, made now if there is none.

        Raises:
            RoomFull: There are as many rooms as there may be.
            RequestRefused: A name or metadata is too long.
        """
        known = self.rooms.get(request.name)
        if known is not None:
            return known
        check_length(request.name, self.config.name_bytes_max, "The room's name")
        check_length(request.metadata, self.config.metadata_bytes_max, "The room's metadata")
        if len(self.rooms) >= self.config.rooms_max:
            raise RoomFull("This server holds as many rooms as it may.")
        state = Room(
            sid=new_sid(ROOM, self.random),
            name=request.name,
            created_ms=self.clock.unix_ms(),
            empty_timeout_s=request.empty_timeout or self.config.empty_timeout_s,
            departure_timeout_s=request.departure_timeout or self.config.departure_timeout_s,
            max_participants=request.max_participants,
            metadata=request.metadata,
        )
        room = LiveRoom(state=state, region=self.config.region, trailer=self.random.token_bytes(_TRAILER_BYTES))
        room.empty_since_s = self.clock.monotonic_s()
        self.rooms[request.name] = self.by_sid[state.sid] = room
        self.listeners.tell("room_started", room)
        return room

    def delete(self, room: LiveRoom) -> None:
        """End a room for everybody in it."""
        for member in list(room.members.values()):
            self.remove(member, models.ROOM_DELETED)
        self.rooms.pop(room.state.name, None)
        self.by_sid.pop(room.state.sid, None)
        self.listeners.tell("room_finished", room)

    def stop(self) -> None:
        """Ask everybody to come back elsewhere, or here once this process runs again."""
        for room in self.rooms.values():
            for member in list(room.members.values()):
                self.remove(member, models.SERVER_SHUTDOWN, action=rtc.LeaveRequest.RECONNECT)

    def remove_key(self, key: str) -> None:
        """Take out everybody who came with an API key that is good no longer."""
        for room in list(self.rooms.values()):
            for member in list(room.members.values()):
                if member.joining.key == key:
                    self.remove(member, models.PARTICIPANT_REMOVED)

    # -- coming ----------------------------------------------------------------------------------------------------

    def join(self, joining: Joining, endpoint: Endpoint) -> Member | None:
        """Let a client in, or come back; None when it was told to start anew.

        Raises:
            NotPermitted: Its token does not let it join.
            RoomFull: The room or the server holds as many as it may.
            RequestRefused: A name is empty or too long.
            DescriptionRefused: The offer that it brought cannot be used.
            MediaPlaneUnavailable: The media plane is full, or there is none.
        """
        self.check(joining)
        grant, identity = joining.claims.video, joining.claims.identity
        room = self.rooms.get(grant.room)
        former = room.members.get(identity) if room is not None else None
        if joining.reconnect:
            if former is not None and may_resume(former, joining):
                self._resume(former, joining, endpoint)
                return former
            refuse_resume(joining, endpoint)
            return None
        if former is not None:
            self.remove(former, models.DUPLICATE_IDENTITY)
        room = self.rooms.get(grant.room) or self.create(wanted_room(joining.claims))
        member = self._make_member(room, joining, endpoint)
        if member.subscriber_primary:
            member.subscriber = self.transports.open_subscriber(member)
        room.enter(member)
        try:
            self._greet(member)
        except HubbubError:
            self.remove(member, models.JOIN_FAILURE)
            raise
        return member

    def check(self, joining: Joining) -> None:
        """Raise unless a client may come in; errors as for `join`."""
        grant, identity = joining.claims.video, joining.claims.identity
        if not grant.room_join or not grant.room or not identity:
            raise NotPermitted("The token does not permit joining a room.")
        check_length(identity, self.config.name_bytes_max, "The identity")
        room = self.rooms.get(grant.room)
        if room is None or grant.hidden or identity in room.members:
            return
        limit = min(room.state.max_participants or self.config.participants_max, self.config.participants_max)
        if len(room.members) >= limit:
            raise RoomFull(f"The room holds {limit} participants and is full.")

    def _make_member(self, room: LiveRoom, joining: Joining, endpoint: Endpoint) -> Member:
        claims = joining.claims
        participant = Participant(
            sid=new_sid(PARTICIPANT, self.random),
            identity=claims.identity,
            name=check_length(claims.name, self.config.name_bytes_max, "The name"),
            metadata=check_length(joining.metadata or claims.metadata, self.config.metadata_bytes_max, "The metadata"),
            kind=Kind(claims.kind) if claims.kind in Kind.__members__.values() else Kind.STANDARD,
            permission=claims.video.permission(),
            joined_ms=self.clock.unix_ms(),
        )
        changes = {**claims.attributes, **{key: value for key, value in joining.attributes.items() if value}}
        participant.update_attributes(changes, bytes_max=self.config.attributes_bytes_max)
        member = Member(room=room, participant=participant, joining=joining, endpoint=endpoint)
        member.subscriber_primary = waits_for_our_offer(joining)
        member.joined_s = member.refreshed_s = self.clock.monotonic_s()
        if joining.single:
            member.receiving = ReceivingSections()
        else:
            member.offering = SubscriberOffer(self.capabilities, self.transports.number())
        return member

    def _greet(self, member: Member) -> None:
        room, joining = member.room, member.joining
        member.send(join=self.welcome.join_response(member))
        member.participant.state = State.JOINED
        room.changed(member, itself=False)
        self.subscribing.offer_all(member)
        for request in joining.tracks[: self.config.tracks_per_participant_max]:
            self.publishing.announce(member, request)
        if joining.offer is not None:
            self.publishing.offered(member, joining.offer)
        self.subscribing.flush(member)

    def _resume(self, member: Member, joining: Joining, endpoint: Endpoint) -> None:
        """Give a member its new socket, and tell it all that it may have missed."""
        if member.endpoint is not None:
            former, member.endpoint = member.endpoint, None
            former.close("The client came back on another connection.")
        member.endpoint, member.detached_s, member.asked = endpoint, None, None
        member.joining.client = joining.client if joining.client.protocol else member.joining.client
        room = member.room
        member.send(reconnect=self.welcome.reconnect_response(member))
        member.send(update=rtc.ParticipantUpdate(participants=[room.info_of(member), *room.others(member)]))
        member.send(room_update=rtc.RoomUpdate(room=room.info()))
        if member.offering is not None and member.subscriber is not None:
            member.subscriber.local = self.plane.restart_ice(member.subscriber.transport_id)
            member.offering.restart()
        if joining.offer is not None:
            self.publishing.offered(member, joining.offer)
        self.subscribing.flush(member)

    # -- going -----------------------------------------------------------------------------------------------------

    def remove(self, member: Member, reason: int, *, action: int = rtc.LeaveRequest.DISCONNECT) -> None:
        """Take a member out of its room, its transports and its socket with it.

        Args:
            member: Who goes.
            reason: LiveKit's `DisconnectReason`.
            action: What the client shall do: leave for good, or start anew.
        """
        room = member.room
        if room.members.get(member.participant.identity) is not member:
            return
        if reason != models.CLIENT_INITIATED:
            member.send_leave(reason, action)
        member.participant.disconnect_reason = reason
        self._exit(member)
        member.participant.state = State.DISCONNECTED
        self.transports.close(member)
        if member.endpoint is not None:
            endpoint, member.endpoint = member.endpoint, None
            endpoint.close("The participant left.")
        event = "participant_left" if member.was_active else "participant_connection_aborted"
        self.listeners.tell(event, room, member)

    def _exit(self, member: Member) -> None:
        """Take a member out of its room, its tracks first, and tell the others."""
        room = member.room
        room.members.pop(member.participant.identity, None)
        self.publishing.drop_all(member)
        self.subscribing.withdraw_all(member)
        room.gone(member)
        if not room.members:
            room.empty_since_s = self.clock.monotonic_s()

    def detach(self, member: Member, endpoint: Endpoint) -> None:
        """Take note that a member's socket is gone; it may come back for a while."""
        if member.endpoint is endpoint:
            member.endpoint, member.detached_s = None, self.clock.monotonic_s()

    def move(self, member: Member, name: str) -> None:
        """Bring a member into another room, with its transports and what it publishes."""
        target = self.rooms.get(name) or self.create(CreateRoomRequest(name=name))
        limit = min(target.state.max_participants or self.config.participants_max, self.config.participants_max)
        former = target.members.get(member.participant.identity)
        if len(target.members) - (former is not None) >= limit:
            raise RoomFull
        if former is not None:
            self.remove(former, models.DUPLICATE_IDENTITY)
        self._exit(member)
        self.transports.move(member, target)
        target.enter(member)
        member.layers.clear()
        member.send(
            room_moved=rtc.RoomMovedResponse(
                room=target.info(),
                participant=target.info_of(member),
                other_participants=target.others(member),
                token=fresh_token(member, self.secrets, self.config, self.clock),
            )
        )
        target.changed(member, itself=False)
        self.publishing.tell_published(member, {track.sid: True for track in member.participant.published()})
        self.subscribing.offer_all(member)

    # -- rights ----------------------------------------------------------------------------------------------------

    def permit(self, member: Member, permission: Permission, *, tell: bool = True) -> None:
        """Change what a member may do: what it may no longer publish or receive ends at once.

        Args:
            member: Whose rights.
            permission: All that it may do from now on.
            tell: Whether to tell the room; else the caller does.
        """
        if permission == member.participant.permission:
            return
        member.participant.permission = permission
        self.publishing.check_permission(member)
        self.subscribing.apply_all(member)
        self.subscribing.flush(member)
        self.refresh(member)
        if tell:
            member.room.changed(member)

    def rename(self, member: Member, name: str, metadata: str) -> None:
        """Change what the others know of a member."""
        participant = member.participant
        if (participant.name, participant.metadata) != (name, metadata):
            participant.name, participant.metadata = name, metadata
            member.room.changed(member)

    # -- tokens ----------------------------------------------------------------------------------------------------

    def refresh(self, member: Member) -> None:
        """Send a member a token that holds longer than the one that it came with."""
        member.refreshed_s = self.clock.monotonic_s()
        if member.joining.key in self.secrets:
            member.send(refresh_token=fresh_token(member, self.secrets, self.config, self.clock))

    # -- time ------------------------------------------------------------------------------------------------------

    def sweep(self) -> None:
        """Let time pass: clients that did not come back or never connected, tokens, empty rooms."""
        now_s, config = self.clock.monotonic_s(), self.config
        for room in list(self.rooms.values()):
            for member in list(room.members.values()):
                self._sweep_member(member, now_s)
            if not room.members and room.empty_since_s is not None:
                state = room.state
                patience_s = state.departure_timeout_s if room.was_joined else state.empty_timeout_s
                if now_s - room.empty_since_s >= patience_s:
                    self.delete(room)
            for member in room.members.values():
                if now_s - member.refreshed_s >= config.token_refresh_s:
                    self.refresh(member)

    def _sweep_member(self, member: Member, now_s: float) -> None:
        config = self.config
        if member.detached_s is not None and now_s - member.detached_s >= config.resume_window_s:
            self.remove(member, models.SIGNAL_CLOSE)
        elif member.failed_s is not None and now_s - member.failed_s >= config.resume_window_s:
            self.remove(member, models.MEDIA_FAILURE, action=rtc.LeaveRequest.RECONNECT)
        elif not member.was_active and now_s - member.joined_s >= config.join_timeout_s:
            self.remove(member, models.JOIN_FAILURE)
