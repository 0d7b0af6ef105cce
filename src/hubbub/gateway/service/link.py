"""The socket, as the fan-out sees it."""

from __future__ import annotations

from typing import Protocol


class Link(Protocol):
    """One open socket. Nothing here blocks or raises: a dead socket takes writes and forgets them."""

    paused: bool
    """Whether the reader is slow: its buffer is full, and nothing more should be written until it drained."""

    def write(self, data: bytes) -> None:
        """Send whole frames."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Send a close frame and close the socket once it is out; a peer that does not read is cut off."""
        ...

    def abort(self) -> None:
        """Close the socket at once, unsent bytes and all."""
        ...
