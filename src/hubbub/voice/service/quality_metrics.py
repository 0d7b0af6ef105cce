"""Figures of calls for `/metrics`: how good legs were, how long joining took."""

from __future__ import annotations

from collections.abc import Iterable

from hubbub.kernel import telemetry
from hubbub.voice.domain.quality import SAMPLE_S, Leg, felt_of

_MOS = (1.5, 2.0, 2.5, 3.0, 3.25, 3.5, 3.75, 4.0, 4.25, 4.5)
_SHARES = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
_JITTER_S = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2)
_RTT_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0)
_JOIN_S = (0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)

_meter = telemetry.meter("hubbub.voice")
_mos = _meter.create_histogram(
    "hubbub.voice.mos",
    description="Opinion of five seconds of what somebody sends or hears of one kind, 1 to 5",
    explicit_bucket_boundaries_advisory=_MOS,
)
_loss = _meter.create_histogram(
    "hubbub.voice.loss",
    description="Share of those packets lost, mended or not",
    explicit_bucket_boundaries_advisory=_SHARES,
)
_concealed = _meter.create_histogram(
    "hubbub.voice.concealed",
    description="Share of five seconds of sound that was not there when it was to be played",
    explicit_bucket_boundaries_advisory=_SHARES,
)
_frozen = _meter.create_histogram(
    "hubbub.voice.frozen",
    description="Share of five seconds that pictures stood still, those of the worst track",
    explicit_bucket_boundaries_advisory=_SHARES,
)
_jitter = _meter.create_histogram(
    "hubbub.voice.jitter",
    unit="s",
    description="Interarrival jitter of those packets",
    explicit_bucket_boundaries_advisory=_JITTER_S,
)
_rtt = _meter.create_histogram(
    "hubbub.voice.rtt",
    unit="s",
    description="Round trip to a participant",
    explicit_bucket_boundaries_advisory=_RTT_S,
)
_join = _meter.create_histogram(
    "hubbub.voice.join.duration",
    unit="s",
    description="From a participant's join until its media connection is up",
    explicit_bucket_boundaries_advisory=_JOIN_S,
)
_dropped = _meter.create_counter(
    "hubbub.voice.calls.dropped", unit="{minute}", description="Minutes of calls that could not be kept"
)
_alarms = _meter.create_counter(
    "hubbub.voice.alarms", unit="{alarm}", description="Times that somebody's opinion stayed too low"
)


class QualityMetrics:
    """The instruments, labelled with this node and its region."""

    def __init__(self, node_id: str, region: str) -> None:
        """Label figures with `node_id` and `region`."""
        self._labels = {"node": node_id, "region": region}
        self._legs = {
            (up, video): {**self._labels, "direction": "up" if up else "down", "kind": "video" if video else "audio"}
            for up in (True, False)
            for video in (True, False)
        }

    def sample(self, legs: Iterable[Leg]) -> None:
        """Count what moved within one sample: once for each direction and kind, however many legs that were."""
        groups: dict[tuple[bool, bool], list[Leg]] = {}
        for leg in legs:
            if leg.packets:
                groups.setdefault((leg.up, leg.video), []).append(leg)
        for kind, group in groups.items():
            labels, packets = self._legs[kind], sum(leg.packets for leg in group)
            rated = sum(leg.packets for leg in group if leg.mos > 0)
            if rated:
                _mos.record(sum(leg.mos * leg.packets for leg in group if leg.mos > 0) / rated, labels)
            felt = felt_of(group, up=kind[0])
            if felt.sound_s:
                _concealed.record(felt.missing_s / felt.sound_s, labels)
            if kind[1]:
                _frozen.record(felt.frozen_s / SAMPLE_S, labels)
            _loss.record(sum(leg.loss * leg.packets for leg in group) / packets, labels)
            _jitter.record(sum(leg.jitter_ms * leg.packets for leg in group) / packets / 1000, labels)

    def round_trip(self, rtt_ms: float) -> None:
        """Count a round trip."""
        _rtt.record(rtt_ms / 1000, self._labels)

    def joined(self, seconds: float) -> None:
        """Count how long joining took."""
        _join.record(seconds, self._labels)

    def dropped(self, minutes: int) -> None:
        """Count minutes that are lost."""
        if minutes:
            _dropped.add(minutes, self._labels)

    def alarm(self) -> None:
        """Count an alarm."""
        _alarms.add(1, self._labels)
