"""Voice states over REST: who may look, move, disconnect, and say who speaks on a stage."""

import msgspec
import pytest

from doubles.community_api import community_api
from hubbub.community.domain.permissions import Permissions
from hubbub.events.contracts import objects


class Calls:
    """Voice that does what it is told."""

    def __init__(self):
        self.states, self.done = {}, []
        self.is_available = True

    def put(self, guild, user, channel_id):
        state = objects.VoiceState(channel_id=channel_id, user_id=user.id, session_id="s", guild_id=guild["id"])
        self.states[int(guild["id"]), int(user.id)] = state

    def state(self, guild_id, user_id):
        return self.states.get((guild_id, user_id))

    async def move(self, guild_id, user_id, channel_id):
        self.done.append(("move", user_id, channel_id))

    def set_stage(self, guild_id, user_id, *, suppress=None, asked_ms=None):
        self.done.append(("stage", user_id, suppress, asked_ms))


@pytest.fixture
async def scene(tmp_path):
    async with community_api(tmp_path) as api:
        api.community.voice_states.calls = calls = Calls()
        ada, bob = await api.person("ada"), await api.person("bob")
        guild = await api.guild(ada, bob)
        path = f"/guilds/{guild['id']}"
        channels = await ada.ok("GET", f"{path}/channels")
        lounge = next(each["id"] for each in channels if each["type"] == 2)
        stage = (await ada.ok("POST", f"{path}/channels", {"name": "Hall", "type": 13}))["id"]
        yield api, calls, ada, bob, guild, path, lounge, stage


async def test_states_are_seen_by_those_who_see_the_channel(scene):
    _, calls, ada, bob, guild, path, lounge, _ = scene
    assert await ada.refused("GET", f"{path}/voice-states/{bob.id}") == (404, 10065)
    calls.put(guild, ada, lounge)
    assert (await bob.ok("GET", f"{path}/voice-states/{ada.id}"))["channel_id"] == lounge
    assert (await ada.ok("GET", f"{path}/voice-states/@me"))["user_id"] == ada.id
    hidden = {"id": guild["id"], "type": 0, "deny": str(int(Permissions.VIEW_CHANNEL))}
    await ada.ok("PATCH", f"/channels/{lounge}", {"permission_overwrites": [hidden]})
    assert await bob.refused("GET", f"{path}/voice-states/{ada.id}") == (404, 10065)


async def test_the_installation_says_whether_there_are_calls(scene):
    api, calls, *_ = scene
    anyone = api.anyone()
    assert (await anyone.ok("GET", "/instance"))["features"] == {"voice": True}
    calls.is_available = False
    assert (await anyone.ok("GET", "/instance"))["features"] == {"voice": False}
    api.community.voice_states.calls = None
    assert (await anyone.ok("GET", "/instance"))["features"] == {"voice": False}


async def test_regions_are_told(scene):
    _, _, ada, _, _, path, *_ = scene
    for place in ("/voice/regions", f"{path}/regions"):
        assert [region["id"] for region in await ada.ok("GET", place)] == ["local"]


async def test_members_are_moved_and_disconnected_by_those_who_may(scene):
    _, calls, ada, bob, guild, path, lounge, stage = scene
    member = f"{path}/members/{bob.id}"
    assert await ada.refused("PATCH", member, {"channel_id": lounge}) == (400, 40032)
    calls.put(guild, bob, lounge)
    calls.put(guild, ada, lounge)
    assert await bob.refused("PATCH", f"{path}/members/{ada.id}", {"channel_id": stage}) == (403, 50013)
    assert await ada.refused("PATCH", member, {"channel_id": guild["text"]}) == (404, 10003)
    await ada.ok("PATCH", member, {"channel_id": stage})
    await ada.ok("PATCH", member, {"channel_id": None})
    assert calls.done == [("move", int(bob.id), int(stage)), ("move", int(bob.id), None)]


async def test_only_who_is_in_voice_is_muted_and_deafened(scene):
    _, calls, ada, bob, guild, path, lounge, _ = scene
    member = f"{path}/members/{bob.id}"
    for change in ({"mute": True}, {"deaf": False}, {"mute": False, "nick": "Robert"}):
        assert await ada.refused("PATCH", member, change) == (400, 40032)
    # Who may not mute is told that first.
    assert await bob.refused("PATCH", f"{path}/members/{ada.id}", {"mute": True}) == (403, 50013)
    calls.put(guild, bob, lounge)
    changed = await ada.ok("PATCH", member, {"mute": True, "deaf": True})
    assert (changed["mute"], changed["deaf"], changed["nick"]) == (True, True, None)


async def test_on_a_stage_moderators_say_who_speaks_and_others_ask(scene):
    api, calls, ada, bob, guild, path, lounge, stage = scene
    own, of_bob = f"{path}/voice-states/@me", f"{path}/voice-states/{bob.id}"
    assert await bob.refused("PATCH", own, {"suppress": False}) == (404, 10065)
    calls.put(guild, bob, lounge)
    assert await ada.refused("PATCH", of_bob, {"suppress": False}) == (400, 50035)
    calls.put(guild, bob, stage)
    calls.put(guild, ada, stage)
    assert await bob.refused("PATCH", own, {"suppress": False}) == (403, 50013)
    assert await bob.refused("PATCH", f"{path}/voice-states/{ada.id}", {"suppress": True}) == (403, 50013)
    assert await bob.refused("PATCH", own, {"channel_id": lounge}) == (400, 50035)
    assert await bob.refused("PATCH", own, {"request_to_speak_timestamp": "2001-01-01T00:00:00Z"}) == (400, 50035)
    now_ms = api.clock.unix_ms()
    await bob.ok("PATCH", own, {"request_to_speak_timestamp": "2026-01-01T00:00:00Z", "channel_id": stage})
    await bob.ok("PATCH", own, {"request_to_speak_timestamp": None})
    await bob.ok("PATCH", own, {"suppress": True})
    await ada.ok("PATCH", of_bob, {"suppress": False})
    who = int(bob.id)
    assert calls.done == [
        ("stage", who, None, now_ms),
        ("stage", who, None, 0),
        ("stage", who, True, None),
        ("stage", who, False, None),
    ]


async def test_without_voice_nobody_is_in_it(scene):
    api, _, ada, bob, _, path, lounge, _ = scene
    api.community.voice_states.calls = None
    assert await ada.refused("GET", f"{path}/voice-states/@me") == (404, 10065)
    assert await ada.refused("PATCH", f"{path}/members/{bob.id}", {"channel_id": lounge}) == (400, 40032)


def test_a_state_is_encoded_as_clients_read_it():
    state = objects.VoiceState(channel_id=None, user_id="1", session_id="s")
    assert msgspec.json.decode(msgspec.json.encode(state))["request_to_speak_timestamp"] is None
