"""A visit on a phone: one pane at a time, found by buttons and by swipes."""

from __future__ import annotations

import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from browsing.conversation import Conversation
from browsing.picture import gradient
from browsing.window import PHONE

SWIPE = """(element, by) => {
    const touch = (x) => new Touch({identifier: 1, target: element, clientX: x, clientY: 300});
    const start = by > 0 ? 40 : 340;
    element.dispatchEvent(new TouchEvent('touchstart', {bubbles: true, touches: [touch(start)]}));
    element.dispatchEvent(new TouchEvent('touchend', {bubbles: true, changedTouches: [touch(start + by)]}));
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def ada(server, pair, open_window):
    """Ada's phone; the guild has a second channel, "attic"."""
    window = await open_window(server.url, pair.ada, size=PHONE)
    await pair.more_channels("attic")
    await window.go(pair.channel)
    return await Conversation(window).opened()


async def _swipe(page: Page, by: int) -> None:
    """Move a finger sideways, by so many pixels."""
    await page.locator(".frame").evaluate(SWIPE, by)


async def _touch(message: Locator, action: str, x: int) -> None:
    """Touch a message's text, then a button of the toolbar that it shows."""
    await message.locator(".markdown").tap(position={"x": x, "y": 11})
    await message.get_by_role("toolbar").get_by_role("button", name=action, exact=True).tap()


async def test_panes_come_one_at_a_time(ada):
    page = ada.page
    channels = page.get_by_role("navigation", name="Channels")
    members = page.get_by_role("complementary", name="Members")
    await expect(channels).to_be_hidden()
    await page.get_by_role("button", name="Back").click()
    await expect(channels).to_be_visible()
    await expect(ada.composer).to_be_hidden()
    await channels.get_by_role("link", name="attic").click()
    await expect(page.get_by_role("heading", name="attic", level=1)).to_be_visible()
    await expect(channels).to_be_hidden()
    await page.get_by_role("button", name="Show members").click()
    await expect(members.get_by_text("Bert")).to_be_visible()
    await expect(page.locator("main")).to_have_attribute("inert", "")
    await members.get_by_role("button", name="Back").click()
    await expect(members).to_be_hidden()
    await ada.composer.fill("Up here")
    await ada.composer.press("Enter")
    await expect(ada.composer).to_have_value("Up here\n")  # fingers do not find Shift; the button sends
    await page.get_by_role("button", name="Send").tap()
    await ada.sent("Up here")


async def test_swipes_lead_from_pane_to_pane(ada):
    channels = ada.page.get_by_role("navigation", name="Channels")
    members = ada.page.get_by_role("complementary", name="Members")
    await _swipe(ada.page, 30)  # too short to be meant
    await expect(channels).to_be_hidden()
    await _swipe(ada.page, 200)
    await expect(channels).to_be_visible()
    await _swipe(ada.page, -200)
    await expect(channels).to_be_hidden()
    await _swipe(ada.page, -200)
    await expect(members.get_by_text("Bert")).to_be_visible()
    await _swipe(ada.page, 200)
    await expect(members).to_be_hidden()
    await expect(ada.composer).to_be_visible()


async def test_the_browser_s_back_leads_back(ada):
    await ada.page.get_by_role("button", name="Back").click()
    await ada.page.get_by_role("navigation", name="Channels").get_by_role("link", name="attic").click()
    await expect(ada.page.get_by_role("heading", name="attic", level=1)).to_be_visible()
    await ada.page.go_back()
    await expect(ada.page.get_by_role("heading", name="general", level=1)).to_be_visible()


async def test_talking_with_a_picture_a_reaction_and_an_edit(ada, pair):
    page = ada.page
    await pair.bert.say(pair.channel_id, "What did you find up there?")
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Add files").click()
    await (await chooser.value).set_files({"name": "lamp.png", "mimeType": "image/png", "buffer": gradient()})
    await ada.composer.fill("This lamp")
    await page.get_by_role("button", name="Send").tap()
    mine = await ada.sent("This lamp")
    await expect(mine.get_by_role("button", name="Open picture lamp.png")).to_be_visible()
    await mine.get_by_role("button", name="Open picture lamp.png").tap()
    await expect(page.get_by_role("dialog", name="lamp.png")).to_be_visible()
    await page.get_by_role("button", name="Close").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)

    await _touch(ada.message("This lamp"), "Edit", x=160)
    await page.get_by_label("Edit message").fill("This lamp, and a map")
    await page.get_by_role("button", name="Save").tap()
    await expect(ada.message("This lamp, and a map").get_by_text("(edited)")).to_be_visible()
    await _touch(ada.message("What did you find"), "React with 👍", x=90)
    await expect(ada.message("What did you find").get_by_role("button", name="👍, 1 reaction")).to_be_visible()
