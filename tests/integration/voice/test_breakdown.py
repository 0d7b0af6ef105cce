"""A media thread that broke down: control learns it as the edge tells it, and real clients come back by themselves."""

import asyncio
import contextlib

import pytest
from livekit import api

from doubles.livekit_sdk import enter, happening, hear, sing
from doubles.voice_client import KEY, SECRET
from doubles.voice_server import VoiceServer
from hubbub.voice.adapters.native_plane import NativePlane
from hubbub.voice.config import VoiceConfig
from hubbub.voice.service import media_plane as media

pytest.importorskip("hubbub.native._native", reason="the native core is not built")


@pytest.fixture
async def server():
    plane = NativePlane.start(VoiceConfig(port=0))
    async with VoiceServer(plane=plane) as server:
        plane.watch(server.voice.reports.take)
        yield server
    await plane.stop()


def break_down(server):
    """Lose every transport, and tell what a thread tells that broke down."""
    for transport_id in list(server.voice.rooms.transports.owners):
        server.plane.perform(media.CloseTransport(transport_id))
        server.voice.reports.take(media.Failed(transport_id, "The media thread broke down and began anew."))
        server.voice.reports.take(media.Closed(transport_id))


async def join(server, identity):
    made = api.AccessToken(KEY, SECRET).with_identity(identity)
    grants = api.VideoGrants(room_join=True, room="den")
    return await enter(f"ws://{server.address}", made.with_grants(grants).to_jwt())


async def test_clients_come_back_when_a_media_thread_broke_down(server):
    async with contextlib.AsyncExitStack() as stack:
        ada, grace = await join(server, "ada"), await join(server, "grace")
        for room in (ada, grace):
            stack.push_async_callback(room.disconnect)
        singing = await sing(ada)
        stack.callback(singing.cancel)
        await hear(grace)
        back = [happening(room, "reconnected") for room in (ada, grace)]
        break_down(server)
        async with asyncio.timeout(30):
            await asyncio.gather(*back)
        await hear(grace)
