"""Assets in records, and what goes with them when nobody holds them any more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hubbub.media.adapters import asset_statements as statements
from hubbub.media.adapters import cold_statements, job_statements, match_statements, play_statements, upload_statements
from hubbub.media.domain import asset as assets
from hubbub.media.domain import job as jobs
from hubbub.media.domain.asset import Asset, Derived
from hubbub.media.domain.job import Job, JobKind
from hubbub.media.domain.upload import Upload
from hubbub.storage.errors import RecordConflict
from hubbub.storage.records.port import Op, Records

_RENDER_MS: Final = 60_000
"""A variant that was accounted for is stored by then."""


def beginning(upload: Upload, now_ms: int) -> list[Op]:
    """Return what belongs into each transaction that finishes an upload: its asset and the job that inspects it.

    The job bears the upload's id, so that saying it twice makes one.
    """
    made = assets.begun(upload, now_ms)
    if made is None:
        return []
    job = jobs.queued(upload.id, made.id, JobKind.INSPECT, now_ms)
    holding = {"asset_id": made.id, "holder": assets.holder_of(upload), "created_at_ms": now_ms}
    return [
        Op(statements.BEGIN, made._asdict()),
        Op(statements.BEGIN_HOLDING, holding),
        Op(job_statements.QUEUE, job._asdict()),
    ]


def letting_go(asset_id: int, holder: str, now_ms: int = 0) -> list[Op]:
    """Return what ends a reference; a transaction with it fails when there is none.

    Args:
        asset_id: To what.
        holder: Whose.
        now_ms: When, for what is kept a while should this be the last; zero when it may go at once.
    """
    return [
        Op(statements.LET_GO, {"asset_id": asset_id, "of_holder": holder}, expect=1),
        Op(statements.COUNT_DOWN, {"asset_id": asset_id, "now_ms": now_ms}, expect=1),
    ]


def holding(asset_id: int, holder: str, now_ms: int) -> list[Op]:
    """Return what makes a reference; a transaction with it fails when there is no asset, or the reference is there."""
    reference = {"asset_id": asset_id, "holder": holder, "created_at_ms": now_ms}
    return [
        Op(statements.COUNT_UP, {"asset_id": asset_id}, expect=1),
        Op(statements.HOLD, reference, expect=1),
    ]


class AssetStore:
    """Rows of assets."""

    def __init__(self, records: Records) -> None:
        """Keep rows in `records`."""
        self._records = records

    async def get(self, asset_id: int) -> Asset | None:
        """Return an asset, None when there is none."""
        return await self._records.fetch_one(statements.GET, {"asset_id": asset_id})

    async def of_ids(self, asset_ids: Sequence[int]) -> list[Asset]:
        """Return the assets of these ids that are there."""
        return await self._records.fetch(statements.OF_IDS, {"asset_ids": list(asset_ids)}) if asset_ids else []

    async def jobs_of(self, asset_ids: Sequence[int]) -> list[Job]:
        """Return the jobs of these assets."""
        return await self._records.fetch(job_statements.OF_ASSETS, {"asset_ids": list(asset_ids)})

    async def progress(self, asset_id: int) -> int:
        """Return how far the work on an asset is, in hundredths: as far as the job that is least far."""
        found = await self._records.fetch(job_statements.OF_ASSET, {"asset_id": asset_id})
        return min((job.progress for job in found if job.kind not in jobs.UNAWAITED), default=0)

    async def derived(self, asset_id: int) -> list[Derived]:
        """Return the objects that were made of an asset."""
        return await self._records.fetch(statements.DERIVED, {"asset_id": asset_id})

    async def derived_of(self, asset_ids: Sequence[int]) -> list[Derived]:
        """Return the mezzanines and streams that were made of these assets."""
        return await self._records.fetch(statements.DERIVED_OF, {"asset_ids": list(asset_ids)})

    async def waveforms_of(self, asset_ids: Sequence[int]) -> dict[int, bytes]:
        """Return the waveforms of those assets that have one."""
        return {
            each.asset_id: each.points
            for each in await self._records.fetch(statements.WAVEFORMS_OF, {"asset_ids": list(asset_ids)})
        }

    async def holders(self, asset_id: int) -> list[str]:
        """Return who holds an asset."""
        return await self._records.fetch(statements.HOLDERS, {"asset_id": asset_id})

    async def hold(self, asset_id: int, holder: str, now_ms: int) -> bool:
        """Keep an asset for `holder`; false when there is none, or it is held by that name already."""
        return await self._written(holding(asset_id, holder, now_ms))

    async def let_go(self, asset_id: int, holder: str, now_ms: int = 0) -> bool:
        """End a reference, as `letting_go` says; false when there is none."""
        return await self._written(letting_go(asset_id, holder, now_ms))

    async def announce(self, asset_id: int, due_at_ms: int) -> None:
        """Say that mezzanines are about to be stored, which go at `due_at_ms` unless they are told of."""
        left = {"folder": assets.mezzanine_folder(asset_id), "due_at_ms": due_at_ms}
        await self._records.write([Op(upload_statements.LEAVE, left)])

    async def remove_unheld(self, now_ms: int, limit: int, grace_ms: int = 0) -> int:
        """Remove assets that nobody has held for `grace_ms`; their objects go at the next sweep.

        Returns:
            How many there were.
        """
        removed = 0
        asked = {"row_limit": limit, "released_before_ms": now_ms - grace_ms}
        for asset in await self._records.fetch(statements.UNHELD, asked):
            removed += await self._written(await self._removing(asset, now_ms))
        return removed

    async def _removing(self, asset: Asset, now_ms: int) -> list[Op]:
        segments = await self._records.fetch(upload_statements.SEGMENTS, {"upload_id": asset.upload_id})
        # Those of its upload's parts too: a part that was removed before left its objects to this one.
        folders = {f"media/segments/{asset.upload_id}", assets.mezzanine_folder(asset.id)}
        folders.update(assets.folder_in(segment.object_key) for segment in segments)
        cold = await self._records.fetch_one(cold_statements.GET, {"upload_id": asset.upload_id})
        if cold is not None:
            folders.add(assets.folder_in(cold.object_key))
        of_it = {"asset_id": asset.id}
        return [
            Op(statements.DELETE_UNHELD, of_it, expect=1),
            Op(statements.DELETE_DERIVED, of_it),
            Op(statements.DELETE_WAVEFORM, of_it),
            Op(match_statements.DELETE_HASH, of_it),
            Op(play_statements.DELETE, of_it),
            Op(job_statements.DELETE_OF_ASSET, of_it),
            Op(upload_statements.DELETE_SEGMENTS, {"upload_id": asset.upload_id}),
            Op(cold_statements.DELETE, {"upload_id": asset.upload_id}),
            *(Op(upload_statements.LEAVE, {"folder": each, "due_at_ms": now_ms}) for each in sorted(folders)),
            # A variant on its way may be stored a moment from now.
            Op(upload_statements.LEAVE, {"folder": assets.variant_folder(asset.id), "due_at_ms": now_ms + _RENDER_MS}),
        ]

    async def _written(self, ops: Sequence[Op]) -> bool:
        try:
            await self._records.write(ops)
        except RecordConflict:
            return False
        return True
