from __future__ import annotations

from pathlib import Path

import pytest

from hubbub.events.log import Record, Retention, TopicPartition
from hubbub.events.log.embedded import Config
from hubbub.events.log.embedded.disk import Disk
from hubbub.events.log.embedded.index import index_path, load_extent
from hubbub.events.log.embedded.partition import Partition
from hubbub.events.log.errors import LogCorrupt

FOREVER_MS = 10**15


def opened(folder: Path) -> Partition:
    return Partition(TopicPartition("t", 0), folder, 5, Config(segment_bytes=1024, index_bytes=128), Disk())


def commit(partition: Partition, *values: bytes, now_ms: int = 1000) -> None:
    for value in values:
        partition.stage(Record(value), now_ms)
    partition.write(FOREVER_MS)
    partition.sync()
    partition.publish()


def read_all(partition: Partition) -> list[int]:
    low, high = partition.window()
    read: list[int] = []
    while low + len(read) < high:
        read += [int(record.value) for record in partition.read(low + len(read), 1000)]
    return read


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A partition of 100 records in several segments."""
    partition = opened(tmp_path)
    for number in range(100):
        commit(partition, b"%050d" % number, now_ms=number)
    partition.close()
    return tmp_path


def segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.log"))


def test_segments_are_named_by_their_base_offset_and_indexed_when_sealed(folder):
    paths = segments(folder)
    assert len(paths) > 5
    assert [load_extent(path).end for path in paths[:-1]] == [int(path.stem) for path in paths[1:]]


def test_a_partition_opens_with_everything_in_it(folder):
    partition = opened(folder)
    assert read_all(partition) == list(range(100))
    assert [partition.offset_at(number) for number in range(101)] == list(range(101))
    commit(partition, b"100", now_ms=0)
    assert partition.read(100, 1)[0].timestamp_ms == 99
    partition.close()


@pytest.mark.parametrize(
    "harm", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-1]), lambda path: path.write_bytes(b"")]
)
def test_a_lost_or_torn_index_is_made_again(folder, harm):
    for path in segments(folder)[:-1]:
        harm(index_path(path))
    partition = opened(folder)
    assert read_all(partition) == list(range(100))
    assert all(load_extent(path) for path in segments(folder)[:-1])
    partition.close()


def test_an_index_whose_entries_rotted_is_not_believed(folder):
    for path in segments(folder)[:-1]:
        data = bytearray(index_path(path).read_bytes())
        data[0] ^= 0xFF
        index_path(path).write_bytes(data)
    partition = opened(folder)
    assert [int(partition.read(n, 1)[0].value) for n in range(100)] == list(range(100))
    partition.close()


def test_a_bad_record_in_an_older_segment_is_named_and_the_rest_stays_readable(folder):
    path = segments(folder)[2]
    extent = load_extent(path)
    data = bytearray(path.read_bytes())
    position = extent.size // 2
    data[position] ^= 1
    path.write_bytes(data)
    partition = opened(folder)
    offset = extent.base
    while True:
        try:
            offset = partition.read(offset, 1)[0].offset + 1
        except LogCorrupt as problem:
            corrupt = problem
            break
    assert (corrupt.path, corrupt.offset) == (path, offset)
    assert corrupt.position <= position
    assert str(path) in corrupt.sentence
    before = partition.read(0, 1000)
    assert [record.offset for record in before] == list(range(offset))
    assert int(partition.read(extent.end, 1)[0].value) == extent.end
    partition.close()


def test_an_older_segment_cut_short_is_named(folder):
    path = segments(folder)[1]
    with path.open("r+b") as file:
        file.truncate(100)
    with pytest.raises(LogCorrupt) as caught:
        opened(folder)
    assert caught.value.path == path


def test_a_missing_segment_is_named_by_the_one_before(folder):
    gone = segments(folder)[3]
    gone.unlink()
    with pytest.raises(LogCorrupt) as caught:
        opened(folder)
    assert caught.value.path == segments(folder)[2]
    assert caught.value.offset == int(gone.stem)


def test_the_empty_file_of_a_roll_that_failed_is_removed(folder):
    last = segments(folder)[-1]
    leftover = folder / f"{int(last.stem) + 1:020d}.log"
    leftover.touch()
    partition = opened(folder)
    assert read_all(partition) == list(range(100))
    assert not leftover.exists()
    partition.close()


def test_a_crash_between_roll_and_first_record_loses_nothing(folder):
    partition = opened(folder)
    partition._roll()
    partition.close()
    again = opened(folder)
    assert read_all(again) == list(range(100))
    commit(again, b"100")
    assert read_all(again) == list(range(101))
    again.close()


def test_retention_never_removes_the_active_segment(folder):
    partition = opened(folder)
    partition.retain(Retention(bytes_max=0, age_ms_max=0), FOREVER_MS)
    assert segments(folder) == [partition.view.active.path]
    low, high = partition.window()
    assert low < high == 100
    assert read_all(partition) == list(range(low, 100))
    assert not list(folder.glob("*.index"))
    partition.close()
    again = opened(folder)
    assert again.window() == (low, high)
    again.close()


def test_retention_by_bytes_keeps_as_many_whole_segments_as_fit(folder):
    partition = opened(folder)
    partition.retain(Retention(bytes_max=3000), 0)
    sizes = [path.stat().st_size for path in segments(folder)]
    assert sum(sizes) <= 3000 < sum(sizes) + 1024
    partition.close()


def test_retention_by_age_goes_by_a_segments_newest_record(folder):
    partition = opened(folder)
    partition.retain(Retention(age_ms_max=50), now_ms=100)
    low = partition.window().low
    assert 30 < low <= 50
    partition.close()
