"""How often videos are played, and the job that makes those better that are played often.

Counted are playlists and manifests that were opened: players read one for each time that they play. Caches in front
answer some of those themselves, so that the count is a lower bound.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from hubbub.kernel.clock import Clock
from hubbub.media.adapters import job_statements, play_statements
from hubbub.media.domain import job as jobs
from hubbub.media.domain.job import JobKind
from hubbub.storage.errors import RecordConflict
from hubbub.storage.records.port import Op, Records

VIDEOS_MAX: Final = 10_000
"""Videos that are counted between two flushes; plays of others are not."""
_AT_ONCE: Final = 200


class Plays:
    """Counts of one process; those of several add up. A process that is killed loses those of the last seconds."""

    def __init__(
        self, records: Records, clock: Clock, new_id: Callable[[], int], after: int, on_queued: Callable[[], None]
    ) -> None:
        """Tell `records`.

        Args:
            records: Where counts and jobs are.
            clock: The time.
            new_id: Makes ids of jobs.
            after: Plays that a video needs to be made better, 1 or more; zero for never.
            on_queued: Called when a job was queued.
        """
        self._records = records
        self._clock = clock
        self._new_id = new_id
        self._after = after
        self._on_queued = on_queued
        self._counted: dict[int, int] = {}

    def count(self, asset_id: int) -> None:
        """Note that a video is played."""
        if self._after and (asset_id in self._counted or len(self._counted) < VIDEOS_MAX):
            self._counted[asset_id] = self._counted.get(asset_id, 0) + 1

    async def flush(self) -> int:
        """Tell the records, and queue jobs; return of how many videos. Errors are those of `Records.write`."""
        told = 0
        while self._counted:
            some = dict(sorted(self._counted.items())[:_AT_ONCE])
            await self._records.write(
                [
                    Op(play_statements.ADD, {"asset_id": asset_id, "plays": plays, "is_refined": False})
                    for asset_id, plays in some.items()
                ]
            )
            for asset_id, plays in some.items():
                left = self._counted[asset_id] - plays  # some more came meanwhile
                if left:
                    self._counted[asset_id] = left
                else:
                    del self._counted[asset_id]
            liked = await self._records.fetch(play_statements.LIKED, {"asset_ids": list(some), "after": self._after})
            for asset_id in liked:
                await self._queue(asset_id)
            told += len(some)
            if len(some) < _AT_ONCE:
                break
        return told

    async def _queue(self, asset_id: int) -> None:
        job = jobs.queued(self._new_id(), asset_id, JobKind.REFINE, self._clock.unix_ms())
        try:
            await self._records.write(
                [
                    Op(play_statements.REFINE, {"asset_id": asset_id}, expect=1),
                    Op(job_statements.QUEUE, job._asdict()),
                ]
            )
        except RecordConflict:
            return  # another process did it
        self._on_queued()
