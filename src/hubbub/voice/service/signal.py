"""One signalling connection: requests of a client go in, responses and the wish to close come out.

Calling contract: make it for each accepted WebSocket, `open` it once, give every message to `receive` or
`receive_bytes`, call `lost` when the socket is gone. Take `drain()` whenever `on_ready` is called; once `closing` is
not None and the outbox is empty, close the socket. Call `expire` when `deadline_s` has passed.

Source: livekit/protocol, livekit_rtc.proto; livekit-server, pkg/rtc/signalling (which request does what).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from google.protobuf import json_format
from google.protobuf.message import DecodeError
from livekit.protocol import models, rtc
from typing_extensions import override

from hubbub.kernel.errors import Overloaded
from hubbub.voice.domain.room import Track, check_length
from hubbub.voice.domain.sdp.grammar import candidate
from hubbub.voice.errors import DescriptionRefused, NotPermitted, RequestRefused, VoiceError
from hubbub.voice.service import media_plane as plane
from hubbub.voice.service.joining import Joining
from hubbub.voice.service.live_room import Endpoint, Member
from hubbub.voice.service.rooms import Rooms

RATE_WINDOW_S = 10.0
_TRICKLE_CHARACTERS_MAX = 4096
_JSON_DEPTH_MAX = 32


def _nobody() -> None:
    pass


class SignalConnection(Endpoint):
    """The protocol of one socket."""

    def __init__(self, rooms: Rooms, on_ready: Callable[[], None] = _nobody) -> None:
        """Serve one client of `rooms`; `on_ready` is called when something is to be sent or the socket to be closed."""
        self._rooms = rooms
        self._on_ready = on_ready
        self._outbox: deque[rtc.SignalResponse] = deque()
        self._now_s = rooms.clock.monotonic_s
        self._window_s = self._last_s = self._now_s()
        self._count = 0
        self.member: Member | None = None
        self.closing: str | None = None
        """Why the socket is to be closed; None while it is not."""
        self._handlers: dict[str, Callable[[Member, rtc.SignalRequest], None]] = {
            "offer": lambda member, request: rooms.publishing.offered(member, request.offer),
            "answer": lambda member, request: rooms.subscribing.answered(member, request.answer),
            "trickle": self._trickle,
            "add_track": lambda member, request: rooms.publishing.announce(member, request.add_track),
            "mute": self._mute,
            "subscription": self._subscription,
            "track_setting": lambda member, request: rooms.subscribing.set_tracks(member, request.track_setting),
            "subscription_permission": self._subscription_permission,
            "update_metadata": self._update_metadata,
            "update_audio_track": lambda member, request: rooms.publishing.update_audio(
                member, request.update_audio_track
            ),
            "update_video_track": lambda member, request: rooms.publishing.update_video(
                member, request.update_video_track
            ),
            "leave": self._leave,
            "sync_state": self._sync_state,
            "simulate": self._simulate,
            "ping": self._ping,
            "ping_req": self._ping_request,
            "publish_data_track_request": self._no_data_tracks,
        }

    # -- what the socket calls -------------------------------------------------------------------------------------

    def open(self, joining: Joining) -> None:
        """Let the client in.

        Raises:
            HubbubError: It may not join; answer the WebSocket's handshake with the error's status.
        """
        member = self._rooms.join(joining, self)
        self.member = member
        if member is not None and joining.sync is not None:
            self._synchronize(member, joining.sync)

    def receive_bytes(self, data: bytes) -> None:
        """Take one binary message."""
        if len(data) > self._rooms.config.request_bytes_max:
            self.close("The message is too long.")
            return
        try:
            request = rtc.SignalRequest.FromString(data)
        except DecodeError:
            self.close("The message is not a SignalRequest.")
            return
        self.receive(request)

    def receive_json(self, data: bytes) -> None:
        """Take one message in protobuf's JSON form."""
        if len(data) > self._rooms.config.request_bytes_max:
            self.close("The message is too long.")
            return
        try:
            request = json_format.Parse(
                data, rtc.SignalRequest(), ignore_unknown_fields=True, max_recursion_depth=_JSON_DEPTH_MAX
            )
        except (json_format.ParseError, UnicodeDecodeError, RecursionError):
            self.close("The message is not a SignalRequest in JSON.")
            return
        self.receive(request)

    def receive(self, request: rtc.SignalRequest) -> None:
        """Take one request; never raises on what a client can send."""
        member = self.member
        if member is None or self.closing is not None or member.endpoint is not self:
            return
        now_s = self._last_s = self._now_s()
        if now_s - self._window_s >= RATE_WINDOW_S:
            self._window_s, self._count = now_s, 0
        self._count += 1
        if self._count > self._rooms.config.requests_per_10_s:
            self.close("The client sent too many requests.")
            return
        handler = self._handlers.get(request.WhichOneof("message") or "")
        if handler is None:
            return
        try:
            handler(member, request)
        except DescriptionRefused:
            # Neither end can go on from a description that only one of them understands.
            self._rooms.remove(member, models.STATE_MISMATCH, action=rtc.LeaveRequest.RECONNECT)
        except VoiceError as problem:
            self.send(rtc.SignalResponse(request_response=_response(0, problem)))
        except Overloaded:
            self._rooms.remove(member, models.JOIN_FAILURE, action=rtc.LeaveRequest.RECONNECT)

    def lost(self) -> None:
        """Take note that the socket is gone; the client may resume on another."""
        member, self.member = self.member, None
        self.closing = self.closing or "The socket is gone."
        if member is not None:
            self._rooms.detach(member, self)

    def shut_down(self) -> None:
        """Ask the client to come back: this process ends."""
        if self.member is not None and self.member.endpoint is self:
            self._rooms.remove(self.member, models.SERVER_SHUTDOWN, action=rtc.LeaveRequest.RECONNECT)
        self.close("The server stops.")

    def hear(self) -> None:
        """Take a sign of life that is no message, as a WebSocket's pong: not all clients send LiveKit's pings."""
        self._last_s = self._now_s()

    @property
    def quiet(self) -> bool:
        """Return whether the client has said nothing for so long that it should be asked whether it is there."""
        return self._now_s() - self._last_s >= self._rooms.config.ping_interval_s

    def expire(self) -> None:
        """Close a connection whose client has been silent for too long; call it when `deadline_s` has passed."""
        if self._now_s() >= self.deadline_s:
            self.close("No sign of life arrived in time.")

    @property
    def deadline_s(self) -> float:
        """Return the monotonic seconds at which `expire` must be called."""
        return self._last_s + self._rooms.config.ping_timeout_s

    def drain(self) -> list[rtc.SignalResponse]:
        """Return what is to be sent, in order, and forget it."""
        responses = list(self._outbox)
        self._outbox.clear()
        return responses

    # -- Endpoint: what the rooms call -----------------------------------------------------------------------------

    @override
    def send(self, response: rtc.SignalResponse) -> None:
        """Queue one message; a client that reads too slowly is cut off, and told all anew when it resumes."""
        if self.closing is not None:
            return
        if len(self._outbox) >= self._rooms.config.responses_max:
            self._outbox.clear()
            self.close("The client reads too slowly.")
            return
        self._outbox.append(response)
        self._on_ready()

    @override
    def close(self, reason: str) -> None:
        """Close the socket after what was sent."""
        if self.closing is None:
            self.closing = reason
            self._on_ready()

    # -- requests --------------------------------------------------------------------------------------------------

    def _trickle(self, _member: Member, request: rtc.SignalRequest) -> None:
        # An ICE-lite agent learns addresses from the checks that arrive; a candidate is read for its form alone.
        text = request.trickle.candidateInit
        if len(text) > _TRICKLE_CHARACTERS_MAX:
            raise RequestRefused("A candidate is too long.")
        if text.startswith("candidate:"):
            candidate(text)

    def _mute(self, member: Member, request: rtc.SignalRequest) -> None:
        track = member.participant.tracks.get(request.mute.sid)
        if track is not None:
            self._rooms.publishing.mute(member, track, muted=request.mute.muted)

    def _subscription(self, member: Member, request: rtc.SignalRequest) -> None:
        self._rooms.subscribing.update(member, request.subscription)
        self._rooms.subscribing.flush(member)

    def _subscription_permission(self, member: Member, request: rtc.SignalRequest) -> None:
        others = [each for each in member.room.members.values() if each is not member]
        self._rooms.subscribing.permit(member, request.subscription_permission, others)

    def _update_metadata(self, member: Member, request: rtc.SignalRequest) -> None:
        update, config = request.update_metadata, self._rooms.config
        try:
            if not member.participant.permission.can_update_metadata:
                raise NotPermitted("The token does not permit changing one's own metadata.")
            check_length(update.name, config.name_bytes_max, "The name")
            check_length(update.metadata, config.metadata_bytes_max, "The metadata")
            member.participant.update_attributes(dict(update.attributes), bytes_max=config.attributes_bytes_max)
        except VoiceError as problem:
            self.send(rtc.SignalResponse(request_response=_response(update.request_id, problem)))
            return
        if update.name:
            member.participant.name = update.name
        if update.metadata:
            member.participant.metadata = update.metadata
        member.room.changed(member)
        done = rtc.RequestResponse(request_id=update.request_id, reason=rtc.RequestResponse.OK)
        self.send(rtc.SignalResponse(request_response=done))

    def _leave(self, member: Member, _request: rtc.SignalRequest) -> None:
        self._rooms.remove(member, models.CLIENT_INITIATED)

    def _ping(self, _member: Member, _request: rtc.SignalRequest) -> None:
        self.send(rtc.SignalResponse(pong=self._rooms.clock.unix_ms()))

    def _ping_request(self, _member: Member, request: rtc.SignalRequest) -> None:
        pong = rtc.Pong(last_ping_timestamp=request.ping_req.timestamp, timestamp=self._rooms.clock.unix_ms())
        self.send(rtc.SignalResponse(pong_resp=pong))

    def _no_data_tracks(self, _member: Member, request: rtc.SignalRequest) -> None:
        self.send(
            rtc.SignalResponse(
                request_response=rtc.RequestResponse(
                    reason=rtc.RequestResponse.UNSUPPORTED_TYPE,
                    message="Data tracks are not served here; use data channels.",
                    publish_data_track=request.publish_data_track_request,
                )
            )
        )

    def _sync_state(self, member: Member, request: rtc.SignalRequest) -> None:
        self._synchronize(member, request.sync_state)

    def _synchronize(self, member: Member, state: rtc.SyncState) -> None:
        """Take a resuming client's view of its subscriptions, where it and ours may have come apart."""
        exceptions = set(state.subscription.track_sids)
        for sid, subscription in member.subscriptions.items():
            subscription.desired = (sid in exceptions) == state.subscription.subscribe
            subscription.disabled = sid in state.track_sids_disabled
            self._rooms.subscribing.apply(member, sid)
        self._rooms.subscribing.flush(member)

    def _simulate(self, member: Member, request: rtc.SignalRequest) -> None:
        scenario, rooms = request.simulate, self._rooms
        which = scenario.WhichOneof("scenario")
        if which == "server_leave":
            rooms.remove(member, models.SERVER_SHUTDOWN)
        elif which in {"node_failure", "leave_request_full_reconnect", "migration"}:
            rooms.remove(member, models.SERVER_SHUTDOWN, action=rtc.LeaveRequest.RECONNECT)
        elif which == "disconnect_signal_on_resume":
            self.close("A scenario asked for it.")
        elif which == "subscriber_bandwidth" and member.downlink is not None:
            limit = max(0, scenario.subscriber_bandwidth)
            rooms.plane.perform(plane.LimitBandwidth(member.downlink.transport_id, limit))
        elif which == "speaker_update":
            track: Track | None = next(iter(member.participant.published()), None)
            if track is not None:
                member.room.speak([plane.Speaker(track.sid, 0.9, active=True)])


def _response(request_id: int, problem: VoiceError) -> rtc.RequestResponse:
    reasons = {NotPermitted: rtc.RequestResponse.NOT_ALLOWED, RequestRefused: rtc.RequestResponse.LIMIT_EXCEEDED}
    return rtc.RequestResponse(
        request_id=request_id,
        reason=reasons.get(type(problem), rtc.RequestResponse.UNCLASSIFIED_ERROR),
        message=problem.sentence,
    )
