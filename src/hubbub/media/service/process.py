"""What becomes of an uploaded file: its bytes are sniffed, pictures are decoded once in the sandbox, and it is ready.

Nothing here decodes: headers are walked within bounds, and all else happens in a child that holds only descriptors.
"""

from __future__ import annotations

import asyncio
import mmap
import os
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final, NamedTuple

from hubbub.kernel.clock import Clock
from hubbub.media.adapters import asset_statements, upload_statements
from hubbub.media.adapters.asset_store import AssetStore
from hubbub.media.adapters.job_store import LeaseLost
from hubbub.media.adapters.picture_inspector import InspectedPicture, PictureInspector, PictureNote
from hubbub.media.adapters.upload_store import LEFTOVER_MS, UploadStore
from hubbub.media.domain.asset import MEZZANINE, Asset, Derived, mezzanine_folder
from hubbub.media.domain.budget import Budget
from hubbub.media.domain.headers import read_header
from hubbub.media.domain.job import Job
from hubbub.media.domain.kinds import HEAD_BYTES, Format, Kind, sniff
from hubbub.media.errors import PictureTooHeavy, SandboxCrashed, SandboxUnavailable
from hubbub.media.service.jobs import Report
from hubbub.storage.records.port import Op

PICTURE_BYTES_MAX: Final = 128 * 1024 * 1024
"""Bytes of a picture that is decoded; photos of phones have up to about 50 MB."""
_NAMES: Final = frozenset({"2048", "1024", "moving"})
_TYPES: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
_DURATION_MS_MAX: Final = 2**31 - 1
_THUMBHASH_BYTES_MAX: Final = 64
_COPIED, _INSPECTED = 20, 70
"""Progress in hundredths once the bytes are at hand, and decoded."""


class ProcessPorts(NamedTuple):
    """What processing works with."""

    assets: AssetStore
    uploads: UploadStore
    pictures: PictureInspector
    may_decode: Callable[[], bool]
    """Whether what keeps decoders is known to hold."""
    clock: Clock


class Processing:
    """Does jobs of the kind ``inspect``."""

    def __init__(self, ports: ProcessPorts, budget: Budget | None = None) -> None:
        """Work with `ports`; `budget` is what a picture may ask of decoders, None for the defaults."""
        self._ports = ports
        self._budget = budget or Budget()

    async def __call__(self, job: Job, report: Report) -> Sequence[Op]:
        """Find out what an asset is, store what is made of it, and return what makes it ready.

        Raises:
            LeaseLost: The asset is gone.
            MediaError: The file is refused, or could not be read.
        """
        asset = await self._ports.assets.get(job.asset_id)
        if asset is None:
            raise LeaseLost
        head = await self._head(asset)
        format_ = sniff(head)
        if not format_.picture:
            return [_ready(asset, format_)]
        if asset.size_bytes > PICTURE_BYTES_MAX:
            raise PictureTooHeavy
        if not self._ports.may_decode():
            raise SandboxUnavailable
        descriptor = os.memfd_create("upload")
        try:
            await self._copy(asset, descriptor)
            await asyncio.to_thread(_check, descriptor, self._budget)
            await report(_COPIED)
            picture = await self._ports.pictures.inspect(descriptor)
        finally:
            os.close(descriptor)
        with picture.result:
            await report(_INSPECTED)
            note = _believed(picture, self._budget)
            derived = await self._store(asset, note, picture.result.outputs)
        return [
            # The format is the one sniffed here, not the one told from there: it decides what browsers are told.
            _ready(asset, format_, note),
            *(Op(asset_statements.KEEP_DERIVED, each._asdict()) for each in derived),
            Op(upload_statements.SPARE, {"of_folder": mezzanine_folder(asset.id)}),
        ]

    async def _head(self, asset: Asset) -> bytes:
        head = b""
        async for chunk in self._bytes(asset):
            head += chunk[: HEAD_BYTES - len(head)]
            if len(head) >= HEAD_BYTES:
                break
        return head

    def _bytes(self, asset: Asset) -> AsyncIterator[bytes]:
        return self._ports.uploads.bytes_of(asset.upload_id)

    async def _copy(self, asset: Asset, descriptor: int) -> None:
        async for chunk in self._bytes(asset):
            await asyncio.to_thread(_write, descriptor, chunk)

    async def _store(self, asset: Asset, note: PictureNote, outputs: Sequence[int]) -> list[Derived]:
        """Store a picture's mezzanines; they go again unless the caller tells of them within `LEFTOVER_MS`."""
        now_ms = self._ports.clock.unix_ms()
        await self._ports.assets.announce(asset.id, now_ms + LEFTOVER_MS)
        stored = []
        for each, output in zip(note.mezzanines, outputs, strict=False):
            content = await asyncio.to_thread(_read, output)
            key = f"{mezzanine_folder(asset.id)}/{each.name}"
            await self._ports.uploads.objects.put(key, content)
            what = (each.content_type, each.width, each.height)
            stored.append(Derived(asset.id, each.name, MEZZANINE, key, *what, len(content), now_ms))
        return stored


def _ready(asset: Asset, format_: Format, note: PictureNote | None = None) -> Op:
    """Return what makes an asset ready; expects that it is there and was not ready before."""
    params: dict[str, object] = {
        "asset_id": asset.id,
        "new_kind": format_.kind.value,
        "new_format": format_.name,
        "new_content_type": format_.served_as,
        "new_width": 0,
        "new_height": 0,
        "new_duration_ms": 0,
        "new_frames": 0,
        "new_alpha": False,
        "new_thumbhash": None,
    }
    if note is not None:
        params |= {
            "new_kind": (Kind.ANIMATION if note.frames > 1 else Kind.IMAGE).value,
            "new_width": note.width,
            "new_height": note.height,
            "new_duration_ms": note.duration_ms,
            "new_frames": note.frames,
            "new_alpha": note.alpha,
            "new_thumbhash": note.thumbhash,
        }
    return Op(asset_statements.READY, params, expect=1)


def _check(descriptor: int, budget: Budget) -> None:
    """Refuse a picture whose header asks for too much, before anything decodes it."""
    # Not closed here: an error's frames still look into it, and it goes with them.
    mapped = mmap.mmap(descriptor, 0, prot=mmap.PROT_READ)
    budget.check(read_header(memoryview(mapped)))


def _believed(picture: InspectedPicture, budget: Budget) -> PictureNote:
    """Return what a child told of a picture if it can be; hostile bytes were near whoever told it.

    Raises:
        SandboxCrashed: It cannot be.
    """
    note = picture.note
    sizes = [(note.width, note.height), *((each.width, each.height) for each in note.mezzanines)]
    names = [each.name for each in note.mezzanines]
    if (
        all(1 <= side <= budget.side_max for size in sizes for side in size)
        and names
        and len(set(names)) == len(names) <= len(picture.result.outputs)
        and _NAMES.issuperset(names)
        and all(each.content_type in _TYPES for each in note.mezzanines)
        and 1 <= note.frames <= budget.frames_max
        and 0 <= note.duration_ms <= _DURATION_MS_MAX
        and len(note.thumbhash) <= _THUMBHASH_BYTES_MAX
    ):
        return note
    raise SandboxCrashed(reason="it told what is no picture")


def _write(descriptor: int, content: bytes) -> None:
    """Write all of `content`, which the system may take in parts."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _read(descriptor: int) -> bytes:
    """Return all that a descriptor holds."""
    size, parts, at = os.fstat(descriptor).st_size, [], 0
    while at < size and (part := os.pread(descriptor, size - at, at)):
        parts.append(part)
        at += len(part)
    return b"".join(parts)
