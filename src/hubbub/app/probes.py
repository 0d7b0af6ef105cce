"""What `/healthz` asks of storage: can it still take what people send?"""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING, cast

from hubbub.app.doctor_services import NO_VALKEY
from hubbub.app.house import House
from hubbub.storage.errors import CacheUnavailable, ObjectMissing, StorageFull, StorageUnavailable

if TYPE_CHECKING:
    from hubbub.storage.valkey import SharedCache

_FREE_BYTES_MIN = 64 * 1024 * 1024
"""Below this the next pictures, or the database folding its log, may find no room."""
_PATIENCE_S = 1.5
"""Seconds to wait for what may be on another machine; shorter than `PROBE_TIMEOUT_S`, to say more than that."""
_ABSENT = "health/probe"
"""A key that is never written."""


async def community(house: House) -> str:
    """Answer from the records: a write goes all the way to the writer, and changes nothing."""
    await house.records.outbox_discard(0)
    waiting = await house.records.outbox(0, 1)
    return f"records answer{', events wait to be logged' if waiting else ''}"


async def cache(house: House) -> str:
    """Answer from Valkey; well without it too, as nothing is kept there alone, and a restart would not mend it."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await cast("SharedCache", house.cache).shared.get(_ABSENT)
    except (CacheUnavailable, TimeoutError):
        return f"Valkey does not answer: {NO_VALKEY} (hubbub doctor)"
    return "Valkey answers"


async def storage(house: House) -> str:
    """Answer from the store of files and the room that is left for it."""
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await house.objects.head(_ABSENT)
    except ObjectMissing:
        pass
    except (StorageUnavailable, TimeoutError) as problem:
        where = f"The object store {house.config.objects} does not answer"
        raise StorageUnavailable(f"{where}: files can neither be kept nor delivered (hubbub doctor).") from problem
    free = shutil.disk_usage(house.folder.root).free
    if free < _FREE_BYTES_MIN:
        raise StorageFull(f"Only {free >> 20} MiB are left on the disk of {house.folder.root}.")
    return f"files answer, {free / (1 << 30):.1f} GiB free"
