"""A bot in each library spreads its guilds over two shards, and each event reaches one of them.

The programs also differ in transport: discord.py without zstandard takes zlib-stream, hikari zlib-stream, discord.js
plain JSON; discord.py's other programs take zstd-stream.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from servers.bot_scene import Scene, programs, scene_with
from servers.person import Json

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

GUILDS_MAX = 20


@pytest_asyncio.fixture(params=programs("sharded"), scope="module", loop_scope="module")
async def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    program: Path = request.param
    async with scene_with(program, tmp_path_factory.mktemp("sharded")) as scene:
        yield scene


def shard_of(guild_id: str) -> int:
    return (int(guild_id) >> 22) % 2


def answers(scene: Scene, channel_id: str) -> list[str]:
    """Return what the bot has said in a channel, as the person saw it."""

    def is_ours(message: Json) -> bool:
        return message["channel_id"] == channel_id and message["author"]["id"] == scene.bot["user_id"]

    return [data["content"] for name, data in scene.gateway.events if name == "MESSAGE_CREATE" and is_ours(data)]


async def test_each_guild_is_served_by_its_shard_and_none_twice(scene: Scene) -> None:
    first = shard_of(scene.guild_id)
    channels = {scene.channel_id: first}
    assert (await scene.reply("At your service"))["content"] == f"At your service on shard {first} of 2"
    while len(set(channels.values())) < 2:
        assert len(channels) < GUILDS_MAX
        guild_id, channel_id = await scene.person.make_guild(f"Outpost {len(channels)}")
        path = f"/guilds/{guild_id}/applications/{scene.bot['application_id']}"
        # 2048: send messages.
        await scene.person.put(path, {"permissions": "2048"})
        channels[channel_id] = shard_of(guild_id)
        hello = await scene.reply("At your service", channel_id=channel_id)
        assert hello["content"] == f"At your service on shard {shard_of(guild_id)} of 2"
    for channel_id, shard in channels.items():
        await scene.person.say(channel_id, "!shard")
        told = await scene.reply("open", channel_id=channel_id)
        assert told["content"] == f"shard {shard} of 2, open: True"
    for channel_id in channels:
        assert len(answers(scene, channel_id)) == 2, answers(scene, channel_id)


async def test_direct_messages_reach_the_first_shard_once(scene: Scene) -> None:
    channel = await scene.person.post("/users/@me/channels", {"recipient_id": scene.bot["user_id"]})
    for word in ("psst", "hello"):
        await scene.person.say(channel["id"], word)
        await scene.reply(f"You said {word}", channel_id=channel["id"])
    assert answers(scene, channel["id"]) == ["You said psst.", "You said hello."]
