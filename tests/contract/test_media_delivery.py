"""Files and their renditions are delivered alike by every process: on one machine, and on PostgreSQL, S3 and Valkey."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from doubles.pictures import encoded, photo
from engines.valkey import ValkeyServer
from hubbub.kernel.clock import SystemClock
from hubbub.media.adapters.deliverable_store import DeliverableStore, VariantAccounts
from hubbub.media.adapters.valkey_coordination import ValkeyCoordination
from hubbub.media.domain.asset import variant_folder
from hubbub.media.domain.conditional import Span
from hubbub.media.domain.deliverable import owner_tag
from hubbub.media.errors import AssetUnknown
from hubbub.media.service.coordination import Coordination, LocalCoordination
from hubbub.media.service.deliver import Opened
from hubbub.storage.objects import Objects
from hubbub.storage.records.port import Records
from hubbub.storage.records.sqlite import SqliteRecords
from hubbub.storage.valkey import ValkeyLink
from servers.media_library import MediaLibrary, media_library
from servers.waiting import until

pytest.importorskip("hubbub.native._native", reason="the native core is not built")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made of what Linux has")

OWNER = "user:7"
WITHIN_S = 60.0
WHOLE = bytes(each % 251 for each in range(5500))


@pytest.fixture
def valkey_url(request: pytest.FixtureRequest, migrated_records: Records) -> str | None:
    """Where processes agree: nowhere with SQLite, which one process has to itself."""
    if isinstance(migrated_records, SqliteRecords):
        return None
    server: ValkeyServer = request.getfixturevalue("valkey_server")
    return server.create_database()


@pytest.fixture
async def shelves(
    migrated_records: Records, migrated_objects: Objects, valkey_url: str | None
) -> AsyncIterator[list[MediaLibrary]]:
    """Each process of an installation: one, or two."""
    clock = SystemClock()
    async with contextlib.AsyncExitStack() as stack:
        made = []
        for node in ("one",) if valkey_url is None else ("one", "two"):
            coordination: Coordination = LocalCoordination(clock)
            if valkey_url is not None:
                coordination = ValkeyCoordination(ValkeyLink(valkey_url, clock))
                await coordination.start()
                await asyncio.wait_for(coordination.hears.wait(), WITHIN_S)
            stack.push_async_callback(coordination.close)
            opened = media_library(migrated_records, objects=migrated_objects, node=node, coordination=coordination)
            made.append(await stack.enter_async_context(opened))
        yield made
    await migrated_records.close()


async def body(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def opened(shelf: MediaLibrary, address: str, **query: Any) -> Opened:
    """Return what an address opens at a process."""
    parts = urlsplit(address)
    _, asset_id, name = unquote(parts.path).rsplit("/", 2)
    return await shelf.deliveries.open(int(asset_id), name, dict(parse_qsl(parts.query)) | query, "image/webp")


async def read(shelf: MediaLibrary, what: Opened, start: int, end: int) -> bytes:
    return b"".join([chunk async for chunk in shelf.deliveries.read(what, Span(start, end))])


async def test_every_process_delivers_any_bytes_of_what_one_was_sent(shelves: list[MediaLibrary]) -> None:
    asset_id = await shelves[0].library.store(OWNER, "film.bin", body(WHOLE), 10_000)
    await shelves[0].library.settled([asset_id], WITHIN_S)
    address = shelves[0].deliveries.address_of(asset_id, "film.bin")
    for shelf in shelves:
        found = await opened(shelf, address)
        assert found.facts.size_bytes == len(WHOLE)
        for start, end in ((0, 5500), (999, 1001), (1000, 2000), (5499, 5500)):
            assert await read(shelf, found, start, end) == WHOLE[start:end]


async def test_a_rendition_is_the_same_everywhere_made_once_accounted_for_and_purged(
    shelves: list[MediaLibrary], migrated_records: Records
) -> None:
    asset_id = await shelves[0].library.store(OWNER, "a.jpg", body(encoded(photo(), "JPEG")), 10**7)
    await shelves[0].library.settled([asset_id], WITHIN_S)
    address = shelves[-1].deliveries.address_of(asset_id, "a.jpg")
    got = await asyncio.gather(*(opened(each, address, width="64") for _ in range(20) for each in shelves))
    assert len({(each.content, each.facts.etag) for each in got}) == 1
    assert got[0].facts.content_type == "image/webp"
    accounts = VariantAccounts(migrated_records)
    assert await accounts.assets_of(OWNER) == [asset_id]
    stored = [key async for key in shelves[0].objects.keys(variant_folder(asset_id))]
    assert len(stored) == 1
    # Half a variant would be delivered as it is: what lies in the store is what was sent.
    assert await shelves[0].objects.get(stored[0]) == got[0].content

    assert await shelves[0].deliveries.purge_tag(OWNER, owner_tag(OWNER)) == 1
    assert await accounts.assets_of(OWNER) == []

    async def is_made_anew() -> bool:
        await opened(shelves[-1], address, width="64")
        return await accounts.assets_of(OWNER) == [asset_id]

    await until(is_made_anew, within_s=WITHIN_S)


async def test_what_was_ended_is_delivered_no_more_before_its_bytes_are_gone(
    shelves: list[MediaLibrary], migrated_records: Records
) -> None:
    asset_id = await shelves[0].library.store(OWNER, "film.bin", body(WHOLE), 10_000)
    await shelves[0].library.settled([asset_id], WITHIN_S)
    files = DeliverableStore(migrated_records)
    assert await files.find(asset_id) is not None
    asset = await shelves[0].assets.get(asset_id)
    assert asset is not None
    await shelves[0].uploads.terminate(OWNER, asset.upload_id)
    assert await files.find(asset_id) is None


async def test_what_is_not_ready_or_not_there_is_not_delivered(
    migrated_records: Records, migrated_objects: Objects
) -> None:
    async with media_library(migrated_records, objects=migrated_objects, works=False) as shelf:
        asset_id = await shelf.library.store(OWNER, "a.jpg", body(encoded(photo(), "JPEG")), 10**7)
        files = DeliverableStore(migrated_records)
        assert await files.find(asset_id) is None
        assert await files.find(asset_id + 1) is None
        for each in (asset_id, asset_id + 1):
            with pytest.raises(AssetUnknown):
                await opened(shelf, shelf.deliveries.address_of(each, "a.jpg"))
    await migrated_records.close()
