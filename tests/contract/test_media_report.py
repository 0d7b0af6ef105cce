"""What operators are told of media at a glance, alike on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from hubbub.kernel.clock import ManualClock, SystemClock
from hubbub.media.adapters import asset_statements, cold_statements, upload_statements
from hubbub.media.adapters.job_store import JobStore
from hubbub.media.config import MediaConfig
from hubbub.media.counted import Counts
from hubbub.media.domain import job as jobs
from hubbub.media.domain.asset import DAY_MS, Derived
from hubbub.media.domain.job import Policy
from hubbub.media.service.figures import COUNTS, Figures
from hubbub.media.service.parked import ParkedJobs
from hubbub.media.service.report import KEEP_S, MediaReport
from hubbub.media.service.stock import FRESH_S, Stock, StockCount
from hubbub.storage.records.port import Op, Records
from servers.media_library import media_library

OWNER = "user:7"
ROWS = 2
"""So few at a time, that every table is walked in several pieces."""


async def body(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def made(asset_id: int, storage_class: str, name: str, size_bytes: int, content_type: str = "image/webp") -> Op:
    key = f"{storage_class}/{asset_id}/{name}"
    derived = Derived(asset_id, name, storage_class, key, content_type, 1, 1, size_bytes, 0)
    return Op(asset_statements.KEEP_DERIVED, derived._asdict())


def segment(upload_id: int, n: int, key: str, size_bytes: int) -> Op:
    return Op(upload_statements.INSERT_SEGMENT, upload_statements.Segment(upload_id, n, key, size_bytes)._asdict())


@pytest.fixture
async def records(migrated_records: Records) -> AsyncIterator[Records]:
    yield migrated_records
    await migrated_records.close()


def amounts(stock: Stock) -> set[tuple[str, str, int, int]]:
    return {tuple(each) for each in stock.kept}


async def test_everything_is_counted_once_however_small_the_pieces(records: Records) -> None:
    await records.write(
        [
            *(made(n, "variant", f"{width}", n, "image/avif") for n in range(1, 8) for width in (64, 128, 256)),
            *(made(n, "variant", "png", 1, "image/png") for n in range(1, 4)),
            *(made(n, "mezzanine", "2048", 100) for n in range(1, 8)),
            *(segment(n, place, f"{n}/{place}", 10) for n in range(1, 6) for place in range(3)),
        ]
    )
    found = await StockCount(records, SystemClock(), rows=ROWS).now()
    assert amounts(found) == {
        ("original", "", 15, 150),
        ("mezzanine", "image/webp", 7, 700),
        ("variant", "image/avif", 21, 84),
        ("variant", "image/png", 3, 3),
    }


async def test_objects_that_files_share_are_counted_once(records: Records) -> None:
    await records.write(
        [
            segment(1, 0, "a", 10),
            segment(2, 0, "b", 20),
            *(segment(3, place, key, size) for place, (key, size) in enumerate([("a", 10), ("b", 20), ("a", 10)])),
            segment(4, 0, "a", 10),
        ]
    )
    assert amounts(await StockCount(records, SystemClock(), rows=ROWS).now()) == {("original", "", 2, 30)}


async def test_originals_that_are_cold_are_counted_apart_and_what_that_saves(records: Records) -> None:
    async with media_library(records, works=False) as shelf:
        hot, cold = [await shelf.library.store(OWNER, f"{n}.bin", body(bytes([n]) * 2500), 3000) for n in range(2)]
        (asset,) = await records.fetch(asset_statements.OF_IDS, {"asset_ids": [cold]})
        await records.write([Op(cold_statements.COOLED, {"asset_id": cold, "known_day": asset.seen_day}, expect=1)])
    for upload_id in (1, 2):  # together
        named = cold_statements.Cold(upload_id, "media/cold/1/1/0", 1000, 700, b"hash", 0)
        await records.write([Op(cold_statements.INSERT, named._asdict())])
    found = await StockCount(records, SystemClock(), rows=ROWS).now()
    assert amounts(found) == {("original", "", 3, 2500), ("cold", "", 4, 3200)}
    assert found.saved_bytes == 300
    assert hot


async def test_figures_of_all_processes_add_up_and_outlive_them(records: Records) -> None:
    clock = ManualClock(100 * DAY_MS)
    counts = {name: Counts(f"test.{name}", "what", ("a", "b"), description="of a test") for name in COUNTS}
    first, second = Figures(records, clock, counts), Figures(records, clock, counts)
    counts["variants"].add("a", 3)
    counts["cpu_s"].add("b", 1.5)
    assert (await first.of_days(30)).variants == {"a": 3, "b": 0}
    assert await first.flush() == 2
    assert await first.flush() == 0
    assert await second.flush() == 2  # another process, that did as much
    clock.advance(29 * DAY_MS / 1000)
    counts["variants"].add("a")
    assert await first.flush() == 1
    after = Figures(records, clock, counts)
    told = await after.of_days(30)
    assert (told.since_ms, told.variants, told.cpu_s) == (100 * DAY_MS, {"a": 7, "b": 0}, {"a": 0, "b": 3.0})
    clock.advance(DAY_MS / 1000)
    assert (await after.of_days(30)).variants == {"a": 1, "b": 0}


async def test_a_count_is_remembered_and_made_anew_beside_other_work(records: Records) -> None:
    clock = ManualClock(0)
    stock = StockCount(records, clock, rows=ROWS)
    first = await stock.latest(60.0)
    assert first is not None
    assert first.kept == ()
    await records.write([made(1, "variant", "a", 5)])
    assert await stock.latest(60.0) is first
    clock.advance(FRESH_S)
    assert await stock.latest(60.0) is first  # what is known is told while another is made
    await stock.stop()


async def test_a_report_tells_of_work_of_uploads_and_of_what_is_kept(records: Records) -> None:
    clock, store = SystemClock(), JobStore(records)
    async with media_library(records, works=False) as shelf:
        ids = [await shelf.library.store(OWNER, f"{name}.bin", body(name.encode() * 2500), 3000) for name in "abc"]
        await shelf.library.begin(OWNER, "d.bin", 5000)
        parked, _ = await store.take("two", 2, clock.unix_ms(), Policy())
        await store.keep(parked, jobs.parked(parked, "media.damaged", "It is damaged."))
        config = MediaConfig(price_stored=2.0, price_currency="EUR")
        report = MediaReport(records, clock, config, serves=True, rows=ROWS)
        found = await report.current(60.0)
        assert {(each.name, each.objects, each.size_bytes) for each in found.kept} == {("original", 9, 7500)}
        assert {(each.kind, each.state, each.number) for each in found.jobs} == {
            ("inspect", "queued", 1),
            ("inspect", "leased", 1),
            ("inspect", "parked", 1),
        }
        (given_up,) = found.parked
        assert (given_up.id, given_up.name, given_up.code) == (str(parked.id), "a.bin", "media.damaged")
        (running,) = found.running
        assert (running.node, running.asset_id) == ("two", str(ids[1]))
        (upload,) = found.uploads.latest
        assert (found.uploads.number, found.uploads.announced_bytes) == (1, 5000)
        assert (upload.name, upload.owner, upload.size_bytes) == ("d.bin", OWNER, 5000)
        assert found.process is not None
        assert found.currency == "EUR"
        assert found.costs[0].cost == pytest.approx(2.0 * 7500 / 1e9)
        assert [each.name for each in found.costs] == ["stored", "processed", "delivered"]


async def test_a_report_is_told_again_until_something_was_done(records: Records) -> None:
    clock, store = ManualClock(SystemClock().unix_ms()), JobStore(records)
    async with media_library(records, works=False) as shelf:
        await shelf.library.store(OWNER, "a", body(b"a"), 10)
        (job,) = await store.take("two", 1, clock.unix_ms() + 10_000, Policy())
        await store.keep(job, jobs.parked(job, "media.damaged", "It is damaged."))
        report = MediaReport(records, clock, MediaConfig(), serves=False)
        first = await report.current(60.0)
        await ParkedJobs(records, clock).drop(job.id)
        assert await report.current() is first
        report.forget()
        assert (await report.current()).parked == []
        assert first.process is None
        clock.advance(KEEP_S)
        await report.stop()


async def test_more_work_than_is_counted_is_told_as_that(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubbub.media.service.report.COUNT_MAX", 2)
    async with media_library(records, works=False) as shelf:
        for name in "abc":
            await shelf.library.store(OWNER, name, body(b"a"), 10)
    found = await MediaReport(records, SystemClock(), MediaConfig(), serves=False).current(60.0)
    assert (sum(each.number for each in found.jobs), found.count_max) == (2, 2)
