"""The library of files as it runs in the product, on records and objects of a test."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import NamedTuple

from hubbub.app.library import CommunityFiles
from hubbub.kernel.clock import Clock, SystemClock
from hubbub.kernel.snowflake import SnowflakeGenerator
from hubbub.media.adapters.asset_store import AssetStore
from hubbub.media.adapters.deliverable_store import DeliverableStore, VariantAccounts
from hubbub.media.adapters.job_store import JobStore
from hubbub.media.adapters.picture_inspector import PictureInspector
from hubbub.media.adapters.picture_renderer import RENDER_JOBS, PictureRenderer
from hubbub.media.adapters.sandbox.sandbox import Sandbox
from hubbub.media.adapters.upload_store import UploadStore
from hubbub.media.config import MediaConfig
from hubbub.media.domain.job import JobKind
from hubbub.media.domain.signature import Signer
from hubbub.media.service.coordination import Coordination
from hubbub.media.service.deliver import Deliveries
from hubbub.media.service.jobs import Jobs
from hubbub.media.service.library import Library, LibraryPorts
from hubbub.media.service.match_list import MatchList
from hubbub.media.service.process import Processing, ProcessPorts
from hubbub.media.service.quarantine import Quarantine, QuarantinePorts
from hubbub.media.service.streams import Streams
from hubbub.media.service.uploads import Uploads
from hubbub.media.service.variants import Variants
from hubbub.storage.objects import Objects
from hubbub.storage.records.port import Op, Records

PUBLIC_URL = "http://hubbub.test"


class MediaLibrary(NamedTuple):
    """A library, and what lies beneath it."""

    community: CommunityFiles
    library: Library
    uploads: Uploads
    objects: Objects
    assets: AssetStore
    jobs: Jobs
    signer: Signer
    deliveries: Deliveries
    matches: MatchList
    quarantine: Quarantine

    async def stored(self) -> list[str]:
        return sorted([key async for key in self.objects.keys()])  # noqa: SIM118 - not a mapping


@contextlib.asynccontextmanager
async def media_library(
    records: Records,
    *,
    clock: Clock | None = None,
    config: MediaConfig | None = None,
    segment_bytes: int = 1000,
    node: str = "one",
    objects: Objects | None = None,
    works: bool = True,
    coordination: Coordination | None = None,
    reconsider: Callable[[int], Sequence[Op]] = lambda _: (),
) -> AsyncIterator[MediaLibrary]:
    """Run a library; one that does not work leaves its jobs to others."""
    clock, objects, config = clock or SystemClock(), objects or Objects.in_memory(), config or MediaConfig()
    sandbox = Sandbox([RENDER_JOBS], children_max=2)
    assets, jobs_kept = AssetStore(records), JobStore(records)
    signer = Signer(b"k" * 32)
    variants = Variants(objects, PictureRenderer(sandbox), VariantAccounts(records), clock, coordination=coordination)
    deliveries = Deliveries(DeliverableStore(records), variants, objects, signer, clock)
    ids = SnowflakeGenerator(clock).next
    matches = MatchList(records, clock, ids)
    kept_back = QuarantinePorts(records, objects, clock, ids, matches, config.match_distance_max, reconsider)
    quarantine = Quarantine(kept_back, deliveries.keep_back)
    stored, inspector = UploadStore(records, objects), PictureInspector(sandbox)
    ports = ProcessPorts(assets, stored, inspector, lambda: True, clock, screen=quarantine.screen)
    jobs = Jobs(jobs_kept, clock, node, {JobKind.INSPECT.value: Processing(ports)}, lambda: 0.5)
    uploads = Uploads(records, objects, clock, ids, config, node, segment_bytes=segment_bytes, on_finished=jobs.wake)
    library = Library(
        LibraryPorts(uploads, assets, jobs, deliveries, signer, clock, coordination), segment_bytes=segment_bytes
    )
    streams = Streams(deliveries, assets, signer, clock)
    if works:
        await jobs.start()
    try:
        community = CommunityFiles(library, streams, PUBLIC_URL)
        parts = (library, uploads, objects, assets, jobs, signer, deliveries, matches, quarantine)
        yield MediaLibrary(community, *parts)
    finally:
        await jobs.stop()
        await variants.stop()
        await sandbox.stop()
