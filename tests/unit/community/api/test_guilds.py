"""Guilds, roles and channels over REST."""

import pytest

from doubles.community_api import PNG, community_api
from hubbub.community.domain.permissions import Permissions
from hubbub.events.contracts import events


@pytest.fixture
async def api(tmp_path):
    async with community_api(tmp_path) as made:
        yield made


async def manager(api, owner, guild, member, permissions, *, name="managers"):
    """Give `member` a role with `permissions` and return the role."""
    role = await owner.ok("POST", f"/guilds/{guild['id']}/roles", {"name": name, "permissions": str(permissions)})
    await owner.ok("PUT", f"/guilds/{guild['id']}/members/{member.id}/roles/{role['id']}")
    return role


async def test_a_new_guild_can_be_talked_in(api):
    ada = await api.person("ada")
    guild = await ada.ok("POST", "/guilds", {"name": " My   Garden ", "icon": PNG})
    assert guild["name"] == "My Garden"
    assert guild["owner_id"] == ada.id
    assert [role["name"] for role in guild["roles"]] == ["@everyone"]
    channels = await ada.ok("GET", f"/guilds/{guild['id']}/channels")
    assert sorted(channel["type"] for channel in channels) == [0, 2, 4, 4]
    assert await api.community.pictures.find(f"icons/{guild['id']}/{guild['icon']}")
    told = await api.told()
    assert [type(event) for event in told][:2] == [events.GuildCreated, events.MemberJoined]


async def test_a_guild_is_unknown_to_strangers(api):
    ada, eve = await api.person("ada"), await api.person("eve")
    guild = await api.guild(ada)
    for method, path in (
        ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/roles"), ("GET", "/channels"), ("GET", "/members"),
        ("GET", "/invites"), ("GET", "/bans"), ("GET", "/emojis"),
    ):  # fmt: skip
        body = {} if method == "PATCH" else None
        assert await eve.refused(method, f"/guilds/{guild['id']}{path}", body) == (404, 10004), (method, path)
    assert await eve.refused("GET", f"/channels/{guild['text']}") == (403, 50001)


async def test_settings_change_by_permission(api):
    ada, bob = await api.person("ada"), await api.person("bob")
    guild = await api.guild(ada, bob)
    assert await bob.refused("PATCH", f"/guilds/{guild['id']}", {"name": "Mine"}) == (403, 50013)
    await manager(api, ada, guild, bob, Permissions.MANAGE_GUILD)
    await api.told()
    changed = await bob.ok("PATCH", f"/guilds/{guild['id']}", {"name": "Ours", "description": "x", "afk_timeout": 60})
    assert (changed["name"], changed["description"], changed["afk_timeout"]) == ("Ours", "x", 60)
    (told,) = await api.told()
    assert isinstance(told, events.GuildUpdated)
    assert told.guild.name == "Ours"
    assert await bob.refused("PATCH", f"/guilds/{guild['id']}", {"owner_id": bob.id}) == (403, 20018)
    refused = await bob.ask("PATCH", f"/guilds/{guild['id']}", {"system_channel_id": "5", "afk_timeout": 7})
    assert set(refused.json()["errors"]) == {"system_channel_id", "afk_timeout"}


async def test_a_guild_is_handed_over_to_a_member_who_is_a_person(api):
    ada, bob, eve = await api.person("ada"), await api.person("bob"), await api.person("eve")
    guild = await api.guild(ada, bob)
    bot = await api.bot(ada)
    await ada.ok("PUT", f"/guilds/{guild['id']}/applications/{bot.id}", {"permissions": "0"})
    assert await ada.refused("PATCH", f"/guilds/{guild['id']}", {"owner_id": bot.id}) == (400, 50132)
    assert await ada.refused("PATCH", f"/guilds/{guild['id']}", {"owner_id": eve.id}) == (404, 10007)
    await ada.ok("PATCH", f"/guilds/{guild['id']}", {"owner_id": bob.id})
    assert await ada.refused("DELETE", f"/guilds/{guild['id']}") == (403, 20018)
    await bob.ok("DELETE", f"/guilds/{guild['id']}")
    assert await bob.refused("GET", f"/guilds/{guild['id']}") == (404, 10004)
    assert await bob.ok("GET", "/users/@me/guilds") == []


async def test_a_role_grants_only_what_its_maker_has(api):
    ada, bob = await api.person("ada"), await api.person("bob")
    guild = await api.guild(ada, bob)
    path = f"/guilds/{guild['id']}/roles"
    assert await bob.refused("POST", path, {"name": "x"}) == (403, 50013)
    await manager(api, ada, guild, bob, Permissions.MANAGE_ROLES)
    assert await bob.refused("POST", path, {"permissions": str(Permissions.BAN_MEMBERS)}) == (403, 50013)
    role = await bob.ok("POST", path, {"name": "fans", "permissions": str(Permissions.SEND_MESSAGES)})
    assert (role["position"], role["managed"]) == (1, False)


