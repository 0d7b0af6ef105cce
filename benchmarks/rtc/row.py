"""Rows of the table, from what both sides showed."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence

Row = dict[str, object]


def row(
    metric: str,
    unit: str,
    ours: Sequence[float],
    peer: Sequence[float] | None,
    *,
    goal: str | None = None,
    peer_name: str = "livekit-server",
    of: Callable[[Sequence[float]], float] = statistics.median,
) -> Row:
    """Return a row of what was measured by turns; `of` makes one figure of several.

    `peer` is None where it is absent, and `peer_name` empty where none could be compared with.
    """
    mine, theirs = of(ours), of(peer) if peer else None
    return {
        "metric": metric,
        "unit": unit,
        "ours": round(mine, 4),
        "goal": goal,
        "peer": round(theirs, 4) if theirs is not None else None,
        "peer_name": peer_name if peer is not None or not peer_name else f"{peer_name}: absent",
        "ratio": round(mine / theirs, 3) if theirs else None,
        "runs": len(ours),
    }


def row_of(metric: str, unit: str, found: Sequence[Sequence[object]], name: str, *, goal: str | None = None) -> Row:
    """Return the row of the figure called `name`, of what each run of each side found: ours first, then the peer's."""
    ours, *peers = ([float(getattr(each, name)) for each in runs] for runs in found)
    return row(metric, unit, ours, peers[0] if peers else None, goal=goal)


def missing(metric: str, why: str) -> Row:
    """Return the row of what could not be measured, with the reason in its name."""
    return {"metric": f"{metric}: NOT MEASURED, {why}", "unit": "", "ours": None, "runs": 0}


def p95(figures: Sequence[float]) -> float:
    """Return the smallest figure that 95 % do not exceed: the largest of fewer than twenty."""
    return sorted(figures)[math.ceil(0.95 * len(figures)) - 1]
