"""What the community is promised of the library that keeps its files, on both databases."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from doubles.file_library import FileLibraryDouble
from doubles.pictures import corners, encoded
from hubbub.community.errors import TooLarge
from hubbub.community.service.files_port import FileLibrary, FileState
from hubbub.kernel.clock import ManualClock
from hubbub.kernel.snowflake import SnowflakeGenerator
from hubbub.storage.errors import RecordConflict
from hubbub.storage.objects import Objects
from hubbub.storage.records.port import Records
from servers.media_library import media_library
from servers.waiting import until

OWNER = "user:7"
PUBLIC_URL = "http://hubbub.test"
WITHIN_S = 30.0
"""Far more than any of this takes."""


@dataclass
class Shelf:
    """A library, and what lies beneath it."""

    library: FileLibrary
    records: Records

    async def store(self, filename: str, content: bytes, size_bytes_max: int = 1_000_000) -> int:
        return await self.library.store(OWNER, filename, pieces(content), size_bytes_max)

    async def holds(self, asset_id: int, holder: str) -> None:
        await self.records.write(self.library.hold(asset_id, holder))

    async def lets_go(self, asset_id: int, holder: str) -> None:
        await self.records.write(self.library.release(asset_id, holder))


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 1000):
        yield content[start : start + 1000]


@pytest.fixture(params=["double", "media"])
async def shelf(
    request: pytest.FixtureRequest, migrated_records: Records, migrated_objects: Objects
) -> AsyncIterator[Shelf]:
    if request.param == "double":
        clock = ManualClock()
        double = FileLibraryDouble(migrated_records, clock, SnowflakeGenerator(clock), PUBLIC_URL)
        yield Shelf(double, migrated_records)
    elif sys.platform != "linux" or importlib.util.find_spec("hubbub.native._native") is None:
        pytest.skip("the sandbox wants Linux and the native core")
    else:
        async with media_library(migrated_records, objects=migrated_objects) as made:
            yield Shelf(made.community, migrated_records)
    await migrated_records.close()


async def test_a_picture_is_told_with_its_size_and_its_blur_once_it_is_settled(shelf: Shelf) -> None:
    asset_id = await shelf.store("corners.png", encoded(corners(96, 64), "PNG"))
    file = (await shelf.library.settled([asset_id], WITHIN_S))[asset_id]
    assert (file.asset_id, file.owner, file.filename) == (asset_id, OWNER, "corners.png")
    assert (file.state, file.kind, file.content_type) == (FileState.READY, "image", "image/png")
    assert (file.width, file.height, file.progress) == (96, 64, 100)
    assert file.thumbhash
    assert await shelf.library.look([asset_id]) == {asset_id: file}


async def test_what_is_no_picture_is_kept_as_it_is(shelf: Shelf) -> None:
    asset_id = await shelf.store("note.txt", b"hello\n" * 500)
    file = (await shelf.library.settled([asset_id], WITHIN_S))[asset_id]
    assert (file.state, file.kind, file.size_bytes) == (FileState.READY, "file", 3000)
    assert (file.width, file.height, file.duration_ms, file.thumbhash) == (None, None, None, None)
    assert file.content_type.startswith("text/plain")


async def test_a_broken_picture_is_refused_with_a_reason(shelf: Shelf) -> None:
    asset_id = await shelf.store("broken.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 100)
    file = (await shelf.library.settled([asset_id], WITHIN_S))[asset_id]
    assert file.state is FileState.REFUSED
    assert file.refusal_code
    assert file.refusal


async def test_more_bytes_than_are_wanted_leave_nothing(shelf: Shelf) -> None:
    with pytest.raises(TooLarge):
        await shelf.store("big.txt", b"x" * 5001, 5000)
    assert await shelf.store("fits.txt", b"x" * 5000, 5000)


async def test_bytes_that_break_off_leave_nothing_and_say_why(shelf: Shelf) -> None:
    async def cut() -> AsyncIterator[bytes]:
        yield b"x" * 100
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await shelf.library.store(OWNER, "cut.txt", cut(), 5000)


async def test_an_empty_file_is_a_file(shelf: Shelf) -> None:
    asset_id = await shelf.store("empty", b"")
    file = (await shelf.library.settled([asset_id], WITHIN_S))[asset_id]
    assert (file.state, file.kind, file.size_bytes) == (FileState.READY, "file", 0)


async def test_an_upload_is_found_by_its_owner_alone_and_not_before_it_is_whole(shelf: Shelf) -> None:
    begun = await shelf.library.begin(OWNER, "later.txt", 10)
    assert begun.path.startswith("/media/uploads/")
    assert await shelf.library.find(begun.uploaded_filename, OWNER) is None
    assert await shelf.library.find("nonsense", OWNER) is None
    other = await shelf.library.begin(OWNER, "later.txt", 10)
    assert other.uploaded_filename != begun.uploaded_filename


async def test_a_reference_is_made_once_and_ended_once(shelf: Shelf) -> None:
    asset_id = await shelf.store("a.txt", b"a")
    await shelf.holds(asset_id, "attachment:1")
    with pytest.raises(RecordConflict):
        await shelf.holds(asset_id, "attachment:1")
    await shelf.holds(asset_id, "attachment:2")
    await shelf.lets_go(asset_id, "attachment:1")
    with pytest.raises(RecordConflict):
        await shelf.lets_go(asset_id, "attachment:1")


async def test_what_is_not_there_is_held_by_nobody(shelf: Shelf) -> None:
    with pytest.raises(RecordConflict):
        await shelf.holds(4711, "attachment:1")
    assert await shelf.library.look([4711]) == {}


async def test_an_address_is_absolute_and_the_same_for_all_who_ask_at_once(shelf: Shelf) -> None:
    asset_id = await shelf.store("a b.txt", b"a")
    signed = shelf.library.address(asset_id, "a b.txt")
    assert signed == shelf.library.address(asset_id, "a b.txt")
    assert signed.startswith(f"{PUBLIC_URL}/media/files/")
    assert "a%20b.txt?" in signed
    assert "hm=" in signed
    assert "ex=" not in shelf.library.address(asset_id, "a b.txt", public=True)


async def test_whoever_subscribed_is_told_what_settled(shelf: Shelf) -> None:
    told: list[int] = []
    shelf.library.subscribe(told.append)
    asset_id = await shelf.store("a.txt", b"a")
    await shelf.library.settled([asset_id], WITHIN_S)
    await until(lambda: asset_id in told, within_s=WITHIN_S)
