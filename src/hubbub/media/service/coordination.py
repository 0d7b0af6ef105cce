"""Who makes a variant, when several processes are asked for the same: an agreement, never the truth.

The truth is the object store. An agreement may be lost at any time, and then a variant is made twice at worst: a
rendition's bytes follow from what it is made of, so that the second is as good as the first.

One begins with `begin`. Who gets the lease makes the variant, renews the lease meanwhile with `check`, and tells the
end with `end`. The others wait with `ended`, and begin again: then the variant is made, cannot be made, or nobody makes
it any more, because the lease of a process that was killed ran out. A lease has a fence: who lost it to another
process, or to a purge, is told so by `check`, and stores nothing.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from hubbub.kernel.clock import Clock

LEASE_S: Final = 5.0
"""Seconds after which a lease that is not renewed is another's."""
RENEW_S: Final = LEASE_S / 4
MADE_S: Final = 86_400.0
"""Seconds for which it is known that a variant was made; then the object store is asked."""
_PLACES_MAX: Final = 50_000


class Standing(StrEnum):
    """How it stands with a variant."""

    LEASED = "leased"
    """To who asked: nobody else makes it."""
    TAKEN = "taken"
    """Another makes it."""
    MADE = "made"
    """It lies in the object store, unless that has lost it meanwhile."""
    FAILED = "failed"
    """It could not be made a moment ago."""


class Held(StrEnum):
    """How it stands with a lease."""

    HELD = "held"
    OVERTAKEN = "overtaken"
    """It ran out, and may be another's."""
    PURGED = "purged"
    """What it was given for shall be forgotten."""


class Lease(NamedTuple):
    """The right to make a variant."""

    asset_id: int
    key: str
    """The variant's, in the object store."""
    fence: int
    """Larger than that of every lease before."""
    generation: int
    """How often the asset's variants had been purged."""


class Begun(NamedTuple):
    """How it stands with a variant, and what follows."""

    standing: Standing
    lease: Lease | None = None
    left_s: float = 0.0
    """Seconds until another try, of `FAILED`."""


Forget = Callable[[int | None], None]
"""Is told what was purged elsewhere: variants of an asset, or perhaps any."""


class Coordination(Protocol):
    """An agreement among processes; all raise `CacheUnavailable` when there can be none."""

    async def begin(self, asset_id: int, key: str) -> Begun:
        """Return how it stands with a variant, which is leased to who asks if nobody makes it or has made it."""
        ...

    async def check(self, lease: Lease) -> Held:
        """Return how it stands with a lease, and renew it if it is still held."""
        ...

    async def end(self, lease: Lease, standing: Standing | None, for_s: float = MADE_S) -> None:
        """End a lease, and tell those who wait.

        Args:
            lease: Which; nothing happens when it is not held any more.
            standing: `MADE` or `FAILED`; None lets another try.
            for_s: Seconds for which that is remembered.
        """
        ...

    async def lost(self, asset_id: int, key: str) -> None:
        """Tell that a variant that was made is not there."""
        ...

    async def ended(self, key: str, within_s: float) -> None:
        """Return when a lease of a variant has perhaps ended, after `within_s` seconds at the latest."""
        ...

    async def purge(self, asset_id: int) -> None:
        """Take every lease of an asset back, forget what was made of it, and tell the other processes."""
        ...

    def subscribe(self, forget: Forget) -> None:
        """Call `forget` for each purge of another process."""
        ...

    async def settled(self, asset_id: int) -> None:
        """Tell the other processes that it is known what a file is."""
        ...

    def on_settled(self, hear: Callable[[int], None]) -> None:
        """Call `hear` with each file of which another process told so; some may be missed."""
        ...

    async def start(self) -> None:
        """Begin to listen to the others; they may be out of reach."""
        ...

    async def close(self) -> None:
        """Leave."""
        ...


