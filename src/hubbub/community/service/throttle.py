"""Counts failures and refuses after too many: the brake on guessing passwords and links."""

from __future__ import annotations

from hubbub.community.errors import Throttled
from hubbub.community.service.recent import Recent
from hubbub.kernel.clock import Clock

_HELD_MAX = 50_000


class Throttle:
    """Failures by key, each key with a window of its own."""

    def __init__(self, clock: Clock, *, failures_max: int, window_s: float) -> None:
        """Refuse a key after `failures_max` failures until `window_s` have passed since the first."""
        self._clock = clock
        self._failures_max = failures_max
        self._window_s = window_s
        self._failures: Recent[str, tuple[int, float]] = Recent(_HELD_MAX)

    def check(self, key: str) -> None:
        """Raise `Throttled` when `key` failed too often."""
        count, until_s = self._failures.get(key) or (0, 0.0)
        wait_s = until_s - self._clock.monotonic_s()
        if count >= self._failures_max and wait_s > 0:
            raise Throttled(retry_after_s=wait_s)

    def failed(self, key: str) -> None:
        """Count a failure of `key`."""
        count, until_s = self._failures.get(key) or (0, 0.0)
        now_s = self._clock.monotonic_s()
        if until_s <= now_s:
            count, until_s = 0, now_s + self._window_s
        self._failures.put(key, (count + 1, until_s))

    def succeeded(self, key: str) -> None:
        """Forget the failures of `key`."""
        self._failures.drop(key)
