"""What was wrong within one sample: at most one finding per side, and one per other person whom it is due to.

A finding has one symptom, the one that explains the others: a link that is too narrow also loses packets and delays
them, so loss during congestion is congestion. Each threshold says where it comes from; below all of them a person
notices nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from hubbub.voice.domain.quality import Leg, Sample, Side, mos_of

LOSS_MAX = 0.05
"""Share of packets lost before mending: redundancy and retransmission mend scattered losses up to about here, and
video spends noticeably on repair beyond it."""
RESIDUAL_LOSS_MAX = 0.02
"""Share lost for good: Opus hides single frames, two in a hundred are heard in speech (G.113 puts the fall of R of
codecs with concealment at 1 to 3 %)."""
JITTER_MAX_MS = 30.0
"""A browser's buffer holds two or three times the jitter; above this it delays speech by about a tenth of a second, or
conceals what comes too late."""
RTT_MAX_MS = 300.0
"""150 ms one way on this leg alone, where G.114 sees conversation begin to suffer for the whole path."""
NARROW_BPS = 100_000
"""Below this no camera's lowest layer fits beside a few voices."""
MOS_MIN = 3.5
"""Under it many are dissatisfied (G.107 Annex B: R 70 is MOS 3.6); the alarm's limit too."""
CLEAN_LOSS_MAX = 0.01
"""Loss that cannot be why pictures stood still: retransmission mends it within a frame or two."""


class Symptom(StrEnum):
    """What was wrong. The names are stable: the web client has a sentence for each."""

    SERVER = "server_overload"
    LOSS = "loss"
    CONGESTION = "congestion"
    TCP = "tcp_fallback"
    JITTER = "jitter"
    DELAY = "delay"
    DEVICE = "device"
    NO_PACKETS = "no_packets"
    OTHERS_UPLINK = "others_uplink"
    SILENCE = "silence"
    RECONNECTS = "reconnects"
    NEVER_CONNECTED = "never_connected"
    UNCLEAR = "unclear"


class Source(NamedTuple):
    """What is known of a track at its publisher's end."""

    owner: int
    """Stay of the publisher."""
    video: bool = False
    is_screen: bool = False
    muted: bool = False
    wanted: bool = True
    """Whether anybody receives it, so that its publisher ought to send."""
    loss: float = 0.0
    """On its way to us, within the last interval."""
    gone: float = 0.0
    """Of it, what never came to us."""
    jitter_ms: float = 0.0
    froze: bool = False
    """Whether it came to us with standing pictures."""

    @property
    def ought_to_arrive(self) -> bool:
        """Return whether no packets are a fault."""
        return self.wanted and not self.muted and not self.is_screen

    @property
    def ought_to_move(self) -> bool:
        """Return whether standing pictures are a fault: a shared screen stands still when nothing happens on it."""
        return self.video and not self.is_screen and not self.muted


class Surroundings(NamedTuple):
    """What must be known beside a sample."""

    sources: Mapping[str, Source]
    """By the track's sid."""
    stay: int = 0
    """Whose sample it is."""
    own: tuple[str, ...] = ()
    """Tracks of the person's that ought to arrive on this transport."""
    server_busy: bool = False
    """Whether most transports of the node did badly at the same time."""
    congested: bool = False
    """Whether the estimate fell and is not back above what all tracks need."""
    narrowed: bool = False
    """Whether a stream to the person is paused, or was lowered since the estimate fell."""
    over_tcp: bool = False


OF_THE_WAY = frozenset({Symptom.LOSS, Symptom.CONGESTION, Symptom.TCP, Symptom.JITTER, Symptom.DELAY})
"""Symptoms that an overloaded server shows on everybody's way at once."""


class Finding(NamedTuple):
    """One thing that was wrong within a sample."""

    symptom: Symptom
    side: Side
    value: float
    """Share lost, milliseconds, bits per second or opinion, as the symptom says; 0 where it has none."""
    about: int = 0
    """Stay of the other person whom it is due to; 0 for nobody."""


def judge(sample: Sample, around: Surroundings) -> list[Finding]:
    """Return what was wrong within `sample`."""
    return [*_judge_up(sample, around), *_judge_down(sample, around)]


