from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from hubbub.events.log import Record, RecordPosition, Retention, TopicPartition, Watermarks
from hubbub.events.log.embedded import Config, EmbeddedLog
from hubbub.events.log.embedded.disk import Disk
from hubbub.events.log.errors import (
    LogBroken,
    LogClosed,
    LogCorrupt,
    LogFull,
    LogLocked,
    LogOverloaded,
    RecordTooLarge,
)
from hubbub.kernel.clock import ManualClock
from hubbub.kernel.errors import Misconfigured

T0 = TopicPartition("t", 0)
SMALL = Config(segment_bytes=1024, group_commit_ms=0)


class MoodyDisk(Disk):
    """Fails on demand; otherwise the machine's own."""

    def __init__(self) -> None:
        self.room: int | None = None
        self.write_errno = errno.ENOSPC
        self.sync_errno = 0
        self.directory_errno = 0
        self.gate = threading.Event()
        self.gate.set()

    def write(self, descriptor, data):
        assert self.gate.wait(10)
        if self.room is not None and len(data) > self.room:
            os.write(descriptor, data[: self.room])
            raise OSError(self.write_errno, "on purpose")
        super().write(descriptor, data)

    def sync(self, descriptor):
        if self.sync_errno:
            raise OSError(self.sync_errno, "on purpose")
        super().sync(descriptor)

    def sync_directory(self, path):
        if self.directory_errno:
            raise OSError(self.directory_errno, "on purpose")
        super().sync_directory(path)


async def contents(log: EmbeddedLog) -> list[bytes]:
    consumer = await log.consumer(["t"])
    values: list[bytes] = []
    while records := await consumer.poll(1000):
        values += [record.value for record in records]
    return values


async def test_records_offsets_and_retention_outlive_the_process(tmp_path):
    log = await EmbeddedLog.open(tmp_path)
    await log.create_topic("t", partitions=2, retention=Retention(bytes_max=10**6))
    await log.append("t", [Record(b"%d" % n, b"%d" % n) for n in range(50)])
    consumer = await log.consumer(["t"], group="g")
    await consumer.poll(20)
    await consumer.commit()
    committed = await consumer.committed()
    await log.close()
    log = await EmbeddedLog.open(tmp_path)
    assert await log.topics() == {"t": 2}
    assert log._topics["t"].retention == Retention(bytes_max=10**6)
    consumer = await log.consumer(["t"], group="g")
    assert await consumer.committed() == committed
    assert len(await consumer.poll()) == 30
    assert sorted(map(int, await contents(log))) == list(range(50))
    await log.create_topic("t", partitions=2, retention=Retention(age_ms_max=1))
    await log.close()
    log = await EmbeddedLog.open(tmp_path)
    assert log._topics["t"].retention == Retention(age_ms_max=1)
    await log.close()


async def test_closing_writes_what_is_queued(tmp_path):
    log = await EmbeddedLog.open(tmp_path, Config(group_commit_ms=100))
    await log.create_topic("t")
    waiting = asyncio.create_task(log.append("t", [Record(b"last")]))
    await asyncio.sleep(0)
    await log.close()
    assert await waiting == [RecordPosition(0, 0)]
    log = await EmbeddedLog.open(tmp_path)
    assert await contents(log) == [b"last"]
    await log.close()


async def test_a_second_opener_is_told_who_holds_the_folder(tmp_path):
    log = await EmbeddedLog.open(tmp_path)
    with pytest.raises(LogLocked) as caught:
        await EmbeddedLog.open(tmp_path)
    assert str(os.getpid()) in caught.value.sentence
    await log.close()
    await (await EmbeddedLog.open(tmp_path)).close()


async def test_a_full_disk_acknowledges_nothing_and_recovers_when_there_is_room(tmp_path):
    disk = MoodyDisk()
    log = await EmbeddedLog.open(tmp_path, SMALL, disk=disk)
    await log.create_topic("t", partitions=2)
    await log.append("t", [Record(b"kept")])
    before = {path: path.stat().st_size for path in tmp_path.rglob("*.log")}
    disk.room = 50
    for _ in range(3):
        with pytest.raises(LogFull):
            await log.append("t", [Record(b"x" * 100), Record(b"y" * 100)])
    assert {path: path.stat().st_size for path in tmp_path.rglob("*.log")} == before
    assert await contents(log) == [b"kept"]
    disk.room = None
    await log.append("t", [Record(b"room again")])
    await log.close()
    log = await EmbeddedLog.open(tmp_path)
    assert sorted(await contents(log)) == [b"kept", b"room again"]
    await log.close()


