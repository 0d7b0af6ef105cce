"""A call without a pointer: where the focus goes, and what axe says of each state."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from browsing.audit import grave_problems
from browsing.call import Call
from browsing.hall import STAGE
from browsing.window import DESK, PHONE

PUSH = """
const key = { code: 'F8', ctrl: false, alt: false, shift: false, meta: false };
const before = localStorage.getItem('hubbub.voice');
localStorage.setItem('hubbub.voice', before ?? JSON.stringify({ mode: 'push', pushKey: key }));
"""


async def test_whoever_uses_the_keyboard_keeps_their_place(hall, open_window):
    ada, bert = await hall.come(open_window, 0), await hall.enter(open_window, 1)
    keyboard = ada.page.keyboard
    await ada.window.go(hall.path)
    main = ada.page.get_by_role("main", name="Tea room")
    await main.get_by_role("button", name="Join voice").press("Enter")
    await expect(ada.control("Mute")).to_be_focused()
    for name in ("Deafen", "Turn camera on", "Share screen", "Leave the call"):
        await keyboard.press("Tab")
        await expect(ada.control(name)).to_be_focused()
    tile = main.get_by_role("button", name="Bert: Show Bert large")
    await tile.press("Enter")
    await expect(main.get_by_role("button", name="Bert: Show Bert large", pressed=True)).to_be_focused()

    chat = main.get_by_role("button", name="Show chat")
    await chat.press("Enter")
    await expect(ada.page.get_by_role("textbox", name="Message #Tea room")).to_be_focused()
    await ada.page.get_by_role("complementary", name="Messages").get_by_role("button", name="Close").press("Enter")
    await expect(chat).to_be_focused()

    options = main.get_by_role("button", name="Options for Bert")
    card = ada.page.get_by_role("dialog", name="In voice: Bert")
    await options.press("Enter")
    await expect(card.get_by_label("Volume for you")).to_be_focused()
    await keyboard.press("Escape")
    await expect(card).to_have_count(0)
    await expect(options).to_be_focused()
    await options.press("Enter")
    await card.get_by_role("button", name="Mute for everyone").press("Enter")
    await expect(card).to_have_count(0)
    await expect(options).to_be_focused()
    await expect(bert.panel.get_by_text("A moderator muted you: others cannot hear you.")).to_be_visible()

    await ada.control("Leave the call").press("Enter")
    await expect(main.get_by_role("button", name="Join voice")).to_be_focused()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing_grave_in_a_call(hall, open_window, size, theme):
    window = await open_window(hall.url, hall.people[0], size=size, theme=theme)
    ada, page = await Call(window).watch(), window.page
    await page.add_init_script(PUSH)
    await window.go(hall.path)
    await page.get_by_role("button", name="Join voice", exact=True).click()
    bert = await hall.enter(open_window, 1)
    await bert.press("Turn camera on")
    await ada.sees(1)
    assert await grave_problems(page) == []
    await page.keyboard.down("F8")
    await expect(page.get_by_role("button", name="Others hear you")).to_be_visible()
    assert await grave_problems(page) == []
    await ada.press("Mute")
    await expect(page.locator(".muted-note")).to_be_visible()
    await page.get_by_role("button", name="Bert, camera on: Show Bert large").click()
    assert await grave_problems(page) == []


async def test_axe_finds_nothing_grave_on_a_stage(hall, open_window):
    stage = await hall.more("Evening talk", STAGE)
    ada = await (await hall.come(open_window, 0)).join(hall.guild_id, stage, by="Listen in")
    bert = await (await hall.come(open_window, 1)).join(hall.guild_id, stage, by="Listen in")
    await bert.press("Raise hand")
    audience = ada.page.get_by_role("region", name="Audience")
    await expect(audience.get_by_role("button", name="Bert, hand raised")).to_be_visible()
    for call in (ada, bert):
        assert await grave_problems(call.page) == []
