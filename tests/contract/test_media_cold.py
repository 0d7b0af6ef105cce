"""What nobody asks for takes less room, and comes back bit by bit, whoever is killed meanwhile; on both databases."""

from __future__ import annotations

import os
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from hubbub.kernel.clock import ManualClock, SystemClock
from hubbub.kernel.snowflake import SnowflakeGenerator
from hubbub.media.adapters import asset_statements, cold_statements, upload_statements
from hubbub.media.adapters.asset_store import AssetStore
from hubbub.media.adapters.job_store import JobStore, LeaseLost
from hubbub.media.adapters.sandbox.message import Ended
from hubbub.media.adapters.sandbox.sandbox import Result
from hubbub.media.adapters.upload_store import UploadStore
from hubbub.media.config import MediaConfig
from hubbub.media.domain import job as jobs
from hubbub.media.domain.asset import Asset
from hubbub.media.domain.job import JobKind, Policy
from hubbub.media.domain.tus import Create, parse_concat
from hubbub.media.errors import OriginalDamaged, SandboxJobFailed
from hubbub.media.service.cold import ColdPorts, Cooling, Warming
from hubbub.media.service.cold_queue import ColdQueue
from hubbub.media.service.seen import Seen
from hubbub.media.service.uploads import Uploads
from hubbub.storage.errors import RecordConflict
from hubbub.storage.objects import Objects
from hubbub.storage.records.port import Op, Records

OWNER = "user:7"
DAYS = 30
DAY_S = 86_400
PHOTO = bytes(range(256)) * 200
HOUR_S = 3600


class Killed(Exception):
    """A process that was killed; nobody catches it."""


class Squeezer:
    """Recompresses anything, without a sandbox."""

    async def shrink(self, jpeg: int) -> Result:
        return result(zlib.compress(contents(jpeg)))

    async def restore(self, small: int, size_bytes: int) -> Result:
        try:
            return result(zlib.decompress(contents(small)))
        except zlib.error as problem:
            raise SandboxJobFailed(kind="ValueError", detail=str(problem)) from problem


class Mortal:
    """Passes calls on until the one before which its process is killed."""

    def __init__(self, target: object, calls: list[int]) -> None:
        self._target = target
        self._calls = calls

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        found = getattr(self._target, name)

        async def call(*arguments: Any, **named: Any) -> Any:
            self._calls[0] -= 1
            if self._calls[0] < 0:
                raise Killed
            return await found(*arguments, **named)

        return call


class Cellar:
    """Uploads, and what becomes of them when nobody asks."""

    def __init__(self, records: Records, objects: Objects) -> None:
        self.records = records
        self.objects = objects
        self.clock = ManualClock(SystemClock().unix_ms())
        self.assets, self.jobs = AssetStore(records), JobStore(records)
        self.ids = SnowflakeGenerator(self.clock)
        self.forgotten: list[int] = []
        self.uploads = Uploads(records, objects, self.clock, self.ids.next, MediaConfig(), "one", segment_bytes=20_000)
        self.queue = ColdQueue(records, self.clock, DAYS)

    def ports(self, calls: list[int] | None = None) -> ColdPorts:
        def mortal(target: Any) -> Any:
            return target if calls is None else Mortal(target, calls)

        async def forget(asset_id: int) -> None:
            self.forgotten.append(asset_id)

        stored = UploadStore(self.records, mortal(self.objects))
        ports = ColdPorts(
            mortal(self.records), self.assets, stored, mortal(Squeezer()), self.clock, self.ids.next, forget
        )
        stored.warm = Warming(ports)
        return ports

    async def photo(self, content: bytes = PHOTO) -> Asset:
        """Take a photo in, as it is once it was inspected."""
        request = Create(len(content), "", parse_concat(None), True, len(content), None)
        upload = await self.uploads.create(OWNER, request, body(content))
        told = {"kind": "image", "format": "JPEG", "content_type": "image/jpeg", "width": 1, "height": 1}
        told |= {"duration_ms": 0, "frames": 1, "alpha": False, "thumbhash": None}
        ready = {f"new_{name}": value for name, value in told.items()}
        await self.records.write([Op(asset_statements.READY, {"asset_id": upload.asset_id, **ready}, expect=1)])
        for job in await self.jobs.take("one", 9, self.clock.unix_ms(), Policy()):
            await self.jobs.keep(job, jobs.done(job))
        assert await self.assets.hold(upload.asset_id or 0, "attachment/1", self.clock.unix_ms())
        return await self.asset(upload.asset_id or 0)

    async def remove(self, photo: Asset) -> None:
        """Let go of a photo, whose upload ended long ago."""
        assert await self.assets.let_go(photo.id, "attachment/1")
        await self.tidy()

    async def asset(self, asset_id: int) -> Asset:
        found = await self.assets.get(asset_id)
        assert found is not None
        return found

    async def cool(self, calls: list[int] | None = None) -> None:
        """Queue what is due, and do one job as a runner would."""
        await self.queue.sweep()
        for job in await self.jobs.take("two", 1, self.clock.unix_ms(), Policy(), [JobKind.COOL.value]):
            ops = await Cooling(self.ports(calls), DAYS)(job, quiet)
            if calls is not None and calls[0] <= 0:
                raise Killed
            await self.jobs.keep(job, jobs.done(job), ops)

    async def read(self, asset: Asset, calls: list[int] | None = None) -> bytes:
        return b"".join([chunk async for chunk in self.ports(calls).uploads.bytes_of(asset.upload_id)])

    async def stored(self) -> set[str]:
        return {key async for key in self.objects.keys()}  # noqa: SIM118 - not a mapping

    async def named(self) -> set[str]:
        keys = {"object_keys": sorted(await self.stored())}
        return {*await self.records.fetch(upload_statements.NAMED, keys)}.union(
            await self.records.fetch(cold_statements.NAMED, keys)
        )

    async def tidy(self) -> None:
        self.clock.advance(2 * HOUR_S)
        while await self.uploads.sweep():
            pass


