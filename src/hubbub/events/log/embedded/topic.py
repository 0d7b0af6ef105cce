"""One topic on disk: a folder with `topic.json` and a folder per partition.

`topic.json` is written last, so a topic whose creation was interrupted is not there; creating it again completes it.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from hubbub.events.log.embedded.config import Config
from hubbub.events.log.embedded.disk import Disk
from hubbub.events.log.embedded.document import load, save
from hubbub.events.log.embedded.partition import Partition
from hubbub.events.log.embedded.segment import SUFFIX
from hubbub.events.log.errors import LogCorrupt
from hubbub.events.log.partitioner import partitioner
from hubbub.events.log.port import Record, Retention, TopicPartition

_FORMAT = 1
_FILE = "topic.json"


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: int
    partitions: int
    salt: int
    bytes_max: int | None
    age_ms_max: int | None


class Topic:
    """A topic that is open."""

    def __init__(self, folder: Path, config: Config, disk: Disk) -> None:
        """Open the topic in `folder`, recovering each partition."""
        self._folder = folder
        self._disk = disk
        self._document = load(folder / _FILE, _Document)
        if self._document.format != _FORMAT:
            why = f"it has format {self._document.format}, this version of Hubbub reads {_FORMAT}"
            raise LogCorrupt(folder / _FILE, 0, 0, why)
        self.name = folder.name
        self.retention = Retention(self._document.bytes_max, self._document.age_ms_max)
        disk.sync_directory(folder)  # a process killed while creating the topic may not have
        self.partitions: list[Partition] = []
        try:
            for number in range(self._document.partitions):
                name = TopicPartition(self.name, number)
                place = folder / str(number)
                self.partitions.append(Partition(name, place, self._document.salt, config, disk))
        except BaseException:
            self.close()
            raise
        self._partition_of = partitioner(len(self.partitions))
        self._segment_age_ms_max = config.segment_age_ms_max

    @property
    def roll_age_ms(self) -> int:
        """Return the age in milliseconds at which a segment ends: retention can only remove what has ended."""
        kept_ms = self.retention.age_ms_max
        return self._segment_age_ms_max if kept_ms is None else min(self._segment_age_ms_max, kept_ms)

    def partition_of(self, record: Record) -> Partition:
        """Return the partition that `record` belongs to."""
        return self.partitions[self._partition_of(record.key)]

    def set_retention(self, retention: Retention) -> None:
        """Keep `retention` durably and follow it from now on; raises what `Disk.replace` raises."""
        if retention == self.retention:
            return
        old = self._document
        new = _Document(_FORMAT, old.partitions, old.salt, retention.bytes_max, retention.age_ms_max)
        save(self._folder / _FILE, new, self._disk)
        self._document = new
        self.retention = retention

    def close(self) -> None:
        """Let go of the files."""
        for partition in self.partitions:
            partition.close()


def create(folder: Path, partitions: int, retention: Retention, salt: int, disk: Disk) -> None:
    """Make the folders and `topic.json` of a topic; raises `OSError`, and `LogCorrupt` where records lie without it."""
    if any(path.stat().st_size for path in folder.glob("*/*" + SUFFIX)):
        # A new salt would make every record there unreadable, and so look like one long torn write.
        raise LogCorrupt(folder / _FILE, 0, 0, "it is missing, though the topic has records")
    folder.mkdir(exist_ok=True)
    for number in range(partitions):
        (folder / str(number)).mkdir(exist_ok=True)
    document = _Document(_FORMAT, partitions, salt, retention.bytes_max, retention.age_ms_max)
    save(folder / _FILE, document, disk)
    disk.sync_directory(folder.parent)


def is_topic(folder: Path) -> bool:
    """Say whether the creation of the topic in `folder` was completed."""
    return (folder / _FILE).is_file()
