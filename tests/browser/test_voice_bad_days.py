"""Calls in windows of people whose server has a bad day: they come back by themselves."""

from __future__ import annotations

import asyncio

from playwright.async_api import expect

from browsing.call import Call
from browsing.company import SETTINGS, make_pair
from servers.hubbub_process import HubbubProcess, free_port

VOICE = 2


async def test_people_hear_each_other_again_after_the_server_was_killed(tmp_path, open_window):
    # The address of media stays too, as that of a real server would.
    settings = SETTINGS | {"HUBBUB_VOICE_PORT": str(free_port())}
    async with HubbubProcess(tmp_path / "server", settings=settings) as server:
        pair = await make_pair(server.url)
        channel = await pair.ada.post(f"/guilds/{pair.guild_id}/channels", {"name": "Tea room", "type": VOICE})
        calls = []
        for person in (pair.ada, pair.bert):
            call = await Call(await open_window(server.url, person)).watch()
            calls.append(await call.join(pair.guild_id, channel["id"]))
        await asyncio.gather(*(call.hears(1) for call in calls))
        await server.kill()
        for call in calls:
            panel = call.page.get_by_role("region", name="Call", exact=True)
            await expect(panel).not_to_contain_text("Voice connected")
        await server.start()
        for call in calls:
            await call.connected()
        await asyncio.gather(*(call.hears(1) for call in calls))
        for call in calls:
            # LiveKit's client tells the console of each way that broke, which here they were to do.
            problems = call.window.problems
            problems[:] = [problem for problem in problems if not problem.startswith("console:")]
        await pair.close()
