"""What a benchmark found: its figures beside goal and peer, with where and when they were measured."""

from __future__ import annotations

import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One measured figure beside what it should be."""

    metric: str
    unit: str
    ours: float | None
    goal: float | str | None = None
    """What it should be, as a figure or with its comparison (``≤ 20``); None when there is none."""
    peer: float | None = None
    """The same figure of the peer or of the machine's own floor; None when the peer is absent."""
    peer_name: str = ""
    ratio: float | None = None
    """Ours divided by the peer's."""
    runs: int = 3
    """Runs whose median this is, interleaved with the peer's."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What one benchmark found, where and when."""

    name: str
    command: str
    date: str
    quick: bool
    machine: dict[str, str]
    versions: dict[str, str]
    rows: list[Row]
