"""The server goes away and comes back: people are told, and nothing they wrote is lost or doubled."""

from __future__ import annotations

from collections import Counter

import pytest
import pytest_asyncio
from playwright.async_api import expect

from browsing.company import SETTINGS, look_together, make_pair
from servers.hubbub_process import HubbubProcess

LOST = "Connection lost. Reconnecting; what you write is kept."


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def fragile(tmp_path_factory):
    """A server of this module's own, whose tests stop it."""
    async with HubbubProcess(tmp_path_factory.mktemp("fragile"), settings=SETTINGS) as process:
        yield process


@pytest_asyncio.fixture(loop_scope="session")
async def shaken(fragile, open_window):
    """Two people on the server that will be stopped."""
    pair = await make_pair(fragile.url)
    yield await look_together(fragile.url, pair, open_window)
    await pair.close()


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_nothing_is_lost_nor_doubled_across_a_restart(fragile, shaken, end):
    await shaken.ada.say("Before")
    await shaken.bert.sent("Before")
    await (fragile.stop() if end == "stop" else fragile.kill())
    for side in (shaken.ada, shaken.bert):
        await expect(side.page.get_by_role("status").get_by_text(LOST)).to_be_visible()
    await shaken.ada.composer.fill("While it was away")
    await shaken.ada.composer.press("Enter")
    await expect(shaken.ada.message("While it was away").get_by_text("Waiting to try again…")).to_be_visible()
    await fragile.start()
    for count in range(3):
        await shaken.pair.bert.say(shaken.pair.channel_id, f"Before anyone was back, {count}")
    for side in (shaken.ada, shaken.bert):
        await side.page.get_by_role("button", name="Try now").or_(side.page.locator("#composer")).first.click()
        await expect(side.page.get_by_text(LOST)).to_have_count(0)
    await shaken.ada.sent("While it was away")
    await shaken.bert.say("After")
    expected = Counter(
        ["Before", "While it was away", "After", *(f"Before anyone was back, {count}" for count in range(3))]
    )
    for side in (shaken.ada, shaken.bert):
        await side.sent("After")
        await side.sent("While it was away")
        assert Counter(await side.texts()) == expected
    assert await shaken.ada.texts() == await shaken.bert.texts()


async def test_a_lost_network_is_told_apart_and_caught_up_with(talk):
    await talk.ada.say("Before")
    await talk.ada.page.context.set_offline(True)
    bar = talk.ada.page.get_by_role("status").get_by_text("You are offline.")
    await expect(bar).to_be_visible()
    for count in range(3):
        await talk.bert.say(f"Meanwhile, {count}")
    await talk.bert.act(talk.bert.message("Before"), "React with 👍")
    await talk.ada.composer.press_sequentially("Half a line")
    await talk.ada.page.context.set_offline(False)
    await expect(bar).to_have_count(0)
    await talk.ada.sent("Meanwhile, 2")
    await expect(talk.ada.message("Before").get_by_role("button", name="👍, 1 reaction")).to_be_visible()
    await expect(talk.ada.composer).to_have_value("Half a line")
    assert await talk.ada.texts() == ["Before", "Meanwhile, 0", "Meanwhile, 1", "Meanwhile, 2"]


async def test_who_came_by_a_link_to_a_message_misses_nothing_of_a_restart(fragile, shaken):
    linked = await shaken.pair.ada.say(shaken.pair.channel_id, "Where the link leads")
    page = shaken.ada.page
    await page.goto(f"{shaken.pair.channel}/{linked['id']}")
    await shaken.ada.sent("Where the link leads")
    await page.context.set_offline(True)
    await fragile.kill()
    await fragile.start()
    await shaken.pair.bert.say(shaken.pair.channel_id, "While it was away")
    await page.context.set_offline(False)
    await shaken.ada.sent("While it was away")
    await expect(page.locator(".message-marked")).to_have_count(0)


async def test_who_opens_the_page_while_the_server_is_away_gets_in_once_it_is_back(fragile, shaken):
    await shaken.ada.say("Knock")
    api = "**/api/v10/**"
    await shaken.ada.page.route(api, lambda route: route.abort("connectionrefused"))
    await shaken.ada.page.reload()
    await expect(shaken.ada.page.get_by_text("The server does not answer yet. We keep trying.")).to_be_visible()
    await shaken.ada.page.unroute(api)
    await shaken.ada.sent("Knock")


async def test_a_session_ended_elsewhere_leads_to_the_log_in(talk):
    sessions = await talk.pair.ada.get("/users/@me/sessions")
    for session in sessions:
        if not session["current"]:
            await talk.pair.ada.delete(f"/users/@me/sessions/{session['id']}")
    await expect(talk.ada.page.get_by_role("heading", name="Welcome back")).to_be_visible()
