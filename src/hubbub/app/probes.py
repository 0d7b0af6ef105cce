"""What `/healthz` asks of storage: can it still take what people send?"""

from __future__ import annotations

import contextlib
import shutil

from hubbub.app.house import House
from hubbub.storage.errors import ObjectMissing, StorageFull

_FREE_BYTES_MIN = 64 * 1024 * 1024
"""Below this the next pictures, or the database folding its log, may find no room."""
_ABSENT = "health/probe"
"""A key that is never written."""


async def community(house: House) -> str:
    """Answer from the records: a write goes all the way to the writer, and changes nothing."""
    await house.records.outbox_discard(0)
    waiting = await house.records.outbox(0, 1)
    return f"records answer{', events wait to be logged' if waiting else ''}"


async def storage(house: House) -> str:
    """Answer from the store of files and the room that is left for it."""
    with contextlib.suppress(ObjectMissing):
        await house.objects.head(_ABSENT)
    free = shutil.disk_usage(house.folder.root).free
    if free < _FREE_BYTES_MIN:
        raise StorageFull(f"Only {free >> 20} MiB are left on the disk of {house.folder.root}.")
    return f"files answer, {free / (1 << 30):.1f} GiB free"
