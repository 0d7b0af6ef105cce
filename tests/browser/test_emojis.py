"""Emojis: reactions, the picker with its search, and those that a guild made itself."""

from __future__ import annotations

import base64

import pytest_asyncio
from playwright.async_api import expect

from browsing.picture import gradient


@pytest_asyncio.fixture(loop_scope="session")
async def lantern(pair):
    """An emoji of the pair's guild."""
    image = "data:image/png;base64," + base64.b64encode(gradient(64, 64)).decode()
    return await pair.ada.post(f"/guilds/{pair.guild_id}/emojis", {"name": "lantern", "image": image})


async def test_a_reaction_is_counted_by_both_and_taken_back_by_a_press(talk):
    message = await talk.ada.say("Shall we paint the door?")
    await talk.bert.act(talk.bert.message("Shall we paint the door?"), "React with 👍")
    own = talk.bert.messages.get_by_role("button", name="👍, 1 reaction")
    await expect(own).to_have_attribute("aria-pressed", "true")
    await message.get_by_role("button", name="👍, 1 reaction").click()
    await expect(message.get_by_role("button", name="👍, 2 reactions")).to_have_attribute("aria-pressed", "true")
    both = talk.bert.messages.get_by_role("button", name="👍, 2 reactions")
    await expect(both).to_be_visible()
    await both.click()
    await expect(message.get_by_role("button", name="👍, 1 reaction")).to_be_visible()


async def test_an_emoji_is_found_by_searching(talk):
    message = await talk.ada.say("We have won!")
    await talk.ada.act(message, "Add a reaction")
    picker = talk.ada.page.get_by_role("dialog", name="Choose an emoji")
    search = picker.get_by_role("searchbox", name="Search emojis")
    await expect(search).to_be_focused()
    await search.press_sequentially("tada")
    await expect(picker.get_by_role("listbox").get_by_role("option").first).to_have_accessible_name("party popper")
    await search.press("Enter")
    await expect(picker).to_have_count(0)
    await expect(talk.bert.messages.get_by_role("button", name="🎉, 1 reaction")).to_be_visible()


async def test_a_search_that_finds_nothing_says_so(talk):
    await talk.ada.page.get_by_role("button", name="Choose an emoji").click()
    picker = talk.ada.page.get_by_role("dialog", name="Choose an emoji")
    await picker.get_by_role("searchbox").fill("xyzzy")
    await expect(picker.get_by_text("No emoji has that name.")).to_be_visible()
    await talk.ada.page.keyboard.press("Escape")
    await expect(picker).to_have_count(0)


async def test_the_picker_writes_where_the_caret_is(talk):
    await talk.ada.composer.fill("Good night!")
    await talk.ada.composer.press("ArrowLeft")
    await talk.ada.page.get_by_role("button", name="Choose an emoji").click()
    picker = talk.ada.page.get_by_role("dialog", name="Choose an emoji")
    await picker.get_by_role("searchbox").fill("owl")
    await picker.get_by_role("option", name="owl", exact=True).click()
    await expect(talk.ada.composer).to_have_value("Good night🦉!")
    await expect(talk.ada.composer).to_be_focused()


async def test_the_guilds_own_emoji_is_picked_written_and_reacted_with(lantern, talk):
    await talk.ada.page.get_by_role("button", name="Choose an emoji").click()
    picker = talk.ada.page.get_by_role("dialog", name="Choose an emoji")
    await picker.get_by_role("searchbox").fill("lantern")
    await picker.get_by_role("option", name=":lantern:").click()
    await talk.ada.composer.press_sequentially("is lit")
    await talk.ada.composer.press("Enter")
    seen = talk.bert.message("is lit")
    image = seen.get_by_role("img", name=":lantern:")
    await expect(image).to_have_js_property("complete", True)
    assert await image.evaluate("(image) => image.naturalWidth") > 0

    await talk.bert.act(seen, "Add a reaction")
    await talk.bert.page.get_by_role("option", name=":lantern:").click()
    reaction = talk.ada.messages.get_by_role("button", name="lantern, 1 reaction")
    await expect(reaction.get_by_role("img")).to_be_visible()


async def test_an_emoji_is_completed_from_its_name(lantern, talk):
    await talk.ada.composer.press_sequentially("Light the :lant")
    await expect(talk.ada.page.get_by_role("option", name="lantern").first).to_have_attribute("aria-selected", "true")
    await talk.ada.composer.press("Tab")
    await talk.ada.composer.press("Enter")
    await expect(talk.bert.message("Light the").get_by_role("img", name=":lantern:")).to_be_visible()
