"""The session machine under any sequence of bytes, opcodes, time, drops and resumes.

It never raises; numbers have no gap; across resumes nothing within the ring is lost or told twice; memory is bounded.
"""

import json

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hubbub.gateway.config import GatewayConfig
from hubbub.gateway.domain.command import Identify, Resume
from hubbub.gateway.domain.connection import Acknowledge, Close, Connection, Perform, Phase, Send
from hubbub.gateway.domain.session import ACKNOWLEDGED_KEPT, Payload, Resumption, Session, plain_frames

EVENTS_MAX, BYTES_MAX = 40, 4000
DOCUMENTED_CLOSES = {1000, 1001, 1012, 1013, *range(4000, 4015)} - {4006}

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
snowflakes = st.integers(0, 2**63 - 1) | st.integers(0, 2**63 - 1).map(str)
plausible = st.one_of(
    st.fixed_dictionaries({"op": st.just(1), "d": st.none() | st.integers(0, 500)}),
    st.fixed_dictionaries(
        {
            "op": st.just(3),
            "d": st.fixed_dictionaries(
                {"status": st.sampled_from(["online", "idle", "?"]), "activities": st.just([]), "since": st.none()}
            ),
        }
    ),
    st.fixed_dictionaries(
        {"op": st.just(4), "d": st.fixed_dictionaries({"guild_id": snowflakes, "channel_id": snowflakes})}
    ),
    st.fixed_dictionaries(
        {
            "op": st.just(8),
            "d": st.fixed_dictionaries(
                {"guild_id": snowflakes},
                optional={
                    "query": st.text(max_size=5),
                    "limit": st.integers(),
                    "user_ids": st.lists(snowflakes, max_size=200),
                    "nonce": st.text(max_size=40),
                },
            ),
        }
    ),
    st.fixed_dictionaries({"op": st.integers(-5, 50), "d": anything}),
)


class SessionMachine(RuleBasedStateMachine):
    """A server of one session, and a client that keeps what it has been told."""

    def __init__(self):
        super().__init__()
        self.config = GatewayConfig()
        self.now_s = 0.0
        self.published = []
        self.session = None
        self.connection = None
        self.client_has = 0
        self.client_told = []

    @initialize()
    def connect(self):
        self._open()

    def _open(self):
        self.connection = Connection(self.config, self.now_s)
        self._perform(self.connection.open())

    def _perform(self, effects):
        for effect in effects:
            match effect:
                case Send(payload):
                    json.loads(payload)
                case Close(code, reason):
                    assert int(code) in DOCUMENTED_CLOSES
                    assert len(reason.encode()) <= 123
                    assert self.connection.phase is Phase.CLOSED
                case Acknowledge(sequence):
                    if self.session is not None:
                        self.session.acknowledge(sequence)
                case Perform(Identify()):
                    self._identify()
                case Perform(Resume()):
                    self._perform(self.connection.refused(self.now_s))

    def _identify(self):
        self.session = Session("s")
        self.client_has, self.client_told, self.published = 0, [], []
        self.connection.accepted(self.now_s)
        self._publish("READY", private=True)

    def _publish(self, name, *, private=False):
        number = len(self.published) + 1
        self.published.append(name)
        body = json.dumps(number).encode()
        self.session.append(Payload(name, body, private=private, number=number))

    @property
    def attached(self):
        return self.session is not None and self.connection.phase is Phase.LIVE

    @rule(data=st.binary(max_size=200) | st.binary(min_size=4090, max_size=4100))
    def bytes_arrive(self, data):
        self._perform(self.connection.receive(data, self.now_s))

    @rule(payload=plausible)
    def a_payload_arrives(self, payload):
        self._perform(self.connection.receive(json.dumps(payload).encode(), self.now_s))

    @rule(intents=st.integers(0, 1 << 26))
    def the_client_identifies(self, intents):
        identify = {"op": 2, "d": {"token": "t", "intents": intents, "properties": {}}}
        self._perform(self.connection.receive(json.dumps(identify).encode(), self.now_s))

    @rule(seconds=st.floats(0, 100))
    def time_passes(self, seconds):
        self.now_s += seconds
        if self.now_s >= self.connection.deadline_s:
            self._perform(self.connection.expire(self.now_s))

    @precondition(lambda self: self.session is not None)
    @rule(count=st.integers(1, 30), private=st.booleans())
    def events_happen(self, count, private):
        for _ in range(count):
            self._publish("EVENT", private=private)
        self.session.settle(EVENTS_MAX, BYTES_MAX, attached=self.attached)

    @precondition(lambda self: self.attached)
    @rule(count=st.integers(1, 50), arrives=st.integers(0, 50))
    def the_socket_drains(self, count, arrives):
        """Some of what is written arrives; the rest is lost with the socket."""
        start = self.session.sent + 1
        payloads = self.session.take(count)
        texts = [payload.text(start + index) for index, payload in enumerate(payloads)]
        assert b"".join(texts) == _unframed(plain_frames(payloads, start))
        for text in texts[:arrives]:
            document = json.loads(text)
            assert document["s"] == self.client_has + 1 == document["d"]
            assert document["t"] == self.published[document["s"] - 1]
            self.client_has = document["s"]
            self.client_told.append(document["s"])
        if arrives < len(texts):
            self.connection.close(1001, "")

    @precondition(lambda self: self.attached)
    @rule()
    def the_client_acknowledges(self):
        beat = {"op": 1, "d": self.client_has}
        self._perform(self.connection.receive(json.dumps(beat).encode(), self.now_s))

    @rule()
    def the_socket_drops(self):
        self.connection.close(1001, "")

    @precondition(lambda self: self.connection.phase is Phase.CLOSED)
    @rule()
    def the_client_reconnects(self):
        self._open()

    @precondition(lambda self: self.session is not None and self.connection.phase is not Phase.LIVE)
    @rule(wrong=st.none() | st.integers(-3, 3000))
    def the_client_resumes(self, wrong):
        self._open()
        sequence = self.client_has if wrong is None else wrong
        first, last = self.session.first, self.session.last
        outcome = self.session.resume(sequence)
        if not 0 <= sequence <= last:
            assert outcome is Resumption.IMPOSSIBLE
        elif sequence < first - 1:
            assert outcome is Resumption.FORGOTTEN
        else:
            assert outcome is Resumption.REPLAYED
            # A client that names an older number is told again what follows it; it asked for that.
            self.client_has = sequence
            self.client_told = [number for number in self.client_told if number <= sequence]
            self.connection.phase = Phase.AUTHENTICATING
            self.connection.accepted(self.now_s)
        if outcome is not Resumption.REPLAYED and wrong is None:
            self.session = None

    @invariant()
    def nothing_is_lost_or_repeated(self):
        if self.session is not None:
            assert self.session.last == len(self.published)
            assert self.session.sent <= self.session.last
            assert self.session.weight >= 0
            assert self.session.private_weight == sum(each.size for each in self.session.ring if each.private)

    @invariant()
    def memory_is_bounded(self):
        if self.session is not None:
            kept = len(self.session.ring) - (self.session.last - self.session.sent if self.attached else 0)
            assert kept <= max(EVENTS_MAX, ACKNOWLEDGED_KEPT) + 1


def _unframed(data):
    texts = []
    while data:
        size, start = data[1], 2
        if size == 126:
            size, start = int.from_bytes(data[2:4], "big"), 4
        texts.append(data[start : start + size])
        data = data[start + size :]
    return b"".join(texts)


TestSessionMachine = SessionMachine.TestCase
TestSessionMachine.settings = settings(
    max_examples=150, stateful_step_count=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
