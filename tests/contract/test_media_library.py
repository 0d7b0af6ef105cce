"""Files are taken in whole or not at all, waited for without asking again and again, and go when nobody needs them."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable

import pytest
from typing_extensions import override

from doubles.pictures import encoded, photo
from hubbub.kernel.clock import Clock, ManualClock, SystemClock
from hubbub.media.adapters.deliverable_store import DeliverableStore
from hubbub.media.config import MediaConfig
from hubbub.media.domain.tus import Put
from hubbub.media.errors import HeaderRefused, QuotaFull, UploadTooLarge, UploadUnknown
from hubbub.media.service.coordination import LocalCoordination
from hubbub.storage.objects import Objects
from hubbub.storage.records.port import Records
from servers.media_library import MediaLibrary, media_library
from servers.waiting import until

pytest.importorskip("hubbub.native._native", reason="the native core is not built")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made of what Linux has")

OWNER = "user:7"
WITHIN_S = 60.0
HOUR_S, DAY_S = 3_600, 86_400


async def body(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


@pytest.fixture
async def records(migrated_records: Records) -> AsyncIterator[Records]:
    yield migrated_records
    await migrated_records.close()


@pytest.fixture
async def shelf(records: Records, migrated_objects: Objects) -> AsyncIterator[MediaLibrary]:
    async with media_library(records, objects=migrated_objects) as made:
        yield made


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001, 5500])
async def test_every_byte_of_a_file_of_any_size_is_durable_on_return(shelf: MediaLibrary, size: int) -> None:
    content = bytes(each % 251 for each in range(size))
    chunks = [content[start : start + 300] for start in range(0, size, 300)]
    asset_id = await shelf.library.store(OWNER, "film.bin", body(*chunks), size)
    asset = await shelf.assets.get(asset_id)
    assert asset is not None
    assert (asset.size_bytes, asset.name, asset.owner) == (size, "film.bin", OWNER)
    upload = await shelf.uploads.find(OWNER, asset.upload_id)
    assert b"".join([chunk async for chunk in shelf.uploads.bytes_of(upload)]) == content
    assert upload.blake3 is not None
    assert len(await shelf.stored()) == -(-size // 1000)


@pytest.mark.parametrize("size", [500, 5000])
async def test_a_file_that_is_too_large_or_breaks_off_leaves_nothing(
    records: Records, size: int, migrated_objects: Objects
) -> None:
    clock = ManualClock()
    async with media_library(records, objects=migrated_objects, clock=clock, works=False) as shelf:
        with pytest.raises(UploadTooLarge):
            await shelf.library.store(OWNER, "a", body(bytes(size - 100), bytes(100)), size - 1)

        async def broken() -> AsyncIterator[bytes]:
            yield bytes(size)
            raise ConnectionError

        with pytest.raises(ConnectionError):
            await shelf.library.store(OWNER, "a", broken(), 10_000)
        clock.advance(1)
        while await shelf.uploads.sweep():
            pass
        assert await shelf.stored() == []
        assert await shelf.library.find("1/a", OWNER) is None


async def test_a_photo_is_settled_as_soon_as_its_job_is_done(shelf: MediaLibrary) -> None:
    told: list[int] = []
    shelf.library.subscribe(told.append)
    asset_id = await shelf.library.store(OWNER, "a.jpg", body(encoded(photo(), "JPEG")), 10**7)
    found = (await shelf.library.settled([asset_id], WITHIN_S))[asset_id]
    assert (found.asset.state, found.asset.kind, found.progress) == ("ready", "image", 100)
    await until(lambda: told == [asset_id], within_s=WITHIN_S)


async def test_who_waits_for_what_nobody_does_gets_it_as_it_is_when_the_time_is_over(
    records: Records, migrated_objects: Objects
) -> None:
    async with media_library(records, objects=migrated_objects, works=False) as shelf:
        asset_id = await shelf.library.store(OWNER, "a.jpg", body(encoded(photo(), "JPEG")), 10**7)
        found = (await shelf.library.settled([asset_id], 0.01))[asset_id]
        assert (found.asset.state, found.progress) == ("processing", 0)


async def test_who_waits_for_the_work_of_another_process_is_told_too(
    records: Records, migrated_objects: Objects
) -> None:
    async with (
        media_library(records, objects=migrated_objects, works=False) as here,
        media_library(records, objects=migrated_objects, node="two") as there,
    ):
        asset_id = await here.library.store(OWNER, "a.jpg", body(encoded(photo(), "JPEG")), 10**7)
        there.jobs.wake()
        found = (await here.library.settled([asset_id], WITHIN_S))[asset_id]
        assert found.asset.state == "ready"


async def test_what_another_process_found_out_is_told_at_once(records: Records, migrated_objects: Objects) -> None:
    wire: list[Callable[[int], None]] = []
    heard: list[int] = []
    async with (
        media_library(records, objects=migrated_objects, works=False, coordination=Wired(SystemClock(), wire)) as here,
        media_library(records, objects=migrated_objects, node="two", coordination=Wired(SystemClock(), wire)) as there,
    ):
        here.library.subscribe(heard.append)
        asset_id = await here.library.store(OWNER, "a.txt", body(b"words"), 100)
        there.jobs.wake()
        await until(lambda: heard == [asset_id], within_s=WITHIN_S)


class Wired(LocalCoordination):
    """One end of a wire on which every process hears every other."""

    def __init__(self, clock: Clock, wire: list[Callable[[int], None]]) -> None:
        super().__init__(clock)
        self._wire = wire
        self._own: Callable[[int], None] | None = None

    @override
    async def settled(self, asset_id: int) -> None:
        for hear in self._wire:
            if hear != self._own:
                hear(asset_id)

    @override
    def on_settled(self, hear: Callable[[int], None]) -> None:
        self._own = hear
        self._wire.append(hear)


async def test_a_file_that_nobody_holds_goes_after_a_day_and_a_held_one_when_it_is_let_go(
    records: Records, migrated_objects: Objects
) -> None:
    clock = ManualClock()
    async with media_library(records, objects=migrated_objects, clock=clock, works=False) as shelf:
        loose = await shelf.library.store(OWNER, "loose", body(b"loose"), 100)
        held = await shelf.library.store(OWNER, "held", body(b"held"), 100)
        kept = await shelf.library.store("key/MEDa", "kept", body(b"kept"), 100)
        await records.write(shelf.library.hold(held, "attachment:1"))
        clock.advance(DAY_S - 1)
        while await shelf.uploads.sweep():
            pass
        assert set(await shelf.library.look([loose, held, kept])) == {loose, held, kept}
        clock.advance(2)
        while await shelf.uploads.sweep():
            pass
        assert set(await shelf.library.look([loose, held, kept])) == {held, kept}
        await records.write(shelf.library.release(held, "attachment:1"))
        # Delivered no more, and kept a while: somebody may need it again.
        assert await DeliverableStore(records).find(held) is None
        clock.advance(HOUR_S - 1)
        while await shelf.uploads.sweep():
            pass
        assert set(await shelf.library.look([held, kept])) == {held, kept}
        await records.write(shelf.library.hold(held, "attachment:2"))
        await records.write(shelf.library.release(held, "attachment:2"))
        clock.advance(2)
        assert await shelf.uploads.sweep() == 0
        clock.advance(HOUR_S)
        while await shelf.uploads.sweep():
            pass
        assert set(await shelf.library.look([loose, held, kept])) == {kept}
        assert len(await shelf.stored()) == 1


async def test_a_file_whose_message_is_removed_is_not_kept_by_its_upload(
    records: Records, migrated_objects: Objects
) -> None:
    clock = ManualClock()
    async with media_library(records, objects=migrated_objects, clock=clock, works=False) as shelf:
        asset_id = await shelf.library.store(OWNER, "sent", body(b"sent"), 100)
        for holder in ("attachment:1", "attachment:2"):
            await records.write(shelf.library.hold(asset_id, holder))
        await records.write(shelf.library.release(asset_id, "attachment:1"))
        assert await shelf.uploads.sweep() == 1  # the upload
        assert await shelf.assets.holders(asset_id) == ["attachment:2"]
        await records.write(shelf.library.release(asset_id, "attachment:2"))
        clock.advance(HOUR_S - 1)
        assert await shelf.uploads.sweep() == 0
        clock.advance(1)
        while await shelf.uploads.sweep():
            pass
        assert await shelf.library.look([asset_id]) == {}
        assert await shelf.stored() == []


async def test_the_same_bytes_of_one_owner_are_stored_once_and_stay_as_long_as_either_file(
    records: Records, migrated_objects: Objects
) -> None:
    clock = ManualClock()
    content = bytes(each % 251 for each in range(2500))
    async with media_library(records, objects=migrated_objects, clock=clock, works=False) as shelf:

        async def swept(after_s: float) -> None:
            clock.advance(after_s)
            while await shelf.uploads.sweep():
                pass

        first = await shelf.library.store("key/MEDa", "a", body(content), 3000)
        again = await shelf.library.store("key/MEDa", "b", body(content[:900], content[900:]), 3000)
        await shelf.library.store("key/MEDb", "c", body(content), 3000)
        await swept(7200)
        assert len(await shelf.stored()) == 6
        files = await shelf.library.look([first, again])
        await shelf.uploads.terminate("key/MEDa", files[first].asset.upload_id)
        await swept(7200)
        assert await shelf.assets.get(first) is None
        upload = await shelf.uploads.find("key/MEDa", files[again].asset.upload_id)
        assert b"".join([chunk async for chunk in shelf.uploads.bytes_of(upload)]) == content
        await shelf.uploads.terminate("key/MEDa", upload.id)
        await swept(7200)
        assert len(await shelf.stored()) == 3


async def test_an_owner_has_so_many_bytes_finished_or_announced_and_no_more(
    records: Records, migrated_objects: Objects
) -> None:
    config = MediaConfig(owner_bytes_max=3000)
    async with media_library(records, objects=migrated_objects, config=config, works=False) as shelf:
        await shelf.library.store(OWNER, "a", body(bytes(900)), 900)
        begun = await shelf.library.begin(OWNER, "b", 1500)
        with pytest.raises(QuotaFull):
            await shelf.library.begin(OWNER, "c", 601)
        with pytest.raises(QuotaFull):
            await shelf.library.store(OWNER, "c", body(bytes(601)), 10_000)
        with pytest.raises(UploadTooLarge):
            await shelf.library.store(OWNER, "c", body(bytes(1001)), 10_000)
        assert await shelf.library.store("user:8", "c", body(bytes(3000)), 3000)
        await shelf.uploads.terminate(OWNER, upload_of(begun.path))
        assert await shelf.library.store(OWNER, "c", body(bytes(2100)), 10_000)


async def test_an_upload_is_put_in_one_go_and_kept_whole_or_not_at_all(shelf: MediaLibrary) -> None:
    begun = await shelf.library.begin(OWNER, "a.txt", 2500)
    upload_id = upload_of(begun.path)
    for wrong, told in ((bytes(2499), None), (bytes(2500), 2499)):
        with pytest.raises(HeaderRefused):
            await shelf.uploads.put(OWNER, upload_id, Put(told), body(wrong))
    with pytest.raises(UploadTooLarge):
        await shelf.uploads.put(OWNER, upload_id, Put(None), body(bytes(2501)))
    assert (await shelf.uploads.find(OWNER, upload_id)).offset_bytes == 0
    assert await shelf.library.find(begun.uploaded_filename, OWNER) is None
    await shelf.uploads.put(OWNER, upload_id, Put(2500), body(bytes(2000), bytes(500)))
    asset_id = await shelf.library.find(begun.uploaded_filename, OWNER)
    assert asset_id is not None
    assert await shelf.library.find(begun.uploaded_filename, "user:8") is None
    assert (await shelf.library.settled([asset_id], WITHIN_S))[asset_id].asset.content_type
    with pytest.raises(UploadUnknown):
        await shelf.uploads.owner_of(asset_id)


def upload_of(path: str) -> int:
    return int(path.partition("?")[0].rpartition("/")[2])
