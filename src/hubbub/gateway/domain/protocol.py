"""Opcodes and close codes.

Source: Discord Gateway v10, "Opcodes and Status Codes".
"""

from __future__ import annotations

from enum import IntEnum

API_VERSIONS = ("10",)
"""Versions that the `v` parameter may name."""


class Opcode(IntEnum):
    """What a payload is."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE_UPDATE = 3
    VOICE_STATE_UPDATE = 4
    RESUME = 6
    RECONNECT = 7
    REQUEST_GUILD_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class CloseCode(IntEnum):
    """Why a connection closed. From 4004 and from 4010 on, a client must not reconnect by itself."""

    NORMAL = 1000
    GOING_AWAY = 1001
    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013
    UNKNOWN_ERROR = 4000
    UNKNOWN_OPCODE = 4001
    DECODE_ERROR = 4002
    NOT_AUTHENTICATED = 4003
    AUTHENTICATION_FAILED = 4004
    ALREADY_AUTHENTICATED = 4005
    INVALID_SEQUENCE = 4007
    RATE_LIMITED = 4008
    SESSION_TIMED_OUT = 4009
    INVALID_SHARD = 4010
    SHARDING_REQUIRED = 4011
    INVALID_API_VERSION = 4012
    INVALID_INTENTS = 4013
    DISALLOWED_INTENTS = 4014


ENDS_SESSION = frozenset({CloseCode.NORMAL, CloseCode.GOING_AWAY})
"""Close codes by which a client says that it will not resume."""

HEARTBEAT_ACK = b'{"op":11,"d":null,"s":null,"t":null}'
RECONNECT = b'{"op":7,"d":null,"s":null,"t":null}'
INVALID_SESSION = b'{"op":9,"d":false,"s":null,"t":null}'
INVALID_SESSION_RETRY = b'{"op":9,"d":true,"s":null,"t":null}'


def hello(heartbeat_interval_ms: int) -> bytes:
    """Return HELLO with the interval in milliseconds."""
    return b'{"op":10,"d":{"heartbeat_interval":%d},"s":null,"t":null}' % heartbeat_interval_ms


def shard_of(guild_id: int, shard_count: int) -> int:
    """Return which of `shard_count` shards receives a guild's events."""
    return (guild_id >> 22) % shard_count
