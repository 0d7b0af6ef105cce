"""A locked database and a full disk get typed errors; what was acknowledged stays, and work goes on afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from servers.hubbub_process import HubbubProcess
from servers.person import Json, Person
from servers.waiting import until

MIB = 1024 * 1024
UNLIMITED = {"HUBBUB_COMMUNITY_RATE_LIMITS": "false"}


def records_file(server: HubbubProcess) -> Path:
    """Return the SQLite file of a server."""
    for path in sorted((server.folder / "data").rglob("*")):
        if path.is_file() and path.read_bytes()[:16] == b"SQLite format 3\0":
            return path
    raise AssertionError("the data folder holds no SQLite file")


async def typed(response: httpx.Response, status: int, error: str) -> Json:
    body: Json = response.json()
    assert (response.status_code, body["error"]) == (status, error), response.text
    return body


@pytest.mark.timeout(120)
async def test_a_locked_database_is_said_and_survived(tmp_path: Path) -> None:
    async with HubbubProcess(tmp_path, settings=UNLIMITED) as server, await Person.register(server.url, "ada") as ada:
        _, channel_id = await ada.make_guild("The Vault")
        first = await ada.say(channel_id, "before")
        holder = sqlite3.connect(records_file(server), isolation_level=None)
        with contextlib.closing(holder):
            holder.execute("BEGIN IMMEDIATE")
            path = f"/channels/{channel_id}/messages"
            refused = await ada.request("POST", path, json={"content": "while locked"}, timeout=40.0)
            await typed(refused, 503, "storage.busy")
            assert float(refused.headers["retry-after"]) > 0
            # Readers do not wait for a writer.
            assert [message["id"] for message in await ada.get(path)] == [first["id"]]
            holder.execute("ROLLBACK")
        await ada.say(channel_id, "after")
        contents = [message["content"] for message in await ada.get(path)]
        assert contents == ["after", "before"]


@contextlib.contextmanager
def small_disk(folder: Path, size: int) -> Iterator[None]:
    """Mount a file system of `size` bytes at `folder`."""
    folder.mkdir(parents=True)
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    made = subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {made.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextlib.asynccontextmanager
async def filled(server: HubbubProcess, statuses: set[int]) -> AsyncIterator[tuple[Person, str, dict[str, str]]]:
    """Write until the server says that it cannot; yield the writer, the channel and what was acknowledged."""
    async with await Person.register(server.url, "ada") as ada:
        _, channel_id = await ada.make_guild("The Attic")
        acknowledged: dict[str, str] = {}
        async with asyncio.timeout(90):
            for number in range(100_000):
                content = f"{number} ".ljust(2000, "x")
                response = await ada.request("POST", f"/channels/{channel_id}/messages", json={"content": content})
                if not response.is_success:
                    break
                acknowledged[response.json()["id"]] = content
        assert response.status_code in statuses, response.text
        assert response.json()["error"].startswith("storage."), response.text
        assert acknowledged
        yield ada, channel_id, acknowledged


async def everything_is_there(ada: Person, channel_id: str, acknowledged: dict[str, str]) -> None:
    for id_, content in list(acknowledged.items())[-20:]:
        message = await ada.get(f"/channels/{channel_id}/messages/{id_}")
        assert message["content"] == content


@pytest.mark.timeout(180)
async def test_a_full_disk_is_said_and_survived(tmp_path: Path) -> None:
    data = tmp_path / "disk"
    # More than the 64 MiB below which the server calls itself unwell, or it would not count as started.
    with small_disk(data, 96 * MIB):
        # A person types slower than a disk fills; the room left is what the test has to write.
        server = HubbubProcess(tmp_path, settings={**UNLIMITED, "HUBBUB_DATA": str(data / "data")})
        async with server:
            ballast = data / "ballast"
            free = shutil.disk_usage(data).free
            ballast.write_bytes(b"\0" * max(0, free - 2 * MIB))
            async with filled(server, {507}) as (ada, channel_id, acknowledged):
                await everything_is_there(ada, channel_id, acknowledged)
                ballast.unlink()

                async def writable() -> bool:
                    body = {"content": "x"}
                    return (await ada.request("POST", f"/channels/{channel_id}/messages", json=body)).is_success

                await until(writable, within_s=30)
                await server.kill()
                await server.start()
                await everything_is_there(ada, channel_id, acknowledged)


@pytest.mark.timeout(180)
async def test_a_limit_on_file_sizes_is_said_and_survived(tmp_path: Path) -> None:
    """The same by a limit that the kernel sets on every file of the process, which needs no rights."""
    limit = "import os, resource, sys; n = int(sys.argv[1]); resource.setrlimit(resource.RLIMIT_FSIZE, (n, n));"
    limit += "os.execv(sys.argv[2], sys.argv[2:])"
    server = HubbubProcess(tmp_path, settings=UNLIMITED)
    try:
        await server.start(prefix=(sys.executable, "-c", limit, str(3 * MIB)))
        async with filled(server, {503, 507}) as (ada, channel_id, acknowledged):
            await everything_is_there(ada, channel_id, acknowledged)
            await server.kill()
            await server.start()
            await everything_is_there(ada, channel_id, acknowledged)
            await ada.say(channel_id, "there is room again")
    finally:
        await server.kill()
