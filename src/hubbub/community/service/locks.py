"""One lock per id, for as long as someone holds or awaits it."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary


class Locks:
    """Locks by id; one that nobody uses costs nothing."""

    def __init__(self) -> None:
        """Begin without locks."""
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    def of(self, key: int) -> asyncio.Lock:
        """Return the lock of `key`; keep it in a variable, or in ``async with``, while it matters."""
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        return lock
