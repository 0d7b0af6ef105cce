"""Members, bans, invites, emojis and bots over REST."""

from datetime import UTC, datetime, timedelta

import pytest

from doubles.community_api import PNG, community_api
from hubbub.community.domain.permissions import Permissions
from hubbub.events.contracts import events


@pytest.fixture
async def api(tmp_path):
    async with community_api(tmp_path) as made:
        yield made


async def grant(owner, guild, member, permissions):
    role = await owner.ok("POST", f"/guilds/{guild['id']}/roles", {"name": "r", "permissions": str(permissions)})
    await owner.ok("PUT", f"/guilds/{guild['id']}/members/{member.id}/roles/{role['id']}")
    return role


async def test_members_are_listed_searched_and_found(api):
    ada, bob, eve = await api.person("ada"), await api.person("bob", display_name="Builder"), await api.person("eve")
    guild = await api.guild(ada, bob)
    path = f"/guilds/{guild['id']}/members"
    assert [member["user"]["id"] for member in await ada.ok("GET", f"{path}?limit=10")] == [ada.id, bob.id]
    assert [member["user"]["id"] for member in await ada.ok("GET", f"{path}?limit=10&after={ada.id}")] == [bob.id]
    for query in ("BO", "build"):
        found = await ada.ok("GET", f"{path}/search?query={query}&limit=5")
        assert [member["user"]["username"] for member in found] == ["bob"]
    assert await ada.ok("GET", f"{path}/search?query=%25&limit=5") == []
    assert await ada.refused("GET", f"{path}/{eve.id}") == (404, 10007)
    assert await ada.refused("GET", f"{path}?limit=1001") == (400, 50035)


async def test_nicks_ask_for_the_right_permission(api):
    ada, bob = await api.person("ada"), await api.person("bob")
    guild = await api.guild(ada, bob)
    path = f"/guilds/{guild['id']}/members"
    assert (await bob.ok("PATCH", f"{path}/@me", {"nick": " Bobby "}))["nick"] == "Bobby"
    assert (await bob.ok("PATCH", f"{path}/@me/nick", {"nick": None}))["nick"] is None
    assert await bob.refused("PATCH", f"{path}/{ada.id}", {"nick": "x"}) == (403, 50013)
    assert (await ada.ok("PATCH", f"{path}/{bob.id}", {"nick": "B"}))["nick"] == "B"
    assert await ada.refused("PATCH", f"{path}/{bob.id}", {"nick": "x" * 33}) == (400, 50035)
    updated = [event for event in await api.told() if isinstance(event, events.MemberUpdated)]
    assert [event.member.nick for event in updated] == ["Bobby", None, "B"]


async def test_roles_are_given_below_ones_own_only(api):
    ada, bob, eve = await api.person("ada"), await api.person("bob"), await api.person("eve")
    guild = await api.guild(ada, bob, eve)
    path = f"/guilds/{guild['id']}/members/{eve.id}"
    high = await ada.ok("POST", f"/guilds/{guild['id']}/roles", {"name": "high"})
    await grant(ada, guild, bob, Permissions.MANAGE_ROLES)
    low = await ada.ok("POST", f"/guilds/{guild['id']}/roles", {"name": "low"})
    assert await bob.refused("PUT", f"{path}/roles/{high['id']}") == (403, 50013)
    await bob.ok("PUT", f"{path}/roles/{low['id']}")
    assert (await bob.ok("GET", path))["roles"] == [low["id"]]
    assert await eve.refused("PATCH", path, {"roles": []}) == (403, 50013)
    refused = await ada.ask("PATCH", path, {"roles": ["5"]})
    assert "roles" in refused.json()["errors"]
    await bob.ok("PATCH", path, {"roles": []})
    await ada.ok("PUT", f"{path}/roles/{low['id']}")
    await ada.ok("DELETE", f"/guilds/{guild['id']}/roles/{low['id']}")
    assert (await ada.ok("GET", path))["roles"] == []


async def test_a_timeout_silences_until_it_ends(api):
    ada, bob = await api.person("ada"), await api.person("bob")
    guild = await api.guild(ada, bob)
    path, messages = f"/guilds/{guild['id']}/members/{bob.id}", f"/channels/{guild['text']}/messages"
    now = datetime.fromtimestamp(api.clock.unix_ms() / 1000, UTC)
    until = (now + timedelta(minutes=5)).isoformat()
    assert await bob.refused("PATCH", path, {"communication_disabled_until": until}) == (403, 50013)
    held = await ada.ok("PATCH", path, {"communication_disabled_until": until})
    assert datetime.fromisoformat(held["communication_disabled_until"]) == now + timedelta(minutes=5)
    assert await bob.refused("POST", messages, {"content": "x"}) == (403, 50013)
    await bob.ok("GET", messages)
    api.clock.advance(301)
    await bob.ok("POST", messages, {"content": "x"})
    later = (now + timedelta(days=40)).isoformat()
    assert await ada.refused("PATCH", path, {"communication_disabled_until": later}) == (400, 50035)
    assert await ada.refused("PATCH", path, {"channel_id": guild["text"]}) == (400, 40032)


