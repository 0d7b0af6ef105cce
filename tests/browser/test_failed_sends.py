"""Messages that do not get through at once: shown as such, kept, tried again, never doubled."""

from __future__ import annotations

from collections import Counter

from playwright.async_api import expect

REFUSAL = {"code": 0, "message": "The house is full.", "error": "channel.full"}


def _is_send(request) -> bool:
    return request.method == "POST" and request.url.endswith("/messages")


async def _meet_sends(page, answer) -> None:
    """Let `answer(route)` decide what becomes of each send of this page."""

    async def meet(route):
        if _is_send(route.request):
            await answer(route)
        else:
            await route.continue_()

    await page.route("**/api/v10/channels/*/messages", meet)


async def test_a_refused_message_says_why_and_is_sent_on_demand(talk):
    await _meet_sends(talk.ada.page, lambda route: route.fulfill(status=403, json=REFUSAL))
    await talk.ada.composer.fill("Is anybody in?")
    await talk.ada.composer.press("Enter")
    message = talk.ada.message("Is anybody in?")
    await expect(message.get_by_role("alert")).to_contain_text("Not sent. The house is full.")
    await expect(talk.bert.message("Is anybody in?")).to_have_count(0)
    await talk.ada.page.unroute_all()
    await message.get_by_role("button", name="Try again").click()
    await talk.ada.sent("Is anybody in?")
    await expect(talk.bert.message("Is anybody in?")).to_have_count(1)


async def test_a_failed_message_is_discarded_or_its_text_taken_along(talk):
    await _meet_sends(talk.ada.page, lambda route: route.fulfill(status=403, json=REFUSAL))
    await talk.ada.composer.fill("A thought worth keeping")
    await talk.ada.composer.press("Enter")
    message = talk.ada.message("A thought worth keeping")
    await message.get_by_role("button", name="Copy text").click()
    await expect(talk.ada.page.get_by_text("Copied")).to_be_visible()
    assert await talk.ada.page.evaluate("navigator.clipboard.readText()") == "A thought worth keeping"
    await message.get_by_role("button", name="Discard").click()
    await expect(message).to_have_count(0)


async def test_a_lost_request_is_tried_again_by_itself(talk):
    tries: list[str] = []

    async def lose_the_first(route):
        tries.append(route.request.post_data_json["nonce"])
        await (route.abort("connectionreset") if len(tries) == 1 else route.continue_())

    await _meet_sends(talk.ada.page, lose_the_first)
    await talk.ada.composer.fill("Second time lucky")
    await talk.ada.composer.press("Enter")
    await expect(talk.ada.message("Second time lucky").get_by_text("Waiting to try again…")).to_be_visible()
    await talk.ada.sent("Second time lucky")
    await expect(talk.bert.message("Second time lucky")).to_have_count(1)
    assert tries == [tries[0]] * 2


async def test_a_message_that_waits_for_the_server_can_be_discarded(talk):
    away = True

    async def be_away(route):
        await (route.fulfill(status=502, body="Bad gateway") if away else route.continue_())

    await _meet_sends(talk.ada.page, be_away)
    for text in ("Never mind", "Still true"):
        await talk.ada.composer.fill(text)
        await talk.ada.composer.press("Enter")
        await expect(talk.ada.message(text).get_by_text("Waiting to try again…")).to_be_visible()
    await talk.ada.message("Never mind").get_by_role("button", name="Discard").click()
    away = False
    await talk.bert.sent("Still true")
    await expect(talk.ada.message("Never mind")).to_have_count(0)
    await expect(talk.bert.message("Never mind")).to_have_count(0)


async def test_a_lost_answer_does_not_double_the_message(talk):
    tries: list[str] = []

    async def lose_the_first_answer(route):
        tries.append(route.request.post_data_json["nonce"])
        if len(tries) == 1:
            await route.fetch()
            await route.abort("connectionreset")
        else:
            await route.continue_()

    await _meet_sends(talk.ada.page, lose_the_first_answer)
    await talk.ada.composer.fill("Only once")
    await talk.ada.composer.press("Enter")
    await talk.ada.sent("Only once")
    await talk.bert.sent("Only once")
    await talk.ada.say("And on.")
    for side in (talk.ada, talk.bert):
        await expect(side.message("And on.")).to_have_count(1)
        assert Counter(await side.texts()) == {"Only once": 1, "And on.": 1}


async def test_messages_stand_in_the_order_in_which_they_were_written(talk):
    # The first is asked to wait; the second gets through before it.
    waited: list[str] = []

    async def hold_the_first(route):
        if waited:
            await route.continue_()
        else:
            waited.append("")
            await route.fulfill(status=429, headers={"Retry-After": "1"}, json={**REFUSAL, "retry_after": 1.0})

    await _meet_sends(talk.ada.page, hold_the_first)
    for text in ("One", "Two"):
        await talk.ada.composer.fill(text)
        await talk.ada.composer.press("Enter")
    for text in ("One", "Two"):
        await talk.ada.sent(text)
        await talk.bert.sent(text)
    assert await talk.ada.texts() == await talk.bert.texts()
    assert sorted(await talk.bert.texts()) == ["One", "Two"]


async def test_a_reaction_that_is_refused_is_taken_back_and_said(talk):
    message = await talk.ada.say("Vote here")
    await talk.ada.page.route("**/reactions/**", lambda route: route.fulfill(status=403, json=REFUSAL))
    await talk.ada.act(message, "React with 👍")
    await expect(talk.ada.page.get_by_text("The house is full.")).to_be_visible()
    await expect(message.get_by_role("button", name="👍, 1 reaction")).to_have_count(0)


async def test_an_edit_that_is_refused_keeps_what_was_written(talk):
    await talk.ada.say("The frist draft")
    await talk.ada.page.route("**/messages/*", lambda route: route.fulfill(status=403, json=REFUSAL))
    await talk.ada.composer.press("ArrowUp")
    editor = talk.ada.page.get_by_label("Edit message")
    await editor.fill("The first draft")
    await editor.press("Enter")
    await expect(talk.ada.page.get_by_role("alert")).to_contain_text("The house is full.")
    await expect(editor).to_have_value("The first draft")
