"""Files and the work on them, as operators look after both."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Final, cast

import msgspec

from hubbub.app.house import House
from hubbub.app.operations.requests import (
    CollectMedia,
    CoolMedia,
    DropParked,
    ListParked,
    ReportMedia,
    RequeueParked,
    RotateSigningKey,
    ShowUsage,
)
from hubbub.kernel.randomness import SystemRandom
from hubbub.kernel.snowflake import SnowflakeGenerator
from hubbub.media.adapters import asset_statements
from hubbub.media.service.cold_queue import ColdQueue
from hubbub.media.service.collection import Collected, Collection
from hubbub.media.service.parked import Parked, ParkedJobs
from hubbub.media.service.report import MediaReport
from hubbub.media.service.signing import SigningKeys
from hubbub.media.service.uploads import Uploads

Facts = dict[str, object]
_COUNT_S: Final = 60.0
"""Seconds that a command waits until everything is counted; it then tells the rest."""


class MediaOperations:
    """Media of one opened house."""

    def __init__(self, house: House, report: MediaReport | None = None) -> None:
        """Work on `house`; `report` is that of the server which runs."""
        self._house = house
        self._report = report
        # A server's runner finds what is free by looking, once a second.
        self._parked = ParkedJobs(house.records, house.clock)

    async def perform(
        self,
        request: ListParked
        | RequeueParked
        | DropParked
        | CollectMedia
        | CoolMedia
        | RotateSigningKey
        | ShowUsage
        | ReportMedia,
    ) -> Facts:
        """Do `request`; return its facts."""
        match request:
            case ListParked(limit=limit):
                return {"parked": [_facts(each) for each in await self._parked.listed(limit)]}
            case RequeueParked(job_id=job_id):
                await self._parked.requeue(job_id)
                return {"requeued": str(job_id)}
            case DropParked(job_id=job_id):
                await self._parked.drop(job_id)
                return {"dropped": str(job_id)}
            case CollectMedia(dry_run=dry_run):
                collection = self._collection()
                found = await (collection.counted() if dry_run else collection.removed())
                return {**_collected(found), "removed": not dry_run}
            case CoolMedia() | ShowUsage() | ReportMedia():
                return await self._told(request)
            case RotateSigningKey():
                keys = SigningKeys(self._house.records, self._house.clock, SystemRandom())
                return {"keys_so_far": await keys.rotate(), "signs": "after the next start"}

    async def _told(self, request: CoolMedia | ShowUsage | ReportMedia) -> Facts:
        match request:
            case CoolMedia(dry_run=dry_run):
                return await self._cold(dry_run=dry_run)
            case ShowUsage(owners=owners):
                return await self._usage(owners)
            case ReportMedia():
                return await self._reported()

    async def _cold(self, *, dry_run: bool) -> Facts:
        house = self._house
        # A server's runner finds the jobs by looking, once a second; without one they wait for its start.
        queue = ColdQueue(house.records, house.clock, house.config.media.cold_after_days)
        due = await queue.due()
        return {**due._asdict(), "queued": 0 if dry_run else await queue.sweep()}

    async def _reported(self) -> Facts:
        house = self._house
        report = self._report or MediaReport(house.records, house.clock, house.config.media, serves=False)
        try:
            return cast("Facts", msgspec.to_builtins(await report.current(within_s=_COUNT_S)))
        finally:
            if report is not self._report:
                await report.stop()

    async def _usage(self, owners: int) -> Facts:
        records = self._house.records
        originals = await records.fetch(asset_statements.USED_BY_KIND)
        made = await records.fetch(asset_statements.USED_BY_CLASS)
        guilds = await self._house.community.ports.storage.largest(owners)
        largest = await records.fetch(asset_statements.USED_BY_OWNER, {"row_limit": owners})
        # As their owners count them: what one owner uploaded twice is stored once.
        return {
            "size_bytes": sum(each.size_bytes for each in (*originals, *made)),
            "originals": [each._asdict() for each in originals],
            "made": [each._asdict() for each in made],
            "owners": [each._asdict() for each in largest],
            "guilds": [{**each._asdict(), "guild_id": str(each.guild_id)} for each in guilds],
            "guild_bytes_max": self._house.config.community.guild_bytes_max,
        }

    def _collection(self) -> Collection:
        house = self._house
        ids = SnowflakeGenerator(house.clock, house.config.node).next  # none is made: nothing is uploaded here
        at_once = dataclasses.replace(house.config.media, released_lifetime_s=0)
        uploads = Uploads(house.records, house.objects, house.clock, ids, at_once, node="")
        return Collection(house.records, house.objects, house.clock, uploads.sweep)


def _facts(parked: Parked) -> Facts:
    job, asset = parked
    began = datetime.fromtimestamp(job.created_at_ms / 1000, UTC)
    return {
        "job": str(job.id),
        "kind": job.kind,
        "asset": str(job.asset_id),
        "owner": None if asset is None else asset.owner,
        "name": None if asset is None else asset.file_name,
        "size_bytes": None if asset is None else asset.size_bytes,
        "attempts": job.attempts,
        "code": job.error_code,
        "message": job.error_message,
        "began": began.isoformat(timespec="seconds"),
    }


def _collected(found: Collected) -> Facts:
    return {
        "overdue_uploads": found.uploads.number,
        "overdue_uploads_bytes": found.uploads.size_bytes,
        "unneeded_files": found.assets.number,
        "unneeded_files_bytes": found.assets.size_bytes,
        "unnamed_objects": found.objects.number,
        "unnamed_objects_bytes": found.objects.size_bytes,
    }
