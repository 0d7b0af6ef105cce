"""What each thing that happens means for the record of its call."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from livekit.protocol import models

from hubbub.kernel import telemetry
from hubbub.voice.domain.quality import Leg, Refused, Sample, Side, TrackNote, condense
from hubbub.voice.domain.sdp.description import Kind
from hubbub.voice.domain.symptom import MOS_MIN, Source
from hubbub.voice.service import media_plane as media
from hubbub.voice.service.call_state import OpenStay, OpenTransport
from hubbub.voice.service.listener import Listener
from hubbub.voice.service.message import source_of
from hubbub.voice.service.node_watch import Judged, NodeWatch
from hubbub.voice.service.open_calls import OpenCalls
from hubbub.voice.service.quality_metrics import QualityMetrics

MOS_FINE = 3.8
"""From here an alarm is over; a little above its beginning, so that it does not flutter."""
_LAYERS_MAX = 16
_SETTLE_MS = 5_000
"""For so long after connecting a browser still looks for its best path; that is no change of network."""
_OfTransport = media.Connected | media.Failed | media.Closed | media.StreamPaused | media.QualitySample | media.Noticed

_log = telemetry.logger("hubbub.voice")


class Noting:
    """Turns events into samples and moments of stays."""

    def __init__(self, calls: OpenCalls, watch: NodeWatch, metrics: QualityMetrics) -> None:
        """Work on `calls`; `watch` judges their samples, `metrics` counts them."""
        self._open = calls
        self._clock = calls.clock
        self._watch = watch
        self._metrics = metrics
        self.alarm: Listener | None = None
        """Who is told when a call stays bad, and when it is fine again: webhooks."""

    # -- the media plane ---------------------------------------------------------------------------------------------

    def take(self, event: media.Event, client: models.ClientInfo | None) -> None:
        """Take one event; one of what is gone means nothing. Whoever connects does so with `client`."""
        if isinstance(event, media.LayersWanted):
            self._layers(event)
        elif not isinstance(event, media.Speakers | media.TrackAlive | media.DataReceived):
            transport = self._open.transports.get(event.transport_id)
            if transport is not None:
                self._take_of(transport, event, client)

    def _take_of(self, transport: OpenTransport, event: _OfTransport, client: models.ClientInfo | None) -> None:
        if isinstance(event, media.QualitySample):
            self._sample(transport, event)
        elif isinstance(event, media.Noticed):
            self._noticed(transport, event)
        elif isinstance(event, media.StreamPaused):
            (transport.paused.add if event.paused else transport.paused.discard)(event.track)
            self._open.note(transport.stay, "stream_paused" if event.paused else "stream_resumed", event.track)
        elif isinstance(event, media.Connected):
            self._connected(transport, event, client)
        elif isinstance(event, media.Failed):
            transport.stay.digest.failure = event.reason
            self._open.note(transport.stay, "failed", detail=event.reason)

    def count(self, judged: Iterable[Judged]) -> None:
        """Count what was wrong within samples, once the node's whole interval is known."""
        for transport, sample, findings in judged:
            for finding in findings:
                transport.stay.digest.note(finding, sample.at_ms, sample=sample)
                transport.stay.dirty = True

    def _sample(self, transport: OpenTransport, event: media.QualitySample) -> None:
        stay = transport.stay
        legs = condense([_leg(leg) for leg in event.legs if leg.packets or leg.direction is media.LegDirection.UP])
        refused = msgspec.convert(event.refused, Refused, from_attributes=True)
        sample = Sample(self._clock.unix_ms(), transport.transport_id, event.rtt_ms, event.estimate, legs, refused)
        if event.rtt_ms >= 0:
            self._metrics.round_trip(event.rtt_ms)
        self._metrics.sample(legs)
        for leg in legs:
            source = self._open.sources.get(leg.track) if leg.up else None
            if source is not None:
                self._open.sources[leg.track] = source._replace(
                    loss=leg.loss, gone=max(leg.gone, 0.0), jitter_ms=leg.jitter_ms, froze=bool(leg.freezes)
                )
        stay.sample(sample)
        # Counted before it is judged, for the alarm must not wait for the others of the interval.
        self._look(stay, stay.digest.take(sample, ()))
        self.count(self._watch.take(transport, sample))

    def _look(self, stay: OpenStay, recent: dict[Side, float]) -> None:
        """Raise the alarm when the opinion of ten seconds is too low, and end it when it is fine again."""
        rated = [mos for mos in recent.values() if mos > 0]
        if not rated:
            return
        worst = min(rated)
        if not stay.is_poor and worst < MOS_MIN:
            stay.is_poor = True
            self._alarm(stay, "quality_degraded", worst)
            self._metrics.alarm()
        elif stay.is_poor and worst >= MOS_FINE:
            stay.is_poor = False
            self._alarm(stay, "quality_recovered", worst)

    def _alarm(self, stay: OpenStay, event: str, mos: float) -> None:
        call = stay.call
        self._open.note(stay, event, value=round(mos * 1000))
        _log.info(event, room=call.room, participant=stay.identity, mos=round(mos, 2), call_id=str(call.id))
        if self.alarm is not None and call.info is not None:
            self.alarm.happened(event, call.info, stay.info, None)

    def _noticed(self, transport: OpenTransport, event: media.Noticed) -> None:
        stay, notice, now_ms = transport.stay, event.notice, self._clock.unix_ms()
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
            transport.hear(now_ms)
        self._open.note(stay, notice.value, event.track, event.value)

    def _connected(self, transport: OpenTransport, event: media.Connected, client: models.ClientInfo | None) -> None:
        stay = transport.stay
        transport.connects += 1
        transport.connected_ms = self._clock.unix_ms()
        transport.network = _network(event.remote)
        self._over_tcp(transport, is_tcp=event.protocol == "tcp")
        stay.digest.connects += 1
        stay.remote, stay.protocol = event.remote, event.protocol
        if stay.connected_ms is None:
            stay.connected_ms = self._clock.unix_ms()
            self._metrics.joined(self._clock.monotonic_s() - stay.began_s)
            stay.client = _client(client)
        self._open.note(stay, "connected", value=event.handshake_ms, detail=f"{event.protocol} {event.remote}")

    def _over_tcp(self, transport: OpenTransport, *, is_tcp: bool) -> None:
        transport.over_tcp = is_tcp
        transport.stay.digest.over_tcp |= is_tcp
        transport.stay.protocol = "tcp" if is_tcp else "udp"

    def _layers(self, event: media.LayersWanted) -> None:
        source = self._open.sources.get(event.track)
        if source is None:
            return
        self._open.sources[event.track] = source._replace(wanted=any(event.wanted))
        stay = self._open.stays.get(source.owner)
        if stay is not None:
            bits = sum(1 << index for index, wanted in enumerate(event.wanted[:_LAYERS_MAX]) if wanted)
            self._open.note(stay, "layers_wanted", event.track, bits)

    # -- rooms -------------------------------------------------------------------------------------------------------

    def happened(
        self,
        event: str,
        room: models.Room,
        participant: models.ParticipantInfo | None,
        track: models.TrackInfo | None,
    ) -> None:
        """Take what rooms tell."""
        known = self._open
        if event == "room_finished":
            known.rooms.pop(room.sid, None)
            if (ended := known.calls.get(room.sid)) is not None:
                known.end(ended)
            return
        known.rooms[room.sid] = room
        call = known.calls.get(room.sid)
        if call is None or participant is None:
            return
        call.info = room
        stay = call.here.get(participant.sid)
        if stay is None:
            return
        known.identify(stay, participant)
        if event == "participant_joined":
            self._joined(stay)
        elif event in {"participant_left", "participant_connection_aborted"}:
            because = models.DisconnectReason.Name(participant.disconnect_reason).lower()
            self._open.note(stay, "left", detail=because)
            known.leave(stay, because)
        elif track is not None and event == "track_published":
            self._published(stay, track)
        elif track is not None and event == "track_unpublished":
            self._open.note(stay, "unpublished", track.sid)

    def _joined(self, stay: OpenStay) -> None:
        is_back = self._open.is_back(stay)
        stay.digest.reconnects += is_back
        self._open.note(stay, "came_back" if is_back else "joined")

    def _published(self, stay: OpenStay, track: models.TrackInfo) -> None:
        origin = source_of(track.source)
        video = track.type == models.VIDEO
        stay.tracks[track.sid] = TrackNote(track.sid, video, origin.value, track.name)
        known = self._open.sources.get(track.sid) or Source(stay.id, video=video, muted=track.muted)
        self._open.sources[track.sid] = known._replace(is_screen=origin.value.startswith("screen_share"))
        self._open.note(stay, "published", track.sid, detail=origin.value)


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
        concealed=leg.concealed,
        measured=leg.measured,
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
