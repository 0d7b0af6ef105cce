"""An upload, and what each request may do to it.

Calling contract: `opened` or `joined` makes an upload, `begun` admits a request to append, `grown` tells what arrived.
None of them changes its argument; who stores what they return does so only if nobody else changed the row meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from hubbub.media.domain.tus import Append, ConcatKind, Create
from hubbub.media.errors import (
    HeaderRefused,
    OffsetConflict,
    UploadExpired,
    UploadIsFinal,
    UploadLocked,
    UploadTooLarge,
)

BLAKE3_OF_NOTHING: Final = bytes.fromhex("af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262")
"""The hash of a file without bytes."""

SEGMENTS_MAX: Final = 10_000
"""Pieces of one upload: a client that sends a large file byte by byte would fill tables instead of a disk."""


class UploadState(StrEnum):
    """How far an upload is."""

    OPEN = "open"
    """Bytes are missing, or its length is unknown."""
    PART = "part"
    """All bytes of a partial upload are there; it waits for its final one."""
    COMPLETE = "complete"
    """All bytes are there and durable; the hash of the whole is not known yet."""
    STORED = "stored"
    """The hash is known too."""


PASSING: Final = "user:"
"""What owners begin with whose finished uploads end by themselves: a person's file is held by what it was sent with,
or by nothing. A program's stays until the program ends it."""
KEPT_MS: Final = 1 << 62
"""When an upload ends that does not by itself."""

UNFINISHED: Final = (UploadState.OPEN.value, UploadState.PART.value)
"""States in which an upload expires."""


class Bounds(NamedTuple):
    """What an upload may be."""

    bytes_max: int
    """Largest upload."""
    lifetime_ms: int
    """How long an unfinished upload is kept after its last bytes."""


class Upload(NamedTuple):
    """An upload as stored; field order equals the columns that the statements select."""

    id: int
    owner: str
    """Who made it, and alone may see it."""
    asset_id: int | None
    """The file that it becomes; None for a partial upload, which becomes none."""
    state: str
    length_bytes: int | None
    """None while it is not told."""
    offset_bytes: int
    """Bytes that are durable."""
    segments: int
    """Objects that hold them."""
    metadata: str
    concat: str
    """Upload-Concat as it came; empty when it did not."""
    blake3: bytes | None
    created_at_ms: int
    expires_at_ms: int
    """When it is removed; `KEPT_MS` when only its owner does so."""
    lease_epoch: int
    """How often somebody was let in to write: who was let in before must not any more."""
    lease_until_ms: int
    """Until when nobody else may write; zero when nobody does."""
    lease_node: str
    """Process that wrote last."""

    @property
    def is_partial(self) -> bool:
        """Whether it is a piece of a final upload."""
        return self.concat == ConcatKind.PARTIAL.value

    @property
    def is_final(self) -> bool:
        """Whether it is made of pieces."""
        return self.concat.startswith(ConcatKind.FINAL.value)

    @property
    def is_whole(self) -> bool:
        """Whether all bytes are there."""
        return self.length_bytes == self.offset_bytes


def opened(request: Create, upload_id: int, asset_id: int, owner: str, bounds: Bounds, now_ms: int) -> Upload:
    """Return the upload that a request makes; one of no bytes is whole at once.

    Raises:
        UploadTooLarge: It would be larger than may be.
    """
    check_size(request.length_bytes, bounds)
    is_partial = request.concat.kind is ConcatKind.PARTIAL
    made = Upload(
        id=upload_id,
        owner=owner,
        asset_id=None if is_partial else asset_id,
        state=UploadState.OPEN.value,
        length_bytes=request.length_bytes,
        offset_bytes=0,
        segments=0,
        metadata=request.metadata,
        concat=request.concat.text,
        blake3=None,
        created_at_ms=now_ms,
        expires_at_ms=now_ms + bounds.lifetime_ms,
        lease_epoch=0,
        lease_until_ms=0,
        lease_node="",
    )
    return grown(made, (), BLAKE3_OF_NOTHING, bounds, now_ms)


