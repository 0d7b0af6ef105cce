"""What every cache promises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.kernel.clock import ManualClock
from hubbub.storage.cache import Cache, MemoryCache


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def cache(clock: ManualClock) -> Cache:
    return MemoryCache(clock)


async def test_a_value_is_kept_until_its_time_is_over(cache: Cache, clock: ManualClock) -> None:
    await cache.set("a", b"1", ttl_s=10)
    clock.advance(9.9)
    assert await cache.get("a") == b"1"
    clock.advance(0.1)
    assert await cache.get("a") is None
    assert await cache.get("never") is None


async def test_a_new_value_brings_its_own_time(cache: Cache, clock: ManualClock) -> None:
    await cache.set("a", b"1", ttl_s=10)
    clock.advance(9)
    await cache.set("a", b"2", ttl_s=10)
    clock.advance(9)
    assert await cache.get("a") == b"2"


async def test_a_counter_counts_and_ends_where_it_began_to(cache: Cache, clock: ManualClock) -> None:
    assert await cache.incr("n", ttl_s=10) == 1
    clock.advance(6)
    assert await cache.incr("n", 5, ttl_s=10) == 6
    assert await cache.get("n") == b"6"
    clock.advance(4)
    assert await cache.incr("n", -2, ttl_s=10) == -2


async def test_counting_what_is_no_counter_is_a_mistake(cache: Cache) -> None:
    await cache.set("a", b"word", ttl_s=10)
    with pytest.raises(ValueError, match="invalid literal"):
        await cache.incr("a", ttl_s=10)


async def test_a_deleted_value_is_gone(cache: Cache) -> None:
    await cache.set("a", b"1", ttl_s=10)
    await cache.delete("a")
    await cache.delete("a")
    assert await cache.get("a") is None


async def test_the_value_unused_for_longest_makes_room(clock: ManualClock) -> None:
    cache = MemoryCache(clock, size_bytes_max=10_000)
    for number in range(20):
        await cache.set(f"k{number}", b"v" * 600, ttl_s=60)
        assert await cache.get("k0") is not None
    assert await cache.get("k19") is not None
    assert await cache.get("k1") is None
    assert cache.size_bytes <= 10_000
    await cache.set("whale", b"v" * 20_000, ttl_s=60)
    assert await cache.get("whale") is None
    assert cache.size_bytes <= 10_000


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["set", "incr", "delete", "get"]),
            st.sampled_from("abcdef"),
            st.integers(0, 3000),
            st.floats(0, 20),
        )
    )
)
async def test_memory_never_passes_its_bound(steps: list[tuple[str, str, int, float]]) -> None:
    clock = ManualClock()
    cache = MemoryCache(clock, size_bytes_max=5_000)
    for action, key, number, seconds in steps:
        clock.advance(seconds)
        if action == "set":
            await cache.set(key, b"1" * (number + 1), ttl_s=seconds)
        elif action == "incr":
            await cache.delete(key)
            await cache.incr(key, number, ttl_s=seconds)
        elif action == "delete":
            await cache.delete(key)
        else:
            await cache.get(key)
        assert 0 <= cache.size_bytes <= 5_000
    await cache.close()
    assert cache.size_bytes == 0
