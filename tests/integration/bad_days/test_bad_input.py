"""Whatever a client sends, it gets a typed error that names what is wrong, and the server goes on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import httpx
import pytest
import pytest_asyncio

from servers.hubbub_process import HubbubProcess
from servers.person import Json, Person

pytestmark = pytest.mark.asyncio(loop_scope="module")

UPLOAD_MAX = 100_000_000
"""Bytes of one request with files, by default."""
POURED_MAX = 500_000_000
FILE_PART = b'--x\r\nContent-Disposition: form-data; name="files[0]"; filename="big.bin"\r\n\r\n'
NOWHERE = "1300000000000000001"


class Place(NamedTuple):
    """A guild with its owner, and someone who is not in it."""

    server: HubbubProcess
    owner: Person
    stranger: Person
    guild_id: str
    channel_id: str


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(server: HubbubProcess) -> AsyncIterator[Place]:
    async with await Person.register(server.url, "olga") as owner, await Person.register(server.url, "sam") as stranger:
        guild_id, channel_id = await owner.make_guild("The Fort")
        yield Place(server, owner, stranger, guild_id, channel_id)


def check(response: httpx.Response, status: int, code: int | None = None) -> Json:
    """Return a typed error's body after checking that it is one."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body: Json = response.json()
    assert isinstance(body["code"], int)
    assert body["message"]
    assert body["error"]
    if code is not None:
        assert body["code"] == code, body
    assert "Traceback" not in response.text
    return body


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b'{"content": "\\ud800"}',
        b"{" * 50_000,
        b'{"content": 1e400}',
    ],
    ids=["cut", "empty", "null", "list", "string", "not-utf8", "lone-surrogate", "deep", "infinite"],
)
async def test_malformed_json(place: Place, content: bytes) -> None:
    response = await place.owner.request(
        "POST",
        f"/channels/{place.channel_id}/messages",
        content=content,
        headers={"Content-Type": "application/json"},
    )
    check(response, 400)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"content": 5}, "content"),
        ({"content": ["a"]}, "content"),
        ({"content": "a" * 2001}, "content"),
        ({"content": "a", "tts": "maybe"}, "tts"),
        ({"content": "a", "embeds": {}}, "embeds"),
        ({"content": "a", "embeds": [{"title": "t"}] * 11}, "embeds"),
        ({"embeds": [{"title": "t" * 257}]}, "embeds.0.title"),
        ({"embeds": [{"title": "t", "fields": [{"name": "n"}]}]}, "embeds.0.fields.0.value"),
        ({"embeds": [{"title": "t", "color": "red"}]}, "embeds.0.color"),
        ({"embeds": [{"title": "t", "url": "javascript:alert(1)"}]}, "embeds.0.url"),
        ({"content": "a", "message_reference": {"message_id": "x"}}, "message_reference"),
        ({"content": "a", "nonce": "n" * 26}, "nonce"),
    ],
)
async def test_a_wrong_field_is_named(place: Place, body: Json, path: str) -> None:
    response = await place.owner.request("POST", f"/channels/{place.channel_id}/messages", json=body)
    problem: Any = check(response, 400, 50035)["errors"]
    for part in path.split("."):
        assert part in problem, (path, response.json())
        problem = problem[part]


