"""Media runs in a process of its own beside the others: files are uploaded here, worked on there, delivered by both."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tusclient.client import TusClient

from doubles.pictures import encoded, photo
from engines.seaweed import SeaweedServer
from servers.hubbub_process import HubbubProcess

pytest.importorskip("hubbub.native._native", reason="the native core is not built")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made of what Linux has")

JPEG = encoded(photo(1200, 900), "JPEG")


@pytest.fixture
async def pair(
    tmp_path: Path, postgres_url: str, s3_server: SeaweedServer
) -> AsyncIterator[tuple[HubbubProcess, HubbubProcess]]:
    """A whole server and one of media alone, on the same records and objects."""
    s3 = s3_server.settings
    shared = {
        "HUBBUB_RECORDS": postgres_url,
        "HUBBUB_OBJECTS": f"s3://{s3_server.bucket}/{tmp_path.name}",
        "AWS_ENDPOINT_URL": s3["endpoint"],
        "AWS_REGION": s3["region"],
        "AWS_ACCESS_KEY_ID": s3["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": s3["secret_access_key"],
        "AWS_ALLOW_HTTP": "true",
    }
    whole = HubbubProcess(tmp_path / "whole", settings=shared)
    alone = HubbubProcess(tmp_path / "alone", settings={**shared, "HUBBUB_NODE": "1"})
    alone.arguments = ("--roles", "media")
    async with whole, alone:
        yield whole, alone


async def sent(server: HubbubProcess, key: dict[str, Any]) -> str:
    """Upload a photo to `server`; return the upload's path."""

    def work() -> str:
        client = TusClient(f"{server.url}/media/uploads", headers={"Authorization": f"Bearer {key['bearer']}"})
        uploader = client.uploader(file_stream=io.BytesIO(JPEG), metadata={"filename": "photo.jpg"})
        uploader.upload()
        return str(uploader.url).removeprefix(server.url)

    return await asyncio.to_thread(work)


async def test_either_process_takes_works_on_and_delivers_what_the_other_was_sent(
    pair: tuple[HubbubProcess, HubbubProcess],
) -> None:
    whole, alone = pair
    key = await whole.command("key", "create", "media", "--name", "tenant")
    told = {"Authorization": f"Bearer {key['bearer']}"}
    async with httpx.AsyncClient(timeout=60.0, headers={"Accept": "image/webp"}) as http:
        etags = set()
        for here, there in ((alone, whole), (whole, alone)):
            path = await sent(here, key)
            found = (await http.get(f"{there.url}{path}?wait=30", headers=told)).json()
            assert found["state"] == "ready", (found, whole.log, alone.log)
            address = found["url"].removeprefix(there.url)
            for server in pair:
                got = await http.get(f"{server.url}{address}&width=200")
                assert (got.status_code, got.headers["content-type"]) == (200, "image/webp"), got.text
                etags.add(got.headers["etag"])
        assert len(etags) == 1
        assert (await http.get(f"{alone.url}/api/v10/gateway")).status_code == 404
        stream = await http.get(f"{alone.url}/media/streams/1/0-forged/master.m3u8")
        assert stream.json()["error"].startswith("media."), stream.text
        health = (await http.get(f"{alone.url}/healthz")).json()
        assert {line["engine"] for line in health["engines"]} == {"media", "storage"}


async def test_media_alone_that_shares_only_half_is_refused(tmp_path: Path) -> None:
    server = HubbubProcess(tmp_path, settings={"HUBBUB_OBJECTS": "s3://bucket/folder"})
    server.arguments = ("--roles", "media")
    with pytest.raises(AssertionError, match=r"records is 'sqlite'.* media alone either shares"):
        await server.start()
