"""What operators do about files: begin given-up work anew, remove what nobody needs, and change the signing key."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator

import pytest

from doubles.pictures import encoded, photo
from hubbub.kernel.clock import Clock, ManualClock, SystemClock
from hubbub.kernel.randomness import SeededRandom
from hubbub.media.adapters import asset_statements
from hubbub.media.adapters.asset_statements import Amount
from hubbub.media.adapters.job_store import JobStore
from hubbub.media.config import MediaConfig
from hubbub.media.domain import job as jobs
from hubbub.media.domain.job import Policy
from hubbub.media.errors import AddressForged, JobUnknown
from hubbub.media.service.collection import Collected, Collection
from hubbub.media.service.parked import ParkedJobs
from hubbub.media.service.signing import SigningKeys
from hubbub.storage.objects import Objects
from hubbub.storage.records.port import Records
from servers.media_library import MediaLibrary, media_library

pytest.importorskip("hubbub.native._native", reason="the native core is not built")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made of what Linux has")

OWNER = "user:7"
HOURS_3_S = 10_800
NOTHING = Amount(0, 0)


async def body(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


@pytest.fixture
async def records(migrated_records: Records) -> AsyncIterator[Records]:
    yield migrated_records
    await migrated_records.close()


def collection_of(records: Records, shelf: MediaLibrary, clock: Clock) -> Collection:
    return Collection(records, shelf.objects, clock, shelf.uploads.sweep)


async def test_given_up_work_is_listed_and_begun_anew(records: Records, migrated_objects: Objects) -> None:
    clock, store = SystemClock(), JobStore(records)
    async with media_library(records, objects=migrated_objects, works=False) as shelf:
        asset_id = await shelf.library.store(OWNER, "a.jpg", body(encoded(photo(), "JPEG")), 10**7)
        (job,) = await store.take("two", 1, clock.unix_ms(), Policy())
        await store.keep(job, jobs.parked(job, "media.sandbox.out_of_time", "It took too long."))
        (found,) = (await shelf.library.look([asset_id])).values()
        assert (found.asset.state, found.asset.error_code) == ("parked", "media.sandbox.out_of_time")
        parked = ParkedJobs(records, clock)
        ((listed, asset),) = await parked.listed(10)
        assert (listed.id, listed.error_message) == (job.id, "It took too long.")
        assert asset is not None
        assert asset.name == "a.jpg"
        await parked.requeue(job.id)
        assert await parked.listed(10) == []
        with pytest.raises(JobUnknown):
            await parked.requeue(job.id)
        (found,) = (await shelf.library.look([asset_id])).values()
        assert (found.asset.state, found.asset.error_code, found.progress) == ("processing", "", 0)
        await shelf.jobs.start()
        assert (await shelf.library.settled([asset_id], 60.0))[asset_id].asset.state == "ready"


async def test_given_up_work_is_forgotten_and_its_file_stays_refused(
    records: Records, migrated_objects: Objects
) -> None:
    clock, store = SystemClock(), JobStore(records)
    async with media_library(records, objects=migrated_objects, works=False) as shelf:
        asset_id = await shelf.library.store(OWNER, "a.jpg", body(b"\xff\xd8\xff"), 100)
        (job,) = await store.take("two", 1, clock.unix_ms(), Policy())
        parked = ParkedJobs(records, clock)
        with pytest.raises(JobUnknown):
            await parked.drop(job.id)
        await store.keep(job, jobs.parked(job, "media.damaged", "It is damaged."))
        await parked.drop(job.id)
        assert await parked.listed(10) == []
        assert (await shelf.library.look([asset_id]))[asset_id].asset.error_code == "media.damaged"


async def test_what_nobody_needs_is_counted_before_it_is_removed(records: Records, migrated_objects: Objects) -> None:
    clock = ManualClock(SystemClock().unix_ms())  # objects bear the true time
    async with media_library(records, objects=migrated_objects, clock=clock, works=False) as shelf:
        collection = collection_of(records, shelf, clock)
        held = await shelf.library.store(OWNER, "held", body(bytes(2500)), 3000)
        await records.write(shelf.library.hold(held, "attachment:1"))
        await shelf.library.store(OWNER, "loose", body(bytes(100)), 3000)
        await shelf.objects.put("media/segments/1/1/0", bytes(7))
        assert await collection.counted() == Collected(NOTHING, NOTHING, NOTHING)
        clock.advance(HOURS_3_S)
        assert await collection.counted() == Collected(NOTHING, NOTHING, Amount(1, 7))
        clock.advance(86_400)
        found = Collected(Amount(2, 2600), NOTHING, Amount(1, 7))
        assert await collection.counted() == found
        assert await collection.removed() == found
        assert await collection.counted() == Collected(NOTHING, NOTHING, NOTHING)
        assert len(await shelf.stored()) == 3
        assert set(await shelf.library.look([held])) == {held}


async def test_what_files_take_is_told_by_kind_by_class_and_by_owner(
    records: Records, migrated_objects: Objects
) -> None:
    async with media_library(records, objects=migrated_objects) as shelf:
        text = await shelf.library.store(OWNER, "a.txt", body(b"text"), 100)
        picture = await shelf.library.store("user:8", "a.jpg", body(encoded(photo(), "JPEG")), 10**7)
        found = await shelf.library.settled([text, picture], 60.0)
    kinds = await records.fetch(asset_statements.USED_BY_KIND)
    size = found[picture].asset.size_bytes
    assert kinds == [("file", 1, 4), ("image", 1, size)]
    ((name, number, made),) = await records.fetch(asset_statements.USED_BY_CLASS)
    assert (name, number) == ("mezzanine", 2)
    assert made > 0
    assert await records.fetch(asset_statements.USED_BY_OWNER, {"row_limit": 1}) == [("user:8", 1, size)]


async def test_a_signing_key_is_made_once_and_the_one_before_the_last_is_good_no_more(records: Records) -> None:
    keys = SigningKeys(records, ManualClock(), SeededRandom(1))
    config = MediaConfig()
    first = await keys.signer(config)
    assert await SigningKeys(records, ManualClock(), SeededRandom(2)).signer(config) == first
    address = dict(each.split("=") for each in first.sign("/a", 0).query.split("&"))
    assert await keys.rotate() == 2
    second = await keys.signer(config)
    assert second.key != first.key
    assert second.check("/a", address, 0)
    await keys.rotate()
    third = await keys.signer(config)
    assert third.key_before == second.key
    with pytest.raises(AddressForged):
        third.check("/a", address, 0)


async def test_a_key_of_the_settings_takes_the_place_of_those_kept(records: Records) -> None:
    config = MediaConfig(signing_key="k" * 32, signing_key_before="b" * 40)
    signer = await SigningKeys(records, ManualClock(), SeededRandom(1)).signer(config)
    assert (signer.key, signer.key_before) == (b"k" * 32, b"b" * 40)