async def test_an_empty_message_is_refused(place: Place) -> None:
    for body in ({}, {"content": ""}, {"content": "  \n "}, {"embeds": []}):
        response = await place.owner.request("POST", f"/channels/{place.channel_id}/messages", json=body)
        check(response, 400, 50006)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/channels/{nowhere}", 404, 10003),
        ("GET", "/channels/{nowhere}/messages", 404, 10003),
        ("POST", "/channels/{nowhere}/messages", 404, 10003),
        ("GET", "/channels/{channel}/messages/{nowhere}", 404, 10008),
        ("DELETE", "/channels/{channel}/messages/{nowhere}", 404, 10008),
        ("PUT", "/channels/{channel}/messages/{nowhere}/reactions/%F0%9F%91%8D/@me", 404, 10008),
        ("PUT", "/channels/{channel}/pins/{nowhere}", 404, 10008),
        ("GET", "/guilds/{nowhere}", 404, 10004),
        ("GET", "/guilds/{guild}/members/{nowhere}", 404, 10007),
        ("PATCH", "/guilds/{guild}/roles/{nowhere}", 404, 10011),
        ("DELETE", "/guilds/{guild}/emojis/{nowhere}", 404, 10014),
        ("GET", "/users/{nowhere}", 404, 10013),
        ("GET", "/invites/nonesuch", 404, 10006),
        ("POST", "/webhooks/{nowhere}/no-token", 404, 10015),
        ("POST", "/interactions/{nowhere}/no-token/callback", 404, 10062),
        ("GET", "/no/such/route", 404, None),
        ("PUT", "/users/@me", 405, None),
    ],
)
async def test_what_is_not_there_says_so(place: Place, method: str, path: str, status: int, code: int | None) -> None:
    full = path.format(nowhere=NOWHERE, channel=place.channel_id, guild=place.guild_id)
    body = {"content": "x", "type": 4, "data": {"content": "x"}} if method in {"POST", "PATCH"} else None
    response = await place.owner.request(method, full, json=body)
    check(response, status, code)


@pytest.mark.parametrize("id_", ["abc", "-1", "0", "99999999999999999999999", "1.5", "%00", "9" * 400])
async def test_an_id_that_is_none_is_refused(place: Place, id_: str) -> None:
    response = await place.owner.request("GET", f"/channels/{id_}/messages")
    assert response.status_code in {400, 404}
    check(response, response.status_code)


async def test_a_stranger_may_not(place: Place) -> None:
    stranger = place.stranger
    for method, path, body in (
        ("GET", f"/channels/{place.channel_id}/messages", None),
        ("POST", f"/channels/{place.channel_id}/messages", {"content": "let me in"}),
        ("GET", f"/guilds/{place.guild_id}/channels", None),
        ("PATCH", f"/guilds/{place.guild_id}", {"name": "mine"}),
        ("DELETE", f"/channels/{place.channel_id}", None),
    ):
        response = await stranger.request(method, path, json=body)
        assert response.status_code in {403, 404}, (path, response.text)
        check(response, response.status_code)


async def test_a_member_without_the_permission_may_not(place: Place) -> None:
    async with await Person.register(place.server.url, "mia") as member:
        invite = await place.owner.post(f"/channels/{place.channel_id}/invites", {})
        await member.post(f"/invites/{invite['code']}", {})
        message = await place.owner.say(place.channel_id, "mine")
        for method, path, body, code in (
            ("PATCH", f"/channels/{place.channel_id}", {"name": "hers"}, 50013),
            ("DELETE", f"/channels/{place.channel_id}/messages/{message['id']}", None, 50013),
            ("PATCH", f"/channels/{place.channel_id}/messages/{message['id']}", {"content": "hers"}, 50005),
            ("PUT", f"/guilds/{place.guild_id}/bans/{place.owner.id}", {}, 50013),
            ("POST", f"/guilds/{place.guild_id}/roles", {"name": "queen"}, 50013),
        ):
            check(await member.request(method, path, json=body), 403, code)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bot nonsense"}, {"Authorization": "Bearer x"}])
async def test_without_a_credential_nothing_is_answered(place: Place, headers: dict[str, str]) -> None:
    async with httpx.AsyncClient(base_url=f"{place.server.url}/api/v10", headers=headers) as nobody:
        check(await nobody.get("/users/@me"), 401)
        check(await nobody.post(f"/channels/{place.channel_id}/messages", json={"content": "x"}), 401)


async def test_another_sites_page_cannot_act_for_a_person(place: Place) -> None:
    path = f"/channels/{place.channel_id}/messages"
    foreign = await place.owner.request("POST", path, json={"content": "x"}, headers={"Origin": "https://evil.example"})
    check(foreign, 403)
    async with httpx.AsyncClient(
        base_url=f"{place.server.url}/api/v10", headers={"Cookie": place.owner.cookie}
    ) as form:
        check(await form.post(path, json={"content": "x"}), 403)


