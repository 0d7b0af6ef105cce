"""Stages: who listens, who asks to speak, who is let, and who is sent back, as both of them see it."""

from __future__ import annotations

import re

from playwright.async_api import expect

from browsing.hall import STAGE


async def test_a_listener_asks_is_let_onto_the_stage_and_is_sent_back(hall, open_window):
    stage = await hall.more("Evening talk", STAGE)
    ada = await (await hall.come(open_window, 0)).join(hall.guild_id, stage, by="Listen in")
    await expect(ada.page.get_by_text("Nobody is on the stage yet.")).to_be_visible()
    await ada.press("Speak on the stage")
    await expect(ada.page.get_by_text("You are on the stage now.")).to_be_visible()
    await ada.press("Unmute")

    bert = await (await hall.come(open_window, 1)).join(hall.guild_id, stage, by="Listen in")
    await bert.hears_sound()
    for name in ("Mute", "Unmute", "Turn camera on", "Share screen", "Speak on the stage"):
        await expect(bert.control(name)).to_have_count(0)
    await ada.hears_silence()
    await bert.press("Raise hand")
    await expect(bert.control("Lower hand")).to_be_visible()
    audience = ada.page.get_by_role("region", name="Audience")
    await audience.get_by_role("button", name="Bert, hand raised").click()
    card = ada.page.get_by_role("dialog", name="In voice: Bert")
    await card.get_by_role("button", name="Invite to speak").click()

    told = bert.page.get_by_text("Your microphone is off until you turn it on.")
    await expect(told).to_be_visible()
    await expect(audience).to_have_count(0)
    await expect(ada.person("Bert").get_by_label("hand raised")).to_have_count(0)
    await bert.press("Unmute")
    await ada.hears_sound()

    await ada.moderate("Bert", "Move to the audience")
    await expect(bert.page.get_by_text("You are in the audience now.")).to_be_visible()
    await expect(bert.control("Raise hand")).to_be_visible()
    await expect(bert.control("Mute")).to_have_count(0)
    await ada.hears_silence()
    await expect(audience.get_by_role("button", name="Bert", exact=True)).to_be_visible()
    await bert.hears_sound()


async def test_a_raised_hand_can_be_lowered_and_a_speaker_can_step_down(hall, open_window):
    stage = await hall.more("Evening talk", STAGE)
    ada = await (await hall.come(open_window, 0)).join(hall.guild_id, stage, by="Listen in")
    bert = await (await hall.come(open_window, 1)).join(hall.guild_id, stage, by="Listen in")
    await bert.press("Raise hand")
    await expect(ada.person("Bert")).to_have_accessible_name(re.compile("hand raised"))
    await bert.press("Lower hand")
    await expect(ada.person("Bert")).to_have_accessible_name(re.compile(r"^Bert(?!.*hand)"))
    await ada.press("Speak on the stage")
    await expect(bert.page.get_by_role("button", name=re.compile("Show Ada large"))).to_be_visible()
    await ada.press("Move to the audience")
    await expect(bert.page.get_by_text("Nobody is on the stage yet.")).to_be_visible()
