"""Work that was given up, for operators: looked at, begun anew, or forgotten."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from hubbub.kernel.clock import Clock
from hubbub.media.adapters.asset_store import AssetStore
from hubbub.media.adapters.job_store import JobStore, LeaseLost
from hubbub.media.domain import job as jobs
from hubbub.media.domain.asset import Asset
from hubbub.media.domain.job import Job, JobState
from hubbub.media.errors import JobUnknown
from hubbub.storage.records.port import Records


class Parked(NamedTuple):
    """A job, mostly one that was given up, and the file that it is about."""

    job: Job
    asset: Asset | None
    """None when it was removed at this moment."""


class ParkedJobs:
    """Every parked job of an installation."""

    def __init__(self, records: Records, clock: Clock, wake: Callable[[], None] = lambda: None) -> None:
        """Look into `records`; `wake` tells this process's runner that a job may be free."""
        self._jobs = JobStore(records)
        self._assets = AssetStore(records)
        self._clock = clock
        self._wake = wake

    async def listed(self, limit: int) -> list[Parked]:
        """Return at most `limit` of them, the newest first."""
        return await self.with_files(await self._jobs.parked(limit))

    async def with_files(self, found: Sequence[Job]) -> list[Parked]:
        """Return jobs, in whichever state, with the files that they are about."""
        assets = {asset.id: asset for asset in await self._assets.of_ids([job.asset_id for job in found])}
        return [Parked(job, assets.get(job.asset_id)) for job in found]

    async def requeue(self, job_id: int) -> None:
        """Begin a job anew, with all its attempts; its file is being looked at again from then on.

        Raises:
            JobUnknown: No parked job has that id.
        """
        job = await self._jobs.get(job_id)
        if job is None or job.state != JobState.PARKED.value:
            raise JobUnknown
        try:
            await self._jobs.keep(job, jobs.requeued(job, self._clock.unix_ms()))
        except LeaseLost as lost:
            raise JobUnknown from lost
        self._wake()

    async def drop(self, job_id: int) -> None:
        """Forget a job; its file stays as it is, refused.

        Raises:
            JobUnknown: No parked job has that id.
        """
        if not await self._jobs.drop(job_id):
            raise JobUnknown