async def test_an_oversized_upload_is_refused_and_leaves_nothing(place: Place) -> None:
    limits = (await place.owner.get("/instance"))["limits"]
    largest = max(value for name, value in limits.items() if "upload" in name or "attachment" in name)
    before = len(await place.owner.get(f"/channels/{place.channel_id}/messages"))
    response = await place.owner.request(
        "POST",
        f"/channels/{place.channel_id}/messages",
        data={"payload_json": json.dumps({"content": "big"})},
        files={"files[0]": ("big.bin", b"\0" * (largest + 1), "application/octet-stream")},
    )
    check(response, 413, 40005)
    assert len(await place.owner.get(f"/channels/{place.channel_id}/messages")) == before


async def pour(place: Place, method: str, path: str, media_type: str, beginning: bytes) -> tuple[bytes, int]:
    """Send a body in chunks that never ends; return the answer's head and how much was sent until it came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", place.server.port)
    head = asyncio.create_task(reader.readuntil(b"\r\n\r\n"))
    sent = 0
    try:
        writer.write(
            f"{method} /api/v10{path} HTTP/1.1\r\nHost: 127.0.0.1:{place.server.port}\r\n"
            f"Origin: {place.server.url}\r\nX-Hubbub-Client: tests\r\nCookie: {place.owner.cookie}\r\n"
            f"Content-Type: {media_type}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        )
        chunk = beginning
        while not head.done() and sent < POURED_MAX:
            writer.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            await writer.drain()
            # A drain that need not wait gives nobody a turn, and the answer would never be read.
            await asyncio.sleep(0)
            sent += len(chunk)
            chunk = b"a" * 500_000
        async with asyncio.timeout(10):
            return await head, sent
    finally:
        writer.transport.abort()


@pytest.mark.parametrize(
    ("method", "path", "media_type", "beginning", "most"),
    [
        ("POST", "/channels/{channel}/messages", "multipart/form-data; boundary=x", FILE_PART, 2 * UPLOAD_MAX),
        ("POST", "/channels/{channel}/messages", "application/json", b'{"content": "', 20_000_000),
        ("PATCH", "/users/@me", "application/json", b'{"bio": "', 40_000_000),
    ],
    ids=["file", "message", "account"],
)
async def test_a_body_without_an_end_is_refused_at_its_limit(
    place: Place, method: str, path: str, media_type: str, beginning: bytes, most: int
) -> None:
    """A body in chunks tells no length: the server counts, and answers while the rest is still to come."""
    path = path.format(channel=place.channel_id)
    before = len(await place.owner.get(f"/channels/{place.channel_id}/messages"))
    head, sent = await pour(place, method, path, media_type, beginning)
    assert head.startswith(b"HTTP/1.1 413 "), head
    assert sent < most
    assert len(await place.owner.get(f"/channels/{place.channel_id}/messages")) == before


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n", "multipart/form-data; boundary=x"),
        (b"nothing", "multipart/form-data"),
        (
            b'--x\r\nContent-Disposition: form-data; name="payload_json"\r\n\r\n{\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
    ],
    ids=["cut", "nameless", "no-boundary", "bad-payload"],
)
async def test_a_malformed_upload_is_refused(place: Place, content: bytes, media_type: str) -> None:
    response = await place.owner.request(
        "POST", f"/channels/{place.channel_id}/messages", content=content, headers={"Content-Type": media_type}
    )
    check(response, 400)


async def test_an_unknown_media_type_is_refused(place: Place) -> None:
    response = await place.owner.request(
        "POST", f"/channels/{place.channel_id}/messages", content=b"<a/>", headers={"Content-Type": "text/xml"}
    )
    check(response, 415)


async def test_after_all_that_a_message_still_goes_through(place: Place) -> None:
    assert (await place.owner.say(place.channel_id, "all well"))["content"] == "all well"
