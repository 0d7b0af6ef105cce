"""Counting windows for floods, bounded in memory whatever the number of keys."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable


class FixedWindow:
    """Counts per key within windows of a fixed length, each starting with the key's first count.

    The least recently counted keys are forgotten beyond `keys_max`: an attacker with more addresses than that gains a
    fresh window for each, which costs more than it brings.
    """

    def __init__(self, limit: int, window_s: float, keys_max: int = 65_536) -> None:
        """Allow `limit` counts within `window_s` seconds for each key."""
        self._limit = limit
        self._window_s = window_s
        self._keys_max = keys_max
        self._windows: OrderedDict[Hashable, tuple[float, int]] = OrderedDict()

    def take(self, key: Hashable, now_s: float) -> bool:
        """Count once for `key` at monotonic `now_s`; return False when that is beyond the limit."""
        start, count = self._current(key, now_s)
        self._windows[key] = (start, count + 1)
        self._windows.move_to_end(key)
        if len(self._windows) > self._keys_max:
            self._windows.popitem(last=False)
        return count < self._limit

    def exhausted(self, key: Hashable, now_s: float) -> bool:
        """Return whether `take` would refuse, without counting."""
        return self._current(key, now_s)[1] >= self._limit

    def remaining(self, key: Hashable, now_s: float) -> tuple[int, float]:
        """Return how many counts are left and after how many seconds the window ends."""
        start, count = self._current(key, now_s)
        return max(0, self._limit - count), max(0.0, start + self._window_s - now_s) if count else 0.0

    def _current(self, key: Hashable, now_s: float) -> tuple[float, int]:
        start, count = self._windows.get(key, (now_s, 0))
        return (now_s, 0) if now_s - start >= self._window_s else (start, count)


class ReplayBudget:
    """Decides from which payload on rings may keep: the newest ones whose bytes together fit into a budget.

    Payloads are counted in groups, so that the count itself stays small.
    """

    _GROUP = 256

    def __init__(self, bytes_max: int) -> None:
        """Keep the newest payloads of at most `bytes_max` bytes."""
        self._bytes_max = bytes_max
        self._groups: list[tuple[int, int]] = []
        self._open_bytes = 0
        self._total = 0
        self.number = 0
        """Number of the newest payload."""
        self.floor = 0
        """Smallest number that may still be kept."""

    def next_number(self) -> int:
        """Return the number of a new payload; `count` its bytes when it is made."""
        self.number += 1
        return self.number

    def count(self, size: int) -> bool:
        """Count the newest payload's `size` in bytes; return True when `floor` moved."""
        self._open_bytes += size
        self._total += size
        if self.number % self._GROUP == 0 or self._open_bytes >= self._bytes_max // 64:
            self._groups.append((self.number, self._open_bytes))
            self._open_bytes = 0
        moved = False
        while self._total > self._bytes_max and self._groups:
            number, group_bytes = self._groups.pop(0)
            self._total -= group_bytes
            self.floor = number + 1
            moved = True
        return moved
