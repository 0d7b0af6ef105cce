"""A server whose media port is taken starts all the same, and says why nobody can call."""

import socket

import pytest
import websockets
from livekit import api

from hubbub.native import building
from servers.hubbub_process import HubbubProcess


async def test_text_goes_on_without_voice(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("0.0.0.0", 0))
        port = taken.getsockname()[1]
        server = HubbubProcess(tmp_path, settings={"HUBBUB_VOICE_PORT": str(port)})
        await server.start()
        key = await server.command("key", "create", "voice")
        grants = api.VideoGrants(room_join=True, room="den")
        token = api.AccessToken(key["key"], key["secret"]).with_identity("ada").with_grants(grants).to_jwt()
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(f"{key['url']}/rtc?access_token={token}")
        assert refused.value.response.status_code == 503
        built = (building.HERE / building.MODULE_NAME).is_file()
        expected = b"voice.port" if built else b"scripts/setup native"
        assert expected in refused.value.response.body
        assert await server.stop() == 0
