"""Rate limits: per caller, route and major parameter; per caller over all routes; and on refused requests per address.

Windows are fixed: a bucket fills completely when its time is up, which is what the headers promise to clients.

Source: Discord API documentation, "Rate Limits".
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Final, TypeVar

from hubbub.community.api.endpoint import Limit
from hubbub.community.errors import RateLimited
from hubbub.community.service.recent import Recent
from hubbub.kernel.clock import Clock

K = TypeVar("K")

_BUCKETS_MAX: Final = 200_000
_GLOBAL_S: Final = 1.0
_INVALID_S: Final = 600.0


class GloballyLimited(RateLimited):
    """The caller's limit over all routes is reached."""

    code = "rate_limited.global"
    is_global = True


class Shunned(RateLimited):
    """The address sent too many refused requests."""

    code = "rate_limited.refused"
    default_sentence = "Too many of this address's requests were refused. Mend the client, then try again later."


class Window:
    """What is left of one bucket."""

    __slots__ = ("left", "limit", "resets_at_s")

    def __init__(self, limit: int, resets_at_s: float) -> None:
        """Fill with `limit` requests until `resets_at_s` on the monotonic clock."""
        self.limit = limit
        self.left = limit
        self.resets_at_s = resets_at_s


@lru_cache(maxsize=4096)
def bucket_hash(bucket: str) -> bytes:
    """Return the public name of a bucket."""
    return hashlib.blake2s(bucket.encode(), digest_size=8).hexdigest().encode()


class RateLimits:
    """Counts requests in bounded memory; the bucket unused for longest is forgotten first."""

    def __init__(self, clock: Clock, *, per_second: int, invalid_max: int) -> None:
        """Count by `clock`; `per_second` requests per caller, `invalid_max` refused ones per address in ten minutes."""
        self._clock = clock
        self._per_second = per_second
        self._invalid_max = invalid_max
        self._buckets: Recent[tuple[object, ...], Window] = Recent(_BUCKETS_MAX)
        self._global: Recent[object, Window] = Recent(_BUCKETS_MAX)
        self._invalid: Recent[str, Window] = Recent(_BUCKETS_MAX)

    def check_address(self, address: str) -> None:
        """Raise `Shunned` when too many of the address's requests were refused."""
        window = self._invalid.get(address)
        if window is not None and window.left <= 0:
            wait_s = window.resets_at_s - self._clock.monotonic_s()
            if wait_s > 0:
                raise Shunned(retry_after_s=wait_s)

    def note_refused(self, address: str) -> None:
        """Count one refused request."""
        self._take(self._invalid, address, self._invalid_max, _INVALID_S)

    def take_global(self, caller: object) -> None:
        """Count a request of `caller`; raises `GloballyLimited`."""
        window = self._take(self._global, caller, self._per_second, _GLOBAL_S)
        if window.left < 0:
            raise GloballyLimited(retry_after_s=self.wait_s(window))

    def take(self, key: tuple[object, ...], limit: Limit) -> Window:
        """Count a request in a bucket and return what is left; below zero, it is over the limit."""
        return self._take(self._buckets, key, limit.requests, limit.per_s)

    def wait_s(self, window: Window) -> float:
        """Return the seconds until `window` fills again, never zero."""
        return max(0.001, window.resets_at_s - self._clock.monotonic_s())

    def headers(self, window: Window, bucket: str) -> list[tuple[bytes, bytes]]:
        """Return the headers that tell a client of `window`."""
        after_s = max(0.0, window.resets_at_s - self._clock.monotonic_s())
        reset_s = self._clock.unix_ms() / 1000 + after_s
        return [
            (b"x-ratelimit-limit", b"%d" % window.limit),
            (b"x-ratelimit-remaining", b"%d" % max(0, window.left)),
            (b"x-ratelimit-reset", b"%.3f" % reset_s),
            (b"x-ratelimit-reset-after", b"%.3f" % after_s),
            (b"x-ratelimit-bucket", bucket_hash(bucket)),
        ]

    def _take(self, windows: Recent[K, Window], key: K, limit: int, per_s: float) -> Window:
        now_s = self._clock.monotonic_s()
        window = windows.get(key)
        if window is None or window.resets_at_s <= now_s:
            window = Window(limit, now_s + per_s)
            windows.put(key, window)
        window.left -= 1
        return window
