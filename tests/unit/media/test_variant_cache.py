"""Memory for variants has a bound, and neither a walk nor one large file empties it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hubbub.media.service.variant_cache import Variant, VariantCache

ROOM = 64_000


def variant(size_bytes: int = 1000, tag: str = "asset-1") -> Variant:
    return Variant(b"x" * size_bytes, "image/webp", '"e"', (tag,))


def test_what_was_asked_for_again_outlives_a_walk_through_many_others():
    cache = VariantCache(ROOM)
    cache.put("hot", variant())
    assert cache.get("hot")
    for place in range(1000):
        cache.put(f"walk {place}", variant())
    assert cache.get("hot")
    assert cache.get("walk 999")
    assert cache.get("walk 0") is None


def test_what_is_large_beside_the_whole_is_not_taken():
    cache = VariantCache(ROOM)
    cache.put("small", variant())
    cache.put("large", variant(ROOM // 8))
    assert cache.get("large") is None
    assert cache.get("small")


def test_a_purge_takes_what_has_the_tag():
    cache = VariantCache(ROOM)
    for place in range(4):
        cache.put(str(place), variant(tag=f"asset-{place % 2}"))
    cache.get("0")
    assert cache.drop(lambda _, each: "asset-0" in each.tags) == 2
    assert [cache.get(str(place)) is not None for place in range(4)] == [False, True, False, True]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30), st.integers(0, 6000))))
def test_whatever_comes_the_bound_holds_and_the_sum_is_right(steps: list[tuple[int, int, int]]):
    cache = VariantCache(ROOM)
    for act, place, size_bytes in steps:
        if act == 0:
            cache.put(str(place), variant(size_bytes))
        elif act == 1:
            cache.get(str(place))
        else:
            cache.drop(lambda key, _, gone=str(place): key == gone)
        assert 0 <= cache.size_bytes <= ROOM
    cache.drop(lambda *_: True)
    assert cache.size_bytes == 0
