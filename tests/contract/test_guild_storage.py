"""A guild has no more of the storage than it may, however many people send at once, and gets back what goes."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from doubles.community_world import World, world
from doubles.pictures import corners, encoded
from hubbub.community.service.files_port import FileState
from hubbub.storage.records.port import Records

API = "/api/v10"
BOUND = 1000
PNG = encoded(corners(24, 16), "PNG")
URI = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
DAY_MS = 86_400_000


@pytest.fixture
async def here(migrated_records: Records, tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, records=migrated_records, guild_bytes_max=BOUND) as built:
        yield built


async def send(who: httpx.AsyncClient, channel_id: int, size: int, count: int = 1, **payload: Any) -> httpx.Response:
    files = {f"files[{place}]": (f"{place}.bin", bytes(size)) for place in range(count)}
    data = {"payload_json": json.dumps({"content": "x", **payload})}
    return await who.post(f"{API}/channels/{channel_id}/messages", data=data, files=files)


async def kept(here: World) -> int:
    return await here.community.ports.storage.size(here.guild)


async def test_files_count_until_their_messages_go(here: World) -> None:
    base = f"{API}/channels/{here.general}/messages"
    async with here.client(here.alice) as alice:
        first = (await send(alice, here.general, 100)).json()
        second = (await send(alice, here.general, 150, count=2)).json()
        third = (await send(alice, here.general, 50)).json()
        assert (await alice.post(base, json={"content": "no file"})).status_code == 200
        assert await kept(here) == 450
        left = [{"id": second["attachments"][1]["id"]}]
        assert (await alice.patch(f"{base}/{second['id']}", json={"attachments": left})).status_code == 200
        assert await kept(here) == 300
        assert (await alice.delete(f"{base}/{first['id']}")).status_code == 204
        assert await kept(here) == 200
        bulk = {"messages": [second["id"], third["id"]]}
        answers = await asyncio.gather(*(alice.post(f"{base}/bulk-delete", json=bulk) for _ in range(4)))
        assert 204 in {each.status_code for each in answers}
        assert await kept(here) == 0


async def test_what_would_be_too_much_is_refused_by_its_field_and_its_bound(here: World) -> None:
    async with here.client(here.alice) as alice:
        assert (await send(alice, here.general, 900)).status_code == 200
        refused = await send(alice, here.general, 101)
        assert (refused.status_code, refused.json()["error"]) == (413, "limit.guild_storage")
        (problem,) = refused.json()["errors"]["files"]["0"]["_errors"]
        assert problem["code"] == "GUILD_STORAGE_FULL"
        assert "1,000 bytes" in problem["message"]
        assert (await send(alice, here.general, 100)).status_code == 200
        assert await kept(here) == BOUND
        assert len((await alice.get(f"{API}/channels/{here.general}/messages")).json()) == 2


async def test_of_many_who_send_at_once_only_so_many_get_in(here: World) -> None:
    async with here.client(here.alice) as alice, here.client(here.bob) as bob:
        people = (alice, bob)
        answers = await asyncio.gather(*(send(people[turn % 2], here.general, 300) for turn in range(10)))
        assert sorted(each.status_code for each in answers) == [200] * 3 + [413] * 7
        assert await kept(here) == 900
        gone = [each.json()["id"] for each in answers if each.status_code == 200]
        paths = [f"{API}/channels/{here.general}/messages/{each}" for each in gone]
        more = [alice.delete(path) for path in (*paths, *paths)]
        statuses = [each.status_code for each in await asyncio.gather(*more)]
        assert statuses.count(204) == 3
        assert await kept(here) == 0


async def test_a_channel_takes_its_files_with_it_and_direct_messages_are_nobodys(here: World) -> None:
    async with here.client(here.alice) as alice:
        made = (await alice.post(f"{API}/guilds/{here.guild}/channels", json={"name": "short", "type": 0})).json()
        assert (await send(alice, int(made["id"]), 400)).status_code == 200
        assert (await send(alice, here.general, 100)).status_code == 200
        direct = (await alice.post(f"{API}/users/@me/channels", json={"recipient_id": str(here.bob)})).json()
        assert (await send(alice, int(direct["id"]), 5000)).status_code == 200
        assert await kept(here) == 500
        assert (await alice.delete(f"{API}/channels/{made['id']}")).status_code == 200
        assert await kept(here) == 100
        (share,) = await here.community.ports.storage.largest(10)
        assert (share.guild_id, share.size_bytes) == (here.guild, 100)
        assert (await alice.delete(f"{API}/guilds/{here.guild}")).status_code == 204
        assert await here.community.ports.storage.largest(10) == []


async def test_icons_and_emojis_count_until_caches_have_let_go_of_them(here: World) -> None:
    guild, size = f"{API}/guilds/{here.guild}", len(PNG)
    async with here.client(here.alice) as alice:
        assert (await alice.patch(guild, json={"icon": URI})).status_code == 200
        emoji = (await alice.post(f"{guild}/emojis", json={"name": "dot", "image": URI})).json()
        assert await kept(here) == 2 * size
        assert (await alice.delete(f"{guild}/emojis/{emoji['id']}")).status_code == 204
        assert (await alice.patch(guild, json={"icon": None})).status_code == 200
        assert await kept(here) == 2 * size
        here.moving.advance(DAY_MS / 1000 + 1)
        assert await here.community.attachments.sweep() == 2
        assert await kept(here) == 0
        assert (await send(alice, here.general, BOUND)).status_code == 200
        for path, body, field in (
            (f"{guild}/emojis", {"name": "dot", "image": URI}, "image"),
            (guild, {"icon": URI}, "icon"),
        ):
            method = "POST" if path.endswith("emojis") else "PATCH"
            refused = await alice.request(method, path, json=body)
            assert (refused.status_code, refused.json()["error"]) == (413, "limit.guild_storage")
            assert field in refused.json()["errors"]


async def test_what_an_operator_removes_is_given_back_and_its_message_says_so(here: World) -> None:
    async with here.client(here.alice) as alice:
        message = (await send(alice, here.general, 300)).json()
        asset_id = int(message["attachments"][0]["id"])
        gone = {"state": FileState.REFUSED, "size_bytes": 0, "refusal_code": "media.removed", "refusal": "Removed."}
        here.library.files[asset_id] = here.library.files[asset_id]._replace(**gone)
        awaited = here.community.awaited_files
        await here.records.write(awaited.reconsidering(asset_id))
        await here.records.write(awaited.reconsidering(asset_id))
        assert await awaited.sweep() == 1
        assert await kept(here) == 0
        path = f"{API}/channels/{here.general}/messages/{message['id']}"
        (file,) = (await alice.get(path)).json()["attachments"]
        assert (file["media"]["state"], file["media"]["refusal"]) == ("refused", "Removed.")
        assert (await alice.delete(path)).status_code == 204
        assert await kept(here) == 0
