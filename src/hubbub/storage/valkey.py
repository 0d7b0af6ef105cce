"""The cache that several processes share, in Valkey (or anything that speaks its protocol, RESP).

Valkey may go away at any time: then every call raises `CacheUnavailable`, at once for a moment, so that those who ask
do not wait for a server that is not there. `SharedCache` goes on in memory meanwhile.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from valkey.asyncio import BlockingConnectionPool, Valkey
from valkey.exceptions import ResponseError, ValkeyError

from hubbub.kernel import telemetry
from hubbub.kernel.clock import Clock
from hubbub.storage.cache import Cache
from hubbub.storage.errors import CacheUnavailable

_CONNECTIONS_MAX: Final = 16
_CONNECT_S: Final = 1.0
_ANSWER_S: Final = 2.0
_AWAY_S: Final = 1.0
"""Seconds after a failure in which Valkey is not asked again."""
_T = TypeVar("_T")
_log = telemetry.logger(__name__)


class ValkeyLink:
    """Bounded connections to a Valkey, and the knowledge whether it is there."""

    def __init__(self, url: str, clock: Clock) -> None:
        """Connect when first asked for something, to an address such as ``valkey://host:6379/0``."""
        pool: BlockingConnectionPool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS_MAX,
            timeout=_ANSWER_S,
            socket_connect_timeout=_CONNECT_S,
            socket_timeout=_ANSWER_S,
        )
        self.client: Valkey = Valkey.from_pool(pool)
        self.database = int(pool.connection_kwargs.get("db", 0))
        """Number of the database: channels, unlike keys, are the same in all of them."""
        self._clock = clock
        self._away_until_s = 0.0
        self._away = False

    async def run(self, call: Callable[[Valkey], Awaitable[_T]]) -> _T:
        """Return what `call` returns.

        Raises:
            CacheUnavailable: Valkey is not there, too slow, full or not willing.
            ResponseError: The value is no counter.
        """
        if self._away and self._clock.monotonic_s() < self._away_until_s:
            raise CacheUnavailable
        try:
            answer = await call(self.client)
        except (ValkeyError, OSError) as problem:
            if isinstance(problem, ResponseError) and "not an integer" in str(problem):
                raise
            if not self._away:
                _log.warning("cache.lost", reason=repr(problem))
            self._away, self._away_until_s = True, self._clock.monotonic_s() + _AWAY_S
            raise CacheUnavailable from problem
        if self._away:
            self._away = False
            _log.info("cache.back")
        return answer

    async def close(self) -> None:
        """Close every connection."""
        await self.client.aclose(close_connection_pool=True)


class ValkeyCache:
    """A `Cache` in Valkey; each call raises `CacheUnavailable` while that is away."""

    def __init__(self, link: ValkeyLink, prefix: str = "hubbub:cache:") -> None:
        """Keep values over `link` under keys that begin with `prefix`."""
        self._link = link
        self._prefix = prefix

    async def get(self, key: str) -> bytes | None:
        """See `Cache.get`."""
        found: bytes | None = await self._link.run(lambda client: client.get(self._prefix + key))
        return found

    async def set(self, key: str, value: bytes, *, ttl_s: float) -> None:
        """See `Cache.set`."""
        if ttl_s <= 0:
            await self.delete(key)
            return
        await self._link.run(lambda client: client.set(self._prefix + key, value, px=_ms(ttl_s)))

    async def incr(self, key: str, by: int = 1, *, ttl_s: float) -> int:
        """See `Cache.incr`."""

        async def count(client: Valkey) -> int:
            async with client.pipeline(transaction=True) as pipe:
                pipe.incrby(self._prefix + key, by)
                pipe.pexpire(self._prefix + key, _ms(ttl_s), nx=True)
                return int((await pipe.execute())[0])

        try:
            return await self._link.run(count)
        except ResponseError as problem:
            raise ValueError(f"invalid literal for a counter: {problem}") from problem

    async def delete(self, key: str) -> None:
        """See `Cache.delete`."""
        await self._link.run(lambda client: client.delete(self._prefix + key))

    async def close(self) -> None:
        """See `Cache.close`."""
        await self._link.close()


class SharedCache:
    """A `Cache` that goes on in `own` while `shared` is away: limits then hold for each process by itself."""

    def __init__(self, shared: Cache, own: Cache) -> None:
        """Ask `shared`, and `own` when it cannot be reached."""
        self.shared = shared
        self._own = own

    async def get(self, key: str) -> bytes | None:
        """See `Cache.get`."""
        try:
            return await self.shared.get(key)
        except CacheUnavailable:
            return await self._own.get(key)

    async def set(self, key: str, value: bytes, *, ttl_s: float) -> None:
        """See `Cache.set`."""
        try:
            await self.shared.set(key, value, ttl_s=ttl_s)
        except CacheUnavailable:
            await self._own.set(key, value, ttl_s=ttl_s)

    async def incr(self, key: str, by: int = 1, *, ttl_s: float) -> int:
        """See `Cache.incr`."""
        try:
            return await self.shared.incr(key, by, ttl_s=ttl_s)
        except CacheUnavailable:
            return await self._own.incr(key, by, ttl_s=ttl_s)

    async def delete(self, key: str) -> None:
        """See `Cache.delete`; what is kept here meanwhile goes too."""
        await self._own.delete(key)
        try:
            await self.shared.delete(key)
        except CacheUnavailable:
            _log.info("cache.not_deleted", key=key)

    async def close(self) -> None:
        """See `Cache.close`."""
        await self._own.close()
        await self.shared.close()


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))
