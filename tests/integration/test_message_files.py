"""Files of messages on a real server: looked at, delivered, uploaded ahead, and told of after a kill."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from doubles.pictures import corners, encoded, frames, photo
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


def data_uri(content: bytes, content_type: str) -> str:
    return f"data:{content_type};base64,{base64.b64encode(content).decode()}"


async def test_pictures_answer_in_the_format_and_size_that_is_asked_for(server: HubbubProcess, ada: Person) -> None:
    guild_id, _ = await ada.make_guild("Garden")
    me = await ada.patch("/users/@me", {"avatar": data_uri(encoded(photo(), "PNG"), "image/png")})
    first, *rest = frames(4)
    gif = encoded(first, "GIF", save_all=True, append_images=rest, duration=100, loop=0)
    emoji = await ada.post(f"/guilds/{guild_id}/emojis", {"name": "walk", "image": data_uri(gif, "image/gif")})
    assert emoji["animated"] is True
    icon = (await ada.patch(f"/guilds/{guild_id}", {"icon": data_uri(gif, "image/gif")}))["icon"]
    assert icon.startswith("a_")
    avatar = f"/cdn/avatars/{me['id']}/{me['avatar']}"
    async with httpx.AsyncClient(base_url=server.url) as anyone:
        for path, format_, side, count in (
            (f"{avatar}.png?size=128", "PNG", 128, 1),
            (f"{avatar}.webp?size=64", "WEBP", 64, 1),
            (f"{avatar}.jpg", "JPEG", 640, 1),
            (f"/cdn/emojis/{emoji['id']}.gif", "GIF", 64, 4),
            (f"/cdn/emojis/{emoji['id']}.webp?size=48", "WEBP", 48, 1),
            (f"/cdn/emojis/{emoji['id']}.webp?size=48&animated=true", "WEBP", 48, 4),
            (f"/cdn/emojis/{emoji['id']}.png", "PNG", 64, 1),
            (f"/cdn/icons/{guild_id}/{icon}.gif?size=32", "GIF", 32, 4),
        ):
            answer = await anyone.get(path)
            assert answer.status_code == 200, (path, answer.text)
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            shown = Image.open(io.BytesIO(answer.content))
            assert (shown.format, max(shown.size), getattr(shown, "n_frames", 1)) == (format_, side, count), path
            again = await anyone.get(path, headers={"If-None-Match": answer.headers["etag"]})
            assert again.status_code == 304
        assert (await anyone.get(f"/cdn/avatars/{me['id']}/{'0' * 32}.png")).status_code == 404
        assert (await anyone.get("/cdn/emojis/1.png")).status_code == 404
