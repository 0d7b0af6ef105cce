"""Nonsense on signalling sockets of a real server: those who talk hear nothing of it, and memory stays bounded."""

import asyncio
import contextlib
import json
import random
import socket
import struct
import time

import jwt
import pytest
import pytest_asyncio
import websockets
from livekit.protocol import models, rtc

from doubles.voice_client import OFFERS
from doubles.voice_server import receive
from hubbub.native import building
from servers.media_person import ROOM, running_hall

pytestmark = [
    pytest.mark.skipif(
        not (building.HERE / building.MODULE_NAME).is_file(),
        reason="the native core is not built: scripts/setup native",
    ),
    pytest.mark.asyncio(loop_scope="module"),
]
MIB = 1 << 20
BYTES_PING = rtc.SignalRequest(ping=1).SerializeToString()
JSON_PING = '{"pingReq": {"timestamp": "1"}}'
FIN, CONTINUATION, BINARY, PING = 0x80, 0x0, 0x2, 0x9


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hall(tmp_path_factory):
    async with running_hall(tmp_path_factory.mktemp("hall")) as hall:
        yield hall
        assert "Traceback" not in hall.server.log


@pytest_asyncio.fixture(loop_scope="module")
async def talk(hall):
    yield await hall.talk()
    await hall.part()


def connect(hall, token, *, path="/rtc"):
    address = f"{hall.venue.url.replace('http', 'ws', 1)}{path}?access_token={token}&protocol=16"
    return websockets.connect(address, compression=None, max_size=None)


def token(hall, *, room=ROOM, identity="rogue", key=None, secret=None, algorithm="HS256", after_s=600):
    now = int(time.time())
    video = {"roomJoin": True, "room": room}
    claims = {"iss": key or hall.venue.key, "sub": identity, "nbf": now - 9000, "exp": now + after_s, "video": video}
    return jwt.encode(claims, secret or (hall.venue.secret if algorithm == "HS256" else None), algorithm=algorithm)


async def test_tokens_that_are_not_for_here_open_nothing(hall, talk):
    bad = [
        "",
        "nonsense",
        token(hall, after_s=-3600),
        token(hall, secret="another secret of at least thirty-two bytes"),
        token(hall, key="APIother"),
        token(hall, algorithm="none"),
    ]
    async with talk.undisturbed():
        for each in bad:
            with pytest.raises(websockets.InvalidStatus) as refused:
                await connect(hall, each)
            assert refused.value.response.status_code == 401
        async with connect(hall, token(hall, room="elsewhere")) as elsewhere:
            joined = await receive(elsewhere, "join")
            assert (joined.room.name, list(joined.other_participants)) == ("elsewhere", [])


def mutated(data, draw):
    """Return `data` with some bytes changed, cut or said twice."""
    changed = bytearray(data)
    for _ in range(draw.randrange(1, 6)):
        place = draw.randrange(len(changed))
        match draw.randrange(4):
            case 0:
                changed[place] = draw.randrange(256)
            case 1:
                del changed[place : place + draw.randrange(1, 30)]
            case 2:
                changed[place:place] = changed[place : place + draw.randrange(1, 60)]
            case _:
                changed[place:place] = draw.randbytes(draw.randrange(1, 9))
        if not changed:
            break
    return bytes(changed)


def requests():
    """Return requests that clients send."""
    offer = (OFFERS / "livekit_js_2.23_join.sdp").read_text()
    layers = [models.VideoLayer(quality=models.HIGH, width=1280, height=720, bitrate=1_500_000)]
    return [
        rtc.SignalRequest(offer=rtc.SessionDescription(type="offer", sdp=offer, id=1)),
        rtc.SignalRequest(answer=rtc.SessionDescription(type="answer", sdp=offer, id=1)),
        rtc.SignalRequest(
            trickle=rtc.TrickleRequest(candidateInit=json.dumps({"candidate": "candidate:1 1 udp 1 a 9"}))
        ),
        rtc.SignalRequest(add_track=rtc.AddTrackRequest(cid="cam", type=models.VIDEO, layers=layers)),
        rtc.SignalRequest(subscription=rtc.UpdateSubscription(track_sids=["TR_x"], subscribe=True)),
        rtc.SignalRequest(track_setting=rtc.UpdateTrackSettings(track_sids=["TR_x"], width=1 << 31)),
        rtc.SignalRequest(update_metadata=rtc.UpdateParticipantMetadata(metadata="x" * 100, attributes={"a": "b"})),
    ]


async def answered(rogue):
    """Wait until a ping was answered, in bytes or in text."""
    async with asyncio.timeout(10):
        while True:
            message = await rogue.recv()
            if isinstance(message, str) and "pongResp" in message:
                return
            if isinstance(message, bytes) and rtc.SignalResponse.FromString(message).WhichOneof("message") == "pong":
                return


async def nonsense(hall, frames, identity):
    """Send frames until the server has had enough, on as many sockets as that takes."""
    waiting = list(frames)
    while waiting:
        async with connect(hall, token(hall, identity=f"{identity}-{len(waiting)}")) as rogue:
            with contextlib.suppress(websockets.ConnectionClosed):
                await receive(rogue, "join")
                while waiting:
                    frame = waiting.pop()
                    await rogue.send(frame)
                    await rogue.send(JSON_PING if isinstance(frame, str) else BYTES_PING)
                    await answered(rogue)


