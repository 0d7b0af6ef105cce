"""An installation in this process that does jobs on recordings, with the real sandbox and the real programs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from doubles.media_files import CountedRenders, Files
from hubbub.app.migrations import migrate
from hubbub.kernel.clock import ManualClock
from hubbub.kernel.snowflake import SnowflakeGenerator
from hubbub.media.adapters.asset_store import AssetStore
from hubbub.media.adapters.deliverable_store import DeliverableStore
from hubbub.media.adapters.ffmpeg import Ffmpeg, programs
from hubbub.media.adapters.job_store import JobStore
from hubbub.media.adapters.picture_inspector import PICTURE_JOBS, PictureInspector
from hubbub.media.adapters.sandbox.sandbox import Sandbox
from hubbub.media.adapters.upload_store import UploadStore
from hubbub.media.config import MediaConfig
from hubbub.media.domain import job as jobs
from hubbub.media.domain.asset import Asset
from hubbub.media.domain.job import Job, JobKind, Policy
from hubbub.media.domain.signature import Signer
from hubbub.media.domain.tus import Create, parse_concat
from hubbub.media.service.deliver import Deliveries
from hubbub.media.service.jobs import Worker
from hubbub.media.service.package import Packaging
from hubbub.media.service.plays import Plays
from hubbub.media.service.process import Processing, ProcessPorts
from hubbub.media.service.recordings import RecordingPorts, Recordings
from hubbub.media.service.refine import Refining
from hubbub.media.service.settle import Settling
from hubbub.media.service.streams import Streams
from hubbub.media.service.uploads import Uploads
from hubbub.media.service.variants import Variants
from hubbub.storage.objects import Objects
from hubbub.storage.records.sqlite import SqliteRecords


class Studio(NamedTuple):
    clock: ManualClock
    objects: Objects
    jobs: JobStore
    assets: AssetStore
    files: DeliverableStore
    processing: Processing
    packaging: Packaging
    settling: Settling
    refining: Refining
    ports: RecordingPorts
    plays: Plays
    """Two make a video popular."""
    streams: Streams
    uploads: Uploads
    scratch: Path
    told: list[int]
    """Progress, as it was reported."""

    async def upload(self, content: bytes) -> int:
        """Upload a file; return its asset's id."""

        async def body() -> AsyncIterator[bytes]:
            yield content

        await self.uploads.create(
            "key/MEDa", Create(len(content), "", parse_concat(None), bool(content), len(content), None), body()
        )
        (job,) = await self.take(JobKind.INSPECT)
        await self.jobs.keep(job, jobs.put_back(job, 0))
        return job.asset_id

    async def take(self, *kinds: JobKind) -> list[Job]:
        names = [each.value for each in kinds or JobKind]
        return await self.jobs.take("one", 1, self.clock.unix_ms(), Policy(), names)

    async def work(self, *kinds: JobKind) -> list[str]:
        """Do all jobs of `kinds` (all kinds for none) that there are; return what kinds they were."""
        done: list[str] = []
        while taken := await self.take(*kinds):
            (job,) = taken
            done.append(job.kind)
            workers: dict[str, Worker] = {
                JobKind.PACKAGE.value: self.packaging,
                JobKind.SETTLE.value: self.settling,
                JobKind.REFINE.value: self.refining,
            }
            worker = workers.get(job.kind, self.processing)
            await self.jobs.keep(job, jobs.done(job), await worker(job, self._report))
        return done

    async def _report(self, progress: int) -> None:
        self.told.append(progress)

    async def asset(self, asset_id: int) -> Asset:
        found = await self.assets.get(asset_id)
        assert found is not None
        return found

    async def ready(self, content: bytes) -> Asset:
        """Upload a file, do what it takes until it plays, and return it."""
        asset_id = await self.upload(content)
        await self.work(JobKind.INSPECT, JobKind.ENCODE)
        return await self.asset(asset_id)

    async def packaged(self, content: bytes) -> dict[str, bytes]:
        """Upload a video, do everything, and return its streams by name."""
        asset_id = await self.upload(content)
        assert (await self.work())[-1] == "package"
        file = await self.files.find(asset_id)
        assert file is not None
        return {each.name: await self.objects.get(each.object_key) for each in file.streams}

    async def delivered(self, asset_id: int) -> bytes:
        """Return what a file's address delivers."""
        file = await self.files.find(asset_id)
        assert file is not None
        return b"".join([await self.objects.get(each.object_key) for each in file.segments])


@asynccontextmanager
async def studio_in(folder: Path) -> AsyncIterator[Studio]:
    await asyncio.to_thread(migrate, f"sqlite:///{folder / 'hubbub.db'}")
    records = await SqliteRecords.open(folder / "hubbub.db")
    clock, objects = ManualClock(), Objects.in_memory()
    sandbox = Sandbox([PICTURE_JOBS], children_max=2)
    await sandbox.start()
    ffmpeg = Ffmpeg(sandbox, folder / "scratch", programs())
    ffmpeg.clear()
    assets, stored = AssetStore(records), UploadStore(records, objects)
    new_id = SnowflakeGenerator(clock).next
    ports = RecordingPorts(ffmpeg, assets, stored, clock, new_id)
    pictures = PictureInspector(sandbox)
    processing = Processing(ProcessPorts(assets, stored, pictures, lambda: True, clock, Recordings(ports)))
    files, signer = DeliverableStore(records), Signer(b"k" * 32)
    twin = Files(objects)
    variants = Variants(objects, CountedRenders(), twin, clock)
    plays = Plays(records, clock, new_id, 2, lambda: None)
    deliveries = Deliveries(files, variants, objects, signer, clock)
    streams = Streams(deliveries, assets, signer, clock, plays.count)
    uploads = Uploads(records, objects, clock, new_id, MediaConfig(), "one")
    yield Studio(
        clock, objects, JobStore(records), assets, files, processing, Packaging(ports),
        Settling(assets, clock), Refining(ports), ports, plays, streams, uploads,
        folder / "scratch", [],
    )  # fmt: skip
    await sandbox.stop()
    await records.close()
