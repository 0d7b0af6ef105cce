"""However many ask: one render, kept within bounds, and gone when it is purged."""

from __future__ import annotations

import asyncio

import pytest

from doubles.media_files import JPEG, CountedRenders, Files
from hubbub.kernel.clock import ManualClock
from hubbub.kernel.errors import Overloaded
from hubbub.media.domain.deliverable import Deliverable
from hubbub.media.domain.rendition import COVER_SIDES, SIDES, Asked, Fit, Output, Rendition, resolve
from hubbub.media.errors import DamagedMedia, RenderFailed, SandboxBusy
from hubbub.media.service.variants import VariantLimits, Variants
from hubbub.storage.errors import StorageFull
from hubbub.storage.objects import Objects

MEZZANINES = [(b"2048", 2048, 1536, 1), (b"1024", 1024, 768, 1)]


class World:
    """Variants of one picture."""

    def __init__(self, **limits: float) -> None:
        self.objects = Objects.in_memory()
        self.files = Files(self.objects)
        self.renders = CountedRenders()
        self.clock = ManualClock()
        self.limits = VariantLimits(**limits)
        self.variants = self.process()

    def process(self) -> Variants:
        """Return another process on the same store."""
        return Variants(self.objects, self.renders, self.files, self.clock, self.limits)

    async def picture(self, asset_id: int = 7) -> Deliverable:
        return await self.files.add_picture(asset_id, MEZZANINES)

    async def stored(self) -> list[str]:
        return [key async for key in self.objects.keys("media/variant")]


def rendition(asset: Deliverable, width: int = 64) -> Rendition:
    return resolve(Asked(width, format=Output.JPEG), asset.source, ())


