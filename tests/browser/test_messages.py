"""What two people do with words: write, answer, correct, take back."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import expect

from browsing.conversation import Conversation


async def test_lines_and_marks_arrive_as_they_were_meant(talk):
    await talk.ada.composer.press_sequentially("**Bring** a `torch`")
    await talk.ada.composer.press("Shift+Enter")
    await talk.ada.composer.press_sequentially("and a <b>coat</b>")
    await talk.ada.composer.press("Enter")
    seen = talk.bert.message("and a <b>coat</b>")
    await expect(seen.locator("strong")).to_have_text("Bring")
    await expect(seen.locator("code")).to_have_text("torch")
    await expect(talk.ada.composer).to_have_value("")


async def test_what_happens_while_a_page_is_on_its_way_shows(server, pair, open_window):
    stays, goes = [await pair.ada.say(pair.channel_id, text) for text in ("Stays", "Goes")]
    window = await open_window(server.url, pair.bert)
    loop = asyncio.get_running_loop()
    read, told = loop.create_future(), loop.create_future()

    async def hold(route):
        answer = await route.fetch()
        if not read.done():
            read.set_result(None)
        await told
        await route.fulfill(response=answer)

    await window.page.route(re.compile(r"/messages\?"), hold)
    await window.go(pair.channel)
    async with asyncio.timeout(30):
        await read
    path = f"/channels/{pair.channel_id}"
    await pair.ada.say(pair.channel_id, "Came meanwhile")
    await pair.ada.patch(f"{path}/messages/{stays['id']}", {"content": "Stays, for good"})
    await pair.ada.delete(f"{path}/messages/{goes['id']}")
    await pair.ada.patch(path, {"topic": "All is told"})
    await expect(window.page.get_by_text("All is told").first).to_be_visible()
    told.set_result(None)
    here = await Conversation(window).opened()
    await expect(here.message("Came meanwhile")).to_be_visible()
    await expect(here.message("Stays, for good")).to_contain_text("(edited)")
    await expect(here.message("Goes")).to_have_count(0)


async def test_a_reply_shows_what_it_answers_and_leads_there(talk):
    await talk.ada.say("Who has the key?")
    for count in range(40):
        await talk.pair.ada.say(talk.pair.channel_id, f"Waiting, {count}")
    question = await talk.bert.sent("Waiting, 39")
    await talk.bert.act(question, "Reply")
    await expect(talk.bert.composer).to_be_focused()
    await talk.bert.say("I do.")
    answer = await talk.ada.sent("I do.")
    await expect(answer).to_have_class(re.compile("message-mention"))
    await answer.get_by_role("button", name="Waiting, 39").click()
    await expect(talk.ada.message("Waiting, 39").first).to_have_class(re.compile("message-marked"))


async def test_a_reply_need_not_notify_and_can_be_left(talk):
    await talk.ada.say("Shall we begin?")
    await talk.bert.act(talk.bert.message("Shall we begin?"), "Reply")
    await talk.bert.composer.press("Escape")
    await expect(talk.bert.page.get_by_text("Replying to")).to_have_count(0)
    await talk.bert.act(talk.bert.message("Shall we begin?"), "Reply")
    await talk.bert.page.get_by_role("button", name="Notify").click()
    await talk.bert.say("Quietly, yes.")
    answer = await talk.ada.sent("Quietly, yes.")
    await expect(answer).not_to_have_class(re.compile("message-mention"))


async def test_the_last_message_is_edited_with_arrow_up(talk):
    await talk.bert.say("I am not the last.")
    await talk.ada.say("Met me at the gate")
    await talk.bert.say("Where?")
    await talk.ada.composer.press("ArrowUp")
    editor = talk.ada.page.get_by_label("Edit message")
    await expect(editor).to_be_focused()
    await expect(editor).to_have_value("Met me at the gate")
    await editor.fill("Meet me at the gate")
    await editor.press("Enter")
    await expect(talk.ada.composer).to_be_focused()
    await expect(talk.bert.message("Meet me at the gate")).to_contain_text("(edited)")
    await expect(talk.bert.message("Met me at the gate")).to_have_count(0)


async def test_an_edit_left_with_esc_changes_nothing(talk):
    message = await talk.ada.say("Final words")
    await talk.ada.act(message, "Edit")
    editor = talk.ada.page.get_by_label("Edit message")
    await editor.fill("Other words")
    await editor.press("Escape")
    await expect(editor).to_have_count(0)
    await expect(talk.ada.message("Final words")).to_be_visible()
    await expect(talk.ada.page.get_by_text("(edited)")).to_have_count(0)


async def test_deleting_asks_first_and_goes_for_both(talk):
    message = await talk.ada.say("Forget this")
    await expect(talk.bert.message("Forget this")).to_be_visible()
    await talk.ada.choose(message, "Delete message")
    dialog = talk.ada.page.get_by_role("dialog", name="Delete this message?")
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(dialog).to_have_count(0)
    await talk.ada.choose(message, "Delete message")
    await dialog.get_by_role("button", name="Delete").click()
    for side in (talk.ada, talk.bert):
        await expect(side.message("Forget this")).to_have_count(0)


async def test_one_who_may_not_delete_is_not_offered_it(talk):
    await talk.ada.say("This stays")
    await talk.bert.act(talk.bert.message("This stays"), "More")
    await expect(talk.bert.page.get_by_role("menuitem", name="Copy text")).to_be_visible()
    await expect(talk.bert.page.get_by_role("menuitem", name="Delete message")).to_have_count(0)


async def test_a_mention_is_completed_while_writing_and_marked_for_the_one_it_names(talk):
    await talk.ada.composer.press_sequentially("Over to you, @be")
    option = talk.ada.page.get_by_role("option", name="Bert")
    await expect(option).to_have_attribute("aria-selected", "true")
    await talk.ada.composer.press("Enter")
    await expect(option).to_have_count(0)
    await talk.ada.composer.press("Enter")
    await expect(talk.bert.message("Over to you")).to_have_class(re.compile("message-mention"))
    await expect(talk.bert.message("Over to you")).to_contain_text("@Bert")
    await expect(talk.ada.message("Over to you")).not_to_have_class(re.compile("message-mention"))


async def test_who_is_typing_is_told_until_the_message_comes(talk):
    await talk.bert.composer.press_sequentially("Let me think")
    line = talk.ada.page.get_by_text("Bert is typing…")
    await expect(line).to_be_visible()
    await talk.bert.composer.press("Enter")
    await talk.ada.sent("Let me think")
    await expect(line).to_have_count(0)


async def test_text_not_yet_sent_survives_a_reload_and_other_channels(talk):
    other = await talk.pair.ada.post(f"/guilds/{talk.pair.guild_id}/channels", {"name": "elsewhere", "type": 0})
    await talk.ada.composer.press_sequentially("A long thought, half done")
    await talk.ada.page.get_by_role("link", name="elsewhere").click()
    await expect(talk.ada.page).to_have_url(re.compile(other["id"]))
    await expect(talk.ada.composer).to_have_value("")
    await talk.ada.page.get_by_role("link", name="general").click()
    await expect(talk.ada.composer).to_have_value("A long thought, half done")
    await talk.ada.page.reload()
    await expect(talk.ada.composer).to_have_value("A long thought, half done")
    await talk.ada.composer.press("Enter")
    await talk.bert.sent("A long thought, half done")


async def test_a_link_to_a_message_opens_the_channel_there(talk, server, open_window):
    await talk.ada.say("The very first")
    for count in range(60):
        await talk.pair.bert.say(talk.pair.channel_id, f"Later, {count}")
    await talk.ada.choose(await talk.ada.sent("Later, 59"), "Copy link")
    link = await talk.ada.page.evaluate("navigator.clipboard.readText()")
    window = await open_window(server.url, talk.pair.bert)
    await window.go(link.removeprefix(server.url))
    there = await Conversation(window).opened()
    await expect(there.message("Later, 59")).to_have_class(re.compile("message-marked"))


async def test_a_pinned_message_is_found_again(talk):
    message = await talk.ada.say("The rules of this house")
    await talk.ada.choose(message, "Pin")
    await expect(talk.bert.messages.get_by_text("pinned a message.")).to_be_visible()
    await talk.bert.page.get_by_role("button", name="Pinned messages").click()
    await expect(talk.bert.page.locator(".pin", has_text="The rules of this house")).to_be_visible()
    await talk.bert.page.get_by_role("button", name="Go to message").click()
    await expect(talk.bert.message("The rules of this house")).to_have_class(re.compile("message-marked"))


async def test_an_answer_quotes_no_message_that_was_deleted(talk):
    await talk.ada.say("A word too many")
    await talk.bert.act(talk.bert.message("A word too many"), "Reply")
    answer = await talk.bert.say("Indeed.")
    await expect(answer).to_contain_text("A word too many")
    await talk.ada.choose(talk.ada.message("A word too many").first, "Delete message")
    await talk.ada.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    for side in (talk.ada, talk.bert):
        await expect(side.message("Indeed.")).to_contain_text("The message answered was deleted")
        await expect(side.page.get_by_text("A word too many")).to_have_count(0)


async def test_a_message_that_is_gone_is_not_answered_any_more(talk):
    question = await talk.pair.ada.say(talk.pair.channel_id, "Who has the key?")
    await talk.bert.act(talk.bert.message("Who has the key?"), "Reply")
    await expect(talk.bert.page.get_by_text("Replying to")).to_be_visible()
    await talk.pair.ada.delete(f"/channels/{talk.pair.channel_id}/messages/{question['id']}")
    await expect(talk.bert.page.get_by_text("Replying to")).to_have_count(0)
    await talk.bert.say("Where did it go?")


async def test_a_half_written_edit_is_found_again(talk):
    await talk.pair.more_channels("elsewhere")
    await talk.ada.say("Met me at the gate")
    await talk.ada.composer.press("ArrowUp")
    editor = talk.ada.page.get_by_label("Edit message")
    await editor.fill("Meet me at the")
    await talk.ada.page.get_by_role("link", name="elsewhere").click()
    await expect(talk.ada.page.get_by_role("heading", name="elsewhere", level=1)).to_be_visible()
    await talk.ada.page.get_by_role("link", name="general").click()
    await expect(editor).to_have_value("Meet me at the")
    for count in range(40):
        await talk.pair.bert.say(talk.pair.channel_id, f"Meanwhile, {count}")
    await talk.ada.sent("Meanwhile, 39")
    await expect(editor).to_have_count(0)
    await talk.ada.messages.evaluate("(list) => list.scrollTo(0, 0)")
    await expect(editor).to_have_value("Meet me at the")
    await editor.fill("Meet me at the old gate")
    await editor.press("Enter")
    await expect(talk.ada.message("Meet me at the old gate")).to_contain_text("(edited)")


async def test_a_pinned_message_is_gone_to_as_often_as_one_wants(talk):
    rules = await talk.pair.ada.say(talk.pair.channel_id, "The rules of this house")
    for count in range(80):
        await talk.pair.ada.say(talk.pair.channel_id, f"Later, {count}")
    await talk.pair.ada.put(f"/channels/{talk.pair.channel_id}/pins/{rules['id']}")
    page = talk.bert.page
    await page.reload()
    here = talk.bert.message("The rules of this house")
    newest = page.get_by_role("button", name="Jump to the newest")
    await talk.bert.messages.get_by_role("button", name="See it").click()
    await expect(here).to_have_class(re.compile("message-marked"))
    for _ in range(2):
        await newest.click()
        await expect(here).to_have_count(0)
        await page.get_by_role("button", name="Pinned messages").click()
        await page.get_by_role("button", name="Go to message").click()
        await expect(here).to_have_class(re.compile("message-marked"))
