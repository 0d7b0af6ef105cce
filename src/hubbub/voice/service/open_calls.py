"""All calls that last, of one process: who is in them, with which transports and tracks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from livekit.protocol import models

from hubbub.kernel.clock import Clock
from hubbub.voice.config import VoiceConfig
from hubbub.voice.domain.quality import Moment
from hubbub.voice.domain.sdp.description import Kind
from hubbub.voice.domain.symptom import Source, Surroundings
from hubbub.voice.service import media_plane as media
from hubbub.voice.service.call_state import OpenCall, OpenStay, OpenTransport

_BACK_S = 60.0
"""Who comes back within this after leaving without wanting to was cut off, and reconnected."""


@dataclass(slots=True)
class OpenCalls:
    """Calls, stays, transports and tracks by what they are found by."""

    config: VoiceConfig
    clock: Clock
    next_id: Callable[[], int]
    """Makes snowflakes."""
    calls: dict[str, OpenCall] = field(default_factory=dict)
    """By the room's sid, those that last."""
    ended: dict[int, OpenCall] = field(default_factory=dict)
    """By id, those that ended and are not written yet."""
    stays: dict[int, OpenStay] = field(default_factory=dict)
    """By id, those that last."""
    sources: dict[str, Source] = field(default_factory=dict)
    """Tracks by their sids."""
    transports: dict[int, OpenTransport] = field(default_factory=dict)
    rooms: dict[str, models.Room] = field(default_factory=dict)
    """By sid, as last told."""

    # -- calls and stays -------------------------------------------------------------------------------------------

    def enter(self, call: OpenCall, participant_sid: str) -> OpenStay:
        """Let a participant's stay in a call begin."""
        stay = OpenStay(self.next_id(), call, participant_sid, self.clock.unix_ms(), self.clock.monotonic_s())
        call.here[participant_sid] = self.stays[stay.id] = stay
        call.stays += 1
        call.people_peak = max(call.people_peak, len(call.here))
        call.ended_ms = None
        return stay

    def identify(self, stay: OpenStay, info: models.ParticipantInfo) -> None:
        """Take who a participant is."""
        stay.info, stay.identity, stay.name = info, info.identity, info.name
        stay.call.remember(info.name, info.identity)
        stay.dirty = True

    def is_back(self, stay: OpenStay) -> bool:
        """Return whether the person of a stay was cut off from the same call a moment ago."""
        return any(
            former.identity == stay.identity
            and former.left_because != "client_initiated"
            and former.ended_ms is not None
            and 0 <= stay.began_ms - former.ended_ms <= _BACK_S * 1000
            for former in stay.call.gone.values()
        )

    def leave(self, stay: OpenStay, because: str) -> None:
        """End a stay."""
        now_ms = self.clock.unix_ms()
        for transport in stay.transports.values():
            self.transports.pop(transport.transport_id, None)
            transport.hear(now_ms)
            for sid in transport.own:
                self.sources.pop(sid, None)
        stay.ended_ms, stay.left_because = now_ms, because
        stay.dirty = stay.due = True
        self.stays.pop(stay.id, None)
        stay.call.leave(stay)
        if not stay.call.here:
            stay.call.ended_ms = now_ms

    def end(self, call: OpenCall) -> None:
        """End a call with its room."""
        self.calls.pop(call.room_sid, None)
        if call.ended_ms is None:
            call.ended_ms = self.clock.unix_ms()
        self.ended[call.id] = call

    def note(self, stay: OpenStay, what: str, track: str = "", value: int = 0, detail: str = "") -> None:
        """Keep that something happened just now."""
        stay.note(Moment(self.clock.unix_ms(), what, track, value, detail))

    def _call(self, room_sid: str) -> OpenCall:
        call = self.calls.get(room_sid)
        if call is None:
            room = self.rooms.get(room_sid)
            call = OpenCall(
                id=self.next_id(),
                room_sid=room_sid,
                room=room.name if room is not None else room_sid,
                node_id=self.config.node_id,
                region=self.config.region,
                began_ms=self.clock.unix_ms(),
                info=room,
            )
            self.calls[room_sid] = call
        return call

    # -- what the media plane is told --------------------------------------------------------------------------------

    def open(self, spec: media.TransportSpec) -> None:
        """Let a stay begin with its first transport."""
        call = self._call(spec.room)
        stay = call.here.get(spec.participant) or self.enter(call, spec.participant)
        transport = OpenTransport(spec.transport_id, stay)
        self.transports[spec.transport_id] = stay.transports[spec.transport_id] = transport

    def restarted(self, transport_id: int) -> None:
        """Take note that a client came back on a transport; opening one says so too, and is none."""
        transport = self.transports.get(transport_id)
        if transport is not None and transport.connects:
            transport.stay.digest.reconnects += 1
            self.note(transport.stay, "resumed")

    def command(self, command: media.Command) -> None:
        """Take what the media plane is told of tracks, and of transports that move."""
        if isinstance(command, media.PublishTrack):
            self._publish(command)
        elif isinstance(command, media.UnpublishTrack):
            source = self.sources.pop(command.track, None)
            if source is not None and (stay := self.stays.get(source.owner)) is not None:
                for transport in stay.transports.values():
                    transport.own.pop(command.track, None)
        elif isinstance(command, media.MuteTrack):
            source = self.sources.get(command.track)
            if source is not None and source.muted is not command.muted:
                self.sources[command.track] = source._replace(muted=command.muted)
                if (stay := self.stays.get(source.owner)) is not None:
                    self.note(stay, "muted" if command.muted else "unmuted", command.track)
        elif isinstance(command, media.MoveTransport):
            self._move(command)

    def _publish(self, command: media.PublishTrack) -> None:
        transport = self.transports.get(command.transport_id)
        if transport is None:
            return
        transport.own[command.track] = None
        known = self.sources.get(command.track)
        source = known or Source(transport.stay.id, video=command.kind == Kind.VIDEO)
        self.sources[command.track] = source._replace(owner=transport.stay.id, muted=command.muted)

    def _move(self, command: media.MoveTransport) -> None:
        """Let a participant's stay go on as another one, in another call."""
        transport = self.transports.get(command.transport_id)
        if transport is None:
            return
        former = transport.stay
        call = self._call(command.room)
        stay = call.here.get(former.participant_sid)
        if stay is None:
            stay = self.enter(call, former.participant_sid)
            stay.identity, stay.name, stay.client, stay.info = former.identity, former.name, former.client, former.info
            stay.remote, stay.protocol, stay.connected_ms = former.remote, former.protocol, stay.began_ms
            stay.tracks = dict(former.tracks)
            call.remember(stay.name, stay.identity)
            self.note(stay, "moved")
        del former.transports[transport.transport_id]
        transport.stay = stay
        stay.transports[transport.transport_id] = transport
        for sid in transport.own:
            if sid in self.sources:
                self.sources[sid] = self.sources[sid]._replace(owner=stay.id)
        if not former.transports:
            self.leave(former, "moved")

    def around(self, transport: OpenTransport) -> Surroundings:
        """Return what a transport's samples are judged with."""
        return Surroundings(
            sources=self.sources,
            stay=transport.stay.id,
            own=tuple(sid for sid in transport.own if sid in self.sources and self.sources[sid].ought_to_arrive),
            congested=transport.congested,
            narrowed=bool(transport.paused or transport.lowered),
            over_tcp=transport.over_tcp,
        )
