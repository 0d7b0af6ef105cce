"""What was uploaded is delivered by a real server: by addresses that it signs, in the format that is asked for."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from PIL import Image
from tusclient.client import TusClient

from doubles.pictures import LATITUDE, encoded, exif, moving, photo
from hubbub.media.adapters.ffmpeg import programs
from servers.hubbub_process import HubbubProcess
from servers.waiting import until

pytest.importorskip("hubbub.native._native", reason="the native core is not built")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made of what Linux has")

WAIT_S = 120.0
BROWSER = "image/avif,image/webp,image/*;q=0.8,*/*;q=0.5"


class Tenant(NamedTuple):
    """Somebody with a media key, on a server."""

    key: dict[str, Any]
    http: httpx.AsyncClient

    async def sent(self, content: bytes, name: str) -> dict[str, Any]:
        """Upload with an unmodified tuspy; return what is told of the file once it is ready."""
        headers = {"Authorization": f"Bearer {self.key['bearer']}"}

        def work() -> str:
            client = TusClient(self.key["url"], headers=headers)
            uploader = client.uploader(file_stream=io.BytesIO(content), metadata={"filename": name})
            uploader.upload()
            return str(uploader.url)

        url = await asyncio.to_thread(work)

        async def facts() -> dict[str, Any]:
            found: dict[str, Any] = (await self.http.get(url, headers={**headers, "Tus-Resumable": "1.0.0"})).json()
            return found

        async def is_ready() -> bool:
            return (await facts())["state"] == "ready"

        await until(is_ready, within_s=WAIT_S, every_s=0.1)
        return {**await facts(), "upload": url}


async def tenant_on(server: HubbubProcess, http: httpx.AsyncClient) -> Tenant:
    return Tenant(await server.command("key", "create", "media", "--name", "tenant"), http)


@pytest.fixture
async def tenant(server: HubbubProcess) -> AsyncIterator[Tenant]:
    async with httpx.AsyncClient(timeout=60.0) as http:
        yield await tenant_on(server, http)


async def test_a_photo_sent_by_tus_is_delivered_in_the_best_format_each_client_takes(tenant: Tenant) -> None:
    content = encoded(photo(1200, 900), "JPEG", exif=exif(1))
    assert LATITUDE in content
    found = await tenant.sent(content, "Größe 1.jpg")
    wanted = [(BROWSER, "AVIF"), ("image/webp,*/*;q=0.8", "WEBP"), ("*/*", "JPEG"), ("image/jpeg", "JPEG")]
    for accept, format_ in wanted:
        got = await tenant.http.get(f"{found['url']}&width=400", headers={"Accept": accept})
        assert (got.status_code, got.headers["vary"]) == (200, "Accept"), got.text
        picture = Image.open(io.BytesIO(got.content))
        assert (picture.format, got.headers["content-type"]) == (format_, f"image/{format_.lower()}")
        assert picture.width in range(400, 640)
        assert LATITUDE not in got.content
        again = await tenant.http.get(
            f"{found['url']}&width=400", headers={"Accept": accept, "If-None-Match": got.headers["etag"]}
        )
        assert again.status_code == 304


async def test_an_address_without_its_signature_opens_nothing(tenant: Tenant) -> None:
    found = await tenant.sent(encoded(photo(), "JPEG"), "secret.jpg")
    address, query = found["url"].split("?")
    assert (await tenant.http.get(address)).status_code == 404
    assert (await tenant.http.get(f"{address}x?{query}")).status_code == 403
    assert (await tenant.http.get(found["url"])).status_code == 200


@pytest.mark.skipif(programs() is None, reason="there is no ffmpeg for this machine")
async def test_a_gif_is_delivered_as_mp4_by_ranges_where_that_is_asked_for(tenant: Tenant) -> None:
    found = await tenant.sent(moving(6, "GIF"), "walk.gif")
    got = await tenant.http.get(f"{found['url']}&format=mp4")
    assert (got.status_code, got.headers["content-type"], got.content[4:8]) == (200, "video/mp4", b"ftyp"), got.text
    assert 'filename="walk.mp4"' in got.headers["content-disposition"]
    part = await tenant.http.get(f"{found['url']}&format=mp4", headers={"Range": "bytes=0-99"})
    assert (part.status_code, part.content) == (206, got.content[:100])
    still = await tenant.sent(encoded(photo(), "JPEG"), "photo.jpg")
    assert (await tenant.http.get(f"{still['url']}&format=mp4")).status_code == 400


async def test_a_film_is_delivered_by_ranges_as_it_came(tenant: Tenant) -> None:
    content = b"\x1a\x45\xdf\xa3" + bytes(range(256)) * 1000
    found = await tenant.sent(content, "film.bin")
    part = await tenant.http.get(found["url"], headers={"Range": "bytes=70000-70099"})
    assert (part.status_code, part.content) == (206, content[70000:70100])
    assert part.headers["content-disposition"].endswith("film.bin")


async def test_a_purge_forgets_renditions_and_only_of_ones_own(tenant: Tenant, server: HubbubProcess) -> None:
    found = await tenant.sent(encoded(photo(), "JPEG"), "photo.jpg")
    await tenant.http.get(found["url"])
    wanted = {"asset": found["asset_id"]}
    stranger = await tenant_on(server, tenant.http)
    for key, status in ((stranger.key, 404), (tenant.key, 200)):
        told = {"Authorization": f"Bearer {key['bearer']}"}
        answer = await tenant.http.post(f"{server.url}/media/purge", json=wanted, headers=told)
        assert answer.status_code == status, answer.text
    assert answer.json() == {"variants": 1}
    assert (await tenant.http.get(found["url"])).status_code == 200


async def test_an_answer_is_the_same_from_the_hot_lane_and_past_it(tenant: Tenant, server: HubbubProcess) -> None:
    found = await tenant.sent(encoded(photo(), "JPEG"), "photo.jpg")
    url = f"{found['url']}&width=128"
    first, second, third = [await tenant.http.get(url, headers={"Accept": BROWSER}) for _ in range(3)]
    assert first.content == second.content == third.content
    apart = {"date", "cache-control"}
    usual, hot = [{k: v for k, v in each.headers.items() if k not in apart} for each in (first, second)]
    assert usual == hot
    assert second.headers["cache-control"].startswith("public, max-age=")
    # What is asked differently is answered as ever, on the connection that the lane answered on.
    head = await tenant.http.head(url, headers={"Accept": BROWSER})
    assert (head.content, head.headers["etag"]) == (b"", first.headers["etag"])
    part = await tenant.http.get(url, headers={"Accept": BROWSER, "Range": "bytes=0-9"})
    assert (part.status_code, part.content) == (206, first.content[:10])
    other = await tenant.http.get(url, headers={"Accept": "image/jpeg"})
    assert other.headers["content-type"] == "image/jpeg"
    assert (await tenant.http.get(f"{server.url}/healthz")).status_code == 200
    forged = await tenant.http.get(url.replace("hm=", "hm=0"), headers={"Accept": BROWSER})
    assert forged.status_code == 403


async def test_requests_in_one_piece_and_in_many_are_answered_in_order(tenant: Tenant, server: HubbubProcess) -> None:
    found = await tenant.sent(encoded(photo(), "JPEG"), "photo.jpg")
    target = f"{found['url'].removeprefix(server.url)}&width=64"
    picture = (await tenant.http.get(found["url"] + "&width=64", headers={"Accept": "*/*"})).content
    request = f"GET {target} HTTP/1.1\r\nHost: here\r\nAccept: */*\r\n\r\n".encode()
    health = b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)

    async def answered() -> bytes:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        assert head.startswith(b"http/1.1 200")
        return await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))

    # Alone; two at once; behind another; torn in the middle of a line that then looks like a request's begin.
    for sent in ([request], [request * 2], [health + request], [health, request]):
        for piece in sent:
            writer.write(piece)
        whole = b"".join(sent)
        for _ in range(whole.count(b"/healthz")):
            await answered()
        for _ in range(whole.count(b"/media/files/")):
            assert await answered() == picture
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: here\r\nX-Torn: ")
    await writer.drain()
    await asyncio.sleep(0.05)  # so that it travels alone; together they would be one good request as well
    writer.write(request)
    # The request was the header's value, so that there is one answer and the connection goes on.
    assert await answered() != picture
    writer.write(request)
    assert await answered() == picture
    writer.close()
    await writer.wait_closed()


async def test_addresses_stay_good_over_a_restart_and_die_with_their_upload(tmp_path: Path) -> None:
    async with HubbubProcess(tmp_path) as server, httpx.AsyncClient(timeout=60.0) as http:
        tenant = await tenant_on(server, http)
        found = await tenant.sent(encoded(photo(), "JPEG"), "photo.jpg")
        etag = (await http.get(found["url"])).headers["etag"]
        await server.kill()
        await server.start()
        assert (await http.get(found["url"])).headers["etag"] == etag
        told = {"Authorization": f"Bearer {tenant.key['bearer']}", "Tus-Resumable": "1.0.0"}
        assert (await http.delete(found["upload"], headers=told)).status_code == 204

        async def is_gone() -> bool:
            return (await http.get(found["url"])).status_code == 404

        await until(is_gone, within_s=WAIT_S, every_s=0.2)
        objects = server.folder / "data" / "objects"

        def none_left() -> bool:
            return not [path for path in objects.rglob(f"*/{found['asset_id']}/*") if "mezzanine" in str(path)]

        await until(none_left, within_s=WAIT_S, every_s=0.2)


async def test_a_page_of_any_origin_may_upload_and_use_what_it_is_answered(tenant: Tenant) -> None:
    url = tenant.key["url"]
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "PATCH"}
    preflight = await tenant.http.options(f"{url}/1", headers=asked)
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, "*")
    assert "PATCH" in preflight.headers["access-control-allow-methods"]
    assert "Upload-Offset" in preflight.headers["access-control-allow-headers"]
    refused = await tenant.http.head(f"{url}/1?token=00", headers={"Tus-Resumable": "1.0.0"})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (403, "*")
    assert "Upload-Offset" in refused.headers["access-control-expose-headers"]


async def test_an_operator_sees_what_was_given_up_and_begins_it_anew(tenant: Tenant, server: HubbubProcess) -> None:
    headers = {"Authorization": f"Bearer {tenant.key['bearer']}", "Tus-Resumable": "1.0.0"}
    announced = {**headers, "Upload-Length": "20", "Content-Type": "application/offset+octet-stream"}
    content = b"\x89PNG\r\n\x1a\n" + bytes(12)
    sent = await tenant.http.post(tenant.key["url"], headers=announced, content=content)
    url = f"{server.url}{sent.headers['location']}"

    async def is_parked() -> bool:
        return (await tenant.http.get(url, headers=headers)).json()["state"] == "parked"

    await until(is_parked, within_s=WAIT_S, every_s=0.1)
    asset_id = (await tenant.http.get(url, headers=headers)).json()["asset_id"]
    (job,) = [each for each in (await server.command("media", "parked"))["parked"] if each["asset"] == asset_id]
    assert (job["code"], job["size_bytes"]) == ("media.damaged", 20)
    assert await server.command("media", "requeue", job["job"]) == {"requeued": job["job"]}
    await until(is_parked, within_s=WAIT_S, every_s=0.1)
    assert await server.command("media", "drop", job["job"]) == {"dropped": job["job"]}
    counted = await server.command("media", "gc", "--dry-run")
    assert (counted["unneeded_files"], counted["removed"]) == (0, False)


async def test_an_operator_sees_what_files_take(tmp_path: Path) -> None:
    async with HubbubProcess(tmp_path) as server, httpx.AsyncClient(timeout=60.0) as http:
        tenant = await tenant_on(server, http)
        found = await tenant.sent(encoded(photo(), "JPEG"), "photo.jpg")
        variant = (await http.get(found["url"])).content
        await tenant.sent(b"word", "note.txt")
        usage: dict[str, Any] = await server.command("media", "usage")
        assert {each["name"]: each["number"] for each in usage["originals"]} == {"file": 1, "image": 1}
        made = {each["name"]: each for each in usage["made"]}
        assert (made["mezzanine"]["number"], made["variant"]["number"]) == (2, 1)
        assert made["variant"]["size_bytes"] == len(variant)
        (owner,) = usage["owners"]
        assert owner["size_bytes"] == found["size_bytes"] + 4
        assert usage["size_bytes"] == owner["size_bytes"] + sum(each["size_bytes"] for each in usage["made"])
