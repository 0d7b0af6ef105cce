"""The promise of resume on real sockets: a thousand forced drops and a restart, nothing lost and nothing twice."""

import asyncio
import json
import random

from doubles.gateway import BOT_TOKEN, World
from doubles.gateway_server import Server
from hubbub.gateway.config import GatewayConfig
from hubbub.gateway.domain.intents import ALL_INTENTS
from hubbub.kernel.clock import SystemClock

DROPS = 1000
CONFIG = GatewayConfig(identifies_per_address=100_000)


class Receiver:
    """A client that drops its socket after a few messages, and complains of a gap or a repetition."""

    def __init__(self):
        self.session_id = None
        self.sequence = 0
        self.contents = []

    async def visit(self, server, happens, *, wanted):
        """Connect, let something happen, read up to `wanted` messages in all, and cut the connection."""
        async with asyncio.timeout(20), server.connect() as socket:
            if self.session_id is None:
                await self._send(socket, 2, intents=ALL_INTENTS, properties={})
                while self.session_id is None:
                    self._take(json.loads(await socket.recv()))
            else:
                await self._send(socket, 6, session_id=self.session_id, seq=self.sequence)
            happens()
            while len(self.contents) < wanted:
                self._take(json.loads(await socket.recv()))
            socket.transport.abort()

    async def _send(self, socket, op, **fields):
        await socket.send(json.dumps({"op": op, "d": {"token": BOT_TOKEN, **fields}}))

    def _take(self, payload):
        assert payload["op"] in {0, 7, 10, 11}
        if payload["op"] != 0:
            return
        assert payload["s"] == self.sequence + 1
        self.sequence = payload["s"]
        if payload["t"] == "READY":
            self.session_id = payload["d"]["session_id"]
        elif payload["t"] == "MESSAGE_CREATE":
            self.contents.append(payload["d"]["content"])


async def test_a_thousand_drops_and_a_restart_lose_and_repeat_nothing(tmp_path):
    chance = random.Random(4)
    receiver, sent = Receiver(), []
    session_file = tmp_path / "sessions"
    world = World(clock=SystemClock(), config=CONFIG, session_file=session_file)

    def publish():
        for _ in range(chance.randrange(4)):
            sent.append(str(len(sent)))
            world.hub.publish(world.message(sent[-1]))

    def restarted():
        again = World(clock=SystemClock(), config=CONFIG, session_file=session_file, directory=world.directory)
        again._event_id = world._event_id
        return again

    for _ in range(2):
        async with Server(world) as server:
            for _ in range(DROPS // 2):
                if receiver.session_id is not None:
                    publish()
                wanted = chance.randint(len(receiver.contents), len(sent))
                await receiver.visit(server, publish, wanted=wanted)
        world = restarted()
    async with Server(world) as server:
        await receiver.visit(server, lambda: None, wanted=len(sent))
    assert receiver.contents == sent
    assert len(sent) > DROPS
