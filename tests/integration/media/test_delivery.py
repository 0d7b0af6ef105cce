"""The HTTP face of delivery: real renders in the real sandbox, real objects, real requests."""

from __future__ import annotations

import asyncio
import io
import socket
import sys
from collections.abc import AsyncIterator

import httpx
import pytest
import uvicorn
from PIL import Image

from doubles import pictures
from doubles.media_files import Files
from hubbub.kernel.clock import ManualClock
from hubbub.kernel.errors import Overloaded
from hubbub.media.adapters.picture_renderer import RENDER_JOBS, PictureRenderer
from hubbub.media.adapters.sandbox.sandbox import Sandbox
from hubbub.media.api.delivery import DeliveryCut, DeliveryPages
from hubbub.media.domain.deliverable import Deliverable, asset_tag, owner_tag
from hubbub.media.domain.key import MediaKey
from hubbub.media.domain.kinds import Kind
from hubbub.media.domain.picture import Rendered
from hubbub.media.domain.rendition import Rendition
from hubbub.media.domain.signature import Signer
from hubbub.media.errors import KeyRefused
from hubbub.media.service.deliver import Deliveries
from hubbub.media.service.variants import VariantLimits, Variants
from hubbub.storage.objects import Objects

pytest.importorskip("hubbub.native._native", reason="the native core is not built")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made of what Linux has")

BROWSER = {"Accept": "image/avif,image/webp,image/*;q=0.8,*/*;q=0.5"}
LARGE, SMALL = pictures.encoded(pictures.photo(800, 600), "JPEG"), pictures.encoded(pictures.photo(400, 300), "JPEG")
FILM = [bytes([place]) * 1000 for place in range(4)]


class Keys:
    """Two tenants."""

    async def admit(self, authorization: str) -> MediaKey:
        name = authorization.removeprefix("Bearer ")
        if name not in {"a", "b"}:
            raise KeyRefused
        return MediaKey(name, b"", "", 0)


class Counted:
    """The real renderer, counted."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._renderer = PictureRenderer(sandbox)
        self.names: list[str] = []

    async def render_bytes(self, mezzanine: bytes, rendition: Rendition) -> Rendered:
        self.names.append(rendition.name)
        return await self._renderer.render_bytes(mezzanine, rendition)


class World:
    """A face, and what is behind it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.objects = Objects.in_memory()
        self.files = Files(self.objects)
        self.renders = Counted(sandbox)
        self.clock = ManualClock()
        self.signer = Signer(b"k" * 32)
        variants = Variants(self.objects, self.renders, self.files, self.clock, VariantLimits())
        self.deliveries = Deliveries(self.files, variants, self.objects, self.signer, self.clock)
        self.pages = DeliveryPages(self.deliveries, Keys(), self.clock)  # type: ignore[arg-type]

    async def photo(self, asset_id: int = 7, **changes: object) -> Deliverable:
        return await self.files.add_picture(asset_id, [(LARGE, 800, 600, 1), (SMALL, 400, 300, 1)], **changes)

    def client(self) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.pages)  # type: ignore[arg-type]
        return httpx.AsyncClient(transport=transport, base_url="http://test", timeout=120)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    sandbox = Sandbox([RENDER_JOBS], children_max=2)
    yield sandbox
    await sandbox.stop()


@pytest.fixture
async def world(sandbox: Sandbox) -> World:
    return World(sandbox)