async def quiet(progress: int) -> None:
    pass


async def body(content: bytes) -> AsyncIterator[bytes]:
    yield content


def contents(descriptor: int) -> bytes:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


def result(content: bytes) -> Result:
    output = os.memfd_create("made")
    os.write(output, content)
    return Result(None, (output,), Ended(number=0, status=0, cpu_ms=0, peak_bytes=0))


@pytest.fixture
async def cellar(migrated_records: Records, migrated_objects: Objects) -> AsyncIterator[Cellar]:
    yield Cellar(migrated_records, migrated_objects)
    await migrated_records.close()


async def test_what_nobody_asks_for_is_kept_smaller_and_comes_back_bit_by_bit(cellar: Cellar) -> None:
    photo = await cellar.photo()
    await cellar.cool()
    assert (await cellar.asset(photo.id)).storage_class == "hot"
    cellar.clock.advance((DAYS + 1) * DAY_S)
    assert await cellar.queue.due() == (1, len(PHOTO), 1, len(PHOTO))
    await cellar.cool()
    assert (await cellar.asset(photo.id)).storage_class == "cold"
    assert cellar.forgotten == [photo.id]
    assert await cellar.jobs.get(photo.id) is None
    await cellar.tidy()
    (key,) = await cellar.stored()
    assert (await cellar.objects.head(key)).size_bytes < len(PHOTO) / 2
    assert await cellar.read(photo) == PHOTO
    assert (await cellar.asset(photo.id)).storage_class == "hot"
    await cellar.tidy()
    (key,) = await cellar.stored()
    assert key.startswith(f"media/warm/{photo.upload_id}/")
    assert await cellar.read(photo) == PHOTO


@pytest.mark.parametrize("reads", [False, True], ids=["cooling", "warming"])
async def test_whoever_is_killed_at_any_step_loses_nothing_and_leaves_nothing(cellar: Cellar, reads: bool) -> None:
    steps, is_through = 0, False
    while not is_through:
        photo = await cellar.photo(PHOTO + str(steps).encode())
        cellar.clock.advance((DAYS + 1) * DAY_S)
        if reads:
            await cellar.cool()
        try:
            is_through = True
            calls = [steps]
            await (cellar.read(photo, calls) if reads else cellar.cool(calls))
            is_through = calls[0] > 0
        except Killed:
            is_through = False
        await cellar.tidy()
        assert await cellar.stored() == await cellar.named()
        assert await cellar.read(photo) == PHOTO + str(steps).encode()
        await cellar.tidy()
        await cellar.cool()  # what was left takes its turn, and goes
        await cellar.remove(photo)
        assert await cellar.stored() == set()
        steps += 1
    assert steps > 6


async def test_files_that_share_their_bytes_cool_together_or_not_at_all(cellar: Cellar) -> None:
    first, second = await cellar.photo(), await cellar.photo()
    seen = Seen(cellar.records, cellar.clock)
    cellar.clock.advance((DAYS + 1) * DAY_S)
    seen.mark(second.id)
    assert await seen.flush() == 1
    await cellar.cool()
    assert [(await cellar.asset(each.id)).storage_class for each in (first, second)] == ["hot", "hot"]
    cellar.clock.advance((DAYS + 1) * DAY_S)
    await cellar.cool()
    assert [(await cellar.asset(each.id)).storage_class for each in (first, second)] == ["cold", "cold"]
    await cellar.tidy()
    assert len(await cellar.stored()) == 1
    assert await cellar.read(first) == PHOTO
    await cellar.remove(first)
    assert await cellar.read(second) == PHOTO
    third = await cellar.photo()
    assert await cellar.read(third) == PHOTO


async def test_a_file_that_is_asked_for_while_it_cools_stays_hot(cellar: Cellar) -> None:
    photo = await cellar.photo()
    cellar.clock.advance((DAYS + 1) * DAY_S)
    await cellar.queue.sweep()
    (job,) = await cellar.jobs.take("two", 1, cellar.clock.unix_ms(), Policy(), [JobKind.COOL.value])
    ops = await Cooling(cellar.ports(), DAYS)(job, quiet)
    await cellar.records.write([Op(cold_statements.SEEN, {"asset_ids": [photo.id], "new_day": photo.seen_day + 99})])
    with pytest.raises(LeaseLost):
        await cellar.jobs.keep(job, jobs.done(job), ops)
    assert (await cellar.asset(photo.id)).storage_class == "hot"
    assert await cellar.read(photo) == PHOTO


async def test_what_the_disk_damaged_is_not_delivered(cellar: Cellar) -> None:
    photo = await cellar.photo()
    cellar.clock.advance((DAYS + 1) * DAY_S)
    await cellar.cool()
    (cold,) = [key for key in await cellar.stored() if key.startswith("media/cold/")]
    for damaged in (zlib.compress(b"another file"), b"nothing at all"):
        await cellar.objects.put(cold, damaged)
        with pytest.raises(OriginalDamaged):
            await cellar.read(photo)


async def test_a_day_is_told_once(cellar: Cellar) -> None:
    photo, seen = await cellar.photo(), Seen(cellar.records, cellar.clock)
    cellar.clock.advance(DAY_S)
    for told in (1, 0):
        seen.mark(photo.id)
        assert await seen.flush() == told
    assert (await cellar.asset(photo.id)).seen_day == photo.seen_day + 1
    with pytest.raises(RecordConflict):
        await cellar.records.write(
            [Op(cold_statements.COOLED, {"asset_id": photo.id, "known_day": photo.seen_day}, expect=1)]
        )
