"""Whoever has an upload's address with its token may fill it, without being anybody, and touch no other."""

from __future__ import annotations

import base64
import sys
from collections.abc import AsyncIterator
from typing import NamedTuple

import httpx
import pytest

from hubbub.kernel.clock import SystemClock
from hubbub.kernel.randomness import SystemRandom
from hubbub.media.api.tus import UploadPages
from hubbub.media.config import MediaConfig
from hubbub.media.service.keys import MediaKeys
from hubbub.storage.objects import Objects
from hubbub.storage.records.port import Records
from servers.media_library import MediaLibrary, media_library

pytest.importorskip("hubbub.native._native", reason="the native core is not built")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made of what Linux has")

OWNER = "user:7"
TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}


class Page(NamedTuple):
    """A page that was handed an address."""

    http: httpx.AsyncClient
    shelf: MediaLibrary
    path: str
    name: str

    async def asset(self) -> int | None:
        return await self.shelf.library.find(self.name, OWNER)


@pytest.fixture
async def page(migrated_records: Records, migrated_objects: Objects) -> AsyncIterator[Page]:
    async with media_library(migrated_records, objects=migrated_objects) as shelf:
        keys = MediaKeys(migrated_records, SystemClock(), SystemRandom())

        def address(asset: object) -> str:
            return f"http://test/{asset}"

        pages = UploadPages(shelf.uploads, keys, MediaConfig(), address, shelf.signer.admits, shelf.library.settled_one)
        transport = httpx.ASGITransport(pages)  # type: ignore[arg-type]
        begun = await shelf.library.begin(OWNER, "a.txt", 10)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            yield Page(http, shelf, begun.path, begun.uploaded_filename)
    await migrated_records.close()


async def test_an_upload_is_filled_by_tus_with_its_address_alone(page: Page) -> None:
    first = await page.http.patch(page.path, headers={**BYTES, "Upload-Offset": "0"}, content=b"01234")
    assert (first.status_code, first.headers["upload-offset"]) == (204, "5")
    assert (await page.http.head(page.path, headers=TUS)).headers["upload-offset"] == "5"
    assert await page.asset() is None
    rest = await page.http.patch(page.path, headers={**BYTES, "Upload-Offset": "5"}, content=b"56789")
    assert rest.status_code == 204
    asset_id = await page.asset()
    assert asset_id is not None
    told = (await page.http.get(f"{page.path}&wait=30")).json()
    assert (told["asset_id"], told["state"], told["size_bytes"]) == (str(asset_id), "ready", 10)


async def test_an_upload_is_filled_by_one_put_as_clients_of_buckets_do(page: Page) -> None:
    short = await page.http.put(page.path, content=b"0123")
    assert short.status_code == 400
    assert await page.asset() is None
    whole = await page.http.put(page.path, content=b"0123456789", headers={"Content-Type": "text/plain"})
    assert (whole.status_code, whole.headers["access-control-allow-origin"]) == (200, "*")
    assert await page.asset() is not None
    assert (await page.http.put(page.path, content=b"0123456789")).status_code == 409


async def test_a_wait_is_a_number_of_seconds_and_ends_at_once_while_bytes_are_missing(page: Page) -> None:
    wrong = await page.http.get(f"{page.path}&wait=soon")
    assert (wrong.status_code, list(wrong.json()["errors"])) == (400, ["wait"])
    assert (await page.http.get(f"{page.path}&wait=30")).json()["state"] == "uploading"


async def test_an_upload_is_ended_with_its_address(page: Page) -> None:
    assert (await page.http.delete(page.path, headers=TUS)).status_code == 204
    assert (await page.http.head(page.path, headers=TUS)).status_code == 404


@pytest.mark.parametrize("token", ["", "0" * 64, "x"])
async def test_another_token_opens_nothing(page: Page, token: str) -> None:
    bare = page.path.partition("?")[0]
    answer = await page.http.get(f"{bare}?token={token}")
    assert (answer.status_code, answer.json()["error"]) == (403, "media.token_refused")
    assert (await page.http.get(bare)).status_code == 401


async def test_a_token_opens_no_other_upload_and_makes_none(page: Page) -> None:
    other = await page.shelf.library.begin(OWNER, "b.txt", 10)
    mixed = f"{other.path.partition('?')[0]}?{page.path.partition('?')[2]}"
    assert (await page.http.get(mixed)).status_code == 403
    metadata = base64.b64encode(b"c.txt").decode()
    made = await page.http.post(
        f"/media/uploads?{page.path.partition('?')[2]}",
        headers={**TUS, "Upload-Length": "1", "Upload-Metadata": f"filename {metadata}"},
    )
    assert made.status_code == 401
