"""What every cache promises, shown in memory and in a real Valkey."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.valkey import ValkeyServer, running_valkey
from hubbub.kernel.clock import ManualClock
from hubbub.storage.cache import Cache, MemoryCache
from hubbub.storage.errors import CacheUnavailable
from hubbub.storage.valkey import SharedCache, ValkeyCache, ValkeyLink

Pass = Callable[[float], Awaitable[None]]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["memory", "valkey", "shared"])
async def cache(request: pytest.FixtureRequest, clock: ManualClock) -> AsyncIterator[Cache]:
    if request.param == "memory":
        made: Cache = MemoryCache(clock)
    else:
        server: ValkeyServer = request.getfixturevalue("valkey_server")
        made = ValkeyCache(ValkeyLink(server.create_database(), clock))
        if request.param == "shared":
            made = SharedCache(made, MemoryCache(clock))
    yield made
    await made.close()


@pytest.fixture
def later(cache: Cache, clock: ManualClock) -> Pass:
    """Let time pass: for a server, whose clock nobody moves, by taking it from what its keys have left."""
    shared = cache.shared if isinstance(cache, SharedCache) else cache

    async def let_pass(seconds: float) -> None:
        clock.advance(seconds)
        if isinstance(shared, ValkeyCache):
            client = shared._link.client
            for key in await client.keys("*"):
                await client.pexpire(key, await client.pttl(key) - round(seconds * 1000))

    return let_pass


async def test_a_value_is_kept_until_its_time_is_over(cache: Cache, later: Pass) -> None:
    await cache.set("a", b"1", ttl_s=1000)
    await later(900)
    assert await cache.get("a") == b"1"
    await later(100)
    assert await cache.get("a") is None
    assert await cache.get("never") is None


async def test_a_new_value_brings_its_own_time(cache: Cache, later: Pass) -> None:
    await cache.set("a", b"1", ttl_s=1000)
    await later(900)
    await cache.set("a", b"2", ttl_s=1000)
    await later(900)
    assert await cache.get("a") == b"2"


async def test_a_counter_counts_and_ends_where_it_began_to(cache: Cache, later: Pass) -> None:
    assert await cache.incr("n", ttl_s=1000) == 1
    await later(600)
    assert await cache.incr("n", 5, ttl_s=1000) == 6
    assert await cache.get("n") == b"6"
    await later(400)
    assert await cache.incr("n", -2, ttl_s=1000) == -2


async def test_counting_what_is_no_counter_is_a_mistake(cache: Cache) -> None:
    await cache.set("a", b"word", ttl_s=10)
    with pytest.raises(ValueError, match="invalid literal"):
        await cache.incr("a", ttl_s=10)


async def test_a_deleted_value_is_gone(cache: Cache) -> None:
    await cache.set("a", b"1", ttl_s=10)
    await cache.delete("a")
    await cache.delete("a")
    assert await cache.get("a") is None


async def test_processes_share_what_is_in_a_server_and_go_on_alone_without_it(clock: ManualClock) -> None:
    with running_valkey() as server:
        url = server.create_database()
        here, there = [ValkeyCache(ValkeyLink(url, clock)) for _ in range(2)]
        goes_on = SharedCache(there, MemoryCache(clock))
        await here.incr("n", 7, ttl_s=1000)
        assert await goes_on.incr("n", ttl_s=1000) == 8
        server.kill()
        for _ in range(2):
            with pytest.raises(CacheUnavailable):
                await here.get("n")
        assert await goes_on.incr("n", ttl_s=1000) == 1
        await goes_on.set("a", b"1", ttl_s=1000)
        assert await goes_on.get("a") == b"1"
        await goes_on.delete("a")
        assert await goes_on.get("a") is None
        server.start()
        assert await goes_on.incr("n", ttl_s=1000) == 2  # not asked again in the same second
        clock.advance(1)
        assert await goes_on.incr("n", ttl_s=1000) == 1
        assert await goes_on.get("n") == b"1"
        await here.close()
        await goes_on.close()


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
