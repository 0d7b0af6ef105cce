"""Clients that speak nonsense, knock too often or never read meet a close code, and nobody else notices."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import time
import zlib
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

import psutil
import pytest
import pytest_asyncio
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from servers.hubbub_process import HubbubProcess
from servers.person import Json, Person
from servers.waiting import until

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

MIB = 1024 * 1024
SLOW_READERS = 12
SNAILS = 400


class Place(NamedTuple):
    """A guild with two people and a bot in it."""

    server: HubbubProcess
    ada: Person
    ben: Person
    bot: Json
    guild_id: str
    channel_id: str

    @property
    def address(self) -> str:
        return f"ws://127.0.0.1:{self.server.port}/gateway/?v=10&encoding=json"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(server: HubbubProcess) -> AsyncIterator[Place]:
    async with await Person.register(server.url, "ada") as ada, await Person.register(server.url, "ben") as ben:
        guild_id, channel_id = await ada.make_guild("The Gate")
        invite = await ada.post(f"/channels/{channel_id}/invites", {})
        await ben.post(f"/invites/{invite['code']}", {})
        bot = await server.command("bot", "create", "gatekeeper", "--guild", guild_id)
        yield Place(server, ada, ben, bot, guild_id, channel_id)


async def hello(place: Place, source: str = "127.0.0.1") -> ClientConnection:
    """Return a connection from the address `source` that has been greeted and has not identified."""
    local = (source, 0)
    connection = await connect(place.address, compression=None, max_size=None, proxy=None, local_addr=local)
    assert json.loads(await connection.recv())["op"] == 10
    return connection


def identify(token: object, **more: object) -> str:
    properties = {"os": "linux", "browser": "b", "device": "d"}
    return json.dumps({"op": 2, "d": {"token": token, "intents": 513, "properties": properties, **more}})


async def close_code(connection: ClientConnection, *, within_s: float = 15.0) -> int:
    """Return the code with which the server closes, reading everything before."""
    try:
        async with asyncio.timeout(within_s):
            while True:
                await connection.recv()
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 1006


async def test_a_websockets_own_ping_is_answered(place: Place) -> None:
    connection = await hello(place)
    async with asyncio.timeout(10):
        await (await connection.ping(b"still there?"))
    await connection.close()


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", 4002),
        ("", 4002),
        ("[]", 4002),
        ("null", 4002),
        ('{"d": 1}', 4002),
        ('{"op": "two", "d": {}}', 4002),
        ('{"op": 2, "d": {}}', 4002),
        ('{"op": 2, "d": {"token": 5, "intents": 0, "properties": {}}}', 4002),
        ('{"op": 99, "d": null}', 4001),
        ('{"op": 0, "d": null}', 4001),
        ('{"op": 8, "d": {"guild_id": "1", "query": "", "limit": 0}}', 4003),
        ('{"op": 3, "d": {"since": null, "activities": [], "status": "online", "afk": false}}', 4003),
        (json.dumps({"op": 1, "d": None, "x": "x" * 5000}), 4002),
        (b"\xff\xfe\xfd", 4002),
    ],
)
async def test_nonsense_before_identify_is_closed(place: Place, frame: str | bytes, code: int) -> None:
    async with await hello(place) as connection:
        await connection.send(frame)
        assert await close_code(connection) == code


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (identify("nonsense"), 4004),
        (identify(""), 4004),
        (identify("session"), 4004),
    ],
)
async def test_a_wrong_credential_is_closed(place: Place, payload: str, code: int) -> None:
    async with await hello(place) as connection:
        await connection.send(payload)
        assert await close_code(connection) == code


async def test_wrong_shards_and_intents_are_closed(place: Place) -> None:
    for more, code in (({"shard": [2, 2]}, 4010), ({"shard": [0, 0]}, 4010), ({"intents": 1 << 40}, 4013)):
        async with await hello(place) as connection:
            await connection.send(identify(place.bot["token"], **more))
            assert await close_code(connection) == code


async def test_identifying_twice_is_closed(place: Place) -> None:
    async with await hello(place) as connection:
        await connection.send(identify(place.bot["token"]))
        await connection.send(identify(place.bot["token"]))
        assert await close_code(connection) == 4005


async def test_a_wrong_version_is_closed(place: Place) -> None:
    async with connect(place.address.replace("v=10", "v=5"), compression=None, proxy=None) as connection:
        assert await close_code(connection) == 4012


async def test_a_sequence_that_never_was_is_refused(place: Place) -> None:
    async with await hello(place) as connection:
        await connection.send(identify(place.bot["token"]))
        ready = json.loads(await connection.recv())
        resume = {"token": place.bot["token"], "session_id": ready["d"]["session_id"], "seq": 10_000}
        # 1000 would end the session; any other code says that the client means to come back.
        await connection.close(4000)
    async with await hello(place) as connection:
        await connection.send(json.dumps({"op": 6, "d": resume}))
        assert await close_code(connection) == 4007


async def test_a_chatterer_is_closed(place: Place) -> None:
    async with await hello(place) as connection:
        await connection.send(identify(place.bot["token"]))
        for _ in range(130):
            try:
                await connection.send('{"op": 1, "d": null}')
            except ConnectionClosed:
                break
        assert await close_code(connection) == 4008


async def test_a_compressed_bomb_is_not_unpacked(place: Place) -> None:
    """Clients send plain JSON only; what looks compressed is a malformed payload."""
    async with await hello(place) as connection:
        await connection.send(zlib.compress(b"0" * 50 * MIB)[:4000])
        assert await close_code(connection) == 4002


async def test_a_flood_of_identifies_is_held_off_and_others_go_on(place: Place) -> None:
    async def knock() -> int:
        # The server counts by address; all of 127.0.0.0/8 is loopback.
        async with await hello(place, "127.0.0.2") as connection:
            await connection.send(identify("MTIz.nonsense.nonsense"))
            return await close_code(connection)

    async with place.ada.gateway() as watcher:
        codes = set()
        for _ in range(10):
            results = await asyncio.gather(*(knock() for _ in range(30)), return_exceptions=True)
            codes |= {result for result in results if isinstance(result, int)}
        assert codes <= {4004, 4008, 1013, 1006}, codes
        assert 4004 in codes
        started = time.monotonic()
        message = await place.ada.say(place.channel_id, "still here?")
        await watcher.wait_for("MESSAGE_CREATE", lambda each: each["id"] == message["id"])
        assert time.monotonic() - started < 2.0
        # Who comes from elsewhere identifies as before.
        async with place.ben.gateway() as gateway:
            await gateway.wait_for("GUILD_CREATE")


def never_reading_socket(place: Place) -> socket.socket:
    """Return an identified gateway connection whose owner never reads again."""
    connection = socket.create_connection(("127.0.0.1", place.server.port), timeout=10)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    key = base64.b64encode(b"0123456789abcdef").decode()
    connection.sendall(
        (
            f"GET /gateway/?v=10&encoding=json HTTP/1.1\r\nHost: 127.0.0.1:{place.server.port}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n"
        ).encode()
    )
    assert connection.recv(1024).startswith(b"HTTP/1.1 101")
    payload = identify(place.bot["token"], intents=(1 << 15) | (1 << 9) | 1).encode()
    # A client's frame is masked; a mask of zeros leaves the payload as it is.
    connection.sendall(b"\x81\xfe" + len(payload).to_bytes(2, "big") + b"\0\0\0\0" + payload)
    return connection


def kept_by(process: psutil.Process, connections: Sequence[socket.socket]) -> int:
    """Return how many of the connections the server still has open at its end."""
    ports = {connection.getsockname()[1] for connection in connections}
    return sum(1 for each in process.net_connections(kind="tcp4") if each.raddr and each.raddr.port in ports)


async def test_slow_readers_cost_bounded_memory_and_hold_nobody_up(place: Place) -> None:
    assert place.server.process is not None
    process = psutil.Process(place.server.process.pid)
    readers = [await asyncio.to_thread(never_reading_socket, place) for _ in range(SLOW_READERS)]
    try:
        assert kept_by(process, readers) == SLOW_READERS
        async with place.ben.gateway() as watcher:
            before = process.memory_info().rss
            content = "\U0001f40c" * 2000
            slowest = 0.0
            for _ in range(SNAILS):
                started = time.monotonic()
                message = await place.ada.say(place.channel_id, content)
                await watcher.wait_for("MESSAGE_CREATE", lambda each, id_=message["id"]: each["id"] == id_)
                slowest = max(slowest, time.monotonic() - started)
                watcher.events.clear()
            # 8 kB each for 12 readers would be 38 MB when each kept its own; shared and bounded, they are a few.
            assert process.memory_info().rss - before < 32 * MIB
            assert slowest < 5.0
        # Whoever never reads is let go; what its kernel still holds need not be read to know that.
        await until(lambda: kept_by(process, readers) == 0, within_s=20)
    finally:
        for reader in readers:
            reader.close()
