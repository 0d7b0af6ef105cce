"""Checks of connectivity as strangers send them, byte by byte (RFC 8489)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import struct
import zlib

_COOKIE = 0x2112A442
_USERNAME, _INTEGRITY, _PRIORITY, _CONTROLLING, _USE_CANDIDATE, _FINGERPRINT = 6, 8, 0x24, 0x802A, 0x25, 0x8028


def check(username: str, password: str) -> bytes:
    """Return a check that nominates its path."""
    attributes = (
        _attribute(_USERNAME, username.encode())
        + _attribute(_PRIORITY, struct.pack("!I", 2_130_706_431))
        + _attribute(_CONTROLLING, bytes(8))
        + _attribute(_USE_CANDIDATE, b"")
    )
    transaction = secrets.token_bytes(12)
    head = struct.pack("!HHI", 1, len(attributes) + 24, _COOKIE) + transaction
    seal = hmac.new(password.encode(), head + attributes, hashlib.sha1).digest()
    attributes += _attribute(_INTEGRITY, seal)
    head = struct.pack("!HHI", 1, len(attributes) + 8, _COOKIE) + transaction
    print_ = zlib.crc32(head + attributes) ^ 0x5354554E
    return head + attributes + _attribute(_FINGERPRINT, struct.pack("!I", print_))


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)
