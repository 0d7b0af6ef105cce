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
from hubbub.media.adapters.picture_inspector import PictureInspector
from hubbub.media.adapters.upload_store import UploadStore
from hubbub.media.counted import PROCESSED
from hubbub.media.domain.asset import Asset, mezzanine_folder
from hubbub.media.domain.budget import Budget
from hubbub.media.domain.headers import read_header
from hubbub.media.domain.job import Job
from hubbub.media.domain.kinds import HEAD_BYTES, Kind, sniff
from hubbub.media.errors import PictureTooHeavy, SandboxUnavailable
from hubbub.media.service.jobs import Report
from hubbub.media.service.ready import Facts, Screen, ready, unscreened
from hubbub.media.service.recordings import Recordings
from hubbub.media.service.stills import Stills, write
from hubbub.storage.records.port import Op

PICTURE_BYTES_MAX: Final = 128 * 1024 * 1024
"""Bytes of a picture that is decoded; photos of phones have up to about 50 MB."""
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
    recordings: Recordings | None = None
    """Makes video and sound playable; None keeps them as they came."""
    screen: Screen = unscreened
    """Keeps back what is not wanted."""


class Processing:
    """Does jobs of the kind ``inspect``."""

    def __init__(self, ports: ProcessPorts, budget: Budget | None = None) -> None:
        """Work with `ports`; `budget` is what a picture may ask of decoders, None for the defaults."""
        self._ports = ports
        self._stills = Stills(ports.pictures, ports.assets, ports.uploads.objects, ports.clock, budget)

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
        if format_.kind in {Kind.VIDEO, Kind.AUDIO} and self._ports.recordings is not None:
            if not self._ports.may_decode():
                raise SandboxUnavailable
            done = await self._ports.recordings.inspect(asset, format_, job, report, self._stills)
            PROCESSED.add("recording", asset.size_bytes)
            return done
        if not format_.picture:
            return [ready(asset, format_)]
        if asset.size_bytes > PICTURE_BYTES_MAX:
            raise PictureTooHeavy
        if not self._ports.may_decode():
            raise SandboxUnavailable
        descriptor = os.memfd_create("upload")
        try:
            await self._copy(asset, descriptor)
            await asyncio.to_thread(_check, descriptor, self._stills.budget)
            await report(_COPIED)
            picture = await self._stills.inspect(descriptor)
        finally:
            os.close(descriptor)
        with picture.result:
            await report(_INSPECTED)
            derived = await self._stills.keep(asset.id, picture)
        note = picture.note
        kind = Kind.ANIMATION if note.frames > 1 else Kind.IMAGE
        screened = await self._ports.screen(asset._replace(kind=kind.value), note.fingerprint)
        facts = Facts(
            kind=kind,
            width=note.width,
            height=note.height,
            duration_ms=note.duration_ms,
            frames=note.frames,
            alpha=note.alpha,
            thumbhash=note.thumbhash,
        )
        PROCESSED.add("picture", asset.size_bytes)
        return [
            # The format is the one sniffed here, not the one told from there: it decides what browsers are told.
            ready(asset, format_, facts),
            *(Op(asset_statements.KEEP_DERIVED, each._asdict()) for each in derived),
            Op(upload_statements.SPARE, {"of_folder": mezzanine_folder(asset.id)}),
            *screened,
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
            await asyncio.to_thread(write, descriptor, chunk)


def _check(descriptor: int, budget: Budget) -> None:
    """Refuse a picture whose header asks for too much, before anything decodes it."""
    # Not closed here: an error's frames still look into it, and it goes with them.
    mapped = mmap.mmap(descriptor, 0, prot=mmap.PROT_READ)
    budget.check(read_header(memoryview(mapped)))