async def test_protobuf_and_descriptions_that_are_broken(hall, talk):
    draw = random.Random(4)
    async with talk.undisturbed():
        whole = [request.SerializeToString() for request in requests()]
        await nonsense(hall, [mutated(draw.choice(whole), draw) for _ in range(150)], "bytes")
        offer = whole[0] and requests()[0].offer.sdp.encode()
        broken = [mutated(offer, draw).decode("latin-1") for _ in range(60)]
        offers = [rtc.SignalRequest(offer=rtc.SessionDescription(type="offer", sdp=sdp, id=1)) for sdp in broken]
        await nonsense(hall, [each.SerializeToString() for each in offers], "offer")


async def test_json_that_is_broken(hall, talk):
    deep = "[" * 50_000
    frames = [
        "{",
        "7",
        "null",
        '"offer"',
        "{}",
        '{"offer": {"sdp": 7}}',
        '{"offer": {"type": "offer", "sdp": "v=0\\r\\nm=audio 9 x 111\\r\\n"}}',
        '{"addTrack": {"cid": null, "type": "NO_SUCH"}}',
        '{"pingReq": {"timestamp": "1e400"}}',
        f'{{"offer": {deep}',
        '{"pingReq":' + '{"a":' * 20_000,
        "\ud7ff" * 1000,
    ]
    async with talk.undisturbed():
        await nonsense(hall, frames, "json")


async def test_thousands_of_requests_end_their_own_connection_alone(hall, talk):
    async with talk.undisturbed(), connect(hall, token(hall)) as rogue:
        with contextlib.suppress(websockets.ConnectionClosed):
            for _ in range(5_000):
                await rogue.send(BYTES_PING)
        async with asyncio.timeout(10):
            with contextlib.suppress(websockets.ConnectionClosed):
                while True:
                    await rogue.recv()
        assert rogue.close_code is not None


class RawSocket:
    """A WebSocket by hand, which reads nothing but the handshake."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, hall, identity):
        """Join a room."""
        raw = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.setblocking(False)
        await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", hall.server.port))
        reader, writer = await asyncio.open_connection(sock=raw, limit=1024)
        request = (
            f"GET /rtc?access_token={token(hall, identity=identity)}&protocol=16 HTTP/1.1\r\nHost: x\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        writer.write(request.encode())
        try:
            assert b" 101 " in await reader.readline()
            yield cls(reader, writer)
        finally:
            writer.transport.abort()
            # The loop closes it when it has its next turn.
            await asyncio.sleep(0)

    async def pour(self, data, times):
        """Send the same many times, for as long as the server takes it."""
        with contextlib.suppress(OSError, TimeoutError):
            for _ in range(times):
                self.writer.write(data)
                await asyncio.wait_for(self.writer.drain(), 1)


def frame(opcode, payload, *, declared=None):
    """Return a masked frame; its length may be a lie."""
    length = len(payload) if declared is None else declared
    if length < 126:
        size = bytes([0x80 | length])
    elif length < 1 << 16:
        size = bytes([0xFE]) + struct.pack("!H", length)
    else:
        size = bytes([0xFF]) + struct.pack("!Q", length)
    return bytes([opcode]) + size + bytes(4) + payload


GIANTS = {
    "a length of almost 2^63": frame(FIN | BINARY, b"x", declared=(1 << 63) - 1),
    "a length of 2^64 - 1": frame(FIN | BINARY, b"x", declared=(1 << 64) - 1),
    "16 MiB": frame(FIN | BINARY, bytes(16 * MIB)),
    "fragments without end": frame(BINARY, bytes(60_000)) + frame(CONTINUATION, bytes(60_000)) * 40,
    "empty fragments without end": frame(BINARY, b"") + frame(CONTINUATION, b"") * 2000,
}


@pytest.mark.parametrize("giant", GIANTS)
async def test_giant_frames_end_their_own_connection_alone(hall, talk, giant):
    async with talk.undisturbed(), RawSocket.open(hall, "giant") as rogue:
        await rogue.pour(GIANTS[giant], 1)
        async with asyncio.timeout(15):
            with contextlib.suppress(OSError):
                while await rogue.reader.read(65_536):
                    pass


@pytest.mark.parametrize(
    ("kind", "piece", "first"),
    [
        ("pings", frame(FIN | PING, bytes(125)), b""),
        ("empty fragments", frame(CONTINUATION, b""), frame(BINARY, b"")),
        ("requests", frame(FIN | BINARY, BYTES_PING), b""),
    ],
)
async def test_who_never_reads_takes_no_memory(hall, talk, kind, piece, first):
    async with RawSocket.open(hall, f"deaf-{kind[:2]}") as rogue:
        await talk.goes_on()
        memory = hall.memory()
        async with talk.undisturbed():
            await rogue.pour(first, 1)
            await rogue.pour(piece * (MIB // len(piece)), 24)
        assert hall.memory() - memory < 16 * MIB
