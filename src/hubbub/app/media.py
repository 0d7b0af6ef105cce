"""Media in this process: uploads, the work on them, delivery, and what has to be done about it every now and then."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import NamedTuple

from hubbub.app.doctor_services import NO_FFMPEG
from hubbub.app.house import House
from hubbub.app.library import CommunityFiles
from hubbub.app.media_upkeep import cooled, cooler_of
from hubbub.app.moderation import quarantine_of, review_of
from hubbub.app.upkeep import every, meanwhile, prompted
from hubbub.kernel import telemetry
from hubbub.kernel.errors import HubbubError
from hubbub.kernel.randomness import SystemRandom
from hubbub.kernel.snowflake import SnowflakeGenerator
from hubbub.media.adapters.asset_store import AssetStore
from hubbub.media.adapters.deliverable_store import DeliverableStore, VariantAccounts
from hubbub.media.adapters.ffmpeg import Ffmpeg, programs
from hubbub.media.adapters.job_store import JobStore
from hubbub.media.adapters.jpeg_recoder import JPEG_JOBS, JpegRecoder
from hubbub.media.adapters.picture_films import FILM_JOBS, PictureFilms
from hubbub.media.adapters.picture_inspector import PictureInspector
from hubbub.media.adapters.picture_renderer import RENDER_JOBS, PictureRenderer
from hubbub.media.adapters.sandbox.sandbox import Sandbox
from hubbub.media.adapters.upload_store import UploadStore
from hubbub.media.api.delivery import DeliveryPages
from hubbub.media.api.hot import HotAnswers
from hubbub.media.api.stream import StreamPages
from hubbub.media.api.tus import UploadPages
from hubbub.media.domain.asset import Asset
from hubbub.media.domain.job import JobKind, JobState
from hubbub.media.domain.picture import Rendered
from hubbub.media.domain.rendition import Rendition
from hubbub.media.errors import SandboxError, SandboxUnavailable
from hubbub.media.service.cold import ColdPorts, Warming
from hubbub.media.service.coordination import Coordination, LocalCoordination
from hubbub.media.service.deliver import Deliveries
from hubbub.media.service.figures import Figures
from hubbub.media.service.jobs import Jobs, Worker
from hubbub.media.service.library import Library, LibraryPorts
from hubbub.media.service.package import Packaging
from hubbub.media.service.parked import ParkedJobs
from hubbub.media.service.plays import Plays
from hubbub.media.service.process import Processing, ProcessPorts
from hubbub.media.service.quarantine import Quarantine
from hubbub.media.service.recordings import RecordingPorts, Recordings
from hubbub.media.service.refine import Refining
from hubbub.media.service.report import MediaReport
from hubbub.media.service.review import Review
from hubbub.media.service.seen import Seen
from hubbub.media.service.settle import Settling
from hubbub.media.service.signing import SigningKeys
from hubbub.media.service.streams import WAVEFORM, Streams
from hubbub.media.service.uploads import Uploads
from hubbub.media.service.variants import VariantLimits, Variants

_HASH_EVERY_S = 1.0
"""Somebody waits for a file that was joined from parts, or resumed after a restart."""
_SWEEP_EVERY_S = 10.0
_RESCAN_EVERY_S = 1.0
_RESCAN_STEPS = 10
"""Steps of comparing files with a list that grew, in a row: some two thousand files, and the rest a second later."""
_AGAIN_S = 10.0
"""Seconds between tries to start what jobs need."""
_log = telemetry.logger(__name__)


class Media(NamedTuple):
    """What media answers with."""

    uploads: UploadPages
    delivery: DeliveryPages
    hot: HotAnswers
    """What `delivery` may answer again."""
    streams: StreamPages
    library: Library
    jobs: Jobs
    store: JobStore
    sandbox: SandboxWatch
    report: MediaReport
    parked: ParkedJobs
    review: Review

    async def health(self) -> str:
        """Answer from the jobs, and from the sandbox that they need."""
        waiting, parked = [await self.store.count(state) for state in (JobState.QUEUED, JobState.PARKED)]
        # Not unhealthy: a restart would not mend it, and everything else works.
        lacking = "".join(f", {each} (hubbub doctor)" for each in self._lacking())
        return f"{self.jobs.running} jobs run, {waiting} wait, {parked} parked{lacking}"

    def _lacking(self) -> Iterator[str]:
        """Yield what is not to be had on this machine, and what does not work for it."""
        if self.sandbox.failed:
            yield "pictures and videos wait for a sandbox"
        if self.sandbox.missing:
            yield f"the sandbox lacks {' and '.join(self.sandbox.missing)}"
        if not self.sandbox.has_ffmpeg:
            yield f"no ffmpeg: {NO_FFMPEG}"


class SandboxWatch:
    """Starts the sandbox beside everything else, and knows whether it holds: before, nothing is decoded in it."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Watch over `sandbox`."""
        self._sandbox = sandbox
        self.failed = False
        """Whether it could not be started so far: pictures wait, in their jobs."""
        self.missing: tuple[str, ...] = ()
        """Layers that the kernel refuses; the others hold."""
        self.has_ffmpeg = programs() is not None
        self._holds = False

    def holds(self) -> bool:
        """Return whether the sandbox was started, and keeps files from being opened by name."""
        return self._holds

    async def start(self) -> bool:
        """Start the sandbox; false when that failed, and may be tried again."""
        try:
            layers = await self._sandbox.start()
        except SandboxError as problem:
            if not self.failed:
                _log.error("media.no_sandbox", reason=problem.sentence)
            self.failed = True
            return False
        self.missing = tuple(each.name for each in layers.missing)
        self._holds, self.failed = True, False
        return True


