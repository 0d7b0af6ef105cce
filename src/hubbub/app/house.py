"""What the server and the commands share: storage opened and migrated, and the community on top of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from hubbub.app.config import Config
from hubbub.app.folder import DataFolder
from hubbub.app.house_files import HouseFiles
from hubbub.app.listen import local_url
from hubbub.community.service.community import Community
from hubbub.kernel.clock import Clock, SystemClock
from hubbub.kernel.errors import Misconfigured
from hubbub.kernel.randomness import SystemRandom
from hubbub.kernel.snowflake import SnowflakeGenerator
from hubbub.media.service.keys import MediaKeys
from hubbub.storage.cache import Cache, MemoryCache
from hubbub.voice.service.keys import Keys

if TYPE_CHECKING:
    from hubbub.storage.objects import Objects
    from hubbub.storage.records.port import Records

_PACKAGED = Path(__file__).resolve().parent / "web"
WEB_CLIENT = _PACKAGED if _PACKAGED.is_dir() else Path(__file__).resolve().parents[3] / "web" / "dist"
"""The web client: beside this file in an installed package, else where a checkout's build puts it."""


class Storage(NamedTuple):
    """What an opened data folder holds."""

    config: Config
    folder: DataFolder
    public_url: str
    """Address that links begin with, without a final slash."""
    records: Records
    objects: Objects
    cache: Cache
    files: HouseFiles


class House(NamedTuple):
    """An opened data folder with its community, ready for use cases."""

    config: Config
    folder: DataFolder
    public_url: str
    """Address that links begin with, without a final slash."""
    records: Records
    objects: Objects
    cache: Cache
    files: HouseFiles
    clock: Clock
    community: Community
    voice_keys: Keys
    media_keys: MediaKeys


@contextlib.asynccontextmanager
async def open_house(
    config: Config,
    folder: DataFolder,
    public_url: str | None = None,
    observe: Callable[[Records], Records] = lambda records: records,
) -> AsyncIterator[House]:
    """Open what `config` names, in the held `folder`, and close it afterwards.

    Args:
        config: The settings.
        folder: The data folder, held by this process.
        public_url: Address that links begin with; None takes the setting, else the address of the default listener.
        observe: Stands before the records that everything here uses.

    Raises:
        HubbubError: Records or objects cannot be opened.
    """
    address = config.public_url or public_url or local_url(config.host, config.port)
    clock = SystemClock()
    async with contextlib.AsyncExitStack() as stack:
        records = observe(await _open_records(config, folder))
        stack.push_async_callback(records.close)
        objects = await asyncio.to_thread(_open_objects, config, folder)
        cache = _open_cache(config, clock)
        stack.push_async_callback(cache.close)
        storage = Storage(config, folder, address, records, objects, cache, HouseFiles())
        community = compose(storage, clock=clock, snowflakes=SnowflakeGenerator(clock, config.node))
        stack.push_async_callback(community.close)
        voice_keys = Keys(records, clock, SystemRandom())
        await voice_keys.load()
        yield House(*storage, clock, community, voice_keys, MediaKeys(records, clock, SystemRandom()))


def compose(storage: Storage | House, *, clock: Clock, snowflakes: SnowflakeGenerator) -> Community:
    """Return a community on opened storage; the caller closes it."""
    return Community(
        records=storage.records,
        objects=storage.objects,
        cache=storage.cache,
        clock=clock,
        random=SystemRandom(),
        snowflakes=snowflakes,
        config=storage.config.community,
        public_url=storage.public_url,
        gateway_url=gateway_url(storage.public_url),
        files=storage.files,
    )


def gateway_url(public_url: str) -> str:
    """Return the address under which the gateway is reached."""
    return f"{socket_url(public_url)}/gateway"


def socket_url(public_url: str) -> str:
    """Return the address that WebSockets of this server begin with."""
    return public_url.replace("http", "ws", 1)


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


def _open_cache(config: Config, clock: Clock) -> Cache:
    own = MemoryCache(clock)
    if config.cache == "memory":
        return own
    from hubbub.storage.valkey import SharedCache, ValkeyCache, ValkeyLink

    try:
        link = ValkeyLink(config.cache, clock)
    except ValueError as problem:
        raise Misconfigured(f"cache is not an address of a Valkey: {problem}.") from problem
    return SharedCache(ValkeyCache(link), own)
