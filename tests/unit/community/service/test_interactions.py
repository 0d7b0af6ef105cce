"""Commands and interactions: registering, invoking, answering, following up, running out of time."""

import json

import pytest

from doubles.community_world import world
from hubbub.events.contracts import events

API = "/api/v10"
ROLL = {
    "name": "roll",
    "description": "Roll dice",
    "options": [
        {"type": 4, "name": "sides", "description": "How many", "required": True, "min_value": 2, "max_value": 100},
        {"type": 6, "name": "who", "description": "For whom"},
        {"type": 3, "name": "mood", "description": "How", "choices": [{"name": "Good", "value": "good"}]},
    ],
}


@pytest.fixture
async def here(tmp_path):
    async with world(tmp_path) as built:
        yield built


@pytest.fixture
def robot(here):
    return here.client(here.robot)


@pytest.fixture
def bob(here):
    return here.client(here.bob)


def global_commands(here) -> str:
    return f"{API}/applications/{here.robot}/commands"


async def invoke(here, robot, bob, **fields):
    command = (await robot.post(global_commands(here), json=ROLL)).json()
    body = {
        "application_id": str(here.robot),
        "guild_id": str(here.guild),
        "channel_id": str(here.general),
        "command_id": command["id"],
        "options": [{"name": "sides", "value": 6}],
        "nonce": "n",
        **fields,
    }
    answer = await bob.post(f"{API}/interactions", json=body)
    if answer.status_code != 204:
        return answer.json()
    return next(event for event in await here.told() if isinstance(event, events.InteractionCreated)).interaction


def callback(interaction) -> str:
    return f"{API}/interactions/{interaction.id}/{interaction.token}/callback"


def webhook(interaction) -> str:
    return f"{API}/webhooks/{interaction.application_id}/{interaction.token}"


async def test_commands_of_both_scopes_live_their_lives(here, robot):
    for base in (global_commands(here), f"{API}/applications/{here.robot}/guilds/{here.guild}/commands"):
        made = await robot.post(base, json=ROLL)
        assert made.status_code == 201
        again = await robot.post(base, json={**ROLL, "description": "Throw dice"})
        assert again.status_code == 200
        assert again.json()["id"] == made.json()["id"]
        one = f"{base}/{made.json()['id']}"
        assert (await robot.get(one)).json()["description"] == "Throw dice"
        changed = await robot.patch(one, json={"description": "New", "default_member_permissions": "8"})
        assert changed.json()["default_member_permissions"] == "8"
        assert [o["name"] for o in changed.json()["options"]] == ["sides", "who", "mood"]
        swapped = await robot.put(base, json=[{"name": "roll", "description": "r"}, {"name": "Info", "type": 2}])
        assert [c["name"] for c in swapped.json()] == ["roll", "Info"]
        assert swapped.json()[0]["id"] == made.json()["id"]
        assert (await robot.delete(one)).status_code == 204
        assert (await robot.get(one)).json()["code"] == 10063
        assert [c["name"] for c in (await robot.get(f"{base}?with_localizations=true")).json()] == ["Info"]
    assert (await robot.get(f"{base}/permissions")).json() == []


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"name": "Roll"}, ["name"]),
        ({"name": "with space"}, ["name"]),
        ({"name": ""}, ["name"]),
        ({"description": ""}, ["description"]),
        ({"description": "x" * 101}, ["description"]),
        ({"options": [{"type": 3, "name": f"o{n}", "description": "d"} for n in range(26)]}, ["options"]),
        ({"options": [{"type": 12, "name": "o", "description": "d"}]}, ["options", "0", "type"]),
        ({"options": [{"type": 3, "name": "o", "description": "d"}] * 2}, ["options", "1", "name"]),
        (
            {
                "options": [
                    {"type": 3, "name": "a", "description": "d"},
                    {"type": 3, "name": "b", "description": "d", "required": True},
                ]
            },
            ["options", "1", "required"],
        ),
        (
            {"options": [{"type": 4, "name": "o", "description": "d", "choices": [{"name": "x", "value": "x"}]}]},
            ["options", "0", "choices", "0", "value"],
        ),
        (
            {
                "options": [
                    {
                        "type": 1,
                        "name": "s",
                        "description": "d",
                        "options": [{"type": 1, "name": "t", "description": "d"}],
                    }
                ]
            },
            ["options", "0", "options", "0", "type"],
        ),
        ({"options": [{"type": 3, "name": "o", "description": "d", "min_value": 1}]}, ["options", "0", "min_value"]),
        ({"name_localizations": {"xx": "a"}}, ["name_localizations", "xx"]),
    ],
)
async def test_a_wrong_command_is_refused_by_field(here, robot, change, path):
    answer = await robot.post(global_commands(here), json={**ROLL, **change})
    assert answer.json()["code"] == 50035
    found = answer.json()["errors"]
    for step in path:
        found = found[step]
    assert found["_errors"]


