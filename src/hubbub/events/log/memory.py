"""The event log's twin in memory: the port's promises less durability, for tests and throw-away servers."""

from __future__ import annotations

import asyncio
import bisect
from collections.abc import Mapping, Sequence

from hubbub.events.log.errors import LogClosed, OffsetOutOfRange
from hubbub.events.log.groups import Bell, GroupConsumer, Groups
from hubbub.events.log.partitioner import partitioner
from hubbub.events.log.port import (
    RECORD_BYTES_MAX,
    Record,
    RecordPosition,
    Reset,
    Retention,
    StoredRecord,
    TopicPartition,
    Watermarks,
    check_name,
    check_records,
)
from hubbub.events.log.topics import check_same, check_topic, partition_in, sizes, topic_in
from hubbub.kernel.clock import Clock, SystemClock


class _Partition:
    """Records in a list; `low` is the offset of the first."""

    def __init__(self) -> None:
        self.low = 0
        self.size = 0
        self.records: list[StoredRecord] = []

    @property
    def high(self) -> int:
        return self.low + len(self.records)

    def retain(self, retention: Retention, now_ms: int) -> None:
        """Forget what `retention` no longer keeps; the newest record stays."""
        size, drop = self.size, 0
        while drop < len(self.records) - 1:
            oldest = self.records[drop]
            over = retention.bytes_max is not None and size > retention.bytes_max
            stale = retention.age_ms_max is not None and oldest.timestamp_ms < now_ms - retention.age_ms_max
            if not (over or stale):
                break
            size -= _size(oldest)
            drop += 1
        if drop:
            del self.records[:drop]
            self.low += drop
            self.size = size


class _Topic:
    def __init__(self, partitions: int) -> None:
        self.partitions = [_Partition() for _ in range(partitions)]
        self.partition_of = partitioner(partitions)
        self.retention = Retention()


class MemoryLog:
    """An `EventLog` that forgets when it is closed."""

    def __init__(self, *, clock: Clock | None = None, record_bytes_max: int = RECORD_BYTES_MAX) -> None:
        """Start without topics.

        Args:
            clock: Gives the time of an append; None takes the machine's.
            record_bytes_max: Most bytes of one key or value.
        """
        self.bell = Bell()
        self._clock = clock or SystemClock()
        self._record_bytes_max = record_bytes_max
        self._topics: dict[str, _Topic] = {}
        self._committed: dict[str, dict[TopicPartition, int]] = {}
        self._groups = Groups(self)
        self._closed = False

    async def create_topic(self, name: str, *, partitions: int = 1, retention: Retention | None = None) -> None:
        """Make a topic; see the port."""
        self.check_open()
        check_topic(name, partitions)
        topic = self._topics.setdefault(name, _Topic(partitions))
        check_same(topic, name, partitions)
        topic.retention = retention or topic.retention

    async def topics(self) -> dict[str, int]:
        """Return the number of partitions of each topic."""
        self.check_open()
        return sizes(self._topics)

    async def append(self, topic: str, records: Sequence[Record]) -> list[RecordPosition]:
        """Append records; see the port."""
        self.check_open()
        into = topic_in(self._topics, topic)
        check_records(records, self._record_bytes_max)
        now_ms = self._clock.unix_ms()
        positions = []
        for record in records:
            number = into.partition_of(record.key)
            partition = into.partitions[number]
            timestamp_ms = max(now_ms, partition.records[-1].timestamp_ms) if partition.records else now_ms
            stored = StoredRecord(topic, number, partition.high, timestamp_ms, record.key, record.value)
            positions.append(RecordPosition(number, stored.offset))
            partition.records.append(stored)
            partition.size += _size(stored)
        for partition in into.partitions:
            partition.retain(into.retention, now_ms)
        self.bell.ring()
        await asyncio.sleep(0)
        return positions

    async def watermarks(self, partition: TopicPartition) -> Watermarks:
        """Return the partition's watermarks."""
        self.check_open()
        return self.window(partition)

    async def consumer(
        self, topics: Sequence[str], *, group: str | None = None, reset: Reset = Reset.EARLIEST
    ) -> GroupConsumer:
        """Open a consumer; see the port."""
        self.check_open()
        if group is not None:
            check_name("group", group)
        return self._groups.join(topics, group, reset)

    async def close(self) -> None:
        """Refuse everything from now on."""
        self._closed = True
        self.bell.ring()

    def check_open(self) -> None:
        """Raise `LogClosed` once the log is closed."""
        if self._closed:
            raise LogClosed

    def partitions_of(self, topic: str) -> int:
        """Return the topic's number of partitions."""
        return len(topic_in(self._topics, topic).partitions)

    def window(self, partition: TopicPartition) -> Watermarks:
        """Return the partition's watermarks without waiting."""
        held = partition_in(self._topics, partition)
        return Watermarks(held.low, held.high)

    async def read(self, wanted: TopicPartition, offset: int, records_max: int) -> list[StoredRecord]:
        """Return up to `records_max` records from `offset`."""
        held = partition_in(self._topics, wanted)
        if not held.low <= offset < held.high:
            raise OffsetOutOfRange(*wanted, offset, held.low, held.high)
        start = offset - held.low
        return held.records[start : start + records_max]

    async def offset_at(self, partition: TopicPartition, timestamp_ms: int) -> int:
        """Return the first offset at or after the time."""
        self.check_open()
        held = partition_in(self._topics, partition)
        return held.low + bisect.bisect_left(held.records, timestamp_ms, key=lambda record: record.timestamp_ms)

    def committed(self, group: str) -> Mapping[TopicPartition, int]:
        """Return the group's offsets."""
        return self._committed.get(group, {})

    async def commit(self, group: str, offsets: Mapping[TopicPartition, int]) -> None:
        """Keep the group's offsets until the log is closed."""
        self._committed.setdefault(group, {}).update(offsets)


def _size(record: StoredRecord) -> int:
    return len(record.value) + len(record.key or b"")