async def test_roles_above_ones_own_cannot_be_touched(api):
    ada, bob = await api.person("ada"), await api.person("bob")
    guild = await api.guild(ada, bob)
    path = f"/guilds/{guild['id']}/roles"
    high = await ada.ok("POST", path, {"name": "high", "permissions": "0"})
    own = await manager(api, ada, guild, bob, Permissions.MANAGE_ROLES)
    low = await ada.ok("POST", path, {"name": "low", "permissions": "0"})
    assert await bob.refused("PATCH", f"{path}/{high['id']}", {"name": "x"}) == (403, 50013)
    assert await bob.refused("DELETE", f"{path}/{own['id']}") == (403, 50013)
    assert await bob.refused("PATCH", path, [{"id": low["id"], "position": 9}]) == (403, 50013)
    await bob.ok("PATCH", f"{path}/{low['id']}", {"name": "lowly"})
    await bob.ok("DELETE", f"{path}/{low['id']}")
    assert await bob.refused("DELETE", f"{path}/{low['id']}") == (404, 10011)
    assert await ada.refused("DELETE", f"{path}/{guild['id']}") == (400, 50028)


async def test_a_new_role_lifts_the_others_so_that_each_has_its_own_place(api):
    ada = await api.person("ada")
    guild = await api.guild(ada)
    path = f"/guilds/{guild['id']}/roles"
    for name in "abc":
        assert (await ada.ok("POST", path, {"name": name}))["position"] == 1
    places = [(role["name"], role["position"]) for role in await ada.ok("GET", path)]
    assert places == [("@everyone", 0), ("c", 1), ("b", 2), ("a", 3)]


async def test_moved_roles_are_numbered_without_gaps(api):
    ada = await api.person("ada")
    guild = await api.guild(ada)
    path = f"/guilds/{guild['id']}/roles"
    made = [await ada.ok("POST", path, {"name": name}) for name in "abc"]
    await ada.ok("PATCH", path, [{"id": role["id"], "position": n} for n, role in enumerate(made, 1)])
    moved = await ada.ok("PATCH", path, [{"id": made[0]["id"], "position": 3}])
    assert [(role["name"], role["position"]) for role in moved] == [("@everyone", 0), ("b", 1), ("c", 2), ("a", 3)]
    moved = await ada.ok("PATCH", path, [{"id": made[0]["id"], "position": 1}])
    assert [role["name"] for role in moved] == ["@everyone", "a", "b", "c"]


async def test_channels_are_named_placed_and_inherit_from_their_category(api):
    ada = await api.person("ada")
    guild = await api.guild(ada)
    path = f"/guilds/{guild['id']}/channels"
    deny = [{"id": guild["id"], "type": 0, "deny": str(Permissions.SEND_MESSAGES)}]
    category = await ada.ok("POST", path, {"name": "Rooms", "type": 4, "permission_overwrites": deny})
    first = await ada.ok("POST", path, {"name": "My  Room!", "parent_id": category["id"]})
    second = await ada.ok("POST", path, {"name": "zwei", "parent_id": category["id"], "rate_limit_per_user": 5})
    assert (first["name"], first["position"], second["position"]) == ("my-room!", 0, 1)
    assert first["permission_overwrites"] == category["permission_overwrites"]
    assert second["rate_limit_per_user"] == 5
    voice = await ada.ok("POST", path, {"name": "Talk", "type": 2, "bitrate": 96000, "user_limit": 7})
    assert (voice["bitrate"], voice["user_limit"]) == (96000, 7)
    for form, field in (
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x", "type": 15}, "type"),
        ({"name": "x", "parent_id": voice["id"]}, "parent_id"),
        ({"name": "x", "topic": "x" * 1025}, "topic"),
        ({"name": "x", "rate_limit_per_user": 21601}, "rate_limit_per_user"),
        ({"name": "x", "permission_overwrites": [{"id": "5", "type": 0}]}, "permission_overwrites"),
    ):
        refused = await ada.ask("POST", path, form)
        assert field in refused.json()["errors"], form


