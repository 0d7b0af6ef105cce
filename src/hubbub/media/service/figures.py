"""What all processes did with files, day by day: each adds what it did since it told last.

A process that is killed loses what it did since then, half a minute at most; one that is stopped tells all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from hubbub.kernel.clock import Clock
from hubbub.media.adapters import figure_statements as statements
from hubbub.media.counted import DELIVERED, DELIVERIES, PROCESSED, VARIANTS, WORKED, Counts
from hubbub.media.domain.asset import DAY_MS
from hubbub.storage.records.port import Op, Records

KEEP_DAYS: Final = 400
"""Days for which figures are kept: a year, and the month that it is compared with."""
_MILLIS: Final = 1000
COUNTS: Final[Mapping[str, Counts]] = MappingProxyType(
    {
        "variants": VARIANTS,
        "deliveries": DELIVERIES,
        "delivered_bytes": DELIVERED,
        "processed_bytes": PROCESSED,
        "cpu_s": WORKED,
    }
)
"""By the field of `Counted` that tells them."""
_SCALES: Final = MappingProxyType({"cpu_s": _MILLIS})
"""Rows hold whole numbers: seconds as milliseconds."""


class Counted(msgspec.Struct, frozen=True):
    """What was done since a time."""

    since_ms: int
    variants: dict[str, float]
    deliveries: dict[str, float]
    delivered_bytes: dict[str, float]
    processed_bytes: dict[str, float]
    cpu_s: dict[str, float]


class Figures:
    """What this process did, and what all did."""

    def __init__(self, records: Records, clock: Clock, counts: Mapping[str, Counts] = COUNTS) -> None:
        """Tell `records` what is counted from now on."""
        self._records = records
        self._clock = clock
        self._counts = counts
        self._told = self._now()
        self._tidied_day = 0

    async def flush(self) -> int:
        """Add to the records what was done since the last time; return how many sums that changed."""
        day, now = self._clock.unix_ms() // DAY_MS, self._now()
        ops: list[Op] = []
        more = self._since_told(now)
        for (what, happening), amount in sorted(more.items()):
            row = {"day": day, "what": what, "happening": happening, "amount": 0}
            of_row = {"of_day": day, "of_what": what, "of_happening": happening}
            ops += [Op(statements.BEGIN, row), Op(statements.ADD, {**of_row, "more": amount}, expect=1)]
        if ops and day != self._tidied_day:
            ops.append(Op(statements.FORGET, {"first_day": day - KEEP_DAYS}))
        if ops:
            await self._records.write(ops)
            self._told, self._tidied_day = now, day
        return len(more)

    async def of_days(self, days: int) -> Counted:
        """Return what all processes did today and on the days before, `days` together."""
        first_day = self._clock.unix_ms() // DAY_MS - days + 1
        sums = {(what, happening): 0 for what, counts in self._counts.items() for happening in counts.now()}
        for what, happening, amount in await self._records.fetch(statements.SINCE, {"first_day": first_day}):
            if (what, happening) in sums:  # others are of a later or an earlier version
                sums[what, happening] += amount
        for place, amount in self._since_told(self._now()).items():
            sums[place] += amount
        told: dict[str, dict[str, float]] = {what: {} for what in self._counts}
        for (what, happening), amount in sums.items():
            told[what][happening] = amount / _SCALES.get(what, 1)
        return Counted(since_ms=first_day * DAY_MS, **told)

    def _now(self) -> dict[tuple[str, str], int]:
        return {
            (what, happening): round(amount * _SCALES.get(what, 1))
            for what, counts in self._counts.items()
            for happening, amount in counts.now().items()
        }

    def _since_told(self, now: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
        return {place: more for place, amount in now.items() if (more := amount - self._told[place])}
