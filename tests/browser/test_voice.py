"""Calls: three people in three windows, through the server's own media plane."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable

import pytest_asyncio
from livekit import api
from playwright.async_api import expect

from browsing.call import Call
from browsing.company import SETTINGS
from browsing.hall import make_hall
from browsing.window import WAIT_MS
from doubles.livekit_sdk import enter, hear, sing
from servers.hubbub_process import HubbubProcess
from servers.impaired_path import ImpairedPath, far_server


async def test_three_people_hear_and_see_one_another(hall, open_window):
    ada, bert, carla = await hall.enter_all(open_window)
    for call in (ada, bert, carla):
        await call.hears(2)
    await ada.press("Turn camera on")
    await asyncio.gather(bert.sees(1), carla.sees(1))
    await expect(bert.page.get_by_role("button", name="Show Ada large")).to_be_visible()


async def test_who_mutes_is_marked_and_not_heard(hall, open_window):
    ada, bert = await hall.enter(open_window, 0), await hall.enter(open_window, 1)
    await ada.hears(1)
    await bert.press("Mute")
    await expect(ada.page.get_by_role("list", name="People in the call").get_by_label("Muted")).to_be_visible()


async def test_a_shared_screen_is_shown_large(hall, open_window):
    ada, bert = await hall.enter(open_window, 0), await hall.enter(open_window, 1)
    await ada.press("Share screen")
    await bert.sees(1)
    await expect(bert.page.get_by_text(re.compile("Ada.s screen"))).to_be_visible()


async def test_who_leaves_is_gone_for_the_others(hall, open_window):
    ada, bert = await hall.enter(open_window, 0), await hall.enter(open_window, 1)
    await ada.hears(1)
    await bert.press("Leave the call")
    await expect(bert.page.get_by_role("button", name="Join voice")).to_be_visible()
    people = ada.page.get_by_role("navigation", name="Channels").get_by_role("button", name="Bert")
    await expect(people).to_have_count(0)


async def test_a_program_with_the_sdk_of_livekit_joins_them(server, hall, open_window):
    ada = await hall.enter(open_window, 0)
    key = await server.command("key", "create", "voice")
    token = api.AccessToken(key["key"], key["secret"]).with_identity("jukebox").with_name("Jukebox")
    grants = api.VideoGrants(room_join=True, room=hall.channel_id)
    room = await enter(key["url"], token.with_grants(grants).to_jwt())
    singing = await sing(room)
    await ada.hears(1)
    people = ada.page.get_by_role("list", name="People in the call")
    await expect(people.get_by_text("Jukebox")).to_be_visible()
    await hear(room)
    singing.cancel()
    await room.disconnect()
    await expect(people.get_by_text("Jukebox")).to_have_count(0)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bad_path(tmp_path_factory) -> AsyncIterator[tuple[HubbubProcess, ImpairedPath]]:
    """A server that is reached through a network that tests make bad."""
    async with far_server(tmp_path_factory.mktemp("far"), SETTINGS) as far:
        yield far


async def test_a_narrow_link_gets_a_smaller_picture_and_no_other_does(bad_path, open_window):
    server, path = bad_path
    hall = await make_hall(server.url)
    ada, bert, carla = await hall.enter_all(open_window)
    await ada.press("Turn camera on")
    await asyncio.gather(bert.sees(1), carla.sees(1))
    for fragment in await bert.fragments():
        await path.set(fragment, down={"bits_per_second": 250_000, "delay_ms": 20})
    await _until_shown(bert, carla, lambda narrow, wide: 0 < narrow < wide)
    for fragment in await bert.fragments():
        await path.set(fragment, down={})
    await _until_shown(bert, carla, lambda narrow, wide: 0 < wide <= narrow)
    await hall.close()


async def _until_shown(bert: Call, carla: Call, holds: Callable[[int, int], bool]) -> None:
    """Wait until the heights of the pictures that both get are so: the camera's own size depends on the machine."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + WAIT_MS / 1000
    while True:
        await asyncio.gather(bert.sees(1), carla.sees(1))
        narrow, wide = await bert.height(), await carla.height()
        if holds(narrow, wide):
            return
        assert loop.time() < deadline, f"Bert sees {narrow} lines, Carla {wide}"


async def test_a_changed_address_goes_unnoticed(bad_path, open_window):
    server, path = bad_path
    hall = await make_hall(server.url)
    ada, bert = await hall.enter(open_window, 0), await hall.enter(open_window, 1)
    await ada.hears(1)
    for fragment in await bert.fragments():
        await path.rebind(fragment)
    await ada.hears(1)
    await bert.hears(1)
    await bert.connected()
    await hall.close()
