"""Ids only grow, whatever the clock does."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.kernel.clock import ManualClock
from hubbub.kernel.snowflake import EPOCH_MS, SnowflakeGenerator, at_time, timestamp_ms


class JumpingClock(ManualClock):
    """A wall clock that follows a script, also backwards."""

    def __init__(self, script):
        super().__init__()
        self.script = list(script)

    def unix_ms(self):
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


@given(st.lists(st.integers(EPOCH_MS, EPOCH_MS + 2**40), min_size=1, max_size=200))
def test_ids_grow_when_the_clock_jumps_back(script):
    generator = SnowflakeGenerator(JumpingClock(script))
    ids = [generator.next() for _ in range(len(script) + 5)]
    assert all(later > earlier for earlier, later in itertools.pairwise(ids))


def test_more_ids_than_one_millisecond_holds_borrow_from_the_next():
    clock = ManualClock()
    generator = SnowflakeGenerator(clock)
    ids = [generator.next() for _ in range(5000)]
    assert len(set(ids)) == 5000
    assert timestamp_ms(ids[-1]) == clock.unix_ms() + 1


def test_an_id_tells_when_and_where_it_was_made():
    clock = ManualClock(unix_ms=EPOCH_MS + 1234)
    made = SnowflakeGenerator(clock, worker=7).next()
    assert timestamp_ms(made) == EPOCH_MS + 1234
    assert (made >> 12) & 1023 == 7
    assert at_time(EPOCH_MS + 1234) <= made < at_time(EPOCH_MS + 1235)


@pytest.mark.parametrize("worker", [-1, 1024])
def test_a_worker_out_of_range_is_refused(worker):
    with pytest.raises(ValueError, match="worker must be"):
        SnowflakeGenerator(ManualClock(), worker=worker)
