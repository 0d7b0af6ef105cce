"""A moderation bot in each library removes, silences and tidies up, and hears of it all."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
import pytest_asyncio

from servers.bot_scene import Scene, programs, scene_with
from servers.person import Json, Person

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

REASON = "shouts at night, söng & dance"
EVENTS = {
    *("ban", "unban", "leave", "nick", "roles", "timeout", "bulk"),
    *("role+", "role~", "role-", "channel+", "channel~", "channel-"),
}


@pytest_asyncio.fixture(params=programs("warden"), scope="module", loop_scope="module")
async def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    program: Path = request.param
    async with scene_with(program, tmp_path_factory.mktemp("warden"), administrator=True) as scene:
        yield scene


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ben(scene: Scene) -> Person:
    return await scene.guest("ben")


async def channel(scene: Scene) -> Json:
    return dict(await scene.person.get(f"/channels/{scene.channel_id}"))


async def member_ids(scene: Scene) -> set[str]:
    members = await scene.person.get(f"/guilds/{scene.guild_id}/members?limit=100")
    return {member["user"]["id"] for member in members}


async def test_a_kicked_member_is_out_and_may_come_back(scene: Scene, ben: Person) -> None:
    assert await scene.told(f"!kick {ben.id} {REASON}") == "kicked ben"
    assert ben.id not in await member_ids(scene)
    await scene.admit(ben)
    assert ben.id in await member_ids(scene)


async def test_a_banned_member_is_kept_out_with_what_it_wrote(scene: Scene, ben: Person) -> None:
    said = await ben.say(scene.channel_id, "buy now")
    assert await scene.told(f"!ban {ben.id} 3600 {REASON}") == "banned ben"
    path = f"/channels/{scene.channel_id}/messages/{said['id']}"
    assert (await scene.person.request("GET", path)).json()["code"] == 10008
    assert await scene.told("!bans") == f"ben: {REASON}"
    invite = await scene.person.post(f"/channels/{scene.channel_id}/invites", {})
    assert (await ben.request("POST", f"/invites/{invite['code']}", json={})).json()["code"] == 40007
    assert await scene.told(f"!unban {ben.id}") == "unbanned ben"
    assert await scene.told("!bans") == "nobody"
    await ben.post(f"/invites/{invite['code']}", {})


async def test_several_are_banned_at_once(scene: Scene) -> None:
    raiders = [await scene.guest(f"raider_{number}") for number in range(2)]
    assert await scene.told(f"!banall {' '.join(each.id for each in raiders)}") == "banned 2, failed 0"
    assert not {each.id for each in raiders} & await member_ids(scene)


async def test_one_who_is_timed_out_is_silent_until_forgiven(scene: Scene, ben: Person) -> None:
    assert await scene.told(f"!timeout {ben.id} 10") == "ben is timed out: True"
    member = await scene.person.get(f"/guilds/{scene.guild_id}/members/{ben.id}")
    left_s = datetime.fromisoformat(member["communication_disabled_until"]).timestamp() - time.time()
    assert 500 < left_s <= 600
    refused = await ben.request("POST", f"/channels/{scene.channel_id}/messages", json={"content": "let me talk"})
    assert (refused.status_code, refused.json()["code"]) == (403, 50013)
    assert await scene.told(f"!forgive {ben.id}") == "ben may talk"
    await ben.say(scene.channel_id, "thanks")


async def test_messages_are_purged_together(scene: Scene, ben: Person) -> None:
    said = [(await ben.say(scene.channel_id, f"noise {number}"))["id"] for number in range(5)]
    assert await scene.told("!purge 5") == "purged 5"
    await scene.gateway.wait_for("MESSAGE_DELETE_BULK", lambda each: set(each["ids"]) == set(said))
    history = await scene.person.get(f"/channels/{scene.channel_id}/messages")
    assert not {message["id"] for message in history} & set(said)


async def test_slow_mode_holds_members_back(scene: Scene, ben: Person) -> None:
    await ben.say(scene.channel_id, "first")
    assert await scene.told("!slow 30") == "slow mode: 30"
    assert (await channel(scene))["topic"] == "quietly"
    refused = await ben.http.post(
        f"/channels/{scene.channel_id}/messages", json={"content": "second"}, headers={"Cookie": ben.cookie}
    )
    assert refused.status_code == 429
    assert refused.json()["code"] == 20016
    assert 0 < refused.json()["retry_after"] <= 30
    assert await scene.told("!slow 0") == "slow mode: 0"


async def test_a_channel_is_locked_and_unlocked(scene: Scene, ben: Person) -> None:
    assert await scene.told(f"!lock {ben.id}") == "may send: False"
    refused = await ben.request("POST", f"/channels/{scene.channel_id}/messages", json={"content": "hello?"})
    assert refused.json()["code"] == 50013
    assert await scene.told("!unlock") == "unlocked"
    await ben.say(scene.channel_id, "good morning")


async def test_roles_are_made_ordered_given_and_taken(scene: Scene, ben: Person) -> None:
    assert re.fullmatch(r"Chief Cook above \d", await scene.told(f"!role {ben.id} Cook"))
    roles = {role["name"]: role for role in await scene.person.get(f"/guilds/{scene.guild_id}/roles")}
    chief = roles["Chief Cook"]
    assert (chief["color"], chief["hoist"], chief["mentionable"]) == (0x123456, True, True)
    assert int(chief["permissions"]) == 1 << 1
    assert "Cook's aide" not in roles
    member = await scene.person.get(f"/guilds/{scene.guild_id}/members/{ben.id}")
    assert member["roles"] == [chief["id"]]


async def test_nicknames_are_given(scene: Scene, ben: Person) -> None:
    assert await scene.told(f"!nick {ben.id} Big Ben") == "now Big Ben"
    bot = await scene.person.get(f"/guilds/{scene.guild_id}/members/{scene.bot['user_id']}")
    assert bot["nick"] == "the warden"


async def test_rooms_are_made_moved_and_hidden(scene: Scene, ben: Person) -> None:
    answer = await scene.told("!room staff")
    made = re.fullmatch(r"made (\d+) in Staff, synced: True", answer, re.IGNORECASE)
    assert made, answer
    channels = {each["id"]: each for each in await scene.person.get(f"/guilds/{scene.guild_id}/channels")}
    room = channels[made[1]]
    assert (room["name"], room["topic"], room["rate_limit_per_user"]) == ("staff-room", "for staff", 5)
    assert channels[room["parent_id"]]["name"] == "Staff"
    assert {each["name"] for each in channels.values()} & {"copy", "Tower"} == set()
    assert made[1] not in {each["id"] for each in await ben.get(f"/guilds/{scene.guild_id}/channels")}


async def test_whoever_stands_higher_is_out_of_reach(scene: Scene) -> None:
    assert await scene.told("!owner") == "refused with 403 50013"


async def test_the_bot_heard_of_everything(scene: Scene) -> None:
    assert set((await scene.told("!log")).split()) == EVENTS
