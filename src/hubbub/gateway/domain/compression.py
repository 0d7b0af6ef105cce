"""Transport compression: one context per connection, one compressed message per payload.

The parameters are a trade of memory for ratio: a context lives as long as its socket, so thousands of them decide how
many sessions fit into a machine (docs/adr/0006-compression-contexts.md has the figures).

Source: Discord Gateway v10, "Transport Compression"; RFC 1950; RFC 8878.
"""

from __future__ import annotations

import zlib
from typing import Literal, Protocol

import zstandard

from hubbub.gateway.domain.framing import BINARY, TEXT

Compression = Literal["zlib-stream", "zstd-stream"]
"""Values of the `compress` parameter."""

SYNC_FLUSH_SUFFIX = b"\x00\x00\xff\xff"
"""Ends every zlib-stream message."""

ZLIB_WINDOW_BITS = 12
ZLIB_MEMORY_LEVEL = 5
_ZLIB_LEVEL = 3
"""A fifth less time than level 6 for a tenth more bytes."""

ZSTD_LEVEL = 1
ZSTD_WINDOW_LOG = 14
_ZSTD_HASH_LOG = 10
"""A small table costs 2 % of the ratio and saves 65 KiB a session against the level's own default."""


class Encoder(Protocol):
    """Turns payloads of one connection into message bodies, in the order they are sent."""

    first_byte: int
    """First byte of the frames that carry its messages."""

    def encode(self, payload: bytes) -> bytes:
        """Return the message body of the next payload."""
        ...


class PlainEncoder:
    """JSON as it is."""

    first_byte = TEXT

    def encode(self, payload: bytes) -> bytes:
        """Return `payload`."""
        return payload


class ZlibEncoder:
    """One deflate stream; each message ends with a sync flush."""

    __slots__ = ("_compress", "_flush")

    first_byte = BINARY

    def __init__(self) -> None:
        """Open the stream: 4 KiB window, 8 KiB of tables."""
        stream = zlib.compressobj(_ZLIB_LEVEL, zlib.DEFLATED, ZLIB_WINDOW_BITS, ZLIB_MEMORY_LEVEL)
        self._compress = stream.compress
        self._flush = stream.flush

    def encode(self, payload: bytes) -> bytes:
        """Return the part of the stream that carries `payload`, ending with `SYNC_FLUSH_SUFFIX`."""
        return self._compress(payload) + self._flush(zlib.Z_SYNC_FLUSH)


class ZstdEncoder:
    """One zstd frame; each message ends at a block boundary."""

    __slots__ = ("_compress", "_flush")

    first_byte = BINARY

    def __init__(self) -> None:
        """Open the frame: level 1, 16 KiB window."""
        stream = zstandard.ZstdCompressor(compression_params=_ZSTD_PARAMETERS).compressobj()
        self._compress = stream.compress
        self._flush = stream.flush

    def encode(self, payload: bytes) -> bytes:
        """Return the blocks that carry `payload`; a reader that has them has the whole payload."""
        return self._compress(payload) + self._flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)


_ZSTD_PARAMETERS = zstandard.ZstdCompressionParameters.from_level(
    ZSTD_LEVEL, window_log=ZSTD_WINDOW_LOG, hash_log=_ZSTD_HASH_LOG, write_content_size=False
)
_PLAIN = PlainEncoder()


def encoder(compression: Compression | None) -> Encoder:
    """Return a new connection's encoder."""
    if compression == "zlib-stream":
        return ZlibEncoder()
    if compression == "zstd-stream":
        return ZstdEncoder()
    return _PLAIN
