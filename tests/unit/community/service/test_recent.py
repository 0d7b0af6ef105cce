"""Bounded memory: what is dropped, and that a write is never followed by an older read."""

import asyncio

import pytest

from hubbub.community.service.recent import Loading, Recent


def test_what_was_unused_for_longest_makes_room():
    recent: Recent[str, int] = Recent(2)
    recent.put("a", 1)
    recent.put("b", 2)
    assert recent.get("a") == 1
    recent.put("c", 3)
    assert (recent.get("a"), recent.get("b"), recent.get("c"), len(recent)) == (1, None, 3, 2)
    recent.drop_where(lambda key, _: key == "a")
    assert recent.get("a") is None


class Source:
    """Loads what it holds at the moment of being asked, when it is let."""

    def __init__(self) -> None:
        self.value = 1
        self.asked = 0
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()

    async def load(self, _key: str) -> int:
        self.asked += 1
        value = self.value
        self.begun.set()
        await self.gate.wait()
        if value < 0:
            raise ValueError
        return value


async def test_many_who_ask_at_once_load_once():
    source = Source()
    loading = Loading(4, source.load)
    asked = [asyncio.ensure_future(loading.get("k")) for _ in range(5)]
    await asyncio.sleep(0)
    source.gate.set()
    assert await asyncio.gather(*asked) == [1] * 5
    assert await loading.get("k") == 1
    assert source.asked == 1


async def test_a_load_begun_before_a_write_is_not_kept():
    source = Source()
    loading = Loading(4, source.load)
    early = asyncio.ensure_future(loading.get("k"))
    await source.begun.wait()
    source.value = 2
    loading.forget("k")
    late = asyncio.ensure_future(loading.get("k"))
    await asyncio.sleep(0)
    source.gate.set()
    assert (await early, await late) == (1, 2)
    assert loading.held("k") == 2


async def test_a_failed_load_reaches_all_and_is_not_kept():
    source = Source()
    source.value = -1
    source.gate.set()
    loading = Loading(4, source.load)
    for _ in range(2):
        with pytest.raises(ValueError):  # noqa: PT011 - the source's own
            await loading.get("k")
    assert source.asked == 2


async def test_who_stops_waiting_stops_nobody_else():
    source = Source()
    loading = Loading(4, source.load)
    first, second = (asyncio.ensure_future(loading.get("k")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    source.gate.set()
    assert await second == 1
