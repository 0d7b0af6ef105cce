"""Ten thousand messages: older ones load without a jump, and only those near the view exist in the page."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest_asyncio
from playwright.async_api import expect

from browsing.company import make_pair
from browsing.conversation import Conversation

MESSAGES = 10_000
WRITERS = 32
"""Requests under way at a time; the order of the messages is that of their ids, whatever their text."""

ROWS_MAX = 90
"""Rows in the page at most: two screens of lines, and a little more on either side."""

WALK_TO_THE_FIRST = """async () => {
    const list = document.getElementById('messages');
    let rows_max = 0;
    let hops = 0;
    const frame = () => new Promise((drawn) => requestAnimationFrame(drawn));
    while (!list.querySelector('.channel-start')) {
        list.scrollTop = 0;
        await frame();
        rows_max = Math.max(rows_max, list.querySelectorAll('.row').length);
        hops += 1;
    }
    return {rows_max, hops};
}"""

SCREEN = """async (list) => {
    for (let frames = 0; frames < 3; frames++) await new Promise((drawn) => requestAnimationFrame(drawn));
    const {top, bottom} = list.getBoundingClientRect();
    return [...list.querySelectorAll('article')]
        .map((one) => ({text: one.querySelector('.markdown')?.innerText, top: one.getBoundingClientRect().top - top}))
        .filter((one) => one.text && one.top >= 0 && one.top < bottom - top);
}"""
"""Tell which messages stand where, once what is new in the page has been measured."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def history(server):
    """A pair in whose channel ten thousand messages stand."""
    pair = await make_pair(server.url)
    url = f"{server.url}/api/v10/channels/{pair.channel_id}/messages"
    headers = {"X-Hubbub-Client": "tests", "Origin": server.url, "Cookie": pair.ada.cookie}
    numbers = iter(range(MESSAGES))

    async def write(session: aiohttp.ClientSession) -> None:
        for number in numbers:
            async with session.post(url, json={"content": f"Number {number}: {'word ' * (number % 40)}"}) as answer:
                assert answer.status == 200, await answer.text()

    async with aiohttp.ClientSession(headers=headers) as session, asyncio.TaskGroup() as writers:
        for _ in range(WRITERS):
            writers.create_task(write(session))
    yield pair
    await pair.close()


@pytest_asyncio.fixture(loop_scope="session")
async def reader(server, history, open_window):
    window = await open_window(server.url, history.bert)
    await window.go(history.channel)
    conversation = await Conversation(window).opened()
    await expect(conversation.messages.locator(".row").last).to_be_in_viewport()
    return conversation


async def test_the_view_keeps_its_place_when_older_messages_load(reader):
    let_older_come = asyncio.Event()

    async def hold(route):
        await let_older_come.wait()
        await route.continue_()

    await reader.page.route("**/messages?*before=*", hold)
    await reader.messages.evaluate("(list) => { list.scrollTop = 600; }")
    await expect(reader.messages).to_have_attribute("aria-busy", "true")
    before = await reader.messages.evaluate(SCREEN)
    let_older_come.set()
    await expect(reader.messages).to_have_attribute("aria-busy", "false")
    after = await reader.messages.evaluate(SCREEN)
    place = {one["text"]: one["top"] for one in after}
    assert len(before) > 3
    for one in before:
        assert abs(place[one["text"]] - one["top"]) <= 1, (one, place.get(one["text"]))


async def test_the_way_to_the_first_message_never_fills_the_page(reader):
    walk = await reader.page.evaluate(WALK_TO_THE_FIRST)
    await expect(reader.page.get_by_text("This is where #general begins.")).to_be_visible()
    assert walk["rows_max"] <= ROWS_MAX
    await reader.page.get_by_role("button", name="Jump to the newest").click()
    await expect(reader.page.get_by_role("button", name="Jump to the newest")).to_have_count(0)
    await reader.say("And one more")
    await expect(reader.message("And one more")).to_be_in_viewport()
    assert await reader.messages.locator(".row").count() <= ROWS_MAX


async def test_a_link_far_back_opens_there_and_reads_on_from_there(server, history, reader):
    page = await history.ada.get(f"/channels/{history.channel_id}/messages?limit=100&after=0")
    target = min(page, key=lambda message: int(message["id"]))
    first = sorted(page, key=lambda message: int(message["id"]))[50]
    assert target is not first
    await reader.page.goto(f"{history.channel}/{first['id']}")
    marked = reader.messages.locator(".message-marked")
    await expect(marked).to_contain_text(first["content"].split(":")[0])
    await expect(marked).to_be_in_viewport()
    await reader.page.get_by_role("button", name="Jump to the newest").click()
    await expect(reader.message("Number").last).to_be_in_viewport()
    await expect(reader.page.get_by_role("button", name="Jump to the newest")).to_have_count(0)
