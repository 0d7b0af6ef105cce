"""Files on their way: held, cut off, refused, kept."""

from __future__ import annotations

import asyncio
import random
import re
import struct
import zlib

import pytest_asyncio
from playwright.async_api import Page, Request, expect

from browsing.company import SETTINGS, look_together, make_pair
from browsing.network import UNLIMITED, slow_down
from browsing.picture import gradient, noise
from servers.hubbub_process import HubbubProcess
from servers.tcp_proxy import TcpProxy

SLOW_BYTES_PER_S = 400_000
HELD_BYTES_PER_S = 20_000
"""So little that a file is still on its way whatever else happens meanwhile."""
SEGMENT_BYTES = 8 << 20
"""What the server has after a kill are whole ones of these."""


def _offsets(page: Page) -> list[int]:
    """Return a list that grows with where each part of a file begins that the page sends."""
    offsets: list[int] = []

    def note(request: Request) -> None:
        if request.method == "PATCH" and "/media/uploads/" in request.url:
            offsets.append(int(request.headers["upload-offset"]))

    page.on("request", note)
    return offsets


def _bomb() -> bytes:
    """Return a PNG that says it is 30,000 points wide and high."""
    head = b"IHDR" + struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head)) + bytes(64)


def _tray(talk):
    return talk.ada.page.get_by_role("list", name="Files to send")


def _bar(talk, name):
    return _tray(talk).get_by_role("progressbar", name=f"Upload of {name}")


async def _under_way(talk, name):
    """Wait until bytes of a file have left."""
    await expect(_bar(talk, name)).not_to_have_js_property("position", 0)


async def test_a_file_travels_while_its_text_is_written(talk):
    await talk.ada.paste("dusk.png", gradient())
    await expect(_tray(talk).get_by_text("Ready,")).to_be_visible()
    await talk.ada.say("Here it is")
    await expect(_tray(talk)).to_have_count(0)
    await expect(talk.bert.message("Here it is").get_by_role("button", name="Open picture dusk.png")).to_be_visible()


async def test_a_file_is_held_and_goes_on_by_keys_from_where_it_was(talk):
    offsets = _offsets(talk.ada.page)
    await slow_down(talk.ada.page, SLOW_BYTES_PER_S)
    await talk.ada.paste("storm.png", noise(1200, 800))
    await _under_way(talk, "storm.png")
    await talk.ada.page.get_by_role("button", name="Pause storm.png").press("Enter")
    await expect(_tray(talk).get_by_text("Paused")).to_be_visible()
    await slow_down(talk.ada.page, UNLIMITED)
    await talk.ada.page.get_by_role("button", name="Go on with storm.png").press("Enter")
    await expect(_tray(talk).get_by_text("Ready,")).to_be_visible()
    assert offsets[0] == 0
    assert offsets[-1] > 0


@pytest_asyncio.fixture(loop_scope="session")
async def shaky(server):
    """The way to the server, which can be cut."""
    async with TcpProxy(server.port) as proxy:
        yield proxy


async def test_a_file_goes_on_by_itself_after_the_network_was_gone(shaky, open_window):
    url = f"http://127.0.0.1:{shaky.port}"
    pair = await make_pair(url)
    talk = await look_together(url, pair, open_window)
    offsets = _offsets(talk.ada.page)
    await slow_down(talk.ada.page, SLOW_BYTES_PER_S)
    await talk.ada.paste("storm.png", noise(1200, 800))
    await _under_way(talk, "storm.png")
    shaky.hold()
    assert shaky.cut() > 0
    assert await _bar(talk, "storm.png").evaluate("(bar) => bar.position") > 0
    await slow_down(talk.ada.page, UNLIMITED)
    shaky.release()
    await expect(_tray(talk).get_by_text("Ready,")).to_be_visible()
    assert offsets[-1] > 0
    await pair.close()


@pytest_asyncio.fixture(loop_scope="session")
async def own_server(tmp_path):
    """A server that its test may kill."""
    async with HubbubProcess(tmp_path / "own", settings=SETTINGS) as process:
        yield process


