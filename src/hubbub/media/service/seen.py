"""When files were asked for: noted in memory, and told to the records together, once a day for each file."""

from __future__ import annotations

from typing import Final

from hubbub.kernel.clock import Clock
from hubbub.media.adapters import cold_statements as statements
from hubbub.media.domain.asset import DAY_MS
from hubbub.storage.records.port import Op, Records

FILES_MAX: Final = 50_000
"""Files that are remembered as told, some 4 MB; of more, some are told twice, which changes nothing."""
_AT_ONCE: Final = 500


class Seen:
    """Marks of one process; those of several add up. A process that is killed loses those of the last seconds."""

    def __init__(self, records: Records, clock: Clock) -> None:
        """Tell `records`."""
        self._records = records
        self._clock = clock
        self._day = 0
        self._told: set[int] = set()
        self._waiting: set[int] = set()

    def mark(self, asset_id: int) -> None:
        """Note that a file was asked for."""
        day = self._clock.unix_ms() // DAY_MS
        if day != self._day or len(self._told) >= FILES_MAX:
            self._day = day
            self._told.clear()
        if asset_id not in self._told and len(self._waiting) < FILES_MAX:
            self._told.add(asset_id)
            self._waiting.add(asset_id)

    async def flush(self) -> int:
        """Tell the records; return of how many files. Errors are those of `Records.write`, and nothing is lost then."""
        told = 0
        while self._waiting:
            some = sorted(self._waiting)[:_AT_ONCE]
            await self._records.write([Op(statements.SEEN, {"asset_ids": some, "new_day": self._day})])
            self._waiting.difference_update(some)
            told += len(some)
        return told
