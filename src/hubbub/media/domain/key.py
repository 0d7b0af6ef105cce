"""Media keys: what a program shows to upload. The key is public, its secret is kept as a hash alone."""

from __future__ import annotations

import base64
import hashlib
from hmac import compare_digest
from typing import Final, NamedTuple

from typing_extensions import override

from hubbub.kernel.randomness import RandomSource

KEY_PREFIX: Final = "MED"
"""What tells a media key from those of other engines."""

_KEY_BYTES = 10
_SECRET_BYTES = 32


class MediaKey(NamedTuple):
    """A key as stored; field order equals the columns that the statements select."""

    key: str
    secret_hash: bytes
    """SHA-256. The secret is 256 random bits, so that no slower hash could make guessing harder."""
    name: str
    """What it is for, as its maker says."""
    created_at_ms: int

    @property
    def owner(self) -> str:
        """Who owns what is uploaded with it."""
        return f"key/{self.key}"

    def opens(self, secret: str) -> bool:
        """Return whether `secret` is this key's."""
        return compare_digest(_hash(secret), self.secret_hash)

    @override
    def __repr__(self) -> str:
        """Return the key without the hash."""
        return f"MediaKey(key={self.key!r}, name={self.name!r})"


class MadeKey(NamedTuple):
    """A key just made, with the secret that is never seen again."""

    key: MediaKey
    secret: str

    @property
    def bearer(self) -> str:
        """What goes after ``Authorization: Bearer``."""
        return f"{self.key.key}.{self.secret}"

    @override
    def __repr__(self) -> str:
        """Return the key without its secret, so that no log can hold it."""
        return f"MadeKey(key={self.key.key!r})"


def new_key(name: str, random: RandomSource, now_ms: int) -> MadeKey:
    """Return a key with a secret of 256 random bits."""
    secret = base64.urlsafe_b64encode(random.token_bytes(_SECRET_BYTES)).decode().rstrip("=")
    key = KEY_PREFIX + base64.b32encode(random.token_bytes(_KEY_BYTES)).decode().lower()
    return MadeKey(MediaKey(key, _hash(secret), name, now_ms), secret)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