class Waiters:
    """Those in this process who wait for the end of a lease."""

    def __init__(self) -> None:
        """Start with none."""
        self._events: dict[str, asyncio.Event] = {}

    async def wait(self, key: str, within_s: float) -> None:
        """Return when `key` is told, or the time is over."""
        event = self._events.setdefault(key, asyncio.Event())
        try:
            async with asyncio.timeout(within_s):
                await event.wait()
        except TimeoutError:
            return
        finally:
            if self._events.get(key) is event:
                del self._events[key]

    def tell(self, key: str) -> None:
        """Wake those who wait for `key`."""
        event = self._events.pop(key, None)
        if event is not None:
            event.set()

    def tell_all(self) -> None:
        """Wake everybody."""
        for key in list(self._events):
            self.tell(key)


class _Place(NamedTuple):
    standing: Standing
    fence: int
    until_s: float


class LocalCoordination:
    """An agreement within one process."""

    def __init__(self, clock: Clock) -> None:
        """Begin with nothing made; `clock` says when leases run out."""
        self._clock = clock
        self._places: OrderedDict[tuple[int, str], _Place] = OrderedDict()
        self._generations: dict[int, int] = {}
        self._fence = 0
        self._waiters = Waiters()

    async def begin(self, asset_id: int, key: str) -> Begun:
        """See `Coordination.begin`."""
        found = self._place(asset_id, key)
        if found is None:
            self._fence += 1
            lease = Lease(asset_id, key, self._fence, self._generations.get(asset_id, 0))
            self._put(lease, Standing.LEASED, LEASE_S)
            return Begun(Standing.LEASED, lease)
        if found.standing is Standing.LEASED:
            return Begun(Standing.TAKEN)
        return Begun(found.standing, left_s=found.until_s - self._clock.monotonic_s())

    async def check(self, lease: Lease) -> Held:
        """See `Coordination.check`."""
        if self._generations.get(lease.asset_id, 0) != lease.generation:
            return Held.PURGED
        if not self._holds(lease):
            return Held.OVERTAKEN
        self._put(lease, Standing.LEASED, LEASE_S)
        return Held.HELD

    async def end(self, lease: Lease, standing: Standing | None, for_s: float = MADE_S) -> None:
        """See `Coordination.end`."""
        if self._holds(lease):
            if standing is None:
                del self._places[lease.asset_id, lease.key]
            else:
                self._put(lease, standing, for_s)
        self._waiters.tell(lease.key)

    async def lost(self, asset_id: int, key: str) -> None:
        """See `Coordination.lost`."""
        found = self._place(asset_id, key)
        if found is not None and found.standing is Standing.MADE:
            del self._places[asset_id, key]

    async def ended(self, key: str, within_s: float) -> None:
        """See `Coordination.ended`."""
        await self._waiters.wait(key, within_s)

    async def purge(self, asset_id: int) -> None:
        """See `Coordination.purge`."""
        for place in [place for place in self._places if place[0] == asset_id]:
            del self._places[place]
            self._waiters.tell(place[1])
        # Never forgotten: a lease may outlive whatever time was set, and there are as many as purges.
        self._generations[asset_id] = self._generations.get(asset_id, 0) + 1

    def subscribe(self, forget: Forget) -> None:
        """See `Coordination.subscribe`; there are no others."""

    async def settled(self, asset_id: int) -> None:
        """See `Coordination.settled`; likewise."""

    def on_settled(self, hear: Callable[[int], None]) -> None:
        """See `Coordination.on_settled`; likewise."""

    async def start(self) -> None:
        """See `Coordination.start`."""

    async def close(self) -> None:
        """See `Coordination.close`."""

    def _place(self, asset_id: int, key: str) -> _Place | None:
        found = self._places.get((asset_id, key))
        return found if found is not None and self._clock.monotonic_s() < found.until_s else None

    def _holds(self, lease: Lease) -> bool:
        found = self._place(lease.asset_id, lease.key)
        return found is not None and found.standing is Standing.LEASED and found.fence == lease.fence

    def _put(self, lease: Lease, standing: Standing, for_s: float) -> None:
        place = (lease.asset_id, lease.key)
        self._places[place] = _Place(standing, lease.fence, self._clock.monotonic_s() + for_s)
        self._places.move_to_end(place)
        if len(self._places) > _PLACES_MAX:
            self._places.popitem(last=False)
