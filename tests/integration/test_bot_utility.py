"""A useful bot in each library: commands of every kind, pictures, history, pins, and many words at once."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from servers.bot_scene import Scene, programs, scene_with
from servers.person import Json, Person

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, FILE = 3, 4, 5, 6, 7, 8, 9, 10, 11
SUB_COMMAND, SUB_COMMAND_GROUP = 1, 2
EPHEMERAL = 1 << 6
BURST = 15


@pytest_asyncio.fixture(params=programs("clerk"), scope="module", loop_scope="module")
async def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    program: Path = request.param
    async with scene_with(program, tmp_path_factory.mktemp("clerk"), administrator=True) as scene:
        yield scene


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ben(scene: Scene) -> Person:
    return await scene.guest("ben")


def value(name: str, kind: int, given: object) -> Json:
    return {"name": name, "type": kind, "value": given}


def order(scene: Scene, ben: Person, **changed: Any) -> list[Json]:
    """Return the values of an order, some changed; None leaves one out."""
    values: dict[str, tuple[int, object]] = {
        "dish": (STRING, "soup"),
        "count": (INTEGER, 2),
        "price": (NUMBER, 1.5),
        "warm": (BOOLEAN, True),
        "guest": (USER, ben.id),
        "table": (CHANNEL, scene.channel_id),
        "rank": (ROLE, scene.guild_id),
        "bill": (MENTIONABLE, scene.person.id),
        "size": (INTEGER, 2),
    }
    kept = {name: (kind, changed.get(name, given)) for name, (kind, given) in values.items()}
    kept |= {name: (STRING, given) for name, given in changed.items() if name not in values}
    return [value(name, kind, given) for name, (kind, given) in kept.items() if given is not None]


async def test_every_type_of_option_reaches_the_bot(scene: Scene, ben: Person) -> None:
    await scene.use("order", order(scene, ben))
    answer = await scene.reply("Large soup")
    assert answer["content"] == ("2 Large soup at 1.5 warm=True for ben in general as @everyone on ada, wish: none")
    await scene.use("order", order(scene, ben, wish="salt", warm=False, bill=scene.guild_id))
    answer = await scene.reply("wish: salt")
    assert (
        answer["content"] == "2 Large soup at 1.5 warm=False for ben in general as @everyone on @everyone, wish: salt"
    )


@pytest.mark.parametrize(
    ("changed", "at"),
    [
        ({"dish": "stew"}, 0),
        ({"count": 11}, 1),
        ({"count": 1.5}, 1),
        ({"warm": "yes"}, 3),
        ({"guest": "1"}, 4),
        ({"table": "1"}, 5),
        ({"wish": "x" * 21}, 9),
    ],
)
async def test_a_value_that_does_not_fit_is_refused_by_name(
    scene: Scene, ben: Person, changed: dict[str, object], at: int
) -> None:
    commands = await scene.person.get(f"/guilds/{scene.guild_id}/application-commands")
    (command,) = [each for each in commands if each["name"] == "order"]
    body = {
        "application_id": scene.bot["application_id"],
        "guild_id": scene.guild_id,
        "channel_id": scene.channel_id,
        "command_id": command["id"],
        "options": order(scene, ben, **changed),
    }
    refused = await ben.request("POST", "/interactions", json=body)
    assert (refused.status_code, refused.json()["code"]) == (400, 50035)
    assert str(at) in refused.json()["errors"]["options"]


async def test_subcommands_and_groups_reach_the_bot(scene: Scene) -> None:
    add = {"name": "add", "type": SUB_COMMAND, "options": [value("text", STRING, "buy milk")]}
    await scene.use("note", [add])
    await scene.reply("1 notes")
    tag = {"name": "set", "type": SUB_COMMAND, "options": [value("number", INTEGER, 1)]}
    await scene.use("note", [{"name": "tag", "type": SUB_COMMAND_GROUP, "options": [tag]}])
    await scene.reply(r"buy milk \*")


async def test_answers_in_confidence_are_edited_followed_and_taken_back(scene: Scene) -> None:
    await scene.use("archive", [value("word", STRING, "whales")])
    lost = await scene.reply("a lost page")
    await scene.gateway.wait_for("MESSAGE_DELETE", lambda each: each["id"] == lost["id"])
    found = await scene.gateway.wait_for("MESSAGE_UPDATE", lambda each: each["content"] == "Looking for whales: found")
    assert found["flags"] & EPHEMERAL
    page = await scene.gateway.wait_for("MESSAGE_UPDATE", lambda each: each["content"] == "another page")
    assert page["attachments"] == []


async def test_a_picture_is_shown_in_an_embed_and_replaced(scene: Scene) -> None:
    await scene.use("draw")
    drawn = await scene.gateway.wait_for(
        "MESSAGE_CREATE", lambda each: bool(each["embeds"]) and each["embeds"][0].get("title") == "A dot"
    )
    image = drawn["embeds"][0]["image"]
    assert (image["width"], image["height"]) == (1, 1)
    assert (await scene.person.http.get(image["url"])).headers["content-type"] == "image/png"
    await scene.person.say(scene.channel_id, "seen")  # the bot replaces the picture only then
    redrawn = await scene.gateway.wait_for("MESSAGE_UPDATE", lambda each: each["content"] == "redrawn")
    (attachment,) = redrawn["attachments"]
    assert (attachment["filename"], attachment["width"]) == ("dash.png", 1)
    assert redrawn["embeds"] == []
    assert (await scene.person.http.get(attachment["url"])).headers["content-type"] == "image/png"


async def test_a_file_for_a_command_is_refused_with_its_field(scene: Scene) -> None:
    with pytest.raises(AssertionError, match="Files cannot be given to a command here yet"):
        await scene.use("scan", [value("file", FILE, "1")])


async def test_a_command_for_the_staff_is_not_for_members(scene: Scene, ben: Person) -> None:
    path = f"/guilds/{scene.guild_id}/application-commands"
    commands = {each["name"]: each for each in await scene.person.get(path)}
    assert "staff" in commands
    assert "staff" not in {each["name"] for each in await ben.get(path)}
    body = {
        "application_id": scene.bot["application_id"],
        "guild_id": scene.guild_id,
        "channel_id": scene.channel_id,
        "command_id": commands["staff"]["id"],
    }
    refused = await ben.request("POST", "/interactions", json=body)
    assert refused.status_code in {403, 404}
    await scene.use("staff")
    hello = await scene.reply("hello, staff")
    await scene.gateway.wait_for("MESSAGE_DELETE", lambda each: each["id"] == hello["id"])


async def test_commands_on_messages_and_people_reach_the_bot(scene: Scene, ben: Person) -> None:
    message = await scene.person.say(scene.channel_id, "to be quoted")
    await scene.use("Quote", target_id=message["id"])
    await scene.reply("> to be quoted")
    await scene.use("Greet", target_id=ben.id)
    await scene.reply("Hello, ben!")


async def test_history_is_read_before_after_and_around(scene: Scene) -> None:
    assert await scene.told("!history") == "21 234 123"


async def test_pins_are_set_listed_and_taken_away(scene: Scene) -> None:
    assert await scene.told("!pins") == "to keep too, to keep; then 1"
    await scene.gateway.wait_for("CHANNEL_PINS_UPDATE")


async def test_attachments_are_kept_added_and_dropped(scene: Scene) -> None:
    # hikari sends no descriptions, so its bot tells the name instead.
    pattern = r"True \['a\.png', 'c\.png', 'd\.png'\] then 2: (a dot called )?c\.png"
    answer = await scene.told("!gallery")
    assert re.fullmatch(pattern, answer), answer


async def test_a_question_waits_for_its_answer(scene: Scene, ben: Person) -> None:
    question = await scene.person.say(scene.channel_id, "!question")
    await scene.gateway.wait_for("TYPING_START", lambda each: each["user_id"] == scene.bot["user_id"])
    asked = await scene.reply("Yes or no")
    await scene.person.say(scene.channel_id, "yes")
    await ben.put(f"/channels/{scene.channel_id}/messages/{asked['id']}/reactions/%F0%9F%91%8D/@me")
    answer = await scene.reply("ada said yes")
    assert answer["content"] == "ada said yes, ben gave 👍"
    assert answer["message_reference"]["message_id"] == question["id"]


async def test_a_clock_ticks(scene: Scene) -> None:
    assert await scene.told("!clock") == "3 ticks"


async def test_many_messages_at_once_are_slowed_and_none_fails(scene: Scene) -> None:
    answer = await scene.ask(f"!burst {BURST}", within_s=60)
    assert answer["content"] == f"{BURST} sent"
    history = await scene.person.get(f"/channels/{scene.channel_id}/messages?limit=100")
    burst = [message["content"] for message in history if re.fullmatch(r"burst \d+", message["content"])]
    assert len(burst) == len(set(burst)) == BURST


async def test_what_is_not_there_is_refused_at_once(scene: Scene) -> None:
    for answer in (await scene.told("!beyond")).split(", "):
        assert answer.endswith(" 404"), answer


async def test_components_are_refused_with_their_field(scene: Scene) -> None:
    assert (await scene.told("!buttons")).startswith("refused with 400 50035: ")
