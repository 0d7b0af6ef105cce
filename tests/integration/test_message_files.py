"""Files of messages on a real server: looked at, delivered, uploaded ahead, and told of after a kill."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from doubles.pictures import corners, encoded, photo
from servers.hubbub_process import HubbubProcess
from servers.person import Person

PNG = encoded(corners(96, 64), "PNG")


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[HubbubProcess]:
    async with HubbubProcess(tmp_path) as running:
        yield running


@pytest.fixture
async def ada(server: HubbubProcess) -> AsyncIterator[Person]:
    async with await Person.register(server.url, "ada") as person:
        yield person


async def send(person: Person, channel_id: str, name: str, content: bytes, **payload: object) -> httpx.Response:
    return await person.request(
        "POST",
        f"/channels/{channel_id}/messages",
        data={"payload_json": json.dumps(payload)},
        files={"files[0]": (name, content)},
    )


async def test_a_picture_is_shown_small_and_whole_and_not_without_its_signature(ada: Person) -> None:
    _, channel_id = await ada.make_guild("Garden")
    sent = (await send(ada, channel_id, "corners.png", PNG)).json()
    (file,) = sent["attachments"]
    assert (file["width"], file["height"], file["media"]["state"]) == (96, 64, "ready")
    assert file["placeholder"]
    async with httpx.AsyncClient() as anyone:
        shown = await anyone.get(file["url"])
        assert (shown.status_code, Image.open(io.BytesIO(shown.content)).size) == (200, (96, 64))
        small = await anyone.get(f"{file['url']}&width=48&height=48&format=webp")
        assert (small.headers["content-type"], Image.open(io.BytesIO(small.content)).size) == ("image/webp", (48, 32))
        assert (await anyone.get(file["url"].partition("?")[0])).status_code in {403, 404}
    assert (await ada.get(f"/channels/{channel_id}/messages"))[0]["attachments"] == [file]


async def test_a_broken_picture_is_refused_by_its_field(ada: Person) -> None:
    _, channel_id = await ada.make_guild("Garden")
    answer = await send(ada, channel_id, "broken.png", PNG[:60])
    assert answer.status_code == 400, answer.text
    (problem,) = answer.json()["errors"]["files"]["0"]["_errors"]
    assert problem["code"].startswith("media.")


async def test_a_file_goes_up_ahead_of_its_message(ada: Person) -> None:
    _, channel_id = await ada.make_guild("Garden")
    content = encoded(photo(), "JPEG")
    wanted = {"files": [{"id": "0", "filename": "photo.jpg", "file_size": len(content)}]}
    (place,) = (await ada.post(f"/channels/{channel_id}/attachments", wanted))["attachments"]
    async with httpx.AsyncClient() as client:
        put = await client.put(place["upload_url"], content=content)
        assert put.status_code == 200, put.text
    form = {"id": "0", "filename": "photo.jpg", "uploaded_filename": place["upload_filename"]}
    sent = await ada.post(f"/channels/{channel_id}/messages", {"attachments": [form]})
    assert (sent["attachments"][0]["width"], sent["attachments"][0]["height"]) == (640, 480)
    (fresh,) = (await ada.post("/attachments/refresh-urls", {"attachment_urls": [sent["attachments"][0]["url"]]}))[
        "refreshed_urls"
    ]
    assert fresh["refreshed"] == sent["attachments"][0]["url"]


async def test_a_text_is_downloaded_as_it_came(ada: Person) -> None:
    _, channel_id = await ada.make_guild("Garden")
    (file,) = (await send(ada, channel_id, "note.txt", b"hello")).json()["attachments"]
    async with httpx.AsyncClient() as anyone:
        assert (await anyone.get(file["url"])).text == "hello"
        assert (await anyone.get(file["url"], headers={"Range": "bytes=1-2"})).text == "el"


async def test_an_acknowledged_file_outlives_a_kill(server: HubbubProcess, ada: Person) -> None:
    _, channel_id = await ada.make_guild("Garden")
    sent = (await send(ada, channel_id, "corners.png", PNG)).json()
    await server.kill()
    await server.start()
    read = await ada.get(f"/channels/{channel_id}/messages/{sent['id']}")
    assert read["attachments"] == sent["attachments"]
    async with httpx.AsyncClient() as anyone:
        shown = await anyone.get(sent["attachments"][0]["url"])
        assert Image.open(io.BytesIO(shown.content)).size == (96, 64)
