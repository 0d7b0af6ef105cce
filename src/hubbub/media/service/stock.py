"""How much of everything is kept: counted piece by piece beside all other work, and remembered.

Tables have a row for each object, and grow without end: a sum over them is never asked for while somebody waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final, NamedTuple, TypeVar

from hubbub.kernel import telemetry
from hubbub.kernel.clock import Clock
from hubbub.kernel.errors import HubbubError
from hubbub.media.adapters import stock_statements as statements
from hubbub.media.adapters.stock_statements import Kept
from hubbub.storage.records.port import Records, Statement

ROWS: Final = 2000
"""Rows that one statement sums up, a millisecond or so of reading."""
FRESH_S: Final = 60.0
"""Seconds for which a count is good; one that took long is good for longer."""
_SHARE: Final = 20
"""Counting takes at most the twentieth part of the time."""
_log = telemetry.logger("hubbub.media")


T = TypeVar("T")


class Stock(NamedTuple):
    """What is kept."""

    kept: tuple[Kept, ...]
    """By class and type, the classes' types in the order of their names; originals have no type."""
    saved_bytes: int
    """What recompressed originals would take besides, as they came."""
    counted_at_ms: int


class StockCount:
    """Counts, and remembers the last count."""

    def __init__(self, records: Records, clock: Clock, *, rows: int = ROWS) -> None:
        """Count what `records` tell of, `rows` rows at a time."""
        self._records = records
        self._clock = clock
        self._rows = rows
        self._last: Stock | None = None
        self._good_until_s = 0.0
        self._counting: asyncio.Task[None] | None = None

    async def latest(self, within_s: float) -> Stock | None:
        """Return the last count, and begin another when it is old; None when the first takes longer than `within_s`."""
        if self._counting is None and self._clock.monotonic_s() >= self._good_until_s:
            self._counting = asyncio.create_task(self._count())
        if self._last is None and self._counting is not None:
            await asyncio.wait({self._counting}, timeout=within_s)
        return self._last

    async def now(self) -> Stock:
        """Count everything, however long it takes; raises `StorageUnavailable` and its like."""
        kept: dict[tuple[str, str], tuple[int, int]] = {}
        saved_bytes = 0

        def add(storage_class: str, content_type: str, number: int, size_bytes: int) -> None:
            before = kept.get((storage_class, content_type), (0, 0))
            kept[storage_class, content_type] = before[0] + number, before[1] + size_bytes

        async for made in _pieces(self._records, statements.DERIVED_END, statements.DERIVED, self._rows):
            for some in made:
                add(*some)
        async for came in _pieces(self._records, statements.SEGMENTS_END, statements.SEGMENTS, self._rows):
            for amount in came:
                add(amount.storage_class, "", amount.number, amount.size_bytes)
        async for cold in _pieces(self._records, statements.RECOMPRESSED_END, statements.RECOMPRESSED, self._rows):
            for each in cold:
                add(statements.COLD, "", each.number, each.size_bytes)
                saved_bytes += each.saved_bytes
        found = tuple(Kept(*name, *amount) for name, amount in sorted(kept.items()) if amount[0])
        return Stock(found, saved_bytes, self._clock.unix_ms())

    async def stop(self) -> None:
        """Count no further."""
        if self._counting is not None:
            self._counting.cancel()
            await asyncio.gather(self._counting, return_exceptions=True)

    async def _count(self) -> None:
        began_s = self._clock.monotonic_s()
        try:
            self._last = await self.now()
        except HubbubError as problem:
            _log.warning("what is kept could not be counted", reason=problem.sentence)
        finally:
            ended_s = self._clock.monotonic_s()
            self._good_until_s = ended_s + max(FRESH_S, _SHARE * (ended_s - began_s))
            self._counting = None


async def _pieces(records: Records, end: Statement[int], piece: Statement[T], rows: int) -> AsyncIterator[list[T]]:
    """Yield what `piece` finds of each piece of a table, whose ends `end` tells."""
    after = 0
    while to := await records.fetch_one(end, {"after_id": after, "row_limit": rows}):
        yield await records.fetch(piece, {"after_id": after, "to_id": to})
        after = to
