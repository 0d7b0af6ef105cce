"""What moderators do to people in calls, as both of them see and hear it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import expect

from browsing.company import SETTINGS
from browsing.hall import make_hall
from servers.hubbub_process import HubbubProcess


async def test_who_is_muted_for_everyone_is_not_heard_and_is_told_so(hall, open_window):
    ada, bert = await hall.enter(open_window, 0), await hall.enter(open_window, 1)
    await ada.hears_sound()
    await ada.moderate("Bert", "Mute for everyone")
    told = bert.panel.get_by_text("A moderator muted you: others cannot hear you.")
    await expect(told).to_be_visible()
    await expect(ada.person("Bert")).to_have_accessible_name("Bert, muted by a moderator")
    await ada.hears_silence()
    # Whoever tries to undo it by themselves stays unheard.
    await bert.press("Mute")
    await bert.press("Unmute")
    await ada.hears_silence()
    await bert.hears_sound()
    await ada.moderate("Bert", "Unmute for everyone")
    await expect(told).to_have_count(0)
    await ada.hears_sound()


async def test_who_is_deafened_for_everyone_hears_nothing_and_is_told_so(hall, open_window):
    ada, bert = await hall.enter(open_window, 0), await hall.enter(open_window, 1)
    await bert.hears_sound()
    await ada.moderate("Bert", "Deafen for everyone")
    told = bert.panel.get_by_text("A moderator deafened you: you cannot hear the others.")
    await expect(told).to_be_visible()
    await expect(ada.person("Bert")).to_have_accessible_name("Bert, deafened by a moderator")
    await bert.hears_silence()
    await ada.hears_sound()
    await ada.moderate("Bert", "Undeafen for everyone")
    await expect(told).to_have_count(0)
    await bert.hears_sound()


async def test_who_is_moved_goes_along_and_is_told_where(hall, open_window):
    den = await hall.more("Den")
    ada, bert = await hall.enter(open_window, 0), await hall.enter(open_window, 1)
    await ada.hears_sound()
    await ada.moderate("Bert", "Move to Den")
    await expect(bert.page.get_by_text("You were moved to Den.")).to_be_visible()
    await expect(bert.page).to_have_url(re.compile(f"/guilds/{hall.guild_id}/{den}$"))
    await bert.connected()
    await expect(bert.page.get_by_role("main", name="Den")).to_contain_text("You are alone here.")
    await expect(ada.page.get_by_role("list", name="In Den").get_by_role("button", name="Bert")).to_be_visible()
    await ada.hears_silence()
    carla = await (await hall.come(open_window, 2)).join(hall.guild_id, den)
    await carla.hears_sound()
    bert.forgive_closed_channels()


async def test_who_is_disconnected_is_told_so_and_may_join_again(hall, open_window):
    ada, bert = await hall.enter(open_window, 0), await hall.enter(open_window, 1)
    await ada.hears_sound()
    await ada.moderate("Bert", "Disconnect from voice")
    door = bert.page.get_by_role("main", name="Tea room")
    await expect(door.get_by_role("alert")).to_have_text("You were taken out of the call.")
    await expect(ada.person("Bert")).to_have_count(0)
    await ada.hears_silence()
    await door.get_by_role("button", name="Join again").click()
    await bert.connected()
    await ada.hears_sound()
    bert.forgive_closed_channels()


async def test_a_full_channel_says_so_until_somebody_leaves(hall, open_window):
    await hall.people[0].patch(f"/channels/{hall.channel_id}", {"user_limit": 1})
    bert = await hall.enter(open_window, 1)
    carla = await hall.come(open_window, 2)
    await carla.window.go(hall.path)
    door = carla.page.get_by_role("main", name="Tea room")
    await expect(door.get_by_text("This channel is full. Try again when someone has left.")).to_be_visible()
    await expect(door.get_by_role("button", name="Join voice")).to_have_count(0)
    # Who moves members is let in all the same.
    ada = await hall.enter(open_window, 0)
    await ada.press("Leave the call")
    await bert.press("Leave the call")
    await door.get_by_role("button", name="Join voice").click()
    await carla.connected()
    await expect(bert.page.get_by_role("main").get_by_text("This channel is full.")).to_be_visible()
    for person in (ada, bert, carla):
        person.forgive_early_leavers()


@pytest_asyncio.fixture(loop_scope="session")
async def voiceless(tmp_path_factory) -> AsyncIterator[HubbubProcess]:
    """A server whose media cannot start: it was told to listen at an address that is not its own."""
    settings = SETTINGS | {"HUBBUB_VOICE_BIND_ADDRESSES": "192.0.2.200"}
    async with HubbubProcess(tmp_path_factory.mktemp("voiceless"), settings=settings) as process:
        yield process


async def test_a_server_without_voice_says_so_in_the_channel(voiceless, open_window):
    hall = await make_hall(voiceless.url)
    bert = await hall.come(open_window, 1)
    await bert.window.go(hall.path)
    await bert.window.heading("Tea room")
    await expect(bert.page.get_by_text("Voice does not run on this server.")).to_be_visible()
    await expect(bert.page.get_by_role("button", name="Join voice")).to_have_count(0)
    await hall.close()
