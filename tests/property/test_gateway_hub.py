"""The whole hub under any sequence of events, drops, slow readers, half flushes, resumes and restarts.

Three clients, one for each encoding, keep what arrives. Whatever happens between, each ends up with every message that
was published since it identified, once and in order, and with sequence numbers that have no gap.
"""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from doubles.gateway import BOT_TOKEN, CHANNEL, GUILD, OTHER_TOKEN, PERSON_COOKIE, SECRET_CHANNEL, Peer, World
from hubbub.events.contracts import events
from hubbub.gateway.config import GatewayConfig
from hubbub.gateway.domain.intents import ALL_INTENTS, Intent
from hubbub.gateway.service import outbound

CREDENTIALS = ((BOT_TOKEN, None, None), ("session", PERSON_COOKIE, "zlib-stream"), (OTHER_TOKEN, None, "zstd-stream"))
CLIENTS = st.integers(0, 5)
IDENTIFY, RESUME = 2, 6


class Turns:
    """A loop that turns when it is told to: what was scheduled waits in order."""

    def __init__(self, clock):
        self._clock = clock
        self.waiting = []

    def time(self):
        return self._clock.monotonic_s()

    def call_soon(self, callback):
        self.waiting.append(callback)

    def call_later(self, _delay_s, callback):
        self.waiting.append(callback)

    def turn(self):
        if self.waiting:
            self.waiting.pop(0)()


class Client:
    """Keeps the messages that arrive, and reconnects on demand."""

    def __init__(self, credentials, *, blind):
        self.token, self.cookie, self.compression = credentials
        self.intents = ALL_INTENTS & ~Intent.MESSAGE_CONTENT if blind else ALL_INTENTS
        self.peer = None
        self.seen = 0
        self.sequence = 0
        self.session_id = None
        self.ids = []

    def take(self):
        dispatches = self.peer.dispatches
        for payload in dispatches[self.seen :]:
            assert payload["s"] == self.sequence + 1
            self.sequence = payload["s"]
            if payload["t"] == "READY":
                self.session_id = payload["d"]["session_id"]
            elif payload["t"] == "MESSAGE_CREATE":
                self.ids.append(payload["d"]["id"])
        self.seen = len(dispatches)

    def open(self, world, op, **fields):
        self.peer, self.seen = Peer(world, compression=self.compression, cookie=self.cookie), 0
        self.peer.send(op, {"token": self.token, **fields})


class HubMachine(RuleBasedStateMachine):
    """A hub, six clients, and every message that there was."""

    def __init__(self):
        super().__init__()
        self._slice, self._batch = outbound._SLICE, outbound.BATCH
        outbound._SLICE, outbound.BATCH = 2, 3
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.published = []
        self.world = None

    def teardown(self):
        try:
            if self.world is not None:
                self.everything_arrives()
        finally:
            outbound._SLICE, outbound.BATCH = self._slice, self._batch
            self.loop.close()
            self.folder.cleanup()

    def _world(self, former=None):
        path = Path(self.folder.name) / "sessions"
        config = GatewayConfig(identifies_per_address=100_000)
        shared = {} if former is None else {"directory": former.directory, "clock": former.clock}
        world = World(session_file=path, config=config, **shared)
        world._event_id = 1000 if former is None else former._event_id
        self.loop.run_until_complete(world.hub.start())
        world.hub._sweeping.cancel()
        self.turns = Turns(world.clock)
        world.hub.outbound.start(self.turns)
        return world

    @initialize()
    def everybody_identifies(self):
        self.world = self._world()
        self.clients = [Client(each, blind=blind) for each in CREDENTIALS for blind in (False, True)]
        for client in self.clients:
            self._open(client, IDENTIFY, intents=client.intents, properties={})
            client.take()

    def _open(self, client, op, **fields):
        """Connect and send; the answer needs turns of the real loop, and none of the one that flushes."""

        async def answered():
            client.open(self.world, op, **fields)
            while tasks := list(self.world.hub.background.tasks):
                await asyncio.wait(tasks)

        self.loop.run_until_complete(asyncio.wait_for(answered(), 10))
        if op == IDENTIFY:
            self._turn_until_idle()

    def _turn_until_idle(self):
        while self.turns.waiting:
            self.turns.turn()

    @rule(count=st.integers(1, 5), secret=st.booleans())
    def messages_happen(self, count, secret):
        for _ in range(count):
            message = self.world.message(channel=SECRET_CHANNEL if secret else CHANNEL)
            self.published.append(message.message.id)
            self.world.hub.publish(message)

    @rule()
    def someone_types(self):
        self.world.hub.publish(
            events.TypingStarted(
                event_id=self.world.next_id(), guild_id=GUILD, channel_id=CHANNEL, user_id=1, timestamp_s=1
            )
        )

    @rule(which=CLIENTS)
    def something_private_happens(self, which):
        session = self.world.hub.sessions[self.clients[which].session_id]
        self.world.hub.outbound.dispatch(session, "PRIVATE", b"null")

    @rule()
    def the_loop_turns(self):
        self.turns.turn()

    @rule(which=CLIENTS)
    def a_client_reads_and_acknowledges(self, which):
        client = self.clients[which]
        client.take()
        if client.peer.close_code is None:
            client.peer.send(1, client.sequence)

    @rule(which=CLIENTS)
    def a_reader_becomes_slow(self, which):
        self.clients[which].peer.stall()

    @rule(which=CLIENTS)
    def a_reader_catches_up(self, which):
        self.clients[which].peer.drain()

    @rule(which=CLIENTS, takes=st.booleans(), answers=st.booleans())
    def a_socket_drops_and_its_client_resumes(self, which, takes, answers):
        """What was on its way is lost; the server may not even know of the drop."""
        client = self.clients[which]
        if takes:
            client.take()
        if answers:
            client.peer.drop()
        self._resume(client)

    @precondition(lambda self: self.world is not None)
    @rule()
    def the_server_restarts(self):
        self.loop.run_until_complete(self.world.hub.stop())
        self.world = self._world(self.world)
        for client in self.clients:
            self._resume(client)

    def _resume(self, client):
        self._open(client, RESUME, session_id=client.session_id, seq=client.sequence)
        assert client.peer.close_code is None

    def everything_arrives(self):
        for client in self.clients:
            client.peer.drain()
        self._turn_until_idle()
        for client in self.clients:
            client.take()
            assert client.ids == self.published


TestHub = HubMachine.TestCase
TestHub.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
