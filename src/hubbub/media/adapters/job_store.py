"""Jobs in records. Of two processes that want one job, or of two that think they hold it, one learns that it does not.

What a job found out is written in the transaction that ends it, so that there is never one without the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hubbub.media.adapters import asset_statements
from hubbub.media.adapters import job_statements as statements
from hubbub.media.domain import job as jobs
from hubbub.media.domain.job import Job, JobKind, JobState, Policy
from hubbub.storage.errors import RecordConflict
from hubbub.storage.records.port import Op, Records

_KINDS: Final = tuple(kind.value for kind in JobKind)
_TRIES_MAX: Final = 3
"""Looks at the queue before `take` says that nothing is free: others are taking what is."""


class LeaseLost(Exception):
    """Another runner was given the job, or its asset was removed: nothing of it was written."""


class JobStore:
    """Rows of jobs."""

    def __init__(self, records: Records) -> None:
        """Keep rows in `records`."""
        self._records = records

    async def take(
        self, owner: str, limit: int, now_ms: int, policy: Policy, kinds: Sequence[str] = _KINDS
    ) -> list[Job]:
        """Take up to `limit` free jobs of `kinds`, the longest due first, and those that came back parked."""
        taken: list[Job] = []
        for _ in range(_TRIES_MAX):
            asked = {"now_ms": now_ms, "row_limit": limit - len(taken), "of_kinds": list(kinds)}
            free = await self._records.fetch(statements.FREE, asked)
            if not free:
                break
            for job in free:
                try:
                    taken.append(await self.keep(job, jobs.taken(job, owner, now_ms, policy)))
                except LeaseLost:
                    continue
            if len(taken) >= limit:
                break
        return taken

    async def keep(self, before: Job, after: Job, ops: Sequence[Op] = ()) -> Job:
        """Keep what became of a job, together with `ops`; return `after`.

        A job that is parked parks its asset with it, unless that is ready; one that is parked no more brings it back.

        Raises:
            LeaseLost: The row is not `before` any more, or one of `ops` met another number of rows than it expects.
        """
        params = {
            "job_id": before.id,
            "held_epoch": before.lease_epoch,
            "seen_state": before.state,
            "new_state": after.state,
            "new_owner": after.lease_owner,
            "new_epoch": after.lease_epoch,
            "new_until_ms": after.lease_until_ms,
            "new_attempts": after.attempts,
            "new_due_at_ms": after.due_at_ms,
            "new_progress": after.progress,
            "new_code": after.error_code,
            "new_message": after.error_message,
        }
        batch = [Op(statements.TELL, params, expect=1), *ops]
        if after.state == JobState.PARKED.value:  # does nothing to an asset that is ready already
            why = {"asset_id": after.asset_id, "new_code": after.error_code, "new_message": after.error_message}
            batch.append(Op(asset_statements.PARK, why))
        if before.state == JobState.PARKED.value:
            batch.append(Op(asset_statements.UNPARK, {"asset_id": after.asset_id}))
        try:
            await self._records.write(batch)
        except RecordConflict as conflict:
            raise LeaseLost from conflict
        return after

    async def release(self, owner: str) -> None:
        """End the leases of a process of this name that is gone, so that its jobs are taken up at once."""
        await self._records.write([Op(statements.RELEASE_OWNER, {"of_owner": owner})])

    async def get(self, job_id: int) -> Job | None:
        """Return a job, None when there is none."""
        return await self._records.fetch_one(statements.GET, {"job_id": job_id})

    async def parked(self, limit: int) -> list[Job]:
        """Return parked jobs, the newest first."""
        return await self._records.fetch(statements.PARKED, {"row_limit": limit})

    async def drop(self, job_id: int) -> bool:
        """Forget a parked job; false when there is none of that id."""
        (dropped,) = await self._records.write([Op(statements.DROP, {"job_id": job_id})])
        return dropped > 0

    async def of_asset(self, asset_id: int) -> list[Job]:
        """Return an asset's jobs, oldest first."""
        return await self._records.fetch(statements.OF_ASSET, {"asset_id": asset_id})

    async def count(self, state: JobState) -> int:
        """Return how many jobs are in a state."""
        return await self._records.fetch_one(statements.COUNT, {"of_state": state.value}) or 0