async def test_a_roll_without_room_acknowledges_nothing_and_recovers(tmp_path):
    disk = MoodyDisk()
    log = await EmbeddedLog.open(tmp_path, SMALL, disk=disk)
    await log.create_topic("t")
    await log.append("t", [Record(b"a" * 900)])
    disk.directory_errno = errno.ENOSPC
    with pytest.raises(LogFull):
        await log.append("t", [Record(b"b" * 900)])
    await log.append("t", [Record(b"c")])
    disk.directory_errno = 0
    await log.append("t", [Record(b"d" * 900)])
    await log.close()
    log = await EmbeddedLog.open(tmp_path)
    assert [value[:1] for value in await contents(log)] == [b"a", b"c", b"d"]
    await log.close()


async def test_a_full_disk_refuses_commits_and_keeps_the_old_offsets(tmp_path):
    disk = MoodyDisk()
    log = await EmbeddedLog.open(tmp_path, SMALL, disk=disk)
    await log.create_topic("t")
    consumer = await log.consumer(["t"], group="g")
    await consumer.commit({T0: 1})
    disk.room = 3
    with pytest.raises(LogFull):
        await consumer.commit({T0: 2})
    with pytest.raises(LogFull):
        await log.create_topic("u")
    assert await consumer.committed() == {T0: 1}
    disk.room = None
    await log.create_topic("u")
    await log.close()
    log = await EmbeddedLog.open(tmp_path)
    assert await (await log.consumer(["t"], group="g")).committed() == {T0: 1}
    assert await log.topics() == {"t": 1, "u": 1}
    await log.close()


@pytest.mark.parametrize("fails", ["sync", "write"])
async def test_after_a_failed_disk_appends_are_refused_until_a_restart(tmp_path, fails):
    disk = MoodyDisk()
    log = await EmbeddedLog.open(tmp_path, SMALL, disk=disk)
    await log.create_topic("t")
    await log.append("t", [Record(b"kept")])
    if fails == "sync":
        disk.sync_errno = errno.EIO
    else:
        disk.room, disk.write_errno = 10, errno.EIO
    with pytest.raises(LogBroken):
        await log.append("t", [Record(b"lost" * 20)])
    disk.sync_errno, disk.room = 0, None
    with pytest.raises(LogBroken):
        await log.append("t", [Record(b"too soon")])
    with pytest.raises(LogBroken):
        await log.health()
    assert await contents(log) == [b"kept"]
    await log.enforce_retention()
    await log.close()
    log = await EmbeddedLog.open(tmp_path)
    assert await contents(log) == [b"kept"]
    await log.append("t", [Record(b"after")])
    await log.close()


async def test_a_disk_slower_than_its_writers_sheds_load_and_loses_nothing(tmp_path):
    disk = MoodyDisk()
    log = await EmbeddedLog.open(tmp_path, Config(queue_bytes_max=4096, group_commit_ms=0), disk=disk)
    await log.create_topic("t")
    disk.gate.clear()
    appends = [asyncio.create_task(log.append("t", [Record(b"%d" % n + bytes(500))])) for n in range(100)]
    await asyncio.wait(appends, timeout=10, return_when=asyncio.FIRST_COMPLETED)
    disk.gate.set()
    results = await asyncio.gather(*appends, return_exceptions=True)
    accepted = [n for n, result in enumerate(results) if isinstance(result, list)]
    assert {type(result) for result in results} == {list, LogOverloaded}
    assert [int(value.rstrip(b"\x00")) for value in await contents(log)] == accepted
    await log.close()


async def test_an_append_that_can_never_fit_the_queue_is_too_large(tmp_path):
    log = await EmbeddedLog.open(tmp_path, Config(queue_bytes_max=4096))
    await log.create_topic("t")
    with pytest.raises(RecordTooLarge) as caught:
        await log.append("t", [Record(bytes(1000))] * 5)
    assert caught.value.fields[0].path == "records"
    await log.close()


async def test_a_caller_that_gave_up_disturbs_nobody(tmp_path):
    disk = MoodyDisk()
    log = await EmbeddedLog.open(tmp_path, SMALL, disk=disk)
    await log.create_topic("t")
    disk.gate.clear()
    gone = asyncio.create_task(log.append("t", [Record(b"gone")]))
    stays = asyncio.create_task(log.append("t", [Record(b"stays")]))
    await asyncio.sleep(0)
    gone.cancel()
    disk.gate.set()
    await stays
    assert b"stays" in await contents(log)
    await log.close()


async def test_damage_at_the_end_stops_the_start_unless_told_to_give_up_the_rest(tmp_path):
    log = await EmbeddedLog.open(tmp_path, SMALL)
    await log.create_topic("t")
    for number in range(5):
        await log.append("t", [Record(b"%d" % number)])
    await log.close()
    (path,) = tmp_path.rglob("*.log")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(LogCorrupt) as caught:
        await EmbeddedLog.open(tmp_path, SMALL)
    assert (caught.value.path, caught.value.offset) == (path, 2)
    log = await EmbeddedLog.open(tmp_path, Config(truncate_damage=True))
    assert await contents(log) == [b"0", b"1"]
    await log.close()


