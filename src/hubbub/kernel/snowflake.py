"""Snowflake ids: 64-bit, ordered by creation time, made without coordination.

Layout, from the high bit: 42 bits of milliseconds since the epoch, 10 bits of worker, 12 bits of sequence. The epoch is
the one that client libraries of the Discord API assume when they read a creation time out of an id.

Source: Discord API reference, "Snowflakes".
"""

from __future__ import annotations

from threading import Lock

from hubbub.kernel.clock import Clock

EPOCH_MS = 1_420_070_400_000
"""2015-01-01T00:00:00Z in Unix milliseconds."""

WORKER_BITS = 10
SEQUENCE_BITS = 12
WORKERS = 1 << WORKER_BITS
_SEQUENCES = 1 << SEQUENCE_BITS
SNOWFLAKE_MAX = (1 << 63) - 1
"""Largest id that records can hold (signed 64 bits); reached in the year 2084."""


class SnowflakeGenerator:
    """Makes ids that only grow, also when the wall clock steps back.

    More than 4096 ids in one millisecond borrow from the next one, so a call never waits.
    """

    def __init__(self, clock: Clock, worker: int = 0) -> None:
        """Read time from `clock`; `worker` (0 to 1023) must be unique among processes that share records."""
        if not 0 <= worker < WORKERS:
            raise ValueError(f"worker must be 0 to {WORKERS - 1}, not {worker}")
        self._clock = clock
        self._worker = worker
        self._tick = 0
        self._lock = Lock()

    def next(self) -> int:
        """Return the next id, greater than every id that this generator returned before."""
        with self._lock:
            now = (self._clock.unix_ms() - EPOCH_MS) << SEQUENCE_BITS
            self._tick = max(now, self._tick + 1)
            milliseconds, sequence = self._tick >> SEQUENCE_BITS, self._tick & (_SEQUENCES - 1)
        return (milliseconds << (WORKER_BITS + SEQUENCE_BITS)) | (self._worker << SEQUENCE_BITS) | sequence


def timestamp_ms(snowflake: int) -> int:
    """Return when `snowflake` was made, in Unix milliseconds."""
    return (snowflake >> (WORKER_BITS + SEQUENCE_BITS)) + EPOCH_MS


def at_time(unix_ms: int) -> int:
    """Return the smallest id that could be made at `unix_ms`, for ranges by time; never below zero."""
    return max(0, unix_ms - EPOCH_MS) << (WORKER_BITS + SEQUENCE_BITS)
