"""The agreement of several processes about variants, in Valkey.

Under a variant's key lies how it stands with it: the fence of who makes it and its name, or a word for what became of
it. The key ends with how often the asset was purged, so that a purge takes all leases back and forgets all that was
made by counting on. Processes tell one another on a channel; who misses a message asks again after a moment.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from valkey.exceptions import ValkeyError

from hubbub.kernel import telemetry
from hubbub.media.service.coordination import LEASE_S, MADE_S, Begun, Forget, Held, Lease, Standing, Waiters
from hubbub.storage.errors import CacheUnavailable
from hubbub.storage.valkey import ValkeyLink

if TYPE_CHECKING:
    from valkey.asyncio import Valkey
    from valkey.asyncio.client import PubSub

_GENERATION_MS: Final = round(2 * MADE_S * 1000)
"""How long purges are remembered: longer than what was made, and any lease."""
_QUIET_S: Final = 2.0
"""Seconds after which a server that says nothing is asked whether it is there."""
_AGAIN_S: Final = 2.0
"""Seconds between tries to listen again; until then everything is forgotten that often, as a purge may be missed."""

_BEGIN: Final = """
local generation = redis.call('GET', KEYS[1]) or '0'
local place = KEYS[2] .. generation
local found = redis.call('GET', place)
if found then return {found, redis.call('PTTL', place), generation} end
local fence = redis.call('INCR', KEYS[3])
redis.call('SET', place, fence .. '.' .. ARGV[2], 'PX', ARGV[1])
return {'', fence, generation}
"""
_CHECK: Final = """
if (redis.call('GET', KEYS[1]) or '0') ~= ARGV[1] then return 'purged' end
local place = KEYS[2] .. ARGV[1]
if redis.call('GET', place) ~= ARGV[2] then return 'overtaken' end
redis.call('PEXPIRE', place, ARGV[3])
return 'held'
"""
_END: Final = """
local place = KEYS[2] .. ARGV[1]
if (redis.call('GET', KEYS[1]) or '0') == ARGV[1] and redis.call('GET', place) == ARGV[2] then
  if ARGV[3] == '' then redis.call('DEL', place) else redis.call('SET', place, ARGV[3], 'PX', ARGV[4]) end
