"""What several people do at the same moment ends in one of the orders that it could have had, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import Table, func, select

from doubles.community_api import PNG, Api, Caller, community_api
from hubbub.community.adapters import tables
from hubbub.community.domain.permissions import Permissions
from hubbub.community.service import applications, guilds, invites
from hubbub.events.contracts import events
from hubbub.storage.records.port import Records, Statement


@pytest.fixture
async def api(migrated_records: Records, tmp_path: Path) -> AsyncIterator[Api]:
    async with community_api(tmp_path, migrated_records) as made:
        yield made


async def statuses(*requests: Awaitable[Any]) -> list[int]:
    return [response.status_code for response in await asyncio.gather(*requests)]


async def crowd(api: Api, size: int) -> list[Caller]:
    return [await api.person(f"person{number}") for number in range(size)]


async def test_an_invite_lets_in_as_many_as_it_says(api: Api) -> None:
    ada = await api.person("ada")
    guild = await api.guild(ada)
    people = await crowd(api, 20)
    invite = await ada.ok("POST", f"/channels/{guild['text']}/invites", {"max_uses": 7})
    found = await statuses(*(person.ask("POST", f"/invites/{invite['code']}") for person in people))
    assert sorted(found) == [200] * 7 + [404] * 13
    assert len(await ada.ok("GET", f"/guilds/{guild['id']}/members?limit=100")) == 8
    assert (await ada.ok("GET", f"/guilds/{guild['id']}/invites")) == []


async def test_whoever_joins_while_being_banned_is_out(api: Api) -> None:
    ada = await api.person("ada")
    guild = await api.guild(ada)
    people = await crowd(api, 8)
    invite = await ada.ok("POST", f"/channels/{guild['text']}/invites", {})
    bans = (ada.ask("PUT", f"/guilds/{guild['id']}/bans/{person.id}", {}) for person in people)
    joins = (person.ask("POST", f"/invites/{invite['code']}") for person in people)
    pairs = [request for pair in zip(joins, bans, strict=True) for request in pair]
    found = await statuses(*pairs)
    assert set(found[1::2]) == {204}
    assert set(found[::2]) <= {200, 403}
    assert [member["user"]["id"] for member in await ada.ok("GET", f"/guilds/{guild['id']}/members?limit=100")] == [
        ada.id
    ]


async def test_a_join_that_the_ban_did_not_see_is_undone_by_it(api: Api) -> None:
    ada, bob = await api.person("ada"), await api.person("bob")
    guild = await api.guild(ada)
    members, directory = api.community.members, api.community.ports.guilds
    assert await directory.member(int(guild["id"]), int(bob.id)) is None
    stale = directory._members.get((int(guild["id"]), int(bob.id)))
    assert stale is not None
    await members.join(int(guild["id"]), int(bob.id))
    directory._members.put((int(guild["id"]), int(bob.id)), stale)
    await ada.ok("PUT", f"/guilds/{guild['id']}/bans/{bob.id}", {})
    assert await bob.refused("GET", f"/guilds/{guild['id']}") == (404, 10004)
    told = [type(event) for event in await api.told()]
    assert told[-2:] == [events.BanAdded, events.MemberLeft]


async def test_a_ban_holds_for_someone_who_just_left(api: Api) -> None:
    ada, bob = await api.person("ada"), await api.person("bob")
    guild = await api.guild(ada, bob)
    directory = api.community.ports.guilds
    held = await directory.member(int(guild["id"]), int(bob.id))
    assert held is not None
    await bob.ok("DELETE", f"/users/@me/guilds/{guild['id']}")
    directory._members.put((int(guild["id"]), int(bob.id)), held)
    await ada.ok("PUT", f"/guilds/{guild['id']}/bans/{bob.id}", {})
    assert [ban["user"]["id"] for ban in await ada.ok("GET", f"/guilds/{guild['id']}/bans")] == [bob.id]


async def test_a_guild_keeps_an_owner_who_is_a_member(api: Api) -> None:
    ada, bob = await api.person("ada"), await api.person("bob")
    for _ in range(5):
        guild = await api.guild(ada, bob)
        base = f"/guilds/{guild['id']}"
        handed, left = await statuses(
            ada.ask("PATCH", base, {"owner_id": bob.id}), bob.ask("DELETE", f"/users/@me{base}")
        )
        owner = (await ada.ok("GET", base))["owner_id"]
        members = {member["user"]["id"] for member in await ada.ok("GET", f"{base}/members?limit=10")}
        assert owner in members
        assert (handed == 200) == (owner == bob.id)
        assert (left == 204) == (bob.id not in members)


async def test_nobody_joins_a_guild_that_is_gone(api: Api) -> None:
    ada, *people = await crowd(api, 6)
    guild = await api.guild(ada)
    invite = await ada.ok("POST", f"/channels/{guild['text']}/invites", {})
    joins = [person.ask("POST", f"/invites/{invite['code']}") for person in people]
    found = await statuses(*joins[:3], ada.ask("DELETE", f"/guilds/{guild['id']}"), *joins[3:])
    assert set(found) <= {200, 204, 404}
    for person in people:
        assert await person.ok("GET", "/users/@me/guilds") == []


async def test_a_message_into_a_channel_that_is_deleted_leaves_nothing(api: Api) -> None:
    ada, bob = await api.person("ada"), await api.person("bob")
    guild = await api.guild(ada, bob)
    channel = (await ada.ok("POST", f"/guilds/{guild['id']}/channels", {"name": "room"}))["id"]
    sends = [bob.ask("POST", f"/channels/{channel}/messages", {"content": f"m{n}"}) for n in range(10)]
    found = await statuses(*sends[:5], ada.ask("DELETE", f"/channels/{channel}"), *sends[5:])
    assert set(found) <= {200, 404}
    assert await api.community.message_reader.page(int(channel), limit=50, before=None, after=None, around=None) == []
    told = await api.told()
    gone = next(n for n, event in enumerate(told) if isinstance(event, events.ChannelDeleted))
    assert not any(isinstance(event, events.MessageCreated) for event in told[gone:])


async def test_reordering_roles_while_one_goes_keeps_an_order(api: Api) -> None:
    ada = await api.person("ada")
    guild = await api.guild(ada)
    path = f"/guilds/{guild['id']}/roles"
    roles = [await ada.ok("POST", path, {"name": f"r{n}"}) for n in range(4)]
    moves = [
        ada.ask("PATCH", path, [{"id": role["id"], "position": place}])
        for role, place in zip(roles, (4, 3, 2, 1), strict=True)
    ]
    found = await statuses(*moves, ada.ask("DELETE", f"{path}/{roles[1]['id']}"))
    assert set(found) <= {200, 204, 404}
    left = await ada.ok("GET", path)
    assert left[0]["position"] == 0
    assert len(left) == 4
    assert len({role["id"] for role in left}) == 4


async def test_a_role_that_goes_takes_its_overwrites_along(api: Api) -> None:
    ada, bob = await api.person("ada"), await api.person("bob")
    guild = await api.guild(ada, bob)
    first = await ada.ok("POST", f"/guilds/{guild['id']}/roles", {"name": "first"})
    second = await ada.ok("POST", f"/guilds/{guild['id']}/roles", {"name": "second"})
    overwrites = f"/channels/{guild['text']}/permissions"
    await ada.ok("PUT", f"{overwrites}/{first['id']}", {"type": 0, "allow": "0", "deny": "2048"})
    await ada.ok("PUT", f"/guilds/{guild['id']}/members/{bob.id}/roles/{first['id']}")
    await ada.ok("DELETE", f"/guilds/{guild['id']}/roles/{first['id']}")
    told = [type(event) for event in await api.told()][-2:]
    assert told == [events.RoleDeleted, events.ChannelUpdated]
    await ada.ok("PUT", f"{overwrites}/{second['id']}", {"type": 0, "allow": "0", "deny": "2048"})
    channel = await ada.ok("GET", f"/channels/{guild['text']}")
    assert [overwrite["id"] for overwrite in channel["permission_overwrites"]] == [second["id"]]
    await ada.ok("PUT", f"/guilds/{guild['id']}/members/{bob.id}/roles/{second['id']}")
    assert (await ada.ok("GET", f"/guilds/{guild['id']}/members/{bob.id}"))["roles"] == [second["id"]]


async def test_a_text_channel_takes_over_what_its_category_says_of_voice(api: Api) -> None:
    ada, bob = await api.person("ada"), await api.person("bob")
    guild = await api.guild(ada, bob)
    voice = str(Permissions.CONNECT)
    overwrite = {"id": guild["id"], "type": 0, "allow": "0", "deny": voice}
    changed = await ada.ok("PATCH", f"/channels/{guild['text']}", {"permission_overwrites": [overwrite]})
    assert changed["permission_overwrites"][0]["deny"] == voice
    await ada.ok("PUT", f"/channels/{guild['text']}/permissions/{bob.id}", {"type": 1, "allow": voice, "deny": "0"})


async def test_a_channel_that_one_cannot_see_is_moved_into_no_category(api: Api) -> None:
    ada, bob = await api.person("ada"), await api.person("bob")
    guild = await api.guild(ada, bob)
    base = f"/guilds/{guild['id']}"
    can = Permissions.MANAGE_CHANNELS | Permissions.MANAGE_ROLES
    await ada.ok("PATCH", f"{base}/roles/{guild['id']}", {"permissions": str(Permissions.VIEW_CHANNEL | can)})
    open_category = await ada.ok("POST", f"{base}/channels", {"name": "open", "type": 4})
    hidden = {"id": guild["id"], "type": 0, "allow": "0", "deny": str(Permissions.VIEW_CHANNEL)}
    secret = await ada.ok("POST", f"{base}/channels", {"name": "secret", "permission_overwrites": [hidden]})
    move = {"id": secret["id"], "parent_id": open_category["id"], "lock_permissions": True}
    assert await bob.refused("PATCH", f"{base}/channels", [move]) == (403, 50013)
    assert await bob.refused("GET", f"/channels/{secret['id']}") == (403, 50001)


async def rows(api: Api, table: Table) -> int:
    count = Statement(f"test.count_{table.name}", select(func.count()).select_from(table), into=int)
    return await api.records.fetch_one(count) or 0


async def test_of_two_edits_at_once_none_is_lost(api: Api) -> None:
    ada, bob = await api.person("ada"), await api.person("bob")
    guild = await api.guild(ada, bob)
    base = f"/channels/{guild['text']}/messages"
    for round_ in range(5):
        sent = await bob.ok("POST", base, {"content": "first"})
        edits = (
            bob.ask("PATCH", f"{base}/{sent['id']}", {"content": f"better {round_}"}),
            ada.ask("PATCH", f"{base}/{sent['id']}", {"flags": 4}),
        )
        assert await statuses(*edits) == [200, 200]
        after = await ada.ok("GET", f"{base}/{sent['id']}")
        assert (after["content"], after["flags"]) == (f"better {round_}", 4)


async def test_nothing_hangs_on_a_message_that_was_deleted(api: Api) -> None:
    ada, bob = await api.person("ada"), await api.person("bob")
    guild = await api.guild(ada, bob)
    base = f"/channels/{guild['text']}/messages"
    for _ in range(5):
        sent = await bob.ok("POST", base, {"content": "here"})
        await statuses(
            ada.ask("PUT", f"{base}/{sent['id']}/reactions/{quote('🔥')}/@me"),
            bob.ask("PATCH", f"{base}/{sent['id']}", files={"files[0]": b"late"}),
            ada.ask("DELETE", f"{base}/{sent['id']}"),
            bob.ask("PUT", f"{base}/{sent['id']}/reactions/{quote('🔥')}/@me"),
        )
        assert await bob.refused("GET", f"{base}/{sent['id']}") == (404, 10008)
    for table in (tables.reactions, tables.attachments):
        assert await rows(api, table) == 0, table.name
    api.clock.advance(4_000)
    await api.community.attachments.sweep()
    assert [key async for key in api.community.ports.objects.keys("attachments")] == []


async def test_a_message_takes_twenty_emojis_however_many_come_at_once(api: Api) -> None:
    ada = await api.person("ada")
    guild = await api.guild(ada)
    sent = await ada.ok("POST", f"/channels/{guild['text']}/messages", {"content": "here"})
    emojis = [chr(0x1F600 + number) for number in range(30)]
    path = f"/channels/{guild['text']}/messages/{sent['id']}"
    found = await statuses(*(ada.ask("PUT", f"{path}/reactions/{quote(emoji)}/@me") for emoji in emojis))
    assert sorted(found) == [204] * 20 + [400] * 10
    assert len((await ada.ok("GET", path))["reactions"]) == 20


async def test_a_message_repeated_at_once_is_sent_once(api: Api) -> None:
    ada = await api.person("ada")
    guild = await api.guild(ada)
    base = f"/channels/{guild['text']}/messages"
    form = {"content": "once", "nonce": "n", "enforce_nonce": True}
    answers = await asyncio.gather(*(ada.ok("POST", base, form) for _ in range(8)))
    assert len({answer["id"] for answer in answers}) == 1
    assert len(await ada.ok("GET", base)) == 1


async def test_a_message_pinned_by_two_is_told_once(api: Api) -> None:
    ada = await api.person("ada")
    guild = await api.guild(ada)
    base = f"/channels/{guild['text']}/messages"
    sent = await ada.ok("POST", base, {"content": "keep"})
    assert set(await statuses(*(ada.ask("PUT", f"{base}/pins/{sent['id']}") for _ in range(5)))) == {204}
    assert [message["type"] for message in await ada.ok("GET", base)] == [6, 0]


async def test_an_account_shut_out_while_its_owner_changes_it_stays_shut_out(api: Api) -> None:
    ada = await api.person("ada")
    accounts = api.community.accounts
    user = await accounts.by_username("ada")
    changes = [ada.ask("PATCH", "/users/@me", {"bio": f"about {number}"}) for number in range(5)]
    await asyncio.gather(*changes[:3], accounts.set_disabled(user, disabled=True), *changes[3:])
    assert (await accounts.by_username("ada")).disabled_at_ms is not None
    assert await ada.refused("GET", "/users/@me") == (401, 40001)


async def test_what_two_windows_change_of_one_account_both_stays(api: Api) -> None:
    ada = await api.person("ada")
    changes = ({"bio": "about"}, {"display_name": "Ada"}, {"avatar": PNG})
    assert await statuses(*(ada.ask("PATCH", "/users/@me", change) for change in changes)) == [200, 200, 200]
    own = await ada.ok("GET", "/users/@me")
    assert (own["bio"], own["global_name"], own["avatar"] is None) == ("about", "Ada", False)


async def test_direct_messages_end_with_the_last_guild_shared(api: Api) -> None:
    ada, bob = await api.person("ada"), await api.person("bob")
    guild = await api.guild(ada, bob)
    opened = await bob.ok("POST", "/users/@me/channels", {"recipient_id": ada.id})
    await bob.ok("POST", f"/channels/{opened['id']}/messages", {"content": "hello"})
    await ada.ok("DELETE", f"/guilds/{guild['id']}/members/{bob.id}")
    assert await bob.refused("POST", f"/channels/{opened['id']}/messages", {"content": "again"}) == (403, 50007)
    assert len(await bob.ok("GET", f"/channels/{opened['id']}/messages")) == 1


async def test_nobody_passes_a_limit_by_asking_at_once(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((guilds, "GUILDS_MAX"), (invites, "GUILDS_MAX"), (applications, "APPLICATIONS_MAX")):
        monkeypatch.setattr(module, name, 3)
    ada, bob = await api.person("ada"), await api.person("bob")
    made = await statuses(*(ada.ask("POST", "/guilds", {"name": f"Guild {n}"}) for n in range(6)))
    assert sorted(made) == [201] * 3 + [400] * 3
    codes = []
    for guild in await ada.ok("GET", "/users/@me/guilds"):
        channels = await ada.ok("GET", f"/guilds/{guild['id']}/channels")
        text = next(channel["id"] for channel in channels if channel["type"] == 0)
        codes.append((await ada.ok("POST", f"/channels/{text}/invites", {}))["code"])
    own = bob.ask("POST", "/guilds", {"name": "Own"})
    found = await statuses(own, *(bob.ask("POST", f"/invites/{code}") for code in codes))
    assert max(found) == 400
    assert len(await bob.ok("GET", "/users/@me/guilds")) == 3
    bots = await statuses(*(ada.ask("POST", "/applications", {"name": f"Bot {n}"}) for n in range(5)))
    assert sum(status < 300 for status in bots) == 3
