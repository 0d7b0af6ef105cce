"""A welcoming bot in each library sees who comes and goes, hands out roles, and knows who is there."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from servers.bot_scene import Scene, programs, scene_with
from servers.person import Person
from servers.waiting import until

PICTURE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]


@pytest_asyncio.fixture(params=programs("usher"), scope="module", loop_scope="module")
async def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    program: Path = request.param
    async with scene_with(program, tmp_path_factory.mktemp("usher"), administrator=True) as scene:
        yield scene


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ben(scene: Scene) -> Person:
    return await scene.guest("ben")


async def roles_of(scene: Scene, person: Person) -> set[str]:
    names = {role["id"]: role["name"] for role in await scene.person.get(f"/guilds/{scene.guild_id}/roles")}
    member = await scene.person.get(f"/guilds/{scene.guild_id}/members/{person.id}")
    return {names[role_id] for role_id in member["roles"]}


async def test_who_comes_is_greeted_and_given_a_role(scene: Scene, ben: Person) -> None:
    greeting = await scene.reply(f"<@{ben.id}> is here")
    assert [mention["id"] for mention in greeting["mentions"]] == [ben.id]
    (embed,) = greeting["embeds"]
    assert embed["title"] == "Welcome ben"
    assert embed["author"]["name"] == "ben"
    assert {field["name"]: field["value"] for field in embed["fields"]} == {"Member": "#3", "Invited by": "ada"}
    assert await roles_of(scene, ben) == {"Guest"}


async def test_who_leaves_is_named(scene: Scene) -> None:
    guest = await scene.guest("gus")
    await scene.reply(f"<@{guest.id}> is here")
    await guest.delete(f"/users/@me/guilds/{scene.guild_id}")
    assert (await scene.reply("gus has left"))["content"] == "gus has left, 3 remain"


async def test_invites_are_made_seen_used_up_and_withdrawn(scene: Scene, ben: Person) -> None:
    made = re.fullmatch(r"(\w+) to The Lighthouse for 1, 3 there", await scene.told("!invite 1"))
    assert made
    await until(lambda: f"invite made: {made[1]} 1" in scene.running.printed, within_s=10)
    guest = await scene.guest("hal", joins=False)
    await guest.post(f"/invites/{made[1]}", {})
    await scene.reply(f"<@{guest.id}> is here")
    late = await scene.guest("ida", joins=False)
    assert (await late.request("POST", f"/invites/{made[1]}", json={})).json()["code"] == 10006
    invite = await scene.person.post(f"/channels/{scene.channel_id}/invites", {"unique": True})
    before = len(await scene.person.get(f"/channels/{scene.channel_id}/invites"))
    assert await scene.told(f"!uninvite {invite['code']}") == f"left: {before - 1}"
    await until(lambda: f"invite gone: {invite['code']}" in scene.running.printed, within_s=10)


async def test_a_reaction_with_an_emoji_of_the_guild_gives_a_role_and_takes_it(scene: Scene, ben: Person) -> None:
    answer = await scene.told("!roles")
    made = re.fullmatch(r"(\d+) (\d+) <:doorbell_rings:(\d+)> 1", answer)
    assert made, answer
    picture = await scene.person.http.get(f"{scene.server.url}/cdn/emojis/{made[3]}.png")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
    reaction = f"/channels/{scene.channel_id}/messages/{made[1]}/reactions/doorbell_rings:{made[3]}/@me"

    async def rings() -> bool:
        return "Ringer" in await roles_of(scene, ben)

    async def is_still() -> bool:
        return not await rings()

    await ben.put(reaction)
    await until(rings, within_s=10, every_s=0.2)
    assert await scene.told(f"!rang {made[1]}") == "2: ben steward"
    await ben.put(reaction)
    await ben.delete(reaction)
    await until(is_still, within_s=10, every_s=0.2)


async def test_members_are_chunked_listed_counted_and_searched(scene: Scene, ben: Person) -> None:
    assert await scene.told("!members") == "True 4 4 ['ben'] ['online']"


async def test_a_member_is_looked_at(scene: Scene, ben: Person) -> None:
    assert await scene.told(f"!look {ben.id}") == "ben ['Guest'] 0 send=True manage=False"
    await ben.patch("/users/@me", {"avatar": PICTURE})
    looked = re.fullmatch(r"ben \['Guest'\] (\d+) send=True manage=False", await scene.told(f"!look {ben.id}"))
    assert looked
    assert int(looked[1]) > 60


async def test_presences_are_seen_and_shown(scene: Scene, ben: Person) -> None:
    async with ben.gateway() as gateway:
        await until(lambda: "ben is online" in scene.running.printed, within_s=10)
        await scene.told("!mood waiting")
        shown = await gateway.wait_for(
            "PRESENCE_UPDATE",
            lambda each: each["user"]["id"] == scene.bot["user_id"] and each["status"] == "idle",
        )
        assert [activity.get("state") for activity in shown["activities"]] == ["waiting"]
    await until(lambda: "ben is offline" in scene.running.printed, within_s=10)
