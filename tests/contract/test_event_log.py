"""What every event log promises: the twin in memory and the embedded one alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from hubbub.events.log import EventLog, Record, RecordPosition, Reset, Retention, TopicPartition, Watermarks
from hubbub.events.log.embedded import Config, EmbeddedLog
from hubbub.events.log.errors import (
    InvalidName,
    LogClosed,
    NoGroup,
    OffsetOutOfRange,
    PartitionNotAssigned,
    RecordTooLarge,
    TopicMismatch,
    UnknownPartition,
    UnknownTopic,
)
from hubbub.events.log.memory import MemoryLog
from hubbub.events.log.partitioner import partition_of_key
from hubbub.kernel.clock import ManualClock

T0 = TopicPartition("t", 0)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["memory", "embedded"])
async def log(request, tmp_path: Path, clock: ManualClock) -> AsyncIterator[EventLog]:
    opened: EventLog
    if request.param == "memory":
        opened = MemoryLog(clock=clock, record_bytes_max=1000)
    else:
        config = Config(record_bytes_max=1000, segment_bytes=1024, index_bytes=128, group_commit_ms=0)
        opened = await EmbeddedLog.open(tmp_path / "log", config, clock=clock)
    yield opened
    await opened.close()


def values(*numbers: int) -> list[Record]:
    return [Record(b"%d" % number) for number in numbers]


async def numbers(consumer, records_max: int = 500) -> list[int]:
    return [int(record.value) for record in await consumer.poll(records_max)]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while True:
            if condition():
                return
            await asyncio.sleep(0)


async def test_offsets_count_from_zero_without_gaps(log):
    await log.create_topic("t")
    first = await log.append("t", values(1, 2))
    second = await log.append("t", values(3))
    assert [*first, *second] == [RecordPosition(0, 0), RecordPosition(0, 1), RecordPosition(0, 2)]
    assert await log.watermarks(T0) == Watermarks(0, 3)


async def test_what_was_appended_is_read_back_whole(log, clock):
    await log.create_topic("t")
    records = [Record(b"a", b"key"), Record(b"", None), Record(b"\x00" * 1000, b""), Record(bytes(range(256)), b"\xff")]
    await log.append("t", records)
    read = await (await log.consumer(["t"])).poll()
    assert [(record.value, record.key) for record in read] == [tuple(record) for record in records]
    assert [(record.topic, record.partition, record.offset) for record in read] == [("t", 0, n) for n in range(4)]
    assert {record.timestamp_ms for record in read} == {clock.unix_ms()}


async def test_concurrent_appends_keep_the_order_of_each_caller_and_share_no_offset(log):
    await log.create_topic("t")

    async def caller(name: int) -> list[int]:
        return [(await log.append("t", [Record(b"%d %d" % (name, turn))]))[0].offset for turn in range(20)]

    offsets = await asyncio.gather(*(caller(name) for name in range(10)))
    assert sorted(offset for given in offsets for offset in given) == list(range(200))
    read = await (await log.consumer(["t"])).poll()
    for name in range(10):
        turns = [int(record.value.split()[1]) for record in read if int(record.value.split()[0]) == name]
        assert turns == list(range(20))


async def test_a_key_stays_in_its_partition_and_keeps_its_order(log):
    await log.create_topic("t", partitions=4)
    keys = [b"%d" % (number % 10) for number in range(100)]
    positions = await log.append("t", [Record(b"%d" % n, key) for n, key in enumerate(keys)])
    assert [position.partition for position in positions] == [partition_of_key(key, 4) for key in keys]
    read = await (await log.consumer(["t"])).poll()
    assert len(read) == 100
    for key in set(keys):
        mine = [int(record.value) for record in read if record.key == key]
        assert mine == sorted(mine)


async def test_records_without_key_spread_over_the_partitions(log):
    await log.create_topic("t", partitions=3)
    positions = await log.append("t", values(*range(9)))
    assert sorted(position.partition for position in positions) == [0, 0, 0, 1, 1, 1, 2, 2, 2]


async def test_an_empty_append_does_nothing(log):
    await log.create_topic("t")
    assert await log.append("t", []) == []
    assert await log.watermarks(T0) == Watermarks(0, 0)


async def test_an_oversized_record_names_its_field_and_nothing_is_kept(log):
    await log.create_topic("t")
    with pytest.raises(RecordTooLarge) as caught:
        await log.append("t", [Record(b"fits"), Record(b"x" * 1001)])
    assert caught.value.fields[0].path == "records.1.value"
    with pytest.raises(RecordTooLarge) as caught:
        await log.append("t", [Record(b"", b"x" * 1001)])
    assert caught.value.fields[0].path == "records.0.key"
    assert await log.watermarks(T0) == Watermarks(0, 0)


async def test_what_is_no_bytes_fails_in_its_caller_alone(log):
    await log.create_topic("t")
    with pytest.raises(TypeError):
        await log.append("t", [Record("text")])
    assert await log.append("t", values(1)) == [RecordPosition(0, 0)]


async def test_unknown_topics_and_partitions_are_typed_errors(log):
    with pytest.raises(UnknownTopic):
        await log.append("t", values(1))
    with pytest.raises(UnknownTopic):
        await log.consumer(["t"])
    with pytest.raises(UnknownTopic):
        await log.watermarks(T0)
    await log.create_topic("t")
    with pytest.raises(UnknownPartition):
        await log.watermarks(TopicPartition("t", 1))


async def test_creating_a_topic_again_keeps_it_unless_the_partitions_differ(log):
    await log.create_topic("t", partitions=2)
    await log.append("t", values(1, 2))
    await log.create_topic("t", partitions=2)
    with pytest.raises(TopicMismatch):
        await log.create_topic("t", partitions=3)
    assert await log.topics() == {"t": 2}
    assert len(await (await log.consumer(["t"])).poll()) == 2


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "é", "x" * 201, "a\n"])
async def test_names_that_could_not_be_files_or_kafka_topics_are_refused(log, name):
    with pytest.raises(InvalidName) as caught:
        await log.create_topic(name)
    assert caught.value.fields[0].path == "topic"
    await log.create_topic("t")
    with pytest.raises(InvalidName) as caught:
        await log.consumer(["t"], group=name)
    assert caught.value.fields[0].path == "group"


async def test_a_poll_gives_at_most_what_was_asked_for_and_moves_on(log):
    await log.create_topic("t")
    await log.append("t", values(*range(7)))
    consumer = await log.consumer(["t"])
    assert await numbers(consumer, 3) == [0, 1, 2]
    assert consumer.positions == {T0: 3}
    assert await numbers(consumer, 3) == [3, 4, 5]
    assert await numbers(consumer, 3) == [6]
    assert await numbers(consumer, 3) == []


async def test_no_partition_starves_another(log):
    await log.create_topic("t", partitions=2)
    await log.append("t", values(*range(20)))
    consumer = await log.consumer(["t"])
    seen = [record.partition for _ in range(4) for record in await consumer.poll(2)]
    assert set(seen) == {0, 1}


async def test_a_waiting_poll_wakes_at_the_next_append(log):
    await log.create_topic("t")
    consumer = await log.consumer(["t"])
    waiting = asyncio.create_task(consumer.poll(timeout_s=30))
    await asyncio.sleep(0)
    await log.append("t", values(1))
    async with asyncio.timeout(5):
        assert [record.value for record in await waiting] == [b"1"]


async def test_a_poll_that_waited_in_vain_gives_nothing(log):
    await log.create_topic("t")
    consumer = await log.consumer(["t"])
    assert await consumer.poll(timeout_s=0.01) == []


async def test_a_group_goes_on_from_its_committed_offset(log):
    await log.create_topic("t")
    await log.append("t", values(*range(5)))
    consumer = await log.consumer(["t"], group="g")
    assert await consumer.committed() == {}
    assert await numbers(consumer, 2) == [0, 1]
    await consumer.commit()
    assert await numbers(consumer, 2) == [2, 3]
    await consumer.close()
    successor = await log.consumer(["t"], group="g")
    assert await successor.committed() == {T0: 2}
    assert await numbers(successor) == [2, 3, 4]


async def test_groups_do_not_see_each_others_offsets(log):
    await log.create_topic("t")
    await log.append("t", values(1, 2))
    one = await log.consumer(["t"], group="one")
    await one.poll()
    await one.commit()
    assert await numbers(await log.consumer(["t"], group="two")) == [1, 2]


async def test_an_offset_may_be_committed_by_hand_also_backwards(log):
    await log.create_topic("t")
    await log.append("t", values(*range(5)))
    consumer = await log.consumer(["t"], group="g")
    await consumer.commit({T0: 4})
    await consumer.commit({T0: 1})
    assert await consumer.committed() == {T0: 1}


async def test_commits_are_refused_without_a_group_or_the_partition(log):
    await log.create_topic("t")
    await log.create_topic("other")
    with pytest.raises(NoGroup):
        await (await log.consumer(["t"])).commit({T0: 0})
    consumer = await log.consumer(["t"], group="g")
    with pytest.raises(PartitionNotAssigned):
        await consumer.commit({T0: 1, TopicPartition("other", 0): 1})
    assert await consumer.committed() == {}


async def test_members_share_the_partitions_and_inherit_them(log):
    await log.create_topic("t", partitions=4)
    one = await log.consumer(["t"], group="g")
    two = await log.consumer(["t"], group="g")
    assert len(one.assignment) == len(two.assignment) == 2
    assert one.assignment | two.assignment == {TopicPartition("t", number) for number in range(4)}
    await log.append("t", values(*range(40)))
    got = [*await numbers(one), *await numbers(two)]
    assert sorted(got) == list(range(40))
    await one.commit()
    await one.close()
    assert len(two.assignment) == 4
    assert await numbers(two) == []
    await two.commit()
    assert len(await two.committed()) == 4


async def test_a_member_beyond_the_partitions_waits_for_its_turn(log):
    await log.create_topic("t")
    one = await log.consumer(["t"], group="g")
    two = await log.consumer(["t"], group="g")
    await log.append("t", values(1))
    assert two.assignment == frozenset()
    waiting = asyncio.create_task(two.poll(timeout_s=30))
    await asyncio.sleep(0)
    await one.close()
    async with asyncio.timeout(5):
        assert [record.value for record in await waiting] == [b"1"]


async def test_a_partition_lost_cannot_be_committed(log):
    await log.create_topic("t", partitions=2)
    one = await log.consumer(["t"], group="g")
    await log.append("t", values(*range(4)))
    await one.poll()
    two = await log.consumer(["t"], group="g")
    (lost,) = two.assignment
    assert lost not in one.positions
    with pytest.raises(PartitionNotAssigned):
        await one.commit({lost: 2})
    assert len(await two.poll()) == 2


async def test_a_seek_replays_and_leaves_the_committed_offset(log):
    await log.create_topic("t")
    await log.append("t", values(*range(30)))
    consumer = await log.consumer(["t"], group="g")
    await consumer.poll()
    await consumer.commit()
    await consumer.seek(T0, 17)
    assert await numbers(consumer, 3) == [17, 18, 19]
    assert await consumer.committed() == {T0: 30}
    with pytest.raises(PartitionNotAssigned):
        await consumer.seek(TopicPartition("t", 9), 0)
    with pytest.raises(OffsetOutOfRange):
        await consumer.seek(T0, -1)


async def test_replay_from_a_time(log, clock):
    await log.create_topic("t")
    for number in range(40):
        await log.append("t", values(number))
        clock.advance(1)
    start_ms = clock.unix_ms() - 40_000
    consumer = await log.consumer(["t"])
    for at_ms, expected in ((0, 0), (1, 1), (5_000, 5), (5_001, 6), (38_999, 39), (39_000, 39), (39_001, 40)):
        assert await log.offset_at(T0, start_ms + at_ms) == expected
        await consumer.seek_to_time(start_ms + at_ms)
        assert await numbers(consumer) == list(range(expected, 40))


async def test_times_never_go_back_though_the_clock_does(log, clock):
    await log.create_topic("t")
    await log.append("t", values(1))
    clock._unix_ms -= 60_000
    await log.append("t", values(2))
    first, second = await (await log.consumer(["t"])).poll()
    assert second.timestamp_ms == first.timestamp_ms


async def test_where_a_new_consumer_begins(log):
    await log.create_topic("t")
    await log.append("t", values(1, 2))
    latest = await log.consumer(["t"], reset=Reset.LATEST)
    assert await numbers(latest) == []
    await log.append("t", values(3))
    assert await numbers(latest) == [3]
    assert await numbers(await log.consumer(["t"], reset=Reset.EARLIEST)) == [1, 2, 3]
    with pytest.raises(OffsetOutOfRange):
        await (await log.consumer(["t"], reset=Reset.ERROR)).poll()


async def test_retention_by_bytes_removes_the_oldest_and_resets_who_was_there(log):
    await log.create_topic("t", retention=Retention(bytes_max=3000))
    consumer = await log.consumer(["t"])
    strict = await log.consumer(["t"], reset=Reset.ERROR)
    await strict.seek(T0, 0)
    for number in range(100):
        await log.append("t", [Record(b"%0100d" % number)])
    low, high = await log.watermarks(T0)
    assert high == 100
    assert 100 - 45 <= low <= 100 - 10
    # What is over the bound goes in the background, perhaps between these two looks.
    there = await numbers(consumer)
    assert there == list(range(there[0], 100))
    assert low <= there[0] <= (await log.watermarks(T0))[0]
    with pytest.raises(OffsetOutOfRange):
        await strict.poll()


async def test_retention_by_age_keeps_the_newest(log, clock):
    await log.create_topic("t", retention=Retention(age_ms_max=60_000))
    await log.append("t", values(*range(10)))
    clock.advance(61)
    await log.append("t", values(10))
    await until(lambda: log.window(T0).low == 10)
    clock.advance(61)
    assert await numbers(await log.consumer(["t"])) == [10]


async def test_a_closed_log_refuses_everything(log):
    await log.create_topic("t")
    consumer = await log.consumer(["t"], group="g")
    waiting = asyncio.create_task(consumer.poll(timeout_s=30))
    await asyncio.sleep(0)
    await log.close()
    await log.close()
    with pytest.raises(LogClosed):
        await waiting
    for refused in (
        lambda: log.append("t", values(1)),
        lambda: log.create_topic("u"),
        log.topics,
        lambda: log.watermarks(T0),
        lambda: log.offset_at(T0, 0),
        lambda: log.consumer(["t"]),
        consumer.poll,
        lambda: consumer.commit({T0: 0}),
    ):
        with pytest.raises(LogClosed):
            await refused()
    await consumer.close()


async def test_a_closed_consumer_refuses_to_read(log):
    await log.create_topic("t")
    consumer = await log.consumer(["t"])
    waiting = asyncio.create_task(consumer.poll(timeout_s=30))
    await asyncio.sleep(0)
    await consumer.close()
    await consumer.close()
    with pytest.raises(LogClosed):
        await waiting


async def test_one_task_at_a_time_polls_a_consumer(log):
    await log.create_topic("t")
    consumer = await log.consumer(["t"])
    waiting = asyncio.create_task(consumer.poll(timeout_s=30))
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError):
        await consumer.poll()
    await consumer.close()
    with pytest.raises(LogClosed):
        await waiting
