from __future__ import annotations

import pytest

from hubbub.events.log.partitioner import murmur2, partition_of_key, partitioner


@pytest.mark.parametrize(
    ("key", "signed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_the_hash_is_the_one_of_kafkas_java_clients(key, signed):
    assert murmur2(key) == signed & 0xFFFFFFFF


def test_a_key_belongs_to_the_partition_that_kafka_gives_it():
    assert partition_of_key(b"21", 7) == (-973932308 & 0x7FFFFFFF) % 7
    long = b"a-little-bit-longer-string" * 2
    assert partition_of_key(long, 5) == (murmur2(long) & 0x7FFFFFFF) % 5


def test_records_without_key_take_the_partitions_in_turn():
    choose = partitioner(3)
    assert [choose(None) for _ in range(5)] == [0, 1, 2, 0, 1]
    assert partitioner(1)(b"any") == 0