def joined(made: Upload, parts: Sequence[Upload], bounds: Bounds) -> Upload:
    """Return a final upload made of `parts`, in their order, whose bytes stay where they are.

    Raises:
        HeaderRefused: A part is none, or is not whole.
        UploadTooLarge: Together they are larger than may be.
    """
    for part in parts:
        if part.state != UploadState.PART.value:
            raise HeaderRefused("Upload-Concat", f"The upload {part.id} is no partial upload with all its bytes.")
    length = sum(part.offset_bytes for part in parts)
    check_size(length, bounds)
    segments = sum(part.segments for part in parts)
    if segments > SEGMENTS_MAX:
        raise UploadTooLarge(f"The parts came in {segments} pieces; at most {SEGMENTS_MAX} are taken.")
    whole = made._replace(length_bytes=length, offset_bytes=length, segments=segments, blake3=None)
    kept = made.expires_at_ms if made.owner.startswith(PASSING) else KEPT_MS
    return whole._replace(state=UploadState.COMPLETE.value, expires_at_ms=kept)


def begun(upload: Upload, request: Append, bounds: Bounds, now_ms: int) -> Upload:
    """Return an upload as it is once a request to append was let in: perhaps its length is known now.

    Who writes is looked at before the offset is: while another request writes, no offset is right for long.

    Raises:
        UploadIsFinal: It takes no bytes of its own.
        UploadExpired: It was not finished in time.
        UploadLocked: Another request writes to it.
        OffsetConflict: It holds another number of bytes.
        HeaderRefused: The request tells a length that cannot be.
        UploadTooLarge: The request brings more bytes than are missing.
    """
    if upload.is_final:
        raise UploadIsFinal
    if is_expired(upload, now_ms):
        raise UploadExpired
    if upload.lease_until_ms > now_ms:
        raise UploadLocked
    if request.offset_bytes != upload.offset_bytes:
        raise OffsetConflict
    if request.length_bytes is not None:
        if upload.length_bytes not in {None, request.length_bytes}:
            raise HeaderRefused("Upload-Length", "The length was told already, and stays.")
        if request.length_bytes < upload.offset_bytes:
            raise HeaderRefused("Upload-Length", "The upload holds more bytes than that already.")
        check_size(request.length_bytes, bounds)
        upload = upload._replace(length_bytes=request.length_bytes)
    if request.body_bytes is not None and request.body_bytes > room_bytes(upload, bounds):
        raise UploadTooLarge("The request brings more bytes than are missing.")
    return upload


def grown(upload: Upload, sizes: Sequence[int], blake3: bytes | None, bounds: Bounds, now_ms: int) -> Upload:
    """Return an upload after segments of these sizes in bytes were added; `blake3` is of all bytes, if known."""
    if upload.state != UploadState.OPEN.value:
        return upload
    upload = upload._replace(
        offset_bytes=upload.offset_bytes + sum(sizes),
        segments=upload.segments + len(sizes),
        expires_at_ms=now_ms + bounds.lifetime_ms,
    )
    if not upload.is_whole:
        return upload
    if upload.is_partial:
        return upload._replace(state=UploadState.PART.value)
    if not upload.owner.startswith(PASSING):
        upload = upload._replace(expires_at_ms=KEPT_MS)
    if blake3 is None:
        return upload._replace(state=UploadState.COMPLETE.value)
    return upload._replace(state=UploadState.STORED.value, blake3=blake3)


def room_bytes(upload: Upload, bounds: Bounds) -> int:
    """Return how many bytes may still come."""
    length = bounds.bytes_max if upload.length_bytes is None else upload.length_bytes
    return max(0, length - upload.offset_bytes)


def is_expired(upload: Upload, now_ms: int) -> bool:
    """Return whether an upload's time to be finished is over."""
    return upload.state in UNFINISHED and upload.expires_at_ms <= now_ms


def check_size(length_bytes: int | None, bounds: Bounds) -> None:
    """Raise `UploadTooLarge` for an upload larger than may be."""
    if length_bytes is not None and length_bytes > bounds.bytes_max:
        raise UploadTooLarge(f"At most {bounds.bytes_max:,} bytes are accepted here.")
