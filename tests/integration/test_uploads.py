"""tus clients upload to a real server: unmodified tuspy, and by hand what it has no words for."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import socket
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest
from blake3 import blake3
from tusclient.client import TusClient
from tusclient.exceptions import TusUploadFailed
from tusclient.uploader import Uploader

from hubbub.media.domain.intake import SEGMENT_BYTES
from servers.hubbub_process import HubbubProcess
from servers.waiting import until

MOVIE = bytes(hashlib.shake_128(b"movie").digest(2 * SEGMENT_BYTES + 12_345))
PICTURE = MOVIE[:300_000]
WAIT_S = 40.0
"""A sweep comes every ten seconds, and machines are busy."""
BYTES = "application/offset+octet-stream"


class Studio(NamedTuple):
    """A server, and somebody with a key to it."""

    server: HubbubProcess
    http: httpx.AsyncClient
    tus: TusClient
    url: str

    async def make(self, length: int | None, **headers: str) -> str:
        """Return the address of a new upload."""
        told = {"Upload-Defer-Length": "1"} if length is None else {"Upload-Length": str(length)}
        answer = await self.http.post(self.url, headers={**told, **headers})
        assert answer.status_code == 201, answer.text
        return f"{self.server.url}{answer.headers['Location']}"

    async def patch(self, url: str, content: bytes, offset: int = 0, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.patch(
            url, content=content, headers={"Content-Type": BYTES, "Upload-Offset": str(offset), **named}
        )

    async def upload(self, content: bytes, url: str | None = None, **how: Any) -> Uploader:
        """Upload with tuspy, at `url` if that is there already."""

        def work() -> Uploader:
            uploader = self.tus.uploader(file_stream=io.BytesIO(content), url=url, **how)
            uploader.upload()
            return uploader

        return await asyncio.to_thread(work)

    async def offset(self, url: str) -> int:
        return int((await self.http.head(url)).headers["Upload-Offset"])

    async def facts(self, url: str) -> dict[str, Any]:
        answer = await self.http.get(url)
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found

    async def stored(self, url: str, content: bytes) -> None:
        """Wait until an upload is stored, and look whether it is `content`."""

        async def is_stored() -> bool:
            facts = await self.facts(url)
            # A file may be ready before its hash is known, when it was joined or went on after a restart.
            return facts["state"] == "ready" and facts["blake3"] is not None

        await until(is_stored, within_s=WAIT_S)
        facts = await self.facts(url)
        assert (facts["size_bytes"], facts["blake3"]) == (len(content), blake3(content).hexdigest())
        assert int(facts["asset_id"]) > 0

    def begin(self, url: str, content: bytes, length: int) -> socket.socket:
        """Send the head of a PATCH of `length` bytes and some of them, and leave it at that."""
        wire = socket.create_connection(("127.0.0.1", self.server.port))
        head = {"Host": "here", "Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": BYTES}
        head |= {"Content-Length": str(length), "Authorization": self.http.headers["Authorization"]}
        lines = [f"PATCH {urlsplit(url).path} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
        wire.sendall("\r\n".join([*lines, "", ""]).encode() + content)
        return wire


async def studio_on(server: HubbubProcess) -> Studio:
    key = await server.command("key", "create", "media", "--name", "camera")
    assert key["url"] == f"{server.url}/media/uploads"
    assert key["bearer"] == f"{key['key']}.{key['secret']}"
    headers = {"Authorization": f"Bearer {key['bearer']}"}
    http = httpx.AsyncClient(headers={**headers, "Tus-Resumable": "1.0.0"}, timeout=60.0)
    return Studio(server, http, TusClient(str(key["url"]), headers=headers), str(key["url"]))


@pytest.fixture
async def studio(server: HubbubProcess) -> AsyncIterator[Studio]:
    made = await studio_on(server)
    async with made.http:
        yield made


async def test_a_client_uploads_whole_and_in_pieces_with_checksums(studio: Studio) -> None:
    metadata = {"filename": "käse.png", "filetype": "image/png"}
    whole = await studio.upload(PICTURE, metadata=metadata)
    await studio.stored(whole.url, PICTURE)
    told = (await studio.http.head(whole.url)).headers
    assert told["Upload-Metadata"].split(",")[0].split() == ["filename", base64.b64encode("käse.png".encode()).decode()]
    assert (told["Upload-Offset"], told["Upload-Length"]) == ("300000", "300000")
    pieces = await studio.upload(PICTURE, chunk_size=70_000, upload_checksum=True)
    await studio.stored(pieces.url, PICTURE)


async def test_a_client_goes_on_after_the_server_was_killed(tmp_path: Path) -> None:
    async with HubbubProcess(tmp_path) as server:
        studio = await studio_on(server)
        async with studio.http:
            url = await studio.make(len(MOVIE))

            async def is_told() -> bool:
                return await studio.offset(url) == SEGMENT_BYTES

            with closing(studio.begin(url, MOVIE[: SEGMENT_BYTES + 1000], len(MOVIE))):
                await until(is_told, within_s=WAIT_S)
                assert (await studio.patch(url, b"mine", SEGMENT_BYTES)).status_code == 423
                await server.kill()
            await server.start()
            assert await studio.offset(url) == SEGMENT_BYTES
            await studio.upload(MOVIE, url, chunk_size=SEGMENT_BYTES)
            await studio.stored(url, MOVIE)


async def test_a_cut_connection_keeps_what_came(studio: Studio) -> None:
    url = await studio.make(len(PICTURE))

    async def is_taken() -> bool:
        return (await studio.patch(url, b"mine", 1)).status_code == 423

    async def is_kept() -> bool:
        return await studio.offset(url) == 1000

    with closing(studio.begin(url, PICTURE[:1000], len(PICTURE))):
        # What a connection brings in the very moment of its end does not reach an ASGI application.
        await until(is_taken, within_s=WAIT_S)
    await until(is_kept, within_s=WAIT_S)
    await studio.upload(PICTURE, url)
    await studio.stored(url, PICTURE)


async def test_a_wrong_checksum_keeps_nothing(studio: Studio) -> None:
    url = await studio.make(len(PICTURE))
    wrong = base64.b64encode(hashlib.sha1(b"else", usedforsecurity=False).digest()).decode()
    answer = await studio.patch(url, PICTURE, Upload_Checksum=f"sha1 {wrong}")
    assert (answer.status_code, answer.json()["error"]) == (460, "media.checksum_mismatch")
    assert await studio.offset(url) == 0
    answer = await studio.patch(url, PICTURE, Upload_Checksum="crc32 AAAA")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["Upload-Checksum"])
    right = base64.b64encode(hashlib.sha256(PICTURE).digest()).decode()
    assert (await studio.patch(url, PICTURE, Upload_Checksum=f"sha256 {right}")).status_code == 204
    await studio.stored(url, PICTURE)


async def test_a_wrong_offset_is_refused(studio: Studio) -> None:
    url = await studio.make(len(PICTURE))
    assert (await studio.patch(url, PICTURE[:10])).headers["Upload-Offset"] == "10"
    assert (await studio.patch(url, PICTURE[:10])).status_code == 409
    uploader = studio.tus.uploader(file_stream=io.BytesIO(PICTURE), url=url)
    uploader.offset = 11
    with pytest.raises(TusUploadFailed) as refused:
        await asyncio.to_thread(uploader.upload)
    assert refused.value.status_code == 409


async def test_an_upload_abandoned_at_99_percent_is_gone_with_its_bytes(tmp_path: Path) -> None:
    async with HubbubProcess(tmp_path, settings={"HUBBUB_MEDIA_UPLOAD_LIFETIME_S": "4"}) as server:
        studio = await studio_on(server)
        async with studio.http:
            url = await studio.make(len(PICTURE))
            answer = await studio.patch(url, PICTURE[: len(PICTURE) * 99 // 100])
            assert "Upload-Expires" in answer.headers
            folder = tmp_path / "data" / "objects" / "media" / "segments"
            assert [path for path in folder.rglob("*") if path.is_file()]

            async def is_gone() -> bool:
                gone = (await studio.http.head(url)).status_code in {404, 410}
                return gone and not [path for path in folder.rglob("*") if path.is_file()]

            await until(is_gone, within_s=WAIT_S)
            assert (await studio.patch(url, b"rest", len(PICTURE) * 99 // 100)).status_code == 404


async def test_a_file_of_no_bytes_is_stored(studio: Studio) -> None:
    uploader = await studio.upload(b"")
    await studio.stored(uploader.url, b"")
    assert (await studio.patch(uploader.url, b"more")).status_code == 413


async def test_a_length_may_be_told_at_the_end(studio: Studio) -> None:
    url = await studio.make(None)
    assert (await studio.http.head(url)).headers["Upload-Defer-Length"] == "1"

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, 200_000, 50_000):
            yield PICTURE[start : start + 50_000]

    answer = await studio.patch(url, chunks())  # type: ignore[arg-type]
    assert answer.headers["Upload-Offset"] == "200000"
    assert (await studio.facts(url))["state"] == "uploading"
    answer = await studio.patch(url, PICTURE[200_000:], 200_000, Upload_Length=str(len(PICTURE)))
    assert answer.status_code == 204
    await studio.stored(url, PICTURE)


async def test_two_parts_become_one_file(studio: Studio) -> None:
    half = SEGMENT_BYTES + 99
    urls = [await studio.make(size, **{"Upload-Concat": "partial"}) for size in (half, len(MOVIE) - half)]
    await asyncio.gather(studio.patch(urls[0], MOVIE[:half]), studio.patch(urls[1], MOVIE[half:]))
    assert (await studio.facts(urls[0]))["asset_id"] is None
    named = f"final;{urls[0]} {urlsplit(urls[1]).path}"
    answer = await studio.http.post(studio.url, headers={"Upload-Concat": named})
    assert answer.status_code == 201
    url = f"{studio.server.url}{answer.headers['Location']}"
    told = (await studio.http.head(url)).headers
    assert (told["Upload-Concat"], told["Upload-Offset"], told["Upload-Length"]) == (named, *[str(len(MOVIE))] * 2)
    assert (await studio.patch(url, b"more", len(MOVIE))).status_code == 403
    await studio.stored(url, MOVIE)


async def test_bytes_may_come_with_the_creation(studio: Studio) -> None:
    headers = {"Upload-Length": str(len(PICTURE)), "Content-Type": BYTES}
    answer = await studio.http.post(studio.url, headers=headers, content=PICTURE)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, str(len(PICTURE)))
    await studio.stored(f"{studio.server.url}{answer.headers['Location']}", PICTURE)


async def test_an_upload_is_ended(studio: Studio) -> None:
    url = (await studio.upload(PICTURE)).url
    assert (await studio.http.delete(url)).status_code == 204
    for method in ("HEAD", "GET", "DELETE"):
        assert (await studio.http.request(method, url)).status_code == 404


async def test_what_is_offered_needs_no_key_and_all_else_does(studio: Studio) -> None:
    url = await studio.make(5)
    async with httpx.AsyncClient(headers={"Tus-Resumable": "1.0.0"}) as anyone:
        offered = await anyone.options(studio.url)
        assert (offered.status_code, offered.headers["Tus-Version"]) == (204, "1.0.0")
        assert offered.headers["Tus-Max-Size"] == str(10 << 30)
        for method in ("HEAD", "GET", "DELETE"):
            assert (await anyone.request(method, url)).status_code == 401
        assert (await anyone.post(studio.url, headers={"Upload-Length": "1"})).status_code == 401
    answer = await studio.http.post(studio.url, headers={"Upload-Length": str(11 << 30)})
    assert (answer.status_code, answer.headers["Tus-Resumable"]) == (413, "1.0.0")
    assert (await studio.http.get(f"{studio.url}/nothing")).status_code == 404


async def test_a_key_is_listed_and_good_for_nothing_once_revoked(server: HubbubProcess) -> None:
    studio = await studio_on(server)
    async with studio.http:
        url = await studio.make(5)
        listed = (await server.command("key", "list"))["keys"]
        assert isinstance(listed, list)
        key = studio.http.headers["Authorization"].removeprefix("Bearer ").partition(".")[0]
        assert {"voice", "media"} >= {each["opens"] for each in listed}
        assert [each["name"] for each in listed if each["key"] == key] == ["camera"]
        await server.command("key", "revoke", key)
        assert (await studio.http.head(url)).status_code == 401
