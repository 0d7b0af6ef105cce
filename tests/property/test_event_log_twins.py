"""The twin in memory and the embedded log give the same answers to any sequence of calls."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.events.log import EventLog, Record, TopicPartition
from hubbub.events.log.embedded import Config, EmbeddedLog
from hubbub.events.log.errors import EventLogError
from hubbub.events.log.memory import MemoryLog
from hubbub.kernel.clock import ManualClock

PARTITIONS = 3
CONFIG = Config(segment_bytes=1024, index_bytes=64, group_commit_ms=0)

record = st.builds(Record, st.binary(max_size=300), st.none() | st.sampled_from([b"a", b"b", b"c", b"d"]))
partition = st.integers(0, PARTITIONS)
call = st.one_of(
    st.tuples(st.just("append"), st.lists(record, max_size=6)),
    st.tuples(st.just("poll"), st.integers(1, 10)),
    st.tuples(st.just("commit")),
    st.tuples(st.just("reopen")),
    st.tuples(st.just("seek"), partition, st.integers(-1, 12)),
    st.tuples(st.just("time"), st.integers(0, 20)),
    st.tuples(st.just("tick"), st.integers(0, 3)),
)


async def answers(log: EventLog, clock: ManualClock, calls: list[tuple]) -> list[object]:
    start_ms = clock.unix_ms()
    await log.create_topic("t", partitions=PARTITIONS)
    consumer = await log.consumer(["t"], group="g")
    given_: list[object] = []
    for step in calls:
        try:
            match step:
                case ("append", records):
                    given_.append(await log.append("t", records))
                case ("poll", records_max):
                    given_.append(await consumer.poll(records_max))
                case ("commit",):
                    await consumer.commit()
                case ("reopen",):
                    await consumer.close()
                    consumer = await log.consumer(["t"], group="g")
                case ("seek", number, offset):
                    await consumer.seek(TopicPartition("t", number), offset)
                case ("time", seconds):
                    await consumer.seek_to_time(start_ms + seconds * 1000)
                case ("tick", seconds):
                    clock.advance(seconds)
            given_.append((consumer.positions, await consumer.committed()))
        except EventLogError as error:
            given_.append(error.code)
    await log.close()
    return given_


@settings(max_examples=40, deadline=None)
@given(st.lists(call, max_size=25))
def test_the_twin_answers_as_the_embedded_log_does(calls):
    async def both() -> tuple[list[object], list[object]]:
        with tempfile.TemporaryDirectory() as folder:
            clock = ManualClock()
            embedded = await answers(await EmbeddedLog.open(Path(folder), CONFIG, clock=clock), clock, calls)
        clock = ManualClock()
        return await answers(MemoryLog(clock=clock), clock, calls), embedded

    memory, embedded = asyncio.run(both())
    assert memory == embedded
