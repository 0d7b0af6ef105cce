"""How often one participant may join."""

from __future__ import annotations

from collections.abc import Hashable

WINDOW_S = 10.0
_KEYS_MAX = 10_000


class Joins:
    """Counts per key in windows of 10 s that all begin together, so that a window's counts are forgotten at once."""

    def __init__(self, limit: int) -> None:
        """Permit `limit` for each key and window."""
        self._limit = limit
        self._began_s = 0.0
        self._counts: dict[Hashable, int] = {}

    def take(self, key: Hashable, now_s: float) -> float:
        """Count one; return zero, or the seconds to wait when it is one too many."""
        if now_s - self._began_s >= WINDOW_S:
            self._began_s = now_s
            self._counts.clear()
        count = self._counts.get(key, 0)
        full = count == 0 and len(self._counts) >= _KEYS_MAX
        if full or count >= self._limit:
            return self._began_s + WINDOW_S - now_s
        self._counts[key] = count + 1
        return 0.0
