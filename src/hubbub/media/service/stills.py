"""Pictures as they come out of the sandbox: what is told of them is believed within bounds, and they are stored."""

from __future__ import annotations

import asyncio
import os
from typing import Final, NamedTuple

from hubbub.kernel.clock import Clock
from hubbub.media.adapters.asset_store import AssetStore
from hubbub.media.adapters.picture_inspector import InspectedPicture, MezzanineNote, PictureInspector, PictureNote
from hubbub.media.adapters.upload_store import LEFTOVER_MS
from hubbub.media.domain.asset import MEZZANINE, Derived, mezzanine_folder
from hubbub.media.domain.budget import Budget
from hubbub.media.domain.perceptual import HASH_BYTES
from hubbub.media.errors import SandboxCrashed
from hubbub.storage.objects import Objects

_NAMES: Final = frozenset({"2048", "1024", "512", "moving"})
_TYPES: Final = frozenset({"image/jpeg", "image/png", "image/webp"})
_DURATION_MS_MAX: Final = 2**31 - 1
_THUMBHASH_BYTES_MAX: Final = 64
_QUALITY_MAX: Final = 100


class Still(NamedTuple):
    """A picture that was inspected and stored."""

    note: PictureNote
    derived: list[Derived]
    """What was stored of it, for the caller to tell of."""


class Stills:
    """Inspects pictures in the sandbox and stores their mezzanines."""

    def __init__(
        self,
        inspector: PictureInspector,
        assets: AssetStore,
        objects: Objects,
        clock: Clock,
        budget: Budget | None = None,
    ) -> None:
        """Store in `objects`; `budget` is what a picture may ask of decoders, None for the defaults."""
        self._inspector = inspector
        self._assets = assets
        self._objects = objects
        self._clock = clock
        self.budget = budget or Budget()

    async def inspect(self, descriptor: int) -> InspectedPicture:
        """Return what the picture behind `descriptor` is; close its result.

        Raises:
            SandboxCrashed: What was told of it cannot be.
            MediaError: As for `PictureInspector.inspect`.
        """
        picture = await self._inspector.inspect(descriptor)
        if not _is_believed(picture, self.budget):
            picture.result.close()
            raise SandboxCrashed(reason="it told what is no picture")
        return picture

    async def keep(self, asset_id: int, picture: InspectedPicture, prefix: str = "") -> list[Derived]:
        """Store a picture's mezzanines; they go again unless the caller tells of them within `LEFTOVER_MS`.

        Args:
            asset_id: Whose they are.
            picture: As `inspect` returned it.
            prefix: Stands before the last part of each key.
        """
        now_ms = self._clock.unix_ms()
        await self._assets.announce(asset_id, now_ms + LEFTOVER_MS)

        async def keep_one(each: MezzanineNote, output: int) -> Derived:
            content = await asyncio.to_thread(read, output)
            key = f"{mezzanine_folder(asset_id)}/{prefix}{each.name}"
            await self._objects.put(key, content)
            what = (each.content_type, each.width, each.height)
            return Derived(asset_id, each.name, MEZZANINE, key, *what, len(content), now_ms)

        # At once: each waits for the disk, or for a store that is far away.
        noted = zip(picture.note.mezzanines, picture.result.outputs, strict=False)
        return await asyncio.gather(*(keep_one(each, output) for each, output in noted))


def _is_believed(picture: InspectedPicture, budget: Budget) -> bool:
    """Return whether what a child told of a picture can be; hostile bytes were near whoever told it."""
    note = picture.note
    sizes = [(note.width, note.height), *((each.width, each.height) for each in note.mezzanines)]
    names = [each.name for each in note.mezzanines]
    return (
        all(1 <= side <= budget.side_max for size in sizes for side in size)
        and bool(names)
        and len(set(names)) == len(names) <= len(picture.result.outputs)
        and _NAMES.issuperset(names)
        and all(each.content_type in _TYPES for each in note.mezzanines)
        and 1 <= note.frames <= budget.frames_max
        and 0 <= note.duration_ms <= _DURATION_MS_MAX
        and len(note.thumbhash) <= _THUMBHASH_BYTES_MAX
        and len(note.pdq) in {0, HASH_BYTES}
        and 0 <= note.quality <= _QUALITY_MAX
    )


def read(descriptor: int) -> bytes:
    """Return all that a descriptor holds; blocks."""
    size, parts, at = os.fstat(descriptor).st_size, [], 0
    while at < size and (part := os.pread(descriptor, size - at, at)):
        parts.append(part)
        at += len(part)
    return b"".join(parts)


def write(descriptor: int, content: bytes) -> None:
    """Write all of `content`, which the system may take in parts; blocks."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
