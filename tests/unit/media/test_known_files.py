"""Files that are asked for often are known for a few seconds, and never longer than they may be."""

from __future__ import annotations

import asyncio

from hubbub.kernel.clock import ManualClock
from hubbub.media.domain.deliverable import Deliverable, StoredSegment
from hubbub.media.domain.kinds import Kind
from hubbub.media.service.known_files import KnownFiles


def file_of(asset_id: int, segments: int = 1) -> Deliverable:
    kept = tuple(StoredSegment(f"media/segments/{asset_id}/{n}", 1) for n in range(segments))
    return Deliverable(asset_id, "key/a", Kind.FILE, "video/mp4", segments, "film.mp4", kept, (), is_public=False)


class Tables:
    """Counts how often it is asked."""

    def __init__(self, *files: Deliverable) -> None:
        self.files = {each.asset_id: each for each in files}
        self.asked = 0
        self.open = asyncio.Event()
        self.open.set()

    async def find(self, asset_id: int) -> Deliverable | None:
        self.asked += 1
        found = self.files.get(asset_id)
        await self.open.wait()
        return found


async def test_a_hot_file_is_looked_up_once_in_a_while() -> None:
    tables, clock = Tables(file_of(1)), ManualClock()
    known = KnownFiles(tables, clock, keep_s=5.0)
    for _ in range(100):
        assert await known.find(1) == file_of(1)
    assert tables.asked == 1
    clock.advance(5.0)
    del tables.files[1]
    assert await known.find(1) is None


async def test_what_is_forgotten_is_looked_up_again_also_while_it_is_looked_up() -> None:
    tables = Tables(file_of(1))
    known = KnownFiles(tables, ManualClock())
    await known.find(1)
    known.forget(1)
    tables.open.clear()
    asking = asyncio.create_task(known.find(1))
    await asyncio.sleep(0)
    del tables.files[1]
    known.forget(1)
    tables.open.set()
    assert await asking == file_of(1)
    assert await known.find(1) is None


async def test_only_so_many_files_are_known_and_none_with_a_long_list() -> None:
    tables = Tables(*(file_of(each) for each in range(4)), file_of(9, segments=65))
    known = KnownFiles(tables, ManualClock(), files_max=3)
    for each in (0, 1, 2, 3, 3, 2, 1):
        await known.find(each)
    assert tables.asked == 4
    await known.find(0)
    assert tables.asked == 5
    await known.find(9)
    await known.find(9)
    assert tables.asked == 7


async def test_what_is_not_there_is_asked_for_each_time() -> None:
    tables = Tables()
    known = KnownFiles(tables, ManualClock())
    assert await known.find(5) is None
    tables.files[5] = file_of(5)
    assert await known.find(5) == file_of(5)
