"""Credentials for a TURN server that shares a secret with this one.

Source: draft-uberti-behave-turn-rest-00, which coturn serves as ``use-auth-secret``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import NamedTuple


class TurnCredential(NamedTuple):
    """What a client shows to a TURN server."""

    username: str
    password: str


def turn_credential(secret: str, name: str, *, expires_s: int) -> TurnCredential:
    """Return a credential for `name`, which the TURN server logs, valid until `expires_s` (Unix seconds)."""
    # The server takes what follows the first colon as the name.
    username = f"{expires_s}:{name}"
    # The draft says SHA-1; as the key of an HMAC it is still sound.
    digest = hmac.digest(secret.encode(), username.encode(), hashlib.sha1)
    return TurnCredential(username, base64.b64encode(digest).decode())
