"""An asset: what an upload became.

It is there from the moment in which the last byte of its upload is durable, with a job that finds out what it is.
Whoever needs it holds a reference; without one it is removed, with all that was made of it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from hubbub.media.domain.filename import safe_name
from hubbub.media.domain.kinds import Format, Kind
from hubbub.media.domain.tus import parse_metadata
from hubbub.media.domain.upload import Upload, UploadState


class AssetState(StrEnum):
    """How far an asset is."""

    UPLOADING = "uploading"
    """Bytes are missing: there is an upload, and no asset yet. Told, never stored."""
    PROCESSING = "processing"
    """All bytes are there, and a job looks at them."""
    READY = "ready"
    PARKED = "parked"
    """Refused or given up; code and message say why. The bytes stay until the upload is ended."""
    QUARANTINED = "quarantined"
    """Kept back until an operator decides, with all its bytes, none of which are delivered; code and message tell."""


class StorageClass(StrEnum):
    """How an asset's bytes are kept."""

    HOT = "hot"
    """As they came, with every variant that was asked for."""
    COOLING = "cooling"
    """Still so; a job is there that changes it."""
    COLD = "cold"
    """Nobody asked for it in a long while: without variants, and a JPEG's original recompressed without loss."""


class Asset(NamedTuple):
    """An asset as stored; field order equals the columns that the statements select."""

    id: int
    owner: str
    upload_id: int
    """Whose segments are its bytes, also once the upload itself was ended."""
    state: str
    kind: str
    """As `domain.kinds.Kind` has it; ``file`` until it is known better."""
    format: str
    """Name of the `Format`; empty until it is known."""
    content_type: str
    """What the original is handed out as."""
    size_bytes: int
    blake3: bytes | None
    """None until it is computed, which may take longer than the rest."""
    width: int
    """Pixels across as shown; zero for what has none, or is not known."""
    height: int
    duration_ms: int
    """Zero for what does not move."""
    frames: int
    """One for a still, zero for what is no picture."""
    alpha: bool
    """Whether any pixel is not opaque."""
    thumbhash: bytes | None
    error_code: str
    """Why it is parked or kept back; empty when it is neither."""
    error_message: str
    holders: int
    """References to it."""
    created_at_ms: int
    name: str
    """As its maker called it; empty when it was not called anything."""
    storage_class: str = StorageClass.HOT.value
    seen_day: int = 0
    """Day since 1970 on which it was asked for last, or came; told once a day at most."""
    released_at_ms: int = 0
    """When the last reference to it was ended whose holder may think better of it; zero for never."""

    @property
    def file_name(self) -> str:
        """What its address ends with."""
        known = Format[self.format] if self.format else Format.OTHER
        return safe_name(self.name, f"file.{known.value.extension}")

    @property
    def is_settled(self) -> bool:
        """Whether it is known what it is, or why it is refused."""
        return self.state in {AssetState.READY.value, AssetState.PARKED.value, AssetState.QUARANTINED.value}


class Derived(NamedTuple):
    """An object that was made of an asset; field order equals the columns that the statements select."""

    asset_id: int
    name: str
    """Unique in its asset and class: ``2048``, ``1024``, ``512``, ``moving``."""
    storage_class: str
    """``mezzanine``: what renditions are made of; ``variant``: one of those; ``playable``: what is delivered in place
    of the original; ``stream``: what players choose from."""
    object_key: str
    content_type: str
    width: int
    height: int
    size_bytes: int
    created_at_ms: int


class Waveform(NamedTuple):
    """How loud a sound is over time; field order equals the columns that the statements select."""

    asset_id: int
    points: bytes
    """0 to 255 each, up to 256 of them."""


MEZZANINE = "mezzanine"
VARIANT = "variant"
STREAM = "stream"
PLAYABLE = "playable"
"""Name and class of what a recording's address delivers in place of the original."""
FIRST = "first"
"""Name of what it delivers before, of class `PLAYABLE`: a small one that was quickly made, until `JobKind.SETTLE`."""


DAY_MS: Final = 86_400_000


def begun(upload: Upload, now_ms: int) -> Asset | None:
    """Return the asset that a finished upload becomes, held by the upload; None for an upload that becomes none."""
    if upload.asset_id is None or upload.state not in {UploadState.COMPLETE.value, UploadState.STORED.value}:
        return None
    return Asset(
        id=upload.asset_id,
        owner=upload.owner,
        upload_id=upload.id,
        state=AssetState.PROCESSING.value,
        kind=Kind.FILE.value,
        format="",
        content_type=Format.OTHER.served_as,
        size_bytes=upload.offset_bytes,
        blake3=upload.blake3,
        width=0,
        height=0,
        duration_ms=0,
        frames=0,
        alpha=False,
        thumbhash=None,
        error_code="",
        error_message="",
        holders=1,
        created_at_ms=now_ms,
        name=name_in(upload.metadata),
        seen_day=now_ms // DAY_MS,
    )


def holder_of(upload: Upload) -> str:
    """Return the name under which an upload holds its asset."""
    return f"upload/{upload.id}"


def name_in(metadata: str) -> str:
    """Return what Upload-Metadata calls a file, under either of the keys that clients use; empty when nothing."""
    told = parse_metadata(metadata)
    return safe_name((told.get("filename") or told.get("name") or b"").decode("utf-8", "replace"), "")


def variant_folder(asset_id: int) -> str:
    """Return where an asset's variants lie."""
    return f"media/variant/{asset_id}"


def cold_folder(asset_id: int) -> str:
    """Return where an asset's recompressed original lies."""
    return f"media/cold/{asset_id}"


def warm_folder(upload_id: int) -> str:
    """Return where an original lies that was cold once."""
    return f"media/warm/{upload_id}"


def folder_in(object_key: str) -> str:
    """Return the folder of an upload's or an asset's objects that a key lies in."""
    return "/".join(object_key.split("/")[:3])


def mezzanine_folder(asset_id: int) -> str:
    """Return where an asset's mezzanines lie."""
    return f"media/mezzanine/{asset_id}"
