"""Addresses that are good for a while: a signature over the path and the second at which it ends.

The end is rounded up to a bucket, so that everybody who asks for the same file within one gets the same address, and
caches on the way hit. Buckets of different paths begin at different times: addresses do not all change at once.

What a picture is rendered as (`domain/rendition.py`) is not signed: sizes and qualities snap to buckets, so an address
opens a bounded number of variants of one file, and clients may choose among them without asking for each.

An address that shall not end, as of an emoji that everybody may see, has a signature and no end. An upload's token is
the same kind of signature, over its id.

Source: RFC 2104 (HMAC), with SHA-256 of FIPS 180-4.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from hubbub.media.errors import AddressExpired, AddressForged

EXPIRY, MAC = "ex", "hm"
"""Names of the two query parameters."""
KEY_BYTES_MIN = 32
"""Shorter keys are guessed sooner than the signature."""
NEVER: Final = 1 << 62
"""The second at which an address ends that does not."""
_PURPOSE: Final = b"hubbub media address 1\n"
_UPLOAD: Final = b"hubbub media upload 1\n"
_EXPIRY = re.compile(r"[0-9a-f]{1,12}", re.ASCII)
_MAC = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Signed(NamedTuple):
    """The two parameters that make a path good."""

    expiry_s: int
    """Unix second from which on it is good no more."""
    mac: str
    """64 hexadecimal digits."""

    @property
    def query(self) -> str:
        """What stands behind the question mark."""
        return f"{EXPIRY}={self.expiry_s:x}&{MAC}={self.mac}"


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs and checks paths."""

    key: bytes
    """Signs; `KEY_BYTES_MIN` bytes or more, from a random source."""
    key_before: bytes | None = None
    """The key before this one: what it signed stays good until it expires."""
    lifetime_s: int = 86_400
    """Seconds that an address is good for at least; at most a bucket longer."""
    bucket_s: int = 21_600
    """Seconds in which the address of a path stays the same."""

    def __post_init__(self) -> None:
        """Refuse keys and times that cannot work."""
        if any(len(key) < KEY_BYTES_MIN for key in self._keys):
            raise ValueError(f"a key for addresses has {KEY_BYTES_MIN} bytes or more")
        if self.lifetime_s < 1 or self.bucket_s < 1:
            raise ValueError("an address is good for a second or more")

    def sign(self, path: str, now_ms: int) -> Signed:
        """Return what makes `path` good from now on.

        Args:
            path: Decoded, without a query.
            now_ms: Unix milliseconds.
        """
        shift = zlib.crc32(path.encode("utf-8", "surrogatepass")) % self.bucket_s
        bucket = (now_ms // 1000 + shift) // self.bucket_s + 1
        expiry_s = bucket * self.bucket_s - shift + self.lifetime_s
        return Signed(expiry_s, _mac(self.key, path, expiry_s))

    def sign_for_ever(self, path: str) -> str:
        """Return the query that makes `path` good without an end; it is good no more once both keys are others."""
        return f"{MAC}={_mac(self.key, path, 0)}"

    def token(self, upload_id: int) -> str:
        """Return what lets its bearer write to an upload, and end it, without being anybody."""
        return _token(self.key, upload_id)

    def admits(self, upload_id: int, token: str) -> bool:
        """Return whether a token is one of `token` for this upload."""
        # Not all of it need be ASCII, which is all that text is compared in.
        told = token.encode("utf-8", "surrogatepass")
        return any(hmac.compare_digest(_token(key, upload_id).encode(), told) for key in self._keys)

    def check(self, path: str, query: Mapping[str, str], now_ms: int) -> int | None:
        """Return the Unix second at which the address expires, `NEVER` too; None when it is not signed at all.

        Raises:
            AddressForged: The signature was not made by us, or for another path or another end.
            AddressExpired: It was, and its time is over. Only who held a good address learns that.
        """
        expiry, mac = query.get(EXPIRY), query.get(MAC)
        if expiry is None and mac is None:
            return None
        if _EXPIRY.fullmatch(expiry or "0") is None or _MAC.fullmatch(mac or "") is None:
            raise AddressForged
        expiry_s = int(expiry or "0", 16)
        # Each key is tried, whatever came of the one before, so that time tells not which one it was.
        good = [hmac.compare_digest(_mac(key, path, expiry_s), mac or "") for key in self._keys]
        if not any(good):
            raise AddressForged
        if expiry is None:
            return NEVER
        if now_ms >= expiry_s * 1000:
            raise AddressExpired
        return expiry_s

    @property
    def _keys(self) -> tuple[bytes, ...]:
        return (self.key,) if self.key_before is None else (self.key, self.key_before)


def _token(key: bytes, upload_id: int) -> str:
    return hmac.new(key, b"%b%d" % (_UPLOAD, upload_id), hashlib.sha256).hexdigest()


def _mac(key: bytes, path: str, expiry_s: int) -> str:
    # The end stands first and is digits alone, so that no path can be mistaken for another path with another end.
    return hmac.new(
        key, b"%b%d\n%b" % (_PURPOSE, expiry_s, path.encode("utf-8", "surrogatepass")), hashlib.sha256
    ).hexdigest()