async def test_a_deleted_channel_takes_its_messages_and_frees_its_children(api):
    ada = await api.person("ada")
    guild = await api.guild(ada)
    channels = await ada.ok("GET", f"/guilds/{guild['id']}/channels")
    text = next(channel for channel in channels if channel["id"] == guild["text"])
    await ada.ok("POST", f"/channels/{guild['text']}/messages", {"content": "hello"})
    await api.told()
    await ada.ok("DELETE", f"/channels/{text['parent_id']}")
    told = await api.told()
    assert [type(event) for event in told] == [events.ChannelUpdated, events.ChannelDeleted]
    assert (await ada.ok("GET", f"/channels/{guild['text']}"))["parent_id"] is None
    await ada.ok("DELETE", f"/channels/{guild['text']}")
    assert [type(event) for event in await api.told()] == [events.GuildUpdated, events.ChannelDeleted]
    assert await ada.refused("GET", f"/channels/{guild['text']}/messages") == (404, 10003)
    assert (await ada.ok("GET", f"/guilds/{guild['id']}"))["system_channel_id"] is None


async def test_overwrites_hide_a_channel_and_show_it_again(api):
    ada, bob = await api.person("ada"), await api.person("bob")
    guild = await api.guild(ada, bob)
    path = f"/channels/{guild['text']}/permissions"
    assert await bob.refused("PUT", f"{path}/{guild['id']}", {"type": 0, "deny": "1024"}) == (403, 50013)
    await ada.ok("PUT", f"{path}/{guild['id']}", {"type": 0, "deny": str(Permissions.VIEW_CHANNEL)})
    assert await bob.refused("GET", f"/channels/{guild['text']}") == (403, 50001)
    assert guild["text"] not in {each["id"] for each in await bob.ok("GET", f"/guilds/{guild['id']}/channels")}
    await ada.ok("PUT", f"{path}/{bob.id}", {"type": 1, "allow": str(Permissions.VIEW_CHANNEL)})
    await bob.ok("GET", f"/channels/{guild['text']}")
    await ada.ok("DELETE", f"{path}/{bob.id}")
    assert await ada.refused("DELETE", f"{path}/{bob.id}") == (404, 10009)
    assert await bob.refused("GET", f"/channels/{guild['text']}") == (403, 50001)


async def test_overwrites_grant_only_what_their_maker_has(api):
    ada, bob = await api.person("ada"), await api.person("bob")
    guild = await api.guild(ada, bob)
    await manager(api, ada, guild, bob, Permissions.MANAGE_ROLES | Permissions.MANAGE_CHANNELS)
    path = f"/channels/{guild['text']}"
    overwrite = {"id": bob.id, "type": 1, "allow": str(Permissions.MANAGE_MESSAGES)}
    assert await bob.refused("PUT", f"{path}/permissions/{bob.id}", overwrite) == (403, 50013)
    assert await bob.refused("PATCH", path, {"permission_overwrites": [overwrite]}) == (403, 50013)
    await bob.ok("PATCH", path, {"permission_overwrites": [{**overwrite, "allow": str(Permissions.SEND_MESSAGES)}]})


async def test_channels_move_and_take_over_a_categorys_overwrites(api):
    ada = await api.person("ada")
    guild = await api.guild(ada)
    path = f"/guilds/{guild['id']}/channels"
    deny = [{"id": guild["id"], "type": 0, "allow": "0", "deny": "2048"}]
    category = await ada.ok("POST", path, {"name": "Rooms", "type": 4, "permission_overwrites": deny})
    await api.told()
    move = {"id": guild["text"], "position": 4, "parent_id": category["id"], "lock_permissions": True}
    await ada.ok("PATCH", path, [move])
    moved = await ada.ok("GET", f"/channels/{guild['text']}")
    assert (moved["position"], moved["parent_id"], moved["permission_overwrites"]) == (4, category["id"], deny)
    assert [type(event) for event in await api.told()] == [events.ChannelUpdated]
    await ada.ok("PATCH", path, [move])
    assert await api.told() == []


async def test_the_list_of_guilds_pages_by_id(api):
    ada = await api.person("ada")
    made = [(await api.guild(ada))["id"] for _ in range(3)]
    assert [each["id"] for each in await ada.ok("GET", "/users/@me/guilds")] == made
    assert [each["id"] for each in await ada.ok("GET", f"/users/@me/guilds?after={made[0]}&limit=1")] == [made[1]]
    (last,) = await ada.ok("GET", f"/users/@me/guilds?after={made[1]}&with_counts=true")
    assert (last["owner"], last["approximate_member_count"]) == (True, 1)


async def test_of_two_moves_of_one_channel_the_later_counts(api):
    ada = await api.person("ada")
    guild = await api.guild(ada)
    await api.told()
    moves = [{"id": guild["text"], "position": place} for place in (5, 3)]
    await ada.ok("PATCH", f"/guilds/{guild['id']}/channels", moves)
    told = [event for event in await api.told() if isinstance(event, events.ChannelUpdated)]
    assert [event.channel.position for event in told] == [3]
