"""Consumers and their groups, shared by the memory twin and the embedded adapter.

A group's members share the partitions of the topics they named. When a member comes or goes the partitions are dealt
anew at once; a consumer notices at its next `poll`, as with Kafka. A partition that stays with its member keeps its
position, one that moves begins at the group's committed offset.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from hubbub.events.log.errors import LogClosed, LogCorrupt, NoGroup, OffsetOutOfRange, PartitionNotAssigned
from hubbub.events.log.port import Reset, StoredRecord, TopicPartition, Watermarks


class Bell:
    """Wakes the consumers that wait for records; belongs to one event loop."""

    def __init__(self) -> None:
        """Start with nobody waiting."""
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        """Wake everyone who waits now."""
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)
        self._waiting.clear()

    async def wait(self, timeout_s: float) -> None:
        """Return at the next `ring`, or after `timeout_s` seconds."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await waiter
        finally:
            self._waiting.discard(waiter)


class Shelf(Protocol):
    """What a consumer needs of the log that it reads."""

    @property
    def bell(self) -> Bell:
        """Return the bell that rings after every append that became durable, and when the log closes."""
        ...

    def check_open(self) -> None:
        """Raise `LogClosed` once the log is closed."""
        ...

    def partitions_of(self, topic: str) -> int:
        """Return the topic's number of partitions, or raise `UnknownTopic`."""
        ...

    def window(self, partition: TopicPartition) -> Watermarks:
        """Return the partition's watermarks without waiting."""
        ...

    async def read(self, wanted: TopicPartition, offset: int, records_max: int) -> list[StoredRecord]:
        """Return up to `records_max` records from `offset`, which lies below the high watermark; at least one."""
        ...

    async def offset_at(self, partition: TopicPartition, timestamp_ms: int) -> int:
        """Return the first offset at or after the time."""
        ...

    def committed(self, group: str) -> Mapping[TopicPartition, int]:
        """Return the group's durable offsets."""
        ...

    async def commit(self, group: str, offsets: Mapping[TopicPartition, int]) -> None:
        """Keep `offsets` durably."""
        ...


def assign(subscriptions: Sequence[frozenset[str]], partitions: Mapping[str, int]) -> list[frozenset[TopicPartition]]:
    """Deal each topic's partitions to the members that named it, in turn.

    Args:
        subscriptions: The topics that each member named, in the order in which the members joined.
        partitions: The number of partitions of every topic named.

    Returns:
        What each member reads, in the same order; a member beyond the number of partitions reads nothing.
    """
    dealt: list[set[TopicPartition]] = [set() for _ in subscriptions]
    turn = 0
    for topic in sorted(partitions):
        takers = [hand for hand, wanted in zip(dealt, subscriptions, strict=True) if topic in wanted]
        for partition in range(partitions[topic] if takers else 0):
            takers[turn % len(takers)].add(TopicPartition(topic, partition))
            turn += 1
    return [frozenset(hand) for hand in dealt]


class Groups:
    """Who is a member of which group."""

    def __init__(self, shelf: Shelf) -> None:
        """Deal the partitions of `shelf`."""
        self._shelf = shelf
        self._members: dict[str, list[GroupConsumer]] = {}

    def join(self, topics: Sequence[str], group: str | None, reset: Reset) -> GroupConsumer:
        """Return a consumer of `topics`; raises `UnknownTopic`."""
        partitions = {topic: self._shelf.partitions_of(topic) for topic in topics}
        consumer = GroupConsumer(self._shelf, self, frozenset(topics), group, reset)
        if group is None:
            consumer.take(assign([consumer.topics], partitions)[0])
        else:
            self._members.setdefault(group, []).append(consumer)
            self._deal(group)
        return consumer

    def leave(self, consumer: GroupConsumer) -> None:
        """Give the partitions of `consumer` to the rest of its group."""
        members = self._members.get(consumer.group or "", [])
        if consumer not in members:
            return
        members.remove(consumer)
        self._deal(consumer.group or "")

    def _deal(self, group: str) -> None:
        members = self._members[group]
        if not members:
            del self._members[group]
            return
        topics = frozenset().union(*(member.topics for member in members))
        partitions = {topic: self._shelf.partitions_of(topic) for topic in topics}
        hands = assign([member.topics for member in members], partitions)
        for member, hand in zip(members, hands, strict=True):
            member.take(hand)
        self._shelf.bell.ring()


