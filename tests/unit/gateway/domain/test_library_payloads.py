"""IDENTIFY and presence as the bot libraries really send them."""

from __future__ import annotations

import json

import msgspec

from hubbub.gateway.domain.command import Identify, PresenceUpdate, parse_command


def parse(opcode: int, body: dict[str, object]) -> object:
    return parse_command(opcode, msgspec.Raw(json.dumps(body).encode()))


def test_discord_py_sends_a_game_without_a_status():
    command = parse(
        2,
        {
            "token": "t",
            "properties": {"os": "linux", "browser": "discord.py", "device": "discord.py"},
            "compress": True,
            "large_threshold": 250,
            "intents": 53_575_421,
            "presence": {"status": None, "game": {"type": 0, "name": "chess"}, "since": 0, "afk": False},
        },
    )
    assert isinstance(command, Identify)
    assert command.presence is not None
    assert command.presence.status == "online"
    assert command.presence.activities is not None
    assert command.presence.activities[0].name == "chess"


def test_hikari_sends_no_game_as_null():
    command = parse(
        2,
        {
            "token": "t",
            "compress": False,
            "large_threshold": 250,
            "properties": {"os": "Linux 64bit", "browser": "hikari", "device": "hikari"},
            "shard": [0, 1],
            "intents": 1,
            "capabilities": 0,
            "presence": {"since": None, "afk": False, "game": None, "status": "online"},
        },
    )
    assert isinstance(command, Identify)
    assert command.presence is not None
    assert command.presence.activities is None


def test_discord_js_sends_activities():
    activity = {"name": "go", "type": 3}
    command = parse(3, {"activities": [activity], "afk": False, "since": None, "status": "dnd"})
    assert isinstance(command, PresenceUpdate)
    assert (command.status, command.activities and command.activities[0].type) == ("dnd", 3)