@pytest.mark.parametrize("past", ["2001-01-01T00:00:00", "0001-01-01T00:00:00+14:00"])
async def test_a_timeout_into_the_past_is_none(api, past):
    ada, bob = await api.person("ada"), await api.person("bob")
    guild = await api.guild(ada, bob)
    changed = await ada.ok("PATCH", f"/guilds/{guild['id']}/members/{bob.id}", {"communication_disabled_until": past})
    assert changed["communication_disabled_until"] is None


async def test_who_is_kicked_is_out_and_may_come_back(api):
    ada, bob = await api.person("ada"), await api.person("bob")
    guild = await api.guild(ada, bob)
    path = f"/guilds/{guild['id']}/members"
    assert await bob.refused("DELETE", f"{path}/{ada.id}") == (403, 50013)
    await ada.ok("DELETE", f"{path}/{bob.id}")
    assert await bob.refused("GET", f"/channels/{guild['text']}") == (403, 50001)
    invite = await ada.ok("POST", f"/channels/{guild['text']}/invites", {})
    await bob.ok("POST", f"/invites/{invite['code']}")
    await bob.ok("GET", f"/channels/{guild['text']}")
    await bob.ok("DELETE", f"/users/@me/guilds/{guild['id']}")
    assert await ada.refused("DELETE", f"/users/@me/guilds/{guild['id']}") == (400, 50055)


async def test_a_ban_takes_its_seconds_from_the_query_too(api):
    ada, bob = await api.person("ada"), await api.person("bob")
    guild = await api.guild(ada, bob)
    messages, ban = f"/channels/{guild['text']}/messages", f"/guilds/{guild['id']}/bans/{bob.id}"
    await bob.ok("POST", messages, {"content": "new"})
    assert (await ada.refused("PUT", f"{ban}?delete_message_seconds=604801")) == (400, 50035)
    await ada.ok("PUT", f"{ban}?delete_message_seconds=60")
    assert all(message["content"] != "new" for message in await ada.ok("GET", messages))


async def test_several_are_banned_at_once_and_who_could_not_be_is_told(api):
    ada, bob, eve = await api.person("ada"), await api.person("bob"), await api.person("eve")
    guild = await api.guild(ada, bob, eve)
    path = f"/guilds/{guild['id']}/bulk-ban"
    assert await eve.refused("POST", path, {"user_ids": [bob.id]}) == (403, 50013)
    result = await ada.ok("POST", path, {"user_ids": [bob.id, ada.id, "5", bob.id], "delete_message_seconds": 60})
    assert result == {"banned_users": [bob.id], "failed_users": [ada.id, "5"]}
    assert await ada.refused("POST", path, {"user_ids": [bob.id]}) == (400, 500000)
    assert await ada.refused("POST", path, {"user_ids": [bob.id] * 201}) == (400, 50035)


async def test_a_ban_keeps_out_and_sweeps_what_was_written(api):
    ada, bob, eve = await api.person("ada"), await api.person("bob"), await api.person("eve")
    guild = await api.guild(ada, bob)
    messages, bans = f"/channels/{guild['text']}/messages", f"/guilds/{guild['id']}/bans"
    old = await bob.ok("POST", messages, {"content": "old"})
    api.clock.advance(7200)
    await bob.ok("POST", messages, {"content": "new"})
    await ada.ok(
        "PUT", f"{bans}/{bob.id}", {"delete_message_seconds": 3600}, headers={"X-Audit-Log-Reason": "too%20loud"}
    )
    left = {message["id"] for message in await ada.ok("GET", messages) if message["author"]["id"] == bob.id}
    assert old["id"] in left
    assert all(message["content"] != "new" for message in await ada.ok("GET", messages))
    invite = await ada.ok("POST", f"/channels/{guild['text']}/invites", {})
    assert await bob.refused("POST", f"/invites/{invite['code']}") == (403, 40007)
    assert (await ada.ok("GET", f"{bans}/{bob.id}"))["reason"] == "too loud"
    await ada.ok("PUT", f"{bans}/{eve.id}", {})
    assert [ban["user"]["id"] for ban in await ada.ok("GET", bans)] == [bob.id, eve.id]
    assert [ban["user"]["id"] for ban in await ada.ok("GET", f"{bans}?before={eve.id}&limit=1")] == [bob.id]
    await ada.ok("DELETE", f"{bans}/{bob.id}")
    assert await ada.refused("DELETE", f"{bans}/{bob.id}") == (404, 10026)
    await bob.ok("POST", f"/invites/{invite['code']}")
    assert await bob.refused("GET", bans) == (403, 50013)


