"""The seam: real gateway sockets, an ASGI socket and HTTP on one port of a real uvicorn."""

import asyncio
import contextlib
import json
import zlib

import pytest
import websockets
import zstandard

from doubles.gateway import BOT_TOKEN, CHANNEL, GUILD, PERSON, PERSON_COOKIE, World
from doubles.gateway_server import Server, eventually
from hubbub.gateway.config import GatewayConfig
from hubbub.gateway.domain.intents import ALL_INTENTS
from hubbub.kernel.clock import SystemClock

IDENTIFY = {"op": 2, "d": {"token": BOT_TOKEN, "intents": ALL_INTENTS, "properties": {}}}


@pytest.fixture
async def server():
    async with Server(World(clock=SystemClock())) as server:
        yield server


async def receive(socket):
    async with asyncio.timeout(10):
        return json.loads(await socket.recv())


async def until(socket, name):
    while (payload := await receive(socket))["t"] != name:
        pass
    return payload


async def closed(socket):
    async with asyncio.timeout(10):
        await socket.wait_closed()
    return socket.close_code


async def test_gateway_asgi_socket_and_http_share_one_port(server):
    async with contextlib.AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(server.connect()) for _ in range(200)]
        asgi = await stack.enter_async_context(server.connect("", "/other"))
        for socket in sockets:
            assert (await receive(socket))["op"] == 10
        await asgi.send("hello")
        assert await asgi.recv() == "echo hello"
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b"over http" in await reader.read()
        writer.close()


@pytest.mark.parametrize("path", ["/gateway", "/gateway/"])
async def test_both_spellings_of_the_path_lead_to_the_gateway(server, path):
    async with server.connect(path=path) as socket:
        assert (await receive(socket))["op"] == 10


async def test_a_bot_identifies_and_hears_a_message(server):
    async with server.connect() as socket:
        await socket.send(json.dumps(IDENTIFY))
        await until(socket, "GUILD_CREATE")
        server.world.hub.publish(server.world.message("over the wire"))
        assert (await until(socket, "MESSAGE_CREATE"))["d"]["content"] == "over the wire"


@pytest.mark.parametrize("compression", ["zlib-stream", "zstd-stream"])
async def test_compressed_streams_decode_with_the_public_decoders(server, compression):
    inflate = {
        "zlib-stream": zlib.decompressobj().decompress,
        "zstd-stream": zstandard.ZstdDecompressor().decompressobj().decompress,
    }[compression]
    async with server.connect(f"?v=10&encoding=json&compress={compression}") as socket:
        await socket.send(json.dumps(IDENTIFY))
        names = []
        while "GUILD_CREATE" not in names:
            message = await socket.recv()
            assert isinstance(message, bytes)
            if compression == "zlib-stream":
                assert message.endswith(b"\x00\x00\xff\xff")
            names.append(json.loads(inflate(message))["t"])


async def test_permessage_deflate_is_not_agreed_on(server):
    uri = f"ws://127.0.0.1:{server.port}/gateway"
    async with websockets.connect(uri, compression="deflate") as socket:
        assert socket.response.headers.get("Sec-WebSocket-Extensions") is None
        assert (await receive(socket))["op"] == 10


@pytest.mark.parametrize(
    ("query", "code"),
    [("?v=9", 4012), ("?v=10&encoding=etf", 4002), ("?v=10&encoding=json&compress=brotli", 4002)],
)
async def test_terms_that_are_not_offered_close_with_a_code_and_a_reason(server, query, code):
    async with server.connect(query) as socket:
        assert await closed(socket) == code
        assert socket.close_reason


async def test_large_and_fragmented_and_broken_input(server):
    async with server.connect() as socket:
        await socket.send(b'{"op":1,"d":' + b" " * 5000 + b"null}")
        assert await closed(socket) == 4002
    async with server.connect() as socket:
        await socket.send("x" * 100_000)
        assert await closed(socket) == 1009
    async with server.connect() as socket:
        await receive(socket)
        await socket.send(['{"op":1,', '"d":null}'])
        assert (await receive(socket))["op"] == 11
        await socket.send([b"[" * 1000] * 10)
        assert await closed(socket) == 4002


