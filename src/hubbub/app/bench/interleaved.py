"""Rows of benchmarks that measure ours and a peer by turns, so that a machine's mood falls on both alike."""

from __future__ import annotations

import statistics
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

RUNS = 3

Measure = Callable[[float], Awaitable[float]]
"""Measures for about so many seconds and returns the figure."""


class Scenario(NamedTuple):
    """One row to measure."""

    metric: str
    unit: str
    ours: Measure
    peer: Measure | None
    """None where nothing is there to compare with."""
    peer_name: str


async def measured(scenarios: Sequence[Scenario], seconds: float) -> list[dict[str, Any]]:
    """Return a row per scenario, each figure the median of `RUNS` runs of about `seconds`."""
    return [await _row(scenario, seconds) for scenario in scenarios]


async def _row(scenario: Scenario, seconds: float) -> dict[str, Any]:
    mine: list[float] = []
    theirs: list[float] = []
    for _ in range(RUNS):
        mine.append(await scenario.ours(seconds))
        if scenario.peer is not None:
            theirs.append(await scenario.peer(seconds))
    own = statistics.median(mine)
    peer = statistics.median(theirs) if theirs else None
    return {
        "metric": scenario.metric,
        "unit": scenario.unit,
        "ours": own,
        "goal": None,
        "peer": peer,
        "peer_name": scenario.peer_name,
        "ratio": own / peer if peer else None,
        "runs": RUNS,
    }