@pytest.mark.parametrize("name", ["topics/t/topic.json", "groups/g.offsets"])
async def test_a_damaged_document_is_named(tmp_path, name):
    log = await EmbeddedLog.open(tmp_path)
    await log.create_topic("t")
    await (await log.consumer(["t"], group="g")).commit({T0: 0})
    await log.close()
    path = tmp_path / name
    path.write_bytes(path.read_bytes().replace(b":0", b":1").replace(b'"partitions":1', b'"partitions":2'))
    with pytest.raises(LogCorrupt) as caught:
        await EmbeddedLog.open(tmp_path)
    assert caught.value.path == path


async def test_a_topic_whose_description_is_gone_is_not_made_anew_over_its_records(tmp_path):
    log = await EmbeddedLog.open(tmp_path)
    await log.create_topic("t")
    await log.append("t", [Record(b"kept")])
    await log.close()
    (tmp_path / "topics/t/topic.json").unlink()
    log = await EmbeddedLog.open(tmp_path)
    with pytest.raises(LogCorrupt):
        await log.create_topic("t")
    await log.close()


async def test_a_read_meets_damage_after_giving_what_lies_before(tmp_path):
    log = await EmbeddedLog.open(tmp_path, SMALL)
    await log.create_topic("t")
    for number in range(60):
        await log.append("t", [Record(b"%050d" % number)])
    path = sorted(tmp_path.rglob("*.log"))[1]
    data = bytearray(path.read_bytes())
    data[5] ^= 1
    path.write_bytes(data)
    bad = int(path.stem)
    consumer = await log.consumer(["t"])
    assert len(await consumer.poll()) == bad
    with pytest.raises(LogCorrupt) as caught:
        await consumer.poll()
    assert (caught.value.path, caught.value.offset, caught.value.position) == (path, bad, 0)
    await consumer.seek(T0, int(sorted(tmp_path.rglob("*.log"))[2].stem))
    assert await consumer.poll()
    await log.close()


async def test_a_quiet_partition_ages_away_without_appends(tmp_path):
    clock = ManualClock()
    log = await EmbeddedLog.open(tmp_path, Config(), clock=clock)
    await log.create_topic("t", retention=Retention(age_ms_max=1000))
    await log.append("t", [Record(b"old")])
    await log.enforce_retention()
    assert await log.watermarks(T0) == Watermarks(0, 1)
    clock.advance(2)
    await log.enforce_retention()
    assert await log.watermarks(T0) == Watermarks(1, 1)
    assert await log.append("t", [Record(b"new")]) == [RecordPosition(0, 1)]
    assert len(list(tmp_path.rglob("*.log"))) == 1
    await log.close()


async def test_appending_goes_on_while_retention_removes_what_others_read(tmp_path):
    log = await EmbeddedLog.open(tmp_path, SMALL)
    await log.create_topic("t", retention=Retention(bytes_max=2048))
    consumer = await log.consumer(["t"])
    seen: list[int] = []

    async def read() -> None:
        while not seen or seen[-1] < 499:
            seen.extend(int(record.value) for record in await consumer.poll(7, timeout_s=10))

    reading = asyncio.create_task(read())
    for number in range(500):
        await log.append("t", [Record(b"%080d" % number)])
    async with asyncio.timeout(10):
        await reading
    assert seen == sorted(set(seen))
    await log.close()


async def test_health_is_one_line_and_fails_when_closed(tmp_path):
    log = await EmbeddedLog.open(tmp_path)
    await log.create_topic("t", partitions=3)
    await log.append("t", [Record(b"1")])
    assert await log.health() == "1 topics, 3 partitions, 1 records"
    await log.close()
    with pytest.raises(LogClosed):
        await log.health()


@pytest.mark.parametrize(("setting", "value"), [("group_commit_ms", -1), ("segment_bytes", 5), ("queue_bytes_max", 0)])
def test_a_bad_setting_names_itself(setting, value):
    with pytest.raises(Misconfigured, match=setting):
        Config(**{setting: value})


def test_the_kernels_own_refusal_to_grow_a_file_is_a_full_disk(tmp_path: Path):
    program = """
        import asyncio, resource, sys
        from pathlib import Path
        from hubbub.events.log import Record
        from hubbub.events.log.embedded import EmbeddedLog
        from hubbub.events.log.errors import LogFull

        async def main():
            log = await EmbeddedLog.open(Path(sys.argv[1]))
            await log.create_topic("t")
            kept = 0
            try:
                while True:
                    await log.append("t", [Record(bytes(3000))])
                    kept += 1
            except LogFull:
                print(kept, len(await (await log.consumer(["t"])).poll()))
            await log.close()

        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        asyncio.run(main())
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / "log")],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert ended.stdout.split()[-2:] == ["6", "6"]
    (path,) = (tmp_path / "log").rglob("*.log")
    assert path.stat().st_size == 6 * 3036
