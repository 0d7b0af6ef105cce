"""Which partition a key belongs to, as Kafka's Java clients compute it.

Source: org.apache.kafka.common.utils.Utils.murmur2 and BuiltInPartitioner.partitionForKey, Kafka 4.3; the hash itself
is Austin Appleby's MurmurHash2 with seed 0x9747b28c. librdkafka agrees when told `partitioner=murmur2_random`.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable

_SEED = 0x9747B28C
_MULTIPLIER = 0x5BD1E995
_U32 = 0xFFFFFFFF

Partitioner = Callable[[bytes | None], int]
"""Gives the partition of a key."""


def murmur2(data: bytes) -> int:
    """Return the 32-bit MurmurHash2 of `data`, unsigned."""
    size = len(data)
    whole = size & ~3
    state = _SEED ^ size
    for start in range(0, whole, 4):
        word = int.from_bytes(data[start : start + 4], "little") * _MULTIPLIER & _U32
        word = (word ^ word >> 24) * _MULTIPLIER & _U32
        state = (state * _MULTIPLIER & _U32) ^ word
    if size > whole:
        state = (state ^ int.from_bytes(data[whole:], "little")) * _MULTIPLIER & _U32
    state = (state ^ state >> 13) * _MULTIPLIER & _U32
    return state ^ state >> 15


# A guild's key comes again with every message; only short keys are remembered, so the cache stays within a few MiB.
_SHORT_BYTES = 32
_murmur2_of_short = functools.lru_cache(maxsize=16_384)(murmur2)


def partition_of_key(key: bytes, partitions: int) -> int:
    """Return the partition of `key` among `partitions`."""
    hashed = _murmur2_of_short(key) if len(key) <= _SHORT_BYTES else murmur2(key)
    return (hashed & 0x7FFFFFFF) % partitions


def partitioner(partitions: int) -> Partitioner:
    """Return a partitioner over `partitions`; records without key go round the partitions in turn."""
    if partitions == 1:
        return lambda _key: 0
    turns = itertools.cycle(range(partitions))

    def choose(key: bytes | None) -> int:
        return next(turns) if key is None else partition_of_key(key, partitions)

    return choose
