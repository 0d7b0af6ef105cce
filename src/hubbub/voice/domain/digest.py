"""A stay in short: what its samples add up to, so that a call is explained without reading them all again.

A digest grows by one sample at a time, in any order of transports, and stays small however long the stay is.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from hubbub.voice.domain.quality import SAMPLE_S, Felt, Refused, Sample, Side, felt_of, mos_of
from hubbub.voice.domain.symptom import MOS_MIN, Finding, Symptom

TALLIES_MAX = 64
"""Different findings of one stay; further ones count as unclear. Only one who hears dozens of bad uplinks has more."""
TOGETHER_MS = 1.5 * SAMPLE_S * 1000
"""Samples of one side that are no further apart follow one another."""


class Tally(msgspec.Struct, array_like=True):
    """How often one thing was wrong."""

    symptom: str
    side: str
    about: int
    """Stay of the other person whom it is due to; 0 for nobody."""
    seconds: float
    first_ms: int
    last_ms: int
    mean: float
    """Of the finding's value."""
    worst: float
    sound_s: float = 0.0
    """Seconds of sound of which it is known whether it came in time."""
    missing_s: float = 0.0
    """Seconds of it that did not."""
    frozen_s: float = 0.0
    """Seconds that pictures stood still."""

    def feel(self, felt: Felt) -> None:
        """Count what was heard and seen of it."""
        self.sound_s += felt.sound_s
        self.missing_s += felt.missing_s
        self.frozen_s += felt.frozen_s


class Score(msgspec.Struct, array_like=True):
    """Opinion of one side over a stay."""

    samples: int = 0
    total: float = 0.0
    worst: float = 0.0
    """Lowest mean of two samples that follow one another, so that no single hiccup speaks for a call; 0: unknown."""
    worst_ms: int = 0
    bad_s: float = 0.0
    last: float = 0.0
    last_ms: int = 0

    def take(self, mos: float, at_ms: int) -> float:
        """Count one sample; return the mean of it and the one right before it, or 0 when there was none."""
        follows = self.samples > 0 and at_ms - self.last_ms <= TOGETHER_MS
        recent = (mos + self.last) / 2 if follows else 0.0
        self.samples += 1
        self.total += mos
        self.last, self.last_ms = mos, at_ms
        if mos < MOS_MIN:
            self.bad_s += SAMPLE_S
        if recent and (self.worst == 0.0 or recent < self.worst):
            self.worst, self.worst_ms = recent, at_ms
        return recent

    @property
    def mean(self) -> float:
        """Return the mean opinion; 0 when unknown."""
        return self.total / self.samples if self.samples else 0.0


class Digest(msgspec.Struct):
    """What a stay's samples add up to."""

    sends: Score = msgspec.field(default_factory=Score)
    hears: Score = msgspec.field(default_factory=Score)
    tallies: list[Tally] = msgspec.field(default_factory=list)
    packets_up: int = 0
    packets_down: int = 0
    lost_up: float = 0.0
    lost_down: float = 0.0
    rtt_samples: int = 0
    rtt_total_ms: float = 0.0
    connects: int = 0
    """Times that the connection came up; more than the transports is a reconnection."""
    reconnects: int = 0
    path_changes: int = 0
    silent_s: float = 0.0
    over_tcp: bool = False
    sound_s: float = 0.0
    """Seconds of sound to the person of which it is known whether it came in time."""
    missing_s: float = 0.0
    """Seconds of it that did not."""
    freezes: int = 0
    """Times that pictures to the person stood still, of the worst track."""
    frozen_s: float = 0.0
    refused: Refused = Refused()
    """Packets from the person that were not taken."""
    failure: str = ""
    """Why the media connection failed last; empty when it did not."""

    def take(self, sample: Sample, findings: Iterable[Finding]) -> dict[Side, float]:
        """Count a sample with what was wrong within it; return each side's opinion over the last two samples."""
        for leg in sample.legs:
            if leg.up:
                self.packets_up += leg.packets
                self.lost_up += leg.loss * leg.packets
            else:
                self.packets_down += leg.packets
                self.lost_down += leg.loss * leg.packets
        if sample.rtt_ms >= 0:
            self.rtt_samples += 1
            self.rtt_total_ms += sample.rtt_ms
        self.refused += sample.refused
        heard = felt_of(sample.legs, up=False)
        self.sound_s += heard.sound_s
        self.missing_s += heard.missing_s
        self.frozen_s += heard.frozen_s
        self.freezes += max(
            (leg.freezes for leg in sample.legs if leg.video and not leg.up and leg.legs == 1), default=0
        )
        for finding in findings:
            self.note(finding, sample.at_ms, sample=sample)
        recent: dict[Side, float] = {}
        for side, score in ((Side.SENDS, self.sends), (Side.HEARS, self.hears)):
            mos = mos_of(sample.legs, up=side is Side.SENDS)
            if mos:
                recent[side] = score.take(mos, sample.at_ms)
        return recent

    def note(self, finding: Finding, at_ms: int, seconds: float = SAMPLE_S, *, sample: Sample | None = None) -> None:
        """Count one finding that lasted `seconds` until `at_ms`, of `sample` if it is of one."""
        symptom, side, value, about = finding
        felt = felt_of(sample.legs, up=side is Side.SENDS) if sample is not None else Felt()
        lower_is_worse = symptom in {Symptom.CONGESTION, Symptom.UNCLEAR}
        for tally in self.tallies:
            if tally.symptom == symptom and tally.side == side and tally.about == about:
                total = tally.seconds + seconds
                tally.mean = (tally.mean * tally.seconds + value * seconds) / total if total else value
                tally.worst = min(tally.worst, value) if lower_is_worse else max(tally.worst, value)
                tally.seconds, tally.last_ms = total, max(tally.last_ms, at_ms)
                tally.feel(felt)
                return
        if len(self.tallies) >= TALLIES_MAX:
            symptom, about = Symptom.UNCLEAR, 0
            if any(tally.symptom == symptom and tally.side == side for tally in self.tallies):
                self.note(Finding(symptom, side, 0.0), at_ms, seconds, sample=sample)
            return
        first_ms = at_ms - round(seconds * 1000)
        tally = Tally(symptom.value, side.value, about, seconds, first_ms, at_ms, value, value)
        tally.feel(felt)
        self.tallies.append(tally)

    @property
    def worst_mos(self) -> float:
        """Return the lowest opinion of either side over ten seconds; 0 when unknown."""
        known = [score.worst for score in (self.sends, self.hears) if score.worst > 0]
        return min(known, default=0.0)
