"""What every store of objects promises, shown on disk, in memory and on a real S3."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from engines.seaweed import SeaweedServer
from hubbub.storage.errors import ObjectMissing, ObjectTooLarge, StorageFull, StorageUnavailable
from hubbub.storage.objects import Objects


@pytest.fixture(params=["disk", "memory", "s3"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    if request.param == "disk":
        return Objects.on_disk(tmp_path / "objects")
    if request.param == "memory":
        return Objects.in_memory()
    server: SeaweedServer = request.getfixturevalue("s3_server")
    return Objects.in_s3(f"s3://{server.bucket}/{tmp_path.name}", server.settings)


async def pieces(size_bytes: int, piece_bytes: int = 100_000) -> AsyncIterator[bytes]:
    """Yield bytes whose values tell their place."""
    whole = pattern(size_bytes)
    for start in range(0, size_bytes, piece_bytes):
        yield whole[start : start + piece_bytes]


def pattern(size_bytes: int) -> bytes:
    return (bytes(range(251)) * (size_bytes // 251 + 1))[:size_bytes]


@pytest.mark.parametrize("size_bytes", [0, 1, 1000, 6_000_000])
async def test_what_was_put_is_got(objects: Objects, size_bytes: int) -> None:
    assert await objects.put("a/whole.bin", pattern(size_bytes)) == size_bytes
    assert await objects.put("a/streamed.bin", pieces(size_bytes)) == size_bytes
    for key in ("a/whole.bin", "a/streamed.bin"):
        assert await objects.get(key) == pattern(size_bytes)
        info = await objects.head(key)
        assert info.size_bytes == size_bytes
        assert info.etag
        assert '"' not in info.etag
        assert info.modified_ms > 1_700_000_000_000


async def test_a_range_is_got_without_the_rest(objects: Objects) -> None:
    await objects.put("movie.bin", pieces(1_000_000))
    whole = pattern(1_000_000)
    assert await objects.get("movie.bin", 999_990) == whole[999_990:]
    assert await objects.get("movie.bin", 5, 9) == whole[5:9]
    stream = await objects.stream("movie.bin", 300_000, 2_000_000)
    assert (stream.start, stream.end, stream.info.size_bytes) == (300_000, 1_000_000, 1_000_000)
    chunks = [chunk async for chunk in stream.chunks]
    assert b"".join(chunks) == whole[300_000:]


async def test_a_later_put_replaces_the_whole(objects: Objects) -> None:
    await objects.put("icon.png", b"first and longer")
    before = await objects.head("icon.png")
    await objects.put("icon.png", b"second")
    assert await objects.get("icon.png") == b"second"
    assert (await objects.head("icon.png")).etag != before.etag


async def test_too_large_a_body_leaves_nothing(objects: Objects) -> None:
    with pytest.raises(ObjectTooLarge):
        await objects.put("big.bin", b"12345", size_bytes_max=4)
    with pytest.raises(ObjectTooLarge):
        await objects.put("big.bin", pieces(12_000_000), size_bytes_max=11_000_000)
    with pytest.raises(ObjectMissing):
        await objects.head("big.bin")
    assert [key async for key in objects.keys()] == []  # noqa: SIM118 - not a mapping
    assert await objects.put("big.bin", pieces(1000, 100), size_bytes_max=1000) == 1000


async def test_a_source_that_breaks_leaves_nothing_and_tells_its_own_error(objects: Objects) -> None:
    class Dropped(Exception):
        pass

    async def breaking() -> AsyncIterator[bytes]:
        yield pattern(6_000_000)
        raise Dropped

    await objects.put("kept.bin", b"old")
    for key in ("kept.bin", "new.bin"):
        with pytest.raises(Dropped):
            await objects.put(key, breaking())
    assert await objects.get("kept.bin") == b"old"
    with pytest.raises(ObjectMissing):
        await objects.get("new.bin")


async def test_a_missing_object_is_told(objects: Objects) -> None:
    with pytest.raises(ObjectMissing):
        await objects.head("not/here")
    with pytest.raises(ObjectMissing):
        await objects.get("not/here")
    await objects.delete("not/here")


async def test_a_deleted_object_is_gone(objects: Objects) -> None:
    await objects.put("a/b/c.txt", b"1")
    await objects.put("a/d.txt", b"2")
    await objects.put("e.txt", b"3")
    assert sorted([key async for key in objects.keys("a")]) == ["a/b/c.txt", "a/d.txt"]
    await objects.delete("a/b/c.txt")
    with pytest.raises(ObjectMissing):
        await objects.get("a/b/c.txt")
    assert sorted([key async for key in objects.keys()]) == ["a/d.txt", "e.txt"]  # noqa: SIM118 - not a mapping


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", "../a", "a/..", "./a", "a\\b", "a\0", "ä", "a b", "x" * 201])
async def test_a_key_that_no_program_makes_is_refused(objects: Objects, key: str) -> None:
    with pytest.raises(ValueError, match="not an object key"):
        await objects.put(key, b"")
    with pytest.raises(ValueError, match="not an object key"):
        await objects.get(key)


async def test_a_file_that_a_killed_upload_left_is_removed_in_time(tmp_path: Path) -> None:
    objects = Objects.on_disk(tmp_path)
    await objects.put("a/b.bin", b"whole")
    old, new = tmp_path / "a" / "c.bin#1", tmp_path / "a" / "d.bin#1"
    old.write_bytes(b"part")
    new.write_bytes(b"part")
    os.utime(old, (1_700_000_000, 1_700_000_000))
    assert await objects.remove_leftovers() == 1
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["b.bin", "d.bin#1"]
    assert [key async for key in objects.keys()] == ["a/b.bin"]  # noqa: SIM118 - not a mapping
    assert await Objects.in_memory().remove_leftovers() == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of one mebibyte; only root can mount one."""
    mount = tmp_path / "disk"
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(mount)]
    if os.geteuid() != 0 or shutil.which("mount") is None or subprocess.run(command, check=False).returncode != 0:
        pytest.skip("mounting a small disk takes root's rights")
    yield mount
    subprocess.run(["umount", str(mount)], check=True)


async def test_a_full_disk_is_told_and_keeps_what_was_there(small_disk: Path) -> None:
    objects = Objects.on_disk(small_disk)
    await objects.put("kept.bin", pattern(300_000))
    for body in (pattern(2_000_000), pieces(2_000_000)):
        with pytest.raises(StorageFull):
            await objects.put("big.bin", body)
    assert await objects.get("kept.bin") == pattern(300_000)
    assert await objects.put("small.bin", pattern(300_000)) == 300_000
    assert sorted([key async for key in objects.keys()]) == ["kept.bin", "small.bin"]  # noqa: SIM118 - not a mapping
    assert not [name for name in os.listdir(small_disk) if "#" in name]  # noqa: PTH208 - a few names, and no pathlib in a coroutine


async def test_an_s3_that_is_not_there_is_unavailable() -> None:
    settings = {
        "endpoint": "http://127.0.0.1:1",
        "region": "us-east-1",
        "access_key_id": "a",
        "secret_access_key": "b",
        "client_options": {"allow_http": True},
        "retry_config": {"max_retries": 0},
    }
    objects = Objects.in_s3("s3://bucket", settings)
    with pytest.raises(StorageUnavailable):
        await objects.put("a", b"1")
    with pytest.raises(StorageUnavailable):
        await objects.get("a")
