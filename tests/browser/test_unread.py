"""What is new: marks on channels, guilds and the window's title; and switching between channels."""

from __future__ import annotations

import pytest_asyncio
from playwright.async_api import expect

from browsing.conversation import Conversation

ONE_FRAME = """async (name) => {
    const link = [...document.querySelectorAll('a.channel')].find((one) => one.textContent.includes(name));
    link.click();
    await new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted)));
    const list = document.getElementById('messages');
    return {
        title: document.querySelector('h1.bar-title').textContent,
        texts: [...list.querySelectorAll('.markdown')].map((one) => one.innerText),
        gap: Math.round(list.scrollHeight - list.scrollTop - list.clientHeight),
    };
}"""
"""Follow the link of a channel and tell what stands there when the next frame is drawn."""

TOPMOST = """(list) => {
    const top = list.getBoundingClientRect().top;
    const first = [...list.querySelectorAll('article')].find((one) => one.getBoundingClientRect().bottom > top + 1);
    return `${first.innerText} at ${Math.round(first.getBoundingClientRect().top - top)}`;
}"""
"""Tell which message stands topmost, and where."""


@pytest_asyncio.fixture(loop_scope="session")
async def bert(server, pair, open_window):
    """Bert's window on the first channel; the guild has another one, "attic"."""
    window = await open_window(server.url, pair.bert)
    await pair.more_channels("attic")
    await window.go(pair.channel)
    return await Conversation(window).opened()


def _channel(conversation, name):
    return conversation.page.get_by_role("navigation", name="Channels").get_by_role("link", name=name, exact=True)


async def _attic(pair) -> str:
    channels = await pair.ada.get(f"/guilds/{pair.guild_id}/channels")
    return next(channel["id"] for channel in channels if channel["name"] == "attic")


async def test_another_channel_is_marked_until_it_is_opened(pair, bert):
    await pair.ada.say(await _attic(pair), "Up here!")
    await expect(_channel(bert, "attic, unread")).to_be_visible()
    await _channel(bert, "attic, unread").click()
    await bert.sent("Up here!")
    await expect(_channel(bert, "attic")).to_be_visible()
    await expect(bert.page.get_by_role("separator").filter(has_text="New")).to_be_visible()


async def test_a_mention_is_counted_on_channel_guild_and_title(pair, bert):
    attic = await _attic(pair)
    await bert.page.get_by_role("link", name="Direct messages").click()
    for text in ("come up", "it is warm"):
        await pair.ada.say(attic, f"<@{pair.bert.id}> {text}")
    guild = bert.page.get_by_role("navigation", name="Guilds").get_by_role("link", name="Lantern Society, 2 mentions")
    await expect(guild).to_be_visible()
    await expect(bert.page).to_have_title("(2) Hubbub")
    await guild.click()
    await _channel(bert, "attic, 2 mentions").click()
    await bert.sent("it is warm")
    await expect(bert.page).to_have_title("Hubbub")
    await expect(_channel(bert, "attic")).to_be_visible()


async def test_what_is_read_here_is_read_everywhere(server, pair, bert, open_window):
    await pair.ada.say(await _attic(pair), "Up here!")
    elsewhere = await open_window(server.url, pair.bert)
    await elsewhere.go(pair.channel)
    there = await Conversation(elsewhere).opened()
    await expect(_channel(there, "attic, unread")).to_be_visible()
    await _channel(bert, "attic, unread").click()
    await bert.sent("Up here!")
    await expect(_channel(there, "attic")).to_be_visible()
    await elsewhere.page.reload()
    await expect(_channel(there, "attic")).to_be_visible()


async def test_who_reads_further_up_stays_there_and_is_told_of_the_new(pair, bert):
    for count in range(60):
        await pair.ada.say(pair.channel_id, f"Line {count}")
    await bert.sent("Line 59")
    await bert.messages.hover()
    await bert.page.mouse.wheel(0, -500)
    await expect(bert.page.get_by_role("button", name="Jump to the newest")).to_be_visible()
    before = await bert.messages.evaluate(TOPMOST)
    await pair.ada.say(pair.channel_id, "Something new")
    button = bert.page.get_by_role("button", name="New messages")
    await expect(button).to_be_visible()
    assert await bert.messages.evaluate(TOPMOST) == before
    await button.click()
    await bert.sent("Something new")
    await expect(bert.message("Something new")).to_be_in_viewport()
    await expect(bert.page.get_by_role("button", name="New messages")).to_have_count(0)


async def test_a_channel_seen_before_stands_there_in_one_frame(pair, bert):
    attic = await _attic(pair)
    for count in range(30):
        await pair.ada.say(pair.channel_id, f"Below {count}")
        await pair.ada.say(attic, f"Above {count}")
    await bert.sent("Below 29")
    await bert.page.get_by_role("link", name="attic").click()
    await bert.sent("Above 29")
    asked: list[str] = []
    await bert.page.route("**/messages?*", lambda route: asked.append(route.request.url))
    seen = await bert.page.evaluate(ONE_FRAME, "general")
    assert (seen["title"], seen["texts"][-1], seen["gap"]) == ("general", "Below 29", 0)
    seen = await bert.page.evaluate(ONE_FRAME, "attic")
    assert (seen["title"], seen["texts"][-1], seen["gap"]) == ("attic", "Above 29", 0)
    assert asked == []


async def test_a_channel_left_further_up_is_found_there_again(pair, bert):
    for count in range(60):
        await pair.ada.say(pair.channel_id, f"Line {count}")
    await bert.sent("Line 59")
    await bert.messages.hover()
    await bert.page.mouse.wheel(0, -500)
    await expect(bert.page.get_by_role("button", name="Jump to the newest")).to_be_visible()
    before = await bert.messages.evaluate(TOPMOST)
    await bert.page.get_by_role("link", name="attic").click()
    await expect(bert.page.get_by_role("heading", name="attic", level=1)).to_be_visible()
    await bert.page.get_by_role("link", name="general").click()
    await expect(bert.page.get_by_role("button", name="Jump to the newest")).to_be_visible()
    await bert.page.wait_for_function(
        f"(before) => ({TOPMOST})(document.getElementById('messages')) === before", arg=before
    )


async def test_marking_read_without_opening(pair, bert):
    await pair.ada.say(await _attic(pair), "Up here!")
    await _channel(bert, "attic, unread").click(button="right")
    await bert.page.get_by_role("menuitem", name="Mark as read").click()
    await expect(_channel(bert, "attic")).to_be_visible()