async def test_names_in_every_script_are_welcome(here, robot):
    for name in ("привет", "นะ", "हिन्दी", "日本", "l'amour", "a-b_c"):
        assert (await robot.post(global_commands(here), json={**ROLL, "name": name})).status_code == 201, name


async def test_another_application_is_out_of_bounds(here, robot, bob):
    answer = await robot.get(f"{API}/applications/{here.bob}/commands")
    assert answer.json()["code"] == 20012
    assert (await bob.get(global_commands(here))).json()["code"] == 20002


async def test_members_see_what_they_may_use(here, robot, bob):
    await robot.put(
        global_commands(here), json=[ROLL, {"name": "ban", "description": "b", "default_member_permissions": "4"}]
    )
    usable = await bob.get(f"{API}/guilds/{here.guild}/application-commands")
    assert [c["name"] for c in usable.json()] == ["roll"]


async def test_an_invocation_reaches_the_application_complete(here, robot, bob):
    options = [{"name": "sides", "value": 6}, {"name": "who", "value": str(here.carol)}]
    interaction = await invoke(here, robot, bob, options=options)
    assert interaction.member.user.username == "bob"
    assert int(interaction.member.permissions) & (1 << 11)
    assert interaction.channel.id == str(here.general)
    assert interaction.authorizing_integration_owners == {"0": str(here.guild)}
    assert [(o.name, o.value) for o in interaction.data.options] == [("sides", 6), ("who", str(here.carol))]
    assert interaction.data.resolved.users[str(here.carol)].username == "carol"
    assert interaction.data.resolved.members[str(here.carol)].permissions


@pytest.mark.parametrize(
    "options",
    [
        [],
        [{"name": "sides", "value": 1}],
        [{"name": "sides", "value": "six"}],
        [{"name": "sides", "value": True}],
        [{"name": "sides", "value": 6}, {"name": "mood", "value": "bad"}],
        [{"name": "sides", "value": 6}, {"name": "who", "value": "123"}],
        [{"name": "sides", "value": 6}, {"name": "unheard", "value": 1}],
    ],
)
async def test_values_are_held_against_the_options(here, robot, bob, options):
    assert (await invoke(here, robot, bob, options=options))["code"] == 50035


async def test_an_answer_is_given_once(here, robot, bob):
    interaction = await invoke(here, robot, bob)
    async with here.client(None) as app:
        body = {"type": 4, "data": {"content": "six"}}
        answer = await app.post(f"{callback(interaction)}?with_response=true", json=body)
        assert answer.status_code == 200, answer.text
        message = answer.json()["resource"]["message"]
        assert (message["type"], message["webhook_id"]) == (20, str(here.robot))
        assert message["interaction_metadata"]["user"]["username"] == "bob"
        assert answer.json()["interaction"]["response_message_id"] == message["id"]
        assert (await app.post(callback(interaction), json=body)).json()["code"] == 40060
    created, settled = await here.told()
    assert created.message.content == "six"
    assert (settled.user_id, settled.nonce, settled.succeeded) == (here.bob, "n", True)