end
redis.call('PUBLISH', ARGV[5], ARGV[6])
"""
_LOST: Final = """
local place = KEYS[2] .. (redis.call('GET', KEYS[1]) or '0')
if redis.call('GET', place) == 'made' then redis.call('DEL', place) end
"""
_log = telemetry.logger(__name__)


class ValkeyCoordination:
    """A `Coordination` of all processes that use the same database of the same Valkey."""

    def __init__(self, link: ValkeyLink, prefix: str = "hubbub:media:") -> None:
        """Agree over `link`, which is closed with this, under keys that begin with `prefix`."""
        self._link = link
        self._prefix = prefix
        self._scripts = {
            name: link.client.register_script(text)
            for name, text in {"begin": _BEGIN, "check": _CHECK, "end": _END, "lost": _LOST}.items()
        }
        self._channel = f"{prefix}{link.database}"
        self._name = secrets.token_hex(8)
        self._waiters = Waiters()
        self._forget: list[Forget] = []
        self._hear_settled: list[Callable[[int], None]] = []
        self._listening: asyncio.Task[None] | None = None
        self.hears = asyncio.Event()
        """Set while this process is told of the others."""

    async def begin(self, asset_id: int, key: str) -> Begun:
        """See `Coordination.begin`."""
        keys = [*self._keys(asset_id, key), f"{self._prefix}fence"]
        found, number, generation = await self._run("begin", keys, _ms(LEASE_S), self._name)
        if not found:
            return Begun(Standing.LEASED, Lease(asset_id, key, int(number), int(generation)))
        if found[:1].isdigit():
            return Begun(Standing.TAKEN)
        return Begun(Standing(found.decode()), left_s=max(0, number) / 1000)

    async def check(self, lease: Lease) -> Held:
        """See `Coordination.check`."""
        keys = self._keys(lease.asset_id, lease.key)
        held: bytes = await self._run("check", keys, lease.generation, self._holder(lease), _ms(LEASE_S))
        return Held(held.decode())

    async def end(self, lease: Lease, standing: Standing | None, for_s: float = MADE_S) -> None:
        """See `Coordination.end`."""
        told = "" if standing is None else standing.value
        keys, holder = self._keys(lease.asset_id, lease.key), self._holder(lease)
        how = (lease.generation, holder, told, _ms(for_s))
        await self._run("end", keys, *how, self._channel, f"ended {lease.key}")

    async def lost(self, asset_id: int, key: str) -> None:
        """See `Coordination.lost`."""
        await self._run("lost", self._keys(asset_id, key))

    async def ended(self, key: str, within_s: float) -> None:
        """See `Coordination.ended`."""
        await self._waiters.wait(key, within_s)

    async def purge(self, asset_id: int) -> None:
        """See `Coordination.purge`."""
        generation = self._keys(asset_id, "")[0]

        async def count(client: Valkey) -> None:
            async with client.pipeline(transaction=True) as pipe:
                pipe.incr(generation)
                pipe.pexpire(generation, _GENERATION_MS)
                pipe.publish(self._channel, f"purged {asset_id} {self._name}")
                await pipe.execute()

        await self._link.run(count)

    def subscribe(self, forget: Forget) -> None:
        """See `Coordination.subscribe`."""
        self._forget.append(forget)

    async def settled(self, asset_id: int) -> None:
        """See `Coordination.settled`."""
        await self._link.run(lambda client: client.publish(self._channel, f"settled {asset_id} {self._name}"))

    def on_settled(self, hear: Callable[[int], None]) -> None:
        """See `Coordination.on_settled`."""
        self._hear_settled.append(hear)

    async def start(self) -> None:
        """See `Coordination.start`."""
        self._listening = asyncio.create_task(self._listen())

    async def close(self) -> None:
        """See `Coordination.close`."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        await self._link.close()

    async def _run(self, name: str, keys: list[str], *arguments: str | int) -> Any:
        script = self._scripts[name]
        return await self._link.run(lambda _: script(keys=keys, args=arguments))

    def _holder(self, lease: Lease) -> str:
        # Named too: a server that lost everything counts fences from the beginning again.
        return f"{lease.fence}.{self._name}"

    def _keys(self, asset_id: int, key: str) -> list[str]:
        return [f"{self._prefix}purges:{{{asset_id}}}", f"{self._prefix}variant:{{{asset_id}}}:{key}:"]

    async def _listen(self) -> None:
        while True:
            listener = self._link.client.pubsub()
            try:
                await listener.subscribe(self._channel)
                await self._hear(listener)
            except (ValkeyError, OSError, CacheUnavailable, TimeoutError) as problem:
                if self.hears.is_set():
                    _log.warning("media.others_not_heard", reason=repr(problem))
            except Exception:  # noqa: BLE001 - one message that is not understood must not be the last
                _log.exception("listening to other processes failed")
            finally:
                self.hears.clear()
                with contextlib.suppress(ValkeyError, OSError):
                    await listener.aclose()  # type: ignore[no-untyped-call]
            # What was purged from here on is not told, so that nothing in memory can be trusted for long.
            self._waiters.tell_all()
            self._tell(None)
            await asyncio.sleep(_AGAIN_S)

    async def _hear(self, listener: PubSub) -> None:
        """Take in messages until the server falls silent."""
        is_asked = False
        while True:
            message = await listener.get_message(timeout=_QUIET_S)
            if message is None:
                if is_asked:
                    raise TimeoutError("Valkey does not answer")
                await listener.ping()
                is_asked = True
                continue
            is_asked = False
            if message["type"] == "subscribe":
                self._tell(None)  # of a purge between the last words and these
                self.hears.set()
            elif message["type"] == "message":
                self._take(message["data"].decode().split(" "))

    def _take(self, words: list[str]) -> None:
        match words:
            case ["ended", key]:
                self._waiters.tell(key)
            case ["purged", asset_id, name] if name != self._name:
                self._tell(int(asset_id))
            case ["settled", asset_id, name] if name != self._name:
                for hear in self._hear_settled:
                    hear(int(asset_id))

    def _tell(self, asset_id: int | None) -> None:
        for forget in self._forget:
            forget(asset_id)


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))
