"""Committed offsets of consumer groups: one small file per group, replaced as a whole.

Its document (see `document`) maps topic → partition → offset of the next record to read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hubbub.events.log.embedded.disk import Disk
from hubbub.events.log.embedded.document import load, save
from hubbub.events.log.port import TopicPartition

_SUFFIX = ".offsets"

Offsets = dict[TopicPartition, int]


class OffsetFiles:
    """The groups' offsets in one folder. `committed` holds what is durable; one thread alone calls `save`."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        """Read every group in `folder`, which exists; raises `LogCorrupt`."""
        self._folder = folder
        self._disk = disk
        self.committed: dict[str, Offsets] = {path.stem: _load(path) for path in folder.glob("*" + _SUFFIX)}

    def save(self, group: str, changes: Mapping[TopicPartition, int]) -> None:
        """Keep `changes` beside the group's other offsets; raises what `Disk.replace` raises."""
        offsets = {**self.committed.get(group, {}), **changes}
        document: dict[str, dict[str, int]] = {}
        for (topic, partition), offset in sorted(offsets.items()):
            document.setdefault(topic, {})[str(partition)] = offset
        save(self._folder / (group + _SUFFIX), document, self._disk)
        self.committed[group] = offsets


def _load(path: Path) -> Offsets:
    document = load(path, dict[str, dict[str, int]])
    return {TopicPartition(topic, int(p)): offset for topic, held in document.items() for p, offset in held.items()}
