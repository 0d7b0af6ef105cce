"""Calls in windows of people whose server has a bad day: they come back by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import expect

from browsing.call import Call
from browsing.company import SETTINGS, make_pair
from servers.hubbub_process import HubbubProcess, free_port

VOICE = 2


@pytest_asyncio.fixture(loop_scope="session")
async def mortal(tmp_path_factory) -> AsyncIterator[HubbubProcess]:
    """A server that a test may kill; its media port stays the same, as that of a real one would."""
    settings = SETTINGS | {"HUBBUB_VOICE_PORT": str(free_port())}
    async with HubbubProcess(tmp_path_factory.mktemp("mortal"), settings=settings) as process:
        yield process


async def test_people_hear_each_other_again_after_the_server_was_killed(mortal, open_window):
    pair = await make_pair(mortal.url)
    channel = await pair.ada.post(f"/guilds/{pair.guild_id}/channels", {"name": "Tea room", "type": VOICE})
    calls = []
    for person in (pair.ada, pair.bert):
        call = await Call(await open_window(mortal.url, person)).watch()
        calls.append(await call.join(pair.guild_id, channel["id"]))
    await asyncio.gather(*(call.hears(1) for call in calls))
    await mortal.kill()
    for call in calls:
        panel = call.page.get_by_role("region", name="Call", exact=True)
        await expect(panel).not_to_contain_text("Voice connected")
    await mortal.start()
    for call in calls:
        await call.connected()
    await asyncio.gather(*(call.hears(1) for call in calls))
    await pair.close()
    for call in calls:
        # LiveKit's client tells the console of each way that broke, which here they were to do.
        problems = call.window.problems
        problems[:] = [problem for problem in problems if not problem.startswith("console:")]
