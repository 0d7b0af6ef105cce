"""What looks like an entry of the match list is kept back from the moment it would be ready until somebody decides."""

from __future__ import annotations

import random
import sys
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image, ImageDraw

from doubles.pictures import encoded
from hubbub.community.service.files_port import FileState
from hubbub.kernel.clock import SystemClock
from hubbub.kernel.snowflake import SnowflakeGenerator
from hubbub.media.adapters import match_statements
from hubbub.media.domain.match_file import Listed, MatchAction
from hubbub.media.domain.quarantine import CaseState
from hubbub.media.errors import AssetUnknown
from hubbub.media.quarantine_errors import AssetQuarantined, AssetUnderReview, CaseDecided, CaseUnknown, MatchUnknown
from hubbub.media.service.deliver import Opened
from hubbub.media.service.match_list import MatchList
from hubbub.storage.objects import Objects
from hubbub.storage.records.port import Op, Records
from servers.media_library import MediaLibrary, media_library

pytest.importorskip("hubbub.native._native", reason="the native core is not built")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made of what Linux has")

OWNER = "user:7"
BLOCK, REVIEW = MatchAction.BLOCK, MatchAction.REVIEW


@pytest.fixture
async def records(migrated_records: Records) -> AsyncIterator[Records]:
    yield migrated_records
    await migrated_records.close()


def busy(seed: int, size: tuple[int, int] = (400, 300)) -> Image.Image:
    """Return a picture with much to recognise, alike in every size."""
    chance, picture = random.Random(seed), Image.new("RGB", (800, 600), (90, 120, 150))
    draw = ImageDraw.Draw(picture)
    for _ in range(60):
        left, top = chance.randrange(800), chance.randrange(600)
        box = (left, top, left + chance.randrange(20, 250), top + chance.randrange(20, 200))
        draw.rectangle(box, fill=tuple(chance.randrange(256) for _ in range(3)))
    return picture.resize(size)


async def keep(shelf: MediaLibrary, content: bytes, owner: str = OWNER) -> int:
    """Upload a picture; return its id once it is known what it is."""

    async def body() -> AsyncIterator[bytes]:
        yield content

    asset_id = await shelf.library.store(owner, "a.jpg", body(), 10**7)
    await shelf.library.settled([asset_id], 60.0)
    return asset_id


async def state_of(shelf: MediaLibrary, asset_id: int) -> str:
    asset = await shelf.assets.get(asset_id)
    return "" if asset is None else asset.state


async def opened(shelf: MediaLibrary, asset_id: int) -> Opened:
    """Open a file at its address, as a browser does."""
    address = urlsplit(shelf.library.address(asset_id, "a.jpg"))
    query = {name: values[0] for name, values in parse_qs(address.query).items()}
    return await shelf.deliveries.open(asset_id, "a.jpg", query | {"width": "64"}, "image/webp")


async def hash_of(records: Records, asset_id: int) -> bytes:
    found = await records.fetch_one(match_statements.HASH, {"asset_id": asset_id})
    assert found is not None
    return found.pdq


async def test_a_listed_picture_in_another_size_and_format_is_never_delivered(
    records: Records, migrated_objects: Objects
) -> None:
    async with media_library(records, objects=migrated_objects) as shelf:
        first = await keep(shelf, encoded(busy(1, (800, 600)), "PNG"))
        listed = Listed(await hash_of(records, first), "case 12", BLOCK)
        await shelf.matches.add([listed], "an operator")
        again = await keep(shelf, encoded(busy(1, (320, 240)), "JPEG", quality=60), "user:8")
        other = await keep(shelf, encoded(busy(2), "JPEG"))
        assert [await state_of(shelf, each) for each in (again, other)] == ["quarantined", "ready"]
        with pytest.raises(AssetQuarantined):
            await opened(shelf, again)
        assert (await opened(shelf, other)).content
        (case,) = await shelf.quarantine.page()
        assert (case.asset_id, case.label, case.action, case.owner) == (again, "case 12", "block", "user:8")
        assert 0 <= case.distance <= 31
        assert case.kind == "image"
        (file,) = (await shelf.community.look([again])).values()
        assert (file.state, file.refusal_code) == (FileState.REFUSED, "media.quarantined")
        assert file.refusal == "This picture is not allowed here."


async def test_an_entry_reaches_files_that_were_there_before_and_what_was_rendered_of_them(
    records: Records, migrated_objects: Objects
) -> None:
    async with media_library(records, objects=migrated_objects) as shelf:
        asset_id, other = await keep(shelf, encoded(busy(3), "JPEG")), await keep(shelf, encoded(busy(4), "JPEG"))
        assert (await opened(shelf, asset_id)).content
        folder = f"media/variant/{asset_id}"
        assert [key async for key in migrated_objects.keys(folder)]
        await shelf.matches.add([Listed(await hash_of(records, asset_id), "", REVIEW)], "an operator")
        assert (await shelf.quarantine.progress()).left == 2
        assert [await shelf.quarantine.rescan(1), await shelf.quarantine.rescan(), await shelf.quarantine.rescan()] == [
            1,
            1,
            0,
        ]
        assert (await shelf.quarantine.progress()).left == 0
        assert [await state_of(shelf, each) for each in (asset_id, other)] == ["quarantined", "ready"]
        with pytest.raises(AssetUnderReview):
            await opened(shelf, asset_id)
        assert not [key async for key in migrated_objects.keys(folder)]
        (file,) = (await shelf.community.look([asset_id])).values()
        assert file.state is FileState.REVIEW


