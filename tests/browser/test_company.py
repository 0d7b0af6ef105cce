"""Who is there: presence in the member list, and conversations between two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from playwright.async_api import expect

from browsing.conversation import Conversation


def _members(conversation):
    return conversation.page.get_by_role("complementary", name="Members")


async def test_members_come_online_and_go_as_they_open_and_close_the_app(server, pair, open_window):
    window = await open_window(server.url, pair.ada)
    await window.go(pair.channel)
    ada = await Conversation(window).opened()
    await expect(_members(ada).get_by_role("button", name="Offline Bert")).to_be_visible()
    visitor = await open_window(server.url, pair.bert)
    await visitor.go(pair.channel)
    await expect(_members(ada).get_by_role("button", name="Online Bert")).to_be_visible()
    await visitor.page.goto("about:blank")
    await expect(_members(ada).get_by_role("button", name="Offline Bert")).to_be_visible()


async def test_a_chosen_status_is_what_the_others_see(talk):
    menu = talk.bert.page.get_by_role("button", name="Bert: set status")
    for choice, seen in (("Do not disturb", "Do not disturb"), ("Away", "Away"), ("Invisible", "Offline")):
        await menu.click()
        await talk.bert.page.get_by_role("menuitem", name=choice).click()
        await expect(_members(talk.ada).get_by_role("button", name=f"{seen} Bert")).to_be_visible()
    await talk.bert.page.reload()
    await expect(menu).to_contain_text("Invisible")
    await expect(_members(talk.ada).get_by_role("button", name="Offline Bert")).to_be_visible()


async def test_a_conversation_between_two_begins_at_the_profile(talk):
    await _members(talk.ada).get_by_role("button", name="Bert").click()
    card = talk.ada.page.get_by_role("dialog", name="Profile of Bert")
    await card.get_by_role("button", name="Message").click()
    await expect(talk.ada.page.get_by_text("This is where your conversation with Bert begins.")).to_be_visible()
    await talk.ada.say("Between us")

    rail = talk.bert.page.get_by_role("navigation", name="Guilds")
    await rail.get_by_role("link", name="Ada, 1 mention").click()
    await talk.bert.sent("Between us")
    await expect(rail.get_by_role("link", name="Ada")).to_have_count(0)
    await talk.bert.say("Gladly.")
    await talk.ada.sent("Gladly.")
    await expect(talk.ada.page.get_by_role("heading", name="Bert", level=1)).to_be_visible()


async def test_a_closed_conversation_comes_back_with_the_next_word(talk):
    await talk.pair.bert.post("/users/@me/channels", {"recipient_id": talk.pair.ada.id})
    await talk.ada.page.get_by_role("link", name="Direct messages").click()
    listed = talk.ada.page.get_by_role("navigation", name="Direct messages").get_by_role("link", name="Bert")
    channel = (await talk.pair.ada.post("/users/@me/channels", {"recipient_id": talk.pair.bert.id}))["id"]
    await expect(listed).to_be_visible()
    await listed.hover()
    await talk.ada.page.get_by_role("button", name="Close conversation with Bert").click()
    await expect(listed).to_have_count(0)
    await talk.pair.bert.say(channel, "Are you there?")
    await expect(listed).to_be_visible()


async def test_who_leaves_the_guild_leaves_the_list_and_is_led_away(talk):
    await talk.pair.ada.delete(f"/guilds/{talk.pair.guild_id}/members/{talk.pair.bert.id}")
    await expect(_members(talk.ada).get_by_role("button", name="Bert")).to_have_count(0)
    await expect(talk.bert.page.get_by_role("heading", name="Welcome, Bert")).to_be_visible()
    await expect(talk.bert.page.get_by_role("link", name="Lantern Society")).to_have_count(0)


async def test_what_was_written_before_a_timeout_is_there_after_it(talk):
    await talk.bert.composer.press_sequentially("Let me explain")
    member = f"/guilds/{talk.pair.guild_id}/members/{talk.pair.bert.id}"
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    await talk.pair.ada.patch(member, {"communication_disabled_until": until})
    await expect(talk.bert.page.get_by_text("You may read here, but not write.")).to_be_visible()
    await talk.pair.ada.patch(member, {"communication_disabled_until": None})
    await expect(talk.bert.composer).to_have_value("Let me explain")
