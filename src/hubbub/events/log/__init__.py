"""The event log: a port shaped so that Kafka fits behind it, an in-memory twin and an embedded adapter."""

from hubbub.events.log.port import (
    Consumer,
    EventLog,
    Record,
    RecordPosition,
    Reset,
    Retention,
    StoredRecord,
    TopicPartition,
    Watermarks,
)

__all__ = [
    "Consumer",
    "EventLog",
    "Record",
    "RecordPosition",
    "Reset",
    "Retention",
    "StoredRecord",
    "TopicPartition",
    "Watermarks",
]
