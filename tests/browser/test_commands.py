"""A bot's slash command, from the composer to the answer."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import expect

from servers.bot_process import BotProcess

DICE_BOT = Path(__file__).parent.parent.parent / "examples" / "dice_bot.py"
START_WITHIN_S = 45.0


async def test_a_slash_command_is_chosen_filled_in_and_answered(server, talk, tmp_path):
    pair = talk.pair
    bot = await server.command("bot", "create", "dice", "--guild", pair.guild_id)
    program = BotProcess(DICE_BOT, url=server.url, token=str(bot["token"]), folder=tmp_path)
    async with pair.ada.gateway() as gateway, program:
        await gateway.wait_for(
            "PRESENCE_UPDATE", lambda each: each["user"]["id"] == bot["user_id"], within_s=START_WITHIN_S
        )
        members = talk.ada.page.get_by_role("complementary", name="Members")
        await expect(members.get_by_role("button", name="Online dice")).to_be_visible()
        await talk.ada.composer.press_sequentially("/ro")
        await expect(talk.ada.page.get_by_role("option", name="roll").first).to_have_attribute("aria-selected", "true")
        await talk.ada.composer.press("Enter")
        await expect(talk.ada.page.get_by_role("textbox", name="dice")).to_be_focused()
        await talk.ada.page.keyboard.type("3d1+4")
        await talk.ada.page.keyboard.press("Enter")
        await expect(talk.ada.composer).to_be_focused()
        for side in (talk.ada, talk.bert):
            answer = side.message("3d1+4: 7")
            await expect(answer).to_be_visible()
            await expect(answer).to_contain_text("Ada used /roll")

        await talk.ada.composer.press_sequentially("/ro")
        await expect(talk.ada.page.get_by_role("option", name="roll").first).to_be_visible()
        await talk.ada.composer.press("Enter")
        await expect(talk.ada.page.get_by_role("textbox", name="dice")).to_be_focused()
        await talk.ada.page.keyboard.press("Escape")
        await expect(talk.ada.composer).to_be_focused()
