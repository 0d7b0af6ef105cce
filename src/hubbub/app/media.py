"""Media in this process: uploads, and what has to be done about them every now and then."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import NamedTuple

from hubbub.app.house import House
from hubbub.app.upkeep import every
from hubbub.kernel.snowflake import SnowflakeGenerator
from hubbub.media.api.tus import UploadPages
from hubbub.media.service.uploads import Uploads

_HASH_EVERY_S = 1.0
"""Somebody waits for a file that was joined from parts, or resumed after a restart."""
_SWEEP_EVERY_S = 10.0


class Media(NamedTuple):
    """What media answers with."""

    uploads: UploadPages


@contextlib.asynccontextmanager
async def open_media(house: House) -> AsyncIterator[Media]:
    """Run media while the context lasts."""
    config = house.config.media
    uploads = Uploads(
        house.records,
        house.objects,
        house.clock,
        SnowflakeGenerator(house.clock).next,
        config,
        house.config.voice.node_id,
    )
    await uploads.start()
    work = [
        asyncio.create_task(every(_HASH_EVERY_S, uploads.hash_whole)),
        asyncio.create_task(every(_SWEEP_EVERY_S, uploads.sweep)),
    ]
    try:
        yield Media(UploadPages(uploads, house.media_keys, config))
    finally:
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
