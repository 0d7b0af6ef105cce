"""The socket, as the fan-out sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Write = Callable[[bytes], None]
"""Sends whole frames."""
WriteText = Callable[[int, bytearray, int], None]
"""Sends the text (`TEXT_OPCODE`) that begins in the buffer at `HEADER_ROOM`, writing the frame's header before it."""


class Link(Protocol):
    """One open socket. Nothing here blocks or raises: a dead socket takes writes and forgets them.

    When its reader is slow and its buffer full, the socket calls `Client.stalled`, and `Client.drained` once the buffer
    has emptied.
    """

    def write(self, data: bytes) -> None:
        """Send whole frames."""
        ...

    def writer(self) -> Write | None:
        """Return what sends whole frames with the least in between; None when the reader is slow or gone."""
        ...

    def text_writer(self) -> WriteText | None:
        """Return what sends one text message the fastest way; None when the reader is slow or gone."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Send a close frame and close the socket once it is out; a peer that does not read is cut off."""
        ...

    def abort(self) -> None:
        """Close the socket at once, unsent bytes and all."""
        ...