class WatchedRenderer:
    """Renders once the sandbox is known to hold."""

    def __init__(self, sandbox: Sandbox, ffmpeg: Ffmpeg, watch: SandboxWatch) -> None:
        """Render in `sandbox`, films with `ffmpeg`."""
        self._renderer = PictureRenderer(sandbox)
        self._films = PictureFilms(sandbox, ffmpeg)
        self._watch = watch

    async def render_bytes(self, mezzanine: bytes, rendition: Rendition) -> Rendered:
        """Return `rendition` of `mezzanine`; errors are those of `PictureRenderer.render`."""
        if not self._watch.holds():
            raise SandboxUnavailable
        maker = self._films if rendition.is_film else self._renderer
        return await maker.render_bytes(mezzanine, rendition)

    async def close(self) -> None:
        """Let what renders go."""
        await self._renderer.close()


@contextlib.asynccontextmanager
async def open_media(house: House) -> AsyncIterator[Media]:
    """Run media while the context lasts."""
    config, node = house.config.media, f"node-{house.config.node}"
    # A video and its poster are made at once; heavy work, and what cools, have places of their own.
    sandbox = Sandbox([RENDER_JOBS, FILM_JOBS, JPEG_JOBS], children_max=2 * config.jobs_parallel + 2)
    watch = SandboxWatch(sandbox)
    signer = await SigningKeys(house.records, house.clock, SystemRandom()).signer(config)
    ffmpeg = Ffmpeg(sandbox, house.folder.scratch, programs())
    await asyncio.to_thread(ffmpeg.clear)
    renderer = WatchedRenderer(sandbox, ffmpeg, watch)
    coordination = _coordination(house)
    variants = _variants(house, renderer, coordination)
    seen, figures = Seen(house.records, house.clock), Figures(house.records, house.clock)
    deliveries = Deliveries(DeliverableStore(house.records), variants, house.objects, signer, house.clock, seen.mark)

    def address(asset: Asset) -> str:
        return house.public_url + deliveries.address_of(asset.id, asset.file_name)

    assets, stored = AssetStore(house.records), UploadStore(house.records, house.objects)
    new_id, hot = SnowflakeGenerator(house.clock, house.config.node).next, HotAnswers(house.clock)
    quarantine = _quarantine(house, deliveries, hot)
    recordings = Recordings(RecordingPorts(ffmpeg, assets, stored, house.clock, new_id, quarantine.screen))
    ports = ProcessPorts(
        assets, stored, PictureInspector(sandbox), watch.holds, house.clock, recordings, quarantine.screen
    )
    processing = Processing(ports)
    jobs, heavy = _runners(
        house, processing, Settling(assets, house.clock), Packaging(recordings.ports, config.video_likeness_db)
    )
    cold = ColdPorts(house.records, assets, stored, JpegRecoder(sandbox), house.clock, new_id, variants.purge)
    stored.warm = Warming(cold)
    cooler = cooler_of(house, cold, Refining(recordings.ports), _jitter())
    plays = Plays(house.records, house.clock, new_id, config.refine_after_plays, cooler.wake)
    uploads = Uploads(
        house.records,
        house.objects,
        house.clock,
        new_id,
        config,
        node,
        on_finished=jobs.wake,
    )
    library = Library(LibraryPorts(uploads, ports.assets, jobs, deliveries, signer, house.clock, coordination))
    streams = Streams(deliveries, assets, signer, house.clock, plays.count)

    async def played(asset: Asset) -> dict[str, str]:
        return {name: told if name == WAVEFORM else house.public_url + told for name, told in await streams.told(asset)}

    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(sandbox.stop)
        stack.push_async_callback(renderer.close)
        await coordination.start()
        stack.push_async_callback(coordination.close)
        stack.push_async_callback(variants.stop)
        await uploads.start()
        await stack.enter_async_context(cooled(house, seen, figures, plays, cooler))
        stack.push_async_callback(jobs.stop)
        stack.push_async_callback(heavy.stop)
        work = (
            # Not awaited: what decoders need is loaded while the rest of the server starts.
            _begin(watch, [jobs, heavy, cooler]),
            every(_HASH_EVERY_S, uploads.hash_whole),
            prompted(house.files.released, lambda: _SWEEP_EVERY_S, uploads.sweep),
            every(_RESCAN_EVERY_S, partial(_rescan, quarantine)),
        )
        await stack.enter_async_context(meanwhile(*work))
        pages = UploadPages(uploads, house.media_keys, config, address, signer.admits, library.settled_one, played)
        _hear(coordination, deliveries, hot)
        delivery = DeliveryPages(deliveries, house.media_keys, house.clock, hot)
        stream = StreamPages(streams, deliveries, house.media_keys, house.clock)
        house.files.keep_in(CommunityFiles(library, streams, house.public_url))
        stack.callback(house.files.keep_in, None)
        report = MediaReport(house.records, house.clock, config, serves=True, figures=figures)
        stack.push_async_callback(report.stop)
        parked, review = (
            ParkedJobs(house.records, house.clock, _wake([jobs, heavy, cooler])),
            review_of(house, quarantine),
        )
        yield Media(pages, delivery, hot, stream, library, jobs, JobStore(house.records), watch, report, parked, review)


