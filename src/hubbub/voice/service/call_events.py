"""What each thing that happens means for the record of its call."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from livekit.protocol import models

from hubbub.kernel import telemetry
from hubbub.voice.domain.quality import Leg, Moment, Sample, Side, TrackNote, condense
from hubbub.voice.domain.sdp.description import Kind
from hubbub.voice.domain.symptom import MOS_MIN, Source
from hubbub.voice.service import media_plane as media
from hubbub.voice.service.call_state import OpenStay, OpenTransport
from hubbub.voice.service.message import source_of
from hubbub.voice.service.node_watch import Judged

if TYPE_CHECKING:
    from hubbub.voice.service.quality import QualityRecorder

MOS_FINE = 3.8
"""From here an alarm is over; a little above its beginning, so that it does not flutter."""
_LAYERS_MAX = 16
_SETTLE_MS = 5_000
"""For so long after connecting a browser still looks for its best path; that is no change of network."""
_OfTransport = media.Connected | media.Failed | media.Closed | media.StreamPaused | media.QualitySample | media.Noticed

_log = telemetry.logger("hubbub.voice")


class Noting:
    """Turns events into samples and moments of stays."""

    def __init__(self, recorder: QualityRecorder) -> None:
        """Work on the calls of `recorder`."""
        self._recorder = recorder

    # -- the media plane ---------------------------------------------------------------------------------------------

    def take(self, event: media.Event, client: models.ClientInfo | None) -> None:
        """Take one event; one of what is gone means nothing. Whoever connects does so with `client`."""
        if isinstance(event, media.LayersWanted):
            self._layers(event)
        elif not isinstance(event, media.Speakers | media.TrackAlive | media.DataReceived):
            transport = self._recorder.transports.get(event.transport_id)
            if transport is not None:
                self._take_of(transport, event, client)

    def _take_of(self, transport: OpenTransport, event: _OfTransport, client: models.ClientInfo | None) -> None:
        if isinstance(event, media.QualitySample):
            self._sample(transport, event)
        elif isinstance(event, media.Noticed):
            self._noticed(transport, event)
        elif isinstance(event, media.StreamPaused):
            (transport.paused.add if event.paused else transport.paused.discard)(event.track)
            self._moment(transport.stay, "stream_paused" if event.paused else "stream_resumed", event.track)
        elif isinstance(event, media.Connected):
            self._connected(transport, event, client)
        elif isinstance(event, media.Failed):
            transport.stay.digest.failure = event.reason
            self._moment(transport.stay, "failed", detail=event.reason)

    def count(self, judged: Iterable[Judged]) -> None:
        """Count what was wrong within samples, once the node's whole interval is known."""
        for transport, sample, findings in judged:
            for finding in findings:
                transport.stay.digest.note(finding, sample.at_ms)
                transport.stay.dirty = True

    def _sample(self, transport: OpenTransport, event: media.QualitySample) -> None:
        recorder, stay = self._recorder, transport.stay
        legs = condense([_leg(leg) for leg in event.legs if leg.packets or leg.direction is media.LegDirection.UP])
        sample = Sample(recorder.clock.unix_ms(), transport.transport_id, event.rtt_ms, event.estimate, legs)
        if event.rtt_ms >= 0:
            recorder.metrics.round_trip(event.rtt_ms)
        recorder.metrics.sample(legs)
        for leg in legs:
            source = recorder.sources.get(leg.track) if leg.up else None
            if source is not None:
                recorder.sources[leg.track] = source._replace(
                    loss=leg.loss, jitter_ms=leg.jitter_ms, froze=bool(leg.freezes)
                )
        stay.sample(sample)
        # Counted before it is judged, for the alarm must not wait for the others of the interval.
        self._watch(stay, stay.digest.take(sample, ()))
        self.count(recorder.watch.take(transport, sample))

    def _watch(self, stay: OpenStay, recent: dict[Side, float]) -> None:
        """Raise the alarm when the opinion of ten seconds is too low, and end it when it is fine again."""
        rated = [mos for mos in recent.values() if mos > 0]
        if not rated:
            return
        worst = min(rated)
        if not stay.is_poor and worst < MOS_MIN:
            stay.is_poor = True
            self._alarm(stay, "quality_degraded", worst)
            self._recorder.metrics.alarm()
        elif stay.is_poor and worst >= MOS_FINE:
            stay.is_poor = False
            self._alarm(stay, "quality_recovered", worst)

    def _alarm(self, stay: OpenStay, event: str, mos: float) -> None:
        recorder, call = self._recorder, stay.call
        self._moment(stay, event, value=round(mos * 1000))
        _log.info(event, room=call.room, participant=stay.identity, mos=round(mos, 2), call_id=str(call.id))
        if recorder.alarm is not None and call.info is not None:
            recorder.alarm.happened(event, call.info, stay.info, None)

    def _noticed(self, transport: OpenTransport, event: media.Noticed) -> None:
        stay, notice, now_ms = transport.stay, event.notice, self._recorder.clock.unix_ms()
        if notice is media.Notice.CONGESTED:
            transport.congested = True
            transport.lowered.clear()
        elif notice is media.Notice.RECOVERED:
            transport.congested = False
            transport.lowered.clear()
        elif notice is media.Notice.LAYER_SWITCHED:
            former = transport.layers.get(event.track, event.value)
            transport.layers[event.track] = event.value
            (transport.lowered.add if event.value < former else transport.lowered.discard)(event.track)
        elif notice is media.Notice.PATH_CHANGED:
            if now_ms - transport.connected_ms > _SETTLE_MS:
                stay.digest.path_changes += 1
            self._over_tcp(transport, is_tcp=event.value == 1)
        elif notice is media.Notice.SILENT:
            if transport.silent_since_ms is None:
                transport.silent_since_ms = now_ms - max(0, event.value) * 1000
        elif notice is media.Notice.HEARD:
            self.hear(transport, now_ms)
        self._moment(stay, notice.value, event.track, event.value)

    def hear(self, transport: OpenTransport, now_ms: int) -> None:
        """End a silence, if there is one."""
        if transport.silent_since_ms is not None:
            transport.stay.digest.silent_s += max(0, now_ms - transport.silent_since_ms) / 1000
            transport.silent_since_ms = None

    def _connected(self, transport: OpenTransport, event: media.Connected, client: models.ClientInfo | None) -> None:
        stay, recorder = transport.stay, self._recorder
        transport.connects += 1
        transport.connected_ms = self._recorder.clock.unix_ms()
        transport.network = _network(event.remote)
        self._over_tcp(transport, is_tcp=event.protocol == "tcp")
        stay.digest.connects += 1
        stay.remote, stay.protocol = event.remote, event.protocol
        if stay.connected_ms is None:
            stay.connected_ms = recorder.clock.unix_ms()
            recorder.metrics.joined(recorder.clock.monotonic_s() - stay.began_s)
            stay.client = _client(client)
        self._moment(stay, "connected", value=event.handshake_ms, detail=f"{event.protocol} {event.remote}")

    def _over_tcp(self, transport: OpenTransport, *, is_tcp: bool) -> None:
        transport.over_tcp = is_tcp
        transport.stay.digest.over_tcp |= is_tcp
        transport.stay.protocol = "tcp" if is_tcp else "udp"

    def _layers(self, event: media.LayersWanted) -> None:
        source = self._recorder.sources.get(event.track)
        if source is None:
            return
        self._recorder.sources[event.track] = source._replace(wanted=any(event.wanted))
        stay = self._recorder.stays.get(source.owner)
        if stay is not None:
            bits = sum(1 << index for index, wanted in enumerate(event.wanted[:_LAYERS_MAX]) if wanted)
            self._moment(stay, "layers_wanted", event.track, bits)

    # -- rooms -------------------------------------------------------------------------------------------------------

    def happened(
        self,
        event: str,
        room: models.Room,
        participant: models.ParticipantInfo | None,
        track: models.TrackInfo | None,
    ) -> None:
        """Take what rooms tell."""
        recorder = self._recorder
        if event == "room_finished":
            recorder.rooms.pop(room.sid, None)
            if (ended := recorder.calls.get(room.sid)) is not None:
                recorder.end(ended)
            return
        recorder.rooms[room.sid] = room
        call = recorder.calls.get(room.sid)
        if call is None or participant is None:
            return
        call.info = room
        stay = call.here.get(participant.sid)
        if stay is None:
            return
        recorder.identify(stay, participant)
        if event == "participant_joined":
            self.came(stay, "joined")
        elif event in {"participant_left", "participant_connection_aborted"}:
            because = models.DisconnectReason.Name(participant.disconnect_reason).lower()
            self._moment(stay, "left", detail=because)
            recorder.leave(stay, because)
        elif track is not None and event == "track_published":
            self._published(stay, track)
        elif track is not None and event == "track_unpublished":
            self._moment(stay, "unpublished", track.sid)

    def came(self, stay: OpenStay, how: str) -> None:
        """Take note that somebody is there."""
        if how == "joined" and self._recorder.is_back(stay):
            stay.digest.reconnects += 1
            how = "came_back"
        self._moment(stay, how)

    def restarted(self, transport_id: int) -> None:
        """Take note that a client came back on a transport."""
        transport = self._recorder.transports.get(transport_id)
        if transport is not None and transport.connects:
            transport.stay.digest.reconnects += 1
            self._moment(transport.stay, "resumed")

    def muted(self, stay_id: int, track: str, *, muted: bool) -> None:
        """Take note that a track was muted, or is heard again."""
        stay = self._recorder.stays.get(stay_id)
        if stay is not None:
            self._moment(stay, "muted" if muted else "unmuted", track)

    def _published(self, stay: OpenStay, track: models.TrackInfo) -> None:
        origin = source_of(track.source)
        video = track.type == models.VIDEO
        stay.tracks[track.sid] = TrackNote(track.sid, video, origin.value, track.name)
        known = self._recorder.sources.get(track.sid) or Source(stay.id, video=video, muted=track.muted)
        self._recorder.sources[track.sid] = known._replace(is_screen=origin.value.startswith("screen_share"))
        self._moment(stay, "published", track.sid, detail=origin.value)

    # -- small things ------------------------------------------------------------------------------------------------

    def _moment(self, stay: OpenStay, what: str, track: str = "", value: int = 0, detail: str = "") -> None:
        stay.note(Moment(self._recorder.clock.unix_ms(), what, track, value, detail))


def _leg(leg: media.Leg) -> Leg:
    return Leg(
        track=leg.track,
        up=leg.direction is media.LegDirection.UP,
        video=leg.kind == Kind.VIDEO,
        packets=leg.packets,
        loss=leg.loss,
        residual_loss=leg.residual_loss,
        jitter_ms=leg.jitter_ms,
        bits_per_second=leg.bits_per_second,
        nacks=leg.nacks,
        plis=leg.plis,
        freezes=leg.freezes,
        frozen_ms=leg.frozen_ms,
        spatial=leg.spatial,
        temporal=leg.temporal,
        r=leg.r,
        mos=leg.mos,
    )


def _network(remote: str) -> str:
    """Return an address without its port."""
    return remote.rpartition(":")[0].strip("[]")


def _client(info: models.ClientInfo | None) -> str:
    """Return a client in words."""
    if info is None:
        return ""
    sdk = f"{models.ClientInfo.SDK.Name(info.sdk).title()} SDK {info.version}".strip() if info.sdk else ""
    browser = f"{info.browser} {info.browser_version}".strip()
    system = f"{info.os} {info.os_version}".strip()
    return ", ".join(part for part in (sdk, browser, system) if part)
