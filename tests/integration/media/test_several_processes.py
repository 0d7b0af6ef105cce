"""Processes of media that share PostgreSQL, S3 and Valkey do each thing once, and one takes up what another left."""

from __future__ import annotations

import asyncio
import contextlib
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import psutil
import pytest
from valkey.asyncio import Valkey

from doubles.pictures import encoded, photo
from engines.seaweed import SeaweedServer
from engines.valkey import ValkeyServer, running_valkey
from servers.hubbub_process import HubbubProcess
from servers.waiting import until

pytest.importorskip("hubbub.native._native", reason="the native core is not built")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made of what Linux has")

JPEG = encoded(photo(1200, 900), "JPEG")
WAIT_S = 90.0
"""What a killed process held is free after half a minute."""
REQUESTS = 200


class Farm(NamedTuple):
    """Two servers of media, and somebody with a key to both."""

    first: HubbubProcess
    second: HubbubProcess
    valkey: ValkeyServer
    valkey_url: str
    http: httpx.AsyncClient

    async def begin(self, server: HubbubProcess, length: int) -> str:
        """Return the path of a new upload."""
        answer = await self.http.post(f"{server.url}/media/uploads", headers={"Upload-Length": str(length)})
        assert answer.status_code == 201, answer.text
        return str(answer.headers["Location"])

    async def patch(self, server: HubbubProcess, path: str, content: bytes, offset: int) -> int:
        """Send bytes of an upload; return the status."""
        told = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
        return (await self.http.patch(f"{server.url}{path}", content=content, headers=told)).status_code

    async def offset(self, server: HubbubProcess, path: str) -> int:
        return int((await self.http.head(f"{server.url}{path}")).headers["Upload-Offset"])

    async def ready(self, server: HubbubProcess, path: str) -> str:
        """Wait until a file is ready; return its address without the server."""
        facts: dict[str, Any] = {}

        async def is_ready() -> bool:
            facts.update((await self.http.get(f"{server.url}{path}")).json())
            return facts["state"] == "ready"

        await until(is_ready, within_s=WAIT_S, every_s=0.2)
        return "/media/files/" + str(facts["url"]).partition("/media/files/")[2]

    async def renders(self) -> int:
        """Return how many renditions those made that are there."""
        made = 0
        async with httpx.AsyncClient(timeout=WAIT_S) as anyone:
            for server in (self.first, self.second):
                if server.process is not None:
                    answer = await anyone.get(f"{server.url}/metrics")
                    assert answer.status_code == 200, answer.text
                    told = RENDERED.findall(answer.text)
                    made += sum(int(float(each)) for each in told)
        return made


RENDERED = re.compile(r'^hubbub_media_variants_total\{.*outcome="(?:rendered|failed)".*\} (\S+)$', re.MULTILINE)


@pytest.fixture
async def farm(tmp_path: Path, postgres_url: str, s3_server: SeaweedServer) -> AsyncIterator[Farm]:
    s3 = s3_server.settings
    with running_valkey() as valkey:
        url = valkey.create_database()
        shared = {
            "HUBBUB_RECORDS": postgres_url,
            "HUBBUB_OBJECTS": f"s3://{s3_server.bucket}/{tmp_path.name}",
            "HUBBUB_CACHE": url,
            "AWS_ENDPOINT_URL": s3["endpoint"],
            "AWS_REGION": s3["region"],
            "AWS_ACCESS_KEY_ID": s3["access_key_id"],
            "AWS_SECRET_ACCESS_KEY": s3["secret_access_key"],
            "AWS_ALLOW_HTTP": "true",
        }
        servers = [
            HubbubProcess(tmp_path / f"{node}", settings={**shared, "HUBBUB_NODE": f"{node}"}) for node in (0, 1)
        ]
        for server in servers:
            server.arguments = ("--roles", "media")
        async with servers[0], servers[1]:
            key = await servers[0].command("key", "create", "media", "--name", "tenant")
            headers = {"Authorization": f"Bearer {key['bearer']}", "Tus-Resumable": "1.0.0"}
            limits = httpx.Limits(max_connections=None)
            async with httpx.AsyncClient(headers=headers, timeout=WAIT_S, limits=limits) as http:
                yield Farm(servers[0], servers[1], valkey, url, http)


