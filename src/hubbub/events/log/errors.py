"""Every way in which the event log says no.

An operator reads these, and so may a client whose action needed the log: sentences name files only where a person at
the machine has to act (`LogCorrupt`, `LogLocked`, `LogFull`).
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from hubbub.kernel.errors import FieldProblem, HubbubError, Overloaded


class EventLogError(HubbubError):
    """Base of the event log's errors."""

    code = "event_log.failed"


class UnknownTopic(EventLogError):
    """A topic was named that nobody created."""

    code = "event_log.unknown_topic"
    status = 404

    def __init__(self, topic: str) -> None:
        """Name the absent `topic`."""
        super().__init__(f"There is no topic {topic!r}.")


class UnknownPartition(EventLogError):
    """A partition was named that its topic does not have."""

    code = "event_log.unknown_partition"
    status = 404

    def __init__(self, topic: str, partition: int) -> None:
        """Name the absent `partition` of `topic`."""
        super().__init__(f"Topic {topic!r} has no partition {partition}.")


class TopicMismatch(EventLogError):
    """A topic exists with another number of partitions; changing it would move keys between partitions."""

    code = "event_log.topic_mismatch"
    status = 409

    def __init__(self, topic: str, has: int, wanted: int) -> None:
        """Say how many partitions `topic` has and how many were wanted."""
        super().__init__(f"Topic {topic!r} has {has} partitions; {wanted} were asked for.")


class InvalidName(EventLogError):
    """A topic or group has a name that Kafka, or a file system, would refuse."""

    code = "event_log.invalid_name"
    status = 400

    def __init__(self, field: str, name: str) -> None:
        """Say that `name`, given for `field`, cannot be used."""
        sentence = "Use 1 to 200 letters, digits, dots, underscores and hyphens, and not '.' or '..'."
        super().__init__(
            f"{name[:64]!r} cannot name a {field}. {sentence}",
            fields=[FieldProblem(field, "EVENT_LOG_NAME", sentence)],
        )


class RecordTooLarge(EventLogError):
    """A record's key or value passes the limit; `fields` names which. Nothing of its append was written."""

    code = "event_log.record_too_large"
    status = 413

    def __init__(self, field: str, size: int, limit: int) -> None:
        """Say that `field` has `size` bytes where `limit` are allowed."""
        sentence = f"Must be {limit} bytes or fewer; it has {size}."
        super().__init__(
            f"A record is too large for the event log: {field} has {size} bytes, the limit is {limit}.",
            fields=[FieldProblem(field, "BASE_TYPE_MAX_LENGTH", sentence)],
        )


class LogOverloaded(Overloaded):
    """The queue before the disk is full; nothing of the append or commit was written."""

    code = "event_log.overloaded"
    default_sentence = "The event log has more to write than the disk keeps up with. Nothing was written; try again."


class LogFull(EventLogError):
    """The disk is full; nothing of the append or commit was kept, and what was acknowledged before is untouched."""

    code = "event_log.full"
    status = 507
    report: ClassVar[bool] = True
    default_sentence = "The disk that holds the event log is full. Free some space; nothing acknowledged was lost."


class LogBroken(EventLogError):
    """The disk failed in a way after which only a restart tells what it holds; appends are refused until then."""

    code = "event_log.broken"
    status = 503
    report: ClassVar[bool] = True
    default_sentence = (
        "The disk failed while the event log was being written. Check the disk, then restart: what was acknowledged is "
        "kept, what was not has to be sent again."
    )


class LogClosed(EventLogError):
    """The log, or the consumer, was closed."""

    code = "event_log.closed"
    status = 503
    default_sentence = "The event log is closed."


class LogLocked(EventLogError):
    """Another process has the log's folder open."""

    code = "event_log.locked"
    report: ClassVar[bool] = True

    def __init__(self, root: Path, holder: str) -> None:
        """Name the folder and the process id written by its holder, empty when unknown."""
        who = f"process {holder}" if holder else "another process"
        super().__init__(f"The event log in {root} is in use by {who}. Stop it, or name another folder.")


class LogCorrupt(EventLogError):
    """A record that had been acknowledged cannot be read back."""

    code = "event_log.corrupt"
    report: ClassVar[bool] = True

    def __init__(
        self, path: Path, offset: int, position: int, why: str, remedy: str = "Restore the file from a backup."
    ) -> None:
        """Name the place of the damage and the way out.

        Args:
            path: The damaged file.
            offset: The first record offset that cannot be read.
            position: Bytes from the start of the file.
            why: What is wrong there, as a clause.
            remedy: What a person can do, as a sentence.
        """
        self.path = path
        self.offset = offset
        self.position = position
        super().__init__(f"The event log is damaged: {path} at byte {position} (offset {offset}): {why}. {remedy}")


class OffsetOutOfRange(EventLogError):
    """An offset lies before the oldest kept record or beyond the newest."""

    code = "event_log.offset_out_of_range"
    status = 416

    def __init__(self, topic: str, partition: int, offset: int, low: int, high: int) -> None:
        """Say which offsets, from `low` to `high`, are there instead of `offset`."""
        super().__init__(f"Topic {topic!r} partition {partition} holds offsets {low} to {high}; {offset} is not there.")


class PartitionNotAssigned(EventLogError):
    """A consumer acted on a partition that it does not have, perhaps no longer."""

    code = "event_log.not_assigned"
    status = 409

    def __init__(self, topic: str, partition: int) -> None:
        """Name the partition."""
        super().__init__(f"Partition {partition} of topic {topic!r} is not assigned to this consumer.")


class NoGroup(EventLogError):
    """A consumer without a group was asked to commit."""

    code = "event_log.no_group"
    status = 409
    default_sentence = "A consumer without a group keeps no offsets: open it with a group to commit."
