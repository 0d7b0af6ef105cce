"""The caller under `examples/` does what its page says."""

import asyncio
import json
import sys
from pathlib import Path

import pytest
from livekit import api

from doubles.livekit_sdk import enter, hear
from hubbub.native import building
from servers.hubbub_process import HubbubProcess

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "chime_caller.py"
WITHIN_S = 30.0

pytestmark = pytest.mark.skipif(
    not (building.HERE / building.MODULE_NAME).is_file(), reason="the native core is not built: scripts/setup native"
)


async def test_the_caller_chimes_for_whoever_enters(tmp_path):
    async with HubbubProcess(tmp_path) as server:
        key = await server.command("key", "create", "voice")
        file = tmp_path / "voice-key.json"
        file.write_text(json.dumps(key))
        caller = await asyncio.create_subprocess_exec(
            *(sys.executable, str(EXAMPLE), str(file), "42"), stdout=asyncio.subprocess.PIPE
        )
        try:
            assert await asyncio.wait_for(caller.stdout.readline(), WITHIN_S) == b"listening in 42\n"
            token = api.AccessToken(key["key"], key["secret"]).with_identity("ada").with_name("Ada")
            room = await enter(key["url"], token.with_grants(api.VideoGrants(room_join=True, room="42")).to_jwt())
            assert await asyncio.wait_for(caller.stdout.readline(), WITHIN_S) == b"Ada entered\n"
            await hear(room)
            await room.disconnect()
        finally:
            caller.terminate()
            await caller.wait()