async def test_an_invite_is_seen_by_anyone_and_used_as_often_as_it_says(api):
    ada, bob, eve = await api.person("ada"), await api.person("bob"), await api.person("eve")
    guild = await api.guild(ada)
    invite = await ada.ok("POST", f"/channels/{guild['text']}/invites", {"max_uses": 1, "max_age": 3600})
    seen = await api.anyone().ok("GET", f"/invites/{invite['code']}?with_counts=true")
    assert (seen["guild"]["name"], seen["approximate_member_count"]) == ("Garden", 1)
    assert "uses" not in seen
    await bob.ok("POST", f"/invites/{invite['code']}")
    assert await eve.refused("POST", f"/invites/{invite['code']}") == (404, 10006)
    joined = [event for event in await api.told() if isinstance(event, events.MemberJoined)]
    assert [event.user_id for event in joined][-1] == int(bob.id)
    notice = (await bob.ok("GET", f"/channels/{guild['text']}/messages"))[0]
    assert (notice["type"], notice["author"]["id"]) == (7, bob.id)


async def test_membership_that_ends_by_itself_is_refused_by_name(api):
    ada = await api.person("ada")
    guild = await api.guild(ada)
    answer = await ada.ask("POST", f"/channels/{guild['text']}/invites", {"temporary": True})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["temporary"])


async def test_invites_expire_are_listed_and_end(api):
    ada, bob = await api.person("ada"), await api.person("bob")
    guild = await api.guild(ada, bob)
    path = f"/channels/{guild['text']}/invites"
    short = await ada.ok("POST", path, {"max_age": 60})
    forever = await ada.ok("POST", path, {"max_age": 0})
    assert (await ada.ok("POST", path, {"max_age": 0}))["code"] == forever["code"]
    assert (await ada.ok("POST", path, {"max_age": 0, "unique": True}))["code"] != forever["code"]
    assert await bob.refused("GET", f"/guilds/{guild['id']}/invites") == (403, 50013)
    api.clock.advance(61)
    assert await api.anyone().refused("GET", f"/invites/{short['code']}") == (404, 10006)
    assert short["code"] not in {each["code"] for each in await ada.ok("GET", f"/guilds/{guild['id']}/invites")}
    assert await bob.refused("DELETE", f"/invites/{forever['code']}") == (403, 50013)
    await ada.ok("DELETE", f"/invites/{forever['code']}")
    assert await ada.refused("DELETE", f"/invites/{forever['code']}") == (404, 10006)
    assert await ada.refused("POST", path, {"max_age": -1}) == (400, 50035)


async def test_emojis_are_made_renamed_and_removed(api):
    ada, bob = await api.person("ada"), await api.person("bob")
    guild = await api.guild(ada, bob)
    path = f"/guilds/{guild['id']}/emojis"
    emoji = await bob.ok("POST", path, {"name": "dot", "image": PNG})
    assert emoji["user"]["id"] == bob.id
    assert await api.community.pictures.find(f"emojis/{emoji['id']}")
    assert await bob.refused("POST", path, {"name": "d-t", "image": PNG}) == (400, 50035)
    assert await bob.refused("POST", path, {"name": "dot", "image": "data:image/png;base64,aGk="}) == (400, 50046)
    large = "data:image/png;base64," + "A" * 400_000
    assert await bob.refused("POST", path, {"name": "dot", "image": large}) == (400, 50045)
    other = await ada.ok("POST", path, {"name": "other", "image": PNG})
    assert await bob.refused("PATCH", f"{path}/{other['id']}", {"name": "mine"}) == (403, 50013)
    assert (await ada.ok("PATCH", f"{path}/{emoji['id']}", {"name": "point"}))["name"] == "point"
    await ada.ok("DELETE", f"{path}/{emoji['id']}")
    assert await ada.refused("GET", f"{path}/{emoji['id']}") == (404, 10014)
    told = [event for event in await api.told() if isinstance(event, events.EmojisUpdated)]
    assert [[each.name for each in event.emojis] for event in told] == [
        ["dot"],
        ["dot", "other"],
        ["point", "other"],
        ["other"],
    ]


async def test_a_bot_joins_with_a_role_of_its_own_and_leaves_with_it(api):
    ada, bob = await api.person("ada"), await api.person("bob")
    guild = await api.guild(ada, bob)
    bot = await api.bot(ada, "Robot Two")
    path = f"/guilds/{guild['id']}/applications/{bot.id}"
    assert await bob.refused("PUT", path, {"permissions": "0"}) == (403, 50013)
    member = await ada.ok("PUT", path, {"permissions": str(Permissions.MANAGE_MESSAGES)})
    role = await bot.ok("GET", f"/guilds/{guild['id']}/roles/{member['roles'][0]}")
    assert (role["managed"], role["tags"]["bot_id"]) == (True, bot.id)
    assert await ada.refused("DELETE", f"/guilds/{guild['id']}/roles/{role['id']}") == (400, 50028)
    assert [each["id"] for each in await bot.ok("GET", "/users/@me/guilds")] == [guild["id"]]
    application = await bot.ok("GET", "/applications/@me")
    assert (application["bot"]["id"], application["owner"]["id"]) == (bot.id, ada.id)
    await bot.ok("DELETE", f"/users/@me/guilds/{guild['id']}")
    assert len(await ada.ok("GET", f"/guilds/{guild['id']}/roles")) == 1
    invite = await ada.ok("POST", f"/channels/{guild['text']}/invites", {})
    assert await bot.refused("POST", f"/invites/{invite['code']}") == (403, 20001)
