"""Divides a request's body into segments, and never takes more of it than there is room for."""

from __future__ import annotations

from typing import Final

from hubbub.media.errors import UploadTooLarge

SEGMENT_BYTES: Final = 8 << 20
"""Largest segment. What a killed process loses is less than that; smaller ones would cost a sync of the disk each."""


class Intake:
    """The bytes of one body on their way into segments.

    Calling contract: `feed` each chunk and store what it returns, in order; at the end, or at a cut, store `rest`.
    """

    def __init__(self, room_bytes: int, segment_bytes: int = SEGMENT_BYTES) -> None:
        """Take at most `room_bytes`, in segments of `segment_bytes`."""
        self._room_bytes = room_bytes
        self._segment_bytes = segment_bytes
        self._chunks: list[bytes] = []
        self._held_bytes = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the segments that a chunk fills.

        Raises:
            UploadTooLarge: There is no room for it; nothing of it was taken.
        """
        if len(chunk) > self._room_bytes:
            raise UploadTooLarge("The request brings more bytes than are missing.")
        self._room_bytes -= len(chunk)
        segments = []
        missing = self._segment_bytes - self._held_bytes
        while len(chunk) >= missing:
            # Cut before they are joined, so that no byte is copied twice.
            self._chunks.append(chunk[:missing])
            chunk = chunk[missing:]
            segments.append(self.rest())
            missing = self._segment_bytes
        if chunk:
            self._chunks.append(chunk)
            self._held_bytes += len(chunk)
        return segments

    def rest(self) -> bytes:
        """Return what fills no segment yet, and hold it no longer."""
        held = b"".join(self._chunks)
        self._chunks.clear()
        self._held_bytes = 0
        return held
