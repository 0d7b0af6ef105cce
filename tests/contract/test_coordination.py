"""What every agreement about variants promises: in one process with a disk, among several with a real Valkey and S3."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest

from doubles.media_files import CountedRenders, Files
from engines.seaweed import SeaweedServer
from engines.valkey import ValkeyServer, running_valkey
from hubbub.kernel.clock import ManualClock
from hubbub.media.adapters.valkey_coordination import ValkeyCoordination
from hubbub.media.domain.deliverable import Deliverable
from hubbub.media.domain.rendition import Asked, Output, Rendition, resolve
from hubbub.media.errors import DamagedMedia, RenderFailed
from hubbub.media.service.coordination import LEASE_S, Coordination, Held, LocalCoordination, Standing
from hubbub.media.service.variants import Variants
from hubbub.storage.objects import Objects
from hubbub.storage.valkey import ValkeyLink
from servers.waiting import until

KEY = "media/variant/7/w64"
WAIT_S = 60.0
SOON_S = 0.01


class Pair(NamedTuple):
    """Two who agree, what they share, and a way to let leases run out."""

    here: Coordination
    there: Coordination
    clock: ManualClock
    objects: Objects

    async def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        if isinstance(self.here, ValkeyCoordination):
            client = self.here._link.client
            for key in await client.keys("*variant:*"):
                await client.pexpire(key, await client.pttl(key) - round(seconds * 1000))


def valkey_coordination(url: str, clock: ManualClock) -> ValkeyCoordination:
    return ValkeyCoordination(ValkeyLink(url, clock))


@pytest.fixture(params=["one process", "several"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str | None, Objects]:
    """What is shared: a disk in one process; in several the address of a Valkey, and S3."""
    if request.param == "one process":
        return None, Objects.on_disk(tmp_path)
    valkey: ValkeyServer = request.getfixturevalue("valkey_server")
    s3: SeaweedServer = request.getfixturevalue("s3_server")
    return valkey.create_database(), Objects.in_s3(f"s3://{s3.bucket}/{tmp_path.name}", s3.settings)


@pytest.fixture
async def pair(shared: tuple[str | None, Objects]) -> AsyncIterator[Pair]:
    clock, (url, objects) = ManualClock(), shared
    if url is None:
        one = LocalCoordination(clock)
        yield Pair(one, one, clock, objects)
        return
    here, there = valkey_coordination(url, clock), valkey_coordination(url, clock)
    for each in (here, there):
        await each.start()
        await asyncio.wait_for(each.hears.wait(), WAIT_S)
    yield Pair(here, there, clock, objects)
    await here.close()
    await there.close()


async def test_one_gets_the_lease_and_the_others_learn_what_became_of_it(pair: Pair) -> None:
    lease = (await pair.here.begin(7, KEY)).lease
    assert lease is not None
    assert (await pair.there.begin(7, KEY)).standing is Standing.TAKEN
    assert (await pair.there.begin(7, KEY + "0")).standing is Standing.LEASED
    waiting = asyncio.create_task(pair.there.ended(KEY, WAIT_S))
    await asyncio.sleep(0)
    await pair.here.end(lease, Standing.MADE)
    await waiting
    assert (await pair.there.begin(7, KEY)).standing is Standing.MADE
    await pair.there.lost(7, KEY)
    assert (await pair.here.begin(7, KEY)).standing is Standing.LEASED


async def test_a_failure_is_everybodys_for_a_while(pair: Pair) -> None:
    lease = (await pair.here.begin(7, KEY)).lease
    assert lease is not None
    await pair.here.end(lease, Standing.FAILED, 1000)
    begun = await pair.there.begin(7, KEY)
    assert begun.standing is Standing.FAILED
    assert 0 < begun.left_s <= 1000
    await pair.pass_time(1000)
    assert (await pair.there.begin(7, KEY)).standing is Standing.LEASED


async def test_who_lets_go_leaves_it_to_the_next(pair: Pair) -> None:
    lease = (await pair.here.begin(7, KEY)).lease
    assert lease is not None
    await pair.here.end(lease, None)
    assert (await pair.there.begin(7, KEY)).standing is Standing.LEASED


async def test_a_lease_that_ran_out_is_anothers_and_its_fence_keeps_the_first_out(pair: Pair) -> None:
    first = (await pair.here.begin(7, KEY)).lease
    assert first is not None
    assert await pair.here.check(first) is Held.HELD
    await pair.pass_time(LEASE_S)
    second = (await pair.there.begin(7, KEY)).lease
    assert second is not None
    assert second.fence > first.fence
    assert await pair.here.check(first) is Held.OVERTAKEN
    await pair.here.end(first, Standing.MADE)
    assert await pair.there.check(second) is Held.HELD


async def test_a_purge_takes_leases_back_and_forgets_what_was_made_of_one_asset(pair: Pair) -> None:
    lease, other = [(await pair.here.begin(asset_id, f"{asset_id}")).lease for asset_id in (7, 70)]
    made = (await pair.here.begin(7, "made")).lease
    assert lease is not None
    assert other is not None
    assert made is not None
    await pair.here.end(made, Standing.MADE)
    await pair.there.purge(7)
    assert [await pair.here.check(each) for each in (lease, other)] == [Held.PURGED, Held.HELD]
    await pair.here.end(lease, Standing.MADE)
    for key in ("7", "made"):
        assert (await pair.here.begin(7, key)).standing is Standing.LEASED


async def test_what_settled_in_one_process_is_told_the_others(pair: Pair) -> None:
    heard: dict[str, list[int]] = {"here": [], "there": []}
    pair.here.on_settled(heard["here"].append)
    pair.there.on_settled(heard["there"].append)
    for asset_id in (7, 8):
        await pair.here.settled(asset_id)
    if pair.here is not pair.there:
        await until(lambda: heard["there"] == [7, 8], within_s=WAIT_S)
    assert heard["here"] == []


async def test_who_waits_for_what_nobody_tells_goes_on_after_a_moment(pair: Pair) -> None:
    await pair.here.begin(7, KEY)
    await pair.there.ended(KEY, SOON_S)
    assert (await pair.there.begin(7, KEY)).standing is Standing.TAKEN


class Process:
    """Variants of one picture in one of several processes."""

    def __init__(self, objects: Objects, coordination: Coordination, clock: ManualClock) -> None:
        self.files = Files(objects)
        self.renders = CountedRenders()
        self.variants = Variants(objects, self.renders, self.files, clock, coordination=coordination)

    async def picture(self) -> Deliverable:
        return await self.files.add_picture(7, [(b"1024", 1024, 768, 1)])


def rendition(asset: Deliverable) -> Rendition:
    return resolve(Asked(64, format=Output.JPEG), asset.source, ())


async def test_two_processes_that_are_asked_at_once_render_once(pair: Pair) -> None:
    here, there = [Process(pair.objects, each, pair.clock) for each in (pair.here, pair.there)]
    asset = await here.picture()
    got = await asyncio.gather(
        *(each.variants.get(asset, rendition(asset)) for _ in range(100) for each in (here, there))
    )
    assert len(here.renders.names) + len(there.renders.names) == 1
    assert {each.etag for each in got} == {got[0].etag}


async def test_a_process_that_waits_renders_when_the_first_does_not_come_back(pair: Pair) -> None:
    there = Process(pair.objects, pair.there, pair.clock)
    asset = await there.picture()
    await pair.here.begin(7, f"media/variant/7/{rendition(asset).name}")  # and nothing more
    waiting = asyncio.create_task(there.variants.get(asset, rendition(asset)))
    await asyncio.sleep(SOON_S)
    assert there.renders.names == []
    await pair.pass_time(LEASE_S)
    assert (await waiting).content
    assert len(there.renders.names) == 1


async def test_what_is_purged_elsewhere_on_its_way_is_kept_nowhere(pair: Pair) -> None:
    here, there = [Process(pair.objects, each, pair.clock) for each in (pair.here, pair.there)]
    asset = await here.picture()
    here.renders.going.clear()
    first = asyncio.create_task(here.variants.get(asset, rendition(asset)))
    await here.renders.begun.wait()
    await there.variants.purge(7)
    here.renders.going.set()
    assert (await first).content
    assert [key async for key in pair.objects.keys("media/variant")] == []
    await there.variants.get(asset, rendition(asset))
    assert len(there.renders.names) == 1


async def test_a_picture_that_fails_in_one_process_is_not_tried_in_the_other(pair: Pair) -> None:
    here, there = [Process(pair.objects, each, pair.clock) for each in (pair.here, pair.there)]
    asset = await here.picture()
    here.renders.problem = DamagedMedia()
    for each in (here, there):
        with pytest.raises(RenderFailed):
            await each.variants.get(asset, rendition(asset))
    assert there.renders.names == []


async def test_a_purge_reaches_the_memory_of_the_others(valkey_server: ValkeyServer) -> None:
    url, clock = valkey_server.create_database(), ManualClock()
    here, there = [valkey_coordination(url, clock) for _ in range(2)]
    told: list[int | None] = []
    there.subscribe(told.append)
    for each in (here, there):
        await each.start()
        await asyncio.wait_for(each.hears.wait(), WAIT_S)
    told.clear()
    await here.purge(7)
    await until(lambda: told == [7], within_s=WAIT_S)
    await here.close()
    await there.close()


async def test_without_valkey_each_renders_its_own_and_trusts_no_memory_for_long() -> None:
    clock = ManualClock()
    with running_valkey() as server:
        url = server.create_database()
        here, there = [valkey_coordination(url, clock) for _ in range(2)]
        told: list[int | None] = []
        here.subscribe(told.append)
        await here.start()
        await asyncio.wait_for(here.hears.wait(), WAIT_S)
        told.clear()
        objects = Objects.in_memory()
        processes = [Process(objects, each, clock) for each in (here, there)]
        asset = await processes[0].picture()
        processes[0].renders.going.clear()
        first = asyncio.create_task(processes[0].variants.get(asset, rendition(asset)))
        await processes[0].renders.begun.wait()
        server.kill()
        assert (await processes[1].variants.get(asset, rendition(asset))).content
        processes[0].renders.going.set()
        assert (await first).content
        assert await processes[1].variants.purge(7) == 1
        await until(lambda: None in told and not here.hears.is_set(), within_s=WAIT_S)
        server.start()
        clock.advance(1)
        await asyncio.wait_for(here.hears.wait(), WAIT_S)
        assert (await there.begin(7, KEY)).standing is Standing.LEASED
        await here.close()
        await there.close()