async def test_a_message_arrives_though_the_server_was_killed_under_its_file(own_server, open_window):
    pair = await make_pair(own_server.url)
    talk = await look_together(own_server.url, pair, open_window)
    offsets = _offsets(talk.ada.page)
    content = random.Random(5).randbytes(2 * SEGMENT_BYTES)
    await slow_down(talk.ada.page, SEGMENT_BYTES // 2)
    await talk.ada.paste("records.bin", content, "application/octet-stream")
    await talk.ada.composer.fill("All of it")
    await talk.ada.composer.press("Enter")
    bar = talk.ada.message("All of it").get_by_role("progressbar", name="Upload")
    await talk.ada.page.wait_for_function("() => document.querySelector('.send-progress progress')?.position > 0.7")
    await slow_down(talk.ada.page, HELD_BYTES_PER_S)
    await own_server.kill()
    assert await bar.evaluate("(bar) => bar.position") > 0
    await own_server.start()
    await slow_down(talk.ada.page, UNLIMITED)
    await talk.ada.sent("All of it")
    await expect(bar).to_have_count(0)
    assert offsets[-1] >= SEGMENT_BYTES
    async with talk.bert.page.expect_download() as download:
        await talk.bert.message("All of it").get_by_role("link", name="Download records.bin").click()
    assert (await (await download.value).path()).read_bytes() == content
    await pair.close()


async def test_the_servers_work_on_a_file_is_shown_and_its_refusal_told_in_its_own_words(talk):
    looked, refusal = asyncio.Event(), "This file is not taken here, for a reason that only the server knows."

    async def answer(route):
        if route.request.method != "GET":
            await route.continue_()
        elif looked.is_set():
            await route.fulfill(json={"state": "parked", "code": "media.some_reason", "message": refusal})
        else:
            await route.fulfill(json={"state": "processing", "progress": 40})

    await talk.ada.page.route("**/media/uploads/**", answer)
    await talk.ada.paste("dusk.png", gradient())
    await expect(_tray(talk).get_by_text("Processing, 40 %")).to_be_visible()
    looked.set()
    await expect(_tray(talk).get_by_role("alert")).to_have_text(refusal)
    # Its bytes were looked at: sent again, they would be refused again.
    await expect(_tray(talk).get_by_role("button", name="Try dusk.png again")).to_have_count(0)
    await talk.ada.page.unroute_all(behavior="ignoreErrors")


async def test_a_file_for_which_there_is_no_room_may_be_tried_again(talk):
    full, sentence = "**/channels/*/attachments", "There is no room for more files of yours."

    async def refuse(route):
        await route.fulfill(status=413, json={"code": 40005, "error": "media.owner_full", "message": sentence})

    await talk.ada.page.route(full, refuse)
    await talk.ada.paste("dusk.png", gradient())
    await expect(_tray(talk).get_by_role("alert")).to_have_text(sentence)
    await talk.ada.page.unroute(full)
    await talk.ada.page.get_by_role("button", name="Try dusk.png again").click()
    await expect(_tray(talk).get_by_text("Ready,")).to_be_visible()


async def test_what_is_no_picture_is_refused_beside_the_file(talk):
    await talk.ada.paste("huge.png", _bomb())
    await expect(_tray(talk).get_by_role("alert")).to_contain_text(re.compile(r"\w+ \w+.*\."))
    await talk.ada.page.get_by_role("button", name="Remove huge.png").click()
    await expect(_tray(talk)).to_have_count(0)
    await talk.ada.say("Never mind.")


async def test_a_file_that_arrived_is_still_there_after_a_reload(talk):
    await talk.ada.paste("dusk.png", gradient())
    await expect(_tray(talk).get_by_text("Ready,")).to_be_visible()
    await talk.ada.page.reload()
    await expect(_tray(talk).get_by_text("dusk.png")).to_be_visible()
    await talk.ada.say("From before")
    await expect(talk.bert.message("From before").get_by_role("button", name="Open picture dusk.png")).to_be_visible()
