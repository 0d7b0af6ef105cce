"""What nobody needs any more, counted or removed.

Servers remove most of it by themselves, a little at a time (`Uploads.sweep`). What they cannot find is an object that
no row names and no folder was marked for, as after records were restored from an older copy than the objects.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from hubbub.kernel.clock import Clock
from hubbub.media.adapters import asset_statements, cold_statements, upload_statements
from hubbub.media.adapters.asset_statements import Amount
from hubbub.media.adapters.upload_store import LEFTOVER_MS
from hubbub.storage.errors import ObjectMissing
from hubbub.storage.objects import Objects
from hubbub.storage.records.port import Records

FOLDERS: Final = ("media/segments", "media/mezzanine", "media/variant", "media/cold", "media/warm")
"""Folders of objects all of which are named in tables."""
_AT_ONCE: Final = 500
_YOUNG_MS: Final = 2 * LEFTOVER_MS
"""An object younger than this may be waiting for its name."""


class Collected(NamedTuple):
    """What nobody needs."""

    uploads: Amount
    """Whose time is over, with the bytes that came."""
    assets: Amount
    """That nobody holds, with the bytes of their originals."""
    objects: Amount
    """That no row names; those of the two above are not among them before they are removed."""


class Collection:
    """Counts and removes."""

    def __init__(self, records: Records, objects: Objects, clock: Clock, sweep: Callable[[], Awaitable[int]]) -> None:
        """Look into `records` and `objects`; `sweep` removes a little of what rows tell of, zero when that is all."""
        self._records = records
        self._objects = objects
        self._clock = clock
        self._sweep = sweep

    async def counted(self) -> Collected:
        """Return what there is, and remove nothing."""
        return Collected(*await self._told(), await self._unnamed(remove=False))

    async def removed(self) -> Collected:
        """Remove what there is, and return it."""
        told = await self._told()
        while await self._sweep():
            pass
        return Collected(*told, await self._unnamed(remove=True))

    async def _told(self) -> tuple[Amount, Amount]:
        overdue = await self._records.fetch_one(upload_statements.OVERDUE_BYTES, {"now_ms": self._clock.unix_ms()})
        unheld = await self._records.fetch_one(asset_statements.UNHELD_BYTES)
        return overdue or Amount(0, 0), unheld or Amount(0, 0)

    async def _unnamed(self, *, remove: bool) -> Amount:
        found = Amount(0, 0)
        for folder in FOLDERS:
            some: list[str] = []
            async for key in self._objects.keys(folder):
                some.append(key)
                if len(some) == _AT_ONCE:
                    found, some = _sum(found, await self._unnamed_of(some, remove=remove)), []
            found = _sum(found, await self._unnamed_of(some, remove=remove))
        return found

    async def _unnamed_of(self, keys: list[str], *, remove: bool) -> Amount:
        if not keys:
            return Amount(0, 0)
        # Looked at before the names: who stores an object names it later, never the other way round.
        old = {key: size for key in keys if (size := await self._size_of_old(key)) is not None}
        named = set(await self._records.fetch(upload_statements.NAMED, {"object_keys": keys}))
        named.update(await self._records.fetch(asset_statements.NAMED, {"object_keys": keys}))
        named.update(await self._records.fetch(cold_statements.NAMED, {"object_keys": keys}))
        unnamed = [key for key in old if key not in named]
        if remove:
            for key in unnamed:
                await self._objects.delete(key)
        return Amount(len(unnamed), sum(old[key] for key in unnamed))

    async def _size_of_old(self, key: str) -> int | None:
        try:
            info = await self._objects.head(key)
        except ObjectMissing:
            return None
        return info.size_bytes if self._clock.unix_ms() - info.modified_ms >= _YOUNG_MS else None


def _sum(one: Amount, other: Amount) -> Amount:
    return Amount(one.number + other.number, one.size_bytes + other.size_bytes)
