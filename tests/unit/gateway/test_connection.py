"""The protocol of one socket, on virtual time."""

import json

import pytest

from hubbub.gateway.config import GatewayConfig
from hubbub.gateway.domain.command import Identify, PresenceUpdate, RequestMembers, Resume
from hubbub.gateway.domain.connection import Acknowledge, Close, Connection, Perform, Phase, Send
from hubbub.kernel.errors import Misconfigured

IDENTIFY = {"token": "t", "intents": 1, "properties": {"os": "linux"}}
PRESENCE = {"status": "online", "activities": [], "since": None, "afk": False}


def payload(op, d=None):
    return json.dumps({"op": op, "d": d}).encode()


@pytest.fixture
def connection():
    return Connection(GatewayConfig(), 0.0)


@pytest.fixture
def live(connection):
    connection.receive(payload(2, IDENTIFY), 0.0)
    connection.accepted(0.0)
    return connection


def code(effects):
    return next((int(effect.code) for effect in effects if isinstance(effect, Close)), None)


def test_hello_names_the_interval(connection):
    (hello,) = connection.open()
    assert json.loads(hello.payload)["d"] == {"heartbeat_interval": 41250}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 4002),
        (b"{", 4002),
        (b"[1]", 4002),
        (b'{"op":"2"}', 4002),
        (b'{"d":null}', 4002),
        (b"\xff\xfe", 4002),
        (b'{"op":99,"d":null}', 4001),
        (b'{"op":0,"d":null}', 4001),
        (b'{"op":5,"d":null}', 4001),
        (b'{"op":1,"d":"5"}', 4002),
        (b'{"op":2,"d":{}}', 4002),
        (b'{"op":6,"d":{"token":"t"}}', 4002),
        (b"[" * 4000, 4002),
        (b'{"op":1,"d":null}' + b" " * 4096, 4002),
    ],
)
def test_what_cannot_be_read_closes_with_its_code(connection, data, expected):
    assert code(connection.receive(data, 0.0)) == expected
    assert connection.receive(payload(1), 0.0) == ()


@pytest.mark.parametrize(("op", "d"), [(3, PRESENCE), (4, {"guild_id": "1"}), (8, {"guild_id": "1", "user_ids": []})])
def test_commands_before_identify_close_with_4003(connection, op, d):
    assert code(connection.receive(payload(op, d), 0.0)) == 4003


def test_a_second_identify_closes_with_4005(live):
    assert code(live.receive(payload(2, IDENTIFY), 0.0)) == 4005


def test_a_second_identify_while_the_first_is_answered_closes_with_4005(connection):
    connection.receive(payload(2, IDENTIFY), 0.0)
    assert code(connection.receive(payload(6, {"token": "t", "session_id": "s", "seq": 1}), 0.0)) == 4005


def test_payload_number_121_within_a_minute_closes_with_4008(connection):
    for _ in range(120):
        assert code(connection.receive(payload(1), 1.0)) is None
    assert code(connection.receive(payload(1), 59.0)) == 4008


def test_the_next_minute_counts_anew(connection):
    for _ in range(120):
        connection.receive(payload(1), 1.0)
    assert code(connection.receive(payload(1), 60.0)) is None


def test_heartbeats_are_acknowledged_before_and_after_identify(connection):
    assert json.loads(connection.receive(payload(1), 0.0)[0].payload)["op"] == 11
    connection.receive(payload(2, IDENTIFY), 0.0)
    connection.accepted(0.0)
    ack, acknowledged = connection.receive(payload(1, 7), 0.0)
    assert isinstance(ack, Send)
    assert acknowledged == Acknowledge(7)


def test_silence_before_identify_closes_with_4009(connection):
    assert connection.deadline_s == 30.0
    assert connection.expire(29.9) == ()
    assert code(connection.expire(30.0)) == 4009
    assert connection.deadline_s == float("inf")


def test_missed_heartbeats_close_with_a_code_that_lets_the_client_resume(live):
    deadline = live.deadline_s
    assert deadline == pytest.approx(41.25 * 1.5)
    live.receive(payload(1), 40.0)
    assert code(live.expire(deadline)) is None
    assert code(live.expire(40.0 + 41.25 * 1.5)) == 4000


def test_an_invalid_session_may_identify_again_on_the_same_socket(connection):
    connection.receive(payload(6, {"token": "t", "session_id": "s", "seq": 1}), 0.0)
    (invalid,) = connection.refused(1.0)
    assert json.loads(invalid.payload) == {"op": 9, "d": False, "s": None, "t": None}
    assert connection.phase is Phase.WAITING
    (effect,) = connection.receive(payload(2, IDENTIFY), 1.0)
    assert isinstance(effect.command, Identify)


def test_presence_beyond_five_in_twenty_seconds_takes_effect_when_they_end(live):
    for _ in range(5):
        assert isinstance(live.receive(payload(3, PRESENCE), 1.0)[0], Perform)
    assert live.receive(payload(3, {**PRESENCE, "status": "idle"}), 2.0) == ()
    assert live.receive(payload(3, {**PRESENCE, "status": "dnd"}), 2.0) == ()
    assert live.deadline_s == 20.0
    assert live.expire(19.0) == ()
    (effect,) = live.expire(20.0)
    assert isinstance(effect.command, PresenceUpdate)
    assert effect.command.status == "dnd"
    assert live.expire(20.0) == ()


def test_libraries_may_send_ids_as_strings_or_numbers_and_flags_as_digits(live):
    d = {"guild_id": 5, "user_ids": "7", "presences": 1, "nonce": 12}
    (effect,) = live.receive(payload(8, d), 0.0)
    assert effect.command == RequestMembers(
        guild_id=5, query="", limit=0, presences=True, user_ids=(7,), not_ids=(), nonce="12"
    )
    (effect,) = live.receive(payload(8, {"guild_id": "5", "query": "a", "limit": 3, "nonce": "é" * 17}), 0.0)
    assert (effect.command.user_ids, effect.command.nonce) == (None, None)


def test_a_request_for_members_names_what_it_wants(live):
    assert code(live.receive(payload(8, {"guild_id": "5"}), 0.0)) == 4002


@pytest.mark.parametrize("guild_id", ["", "-1", "x", str(2**64), None, [1]])
def test_what_is_no_snowflake_closes_with_4002(live, guild_id):
    assert code(live.receive(payload(4, {"guild_id": guild_id}), 0.0)) == 4002


def test_resume_is_parsed(connection):
    (effect,) = connection.receive(payload(6, {"token": "t", "session_id": "s", "seq": 9}), 0.0)
    assert effect.command == Resume(token="t", session_id="s", seq=9)


@pytest.mark.parametrize(
    "fields", [{"input_bytes_max": 0}, {"resume_window_s": 299.0}, {"public_url": "http://x"}, {"coalesce_ms": -1.0}]
)
def test_a_setting_that_cannot_work_names_itself(fields):
    with pytest.raises(Misconfigured, match=rf"gateway\.{next(iter(fields))}"):
        GatewayConfig(**fields)
