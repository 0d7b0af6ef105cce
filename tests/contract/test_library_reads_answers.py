"""What the server really answers and tells is read by hikari, the strictest of the libraries."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import MagicMock
from urllib.parse import quote

import hikari
import msgspec
import pytest
from hikari.impl.entity_factory import EntityFactoryImpl

from doubles.community_world import World, world
from hubbub.events.contracts import events

API = "/api/v10"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as built:
        yield built


@pytest.fixture
def factory() -> EntityFactoryImpl:
    return EntityFactoryImpl(MagicMock(hikari.RESTAware))


async def test_messages_of_every_kind(here: World, factory: EntityFactoryImpl) -> None:
    base = f"{API}/channels/{here.general}/messages"
    async with here.client(here.alice) as alice:
        plain = (await alice.post(base, json={"content": f"@everyone <@{here.bob}> <@&{here.helpers}>"})).json()
        payload = {
            "embeds": [
                {
                    "title": "t", "description": "d", "url": "https://a.b", "color": 5, "timestamp": "2026-01-01",
                    "footer": {"text": "f"}, "author": {"name": "n", "icon_url": "https://a.b/c.png"},
                    "image": {"url": "https://a.b/d.png"}, "fields": [{"name": "n", "value": "v", "inline": True}],
                }
            ],
            "message_reference": {"message_id": plain["id"]},
        }  # fmt: skip
        rich = await alice.post(base, data={"payload_json": json.dumps(payload)}, files={"files[0]": ("a.txt", b"a")})
        await alice.put(f"{base}/{plain['id']}/reactions/{quote('🔥')}/@me")
        await alice.put(f"{base}/pins/{plain['id']}")
        await alice.patch(f"{base}/{plain['id']}", json={"content": "edited"})
        page = (await alice.get(base)).json()
    read = [factory.deserialize_message(document) for document in page]
    assert [message.type for message in read] == [6, 19, 0]
    assert read[1].embeds[0].fields[0].is_inline
    assert read[1].attachments[0].filename == "a.txt"
    assert read[1].referenced_message.content == "edited"
    assert read[2].reactions[0].count == 1
    assert read[2].edited_timestamp is not None
    assert factory.deserialize_message(rich.json()).id == read[1].id
    for event in await here.told():
        if isinstance(event, (events.MessageCreated, events.MessageUpdated)):
            told = msgspec.json.decode(msgspec.json.encode(event.message))
            assert factory.deserialize_message(told).guild_id == here.guild


async def test_commands_and_interactions(here: World, factory: EntityFactoryImpl) -> None:
    options = [
        {"type": 6, "name": "who", "description": "d", "required": True},
        {"type": 7, "name": "where", "description": "d", "channel_types": [0]},
        {"type": 8, "name": "rank", "description": "d"},
        {"type": 3, "name": "how", "description": "d", "choices": [{"name": "a", "value": "b"}]},
    ]
    async with here.client(here.robot) as robot, here.client(here.bob) as bob, here.client(None) as app:
        form = {"name": "do", "description": "d", "options": options}
        command = (await robot.post(f"{API}/applications/{here.robot}/commands", json=form)).json()
        assert factory.deserialize_command(command, guild_id=None).name == "do"
        invocation = {
            "application_id": here.robot,
            "channel_id": here.general,
            "command_id": command["id"],
            "options": [
                {"name": "who", "value": str(here.carol)},
                {"name": "where", "value": str(here.general)},
                {"name": "rank", "value": str(here.helpers)},
                {"name": "how", "value": "b"},
            ],
        }
        assert (await bob.post(f"{API}/interactions", json=invocation)).status_code == 204
        event = next(e for e in await here.told() if isinstance(e, events.InteractionCreated))
        read = factory.deserialize_interaction(msgspec.json.decode(msgspec.json.encode(event.interaction)))
        assert isinstance(read, hikari.CommandInteraction)
        assert read.member.username == "bob"
        assert here.carol in read.resolved.members
        assert here.helpers in read.resolved.roles
        assert here.general in read.resolved.channels
        callback = f"{API}/interactions/{read.id}/{read.token}/callback?with_response=true"
        answer = (await app.post(callback, json={"type": 4, "data": {"content": "x"}})).json()
        assert factory.deserialize_message(answer["resource"]["message"]).content == "x"
        follow_up = (await app.post(f"{API}/webhooks/{here.robot}/{read.token}", json={"content": "y"})).json()
        assert factory.deserialize_message(follow_up).type == 19
        opened = (await robot.post(f"{API}/users/@me/channels", json={"recipient_id": here.bob})).json()
        assert factory.deserialize_dm(opened).recipient.username == "bob"
