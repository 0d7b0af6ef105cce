"""Settings that cannot work are refused by name, and TURN credentials are those that coturn computes."""

import base64
import hashlib
import hmac

import pytest

from doubles.voice_client import World
from hubbub.kernel.errors import Misconfigured
from hubbub.voice.config import VoiceConfig
from hubbub.voice.domain.limit import WINDOW_S, Joins
from hubbub.voice.domain.turn import turn_credential


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"port": -1}, "voice.port"),
        ({"port": 65_535, "shards": 2}, "voice.shards"),
        ({"shards": 0}, "voice.shards"),
        ({"turn_servers": ("turn:x",)}, "voice.turn_secret"),
        ({"ping_interval_s": 20}, "voice.ping_timeout_s"),
        ({"resume_window_s": 0.0}, "voice.resume_window_s"),
    ],
)
def test_settings_that_cannot_work_are_named(settings, named):
    with pytest.raises(Misconfigured, match=named):
        VoiceConfig(**settings)


def test_any_port_may_be_asked_for():
    assert VoiceConfig(port=0).port == 0


def test_a_turn_credential_is_the_secrets_hmac_of_its_name():
    credential = turn_credential("north", "PA_ada", expires_s=1_700_000_000)
    assert credential.username == "1700000000:PA_ada"
    expected = hmac.new(b"north", credential.username.encode(), hashlib.sha1).digest()
    assert base64.b64decode(credential.password) == expected


def test_each_client_is_told_its_own_turn_credential():
    config = VoiceConfig(ice_servers=("stun:a",), turn_servers=("turn:b", "turns:b"), turn_secret="s")
    world = World(config=config)
    told = [list(world.client(name).last("join").ice_servers) for name in ("ada", "grace")]
    assert [list(server.urls) for server in told[0]] == [["stun:a"], ["turn:b", "turns:b"]]
    assert not told[0][0].credential
    names = {servers[1].username for servers in told}
    assert len(names) == 2
    expires_s = world.clock.unix_ms() // 1000 + config.turn_lifetime_s
    assert all(name.startswith(f"{expires_s}:PA_") for name in names)


def test_joins_are_counted_per_key_and_window():
    joins = Joins(2)
    assert [joins.take("a", 1.0) > 0 for _ in range(3)] == [False, False, True]
    assert joins.take("b", 1.0) == 0
    assert joins.take("a", 4.0) == pytest.approx(WINDOW_S - 4)
    assert joins.take("a", WINDOW_S) == 0
