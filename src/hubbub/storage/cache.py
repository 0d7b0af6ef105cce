"""Short-lived values that may vanish at any time: counters of rate limits, answers worth keeping for a moment.

Nothing in a cache is the truth. The port is shaped so that Valkey fits behind it when several processes must share
one; `MemoryCache` serves one process.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, NamedTuple, Protocol

from hubbub.kernel.clock import Clock


class Cache(Protocol):
    """Values under keys, each with a time to live in seconds."""

    async def get(self, key: str) -> bytes | None:
        """Return the value, or None when there is none, it has expired or it had to make room."""
        ...

    async def set(self, key: str, value: bytes, *, ttl_s: float) -> None:
        """Keep `value` for at most `ttl_s` seconds, in place of an older one."""
        ...

    async def incr(self, key: str, by: int = 1, *, ttl_s: float) -> int:
        """Add to a counter and return its new value.

        A counter begins at zero and expires `ttl_s` seconds after its first increment, whatever comes later.

        Raises:
            ValueError: The key holds a value that is no counter.
        """
        ...

    async def delete(self, key: str) -> None:
        """Forget the key; does nothing when it is not there."""
        ...

    async def close(self) -> None:
        """Release everything."""
        ...


class _Entry(NamedTuple):
    value: bytes
    expires_s: float
    size_bytes: int


_ENTRY_BYTES: Final = 300
"""What an entry costs besides its key and value: the dictionary's slot, the tuple, the objects' headers."""


class MemoryCache:
    """A `Cache` in this process, bounded in bytes; the values unused for longest make room."""

    def __init__(self, clock: Clock, *, size_bytes_max: int = 32 << 20) -> None:
        """Keep at most `size_bytes_max` bytes, overhead included; `clock` says when values expire."""
        self._clock = clock
        self._size_bytes_max = size_bytes_max
        self._size_bytes = 0
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    @property
    def size_bytes(self) -> int:
        """Bytes held, overhead included."""
        return self._size_bytes

    async def get(self, key: str) -> bytes | None:
        """See `Cache.get`."""
        entry = self._live(key)
        return None if entry is None else entry.value

    async def set(self, key: str, value: bytes, *, ttl_s: float) -> None:
        """See `Cache.set`; a value larger than the whole cache is not kept."""
        self._put(key, value, self._clock.monotonic_s() + ttl_s)

    async def incr(self, key: str, by: int = 1, *, ttl_s: float) -> int:
        """See `Cache.incr`."""
        entry = self._live(key)
        count = by if entry is None else int(entry.value) + by
        expires_s = self._clock.monotonic_s() + ttl_s if entry is None else entry.expires_s
        self._put(key, b"%d" % count, expires_s)
        return count

    async def delete(self, key: str) -> None:
        """See `Cache.delete`."""
        self._drop(key)

    async def close(self) -> None:
        """See `Cache.close`."""
        self._entries.clear()
        self._size_bytes = 0

    def _live(self, key: str) -> _Entry | None:
        """Return an entry that has not expired, now the most recently used."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.expires_s <= self._clock.monotonic_s():
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return entry

    def _put(self, key: str, value: bytes, expires_s: float) -> None:
        """Keep an entry and drop the least recently used ones until all fit."""
        self._drop(key)
        size = len(key) + len(value) + _ENTRY_BYTES
        self._entries[key] = _Entry(value, expires_s, size)
        self._size_bytes += size
        while self._size_bytes > self._size_bytes_max:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: str) -> None:
        """Remove an entry if it is there."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._size_bytes -= entry.size_bytes