async def test_a_deferred_answer_is_filled_in(here, robot, bob):
    interaction = await invoke(here, robot, bob)
    async with here.client(None) as app:
        assert (await app.post(callback(interaction), json={"type": 5})).status_code == 204
        waiting = (await app.get(f"{webhook(interaction)}/messages/@original")).json()
        assert waiting["flags"] & 128
        filled = await app.patch(
            f"{webhook(interaction)}/messages/@original",
            data={"payload_json": json.dumps({"content": "done"})},
            files={"files[0]": ("a.txt", b"abc")},
        )
        assert filled.status_code == 200, filled.text
        assert (filled.json()["flags"], filled.json()["content"]) == (0, "done")
        assert filled.json()["attachments"][0]["size"] == 3
        more = (await app.post(f"{webhook(interaction)}?wait=true", json={"content": "more"})).json()
        assert more["message_reference"]["message_id"] == waiting["id"]
        assert (await app.delete(f"{webhook(interaction)}/messages/{more['id']}")).status_code == 204
        assert (await app.get(f"{webhook(interaction)}/messages/{more['id']}")).json()["code"] == 10008
        other = (await bob.post(f"{API}/channels/{here.general}/messages", json={"content": "x"})).json()
        assert (await app.delete(f"{webhook(interaction)}/messages/{other['id']}")).json()["code"] == 10008


async def test_the_first_follow_up_fills_a_deferred_answer(here, robot, bob):
    interaction = await invoke(here, robot, bob)
    async with here.client(None) as app:
        await app.post(callback(interaction), json={"type": 5})
        first = (await app.post(webhook(interaction), json={"content": "done"})).json()
        original = (await app.get(f"{webhook(interaction)}/messages/@original")).json()
        assert first["id"] == original["id"]
        assert original["content"] == "done"


async def test_an_ephemeral_answer_is_for_one(here, robot, bob):
    interaction = await invoke(here, robot, bob)
    async with here.client(None) as app:
        await app.post(callback(interaction), json={"type": 4, "data": {"content": "psst", "flags": 64}})
        created = next(e for e in await here.told() if isinstance(e, events.MessageCreated))
        assert created.visible_to == here.bob
        assert (await bob.get(f"{API}/channels/{here.general}/messages")).json() == []
        mine = f"{API}/channels/{here.general}/messages/{created.message.id}"
        assert (await bob.get(mine)).json()["code"] == 10008
        changed = await app.patch(f"{webhook(interaction)}/messages/@original", json={"content": "new"})
        assert changed.json()["content"] == "new"
        here.moving.advance(901)
        await here.community.interactions.sweep()
        assert (await app.get(f"{webhook(interaction)}/messages/@original")).json()["code"] == 10015


async def test_three_seconds_are_all_there_is(here, robot, bob):
    interaction = await invoke(here, robot, bob)
    await here.community.interactions.sweep()
    assert await here.told() == []
    here.moving.advance(3.1)
    async with here.client(None) as app:
        assert (await app.post(callback(interaction), json={"type": 5})).json()["code"] == 10062
    await here.community.interactions.sweep()
    (settled,) = await here.told()
    assert (settled.user_id, settled.succeeded) == (here.bob, False)


@pytest.mark.parametrize("kind", [1, 6, 7, 8, 9, 99])
async def test_answers_that_are_not_offered_say_so(here, robot, bob, kind):
    interaction = await invoke(here, robot, bob)
    async with here.client(None) as app:
        answer = (await app.post(callback(interaction), json={"type": kind})).json()
        assert answer["code"] == 50035
        assert answer["errors"]["type"]["_errors"][0]["message"]


async def test_a_wrong_token_finds_nothing(here, robot, bob):
    interaction = await invoke(here, robot, bob)
    async with here.client(None) as app:
        wrong = f"{API}/interactions/{interaction.id}/{interaction.token}x/callback"
        assert (await app.post(wrong, json={"type": 5})).json()["code"] == 10062
