"""Everything without a mouse: the switcher, the list of shortcuts, and a whole visit by keys alone."""

from __future__ import annotations

import asyncio
import re

import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from browsing.conversation import Conversation
from servers.person import PASSWORD

TABS_MAX = 40
"""No screen needs more presses of Tab than this to reach a thing on it."""

FOCUSED = """() => {
    const element = document.activeElement;
    return element.getAttribute('aria-label') ?? element.innerText ?? '';
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def ada(server, pair, open_window):
    """Ada's window; the guild has a second channel, "attic"."""
    window = await open_window(server.url, pair.ada)
    await pair.more_channels("attic")
    await window.go(pair.channel)
    return await Conversation(window).opened()


async def _tab_to(page: Page, name: str, key: str = "Tab") -> None:
    """Press `key` until the focus is on what is called `name`."""
    passed = []
    for _ in range(TABS_MAX):
        await page.keyboard.press(key)
        passed.append((await page.evaluate(FOCUSED)).strip())
        if passed[-1] == name:
            return
    raise AssertionError(f"{name!r} is not among the first {TABS_MAX}: {passed}")


async def open_switcher(page: Page) -> Locator:
    await page.keyboard.press("Control+k")
    switcher = page.get_by_role("dialog", name="Go to")
    await expect(switcher.get_by_role("combobox")).to_be_focused()
    return switcher


async def test_a_few_letters_lead_to_a_channel(ada):
    switcher = await open_switcher(ada.page)
    await ada.page.keyboard.type("att")
    await expect(switcher.get_by_role("option").first).to_contain_text("attic")
    await ada.page.keyboard.press("Enter")
    await expect(switcher).to_have_count(0)
    await expect(ada.page.get_by_role("heading", name="attic", level=1)).to_be_visible()
    await expect(ada.composer).to_be_focused()


async def test_keys_that_come_before_the_switcher_wait_for_it(ada):
    held = asyncio.get_running_loop().create_future()

    async def hold(route):
        await held
        await route.continue_()

    await ada.page.route(re.compile("/Switcher-"), hold)
    await ada.page.reload()
    await ada.opened()
    await ada.page.keyboard.press("Control+k")
    await ada.page.keyboard.type("atx")
    await ada.page.keyboard.press("Backspace")
    await ada.page.keyboard.type("t")
    await ada.page.keyboard.press("Enter")
    await expect(ada.composer).to_have_value("")
    held.set_result(None)
    await expect(ada.page.get_by_role("heading", name="attic", level=1)).to_be_visible()
    await expect(ada.composer).to_have_value("")


async def test_a_few_letters_lead_to_a_person_and_to_an_action(ada):
    await open_switcher(ada.page)
    await ada.page.keyboard.type("bert")
    await ada.page.get_by_role("option", name="Bert").first.click()
    await expect(ada.page.get_by_role("heading", name="Bert", level=1)).to_be_visible()
    await open_switcher(ada.page)
    await ada.page.keyboard.type("settings")
    await ada.page.keyboard.press("Enter")
    await expect(ada.page).to_have_url(re.compile("/settings"))


async def test_the_switcher_walks_by_arrows_and_closes_with_esc(ada):
    await ada.composer.fill("Half a line")
    options = (await open_switcher(ada.page)).get_by_role("option")
    await expect(options.first).to_have_attribute("aria-selected", "true")
    await ada.page.keyboard.press("ArrowDown")
    await expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    await ada.page.keyboard.press("ArrowUp")
    await ada.page.keyboard.type("nothing is called so")
    await expect(ada.page.get_by_text("Nothing has that name.")).to_be_visible()
    await ada.page.keyboard.press("Escape")
    await expect(options).to_have_count(0)
    await expect(ada.composer).to_be_focused()
    await expect(ada.composer).to_have_value("Half a line")


async def test_the_question_mark_lists_the_shortcuts_except_while_writing(ada):
    await ada.composer.press("?")
    await expect(ada.composer).to_have_value("?")
    await ada.page.get_by_role("button", name="Pinned messages").focus()
    await ada.page.keyboard.press("?")
    sheet = ada.page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(sheet.get_by_text("Go to a channel, person or guild")).to_be_visible()
    await ada.page.keyboard.press("Escape")
    await expect(sheet).to_have_count(0)
    await expect(ada.page.get_by_role("button", name="Pinned messages")).to_be_focused()


async def test_alt_and_arrows_step_through_channels(ada):
    for key, name in (("Alt+ArrowDown", "attic"), ("Alt+ArrowUp", "general")):
        await ada.page.keyboard.press(key)
        await expect(ada.page.get_by_role("heading", name=name, level=1)).to_be_visible()


async def test_arrows_walk_from_message_to_message(ada):
    for text in ("First", "Second", "Third"):
        await ada.say(text)
    await ada.message("Third").focus()
    await ada.page.keyboard.press("ArrowUp")
    await expect(ada.message("Second")).to_be_focused()
    await ada.page.keyboard.press("ArrowUp")
    await expect(ada.message("First")).to_be_focused()
    await _tab_to(ada.page, "Reply")
    await ada.page.keyboard.press("Enter")
    await expect(ada.composer).to_be_focused()
    await expect(ada.page.get_by_text("Replying to")).to_be_visible()
    await ada.message("Third").focus()
    await ada.page.keyboard.press("ArrowDown")
    await expect(ada.composer).to_be_focused()


async def test_a_whole_visit_by_keys_alone(server, pair, open_window):
    window = await open_window(server.url)
    page = window.page
    await window.go("/login")
    await expect(page.get_by_label("Username or email")).to_be_focused()
    await page.keyboard.type(pair.bert.user["username"])
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")

    here = await Conversation(window).opened()
    await expect(here.composer).to_be_focused()
    await page.keyboard.type("No mouse was moved")
    await page.keyboard.press("Enter")
    message = await here.sent("No mouse was moved")

    # Back from the composer into the newest message, and along its actions.
    await _tab_to(page, "Bert", "Shift+Tab")
    await _tab_to(page, "React with 👍")
    await page.keyboard.press("Enter")
    await expect(message.get_by_role("button", name="👍, 1 reaction")).to_be_visible()
    await _tab_to(page, "More")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menuitem", name="Copy text")).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await expect(page.get_by_role("menuitem", name="Delete message")).to_be_focused()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Delete this message?")
    await expect(dialog).to_be_visible()
    await _tab_to(page, "Delete")
    await page.keyboard.press("Enter")
    await expect(message).to_have_count(0)
    await expect(here.composer).to_be_focused()
