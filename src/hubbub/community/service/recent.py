"""A bounded mapping that keeps what was used last, and loads what it lacks once however many ask."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Least-recently-used mapping with a bound on entries."""

    def __init__(self, limit: int) -> None:
        """Hold at most `limit` entries (at least 1)."""
        self._limit = max(1, limit)
        self._entries: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        """Return how many entries are held."""
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """Return the entry and mark it as used, or None."""
        value = self._entries.get(key)
        if value is not None:
            self._entries.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> None:
        """Hold `value`, dropping the entry unused for longest when full."""
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self._limit:
            self._entries.popitem(last=False)

    def drop(self, key: K) -> None:
        """Forget `key`, if it is held."""
        self._entries.pop(key, None)

    def drop_where(self, condition: Callable[[K, V], bool]) -> None:
        """Forget every entry that `condition` names."""
        for key in [key for key, value in self._entries.items() if condition(key, value)]:
            del self._entries[key]


class Loading(Generic[K, V]):
    """A `Recent` that loads missing entries, one load per key at a time.

    `forget` also turns away the result of a load that began before it, so a reader never caches what a writer of this
    process has just replaced.
    """

    def __init__(self, limit: int, load: Callable[[K], Awaitable[V]]) -> None:
        """Hold at most `limit` entries; `load` makes one, and its errors reach every waiter uncached."""
        self._held: Recent[K, V] = Recent(limit)
        self._load = load
        self._waiting: dict[K, asyncio.Task[V]] = {}

    def held(self, key: K) -> V | None:
        """Return the entry if it is here."""
        return self._held.get(key)

    async def get(self, key: K) -> V:
        """Return the entry, loading it when it is not here."""
        found = self._held.get(key)
        if found is not None:
            return found
        task = self._waiting.get(key)
        if task is None:
            task = self._waiting[key] = asyncio.ensure_future(self._fill(key))
            # Whoever waits hears of a failure; when all have gone, nobody needs to.
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(task)

    def put(self, key: K, value: V) -> None:
        """Hold `value`; a load under way will not replace it."""
        self._waiting.pop(key, None)
        self._held.put(key, value)

    def forget(self, key: K) -> None:
        """Drop the entry, so that the next `get` loads it anew."""
        self._waiting.pop(key, None)
        self._held.drop(key)

    async def _fill(self, key: K) -> V:
        task = asyncio.current_task()
        try:
            value = await self._load(key)
            if self._waiting.get(key) is task:
                self._held.put(key, value)
            return value
        finally:
            if self._waiting.get(key) is task:
                del self._waiting[key]
