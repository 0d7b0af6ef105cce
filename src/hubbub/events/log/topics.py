"""Finding topics and their partitions by name, alike in every log that holds them itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from hubbub.events.log.errors import TopicMismatch, UnknownPartition, UnknownTopic
from hubbub.events.log.port import PARTITIONS_MAX, TopicPartition, check_name

T = TypeVar("T")
P = TypeVar("P")
P_co = TypeVar("P_co", covariant=True)


class HasPartitions(Protocol[P_co]):
    """A topic, whatever its partitions are."""

    @property
    def partitions(self) -> Sequence[P_co]:
        """Return the partitions by their numbers."""
        ...


def check_topic(name: str, partitions: int) -> None:
    """Raise `InvalidName` or ValueError for a topic that no log may have."""
    check_name("topic", name)
    if not 1 <= partitions <= PARTITIONS_MAX:
        raise ValueError(f"a topic has 1 to {PARTITIONS_MAX} partitions")


def check_same(topic: HasPartitions[object], name: str, partitions: int) -> None:
    """Raise `TopicMismatch` unless the topic has the number of partitions that it is asked for with."""
    if len(topic.partitions) != partitions:
        raise TopicMismatch(name, len(topic.partitions), partitions)


def topic_in(topics: Mapping[str, T], name: str) -> T:
    """Return the topic of that name; raises `UnknownTopic`."""
    topic = topics.get(name)
    if topic is None:
        raise UnknownTopic(name)
    return topic


def partition_in(topics: Mapping[str, HasPartitions[P]], wanted: TopicPartition) -> P:
    """Return a partition; raises `UnknownTopic` or `UnknownPartition`."""
    topic = topic_in(topics, wanted.topic)
    if not 0 <= wanted.partition < len(topic.partitions):
        raise UnknownPartition(*wanted)
    return topic.partitions[wanted.partition]


def sizes(topics: Mapping[str, HasPartitions[object]]) -> dict[str, int]:
    """Return the number of partitions of each topic."""
    return {name: len(topic.partitions) for name, topic in topics.items()}
