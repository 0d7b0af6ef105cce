"""Every statement about messages and interactions means the same on both databases."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest

from doubles.community_world import World, world
from hubbub.events.contracts import events
from hubbub.storage.records.port import Records

API = "/api/v10"


@pytest.fixture
async def here(migrated_records: Records, tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, records=migrated_records) as built:
        yield built


async def test_a_conversation(here: World) -> None:
    base = f"{API}/channels/{here.general}/messages"
    async with here.client(here.bob) as bob, here.client(here.alice) as alice:
        here.moving.advance(1)
        first = (await bob.post(base, json={"content": f"<@{here.carol}>", "nonce": 1, "enforce_nonce": True})).json()
        again = (await bob.post(base, json={"content": "again", "nonce": 1, "enforce_nonce": True})).json()
        assert again["id"] == first["id"]
        reply = {"content": "b", "message_reference": {"message_id": first["id"]}}
        second = (await bob.post(base, data={"payload_json": json.dumps(reply)}, files={"files[0]": b"x"})).json()
        fire = f"{base}/{first['id']}/reactions/{quote('🔥')}"
        assert (await bob.put(f"{fire}/@me")).status_code == 204
        assert (await alice.put(f"{fire}/@me")).status_code == 204
        assert (await alice.put(f"{fire}/@me")).status_code == 204
        assert [user["username"] for user in (await bob.get(fire)).json()] == ["alice", "bob"]
        assert (await alice.put(f"{base}/pins/{first['id']}")).status_code == 204
        page = (await bob.get(base)).json()
        assert [m["type"] for m in page] == [6, 19, 0]
        assert page[2]["pinned"]
        assert page[2]["reactions"][0]["count"] == 2
        assert page[1]["referenced_message"]["id"] == first["id"]
        assert (await bob.get(f"{base}?after={first['id']}&limit=1")).json()[0]["id"] == second["id"]
        assert len((await bob.get(f"{base}?around={second['id']}&limit=3")).json()) == 3
        assert (await bob.patch(f"{base}/{first['id']}", json={"content": "calm"})).json()["mentions"] == []
        states = await here.community.read_states.of_user(here.carol, [here.guild])
        assert all(state.mention_count == 0 for state in states)
        assert (await alice.delete(f"{base}/{first['id']}/reactions")).status_code == 204
        assert (await alice.delete(f"{base}/pins/{first['id']}")).status_code == 204
        bulk = {"messages": [first["id"], second["id"]]}
        assert (await alice.post(f"{base}/bulk-delete", json=bulk)).status_code == 204
        assert len((await bob.get(base)).json()) == 1
        assert await here.community.attachments.sweep() == 1
        here.moving.advance(1000)
        assert await here.community.messages.sweep() == 1


async def test_mentions_are_counted_from_joining_and_from_reading(here: World) -> None:
    base = f"{API}/channels/{here.general}/messages"

    async def count(user_id: int) -> int:
        states = await here.community.read_states.of_user(user_id, [here.guild])
        return {state.channel_id: state.mention_count for state in states}[str(here.general)]

    async with here.client(here.alice) as alice:
        here.moving.advance(1)
        await alice.post(base, json={"content": "@everyone before"})
        here.moving.advance(1)
        await here.add_user(61, "eve")
        await here.add_member(61)
        here.moving.advance(1)
        last = (await alice.post(base, json={"content": f"@everyone <@{here.bob}> after"})).json()
        assert (await count(here.bob), await count(61), await count(here.alice)) == (2, 1, 0)
        await here.community.read_states.acknowledge(here.person(here.bob), here.general, int(last["id"]))
        assert await count(here.bob) == 0


async def test_direct_messages_and_interactions(here: World) -> None:
    async with here.client(here.bob) as bob, here.client(here.robot) as robot, here.client(None) as app:
        opened = (await bob.post(f"{API}/users/@me/channels", json={"recipient_id": here.carol})).json()
        assert (await bob.post(f"{API}/channels/{opened['id']}/messages", json={"content": "a"})).status_code == 200
        assert len(await here.community.direct_messages.of_user(here.carol)) == 1
        commands = f"{API}/applications/{here.robot}/commands"
        command = (await robot.put(commands, json=[{"name": "a", "description": "b"}])).json()[0]
        assert (await robot.patch(f"{commands}/{command['id']}", json={"name": "c"})).json()["name"] == "c"
        assert [c["name"] for c in (await bob.get(f"{API}/guilds/{here.guild}/application-commands")).json()] == ["c"]
        invocation = {"application_id": here.robot, "channel_id": here.general, "command_id": command["id"]}
        assert (await bob.post(f"{API}/interactions", json=invocation)).status_code == 204
        event = next(e for e in await here.told() if isinstance(e, events.InteractionCreated))
        callback = f"{API}/interactions/{event.interaction.id}/{event.interaction.token}/callback"
        answer = {"type": 4, "data": {"content": "x", "flags": 64}}
        assert (await app.post(callback, json=answer)).status_code == 204
        webhook = f"{API}/webhooks/{here.robot}/{event.interaction.token}"
        assert (await app.patch(f"{webhook}/messages/@original", json={"content": "y"})).status_code == 200
        here.moving.advance(1000)
        assert await here.community.interactions.sweep() == 1
        assert (await app.get(f"{webhook}/messages/@original")).status_code == 404
