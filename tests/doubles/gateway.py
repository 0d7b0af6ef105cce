"""A gateway in the hand: a hub on a manual clock, sockets in memory, a client that decodes what it is sent."""

import asyncio
import json
import zlib

import zstandard

from hubbub.events.contracts import events, objects
from hubbub.gateway.adapters.directory import MemoryDirectory
from hubbub.gateway.config import GatewayConfig
from hubbub.gateway.domain.framing import frame
from hubbub.gateway.domain.handshake import Handshake
from hubbub.gateway.domain.intents import ALL_INTENTS
from hubbub.gateway.service.directory import Identity
from hubbub.gateway.service.hub import Hub
from hubbub.kernel.clock import ManualClock
from hubbub.kernel.randomness import SeededRandom

GUILD, CHANNEL, SECRET_CHANNEL = 1 << 40, 7001, 7002
BOT, PERSON, OTHER = 101, 102, 103
BOT_TOKEN, PERSON_COOKIE, OTHER_TOKEN = "bot-token", "person-cookie", "other-token"


def read_frames(data):
    """Return (first byte, payload) of each whole frame in `data`, and what is left."""
    frames = []
    while len(data) >= 2:
        size, start = data[1] & 0x7F, 2
        if size == 126:
            size, start = int.from_bytes(data[2:4], "big"), 4
        elif size == 127:
            size, start = int.from_bytes(data[2:10], "big"), 10
        if len(data) < start + size:
            break
        frames.append((data[0], bytes(data[start : start + size])))
        data = data[start + size :]
    return frames, data


class MemoryLink:
    """A socket that keeps what is written."""

    def __init__(self):
        self.slow = False
        self.data = b""
        self.writes = 0
        self.closed = None
        self.aborted = False

    def write(self, data):
        self.writes += 1
        self.data += data

    def writer(self):
        return None if self.slow else self.write

    def text_writer(self):
        return None if self.slow else self._write_text

    def _write_text(self, opcode, buffer, offset):
        self.write(frame(0x80 | opcode, bytes(buffer[offset:])))

    def close(self, code, reason):
        self.closed = self.closed or (code, reason)

    def abort(self):
        self.aborted = True


class Peer:
    """A client of the gateway: decodes payloads, remembers sequence and session."""

    def __init__(self, world, *, compression=None, address="192.0.2.1", cookie=None):
        self.world = world
        self.link = MemoryLink()
        self.payloads = []
        self._inflate = {
            None: lambda data: data,
            "zlib-stream": zlib.decompressobj().decompress,
            "zstd-stream": zstandard.ZstdDecompressor().decompressobj().decompress,
        }[compression]
        self._client = world.hub.connect(self.link, Handshake(address, compression, cookie))

    def send(self, op, d=None):
        self.send_raw(json.dumps({"op": op, "d": d}).encode())

    def send_raw(self, data):
        self._client.received(data)

    def drop(self, code=None):
        self._client.lost(code)

    def stall(self):
        """Stop reading: the socket's buffer is full."""
        self.link.slow = True
        self._client.stalled()

    def drain(self):
        """Read again."""
        self.link.slow = False
        self._client.drained()

    def read(self):
        """Decode what has arrived; return all payloads so far."""
        frames, self.link.data = read_frames(self.link.data)
        self.payloads += [json.loads(self._inflate(payload)) for _, payload in frames]
        return self.payloads

    @property
    def dispatches(self):
        return [payload for payload in self.read() if payload["op"] == 0]

    def named(self, name):
        return [payload["d"] for payload in self.dispatches if payload["t"] == name]

    @property
    def sequence(self):
        return self.dispatches[-1]["s"]

    @property
    def session_id(self):
        return self.named("READY")[0]["session_id"]

    @property
    def close_code(self):
        return self.link.closed[0] if self.link.closed else None


class World:
    """A hub with a bot, a person and another bot in one guild of two channels."""

    def __init__(self, *, config=None, session_file=None, voice=None, directory=None, clock=None):
        self.clock = clock or ManualClock()
        self.directory = directory or self._community()
        self.config = config or GatewayConfig()
        self.voice = voice
        self.hub = Hub(
            self.config,
            self.directory,
            self.clock,
            random=SeededRandom(7),
            session_file=session_file,
            voice=voice,
        )
        self._event_id = 1000

    @staticmethod
    def _community():
        directory = MemoryDirectory()
        directory.add_user(BOT, BOT_TOKEN)
        directory.add_user(PERSON, PERSON_COOKIE, Identity(PERSON, is_bot=False, session_id=55))
        directory.add_user(OTHER, OTHER_TOKEN)
        directory.add_guild(GUILD, PERSON, [CHANNEL, SECRET_CHANNEL])
        directory.join(GUILD, BOT)
        directory.join(GUILD, OTHER)
        return directory

    async def settle(self):
        """Let every waiting task and look-up finish, and flush."""
        for _ in range(200):
            self.hub.outbound.flush_all()
            await asyncio.sleep(0)
            if not self.hub.background.tasks:
                break
        self.hub.outbound.flush_all()

    async def identify(self, token=BOT_TOKEN, *, compression=None, cookie=None, **fields):
        peer = Peer(self, compression=compression, cookie=cookie)
        peer.send(2, {"token": token, "intents": ALL_INTENTS, "properties": {}, **fields})
        await self.settle()
        return peer

    async def person(self, **fields):
        return await self.identify("session", cookie=PERSON_COOKIE, **fields)

    async def resume(self, former, *, token=BOT_TOKEN, seq=None, compression=None, cookie=None):
        peer = Peer(self, compression=compression, cookie=cookie)
        seq = former.sequence if seq is None else seq
        peer.send(6, {"token": token, "session_id": former.session_id, "seq": seq})
        await self.settle()
        return peer

    def next_id(self):
        self._event_id += 1
        return self._event_id

    def publish(self, event):
        self.hub.publish(event)
        self.hub.outbound.flush_all()

    def message(self, content="hello", *, author=PERSON, channel=CHANNEL, guild=GUILD, mentions=(), **fields):
        event_id = self.next_id()
        return events.MessageCreated(
            event_id=event_id,
            guild_id=guild,
            channel_id=channel,
            message=objects.Message(
                id=str(event_id),
                channel_id=str(channel),
                author=objects.User(id=str(author), username=f"user{author}"),
                content=content,
                timestamp="2026-01-01T00:00:00.000000+00:00",
                mentions=[objects.User(id=str(each), username=f"user{each}") for each in mentions],
            ),
            **fields,
        )
