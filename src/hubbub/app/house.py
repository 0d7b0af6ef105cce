"""What the server and the commands share: storage opened and migrated, and the community on top of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hubbub.app.config import Config
from hubbub.app.folder import DataFolder
from hubbub.community.service.community import Community
from hubbub.kernel.clock import Clock, SystemClock
from hubbub.kernel.randomness import RandomSource, SystemRandom
from hubbub.kernel.snowflake import SnowflakeGenerator
from hubbub.storage.cache import Cache, MemoryCache

if TYPE_CHECKING:
    from hubbub.storage.objects import Objects
    from hubbub.storage.records.port import Records

WEB_CLIENT = Path(__file__).resolve().parents[3] / "web" / "dist"
"""Where a checkout's build puts the web client."""


class House(NamedTuple):
    """An opened data folder, ready for use cases."""

    config: Config
    folder: DataFolder
    public_url: str
    records: Records
    objects: Objects
    cache: Cache
    clock: Clock
    random: RandomSource
    community: Community


@contextlib.asynccontextmanager
async def open_house(config: Config, folder: DataFolder, public_url: str | None = None) -> AsyncIterator[House]:
    """Open what `config` names, in the held `folder`, and close it afterwards.

    Args:
        config: The settings.
        folder: The data folder, held by this process.
        public_url: Address that links begin with; None takes the setting, else the address of the default listener.

    Raises:
        HubbubError: Records or objects cannot be opened.
    """
    address = config.public_url or public_url or f"http://127.0.0.1:{config.port}"
    clock, random = SystemClock(), SystemRandom()
    async with contextlib.AsyncExitStack() as stack:
        records = await _open_records(config, folder)
        stack.push_async_callback(records.close)
        objects = await asyncio.to_thread(_open_objects, config, folder)
        cache = MemoryCache(clock)
        stack.push_async_callback(cache.close)
        community = Community(
            records=records,
            objects=objects,
            cache=cache,
            clock=clock,
            random=random,
            snowflakes=SnowflakeGenerator(clock),
            config=config.community,
            public_url=address,
        )
        stack.push_async_callback(community.close)
        yield House(config, folder, address, records, objects, cache, clock, random, community)


async def _open_records(config: Config, folder: DataFolder) -> Records:
    from hubbub.app.migrations import migrate

    if config.records == "sqlite":
        from hubbub.storage.records.sqlite import SqliteRecords

        await asyncio.to_thread(migrate, f"sqlite:///{folder.records}")
        return await SqliteRecords.open(folder.records)
    from hubbub.storage.records.postgres import PostgresRecords

    await asyncio.to_thread(migrate, config.records)
    return await PostgresRecords.open(config.records)


def _open_objects(config: Config, folder: DataFolder) -> Objects:
    from hubbub.storage.objects import Objects

    if config.objects == "disk":
        return Objects.on_disk(folder.objects)
    return Objects.in_s3(config.objects)