async def test_a_picture_with_nothing_to_recognise_matches_nothing_and_is_never_compared(
    records: Records, migrated_objects: Objects
) -> None:
    async with media_library(records, objects=migrated_objects) as shelf:
        plain = await keep(shelf, encoded(Image.new("RGB", (300, 200), (200, 40, 40)), "PNG"))
        await shelf.matches.add([Listed(await hash_of(records, plain), "", BLOCK)], "an operator")
        assert (await shelf.quarantine.progress()).left == 0
        again = await keep(shelf, encoded(Image.new("RGB", (300, 200), (200, 40, 40)), "PNG"), "user:8")
        assert [await state_of(shelf, each) for each in (plain, again)] == ["ready", "ready"]


async def test_what_is_released_is_delivered_again_and_not_kept_back_for_the_same_entry(
    records: Records, migrated_objects: Objects
) -> None:
    told: list[int] = []

    def reconsider(asset_id: int) -> list[Op]:
        told.append(asset_id)
        return []

    async with media_library(records, objects=migrated_objects, reconsider=reconsider) as shelf:
        asset_id = await keep(shelf, encoded(busy(5), "JPEG"))
        pdq = await hash_of(records, asset_id)
        await shelf.matches.add([Listed(pdq, "", REVIEW)], "an operator")
        await shelf.quarantine.rescan()
        (case,) = await shelf.quarantine.page()
        preview = await shelf.quarantine.preview(case.id)
        assert preview.content_type == "image/jpeg"
        assert preview.content[:2] == b"\xff\xd8"
        decided = await shelf.quarantine.release(case.id, "someone")
        assert (decided.state, decided.decided_by) == ("released", "someone")
        assert told == [asset_id, asset_id]
        with pytest.raises(CaseDecided):
            await shelf.quarantine.delete(case.id, "someone else")
        assert (await opened(shelf, asset_id)).content
        await shelf.matches.compare_anew()
        await shelf.quarantine.rescan()
        assert await state_of(shelf, asset_id) == "ready"
        # Another entry is another question.
        near = (int.from_bytes(pdq, "big") ^ 1).to_bytes(32, "big")
        await shelf.matches.add([Listed(near, "", BLOCK)], "an operator")
        await shelf.quarantine.rescan()
        assert await state_of(shelf, asset_id) == "quarantined"


async def test_deleting_removes_all_bytes_and_keeps_hash_and_record(
    records: Records, migrated_objects: Objects
) -> None:
    async with media_library(records, objects=migrated_objects) as shelf:
        asset_id = await keep(shelf, encoded(busy(6), "JPEG"))
        pdq = await hash_of(records, asset_id)
        await shelf.matches.add([Listed(pdq, "bad", BLOCK)], "an operator")
        await shelf.quarantine.rescan()
        (case,) = await shelf.quarantine.page()
        await shelf.quarantine.delete(case.id, "someone")
        while await shelf.uploads.sweep():
            pass
        assert await shelf.stored() == []
        (file,) = (await shelf.community.look([asset_id])).values()
        assert (file.state, file.refusal_code, file.size_bytes) == (FileState.REFUSED, "media.removed", 0)
        with pytest.raises(AssetUnknown):
            await opened(shelf, asset_id)
        with pytest.raises(CaseUnknown):
            await shelf.quarantine.preview(case.id)
        assert await shelf.quarantine.page() == []
        (kept,) = await shelf.quarantine.page([CaseState.DELETED])
        assert (kept.asset_pdq, kept.label, kept.decided_by, kept.size_bytes) == (
            pdq,
            "bad",
            "someone",
            case.size_bytes,
        )
        assert await hash_of(records, asset_id) == pdq


async def test_what_is_kept_back_is_not_collected_though_nobody_needs_it(
    records: Records, migrated_objects: Objects
) -> None:
    async with media_library(records, objects=migrated_objects) as shelf:
        asset_id = await keep(shelf, encoded(busy(7), "JPEG"))
        asset = await shelf.assets.get(asset_id)
        assert asset is not None
        await shelf.matches.add([Listed(await hash_of(records, asset_id), "", BLOCK)], "an operator")
        await shelf.quarantine.rescan()
        await shelf.uploads.terminate(OWNER, asset.upload_id)
        await shelf.uploads.sweep()
        (case,) = await shelf.quarantine.page()
        assert await shelf.assets.holders(asset_id) == [f"quarantine/{case.id}"]
        assert (await shelf.quarantine.preview(case.id)).content
        await shelf.quarantine.release(case.id, "someone")
        while await shelf.uploads.sweep():
            pass
        assert await shelf.assets.get(asset_id) is None
        assert await records.fetch_one(match_statements.HASH, {"asset_id": asset_id}) is None


async def test_a_list_changed_by_another_process_holds_at_once(records: Records) -> None:
    clock = SystemClock()
    ours, theirs = (MatchList(records, clock, SnowflakeGenerator(clock, worker).next) for worker in (1, 2))
    pdq, other = bytes(32), b"\xff" * 32
    assert (await ours.known()).entries == ()
    await theirs.add([Listed(pdq, "one", BLOCK), Listed(other, "two", REVIEW)], "they")
    assert [each.label for each in (await ours.known()).entries] == ["one", "two"]
    assert await ours.known() is await ours.known()
    await theirs.add([Listed(pdq, "uno", REVIEW)], "they")
    assert {(each.label, each.action) for each in (await ours.known()).entries} == {
        ("uno", "review"),
        ("two", "review"),
    }
    assert (await theirs.remove(pdq)).label == "uno"
    with pytest.raises(MatchUnknown):
        await theirs.remove(pdq)
    assert [each.label for each in (await ours.known()).entries] == ["two"]
    assert [each.label for each in await ours.page("TW")] == ["two"]
    assert await ours.page("t%") == []
    assert await ours.count() == 1
