"""Menus, tooltips and pickers: made when they are wanted, and as good by keys and by a finger as by a mouse."""

from __future__ import annotations

import asyncio
import re

import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from browsing.conversation import Conversation
from browsing.window import PHONE

HOLD = """(element) => {
    const {x, y} = element.getBoundingClientRect();
    const finger = {bubbles: true, pointerType: 'touch', clientX: x + 5, clientY: y + 5};
    element.dispatchEvent(new PointerEvent('pointerdown', finger));
}"""
"""A finger that comes and stays."""


@pytest_asyncio.fixture(loop_scope="session")
async def ada(server, pair, open_window):
    """Ada's window on the guild's channel; it is her guild, so that her menus are long."""
    window = await open_window(server.url, pair.ada)
    await window.go(pair.channel)
    await _settled(window.page)
    return Conversation(window)


async def _settled(page: Page) -> None:
    """Wait until the gateway told all: what shows before is made anew then."""
    await expect(page.get_by_role("complementary", name="Members").get_by_text("Bert")).to_be_visible()


class Gate:
    """Keeps what a page asks for from coming, until it is opened."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._failing = False

    @classmethod
    async def before(cls, page: Page, part: str) -> Gate:
        """Load `page` anew, without the part of that name."""
        gate = cls()
        await page.route(re.compile(f"/assets/{part}-"), gate._pass)
        await page.reload()
        await _settled(page)
        return gate

    def open(self, *, failing: bool = False) -> None:
        """Let through what waits and what comes, or have all of it fail."""
        self._failing = failing
        self._open.set()

    async def _pass(self, route) -> None:
        await self._open.wait()
        await (route.abort() if self._failing else route.continue_())


def _guild_menu(page: Page) -> Locator:
    return page.get_by_role("button", name="Lantern Society: guild menu")


def _line(page: Page, name: str) -> Locator:
    return page.get_by_role("menuitem", name=name)


async def test_a_tooltip_comes_with_the_pointer_and_goes_with_it(ada):
    pins = ada.page.get_by_role("button", name="Pinned messages")
    tooltip = ada.page.get_by_role("tooltip")
    await pins.hover()
    await expect(tooltip).to_have_text("Pinned messages")
    await expect(pins).to_have_accessible_description("Pinned messages")
    await ada.page.get_by_role("button", name="Show members").hover()
    await expect(tooltip).to_have_text("Show members")
    await ada.composer.hover()
    await expect(tooltip).to_have_count(0)
    await pins.hover()
    await expect(tooltip).to_have_text("Pinned messages")
    await pins.click()
    await expect(tooltip).to_have_count(0)


async def test_a_tooltip_comes_with_the_focus_and_goes_with_esc(ada):
    tooltip = ada.page.get_by_role("tooltip")
    members = ada.page.get_by_role("button", name="Show members")
    await ada.page.get_by_role("button", name="Pinned messages").focus()
    await ada.page.keyboard.press("Tab")
    await expect(members).to_be_focused()
    await expect(tooltip).to_have_text("Show members")
    await ada.page.keyboard.press("Escape")
    await expect(tooltip).to_have_count(0)
    await expect(members).to_be_focused()
    await ada.page.keyboard.press("Shift+Tab")
    await expect(tooltip).to_have_text("Pinned messages")
    await ada.composer.focus()
    await expect(tooltip).to_have_count(0)


async def test_a_tooltip_goes_with_its_button(ada):
    message = await ada.say("Look here")
    await message.hover()
    await message.get_by_role("button", name="Reply").hover()
    await expect(ada.page.get_by_role("tooltip")).to_have_text("Reply")
    await ada.page.keyboard.press("Alt+ArrowDown")
    await ada.page.get_by_role("button", name="Lantern Society: guild menu").hover()
    await expect(ada.page.get_by_role("tooltip")).to_have_count(0)


async def test_a_menu_is_walked_by_keys_and_gives_the_focus_back(ada):
    button, press = _guild_menu(ada.page), ada.page.keyboard.press
    await expect(button).to_have_attribute("aria-haspopup", "menu")
    await button.focus()
    await press("Enter")
    await expect(ada.page.get_by_role("menu", name="Lantern Society: guild menu")).to_be_visible()
    await expect(button).to_have_attribute("aria-expanded", "true")
    await expect(_line(ada.page, "Invite people")).to_be_focused()
    await press("ArrowDown")
    await expect(_line(ada.page, "Guild settings")).to_be_focused()
    await press("End")
    await expect(_line(ada.page, "Create category")).to_be_focused()
    await press("ArrowDown")
    await expect(_line(ada.page, "Invite people")).to_be_focused()
    await press("g")
    await expect(_line(ada.page, "Guild settings")).to_be_focused()
    await press("Home")
    await expect(_line(ada.page, "Invite people")).to_be_focused()
    await press("Escape")
    await expect(ada.page.get_by_role("menu")).to_have_count(0)
    await expect(button).to_be_focused()
    await expect(button).to_have_attribute("aria-expanded", "false")
    await press("ArrowUp")
    await expect(_line(ada.page, "Create category")).to_be_focused()
    await press("ArrowUp")
    await press("Enter")
    await expect(ada.page.get_by_role("dialog", name="Create channel")).to_be_visible()
    await press("Escape")
    await expect(ada.page.get_by_role("dialog")).to_have_count(0)
    await expect(button).to_be_focused()


async def test_a_menu_opens_and_closes_by_presses(ada):
    button, menu = _guild_menu(ada.page), ada.page.get_by_role("menu")
    await button.click()
    await expect(menu).to_be_focused()
    await ada.page.keyboard.press("ArrowDown")
    await expect(_line(ada.page, "Invite people")).to_be_focused()
    await button.click()
    await expect(menu).to_have_count(0)
    await button.click()
    await expect(menu).to_be_visible()
    await ada.composer.click()
    await expect(menu).to_have_count(0)
    await expect(ada.composer).to_be_focused()


async def test_a_message_keeps_its_buttons_while_its_menu_is_open(ada):
    message = await ada.say("Hold on")
    more = message.get_by_role("button", name="More")
    await ada.act(message, "More")
    await ada.page.get_by_role("navigation", name="Channels").hover()
    await expect(_line(ada.page, "Copy text")).to_be_visible()
    await ada.page.keyboard.press("Escape")
    await expect(ada.page.get_by_role("menu")).to_have_count(0)
    await expect(more).to_be_focused()
    react = message.get_by_role("button", name="Add a reaction")
    await react.focus()
    await ada.page.keyboard.press("Enter")
    await expect(ada.page.get_by_role("searchbox", name="Search emojis")).to_be_focused()
    await ada.page.keyboard.press("Escape")
    await expect(ada.page.get_by_role("dialog")).to_have_count(0)
    await expect(react).to_be_focused()


async def test_the_first_press_waits_for_the_menu(ada):
    gate = await Gate.before(ada.page, "MenuLayer")
    button = _guild_menu(ada.page)
    await button.focus()
    await ada.page.keyboard.press("ArrowUp")
    await expect(button).to_have_attribute("aria-expanded", "true")
    await ada.page.keyboard.press("Escape")
    await expect(button).to_have_attribute("aria-expanded", "false")
    await ada.page.keyboard.press("ArrowUp")
    await expect(button).to_have_attribute("aria-expanded", "true")
    await expect(ada.page.get_by_role("menu")).to_have_count(0)
    gate.open()
    await expect(_line(ada.page, "Create category")).to_be_focused()
    await ada.page.keyboard.press("Escape")
    await expect(button).to_be_focused()


async def test_who_goes_on_before_the_menu_is_there_is_not_called_back(ada):
    gate = await Gate.before(ada.page, "MenuLayer")
    button = _guild_menu(ada.page)
    await button.click()
    await expect(button).to_have_attribute("aria-expanded", "true")
    await ada.composer.click()
    await expect(button).to_have_attribute("aria-expanded", "false")
    async with ada.page.expect_response(re.compile("/assets/MenuLayer-.*js")):
        gate.open()
    await ada.composer.press_sequentially("Never mind")
    await expect(ada.page.get_by_role("menu")).to_have_count(0)


async def test_the_first_press_waits_for_the_emojis(ada):
    gate = await Gate.before(ada.page, "PickerLayer")
    await ada.page.get_by_role("button", name="Choose an emoji").click()
    await expect(ada.page.get_by_role("dialog")).to_have_count(0)
    gate.open()
    picker = ada.page.get_by_role("dialog", name="Choose an emoji")
    await expect(picker.get_by_role("searchbox", name="Search emojis")).to_be_focused()


async def test_a_menu_that_cannot_be_had_says_so(ada):
    gate = await Gate.before(ada.page, "MenuLayer")
    button = _guild_menu(ada.page)
    await button.click()
    gate.open(failing=True)
    await expect(ada.page.get_by_role("status").get_by_text("The server did not answer.")).to_be_visible()
    await expect(button).to_have_attribute("aria-expanded", "false")


async def test_the_menu_key_opens_what_a_right_click_does(ada):
    channel = ada.page.get_by_role("navigation", name="Channels").get_by_role("link", name="general")
    # The composer takes the focus when the channel opens.
    await expect(ada.page.get_by_role("textbox", name="Message #general")).to_be_focused()
    await channel.press("Shift+F10")
    await expect(ada.page.get_by_role("menu", name="general")).to_be_visible()
    await ada.page.keyboard.press("Escape")
    await expect(ada.page.get_by_role("menu")).to_have_count(0)
    await expect(channel).to_be_focused()
    await channel.click(button="right")
    await expect(_line(ada.page, "Copy link")).to_be_visible()
    await ada.page.keyboard.press("ArrowUp")
    await expect(_line(ada.page, "Channel settings")).to_be_focused()
    await ada.page.keyboard.press("Enter")
    await expect(ada.page.get_by_role("dialog", name="Channel settings")).to_be_visible()
    await ada.page.keyboard.press("Escape")
    await expect(ada.page.get_by_role("dialog")).to_have_count(0)
    await expect(channel).to_be_focused()
    await channel.click(button="right")
    await expect(_line(ada.page, "Copy link")).to_be_visible()
    await channel.click()
    await expect(ada.page.get_by_role("menu")).to_have_count(0)


async def test_a_finger_opens_menus_and_sees_no_tooltips(server, pair, open_window):
    window = await open_window(server.url, pair.ada, size=PHONE)
    page = window.page
    async with page.expect_response(re.compile("/assets/Tooltips-.*js")):
        await window.go(pair.channel)
        await Conversation(window).opened()
    await page.get_by_role("button", name="Pinned messages").tap()
    await expect(page.get_by_role("region", name="Pinned messages")).to_be_visible()
    await page.get_by_role("button", name="Back").tap()
    await _guild_menu(page).tap()
    await expect(_line(page, "Invite people")).to_be_visible()
    await expect(page.get_by_role("tooltip")).to_have_count(0)
    await _guild_menu(page).tap()
    await expect(page.get_by_role("menu")).to_have_count(0)
    await page.get_by_role("navigation", name="Channels").get_by_role("link", name="general").evaluate(HOLD)
    await expect(_line(page, "Copy link")).to_be_visible()
