"""A server that is killed while people write forgets nothing that it acknowledged."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import httpx
import pytest

from servers.hubbub_process import HubbubProcess
from servers.person import Person
from servers.waiting import until

KILLS = 6
UNLIMITED = {"HUBBUB_COMMUNITY_RATE_LIMITS": "false"}
WRITERS = 4
BETWEEN_S = (0.3, 1.2)


async def keep_writing(person: Person, channel_id: str, name: str, acknowledged: dict[str, str]) -> None:
    """Send numbered messages until cancelled, through every death of the server."""
    number = 0
    while True:
        number += 1
        content = f"{name} {number}"
        try:
            response = await person.request("POST", f"/channels/{channel_id}/messages", json={"content": content})
        except httpx.TransportError:
            await asyncio.sleep(0.05)
            continue
        if response.is_success:
            acknowledged[response.json()["id"]] = content


async def history(person: Person, channel_id: str) -> dict[str, str]:
    """Return every stored message's content by id."""
    found: dict[str, str] = {}
    before = ""
    while page := await person.get(f"/channels/{channel_id}/messages?limit=100{before}"):
        found |= {message["id"]: message["content"] for message in page}
        before = f"&before={page[-1]['id']}"
    return found


@pytest.mark.timeout(180)
async def test_every_acknowledged_message_survives_being_killed(tmp_path: Path) -> None:
    chance = random.Random(20_261_121)
    server = HubbubProcess(tmp_path, settings=UNLIMITED)
    acknowledged: dict[str, str] = {}
    async with server:
        people = [await Person.register(server.url, f"writer_{index}") for index in range(WRITERS)]
        _, channel_id = await people[0].make_guild("The Ship")
        invite = await people[0].post(f"/channels/{channel_id}/invites", {})
        for person in people[1:]:
            await person.post(f"/invites/{invite['code']}", {})
        writers = [
            asyncio.create_task(keep_writing(person, channel_id, f"writer_{index}", acknowledged))
            for index, person in enumerate(people)
        ]
        survived = 0
        for _ in range(KILLS):
            enough = len(acknowledged) + 5
            await asyncio.sleep(chance.uniform(*BETWEEN_S))
            await until(lambda enough=enough: len(acknowledged) >= enough, within_s=30)
            await server.kill()
            promised = dict(acknowledged)
            await server.start()
            stored = await history(people[0], channel_id)
            lost = {id_: content for id_, content in promised.items() if stored.get(id_) != content}
            assert not lost, lost
            survived += 1
        for writer in writers:
            writer.cancel()
        await asyncio.gather(*writers, return_exceptions=True)
        stored = await history(people[0], channel_id)
        assert not {id_ for id_, content in acknowledged.items() if stored.get(id_) != content}
        contents = [content for content in stored.values() if content.startswith("writer_")]
        assert len(contents) == len(set(contents)), "a message was stored twice"
        assert survived == KILLS
        for person in people:
            await person.close()


@pytest.mark.timeout(120)
async def test_clients_come_back_after_the_server_was_killed_and_after_it_was_stopped(tmp_path: Path) -> None:
    server = HubbubProcess(tmp_path, settings=UNLIMITED)
    async with server, await Person.register(server.url, "ada") as ada:
        guild_id, channel_id = await ada.make_guild("The Ship")
        async with ada.gateway() as gateway:
            await gateway.wait_for("GUILD_CREATE", lambda guild: guild["id"] == guild_id)
            message = await ada.say(channel_id, "before the kill")
            await gateway.wait_for("MESSAGE_CREATE", lambda each: each["id"] == message["id"])
            session = (gateway.session_id, gateway.sequence)
            await server.kill()
            await gateway.wait_closed()
        await server.start()
        # What a killed server knew of its sessions is gone: it says so, and a new session has everything.
        async with ada.gateway(session=session) as gateway:
            await until(lambda: bool(gateway.opcodes or gateway.events), within_s=15)
            told = [frame["d"] for frame in gateway.opcodes if frame["op"] == 9]
            resumed = [name for name, _ in gateway.events if name == "RESUMED"]
            assert told == [False] or resumed, (gateway.opcodes, gateway.events)
        async with ada.gateway() as gateway:
            await gateway.wait_for("GUILD_CREATE", lambda guild: guild["id"] == guild_id)
            session = (gateway.session_id, gateway.sequence)
            assert await server.stop() == 0
            assert await gateway.wait_closed() != 1000
            session = (gateway.session_id, gateway.sequence)
        await server.start()
        said = await ada.say(channel_id, "while away")
        async with ada.gateway(session=session) as gateway:
            await gateway.wait_for("RESUMED")
            await gateway.wait_for("MESSAGE_CREATE", lambda each: each["id"] == said["id"])
