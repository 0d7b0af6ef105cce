"""Jobs have one holder, outlive whoever is killed, and go with their assets, alike on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from hubbub.kernel.clock import ManualClock
from hubbub.kernel.snowflake import SnowflakeGenerator
from hubbub.media.adapters.asset_store import AssetStore
from hubbub.media.adapters.job_store import JobStore, LeaseLost
from hubbub.media.config import MediaConfig
from hubbub.media.domain import job as jobs
from hubbub.media.domain.job import LOST_CODE, Job, JobKind, JobState, Policy
from hubbub.media.domain.tus import Create, parse_concat
from hubbub.media.domain.upload import Upload
from hubbub.media.errors import DamagedMedia, SandboxLost, SandboxUnavailable
from hubbub.media.service.jobs import JobEvent, Jobs, Report, Worker
from hubbub.media.service.uploads import Uploads
from hubbub.storage.objects import Objects
from hubbub.storage.records.port import Op, Records
from servers.waiting import until

OWNER = "key/MEDa"
BYTES = b"some words"
POLICY = Policy(lease_ms=60_000, attempts_max=3, backoff_ms=1000, backoff_max_ms=4000)
WAIT_S = 60.0


class Bench:
    """Uploads, and the jobs that they make."""

    def __init__(self, records: Records, objects: Objects) -> None:
        self.records = records
        self.objects = objects
        self.clock = ManualClock()
        self.jobs = JobStore(records)
        self.assets = AssetStore(records)
        ids = SnowflakeGenerator(self.clock)
        self.uploads = Uploads(records, self.objects, self.clock, ids.next, MediaConfig(), "one")

    async def upload(self, content: bytes = BYTES) -> Upload:
        request = Create(len(content), "", parse_concat(None), True, len(content), None)
        return await self.uploads.create(OWNER, request, body(content))

    async def take(self, owner: str = "one", limit: int = 9) -> list[Job]:
        return await self.jobs.take(owner, limit, self.clock.unix_ms(), POLICY)

    async def job(self, upload: Upload) -> Job:
        (found,) = await self.jobs.of_asset(upload.asset_id or 0)
        return found

    async def state(self, upload: Upload) -> tuple[str, str]:
        asset = await self.assets.get(upload.asset_id or 0)
        assert asset is not None
        return asset.state, asset.error_code

    def runner(self, worker: Worker, node: str = "one", parallel: int = 2) -> Jobs:
        workers = {JobKind.INSPECT.value: worker}
        return Jobs(self.jobs, self.clock, node, workers, lambda: 1.0, parallel=parallel, policy=POLICY)

    async def stored(self) -> list[str]:
        return sorted([key async for key in self.objects.keys()])  # noqa: SIM118 - not a mapping


async def body(content: bytes) -> AsyncIterator[bytes]:
    yield content


@pytest.fixture
async def bench(migrated_records: Records, migrated_objects: Objects) -> AsyncIterator[Bench]:
    yield Bench(migrated_records, migrated_objects)
    await migrated_records.close()


async def nothing_found(job: Job, report: Report) -> Sequence[Op]:
    return ()


async def test_a_finished_upload_has_an_asset_and_one_job(bench: Bench) -> None:
    for upload in (await bench.upload(), await bench.upload(b"")):
        assert await bench.state(upload) == ("processing", "")
        assert (await bench.job(upload)).state == JobState.QUEUED
        assert await bench.assets.holders(upload.asset_id or 0) == [f"upload/{upload.id}"]


async def test_an_unfinished_upload_has_none(bench: Bench) -> None:
    upload = await bench.uploads.create(OWNER, Create(9, "", parse_concat(None), False, 0, None), body(b""))
    assert await bench.assets.get(upload.asset_id or 0) is None
    assert await bench.take() == []


async def test_of_two_processes_that_race_one_gets_each_job(bench: Bench) -> None:
    uploads = [await bench.upload() for _ in range(6)]
    one, two = await asyncio.gather(bench.take("one"), bench.take("two"))
    assert len(one) + len(two) == len(uploads)
    assert {job.id for job in one} | {job.id for job in two} == {upload.id for upload in uploads}
    for job in one + two:
        found = (await bench.jobs.of_asset(job.asset_id))[0]
        assert (found.lease_owner, found.lease_epoch, found.attempts) == (job.lease_owner, 1, 1)


async def test_who_lost_its_lease_tells_nothing(bench: Bench) -> None:
    upload = await bench.upload()
    (late,) = await bench.take("one")
    assert await bench.take("two") == []
    bench.clock.advance(POLICY.lease_ms / 1000)
    (now,) = await bench.take("two")
    for after in (jobs.done(late), jobs.parked(late, "x", "x"), jobs.renewed(late, bench.clock.unix_ms(), POLICY)):
        with pytest.raises(LeaseLost):
            await bench.jobs.keep(late, after)
    assert await bench.job(upload) == now
    await bench.jobs.keep(now, jobs.done(now))
    with pytest.raises(LeaseLost):
        await bench.jobs.keep(now, jobs.done(now))


async def test_a_job_of_a_killed_process_is_taken_up_when_it_is_back(bench: Bench) -> None:
    upload = await bench.upload()
    await bench.take("one")
    await bench.jobs.release("another")
    assert await bench.take("two") == []
    runner = bench.runner(nothing_found, "one")
    await runner.start()

    async def is_done() -> bool:
        return (await bench.job(upload)).state == JobState.DONE

    await until(is_done, within_s=WAIT_S)
    await runner.stop()
    assert (await bench.job(upload)).attempts == 2


async def test_a_job_that_ends_its_processes_is_parked_with_its_asset(bench: Bench) -> None:
    upload = await bench.upload()
    for _ in range(POLICY.attempts_max):
        assert (await bench.take())[0].state == JobState.LEASED
        await bench.jobs.release("one")
    assert (await bench.take())[0].state == JobState.PARKED
    assert await bench.state(upload) == ("parked", LOST_CODE)
    assert await bench.jobs.count(JobState.PARKED) == 1


async def test_a_refused_file_is_parked_at_once_and_progress_is_told(bench: Bench) -> None:
    told: list[JobEvent] = []

    async def refuse(job: Job, report: Report) -> Sequence[Op]:
        await report(40)
        await report(20)
        raise DamagedMedia

    runner = bench.runner(refuse)
    stop_telling = runner.subscribe(told.append)
    await runner.start()
    upload = await bench.upload()
    runner.wake()

    await until(lambda: bool(told) and told[-1].state == JobState.PARKED, within_s=WAIT_S)
    stop_telling()
    await runner.stop()
    assert [(event.state, event.progress) for event in told] == [("leased", 0), ("leased", 40), ("parked", 40)]
    assert await bench.state(upload) == ("parked", "media.damaged")
    assert (await bench.job(upload)).attempts == 1


async def test_failures_are_tried_again_later_each_time_and_then_parked(bench: Bench) -> None:
    async def fail(job: Job, report: Report) -> Sequence[Op]:
        raise SandboxLost

    upload = await bench.upload()
    runner = bench.runner(fail)
    await runner.start()
    for attempt, wait_ms in ((1, 1000), (2, 2000)):

        async def has_failed(attempt: int = attempt) -> bool:
            job = await bench.job(upload)
            return job.attempts == attempt and job.state == JobState.QUEUED

        await until(has_failed, within_s=WAIT_S)
        assert (await bench.job(upload)).due_at_ms == bench.clock.unix_ms() + wait_ms
        bench.clock.advance(wait_ms / 1000)
        runner.wake()

    async def is_parked() -> bool:
        return await bench.state(upload) == ("parked", "media.sandbox.lost")

    await until(is_parked, within_s=WAIT_S)
    await runner.stop()


async def test_what_the_machine_fails_at_does_not_count(bench: Bench) -> None:
    async def fail(job: Job, report: Report) -> Sequence[Op]:
        raise SandboxUnavailable

    upload = await bench.upload()
    runner = bench.runner(fail)
    await runner.start()
    for epoch in range(1, POLICY.attempts_max + 2):

        async def was_put_back(epoch: int = epoch) -> bool:
            job = await bench.job(upload)
            return job.lease_epoch == epoch and job.state == JobState.QUEUED

        await until(was_put_back, within_s=WAIT_S)
        assert (await bench.job(upload)).attempts == 0
        bench.clock.advance(60)
        runner.wake()
    await runner.stop()


async def test_a_stop_waits_for_what_ends_and_puts_back_the_rest(bench: Bench) -> None:
    quick, slow = await bench.upload(), await bench.upload()
    begun: list[int] = []
    go_on = asyncio.Event()

    async def work(job: Job, report: Report) -> Sequence[Op]:
        begun.append(job.id)
        await (go_on if job.id == quick.id else asyncio.Event()).wait()
        return ()

    runner = bench.runner(work)
    await runner.start()
    await until(lambda: len(begun) == 2, within_s=WAIT_S)
    waiting = await bench.upload()
    go_on.set()
    await until(lambda: runner.running == 1 or waiting.id in begun, within_s=WAIT_S)
    await runner.stop(grace_s=0)
    found = [await bench.job(upload) for upload in (quick, slow)]
    assert [(job.state, job.attempts) for job in found] == [(JobState.DONE, 1), (JobState.QUEUED, 0)]
    assert (await bench.job(waiting)).state == JobState.QUEUED


async def test_no_more_jobs_run_at_a_time_than_may(bench: Bench) -> None:
    uploads = [await bench.upload() for _ in range(5)]
    running: set[int] = set()
    most = 0

    async def work(job: Job, report: Report) -> Sequence[Op]:
        nonlocal most
        running.add(job.id)
        most = max(most, len(running))
        await report(50)
        running.discard(job.id)
        return ()

    runner = bench.runner(work, parallel=2)
    await runner.start()

    async def all_done() -> bool:
        return await bench.jobs.count(JobState.DONE) == len(uploads)

    await until(all_done, within_s=WAIT_S)
    await runner.stop()
    assert most <= 2


async def test_two_runners_do_each_job_once(bench: Bench) -> None:
    uploads = [await bench.upload() for _ in range(12)]
    begun: list[int] = []

    async def work(job: Job, report: Report) -> Sequence[Op]:
        begun.append(job.id)
        await report(50)
        return ()

    runners = [bench.runner(work, node) for node in ("one", "two")]
    for runner in runners:
        await runner.start()

    async def all_done() -> bool:
        return await bench.jobs.count(JobState.DONE) == len(uploads)

    await until(all_done, within_s=WAIT_S)
    for runner in runners:
        await runner.stop()
    assert sorted(begun) == sorted(upload.id for upload in uploads)


async def test_bytes_stay_as_long_as_anybody_holds_them(bench: Bench) -> None:
    upload = await bench.upload()
    asset_id = upload.asset_id or 0
    assert await bench.assets.hold(asset_id, "attachment/7", 1)
    assert not await bench.assets.hold(asset_id, "attachment/7", 1)
    await bench.uploads.terminate(OWNER, upload.id)
    await bench.uploads.sweep()
    assert [chunk async for chunk in bench.uploads.bytes_of(upload)] == [BYTES]
    assert await bench.assets.let_go(asset_id, "attachment/7")
    assert not await bench.assets.let_go(asset_id, "attachment/7")
    while await bench.uploads.sweep():
        pass
    assert await bench.stored() == []
    assert await bench.assets.get(asset_id) is None
    assert await bench.jobs.of_asset(asset_id) == []
    assert not await bench.assets.hold(asset_id, "attachment/8", 1)


async def test_work_on_an_asset_that_goes_meanwhile_leaves_nothing(bench: Bench) -> None:
    upload = await bench.upload()
    (job,) = await bench.take()
    await bench.assets.announce(job.asset_id, bench.clock.unix_ms() + 1000)
    await bench.uploads.terminate(OWNER, upload.id)
    while await bench.uploads.sweep():
        pass
    await bench.assets.announce(job.asset_id, bench.clock.unix_ms() + 1000)
    await bench.objects.put(f"media/mezzanine/{job.asset_id}/2048", b"late")
    with pytest.raises(LeaseLost):
        await bench.jobs.keep(job, jobs.done(job))
    bench.clock.advance(1)
    while await bench.uploads.sweep():
        pass
    assert await bench.stored() == []
