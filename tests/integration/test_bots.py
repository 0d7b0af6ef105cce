"""discord.py, hikari and discord.js, unmodified, live in a Hubbub guild.

Each program under `bots/` is written as its library's users write them, and `hubbub bot run` starts it. A person in the
same guild talks to it and sees what it does. Its way to the server leads through a proxy that cuts connections.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from servers.bot_scene import Scene, programs, scene_with
from servers.person import Json
from servers.waiting import until

CUTS = 3
EPHEMERAL = 1 << 6
LOADING = 1 << 7
RULES = b"Mind the step.\n"

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]


@pytest_asyncio.fixture(params=programs("steward"), scope="module", loop_scope="module")
async def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    program: Path = request.param
    async with scene_with(program, tmp_path_factory.mktemp("steward")) as scene:
        yield scene


async def test_it_sees_its_guild_and_registers_a_command(scene: Scene) -> None:
    hello = await scene.reply("At your service")
    assert hello["content"] == "At your service in The Lighthouse (2 members) with /report"
    assert hello["author"]["bot"] is True
    bot = await scene.person.get(f"/users/{scene.bot['user_id']}")
    assert (hello["author"]["id"], hello["author"]["username"]) == (bot["id"], bot["username"])


async def test_it_replies_with_an_embed_and_a_file_and_reacts(scene: Scene) -> None:
    question = await scene.person.say(scene.channel_id, "!hello")
    answer = await scene.reply("Come in!")
    assert answer["message_reference"]["message_id"] == question["id"]
    assert answer["referenced_message"]["content"] == "!hello"
    (embed,) = answer["embeds"]
    assert embed["title"] == "Welcome"
    assert embed["description"] == f"Hello, <@{scene.person.id}>!"
    assert embed["color"] == 0x3366CC
    assert embed["footer"]["text"] == "the steward"
    assert [field["name"] for field in embed["fields"]] == ["Channel"]
    (attachment,) = answer["attachments"]
    assert (attachment["filename"], attachment["size"]) == ("rules.txt", len(RULES))
    file = await scene.person.http.get(attachment["url"])
    assert file.content == RULES
    await scene.gateway.wait_for(
        "MESSAGE_REACTION_ADD",
        lambda each: each["message_id"] == question["id"] and each["user_id"] == scene.bot["user_id"],
    )
    stored = await scene.person.get(f"/channels/{scene.channel_id}/messages/{question['id']}")
    assert [reaction["emoji"]["name"] for reaction in stored["reactions"]] == ["👋"]
    # The library downloaded the same bytes by the address that it was told.
    await until(lambda: "attachment: Mind the step." in scene.running.printed, within_s=10)


async def test_it_edits_and_deletes(scene: Scene) -> None:
    await scene.person.say(scene.channel_id, "!tidy")
    draft = await scene.reply("a draft")
    slip = await scene.reply("a slip of the pen")
    edited = await scene.gateway.wait_for("MESSAGE_UPDATE", lambda each: each["id"] == draft["id"])
    assert edited["content"] == "the fair copy"
    assert edited["edited_timestamp"]
    await scene.gateway.wait_for("MESSAGE_DELETE", lambda each: each["id"] == slip["id"])
    history = await scene.person.get(f"/channels/{scene.channel_id}/messages?limit=20")
    contents = {message["id"]: message["content"] for message in history}
    assert contents[draft["id"]] == "the fair copy"
    assert slip["id"] not in contents


async def test_it_answers_a_slash_command_and_follows_up(scene: Scene) -> None:
    await scene.use("report", [{"name": "topic", "type": 3, "value": "the weather"}], nonce="n-1")
    thinking = await scene.gateway.wait_for("MESSAGE_CREATE", lambda each: each.get("flags") == LOADING)
    assert thinking["content"] == ""
    answer = await scene.gateway.wait_for(
        "MESSAGE_UPDATE", lambda each: each["content"] == "Report on the weather: nothing to complain of."
    )
    assert (answer["id"], answer["flags"]) == (thinking["id"], 0)
    assert answer["application_id"] == scene.bot["application_id"]
    assert answer["interaction_metadata"]["user"]["id"] == scene.person.id
    follow_up = await scene.reply("Ask me again tomorrow")
    assert follow_up["id"] != answer["id"]
    history = await scene.person.get(f"/channels/{scene.channel_id}/messages?limit=5")
    assert {follow_up["id"], answer["id"]} <= {message["id"] for message in history}


async def test_what_it_says_in_confidence_only_the_one_who_asked_sees(scene: Scene) -> None:
    guest = await scene.guest("gus")
    async with guest.gateway() as other:
        await scene.use("report", [{"name": "topic", "type": 3, "value": "secrets"}])
        secret = await scene.reply("Walls have ears")
        assert secret["flags"] & EPHEMERAL
        spoken = await scene.person.say(scene.channel_id, "aloud")
        await other.wait_for("MESSAGE_CREATE", lambda each: each["id"] == spoken["id"])
        assert not [data for name, data in other.events if name == "MESSAGE_CREATE" and data["id"] == secret["id"]]
    history = await guest.get(f"/channels/{scene.channel_id}/messages?limit=5")
    assert secret["id"] not in {message["id"] for message in history}


async def test_it_opens_a_direct_message_and_is_written_to(scene: Scene) -> None:
    await scene.person.say(scene.channel_id, "!whisper")
    whisper = await scene.reply("Between us, ada: all is well")
    channel_id = whisper["channel_id"]
    assert channel_id != scene.channel_id
    assert "guild_id" not in whisper
    history = await scene.person.get(f"/channels/{channel_id}/messages")
    assert [message["content"] for message in history] == [whisper["content"]]
    # The other way round: someone else writes to the bot first.
    stranger = await scene.guest("stella")
    channel = await stranger.post("/users/@me/channels", {"recipient_id": scene.bot["user_id"]})
    async with stranger.gateway() as gateway:
        await stranger.say(channel["id"], "psst")
        answer = await gateway.wait_for(
            "MESSAGE_CREATE", lambda each: each["author"]["id"] == scene.bot["user_id"], within_s=20
        )
    assert (answer["channel_id"], answer["content"]) == (channel["id"], "You said psst.")


async def test_a_dropped_bot_resumes_without_loss(scene: Scene) -> None:
    """Numbers are said while the bot is cut off and while it comes back: it hears each once, in one session."""
    speakers = [scene.person] + [await scene.guest(name) for name in ("ben", "cleo", "dan", "eve", "fay", "gil")]
    starts = await session_starts(scene)
    said = 0

    async def say(count: int) -> None:
        nonlocal said
        for _ in range(count):
            # Several people talk, as one alone may say ten things in five seconds.
            await speakers[said % len(speakers)].say(scene.channel_id, f"number {said}")
            said += 1

    await say(5)
    for cut in range(1, CUTS + 1):
        scene.proxy.hold()
        assert scene.proxy.cut() > 0
        await say(10)
        scene.proxy.release()
        await say(5)
        await until(lambda cut=cut: scene.running.printed.count("resumed\n") >= cut, within_s=45)
    await say(5)
    answer = await scene.told("!tally")
    assert answer == f"{said} numbers, 0 twice, in order, {CUTS} resumes, 1 ready"
    assert await session_starts(scene) == starts, "the bot identified anew"


async def session_starts(scene: Scene) -> Json:
    """Return how many sessions the bot may still start."""
    headers = {"Authorization": f"Bot {scene.bot['token']}"}
    response = await scene.person.http.get("/gateway/bot", headers=headers)
    limit: Json = response.json()["session_start_limit"]
    return {"total": limit["total"], "remaining": limit["remaining"]}
