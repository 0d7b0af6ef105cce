"""A power cut at any call to the disk loses nothing acknowledged: only flushed bytes and names count as kept."""

from __future__ import annotations

import errno
import os
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.events.log import Record, TopicPartition
from hubbub.events.log.embedded import Config
from hubbub.events.log.embedded.disk import Disk
from hubbub.events.log.embedded.offsets import OffsetFiles
from hubbub.events.log.embedded.partition import Partition

CONFIG = Config(segment_bytes=1024, index_bytes=64)
FOREVER_MS = 10**15


class PowerCut(Exception):
    """The machine is gone."""


class FragileDisk(Disk):
    """Forgets at a cut what was not flushed; the cut comes before the call number `cut_at`."""

    def __init__(self, cut_at: int) -> None:
        self.calls_left = cut_at
        self.full = False
        self.paths: dict[int, Path] = {}
        self.flushed: dict[Path, int] = {}
        self.named: set[Path] = set()

    def _call(self) -> None:
        if self.calls_left == 0:
            raise PowerCut
        self.calls_left -= 1

    def open(self, path: Path) -> int:
        self._call()
        descriptor = super().open(path)
        self.paths[descriptor] = path
        self.flushed.setdefault(path, path.stat().st_size)
        return descriptor

    def write(self, descriptor: int, data: bytes) -> None:
        self._call()
        if self.full:
            os.write(descriptor, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, "no room")
        super().write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        self._call()
        self.flushed[self.paths[descriptor]] = os.fstat(descriptor).st_size

    def truncate(self, descriptor: int, size: int) -> None:
        self._call()
        super().truncate(descriptor, size)
        path = self.paths[descriptor]
        self.flushed[path] = min(size, self.flushed[path])

    def sync_directory(self, path: Path) -> None:
        self._call()
        self.named.update(path.iterdir())

    def let_go(self) -> None:
        """Close what the dead process had open."""
        for descriptor, path in self.paths.items():
            link = Path(f"/proc/self/fd/{descriptor}")
            if link.is_symlink() and str(path) in str(link.readlink()):
                os.close(descriptor)

    def forget(self, data: st.DataObject) -> None:
        """Leave of each file what a cut may leave: all that was flushed, and anything in the place of the rest."""
        for path, flushed in self.flushed.items():
            if not path.exists():
                continue
            if path not in self.named and data.draw(st.booleans()):
                path.unlink()
                continue
            whole = path.read_bytes()
            rest = (
                data.draw(st.sampled_from(["kept", "zeros", "lost", "half", "rubbish"])) if whole[flushed:] else "kept"
            )
            lost = len(whole) - flushed
            tail = {
                "kept": whole[flushed:],
                "zeros": bytes(lost),
                "lost": b"",
                "half": whole[flushed : flushed + lost // 2],
                "rubbish": bytes(lost // 2) + whole[flushed + lost // 2 :],
            }[rest]
            path.write_bytes(whole[:flushed] + tail)


def open_partition(folder: Path, disk: Disk) -> Partition:
    return Partition(TopicPartition("t", 0), folder, 99, CONFIG, disk)


def contents(partition: Partition) -> list[bytes]:
    low, high = partition.window()
    assert low == 0
    found: list[bytes] = []
    while len(found) < high:
        found += [record.value for record in partition.read(len(found), 1000)]
    return found


@settings(deadline=None)  # a shared disk sets the pace
@given(
    st.integers(0, 120),
    st.lists(
        st.tuples(st.integers(1, 12), st.integers(0, 200), st.sampled_from(["", "", "full", "killed"])),
        min_size=1,
        max_size=20,
    ),
    st.data(),
)
def test_every_record_acknowledged_or_shown_survives_a_power_cut(cut_at, groups, data):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        disk = FragileDisk(cut_at)
        acknowledged: list[bytes] = []
        sent: Counter[bytes] = Counter()
        number = 0
        try:
            partition = open_partition(folder, disk)
            for count, size, fate in groups:
                disk.full = fate == "full"
                if fate == "killed":  # the process died between write and flush: its successor finds, and shows, all
                    partition.stage(Record(b"%d:" % number), 1000)
                    sent[b"%d:" % number] += 1
                    number += 1
                    partition.write(FOREVER_MS)
                    partition = open_partition(folder, disk)
                    acknowledged = contents(partition)
                    continue
                values = [b"%d:" % (number + ahead) + bytes(size) for ahead in range(count)]
                number += count
                sent.update(values)
                for value in values:
                    partition.stage(Record(value), 1000)
                try:
                    partition.write(FOREVER_MS)
                except OSError:
                    partition.rollback()
                    continue
                partition.sync()
                partition.publish()
                acknowledged += values
        except PowerCut:
            pass
        disk.forget(data)
        for index in folder.glob("*.index"):
            if data.draw(st.booleans()):
                index.write_bytes(index.read_bytes()[: data.draw(st.integers(0, index.stat().st_size))])
        disk.let_go()
        survivor = open_partition(folder, Disk())
        found = contents(survivor)
        survivor.close()
        assert found[: len(acknowledged)] == acknowledged
        assert not Counter(found) - sent


@settings(deadline=None)  # a shared disk sets the pace
@given(st.integers(0, 40), st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3)), max_size=12), st.data())
def test_an_interrupted_commit_of_offsets_leaves_the_old_or_the_new(cut_at, commits, data):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        disk = FragileDisk(cut_at)
        files = OffsetFiles(folder, disk)
        committed: dict[str, dict[TopicPartition, int]] = {}
        tried = dict(committed)
        try:
            for offset, (group, partition) in enumerate(commits):
                change = {TopicPartition("t", partition): offset}
                tried = {**committed, group: {**committed.get(group, {}), **change}}
                files.save(group, change)
                committed = tried
        except PowerCut:
            pass
        disk.let_go()
        found = OffsetFiles(folder, Disk()).committed
        assert found in (committed, tried)