def _judge_up(sample: Sample, around: Surroundings) -> list[Finding]:
    legs = [leg for leg in sample.legs if leg.up]
    moving = [leg for leg in legs if leg.packets]
    loss, residual = _mean(moving, "loss"), _weighed(moving, [leg.gone for leg in moving])
    found = _of_path(sample, around, Side.SENDS, loss, residual, _mean(moving, "jitter_ms")) if moving else None
    if found is not None:
        return [found]
    for leg in moving:
        source = around.sources.get(leg.track)
        if leg.freezes and leg.loss < CLEAN_LOSS_MAX and (source is None or source.ought_to_move):
            return [Finding(Symptom.DEVICE, Side.SENDS, float(leg.frozen_ms))]
    arrived = {leg.track for leg in moving}
    if any(sid not in arrived for sid in around.own):
        return [Finding(Symptom.NO_PACKETS, Side.SENDS, 0.0)]
    mos = mos_of(legs, up=True)
    return [Finding(Symptom.UNCLEAR, Side.SENDS, mos)] if 0 < mos < MOS_MIN else []


def _judge_down(sample: Sample, around: Surroundings) -> list[Finding]:
    legs = [leg for leg in sample.legs if not leg.up and leg.packets]
    if not legs:
        return [_congestion(sample)] if around.congested and around.narrowed else []
    # A gap in what a publisher's way to us lost is reported by the receiver too; only the rest was lost on this way.
    # Feedback tells of this way alone, but what never came to us cannot be played either.
    sources = [around.sources.get(leg.track) for leg in legs]
    pairs = list(zip(legs, sources, strict=True))
    lost = [leg.loss - (source.loss if source and not leg.measured else 0.0) for leg, source in pairs]
    residual = [leg.gone - _gone_before(leg, source) for leg, source in pairs]
    jitter = [leg.jitter_ms - (source.jitter_ms if source else 0.0) for leg, source in pairs]
    own = _of_path(sample, around, Side.HEARS, _weighed(legs, lost), _weighed(legs, residual), _weighed(legs, jitter))
    found = [own] if own is not None else []
    seen: set[int] = set()
    for leg, source in pairs:
        if source is None or source.owner in seen or source.owner == around.stay:
            continue
        if source.loss >= RESIDUAL_LOSS_MAX and (leg.mos < MOS_MIN or source.loss >= LOSS_MAX):
            seen.add(source.owner)
            found.append(Finding(Symptom.OTHERS_UPLINK, Side.HEARS, source.loss, source.owner))
        elif leg.freezes and source.froze and source.loss < CLEAN_LOSS_MAX and source.ought_to_move:
            seen.add(source.owner)
            found.append(Finding(Symptom.DEVICE, Side.HEARS, float(leg.frozen_ms), source.owner))
    mos = mos_of(legs, up=False)
    return found or ([Finding(Symptom.UNCLEAR, Side.HEARS, mos)] if 0 < mos < MOS_MIN else [])


def _of_path(
    sample: Sample, around: Surroundings, side: Side, loss: float, residual: float, jitter_ms: float
) -> Finding | None:
    """Return what is wrong with the way itself, the symptom that explains the others first."""
    # What was not there in time although nearly nothing was lost came late.
    late = residual >= RESIDUAL_LOSS_MAX and loss < CLEAN_LOSS_MAX
    lossy = not late and (loss >= LOSS_MAX or residual >= RESIDUAL_LOSS_MAX)
    jumpy, slow = late or jitter_ms >= JITTER_MAX_MS, sample.rtt_ms >= RTT_MAX_MS
    down = side is Side.HEARS
    if around.server_busy and (lossy or jumpy or slow):
        return Finding(Symptom.SERVER, side, max(loss, residual))
    if down and around.congested and (around.narrowed or lossy or 0 < sample.estimate < NARROW_BPS):
        return _congestion(sample)
    if around.over_tcp and (jumpy or slow):
        # Over TCP nothing is lost: what was, comes late, and everything behind it too.
        return Finding(Symptom.TCP, side, max(jitter_ms, sample.rtt_ms))
    if lossy:
        return Finding(Symptom.LOSS, side, max(loss, residual))
    if jumpy:
        return Finding(Symptom.JITTER, side, jitter_ms)
    return Finding(Symptom.DELAY, side, sample.rtt_ms) if slow else None


def _gone_before(leg: Leg, source: Source | None) -> float:
    """Return what of a leg down was gone before it reached us."""
    if source is None or (leg.measured and leg.video):
        return 0.0
    return source.gone if leg.measured else source.loss


def _congestion(sample: Sample) -> Finding:
    return Finding(Symptom.CONGESTION, Side.HEARS, float(sample.estimate))


def _mean(legs: list[Leg], name: str) -> float:
    return _weighed(legs, [getattr(leg, name) for leg in legs])


def _weighed(legs: list[Leg], values: list[float]) -> float:
    packets = sum(leg.packets for leg in legs)
    total = sum(max(value, 0.0) * leg.packets for leg, value in zip(legs, values, strict=True))
    return total / packets if packets else 0.0
