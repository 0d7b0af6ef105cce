"""Variants: rendered when they are first asked for, by one render however many ask, and kept.

Looked for in memory, then in the object store, which all processes share. What is in neither is made by the process
that the others leave it to; when they cannot be asked, each makes its own. What cannot be rendered is remembered for a
while; when too many renders wait, more are turned away before they cost anything.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from blake3 import blake3

from hubbub.kernel.clock import Clock
from hubbub.kernel.errors import HubbubError, Overloaded
from hubbub.kernel.telemetry import logger
from hubbub.media.counted import VARIANTS
from hubbub.media.domain.asset import variant_folder
from hubbub.media.domain.deliverable import Deliverable, asset_tag
from hubbub.media.domain.kinds import sniff
from hubbub.media.domain.picture import Rendered
from hubbub.media.domain.rendition import Rendition
from hubbub.media.errors import RenderFailed
from hubbub.media.service.coordination import (
    MADE_S,
    RENEW_S,
    Coordination,
    Held,
    Lease,
    LocalCoordination,
    Standing,
)
from hubbub.media.service.variant_cache import Variant, VariantCache
from hubbub.storage.errors import CacheUnavailable, ObjectMissing
from hubbub.storage.objects import Objects

_FAILURES_MAX: Final = 10_000
_SERVER_FAULT: Final = 500
_LOOK_EVERY_S: Final = 0.5
"""Seconds after which one asks whether another process is done, should its word have been missed."""
_log = logger(__name__)


class MadeVariant(NamedTuple):
    """What is accounted for a variant that was stored."""

    asset_id: int
    owner: str
    name: str
    """The rendition's canonical name."""
    object_key: str
    size_bytes: int
    content_type: str
    width: int
    height: int
    made_at_ms: int


class Renderer(Protocol):
    """Makes renditions, in a sandbox."""

    async def render_bytes(self, mezzanine: bytes, rendition: Rendition) -> Rendered:
        """Return `rendition` of `mezzanine`; errors of status 422 are the picture's own, those of 503 pass."""
        ...


