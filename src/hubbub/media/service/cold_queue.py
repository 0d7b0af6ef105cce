"""What is due to cool: counted, and given to `cold.Cooling` as jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from hubbub.kernel.clock import Clock
from hubbub.media.adapters import cold_statements as statements
from hubbub.media.adapters import job_statements
from hubbub.media.domain import job as jobs
from hubbub.media.domain.asset import DAY_MS
from hubbub.media.domain.job import JobKind
from hubbub.storage.records.port import Op, Records

QUEUED_MAX: Final = 50
"""Files that wait for being cooled at a time; the rest is found when those are done."""


class Due(NamedTuple):
    """What is due to cool."""

    files: int
    size_bytes: int
    photographs: int
    """JPEG files among them, which become smaller."""
    photograph_bytes: int


class ColdQueue:
    """Finds what is due."""

    def __init__(
        self, records: Records, clock: Clock, after_days: int, wake: Callable[[], None] = lambda: None
    ) -> None:
        """Look for what was not asked for in `after_days` days, 0 for nothing; `wake` is called when there is work."""
        self._records = records
        self._clock = clock
        self._after_days = after_days
        self._wake = wake

    async def due(self) -> Due:
        """Count what is due, and change nothing."""
        before = {"before_day": self._before_day()}
        files = await self._records.fetch_one(statements.DUE_BYTES, before)
        jpeg = await self._records.fetch_one(statements.DUE_JPEG_BYTES, before)
        return Due(*(files or (0, 0)), *(jpeg or (0, 0)))

    async def sweep(self) -> int:
        """Queue jobs for some of what is due; return how many."""
        records, now_ms = self._records, self._clock.unix_ms()
        room = QUEUED_MAX - (await records.fetch_one(job_statements.COUNT_COOL) or 0)
        if room < 1 or not self._after_days:
            return 0
        before = {"before_day": self._before_day()}
        due = await records.fetch(statements.DUE, {**before, "row_limit": room})
        ops: list[Op] = []
        for asset in due:
            job = jobs.queued(asset.id, asset.id, JobKind.COOL, now_ms)
            ops.append(Op(statements.COOLING, {"asset_id": asset.id, **before}))
            ops.append(Op(job_statements.QUEUE, job._asdict()))
        if ops:
            await records.write(ops)
            self._wake()
        return len(due)

    def _before_day(self) -> int:
        return before_day(self._clock.unix_ms() // DAY_MS, self._after_days)


def before_day(today: int, after_days: int) -> int:
    """Return the day before which a file must have been asked for last to be due; 0 for none."""
    return today - after_days if after_days else 0
