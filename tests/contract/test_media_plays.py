"""Plays of several processes add up, and make one job."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator

import pytest

from hubbub.kernel.clock import ManualClock
from hubbub.media.adapters import job_statements
from hubbub.media.service.plays import VIDEOS_MAX, Plays
from hubbub.storage.records.port import Records

ASSET = 77


def counting(records: Records, ids: Iterator[int], after: int = 5) -> Plays:
    return Plays(records, ManualClock(), lambda: next(ids), after, lambda: None)


@pytest.fixture
async def records(migrated_records: Records) -> AsyncIterator[Records]:
    yield migrated_records
    await migrated_records.close()


async def kinds(records: Records) -> list[str]:
    return [each.kind for each in await records.fetch(job_statements.OF_ASSET, {"asset_id": ASSET})]


async def test_plays_of_all_processes_make_one_job(records: Records) -> None:
    ids = itertools.count(1)
    processes = [counting(records, ids) for _ in range(3)]
    for plays, number in zip(processes, (2, 2, 4), strict=True):
        for _ in range(number):
            plays.count(ASSET)
    assert await processes[0].flush() == 1
    assert await kinds(records) == []
    await asyncio.gather(*(each.flush() for each in processes))
    assert await kinds(records) == ["refine"]
    processes[0].count(ASSET)
    await processes[0].flush()
    assert await kinds(records) == ["refine"]


async def test_nothing_is_counted_where_nothing_would_come_of_it(records: Records) -> None:
    plays = counting(records, itertools.count(1), after=0)
    plays.count(ASSET)
    assert await plays.flush() == 0


async def test_what_is_counted_in_memory_is_bounded(records: Records) -> None:
    plays = counting(records, itertools.count(1))
    for asset_id in range(VIDEOS_MAX + 10):
        plays.count(asset_id)
    assert await plays.flush() == VIDEOS_MAX