class Ledger(Protocol):
    """Accounts for variants."""

    async def made(self, variant: MadeVariant) -> None:
        """Note a variant that lies in the object store; a second time for the same key replaces the first."""
        ...

    async def forgotten(self, asset_id: int) -> None:
        """Note that no variant of an asset is stored any more."""
        ...

    async def assets_of(self, owner: str) -> list[int]:
        """Return the assets of an owner that have variants."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantLimits:
    """Bounds of rendering and caching in one process."""

    memory_bytes: int = 64 << 20
    """Memory for variants."""
    renders_max: int = 2
    """Renders at a time."""
    waiting_max: int = 64
    """Renders that wait for their turn; more are turned away."""
    failure_s: float = 30.0
    """Seconds for which a render that failed is not tried again."""
    retry_after_s: float = 2.0
    """Seconds after which those turned away are told to come again."""


class _Flight:
    """One variant on its way."""

    def __init__(self, asset: Deliverable) -> None:
        self.asset = asset
        self.purged = False
        """Whether it was purged meanwhile: then those who wait get it, and nobody keeps it."""
        self.lease: Lease | None = None
        """What the other processes leave it to this one by."""
        self.stored = False
        """Whether it lies in the object store now."""
        self.task: asyncio.Task[Variant]


class Variants:
    """Every variant that this process delivers."""

    def __init__(
        self,
        objects: Objects,
        renderer: Renderer,
        ledger: Ledger,
        clock: Clock,
        limits: VariantLimits | None = None,
        coordination: Coordination | None = None,
    ) -> None:
        """Keep variants in `objects`, account for them in `ledger`, and agree with other processes, if any."""
        self._objects = objects
        self._renderer = renderer
        self._ledger = ledger
        self._clock = clock
        self._coordination = coordination or LocalCoordination(clock)
        self._coordination.subscribe(self.forget)
        self._limits = limits or VariantLimits()
        self._cache = VariantCache(self._limits.memory_bytes)
        self._flights: dict[str, _Flight] = {}
        self._failures: OrderedDict[str, float] = OrderedDict()
        self._turns = asyncio.Semaphore(self._limits.renders_max)
        self._waiting = 0
        self._tasks: set[asyncio.Task[Variant]] = set()

    async def get(self, asset: Deliverable, rendition: Rendition) -> Variant:
        """Return a variant, made now when there is none.

        A caller that goes away ends nothing: the others wait for the same render, and the next finds it made.

        Raises:
            RenderFailed: It cannot be made, now or a moment ago.
            Overloaded: Too many renders wait.
            HubbubError: The sandbox or the store is not to be had; status 503.
        """
        key = _key(asset.asset_id, rendition)
        found = self._cache.get(key)
        if found is not None:
            VARIANTS.add("memory")
            return found
        self._refuse_failed(key)
        flight = self._flights.get(key)
        if flight is not None:
            VARIANTS.add("joined")
        else:
            flight = self._flights[key] = _Flight(asset)
            flight.task = asyncio.create_task(self._fly(key, flight, rendition))
            self._tasks.add(flight.task)
            flight.task.add_done_callback(self._landed)
        return await asyncio.shield(flight.task)

    async def purge(self, asset_id: int) -> int:
        """Forget every variant of an asset, those on their way too; return how many objects that were."""
        self.forget(asset_id)
        # First: whoever makes one of them at this moment learns of it before or after storing it.
        with contextlib.suppress(CacheUnavailable):
            await self._coordination.purge(asset_id)
        keys = [key async for key in self._objects.keys(variant_folder(asset_id))]
        for key in keys:
            await self._objects.delete(key)
        await self._ledger.forgotten(asset_id)
        return len(keys)

    def forget(self, asset_id: int | None) -> None:
        """Forget what this process holds of an asset's variants; None for what it holds of any in memory."""
        if asset_id is None:
            self._cache.drop(lambda *_: True)
            return
        for key, flight in list(self._flights.items()):
            if flight.asset.asset_id == asset_id:
                flight.purged = True
                del self._flights[key]
        tag, folder = asset_tag(asset_id), variant_folder(asset_id)
        self._cache.drop(lambda _, variant: tag in variant.tags)
        for key in [key for key in self._failures if key.startswith(f"{folder}/")]:
            del self._failures[key]

    async def purge_owner(self, owner: str) -> int:
        """Forget every variant of all assets of an owner; return how many objects that were."""
        on_their_way = {each.asset.asset_id for each in self._flights.values() if each.asset.owner == owner}
        assets = on_their_way.union(await self._ledger.assets_of(owner))
        return sum([await self.purge(asset_id) for asset_id in sorted(assets)])

    async def stop(self) -> None:
        """End what is on its way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _fly(self, key: str, flight: _Flight, rendition: Rendition) -> Variant:
        try:
            variant = await self._agreed(key, flight, rendition)
            if not flight.purged:
                self._cache.put(key, variant)
            return variant
        finally:
            if self._flights.get(key) is flight:
                del self._flights[key]

    async def _agreed(self, key: str, flight: _Flight, rendition: Rendition) -> Variant:
        """Return a variant from the store, where this or another process puts it."""
        asset = flight.asset
        try:
            while True:
                begun = await self._coordination.begin(asset.asset_id, key)
                if begun.standing is Standing.TAKEN:
                    await self._coordination.ended(key, _LOOK_EVERY_S)
                elif begun.standing is Standing.FAILED:
                    raise RenderFailed(retry_after_s=begun.left_s)
                elif begun.standing is Standing.LEASED:
                    flight.lease = begun.lease
                    break
                elif (variant := await self._stored(key, asset)) is not None:
                    return variant
                else:
                    await self._coordination.lost(asset.asset_id, key)
        except CacheUnavailable:
            _log.info("variant.uncoordinated", key=key)
        return await self._leased(key, flight, rendition)

    async def _leased(self, key: str, flight: _Flight, rendition: Rendition) -> Variant:
        """Return a variant from the store, or made here while the lease, if any, is renewed."""
        renewing = asyncio.create_task(self._renew(flight))
        standing, for_s = None, MADE_S
        try:
            variant = await self._stored(key, flight.asset)
            flight.stored = variant is not None
            if variant is None:
                async with self._turn():
                    variant = await self._made(key, flight, rendition)
            standing = Standing.MADE if flight.stored else None
        except RenderFailed:
            standing, for_s = Standing.FAILED, self._limits.failure_s
            raise
        finally:
            renewing.cancel()
            if flight.lease is not None:
                with contextlib.suppress(CacheUnavailable):
                    await self._coordination.end(flight.lease, standing, for_s)
        return variant

    async def _renew(self, flight: _Flight) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            await self._held(flight)

    async def _held(self, flight: _Flight) -> Held:
        """Return whether this process may still keep what it makes; without an agreement it may."""
        if flight.lease is None:
            return Held.HELD
        try:
            held = await self._coordination.check(flight.lease)
        except CacheUnavailable:
            return Held.HELD
        flight.purged = flight.purged or held is Held.PURGED
        return held

    async def _stored(self, key: str, asset: Deliverable) -> Variant | None:
        try:
            found = _variant(await self._objects.get(key), asset)
        except ObjectMissing:
            return None
        VARIANTS.add("store")
        return found

    async def _made(self, key: str, flight: _Flight, rendition: Rendition) -> Variant:
        asset = flight.asset
        try:
            mezzanine = await self._objects.get(asset.mezzanine_for(rendition).object_key)
            made = await self._renderer.render_bytes(mezzanine, rendition)
        except Exception as problem:
            if isinstance(problem, HubbubError) and problem.status >= _SERVER_FAULT:
                raise  # of this moment, not of this picture
            _log.warning("variant.failed", key=key, reason=repr(problem))
            self._remember_failure(key)
            raise RenderFailed(retry_after_s=self._limits.failure_s) from problem
        variant = _variant(made.content, asset)
        VARIANTS.add("rendered")
        if await self._held(flight) is Held.HELD and not flight.purged:
            await self._keep(key, flight, made, variant)
        return variant

    async def _keep(self, key: str, flight: _Flight, made: Rendered, variant: Variant) -> None:
        """Store a variant and account for it; one that cannot be stored is delivered all the same."""
        asset, size = flight.asset, len(made.content)
        name = key.rpartition("/")[2]
        now_ms = self._clock.unix_ms()
        account = MadeVariant(
            asset.asset_id, asset.owner, name, key, size, variant.content_type, made.width, made.height, now_ms
        )
        try:
            # Accounted first: an account without an object is found by looking, an object without one is not.
            await self._ledger.made(account)
            # Lost in a power cut it is made again; half of it would be delivered.
            await self._objects.put(key, made.content, durable=False)
            flight.stored = True
            if await self._held(flight) is Held.PURGED or flight.purged:
                flight.stored = False
                await self._objects.delete(key)
        except HubbubError as problem:
            _log.warning("variant.not_stored", key=key, reason=repr(problem))

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._turns.locked() and self._waiting >= self._limits.waiting_max:
            VARIANTS.add("shed")
            raise Overloaded(retry_after_s=self._limits.retry_after_s)
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._turns.release()

    def _landed(self, task: asyncio.Task[Variant]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, so that one that nobody waited for is not reported as forgotten

    def _remember_failure(self, key: str) -> None:
        VARIANTS.add("failed")
        self._failures[key] = self._clock.monotonic_s() + self._limits.failure_s
        self._failures.move_to_end(key)
        while len(self._failures) > _FAILURES_MAX:
            self._failures.popitem(last=False)

    def _refuse_failed(self, key: str) -> None:
        until_s = self._failures.get(key)
        if until_s is None:
            return
        left_s = until_s - self._clock.monotonic_s()
        if left_s > 0:
            raise RenderFailed(retry_after_s=left_s)
        del self._failures[key]


def _key(asset_id: int, rendition: Rendition) -> str:
    return f"{variant_folder(asset_id)}/{rendition.name}"


def _variant(content: bytes, asset: Deliverable) -> Variant:
    # The bytes say what they are: a fallback with fewer bytes stands under the name of the format asked for.
    etag = f'"{blake3(content).hexdigest(16)}"'
    return Variant(content, sniff(content).served_as, etag, asset.tags)
