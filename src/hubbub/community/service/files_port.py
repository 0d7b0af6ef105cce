"""The port through which the community keeps every file that people bring: those of messages, and pictures.

A file is an *asset*: taken in whole, then looked at (a picture is decoded once, apart from everything else), then ready
or refused. Whoever needs it holds a reference, in the transaction that names it; an asset without one is collected
after a grace. Bytes are never asked for here: clients fetch them by address.

Calling contract: `store` or `begin`, then `settled` for as long as somebody can wait, then `hold` in the transaction
that names the asset. `subscribe` before the first of these.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from hubbub.storage.records.port import Op


class FileState(StrEnum):
    """How far a file is."""

    UPLOADING = "uploading"
    """Bytes are missing."""
    PROCESSING = "processing"
    """All bytes are there, and are being looked at."""
    READY = "ready"
    REFUSED = "refused"
    """It is not kept as what it says it is: `refusal_code` and `refusal` say why."""
    REVIEW = "review"
    """It is kept back until somebody looked at it; refusal code and sentence say so."""

    @property
    def is_settled(self) -> bool:
        """Whether nothing more is waited for."""
        return self in {FileState.READY, FileState.REFUSED, FileState.REVIEW}


class Streams(NamedTuple):
    """What a video or a sound is played by; addresses are absolute, signed when they were asked for."""

    hls: str | None
    """Master playlist."""
    dash: str | None
    """Manifest."""
    poster: str | None
    """Still picture of it."""
    sprite: str | None
    """WebVTT with the pictures of its timeline."""
    waveform: bytes | None
    """Loudness over time, at most 256 points of 0 to 255; of sounds."""


class StoredFile(NamedTuple):
    """What is known of an asset."""

    asset_id: int
    owner: str
    """``user:`` and the id of who brought it."""
    filename: str
    state: FileState
    content_type: str
    """As its bytes say; ``application/octet-stream`` until it is known, and for what is not."""
    size_bytes: int
    width: int | None
    """Pixels as shown, so after turning it as its camera was held; None for what has none, or is not known yet."""
    height: int | None
    duration_ms: int | None
    """Milliseconds; None for what does not move or sound, or is not known yet."""
    thumbhash: bytes | None
    """Some 25 bytes that a client makes a blurred picture of; None for what has none."""
    kind: str
    """``image``, ``animation``, ``video``, ``audio`` or ``file``."""
    refusal_code: str | None
    """Stable name of the error; set for `FileState.REFUSED` and `FileState.REVIEW`."""
    refusal: str | None
    """Sentence for whoever brought it."""
    streams: Streams | None
    """None while there are none."""
    progress: int
    """Hundredths of the work that are done, 0 to 100; 100 when it is settled."""


class BegunUpload(NamedTuple):
    """An upload that a client fills by itself."""

    uploaded_filename: str
    """Opaque name by which a later request claims the file."""
    path: str
    """Path and query at this server that takes the bytes; a capability for this upload alone."""


class FileLibrary(Protocol):
    """Every file that the community keeps. Operations may raise the storage's errors as well."""

    async def begin(self, owner: str, filename: str, size_bytes: int) -> BegunUpload:
        """Return a new upload of exactly `size_bytes`, 1 or more, which `owner` may fill until it expires.

        Raises:
            TooLarge: Past what the library takes at all; the caller has bounds of its own.
            HubbubError: As the library has it, for instance when the owner's quota is full.
        """
        ...

    async def store(self, owner: str, filename: str, chunks: AsyncIterator[bytes], size_bytes_max: int) -> int:
        """Take a file in as its chunks come, and return its asset's id once all of it is durable.

        It may still be `FileState.PROCESSING` then. Without a reference it is collected after a day.

        Raises:
            TooLarge: More than `size_bytes_max` bytes came; nothing is kept.
            HubbubError: As for `begin`. Whatever is raised, also by `chunks`, nothing is kept.
        """
        ...

    async def find(self, uploaded_filename: str, owner: str) -> int | None:
        """Return the asset of an upload of `owner` whose bytes are all there; None for any other name."""
        ...

    async def look(self, asset_ids: Sequence[int]) -> dict[int, StoredFile]:
        """Return what is known now; assets that are gone are left out. One query for all of them, at most 1,000."""
        ...

    async def settled(self, asset_ids: Sequence[int], within_s: float) -> dict[int, StoredFile]:
        """Return what is known once each is ready or refused, or `within_s` seconds are over, whichever comes first."""
        ...

    def hold(self, asset_id: int, holder: str) -> Sequence[Op]:
        """Return what makes a reference; belongs into the transaction that names the asset.

        That transaction fails with `RecordConflict` when the asset is gone, or held by `holder` already.

        Args:
            asset_id: The asset.
            holder: Who needs it, in at most 64 letters; unique per asset, for instance ``attachment:`` and an id.
        """
        ...

    def release(self, asset_id: int, holder: str) -> Sequence[Op]:
        """Return what ends a reference; that transaction fails with `RecordConflict` when there is none.

        With its last reference an asset is given up: it is collected after a grace, in which caches let go of it.
        """
        ...

    def address(self, asset_id: int, filename: str, *, public: bool = False) -> str:
        """Return the absolute URL of an asset: good for a day at least, or, when `public`, for as long as it is there.

        Costs microseconds and asks nothing of anyone; whether the asset is there is not looked at. All addresses of one
        asset and name are the same for some hours, so that caches hit. To a picture's, `width`, `height`, `format` and
        `quality` may be added as query parameters.
        """
        ...

    def subscribe(self, callback: Callable[[int], None]) -> None:
        """Call `callback` with an asset's id, on the event loop, when it became ready or was refused in this process.

        It may come twice, and is lost with the process: who must know looks again after a start. It must not block.
        """
        ...
