"""Whatever becomes of a segment's tail, every acknowledged record before it stays, and damage is never hidden."""

from __future__ import annotations

import itertools
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.events.log import Record, TopicPartition
from hubbub.events.log.embedded import Config
from hubbub.events.log.embedded.disk import Disk
from hubbub.events.log.embedded.frame import encode
from hubbub.events.log.embedded.partition import Partition
from hubbub.events.log.errors import LogCorrupt

SALT = 77
NAME = TopicPartition("t", 0)
FOREVER_MS = 10**15

record = st.builds(Record, st.binary(max_size=60), st.none() | st.binary(max_size=9))
groups = st.lists(st.lists(record, min_size=1, max_size=5), min_size=1, max_size=6)


def flat(groups: list[list[Record]]) -> list[Record]:
    return list(itertools.chain.from_iterable(groups))


def opened(folder: Path, **settings) -> Partition:
    return Partition(NAME, folder, SALT, Config(index_bytes=64, **settings), Disk())


def commit(partition: Partition, group: list[Record]) -> None:
    for one in group:
        partition.stage(one, 1000)
    partition.write(FOREVER_MS)
    partition.sync()
    partition.publish()


def contents(partition: Partition) -> list[Record]:
    low, high = partition.window()
    read: list[Record] = []
    while low + len(read) < high:
        read += [Record(one.value, one.key) for one in partition.read(low + len(read), 1000)]
    return read


@contextmanager
def written(groups: list[list[Record]]):
    """Give the folder of a partition with `groups`, its one segment, and where each record and each group ends."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        partition = opened(folder)
        group_ends = []
        for group in groups:
            commit(partition, group)
            group_ends.append(partition.view.active.size)
        partition.close()
        sizes = (len(encode(one.key, one.value, offset=0, timestamp_ms=0, ahead=0, salt=0)) for one in flat(groups))
        yield folder, folder / f"{0:020d}.log", list(itertools.accumulate(sizes)), group_ends


@settings(deadline=None)  # a shared disk sets the pace
@given(groups, st.data())
def test_a_file_cut_anywhere_keeps_every_whole_record(groups, data):
    with written(groups) as (folder, segment, ends, _):
        size = data.draw(st.integers(0, ends[-1]))
        with segment.open("r+b") as file:
            file.truncate(size)
        partition = opened(folder)
        whole = sum(end <= size for end in ends)
        assert contents(partition) == flat(groups)[:whole]
        commit(partition, [Record(b"next")])
        assert contents(partition) == [*flat(groups)[:whole], Record(b"next")]
        partition.close()
        again = opened(folder)
        assert contents(again) == [*flat(groups)[:whole], Record(b"next")]
        assert again.cut_bytes == 0
        again.close()


@settings(deadline=None)  # a shared disk sets the pace
@given(groups, st.binary(min_size=1, max_size=300))
def test_any_bytes_after_the_last_record_are_cut_off(groups, rubbish):
    with written(groups) as (folder, segment, _, _):
        with segment.open("ab") as file:
            file.write(rubbish)
        partition = opened(folder)
        assert contents(partition) == flat(groups)
        assert partition.cut_bytes == len(rubbish)
        partition.close()


@settings(deadline=None)  # a shared disk sets the pace
@given(groups, st.data())
def test_a_torn_last_group_loses_none_of_the_groups_before(groups, data):
    with written(groups) as (folder, segment, _, group_ends):
        start = group_ends[-2] if len(group_ends) > 1 else 0
        whole = bytearray(segment.read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):  # sectors of one write reach the disk in any order
            at = data.draw(st.integers(start, len(whole) - 1))
            length = data.draw(st.integers(1, len(whole) - at))
            whole[at : at + length] = bytes(length)
        segment.write_bytes(whole)
        partition = opened(folder)
        kept = contents(partition)
        acknowledged = flat(groups[:-1])
        assert kept == flat(groups)[: len(kept)]
        assert len(kept) >= len(acknowledged)
        partition.close()


@settings(deadline=None)  # a shared disk sets the pace
@given(st.lists(st.lists(record, min_size=1, max_size=4), min_size=2, max_size=6), st.data())
def test_damage_before_the_last_group_is_named_never_cut_away(groups, data):
    with written(groups) as (folder, segment, ends, group_ends):
        at = data.draw(st.integers(0, group_ends[-2] - 1))
        whole = bytearray(segment.read_bytes())
        whole[at] ^= 1 << data.draw(st.integers(0, 7))
        segment.write_bytes(whole)
        hit = sum(end <= at for end in ends)
        with pytest.raises(LogCorrupt) as caught:
            opened(folder)
        assert (caught.value.path, caught.value.offset) == (segment, hit)
        assert caught.value.position == ([0, *ends])[hit]
        assert segment.read_bytes() == whole
        partition = opened(folder, truncate_damage=True)
        assert contents(partition) == flat(groups)[:hit]
        partition.close()
