"""Links of members are shown by a real server, from a stranger's real server that only the first ever speaks to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from browsing.picture import gradient
from servers.hubbub_process import HubbubProcess
from servers.person import Person
from servers.stranger import Stranger, page
from servers.waiting import until

STORY = """<!doctype html><html><head><title>Story - The Example Times</title>
<meta property="og:type" content="article"><meta property="og:site_name" content="The Example Times">
<meta property="og:title" content="Lanterns float again"><meta name="theme-color" content="#3366cc">
<meta property="og:description" content="After a year without, the river is full of lights.">
<meta property="og:image" content="/lantern.png"></head><body>…</body></html>"""
WAIT_S = 40.0


def server_of(folder: Path, stranger: Stranger) -> HubbubProcess:
    allowed = f"127.0.0.1:{stranger.port}"
    return HubbubProcess(folder, settings={"HUBBUB_LINKS_ALLOWED": allowed, "HUBBUB_COMMUNITY_RATE_LIMITS": "false"})


@pytest.fixture
async def stranger() -> AsyncIterator[Stranger]:
    async with Stranger.at() as stranger:
        stranger.answers["/story"] = page(STORY.encode())
        stranger.answers["/lantern.png"] = page(gradient(), "image/png")
        stranger.answers["/inside"] = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n"
        yield stranger


async def test_a_link_is_shown_to_others_with_a_picture_of_our_own_and_fetched_once(tmp_path, stranger):
    async with server_of(tmp_path, stranger) as server, await Person.register(server.url, "ada") as ada:
        _, channel = await ada.make_guild("Lanterns")
        async with ada.gateway() as gateway:
            link = stranger.url("/story")
            sent = await ada.say(channel, f"Read {link}, {stranger.url('/inside')} and {server.url}/healthz!")
            assert sent["embeds"] == []
            told = await gateway.wait_for(
                "MESSAGE_UPDATE", lambda message: message["id"] == sent["id"], within_s=WAIT_S
            )
            (embed,) = told["embeds"]
            picture = embed.pop("thumbnail")
            assert embed == {
                "type": "article",
                "url": link,
                "title": "Lanterns float again",
                "description": "After a year without, the river is full of lights.",
                "color": 0x3366CC,
                "provider": {"name": "The Example Times"},
            }
            assert (picture["url"], picture["width"], picture["height"]) == (stranger.url("/lantern.png"), 320, 200)
            assert urlsplit(picture["proxy_url"]).netloc == urlsplit(server.url).netloc
            async with httpx.AsyncClient() as anybody:
                shown = await anybody.get(f"{picture['proxy_url']}&width=64&height=64")
            assert shown.status_code == 200
            assert shown.headers["content-type"].startswith("image/")
            again = await ada.say(channel, f"Again: {link}")
            told = await gateway.wait_for(
                "MESSAGE_UPDATE", lambda message: message["id"] == again["id"], within_s=WAIT_S
            )
            assert told["embeds"][0]["title"] == "Lanterns float again"
            suppressed = await ada.patch(f"/channels/{channel}/messages/{again['id']}", {"flags": 4})
            assert suppressed["embeds"] == []
        assert sorted(stranger.paths) == ["/inside", "/lantern.png", "/story"]
        assert all(b"User-Agent: Hubbub/" in head for head in stranger.requests)


async def test_a_link_whose_server_was_killed_meanwhile_is_shown_after_the_restart(tmp_path, stranger):
    asked = asyncio.Event()

    async def hold(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()

    stranger.answers["/slow"] = hold
    async with server_of(tmp_path, stranger) as server, await Person.register(server.url, "ada") as ada:
        _, channel = await ada.make_guild("Lanterns")
        sent = await ada.say(channel, stranger.url("/slow"))
        await asyncio.wait_for(asked.wait(), WAIT_S)
        await server.kill()
        stranger.answers["/slow"] = stranger.answers["/story"]
        await server.start()

        async def is_shown() -> bool:
            message = await ada.get(f"/channels/{channel}/messages/{sent['id']}")
            return [embed["title"] for embed in message["embeds"]] == ["Lanterns float again"]

        await until(is_shown, within_s=2 * WAIT_S, every_s=0.2)
