"""API keys: a name for tokens' issuer, and the secret that signs them."""

from __future__ import annotations

import base64
from typing import NamedTuple

from typing_extensions import override

from hubbub.kernel.randomness import RandomSource
from hubbub.voice.domain.sid import new_sid

KEY_PREFIX = "API"
_SECRET_BYTES = 32


class ApiKey(NamedTuple):
    """A key that may sign access tokens."""

    key: str
    """Public; the issuer of its tokens."""
    secret: str
    name: str
    """What it is for, as its maker says."""
    is_own: bool
    """Whether it signs what this installation hands out itself; such a key is neither shown nor revoked."""
    created_at_ms: int

    @override
    def __repr__(self) -> str:
        """Return the key without its secret, so that no log can hold it."""
        return f"ApiKey(key={self.key!r}, name={self.name!r})"


def new_key(name: str, random: RandomSource, *, is_own: bool, now_ms: int) -> ApiKey:
    """Return a key with a secret of 256 random bits."""
    secret = base64.urlsafe_b64encode(random.token_bytes(_SECRET_BYTES)).decode().rstrip("=")
    return ApiKey(new_sid(KEY_PREFIX, random), secret, name, is_own, now_ms)