@contextlib.asynccontextmanager
async def files_kept(house: House) -> AsyncIterator[None]:
    """See that files can be kept while the context lasts: a server's media does it, else one of our own."""
    if house.files.are_kept:
        yield
        return
    async with open_media(house):
        yield


def _quarantine(house: House, deliveries: Deliveries, hot: HotAnswers) -> Quarantine:
    async def forget(asset_id: int) -> None:
        await deliveries.keep_back(asset_id)
        hot.forget()

    return quarantine_of(house, forget)


def _hear(coordination: Coordination, deliveries: Deliveries, hot: HotAnswers) -> None:
    coordination.subscribe(deliveries.forget)
    coordination.subscribe(lambda _: hot.forget())


def _coordination(house: House) -> Coordination:
    if house.config.cache == "memory":
        return LocalCoordination(house.clock)
    from hubbub.media.adapters.valkey_coordination import ValkeyCoordination
    from hubbub.storage.valkey import ValkeyLink

    return ValkeyCoordination(ValkeyLink(house.config.cache, house.clock))


def _variants(house: House, renderer: WatchedRenderer, coordination: Coordination) -> Variants:
    config = house.config.media
    limits = VariantLimits(
        memory_bytes=config.variant_memory_bytes,
        renders_max=config.renders_parallel,
        waiting_max=config.renders_waiting_max,
    )
    return Variants(house.objects, renderer, VariantAccounts(house.records), house.clock, limits, coordination)


async def _rescan(quarantine: Quarantine) -> int:
    compared = 0
    for _ in range(_RESCAN_STEPS):
        some = await quarantine.rescan()
        compared += some
        if not some:
            break
    return compared


async def _begin(watch: SandboxWatch, runners: list[Jobs]) -> None:
    """Start jobs once it is known what keeps decoders; without a sandbox, for what needs none."""
    holds, waiting = await watch.start(), list(runners)
    while not holds or waiting:
        try:
            while waiting:
                await waiting[0].start()
                waiting.pop(0)
            holds = holds or await watch.start()
        except HubbubError as problem:
            _log.warning("jobs could not be started", reason=problem.sentence)
        if not holds or waiting:
            await asyncio.sleep(_AGAIN_S)


def _runners(house: House, processing: Processing, settling: Settling, packaging: Packaging) -> tuple[Jobs, Jobs]:
    """Return who does the work on files, and who does what takes as long as a video; the first tells of both."""
    store, node = JobStore(house.records), f"node-{house.config.node}"
    workers: dict[str, Worker] = {JobKind.INSPECT.value: processing, JobKind.SETTLE.value: settling}
    jobs = Jobs(store, house.clock, node, workers, _jitter(), parallel=house.config.media.jobs_parallel)
    lasting: dict[str, Worker] = {JobKind.ENCODE.value: processing, JobKind.PACKAGE.value: packaging}
    heavy = Jobs(store, house.clock, f"{node}/heavy", lasting, _jitter(), parallel=1)
    heavy.subscribe(jobs.pass_on)
    return jobs, heavy


def _wake(runners: list[Jobs]) -> Callable[[], None]:
    def wake() -> None:
        for each in runners:
            each.wake()

    return wake


def _jitter() -> Callable[[], float]:
    random = SystemRandom()
    return lambda: int.from_bytes(random.token_bytes(4)) / (2**32 - 1)
