"""Files for the rest of the house: taken in whole, waited for, held and released, and found at an address.

Calling contract: `subscribe` before the first file comes. `hold` and `release` return operations that belong into the
caller's own transaction, so that a file is never named without being held.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from hubbub.kernel import telemetry
from hubbub.kernel.clock import Clock
from hubbub.kernel.errors import HubbubError
from hubbub.kernel.snowflake import SNOWFLAKE_MAX
from hubbub.media.adapters import upload_statements
from hubbub.media.adapters.asset_store import AssetStore, holding, letting_go
from hubbub.media.domain.asset import Asset
from hubbub.media.domain.filename import safe_name
from hubbub.media.domain.intake import SEGMENT_BYTES
from hubbub.media.domain.job import ENDED, Job, JobState
from hubbub.media.domain.signature import Signer
from hubbub.media.domain.tus import PATH, Append, Concat, Create, metadata_of
from hubbub.media.domain.upload import Upload
from hubbub.media.errors import UploadTooLarge, UploadUnknown
from hubbub.media.service.coordination import Coordination
from hubbub.media.service.deliver import Deliveries
from hubbub.media.service.jobs import JobEvent, Jobs
from hubbub.media.service.uploads import Uploads
from hubbub.storage.errors import CacheUnavailable
from hubbub.storage.records.port import Op

_LOOK_EVERY_S: Final = 0.2
"""How often a file is looked at that another process works on, or nobody yet."""
_UPLOADED: Final = re.compile(r"(\d{1,19})/.*", re.ASCII | re.DOTALL)
_log = telemetry.logger("hubbub.media")


class BegunFile(NamedTuple):
    """An upload that is made, and empty."""

    uploaded_filename: str
    """Opaque name by which its owner claims the file once all bytes are there."""
    path: str
    """Path and query that take its bytes; a capability."""


class LookedFile(NamedTuple):
    """An asset, and how far the work on it is."""

    asset: Asset
    progress: int
    """In hundredths; 100 once it is settled."""


class LibraryPorts(NamedTuple):
    """What the library works with."""

    uploads: Uploads
    assets: AssetStore
    jobs: Jobs
    deliveries: Deliveries
    signer: Signer
    clock: Clock
    coordination: Coordination | None = None
    """Tells other processes what settled here, and is told by them; None where there are no others."""


class Library:
    """Every file of an installation, for those who hold them."""

    def __init__(self, ports: LibraryPorts, *, segment_bytes: int = SEGMENT_BYTES) -> None:
        """Work with `ports`; files of up to `segment_bytes` are taken in in one step."""
        self._ports = ports
        self._segment_bytes = segment_bytes
        self._waiting: dict[int, list[asyncio.Event]] = {}
        self._listeners: list[Callable[[int], None]] = []
        self._telling: set[asyncio.Task[None]] = set()
        ports.jobs.subscribe(self._on_job)
        if ports.coordination is not None:
            ports.coordination.on_settled(self._heard)

    async def begin(self, owner: str, filename: str, size_bytes: int) -> BegunFile:
        """Make an upload of `size_bytes`, 1 or more, that whoever has its path may fill; errors as for `create`."""
        request = Create(size_bytes, metadata_of(filename), Concat(), has_bytes=False, body_bytes=0, checksum=None)
        made = await self._ports.uploads.create(owner, request, _nothing())
        path = f"{PATH}/{made.id}?token={self._ports.signer.token(made.id)}"
        return BegunFile(f"{made.asset_id}/{safe_name(filename)}", path)

    async def store(self, owner: str, filename: str, chunks: AsyncIterator[bytes], size_bytes_max: int) -> int:
        """Take a file in, and return its asset's id once all of it is durable. Whatever is raised, nothing is kept.

        Raises:
            UploadTooLarge: More than `size_bytes_max` bytes came, or more than are taken here.
            QuotaFull: The owner's files have as many bytes as may be.
        """
        metadata, bounded = metadata_of(filename), _bounded(chunks, size_bytes_max)
        head: list[bytes] = []
        held = 0
        async for chunk in bounded:
            head.append(chunk)
            held += len(chunk)
            if held > self._segment_bytes:
                return _asset_id(await self._store_large(owner, metadata, _after(head, bounded)))
        return _asset_id(await self._ports.uploads.keep(owner, metadata, b"".join(head)))

    async def find(self, uploaded_filename: str, owner: str) -> int | None:
        """Return the asset of an upload of `owner` whose bytes are all there; None for any other name."""
        named = _UPLOADED.fullmatch(uploaded_filename)
        if named is None or int(named[1]) > SNOWFLAKE_MAX:
            return None
        asset = await self._ports.assets.get(int(named[1]))
        return None if asset is None or asset.owner != owner else asset.id

    async def look(self, asset_ids: Sequence[int]) -> dict[int, LookedFile]:
        """Return what is known now; assets that are not there, or have not all their bytes, are left out."""
        found, _ = await self._look(asset_ids)
        return found

    async def settled(self, asset_ids: Sequence[int], within_s: float) -> dict[int, LookedFile]:
        """Return what is known once each is ready or refused, or `within_s` seconds are over."""
        changed = asyncio.Event()
        for asset_id in asset_ids:
            self._waiting.setdefault(asset_id, []).append(changed)
        try:
            until_s = self._ports.clock.monotonic_s() + within_s
            while True:
                changed.clear()
                found, is_ours = await self._look(asset_ids)
                left_s = until_s - self._ports.clock.monotonic_s()
                if left_s <= 0 or all(each.asset.is_settled for each in found.values()):
                    return found
                await _either(changed, left_s if is_ours else min(left_s, _LOOK_EVERY_S))
        finally:
            for asset_id in asset_ids:
                waiting = self._waiting[asset_id]
                waiting.remove(changed)
                if not waiting:
                    del self._waiting[asset_id]

    async def settled_one(self, asset_id: int, within_s: float) -> LookedFile | None:
        """Return the same of one asset; None when it is not there."""
        return (await self.settled([asset_id], within_s)).get(asset_id)

    def hold(self, asset_id: int, holder: str) -> list[Op]:
        """Return what makes a reference; its transaction fails without the asset, or when `holder` holds it already."""
        return holding(asset_id, holder, self._ports.clock.unix_ms())

    def release(self, asset_id: int, holder: str) -> list[Op]:
        """Return what ends a reference; its transaction fails when there is none.

        Without any the asset is not delivered; after `media.released_lifetime_s` it goes.
        """
        now_ms = self._ports.clock.unix_ms()
        # The upload would hold it for the rest of its day.
        ended = Op(upload_statements.END_OF_ASSET, {"of_asset_id": asset_id, "now_ms": now_ms})
        return [*letting_go(asset_id, holder, now_ms), ended]

    def address(self, asset_id: int, filename: str, *, public: bool = False) -> str:
        """Return the path and query of a file, signed; when `public`, one that does not end. Nothing is looked up."""
        return self._ports.deliveries.address_of(asset_id, safe_name(filename), ends=not public)

    def subscribe(self, listener: Callable[[int], None]) -> None:
        """Call `listener` with the id of each asset that was made ready or refused; perhaps twice.

        Of those of other processes some may be missed.
        """
        self._listeners.append(listener)

    async def _look(self, asset_ids: Sequence[int]) -> tuple[dict[int, LookedFile], bool]:
        """Return what is known, and whether all work that is left is done by this process at this moment."""
        assets = await self._ports.assets.of_ids(asset_ids)
        left = [asset.id for asset in assets if not asset.is_settled]
        jobs = await self._ports.assets.jobs_of(left) if left else []
        is_ours = bool(jobs) and all(job.has_ended or self._is_doing(job) for job in jobs)
        return {asset.id: LookedFile(asset, _progress(asset, jobs)) for asset in assets}, is_ours

    def _is_doing(self, job: Job) -> bool:
        """Return whether a runner of this process does a job."""
        node = self._ports.jobs.node
        return job.state == JobState.LEASED.value and job.lease_owner.partition("/")[0] == node

    async def _store_large(self, owner: str, metadata: str, body: AsyncIterator[bytes]) -> Upload:
        uploads = self._ports.uploads
        request = Create(None, metadata, Concat(), has_bytes=False, body_bytes=0, checksum=None)
        made = await uploads.create(owner, request, _nothing())
        try:
            grown = await uploads.append(owner, made.id, Append(0, None, None, None), body)
            last = Append(grown.offset_bytes, grown.offset_bytes, 0, None)
            return await uploads.append(owner, made.id, last, _nothing())
        except BaseException:
            # Also when its client went away, which cancels: what came is removed first.
            await asyncio.shield(self._forget(owner, made.id))
            raise

    async def _forget(self, owner: str, upload_id: int) -> None:
        try:
            await self._ports.uploads.terminate(owner, upload_id)
        except UploadUnknown:
            return
        except HubbubError as problem:
            _log.warning("media.upload_left", upload=upload_id, reason=problem.sentence)  # until it expires

    def _on_job(self, event: JobEvent) -> None:
        if event.state == JobState.LEASED.value and event.progress:
            return  # how far it is wakes nobody
        for changed in self._waiting.get(event.asset_id, ()):
            changed.set()
        if event.state in ENDED:
            telling = asyncio.create_task(self._tell(event.asset_id))
            self._telling.add(telling)
            telling.add_done_callback(self._telling.discard)

    async def _tell(self, asset_id: int) -> None:
        """Tell of an asset if it is settled: one whose job is done may have another."""
        try:
            asset = await self._ports.assets.get(asset_id)
        except HubbubError as problem:
            _log.warning("media.settled_untold", asset=asset_id, reason=problem.sentence)
            return
        if asset is None or not asset.is_settled:
            return
        self._tell_listeners(asset_id)
        if self._ports.coordination is not None:
            with suppress(CacheUnavailable):  # others find it by looking
                await self._ports.coordination.settled(asset_id)

    def _heard(self, asset_id: int) -> None:
        """Pass on what another process told."""
        for changed in self._waiting.get(asset_id, ()):
            changed.set()
        self._tell_listeners(asset_id)

    def _tell_listeners(self, asset_id: int) -> None:
        for listener in self._listeners:
            try:
                listener(asset_id)
            except Exception:  # noqa: BLE001 - who listens badly must not keep it from others
                _log.exception("a listener to files failed")


def _progress(asset: Asset, jobs: Sequence[Job]) -> int:
    if asset.is_settled:
        return 100
    return min((job.progress for job in jobs if job.asset_id == asset.id), default=0)


def _asset_id(upload: Upload) -> int:
    if upload.asset_id is None:
        raise ValueError("only a partial upload becomes no asset")
    return upload.asset_id


async def _either(changed: asyncio.Event, within_s: float) -> None:
    try:
        async with asyncio.timeout(within_s):
            await changed.wait()
    except TimeoutError:
        return


async def _bounded(chunks: AsyncIterator[bytes], size_bytes_max: int) -> AsyncIterator[bytes]:
    left = size_bytes_max
    async for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            raise UploadTooLarge(f"At most {size_bytes_max:,} bytes are accepted here.")
        yield chunk


async def _after(head: list[bytes], rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    while head:
        yield head.pop(0)
    async for chunk in rest:
        yield chunk


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""
