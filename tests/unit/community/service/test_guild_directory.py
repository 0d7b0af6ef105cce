"""The directory of guilds: access, viewers, and that it never answers from before a write."""

import asyncio

import pytest

from doubles.community_api import community_api
from hubbub.community.domain.permissions import Permissions
from hubbub.community.errors import MissingAccess, MissingPermissions, UnknownChannel, UnknownGuild
from hubbub.community.service.actor import Actor
from hubbub.community.service.guild_directory import require


@pytest.fixture
async def api(tmp_path):
    async with community_api(tmp_path) as made:
        yield made


async def test_access_names_what_the_caller_may_do(api):
    ada, bob, eve = await api.person("ada"), await api.person("bob"), await api.person("eve")
    guild = await api.guild(ada, bob)
    directory, channel = api.community.ports.guilds, int(guild["text"])
    access = await directory.access(Actor(int(bob.id)), channel)
    require(access, Permissions.SEND_MESSAGES)
    with pytest.raises(MissingPermissions):
        require(access, Permissions.SEND_MESSAGES | Permissions.MANAGE_MESSAGES)
    for _ in range(2):
        with pytest.raises(MissingAccess):
            await directory.access(Actor(int(eve.id)), channel)
        with pytest.raises(UnknownGuild):
            await directory.membership(Actor(int(eve.id)), int(guild["id"]))
        with pytest.raises(UnknownChannel):
            await directory.access(Actor(int(ada.id)), 5)
    invite = await ada.ok("POST", f"/channels/{guild['text']}/invites", {})
    await eve.ok("POST", f"/invites/{invite['code']}")
    await directory.access(Actor(int(eve.id)), channel)


async def test_direct_messages_are_open_to_both_and_nobody_else(api):
    ada, bob, eve = await api.person("ada"), await api.person("bob"), await api.person("eve")
    await api.guild(ada, bob, eve)
    opened = await ada.ok("POST", "/users/@me/channels", {"recipient_id": bob.id})
    directory, channel = api.community.ports.guilds, int(opened["id"])
    for person in (ada, bob):
        access = await directory.access(Actor(int(person.id)), channel)
        assert access.guild is None
        assert set(access.recipients) == {int(ada.id), int(bob.id)}
        assert not access.permissions & Permissions.MANAGE_MESSAGES
    with pytest.raises(MissingAccess):
        await directory.access(Actor(int(eve.id)), channel)


async def test_viewers_follow_overwrites_roles_and_departures(api):
    ada, bob, eve = await api.person("ada"), await api.person("bob"), await api.person("eve")
    guild = await api.guild(ada, bob, eve)
    ids = {int(person.id) for person in (ada, bob, eve)}
    directory, base = api.community.ports.guilds, f"/guilds/{guild['id']}"

    async def viewers() -> set[int]:
        return await directory.viewers(int(guild["id"]), int(guild["text"]), [*ids, 5])

    assert await viewers() == ids
    role = await ada.ok("POST", f"{base}/roles", {"name": "in"})
    view = str(Permissions.VIEW_CHANNEL)
    await ada.ok("PUT", f"/channels/{guild['text']}/permissions/{guild['id']}", {"type": 0, "deny": view})
    await ada.ok("PUT", f"/channels/{guild['text']}/permissions/{role['id']}", {"type": 0, "allow": view})
    assert await viewers() == {int(ada.id)}
    await ada.ok("PUT", f"{base}/members/{bob.id}/roles/{role['id']}")
    assert await viewers() == {int(ada.id), int(bob.id)}
    await ada.ok("DELETE", f"{base}/members/{bob.id}")
    assert await viewers() == {int(ada.id)}
    assert await directory.member_count(int(guild["id"])) == 2
    await ada.ok("DELETE", f"/channels/{guild['text']}")
    assert await viewers() == set()


async def test_a_small_memory_still_answers_right(api):
    ada, bob = await api.person("ada"), await api.person("bob")
    guilds = [await api.guild(ada, bob) for _ in range(3)]
    small = type(api.community.ports.guilds)(api.records, api.clock, guilds_max=1, members_max=1, channels_max=1)
    for _ in range(2):
        for guild in guilds:
            for person in (ada, bob):
                access = await small.access(Actor(int(person.id)), int(guild["text"]))
                assert access.guild is not None
                assert access.guild.id == int(guild["id"])


async def test_a_message_written_while_its_guild_is_read_is_noted(api):
    ada = await api.person("ada")
    guild = await api.guild(ada)
    directory, channel = api.community.ports.guilds, int(guild["text"])
    directory.forget(int(guild["id"]))
    reading = asyncio.ensure_future(directory._load_guild(int(guild["id"])))
    directory.note_message(channel, 1 << 62)
    assert (await reading).channels[channel].last_message_id == 1 << 62


async def test_the_newest_message_is_noted_without_a_reload(api):
    ada = await api.person("ada")
    guild = await api.guild(ada)
    sent = await ada.ok("POST", f"/channels/{guild['text']}/messages", {"content": "x"})
    assert (await ada.ok("GET", f"/channels/{guild['text']}"))["last_message_id"] == sent["id"]
    await ada.ok("PATCH", f"/channels/{guild['text']}", {"topic": "new"})
    assert (await ada.ok("GET", f"/channels/{guild['text']}"))["last_message_id"] == sent["id"]