async def test_a_firefox_handshake_with_many_cookies_is_accepted(server):
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(
        b"GET /gateway?v=10 HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
        b"Cookie: " + b"a=b; " * 1500 + b"\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    async with asyncio.timeout(10):
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101")
        assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
        assert b'"op":10' in await reader.read(100)
    writer.close()


async def test_a_person_is_known_by_cookie_unless_the_origin_is_foreign(server):
    own = f"http://127.0.0.1:{server.port}"
    identify = json.dumps({"op": 2, "d": {"token": "session", "properties": {}}})
    async with server.connect(additional_headers={"Cookie": PERSON_COOKIE}, origin=own) as socket:
        await socket.send(identify)
        assert (await until(socket, "READY"))["d"]["user"]["id"] == str(PERSON)
    async with server.connect(additional_headers={"Cookie": PERSON_COOKIE}, origin="http://evil.example") as socket:
        await socket.send(identify)
        assert await closed(socket) == 4004


async def test_a_dropped_socket_resumes_and_a_closed_one_ends_the_session(server):
    async with server.connect() as socket:
        await socket.send(json.dumps(IDENTIFY))
        ready = await until(socket, "READY")
        created = await until(socket, "GUILD_CREATE")
        socket.transport.abort()
    hub = server.world.hub
    await eventually(lambda: hub.registry.counts() == (0, 1))
    hub.publish(server.world.message("missed"))
    resume = {"token": BOT_TOKEN, "session_id": ready["d"]["session_id"], "seq": created["s"]}
    async with server.connect() as socket:
        await socket.send(json.dumps({"op": 6, "d": resume}))
        await receive(socket)
        missed, resumed = await receive(socket), await receive(socket)
        assert (missed["t"], missed["s"], resumed["t"]) == ("MESSAGE_CREATE", created["s"] + 1, "RESUMED")
    await eventually(lambda: not hub.sessions)


async def test_a_client_that_closes_with_its_own_code_may_resume(server):
    async with server.connect() as socket:
        await socket.send(json.dumps(IDENTIFY))
        await until(socket, "GUILD_CREATE")
        await socket.close(4000)
    assert server.world.hub.registry.counts() == (0, 1)


async def test_a_reader_that_never_drains_is_cut_off_and_memory_stays_bounded():
    world = World(clock=SystemClock(), config=GatewayConfig(lag_bytes_max=256 * 1024))
    async with Server(world) as server, server.connect(max_queue=1) as socket:
        await socket.send(json.dumps(IDENTIFY))
        await until(socket, "GUILD_CREATE")
        socket.transport.pause_reading()
        session = next(iter(world.hub.sessions.values()))
        async with asyncio.timeout(30):
            while session.link is not None:
                for _ in range(50):
                    world.hub.publish(world.message("x" * 1500))
                world.hub.outbound.flush_all()
                await asyncio.sleep(0)
                assert session.lag <= world.config.lag_bytes_max + 50 * 2500
        assert world.hub.registry.counts() == (0, 1)
        socket.transport.abort()


async def test_stopping_uvicorn_asks_clients_to_reconnect(tmp_path):
    world = World(clock=SystemClock(), session_file=tmp_path / "sessions")
    async with Server(world) as server:
        socket = await server.connect()
        await socket.send(json.dumps(IDENTIFY))
        await until(socket, "GUILD_CREATE")
        server.uvicorn.should_exit = True
        assert (await receive(socket))["op"] == 7
        assert await closed(socket) == 1012
    assert (tmp_path / "sessions").exists()
    assert world.hub.rooms[GUILD].audience(CHANNEL, 0).sessions
