"""What is kept of a call so that somebody can say later why it was bad: calls, stays, samples, moments.

A *call* is one life of a room, from the first who came to the last who left. A *stay* is one participant's time in it.
Every 5 s the media plane tells how each transport did: a `Sample` with one `Leg` for each track that crossed it. What
happened at a moment (joined, switched a layer, was congested) is a `Moment`. A minute of a stay's samples and moments
is what storage keeps as one row, packed.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import msgspec

SAMPLE_S = 5.0
"""Seconds between samples of one transport, as the media plane tells them."""
NO_LAYER = 255
"""Spatial or temporal layer of a leg that sends none."""
DOWN_LEGS_MAX = 8
"""Down legs that a sample keeps one by one, the worst first; the rest are summed up by kind. Whoever is in a call of a
hundred receives hundreds of tracks, nearly all of them silent or like the others."""


class Side(StrEnum):
    """Which way of a person's connection is meant."""

    SENDS = "sends"
    """From the person to us."""
    HEARS = "hears"
    """From us to the person."""


class Leg(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """How one track did on one transport within an interval, or how several did together."""

    track: str
    """Its sid; empty for several summed up."""
    up: bool
    """Whether it came from the person."""
    video: bool
    packets: int
    """Media packets, retransmissions left out."""
    loss: float
    """Share of packets lost on the way, mended or not, 0 to 1."""
    residual_loss: float
    """Share that was never mended, 0 to 1."""
    jitter_ms: float
    bits_per_second: int
    nacks: int = 0
    plis: int = 0
    freezes: int = 0
    frozen_ms: int = 0
    spatial: int = NO_LAYER
    temporal: int = NO_LAYER
    r: float = -1.0
    """R of the E-model, 0 to 100; -1 for pictures."""
    mos: float = 0.0
    """1 to 5; 0 when unknown."""
    legs: int = 1
    """How many legs this sums up."""
    concealed: float = -1.0
    """Share of the sound that was not there when it was to be played, 0 to 1; -1 for pictures and when unknown."""
    measured: bool = False
    """Whether feedback on each packet tells of this leg alone; else what a receiver reports was lost on the way to us
    too."""

    @property
    def gone(self) -> float:
        """Return the share that was of no use in the end, as well as it is known."""
        return self.concealed if self.concealed >= 0 else self.residual_loss


class Refused(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """How many packets from a person were not taken, by reason."""

    unauthentic: int = 0
    """Forged or damaged, or sealed with other keys."""
    replayed: int = 0
    """Came before, or are older than can be told."""
    unknown: int = 0
    """Belong to no stream that was agreed on."""
    malformed: int = 0
    """Cannot be read."""

    @property
    def total(self) -> int:
        """Return how many they are."""
        return self.unauthentic + self.replayed + self.unknown + self.malformed

    def __add__(self, other: Refused) -> Refused:
        """Return these and others."""
        return Refused(
            self.unauthentic + other.unauthentic,
            self.replayed + other.replayed,
            self.unknown + other.unknown,
            self.malformed + other.malformed,
        )


class Sample(msgspec.Struct, array_like=True, frozen=True):
    """How one transport did within the interval that ended at `at_ms`."""

    at_ms: int
    transport_id: int
    rtt_ms: float
    """-1 when unknown."""
    estimate: int
    """What the way to the person is thought to carry, bits per second; 0 when unknown."""
    legs: list[Leg]
    refused: Refused = Refused()


class Moment(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Something that happened, for the timeline."""

    at_ms: int
    what: str
    """Stable name, e.g. ``joined``, ``layer_switched``, ``congested``."""
    track: str = ""
    value: int = 0
    """As the name says: bits per second, a layer, seconds."""
    detail: str = ""
    """In words, e.g. why a connection failed."""


class Minute(msgspec.Struct, array_like=True):
    """What is kept of one stay's minute."""

    samples: list[Sample] = msgspec.field(default_factory=list)
    moments: list[Moment] = msgspec.field(default_factory=list)


class TrackNote(msgspec.Struct, array_like=True, frozen=True):
    """A track that a person published."""

    sid: str
    video: bool
    source: str
    """``microphone``, ``camera``, ``screen_share``, ``screen_share_audio`` or ``unknown``."""
    name: str = ""


def condense(legs: list[Leg]) -> list[Leg]:
    """Return the legs worth keeping of one transport's sample: what it sends, and of what it receives the worst.

    Legs down on which nothing moved tell nothing; beyond `DOWN_LEGS_MAX` the better ones become one leg per kind.
    """
    kept = [leg for leg in legs if leg.up]
    down = sorted((leg for leg in legs if not leg.up and leg.packets), key=_badness)
    kept += down[:DOWN_LEGS_MAX]
    for video in (False, True):
        rest = [leg for leg in down[DOWN_LEGS_MAX:] if leg.video is video]
        if rest:
            kept.append(_together(rest))
    return kept


def _badness(leg: Leg) -> tuple[float, float]:
    return (leg.mos or 5.0, -leg.loss)


def _together(legs: list[Leg]) -> Leg:
    """Return several legs of one kind as one: counts added, shares by packets."""
    packets = sum(leg.packets for leg in legs)

    def mean(values: list[float]) -> float:
        return sum(value * leg.packets for value, leg in zip(values, legs, strict=True)) / max(packets, 1)

    return Leg(
        track="",
        up=False,
        video=legs[0].video,
        packets=packets,
        loss=mean([leg.loss for leg in legs]),
        residual_loss=mean([leg.residual_loss for leg in legs]),
        jitter_ms=mean([leg.jitter_ms for leg in legs]),
        bits_per_second=sum(leg.bits_per_second for leg in legs),
        nacks=sum(leg.nacks for leg in legs),
        plis=sum(leg.plis for leg in legs),
        freezes=sum(leg.freezes for leg in legs),
        frozen_ms=sum(leg.frozen_ms for leg in legs),
        r=mean([leg.r for leg in legs]),
        mos=mean([leg.mos for leg in legs]),
        legs=sum(leg.legs for leg in legs),
        concealed=mean([leg.concealed for leg in legs]) if all(leg.concealed >= 0 for leg in legs) else -1.0,
        measured=all(leg.measured for leg in legs),
    )


class Felt(NamedTuple):
    """What a person heard and saw of what was wrong on one side, within a sample or longer."""

    sound_s: float = 0.0
    """Seconds of sound of which it is known whether it came in time."""
    missing_s: float = 0.0
    """Seconds of it that did not."""
    frozen_s: float = 0.0
    """Seconds that pictures stood still, those of the worst track."""


def felt_of(legs: list[Leg], *, up: bool) -> Felt:
    """Return what was heard and seen of one side of a sample."""
    moving = [leg for leg in legs if leg.up is up and leg.packets > 0]
    sound = [leg for leg in moving if not leg.video and leg.concealed >= 0]
    packets = sum(leg.packets for leg in sound)
    missing = sum(min(leg.concealed, 1.0) * leg.packets for leg in sound) / packets if packets else 0.0
    frozen_ms = max((leg.frozen_ms / leg.legs for leg in moving if leg.video), default=0.0)
    return Felt(SAMPLE_S if sound else 0.0, missing * SAMPLE_S, min(frozen_ms / 1000, SAMPLE_S))


def mos_of(legs: list[Leg], *, up: bool) -> float:
    """Return how good one side of a sample was: as good as the worse of sound and pictures; 0 when nothing moved."""
    worst = 0.0
    for video in (False, True):
        rated = [leg for leg in legs if leg.up is up and leg.video is video and leg.packets > 0 and leg.mos > 0]
        packets = sum(leg.packets for leg in rated)
        if packets:
            mean = sum(leg.mos * leg.packets for leg in rated) / packets
            worst = mean if worst == 0.0 else min(worst, mean)
    return worst