async def settled() -> None:
    """Let everything that can go on go on; what these tests wait for takes a few turns of the loop."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_a_thousand_who_ask_at_once_get_one_render():
    world = World()
    asset = await world.picture()
    got = await asyncio.gather(*(world.variants.get(asset, rendition(asset)) for _ in range(1000)))
    assert len(world.renders.names) == 1
    assert {each.etag for each in got} == {got[0].etag}
    assert got[0].content_type == "image/jpeg"


async def test_the_others_are_served_when_the_first_goes_away():
    world = World()
    asset = await world.picture()
    world.renders.going.clear()
    first = asyncio.create_task(world.variants.get(asset, rendition(asset)))
    await world.renders.begun.wait()
    second = asyncio.create_task(world.variants.get(asset, rendition(asset)))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    world.renders.going.set()
    assert (await second).content.startswith(JPEG)
    assert len(world.renders.names) == 1


async def test_what_nobody_waits_for_any_more_is_made_and_kept():
    world = World()
    asset = await world.picture()
    world.renders.going.clear()
    only = asyncio.create_task(world.variants.get(asset, rendition(asset)))
    await world.renders.begun.wait()
    only.cancel()
    await asyncio.gather(only, return_exceptions=True)
    world.renders.going.set()
    assert await world.variants.get(asset, rendition(asset))
    assert len(world.renders.names) == 1


async def test_another_process_finds_what_was_stored_and_tells_the_same_tag():
    world = World()
    asset = await world.picture()
    first = await world.variants.get(asset, rendition(asset))
    assert await world.process().get(asset, rendition(asset)) == first
    assert len(world.renders.names) == 1
    (account,) = world.files.accounts.values()
    assert (account.object_key, account.size_bytes) == ((await world.stored())[0], len(first.content))


async def test_the_smallest_mezzanine_that_suffices_is_read():
    world = World()
    asset = await world.picture()
    for width in (64, 1024, 1025):
        await world.variants.get(asset, rendition(asset, width))
    box = resolve(Asked(512, 2048, Fit.COVER, Output.JPEG), asset.source, ())
    await world.variants.get(asset, box)
    assert world.renders.of == [b"1024", b"1024", b"2048", b"2048"]


async def test_more_than_may_wait_are_turned_away_before_they_cost_anything():
    world = World(renders_max=1, waiting_max=2)
    asset = await world.picture()
    world.renders.going.clear()
    asked = [asyncio.create_task(world.variants.get(asset, rendition(asset, side))) for side in (16, 32, 64, 128, 256)]
    await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    await settled()
    world.renders.going.set()
    results = await asyncio.gather(*asked, return_exceptions=True)
    turned_away = [each for each in results if isinstance(each, Overloaded)]
    assert len(turned_away) == 2
    assert all(each.retry_after_s for each in turned_away)
    assert len(world.renders.names) == 3


async def test_what_failed_is_not_tried_for_a_while():
    world = World(failure_s=30)
    asset = await world.picture()
    world.renders.problem = DamagedMedia()
    for _ in range(5):
        with pytest.raises(RenderFailed):
            await world.variants.get(asset, rendition(asset))
    assert len(world.renders.names) == 1
    world.clock.advance(30)
    world.renders.problem = None
    assert await world.variants.get(asset, rendition(asset))


async def test_what_failed_for_want_of_room_is_tried_again_at_once():
    world = World()
    asset = await world.picture()
    world.renders.problem = SandboxBusy()
    with pytest.raises(SandboxBusy):
        await world.variants.get(asset, rendition(asset))
    world.renders.problem = None
    assert await world.variants.get(asset, rendition(asset))


async def test_a_full_disk_keeps_nobody_from_the_picture(monkeypatch):
    world = World()
    asset = await world.picture()

    async def full(*_: object, durable: bool) -> None:
        raise StorageFull

    monkeypatch.setattr(world.objects, "put", full)
    assert (await world.variants.get(asset, rendition(asset))).content
    assert await world.variants.get(asset, rendition(asset))
    assert len(world.renders.names) == 1


async def test_a_purge_empties_memory_and_store_of_one_file_alone():
    world = World()
    assets = [await world.picture(7), await world.picture(71)]
    for asset in assets:
        for side in (16, 32):
            await world.variants.get(asset, rendition(asset, side))
    assert await world.variants.purge(7) == 2
    assert len(await world.stored()) == 2
    assert {each.asset_id for each in world.files.accounts.values()} == {71}
    await world.variants.get(assets[0], rendition(assets[0], 16))
    await world.variants.get(assets[1], rendition(assets[1], 16))
    assert len(world.renders.names) == 5


async def test_what_is_purged_on_its_way_is_kept_nowhere():
    world = World()
    asset = await world.picture()
    world.renders.going.clear()
    first = asyncio.create_task(world.variants.get(asset, rendition(asset)))
    await world.renders.begun.wait()
    assert await world.variants.purge_owner(asset.owner) == 0
    world.renders.going.set()
    assert (await first).content
    assert await world.stored() == []
    await world.variants.get(asset, rendition(asset))
    assert len(world.renders.names) == 2


async def test_sixteen_million_sizes_make_a_bounded_number_of_variants():
    asset = await World().picture()
    edges = sorted({side + step for side in SIDES for step in (-1, 0, 1)} | {1, 4096})  # between them nothing changes
    asked = [Asked(width, height, Fit.COVER) for width in edges for height in edges]
    asked += [Asked(width, height) for width in edges for height in edges]
    asked += [Asked(width) for width in range(1, 4097)]
    names = {resolve(each, asset.source, (Output.AVIF,)).name for each in asked}
    assert len(names) <= len(SIDES) + len(COVER_SIDES) ** 2


async def test_stopping_ends_what_is_on_its_way():
    world = World()
    asset = await world.picture()
    world.renders.going.clear()
    waiting = asyncio.create_task(world.variants.get(asset, rendition(asset)))
    await world.renders.begun.wait()
    await world.variants.stop()
    assert isinstance((await asyncio.gather(waiting, return_exceptions=True))[0], asyncio.CancelledError)
