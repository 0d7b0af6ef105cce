"""Settling: of a video that was first played by a small file, the best one takes its place at the same address.

Not at once: players ask for ranges of what they began with, and would put the parts of two files together. Until then
copies of the first are short-lived, and all who come later play the ladder in any case.
"""

from __future__ import annotations

from collections.abc import Sequence

from hubbub.kernel.clock import Clock
from hubbub.media.adapters import asset_statements, upload_statements
from hubbub.media.adapters.asset_store import AssetStore
from hubbub.media.adapters.job_store import LeaseLost
from hubbub.media.adapters.upload_store import LEFTOVER_MS
from hubbub.media.domain.asset import FIRST, PLAYABLE, mezzanine_folder
from hubbub.media.domain.job import Job
from hubbub.media.service.jobs import Report
from hubbub.storage.records.port import Op


class Settling:
    """Does jobs of the kind ``settle``."""

    def __init__(self, assets: AssetStore, clock: Clock) -> None:
        """Work on `assets`."""
        self._assets = assets
        self._clock = clock

    async def __call__(self, job: Job, _report: Report) -> Sequence[Op]:
        """Return what forgets a video's first file; its object goes when nobody reads it any more.

        Raises:
            LeaseLost: The video is gone.
        """
        made = [each.name for each in await self._assets.derived(job.asset_id) if each.storage_class == PLAYABLE]
        if not made:
            raise LeaseLost
        if PLAYABLE not in made:
            return []
        due_at_ms = self._clock.unix_ms() + LEFTOVER_MS
        return [
            Op(asset_statements.FORGET_PLAYABLE, {"asset_id": job.asset_id, "of_name": FIRST}),
            Op(upload_statements.LEAVE, {"folder": mezzanine_folder(job.asset_id), "due_at_ms": due_at_ms}),
        ]
