"""Uploaded files become assets on a real server: pictures decoded, refusals told, and nothing lost with a process."""

from __future__ import annotations

import asyncio
import base64
import io
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from tusclient.client import TusClient

from doubles.pictures import LATITUDE, XMP, corners, encoded, exif, gif_of, moving, photo, png_header, stored_turned
from servers.hubbub_process import HubbubProcess
from servers.waiting import until

pytest.importorskip("hubbub.native._native", reason="the native core is not built")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made of what Linux has")

WAIT_S = 120.0
"""A decode takes a second on an idle machine."""
FINISHED = {"ready", "parked"}


class Camera(NamedTuple):
    """A server, and somebody who uploads to it."""

    server: HubbubProcess
    http: httpx.AsyncClient
    tus: TusClient

    async def upload(self, content: bytes, name: str = "photo.jpg") -> str:
        """Upload with tuspy; return the upload's address."""

        def work() -> str:
            uploader = self.tus.uploader(file_stream=io.BytesIO(content), metadata={"filename": name})
            uploader.upload()
            return str(uploader.url)

        return await asyncio.to_thread(work)

    async def facts(self, url: str) -> dict[str, Any]:
        answer = await self.http.get(url)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def finished(self, url: str) -> dict[str, Any]:
        """Return what is told of an upload once nothing more comes of it."""

        async def is_finished() -> bool:
            return (await self.facts(url))["state"] in FINISHED

        await until(is_finished, within_s=WAIT_S, every_s=0.1)
        return await self.facts(url)

    def objects(self) -> list[Path]:
        """Return every stored object."""
        return [path for path in (self.server.folder / "data" / "objects").rglob("*") if path.is_file()]


async def camera_on(server: HubbubProcess) -> Camera:
    key = await server.command("key", "create", "media", "--name", "camera")
    headers = {"Authorization": f"Bearer {key['bearer']}"}
    http = httpx.AsyncClient(headers={**headers, "Tus-Resumable": "1.0.0"}, timeout=60.0)
    return Camera(server, http, TusClient(str(key["url"]), headers=headers))


@pytest.fixture
async def camera(server: HubbubProcess) -> AsyncIterator[Camera]:
    made = await camera_on(server)
    async with made.http:
        yield made


async def test_a_photo_is_turned_upright_and_loses_where_it_was_taken(camera: Camera) -> None:
    lying = stored_turned(corners(480, 640), 6)
    content = encoded(lying, "JPEG", exif=exif(6), xmp=XMP)
    assert LATITUDE in content
    found = await camera.finished(await camera.upload(content))
    assert (found["state"], found["progress"], found["kind"]) == ("ready", 100, "image")
    assert (found["width"], found["height"], found["content_type"]) == (480, 640, "image/jpeg")
    assert (found["size_bytes"], found["alpha"], found["frames"]) == (len(content), False, 1)
    assert 5 <= len(base64.b64decode(found["thumbhash"])) <= 40
    mezzanines = [path for path in camera.objects() if f"mezzanine/{found['asset_id']}/" in str(path)]
    assert sorted(path.name for path in mezzanines) == ["2048", "512"]
    assert not any(LATITUDE in path.read_bytes() for path in mezzanines)


async def test_an_animation_is_told_as_one(camera: Camera) -> None:
    found = await camera.finished(await camera.upload(moving(4, "GIF"), "wave.gif"))
    assert (found["state"], found["kind"], found["content_type"]) == ("ready", "animation", "image/gif")
    assert (found["frames"], found["duration_ms"]) == (4, 400)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (png_header(30_000, 30_000), "media.too_many_pixels"),
        (gif_of(10_000), "media.too_many_frames"),
        (encoded(photo(), "JPEG")[:2000], "media.damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"not a picture at all" * 50, "media.damaged"),
    ],
    ids=["bomb", "frames", "cut", "lying"],
)
async def test_a_hostile_file_is_parked_with_the_reason(camera: Camera, content: bytes, code: str) -> None:
    found = await camera.finished(await camera.upload(content, "holiday.png"))
    assert (found["state"], found["code"]) == ("parked", code)
    assert found["message"]
    assert "width" not in found


async def test_the_bytes_decide_what_a_file_is(camera: Camera) -> None:
    page = await camera.finished(await camera.upload(b"<!DOCTYPE html><script>alert(1)</script>", "photo.jpg"))
    assert (page["state"], page["kind"], page["content_type"]) == ("ready", "file", "application/octet-stream")
    assert (page["width"], page["thumbhash"]) == (None, None)
    nothing = await camera.finished(await camera.upload(b"", "photo.jpg"))
    assert (nothing["state"], nothing["kind"], nothing["size_bytes"]) == ("ready", "file", 0)


async def test_ending_an_upload_removes_what_was_made_of_it(camera: Camera) -> None:
    url = await camera.upload(encoded(photo(), "JPEG"))
    found = await camera.finished(url)
    assert (await camera.http.delete(url)).status_code == 204
    assert (await camera.http.get(url)).status_code == 404
    marks = (f"mezzanine/{found['asset_id']}/", f"segments/{url.rsplit('/', 1)[-1]}/")

    def is_gone() -> bool:
        return not any(mark in str(path) for path in camera.objects() for mark in marks)

    await until(is_gone, within_s=WAIT_S, every_s=0.2)


async def test_a_server_killed_in_the_middle_goes_on_after_the_start(tmp_path: Path) -> None:
    pictures = [encoded(photo(2400 + size, 1800), "JPEG") for size in range(5)]
    async with HubbubProcess(tmp_path, settings={"HUBBUB_MEDIA_JOBS_PARALLEL": "1"}) as server:
        camera = await camera_on(server)
        async with camera.http:
            urls = await asyncio.gather(*(camera.upload(content) for content in pictures))

            async def is_decoding() -> bool:
                return "1 jobs run" in (await camera.http.get(f"{server.url}/healthz")).text

            await until(is_decoding, within_s=WAIT_S)
            await server.kill()
            await server.start()
            for url, content in zip(urls, pictures, strict=True):
                found = await camera.finished(url)
                assert (found["state"], found["size_bytes"]) == ("ready", len(content))
            assert [(await camera.facts(url))["width"] for url in urls] == [2400 + size for size in range(5)]


async def test_health_tells_of_jobs(camera: Camera) -> None:
    report = (await camera.http.get(f"{camera.server.url}/healthz")).json()
    (line,) = [line for line in report["engines"] if line["engine"] == "media"]
    assert line["healthy"]
    assert "parked" in line["detail"]
