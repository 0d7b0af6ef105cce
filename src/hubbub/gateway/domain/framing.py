"""WebSocket frames as a server sends them: unmasked, unfragmented, no extension.

Frames are built here and not by the socket library, so that many of them leave in one write and one encoded frame can
be shared by many sockets.

Source: RFC 6455, section 5.2.
"""

from __future__ import annotations

TEXT = 0x81
"""FIN with opcode 1."""
BINARY = 0x82
"""FIN with opcode 2."""
TEXT_OPCODE = 1
HEADER_ROOM = 14
"""What the header of any frame fits in, a client's mask included."""
_CLOSE = 0x88
_SHORT_MAX = 125
_MEDIUM_MAX = 0xFFFF
REASON_BYTES_MAX = 123
"""A control frame carries 125 bytes; two are the code."""


def header(first_byte: int, size: int) -> bytes:
    """Return the header of a frame with `size` bytes of payload."""
    if size <= _SHORT_MAX:
        return bytes((first_byte, size))
    if size <= _MEDIUM_MAX:
        return bytes((first_byte, 126)) + size.to_bytes(2, "big")
    return bytes((first_byte, 127)) + size.to_bytes(8, "big")


def frame(first_byte: int, payload: bytes) -> bytes:
    """Return one whole frame."""
    return header(first_byte, len(payload)) + payload


def close_frame(code: int, reason: str) -> bytes:
    """Return a close frame; the reason is cut to what a control frame holds, between characters."""
    text = reason.encode()[:REASON_BYTES_MAX].decode(errors="ignore").encode()
    return frame(_CLOSE, code.to_bytes(2, "big") + text)