class GroupConsumer:
    """A consumer of an in-process log."""

    def __init__(self, shelf: Shelf, groups: Groups, topics: frozenset[str], group: str | None, reset: Reset) -> None:
        """Read `topics` of `shelf`; `Groups.join` makes consumers and hands them partitions."""
        self.topics = topics
        self.group = group
        self._shelf = shelf
        self._groups = groups
        self._reset = reset
        self._assigned: frozenset[TopicPartition] = frozenset()
        self._positions: dict[TopicPartition, int] = {}
        self._turn = 0
        self._polling = False
        self._closed = False

    @property
    def assignment(self) -> frozenset[TopicPartition]:
        """Return the partitions that this consumer reads now."""
        return self._assigned

    @property
    def positions(self) -> dict[TopicPartition, int]:
        """Return the offset of the next record of each partition read or sought so far."""
        return dict(self._positions)

    def take(self, partitions: frozenset[TopicPartition]) -> None:
        """Read `partitions` from now on; positions in any other are forgotten."""
        self._assigned = partitions
        for partition in self._positions.keys() - partitions:
            del self._positions[partition]

    async def poll(self, records_max: int = 500, *, timeout_s: float = 0.0) -> list[StoredRecord]:
        """Return the next records; see the port."""
        if records_max < 1:
            raise ValueError("records_max is at least 1")
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + timeout_s
        with self._only_poll():
            while True:
                self._check_open()
                behind = self._behind()
                if behind:
                    records = await self._fetch(behind, records_max)
                    self._check_open()
                    if records:
                        return records
                    continue  # a rebalance, a seek or retention moved the ground during the read
                remaining_s = deadline_s - loop.time()
                if remaining_s <= 0:
                    return []
                await self._shelf.bell.wait(remaining_s)

    async def commit(self, offsets: Mapping[TopicPartition, int] | None = None) -> None:
        """Keep the group's offsets; see the port."""
        self._check_open()
        if self.group is None:
            raise NoGroup
        wanted = self.positions if offsets is None else offsets
        for partition, offset in wanted.items():
            self._check_assigned(partition)
            if offset < 0:
                raise self._out_of_range(partition, offset)
        if wanted:
            await self._shelf.commit(self.group, wanted)

    async def committed(self) -> dict[TopicPartition, int]:
        """Return the group's committed offsets in the assigned partitions."""
        self._check_open()
        if self.group is None:
            raise NoGroup
        known = self._shelf.committed(self.group)
        return {partition: known[partition] for partition in self._assigned if partition in known}

    async def seek(self, partition: TopicPartition, offset: int) -> None:
        """Go on from `offset` in `partition`."""
        self._check_open()
        self._check_assigned(partition)
        if offset < 0:
            raise self._out_of_range(partition, offset)
        self._positions[partition] = offset

    async def seek_to_time(self, timestamp_ms: int) -> None:
        """Go on from the first record at or after `timestamp_ms` in every assigned partition."""
        self._check_open()
        found = {partition: await self._shelf.offset_at(partition, timestamp_ms) for partition in self._assigned}
        self._positions.update((partition, at) for partition, at in found.items() if partition in self._assigned)

    async def close(self) -> None:
        """Leave the group and wake a waiting poll, which raises `LogClosed`."""
        if self._closed:
            return
        self._closed = True
        self._groups.leave(self)
        self._shelf.bell.ring()

    async def _fetch(self, behind: Sequence[TopicPartition], records_max: int) -> list[StoredRecord]:
        """Read `behind` in order until the answer is full, moving each position past what it gave."""
        records: list[StoredRecord] = []
        for partition in behind:
            position = self._positions.get(partition)
            if position is None:
                continue
            try:
                got = await self._shelf.read(partition, position, records_max - len(records))
            except OffsetOutOfRange:
                continue  # retention was faster; the next round resets the position
            except LogCorrupt:
                if records:
                    break  # what other partitions gave is delivered first; the next poll meets the damage again
                raise
            if got and self._positions.get(partition) == position:
                self._positions[partition] = got[-1].offset + 1
                records += got
            if len(records) >= records_max:
                break
        return records

    def _behind(self) -> list[TopicPartition]:
        """Return the partitions that have something to read, beginning with another one each time."""
        behind = [p for p in sorted(self._assigned) if self._position(p) < self._shelf.window(p).high]
        if behind:
            self._turn = (self._turn + 1) % len(behind)
        return behind[self._turn :] + behind[: self._turn]

    def _position(self, partition: TopicPartition) -> int:
        """Return where to read on, after applying the reset rule where the position is absent or not in the log."""
        position = self._positions.get(partition)
        if position is None and self.group is not None:
            position = self._shelf.committed(self.group).get(partition)
        low, high = self._shelf.window(partition)
        if position is None or not low <= position <= high:
            if self._reset is Reset.ERROR:
                raise self._out_of_range(partition, -1 if position is None else position)
            position = low if self._reset is Reset.EARLIEST else high
        self._positions[partition] = position
        return position

    @contextlib.contextmanager
    def _only_poll(self) -> Iterator[None]:
        if self._polling:
            raise RuntimeError("one task at a time polls a consumer")
        self._polling = True
        try:
            yield
        finally:
            self._polling = False

    def _check_open(self) -> None:
        self._shelf.check_open()
        if self._closed:
            raise LogClosed("This consumer is closed.")

    def _check_assigned(self, partition: TopicPartition) -> None:
        if partition not in self._assigned:
            raise PartitionNotAssigned(*partition)

    def _out_of_range(self, partition: TopicPartition, offset: int) -> OffsetOutOfRange:
        return OffsetOutOfRange(*partition, offset, *self._shelf.window(partition))
