"""A video that is uploaded to a real server plays: by ranges of its address, and as a stream with all that it names."""

from __future__ import annotations

import asyncio
import base64
import io
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from tusclient.client import TusClient

from doubles.clips import clip, facts, frames
from hubbub.media.adapters.ffmpeg import programs
from servers.hubbub_process import HubbubProcess
from servers.waiting import until

pytest.importorskip("hubbub.native._native", reason="the native core is not built")
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made of what Linux has"),
    pytest.mark.skipif(programs() is None, reason="there is no ffmpeg for this machine"),
]
WAIT_S = 100.0


class Uploader:
    """Somebody with a media key."""

    def __init__(self, key: dict[str, Any], http: httpx.AsyncClient) -> None:
        self.key = key
        self.http = http
        self.headers = {"Authorization": f"Bearer {key['bearer']}"}

    async def upload(self, content: bytes, name: str) -> str:
        def work() -> str:
            client = TusClient(self.key["url"], headers=self.headers)
            uploader = client.uploader(file_stream=io.BytesIO(content), metadata={"filename": name})
            uploader.upload()
            return str(uploader.url)

        return await asyncio.to_thread(work)

    async def told(self, url: str) -> dict[str, Any]:
        answer = await self.http.get(url, headers={**self.headers, "Tus-Resumable": "1.0.0"})
        found: dict[str, Any] = answer.json()
        return found

    async def until(self, url: str, ready: str) -> dict[str, Any]:
        """Return what is told of an upload once its streams have `ready`."""

        async def is_there() -> bool:
            return ready in (await self.told(url)).get("streams", {})

        await until(is_there, within_s=WAIT_S, every_s=0.1)
        return await self.told(url)


@pytest.fixture
async def uploader(server: HubbubProcess) -> AsyncIterator[Uploader]:
    async with httpx.AsyncClient(timeout=60.0) as http:
        yield Uploader(await server.command("key", "create", "media", "--name", "film"), http)


def film() -> bytes:
    return clip("mkv", "-c:v", "libx264", "-c:a", "aac", size="480x360", seconds=3)


async def test_the_address_of_a_film_plays_by_ranges(uploader: Uploader) -> None:
    told = await uploader.until(await uploader.upload(film(), "film.mkv"), "poster")
    assert (told["kind"], told["content_type"], told["width"], told["height"]) == ("video", "video/mp4", 480, 360)
    whole = await uploader.http.get(told["url"])
    assert (whole.status_code, whole.headers["content-type"]) == (200, "video/mp4")
    assert whole.headers["content-disposition"].startswith("inline")
    assert frames(whole.content) == 30
    part = await uploader.http.get(told["url"], headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    poster = await uploader.http.get(told["streams"]["poster"], headers={"Accept": "image/webp"})
    assert (poster.status_code, poster.headers["content-type"]) == (200, "image/webp")


async def test_all_that_a_stream_names_is_there(uploader: Uploader) -> None:
    told = await uploader.until(await uploader.upload(film(), "film.mkv"), "hls")
    hls = told["streams"]["hls"]
    master = await uploader.http.get(hls)
    assert master.headers["content-type"] == "application/vnd.apple.mpegurl"
    assert master.headers["access-control-allow-origin"] == "*"
    (rendition,) = re.findall(r"^(?!#).+$", master.text, re.MULTILINE)
    playlist = (await uploader.http.get(urljoin(hls, rendition))).text
    content = b""
    spans = re.findall(r'BYTERANGE[:=]"?(\d+)@(\d+)', playlist)
    for size, start in ((int(size), int(start)) for size, start in spans):
        span = f"bytes={start}-{start + size - 1}"
        part = await uploader.http.get(urljoin(hls, "v360.mp4"), headers={"Range": span})
        assert (part.status_code, len(part.content)) == (206, size)
        content += part.content
    assert frames(content) == 30
    assert "sheet.jpg#xywh=" in (await uploader.http.get(told["streams"]["sprite"])).text
    assert (await uploader.http.get(urljoin(hls, "sheet.jpg"))).headers["content-type"] == "image/jpeg"
    assert (await uploader.http.get(told["streams"]["dash"])).headers["content-type"] == "application/dash+xml"


async def test_a_stream_opens_with_its_signature_alone(uploader: Uploader) -> None:
    told = await uploader.until(await uploader.upload(film(), "film.mkv"), "hls")
    hls = told["streams"]["hls"]
    signature = hls.rsplit("/", 2)[1]
    forged = hls.replace(signature, signature[:-1] + ("0" if signature[-1] != "0" else "1"))
    assert (await uploader.http.get(forged)).status_code == 403
    assert (await uploader.http.get(hls.replace("/master.m3u8", "/other.m3u8"))).status_code == 404
    assert (await uploader.http.get(hls.replace(signature, "master"))).status_code == 404
    assert (await uploader.http.post(hls)).status_code == 405
    again = await uploader.http.get(hls, headers={"If-None-Match": (await uploader.http.get(hls)).headers["etag"]})
    assert again.status_code == 304


async def test_a_sound_is_told_with_its_waveform(uploader: Uploader) -> None:
    said = clip("ogg", "-c:a", "libopus", video=False, seconds=2)
    told = await uploader.until(await uploader.upload(said, "voice-message.ogg"), "waveform")
    assert (told["kind"], told["content_type"]) == ("audio", "audio/ogg")
    assert 1900 <= told["duration_ms"] <= 2100
    assert len(base64.b64decode(told["streams"]["waveform"])) == told["duration_ms"] // 100
    assert (await uploader.http.get(told["url"])).content == said


async def test_a_server_that_is_killed_packages_again_and_leaves_nothing(tmp_path: Path) -> None:
    server = HubbubProcess(tmp_path)
    long = clip("mp4", "-c:v", "libx264", "-c:a", "aac", size="640x480", rate=30, seconds=8)
    async with server, httpx.AsyncClient(timeout=60.0) as http:
        uploader = Uploader(await server.command("key", "create", "media", "--name", "film"), http)
        url = await uploader.upload(long, "film.mp4")
        scratch = tmp_path / "data" / "scratch"

        async def is_encoding() -> bool:
            return any(each.name == "v480.mp4" for each in scratch.rglob("*"))

        await until(is_encoding, within_s=WAIT_S, every_s=0.02)
        await server.kill()
        assert any(scratch.rglob("*"))
        await server.start()
        uploader.key["url"] = f"{server.url}/media/uploads"
        told = await uploader.until(f"{server.url}/media/uploads/{url.rsplit('/', 1)[1]}", "hls")

        async def is_empty() -> bool:
            return not any(scratch.iterdir())

        await until(is_empty, within_s=WAIT_S, every_s=0.1)
        streams = {path.name.rsplit("-", 1)[1] for path in (tmp_path / "data" / "objects").rglob("*-v480.mp4")}
        assert streams == {"v480.mp4"}
        assert facts((await http.get(urljoin(told["streams"]["hls"], "v480.mp4"))).content)["streams"]