@contextlib.contextmanager
def frozen(server: HubbubProcess) -> Iterator[list[psutil.Process]]:
    """Stop what a server decodes in: its work neither fails nor ends; killed afterwards."""
    assert server.process is not None
    children = psutil.Process(server.process.pid).children(recursive=True)
    for child in children:
        child.suspend()
    try:
        yield children
    finally:
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()


async def test_two_processes_render_once_and_go_on_with_each_others_uploads(farm: Farm) -> None:
    first, second = farm.first, farm.second
    path = await farm.begin(first, len(JPEG))
    assert await farm.patch(first, path, JPEG[:10_000], 0) == 204
    assert await farm.offset(second, path) == 10_000
    assert await farm.patch(second, path, JPEG[10_000:], 10_000) == 204
    address = await farm.ready(first, path)
    asked = [
        farm.http.get(f"{server.url}{address}&width=200") for server in (first, second) for _ in range(REQUESTS // 2)
    ]
    got = await asyncio.gather(*asked)
    assert {each.status_code for each in got} == {200}
    assert len({each.content for each in got}) == 1
    assert await farm.renders() == 1

    # A purge at one is heard at the other: it renders anew.
    asset_id = address.removeprefix("/media/files/").partition("/")[0]
    answer = await farm.http.post(f"{first.url}/media/purge", json={"asset": asset_id})
    assert answer.status_code == 200, answer.text

    async def is_gone() -> bool:
        await farm.http.get(f"{second.url}{address}&width=200")
        return await farm.renders() == 2

    await until(is_gone, within_s=WAIT_S)

    # Without Valkey everything goes on.
    farm.valkey.kill()
    for server in (first, second):
        assert (await farm.http.get(f"{server.url}{address}&width=400")).status_code == 200


async def test_what_a_killed_process_had_begun_is_done_by_the_other(farm: Farm) -> None:
    first, second = farm.first, farm.second
    path = await farm.begin(first, len(JPEG))
    assert await farm.patch(first, path, JPEG, 0) == 204
    address = await farm.ready(first, path)
    assert (await farm.http.get(f"{first.url}{address}&width=100")).status_code == 200
    assert second.process is not None
    second.process.send_signal(signal.SIGSTOP)
    with frozen(first):
        file = await farm.begin(first, len(JPEG))
        assert await farm.patch(first, file, JPEG, 0) == 204

        async def is_worked_on() -> bool:
            return "1 jobs run" in (await farm.http.get(f"{first.url}/healthz")).text

        await until(is_worked_on, within_s=WAIT_S)
        unfinished = await farm.begin(first, len(JPEG))
        render = asyncio.create_task(farm.http.get(f"{first.url}{address}&width=300"))
        with contextlib.closing(_begun(farm, unfinished)):

            async def is_taken() -> bool:
                return await farm.patch(first, unfinished, b"mine", 1) == 423

            await until(is_taken, within_s=WAIT_S)
            async with Valkey.from_url(farm.valkey_url) as valkey:

                async def is_rendered() -> bool:
                    leases = [await valkey.get(key) for key in await valkey.keys("*variant:*")]
                    return any(b"." in (lease or b"") for lease in leases)

                await until(is_rendered, within_s=WAIT_S)
            await first.kill()
    await asyncio.gather(render, return_exceptions=True)
    second.process.send_signal(signal.SIGCONT)
    before = await farm.renders()
    got = await farm.http.get(f"{second.url}{address}&width=300")
    assert got.status_code == 200, got.text
    assert await farm.renders() == before + 1
    assert await farm.ready(second, file)

    async def is_complete() -> bool:
        at = await farm.offset(second, unfinished)
        return await farm.patch(second, unfinished, JPEG[at:], at) == 204

    await until(is_complete, within_s=WAIT_S, every_s=0.5)
    assert await farm.ready(second, unfinished)


def _begun(farm: Farm, path: str) -> socket.socket:
    """Send the head of a PATCH of a whole photo and some of its bytes, and leave it at that."""
    wire = socket.create_connection(("127.0.0.1", farm.first.port))
    lines = [
        f"PATCH {path} HTTP/1.1", "Host: here", "Tus-Resumable: 1.0.0", "Upload-Offset: 0",
        "Content-Type: application/offset+octet-stream", f"Content-Length: {len(JPEG)}",
        f"Authorization: {farm.http.headers['Authorization']}",
    ]  # fmt: skip
    wire.sendall("\r\n".join([*lines, "", ""]).encode() + JPEG[:1000])
    return wire
