"""The event log as its users see it.

A topic has a fixed number of partitions; a record's key chooses its partition, so records of one key keep their order.
Within a partition every record has an offset, counted from zero without gaps. A consumer group remembers, for each
partition, the offset of the next record to read; its members share the partitions.

Calling contract: `append` returns once its records are durable, and consumers never see a record before that. Delivery
is at least once: whoever handles a record and dies before `commit` gets it again, and an append that raised or was
cancelled may be sent again by its caller. An event's own id tells a repetition. All methods belong to the event loop on
which the log was opened.

Nothing here goes beyond what Kafka's producer, consumer and admin client offer, so an adapter to Kafka fits unchanged:
offsets committed are those of the next record, a rebalance shows at the next `poll`, times are the log's append times
(`message.timestamp.type=LogAppendTime`), and keys are hashed as Kafka's own clients do.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from hubbub.events.log.errors import InvalidName, RecordTooLarge

RECORD_BYTES_MAX = 1_000_000
"""Most bytes of one key or value: below the 1 MiB (with framing) that a Kafka broker takes without being told to."""

PARTITIONS_MAX = 1024
"""More partitions than that in one process is a mistake: each holds an open file."""

_NAME = re.compile(r"[A-Za-z0-9._-]{1,200}")


class Record(NamedTuple):
    """What is appended."""

    value: bytes
    """The payload, at most the log's record limit in bytes; may be empty."""
    key: bytes | None = None
    """Records of equal key share a partition and so keep their order; None spreads records over the partitions."""


class RecordPosition(NamedTuple):
    """Where an appended record lies."""

    partition: int
    offset: int


class StoredRecord(NamedTuple):
    """What is read back."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    """Time of the append in milliseconds since 1970 UTC; never decreases within a partition."""
    key: bytes | None
    value: bytes


class TopicPartition(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int


class Watermarks(NamedTuple):
    """The offsets that a partition holds: `low` is the oldest kept, `high` the one that the next record gets."""

    low: int
    high: int


class Retention(NamedTuple):
    """How much of each partition is kept; whole segments go, oldest first, consumed or not."""

    bytes_max: int | None = None
    """Bytes kept per partition; None keeps everything. The newest segment stays, however large."""
    age_ms_max: int | None = None
    """Milliseconds that a record is kept at least; None keeps everything. The newest segment stays, however old."""


class Reset(enum.Enum):
    """Where a consumer begins in a partition for which its group has no offset, or one that retention has removed."""

    EARLIEST = "earliest"
    """At the oldest record kept."""
    LATEST = "latest"
    """After the newest record."""
    ERROR = "error"
    """Nowhere: `poll` raises `OffsetOutOfRange`."""


class Consumer(Protocol):
    """A reader of topics, alone or as a member of a group. One task at a time polls it."""

    @property
    def assignment(self) -> frozenset[TopicPartition]:
        """Return the partitions that this consumer reads; in a group they change as members come and go."""
        ...

    @property
    def positions(self) -> dict[TopicPartition, int]:
        """Return, for each partition read or sought so far, the offset of the next record that `poll` gives."""
        ...

    async def poll(self, records_max: int = 500, *, timeout_s: float = 0.0) -> list[StoredRecord]:
        """Return up to `records_max` records, in order within each partition, and move the positions past them.

        Args:
            records_max: Bound of the answer, at least 1.
            timeout_s: Seconds to wait for a first record; zero answers at once. An empty list says that none came.

        Raises:
            LogCorrupt: A stored record is damaged; positions stay before it.
            OffsetOutOfRange: A position is not in the log and the consumer was opened with `Reset.ERROR`.
            LogClosed: The consumer or the log was closed, also while waiting.
        """
        ...

    async def commit(self, offsets: Mapping[TopicPartition, int] | None = None) -> None:
        """Keep the group's offsets durably; return once they are.

        Args:
            offsets: Offset of the next record to read, per partition; None takes `positions`.

        Raises:
            PartitionNotAssigned: The partition went to another member; nothing was committed.
            NoGroup: The consumer has no group.
        """
        ...

    async def committed(self) -> dict[TopicPartition, int]:
        """Return the group's committed offsets in the assigned partitions; a partition without one is absent."""
        ...

    async def seek(self, partition: TopicPartition, offset: int) -> None:
        """Go on from `offset` in `partition`; the group's committed offset stays until `commit`."""
        ...

    async def seek_to_time(self, timestamp_ms: int) -> None:
        """Go on, in every assigned partition, from the first record appended at or after `timestamp_ms`."""
        ...

    async def close(self) -> None:
        """Leave the group, giving the partitions to its other members; commits nothing. A second call does nothing."""
        ...


class EventLog(Protocol):
    """Topics of records."""

    async def create_topic(self, name: str, *, partitions: int = 1, retention: Retention | None = None) -> None:
        """Make the topic `name`, or set the retention of an existing one (None: as it is, or everything for a new one).

        Raises:
            TopicMismatch: It exists with another number of partitions.
            InvalidName: The name is not one that a file system and Kafka take.
        """
        ...

    async def topics(self) -> dict[str, int]:
        """Return the number of partitions of each topic."""
        ...

    async def append(self, topic: str, records: Sequence[Record]) -> list[RecordPosition]:
        """Append `records` in their order and return their positions once they are durable.

        All or none is acknowledged; after an error none was, though after a crash some may be found.

        Raises:
            UnknownTopic: Nobody created the topic.
            RecordTooLarge: A key or value passes the limit; `fields` names it.
            LogOverloaded: The bounded queue is full.
            LogFull: The disk is.
            LogBroken: The disk failed; a restart is needed.
            LogClosed: The log was closed.
        """
        ...

    async def watermarks(self, partition: TopicPartition) -> Watermarks:
        """Return the oldest kept offset and the one after the newest durable record."""
        ...

    async def offset_at(self, partition: TopicPartition, timestamp_ms: int) -> int:
        """Return the first offset appended at or after `timestamp_ms`, the high watermark when there is none."""
        ...

    async def consumer(
        self, topics: Sequence[str], *, group: str | None = None, reset: Reset = Reset.EARLIEST
    ) -> Consumer:
        """Open a consumer of `topics`: a member of `group`, or alone with every partition and nothing to commit."""
        ...

    async def close(self) -> None:
        """Write what is queued, then stop; later calls raise `LogClosed`. A second call does nothing."""
        ...


def check_name(field: str, name: str) -> None:
    """Raise `InvalidName` unless `name` suits a topic or group in every adapter; `field` says which it is."""
    if _NAME.fullmatch(name) is None or name in {".", ".."}:
        raise InvalidName(field, name)


def check_records(records: Sequence[Record], limit: int) -> None:
    """Raise `RecordTooLarge` when a key or a value has more than `limit` bytes, `TypeError` when it is no bytes."""
    for index, record in enumerate(records):
        for field, data in (("value", record.value), ("key", record.key or b"")):
            size = memoryview(data).nbytes  # a string fails here, in its caller, rather than later before the disk
            if size > limit:
                raise RecordTooLarge(f"records.{index}.{field}", size, limit)
