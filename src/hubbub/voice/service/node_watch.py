"""Whether it is the server that is in trouble: judges all samples of one interval of the node together.

Calling contract: `take` for each sample, in order of time; what it returns is the interval before, judged.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from hubbub.voice.domain.quality import SAMPLE_S, Sample
from hubbub.voice.domain.symptom import OF_THE_WAY, Finding, Surroundings, judge
from hubbub.voice.service.call_state import OpenTransport

BUSY_STAYS_MIN = 4
"""Fewer people can do badly at once by chance."""
BUSY_NETWORKS_MIN = 3
"""People behind one router do badly together when it does: the server is suspected only across networks."""
BUSY_SHARE = 0.75
"""Share of all people who do badly when the server is the reason. One bad uplink alone never makes it so many."""
HELD_MAX = 20_000
"""Samples of one interval that wait to be judged; further ones of a node that is this full are not."""
_SLOT_MS = round(SAMPLE_S * 1000)


class Judged(NamedTuple):
    """One sample and what was wrong within it."""

    transport: OpenTransport
    sample: Sample
    findings: list[Finding]


class NodeWatch:
    """Holds the samples of one interval until it is over."""

    def __init__(self, around: Callable[[OpenTransport], Surroundings]) -> None:
        """Judge with what `around` knows of a transport's surroundings."""
        self._around = around
        self._slot = 0
        self._held: list[tuple[OpenTransport, Sample, Surroundings]] = []

    def take(self, transport: OpenTransport, sample: Sample) -> list[Judged]:
        """Hold a sample; return those of the interval before, once it is over."""
        judged = self.turn(sample.at_ms)
        if len(self._held) < HELD_MAX:
            self._held.append((transport, sample, self._around(transport)))
        return judged

    def turn(self, now_ms: int) -> list[Judged]:
        """Return the held samples, judged, if their interval is over at `now_ms`."""
        slot = now_ms // _SLOT_MS
        if slot == self._slot:
            return []
        self._slot = slot
        return self.finish()

    def finish(self) -> list[Judged]:
        """Return the held samples, judged."""
        held, self._held = self._held, []
        judged = [Judged(transport, sample, judge(sample, around)) for transport, sample, around in held]
        if not _is_busy(judged):
            return judged
        return [
            Judged(transport, sample, judge(sample, around._replace(server_busy=True)))
            for transport, sample, around in held
        ]


def _is_busy(judged: list[Judged]) -> bool:
    """Return whether so many people did badly, in so many networks, that it must be the server."""
    measured: set[int] = set()
    bad: dict[int, str] = {}
    for transport, sample, findings in judged:
        if any(leg.packets for leg in sample.legs):
            stay = transport.stay
            measured.add(stay.id)
            if any(finding.symptom in OF_THE_WAY for finding in findings):
                bad[stay.id] = transport.network or str(stay.id)
    return (
        len(bad) >= BUSY_STAYS_MIN
        and len(bad) >= BUSY_SHARE * len(measured)
        and len(set(bad.values())) >= BUSY_NETWORKS_MIN
    )