@pytest.fixture
async def http(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with world.client() as client:
        yield client


async def test_a_thousand_misses_at_once_are_one_render(world: World, http: httpx.AsyncClient):
    address = (await world.photo()).address
    answers = await asyncio.gather(*(http.get(f"{address}?width=100", headers=BROWSER) for _ in range(1000)))
    assert {each.status_code for each in answers} == {200}
    assert len({each.content for each in answers}) == 1
    assert len(world.renders.names) == 1


async def test_the_accept_header_decides_where_the_address_does_not(world: World, http: httpx.AsyncClient):
    address = (await world.photo()).address
    modern, plain = await http.get(f"{address}?width=64", headers=BROWSER), await http.get(f"{address}?width=64")
    assert modern.headers["vary"] == plain.headers["vary"] == "Accept"
    assert modern.headers["content-type"] in {"image/avif", "image/webp"}
    assert plain.headers["content-type"] == "image/jpeg"
    assert modern.headers["etag"] != plain.headers["etag"]
    asked = await http.get(f"{address}?width=64&format=webp")
    assert "vary" not in asked.headers
    assert asked.headers["content-disposition"].startswith('inline; filename="photo.webp"')
    assert Image.open(io.BytesIO(asked.content)).size == (64, 48)


async def test_a_picture_is_never_the_original(world: World, http: httpx.AsyncClient):
    address = (await world.photo()).address
    whole = await http.get(address)
    assert Image.open(io.BytesIO(whole.content)).size == (800, 600)
    assert b"original" not in whole.content
    unready = (await world.photo(8)).address
    world.files.held[8] = world.files.held[8]._replace(mezzanines=())
    assert (await http.get(unready)).json()["error"] == "media.asset_unready"


async def test_sizes_close_to_one_another_are_one_variant(world: World, http: httpx.AsyncClient):
    address = (await world.photo()).address
    for width in (97, 100, 128):
        assert (await http.get(f"{address}?width={width}")).status_code == 200
    assert len(world.renders.names) == 1
    refused = await http.get(f"{address}?width=0&format=tiff")
    assert refused.status_code == 400
    assert set(refused.json()["errors"]) == {"width", "format"}


async def test_who_has_it_is_told_so(world: World, http: httpx.AsyncClient):
    address = (await world.photo()).address
    first = await http.get(f"{address}?width=64")
    again = await http.get(f"{address}?width=64", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for name in ("etag", "cache-control", "vary", "surrogate-key"):
        assert again.headers[name] == first.headers[name]


async def test_headers_tell_caches_and_browsers_what_they_may(world: World, http: httpx.AsyncClient):
    asset = await world.photo()
    headers = (await http.get(f"{asset.address}?width=64")).headers
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["surrogate-key"].split(" ") == headers["cache-tag"].split(",") == list(asset.tags)
    assert "key/a" not in str(headers)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert headers["access-control-allow-origin"] == "*"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    asked_before = await http.request("OPTIONS", asset.address)
    assert (asked_before.status_code, asked_before.headers["access-control-allow-methods"]) == (204, "GET, HEAD")
    assert (await http.delete(asset.address)).headers["allow"] == "OPTIONS, GET, HEAD"


async def test_head_tells_what_get_tells(world: World, http: httpx.AsyncClient):
    photo, film = await world.photo(), await world.files.add_file(8, *FILM)
    for address in (f"{photo.address}?width=64", film.address, "/media/files/9/none"):
        got, head = await http.get(address), await http.head(address)
        assert (head.status_code, head.headers, head.content) == (got.status_code, got.headers, b"")


@pytest.mark.parametrize(
    ("content_type", "served_as", "inline"),
    [
        ("text/html", "application/octet-stream", False),
        ("image/svg+xml", "application/octet-stream", False),
        ("text/xml", "application/octet-stream", False),
        ("application/xhtml+xml", "application/octet-stream", False),
        ("text/javascript", "application/octet-stream", False),
        ("application/pdf", "application/pdf", False),
        ("text/plain", "text/plain; charset=utf-8", True),
        ("video/mp4", "video/mp4", True),
    ],
)
async def test_what_may_carry_script_is_only_downloaded(
    world: World, http: httpx.AsyncClient, content_type: str, served_as: str, inline: bool
):
    name = 'ä"b.svg'
    asset = await world.files.add_file(8, b"<svg/>", content_type=content_type, name=name)
    got = await http.get(asset.address)
    assert got.headers["content-type"] == served_as
    kind = "inline" if inline else "attachment"
    ending = "mp4" if content_type == "video/mp4" else "svg"  # players go by it, and save under it
    told = f"{kind}; filename=\"__b.{ending}\"; filename*=UTF-8''%C3%A4%22b.{ending}"
    assert got.headers["content-disposition"] == told
    assert got.headers["cross-origin-resource-policy"] == "same-origin"


async def test_ranges_cross_the_borders_of_segments(world: World, http: httpx.AsyncClient):
    asset = await world.files.add_file(8, *FILM, kind=Kind.VIDEO)
    whole = b"".join(FILM)
    assert (await http.get(asset.address)).content == whole
    for first, last in ((0, 0), (999, 1000), (500, 3500), (1000, 1999), (3999, 9999)):
        got = await http.get(asset.address, headers={"Range": f"bytes={first}-{last}"})
        assert (got.status_code, got.content) == (206, whole[first : last + 1])
    several = await http.get(asset.address, headers={"Range": "bytes=998-1001,-2"})
    assert several.headers["content-type"].startswith("multipart/byteranges; boundary=")
    assert whole[998:1002] in several.content
    assert len(several.content) == int(several.headers["content-length"])
    none = await http.get(asset.address, headers={"Range": "bytes=4000-"})
    assert (none.status_code, none.headers["content-range"]) == (416, "bytes */4000")
    assert none.headers["cache-control"] == "no-store"


async def test_a_segment_that_is_gone_is_an_error_and_not_a_short_file(world: World, http: httpx.AsyncClient):
    asset = await world.files.add_file(8, *FILM)
    await world.objects.delete(asset.segments[0].object_key)
    assert (await http.get(asset.address)).status_code == 404
    asset = await world.files.add_file(9, *FILM)
    await world.objects.delete(asset.segments[2].object_key)
    with pytest.raises(DeliveryCut):
        await http.get(asset.address)


async def test_a_private_file_opens_with_its_signature_alone(world: World, http: httpx.AsyncClient):
    asset = await world.photo(is_public=False)
    address = f"{world.deliveries.address(asset)}&width=64"
    good = await http.get(address)
    assert good.status_code == 200
    assert 86_400 <= int(good.headers["cache-control"].split("=")[1].split(",")[0]) <= 108_000
    assert (await http.get(address.replace("width=64", "width=16"))).status_code == 200
    unsigned, unknown = await http.get(asset.address), await http.get("/media/files/99/photo.jpg")
    assert (unsigned.status_code, unsigned.content) == (404, unknown.content)
    last = "1" if address.split("hm=")[1][0] == "0" else "0"
    forged = await http.get(address.replace("hm=" + address.split("hm=")[1][0], f"hm={last}"))
    elsewhere = await http.get(address.replace("/7/", "/99/"))
    assert (forged.status_code, forged.json()["error"]) == (403, "media.address_forged")
    assert forged.content == elsewhere.content
    world.clock.advance(200_000)
    expired = await http.get(address)
    assert (expired.status_code, expired.json()["error"]) == (403, "media.address_expired")
    assert expired.headers["cache-control"] == "no-store"
    assert (await http.get(f"{world.deliveries.address(asset)}&width=64")).status_code == 200


async def test_a_broken_picture_is_rendered_once_for_many_requests(world: World, http: httpx.AsyncClient):
    asset = await world.files.add_picture(7, [(b"\xff\xd8\xff\xe0", 800, 600, 1)])
    for _ in range(5):
        got = await http.get(f"{asset.address}?width=64")
        assert (got.status_code, got.json()["error"], got.headers["retry-after"]) == (422, "media.render_failed", "30")
    assert len(world.renders.names) == 1


async def test_who_is_turned_away_is_told_when_to_come_again(world: World, http: httpx.AsyncClient, monkeypatch):
    asset = await world.photo()

    async def busy(*_: object) -> Rendered:
        raise Overloaded(retry_after_s=2.0)

    monkeypatch.setattr(world.renders, "render_bytes", busy)
    got = await http.get(f"{asset.address}?width=64")
    assert (got.status_code, got.headers["retry-after"], got.headers["cache-control"]) == (503, "2", "no-store")
    monkeypatch.undo()
    assert (await http.get(f"{asset.address}?width=64")).status_code == 200


async def test_a_key_purges_what_is_its_own(world: World, http: httpx.AsyncClient):
    asset = await world.photo()
    for width in (16, 32):
        await http.get(f"{asset.address}?width={width}")

    async def purge(body: object, key: str = "a") -> httpx.Response:
        return await http.post("/media/purge", json=body, headers={"Authorization": f"Bearer {key}"})

    assert (await purge({"asset": "7"}, "nobody")).status_code == 401
    assert (await purge({"asset": "7"}, "b")).status_code == 404
    assert (await purge({"tag": owner_tag("key/a")}, "b")).status_code == 404
    for wrong in ({}, {"asset": "7", "tag": "x"}, {"asset": 7}, []):
        assert (await purge(wrong)).status_code == 400
    assert (await purge({"asset": "7"})).json() == {"variants": 2}
    await http.get(f"{asset.address}?width=16")
    assert len(world.renders.names) == 3
    assert (await purge({"tag": owner_tag("key/a")})).json() == {"variants": 1}
    assert (await purge({"tag": asset_tag(7)})).json() == {"variants": 0}


async def test_a_client_that_goes_away_is_not_sent_the_rest(world: World):
    ended = asyncio.Event()
    asset = await world.files.add_file(8, b"x" * 1_000_000)
    endless = asset._replace(segments=asset.segments * 1_000_000, size_bytes=10**12)
    world.files.held[8] = endless

    async def app(scope, receive, send) -> None:
        try:
            await world.pages(scope, receive, send)
        finally:
            ended.set()

    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, http="httptools", lifespan="off", log_config=None))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        async with asyncio.timeout(100):
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            writer.write(f"GET {asset.address} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
            assert b"200 OK" in await reader.readline()
            await reader.readexactly(3_000_000)
            assert not ended.is_set()
            writer.close()
            await ended.wait()
    finally:
        server.should_exit = True
        await running
