"""Pictures in each codec from one Chromium through the server to another, in layers that follow what is wanted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
import pytest_asyncio

from browsing.company import SETTINGS, OpenWindow, make_pair
from browsing.studio import Studio
from servers.hubbub_process import HubbubProcess
from servers.impaired_path import ImpairedPath, far_server

VOICE = 2
SMALL, WHOLE = (1, 300), (400, 540)
"""Heights of the lower layers and of the highest, in pixels; an encoder short of time may make its picture smaller."""

LAYERED = [("vp9", "L3T3_KEY"), ("av1", "L3T3_KEY")]


class Place(NamedTuple):
    """A server that is reached through a network that tests make bad."""

    server: HubbubProcess
    path: ImpairedPath
    key: dict[str, Any]

    async def meet(self, open_window: OpenWindow) -> tuple[Studio, Studio]:
        """Let two enter a new room."""
        pair = await make_pair(self.server.url)
        room = await pair.ada.post(f"/guilds/{pair.guild_id}/channels", {"name": "Studio", "type": VOICE})
        await pair.close()
        ada, bert = [
            await Studio(await open_window(self.server.url)).enter(self.key, name, room["id"])
            for name in ("ada", "bert")
        ]
        return ada, bert


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def place(tmp_path_factory) -> AsyncIterator[Place]:
    async with far_server(tmp_path_factory.mktemp("studio"), SETTINGS) as (server, path):
        yield Place(server, path, await server.command("key", "create", "voice"))


@pytest.mark.parametrize(("codec", "mode"), [*LAYERED, ("h264", None)])
async def test_pictures_come_in_the_size_that_is_asked_for(place, open_window, codec, mode):
    ada, bert = await place.meet(open_window)
    await ada.publish(codec, **({"scalabilityMode": mode} if mode else {"simulcast": True}))
    await bert.sees(codec, height=WHOLE)
    await bert.ask("LOW")
    await bert.sees(codec, height=SMALL)
    await bert.ask("HIGH")
    await bert.sees(codec, height=WHOLE)


@pytest.mark.parametrize(("codec", "mode"), LAYERED)
async def test_a_narrow_path_gets_fewer_layers_until_it_is_wide_again(place, open_window, codec, mode):
    ada, bert = await place.meet(open_window)
    await ada.publish(codec, scalabilityMode=mode)
    await bert.sees(codec, height=WHOLE)
    for fragment in await bert.fragments():
        await place.path.set(fragment, down={"bits_per_second": 250_000, "delay_ms": 20})
    await bert.sees(codec, height=SMALL)
    for fragment in await bert.fragments():
        await place.path.set(fragment, down={})
    await bert.sees(codec, height=WHOLE)
