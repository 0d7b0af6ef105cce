"""Hot and cold: what nobody asks for is kept in less room, and comes back bit by bit when its bytes are asked for.

A cold file has no variants, which can be rendered again, and a JPEG's original is recompressed without loss. Files that
name the same objects cool together or not at all.

Each step may be the last one of a process that is killed. What is stored is announced first (`LEAVE`), so that a sweep
finds it if nothing tells of it; the hot bytes lose their names in the transaction that names the cold ones, after those
were read back, restored and compared; and the objects go an hour later, when nobody reads them any more.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple, Protocol

from blake3 import blake3

from hubbub.kernel import telemetry
from hubbub.kernel.clock import Clock
from hubbub.media.adapters import cold_statements as statements
from hubbub.media.adapters import job_statements, upload_statements
from hubbub.media.adapters.asset_store import AssetStore
from hubbub.media.adapters.cold_statements import Cold
from hubbub.media.adapters.job_store import LeaseLost
from hubbub.media.adapters.jpeg_recoder import FILE_BYTES_MAX
from hubbub.media.adapters.sandbox.sandbox import Result
from hubbub.media.adapters.upload_statements import Segment
from hubbub.media.adapters.upload_store import LEFTOVER_MS, UploadStore
from hubbub.media.domain.asset import (
    DAY_MS,
    Asset,
    AssetState,
    StorageClass,
    cold_folder,
    folder_in,
    warm_folder,
)
from hubbub.media.domain.job import Job
from hubbub.media.domain.kinds import Format
from hubbub.media.errors import (
    OriginalDamaged,
    SandboxCrashed,
    SandboxJobFailed,
    SandboxOutOfMemory,
    SandboxOutOfTime,
    SandboxRefused,
)
from hubbub.media.service.cold_queue import before_day
from hubbub.media.service.jobs import Report
from hubbub.media.service.stills import write
from hubbub.storage.errors import RecordConflict
from hubbub.storage.records.port import Op, Records

TOGETHER_MAX: Final = 100
"""Files that cool together; what is sent more often than that stays hot."""
_SIZE_BYTES_MIN: Final = 4096
"""Smaller files take a block of the disk either way."""
_SHRUNK_MAX: Final = 0.97
"""One that would keep more of its size stays as it is: reading it would cost more than it saves."""
_VARIANTS_GONE: Final = 10
"""Progress in hundredths once there are no variants; the rest is one piece of work."""
_CHUNK_BYTES: Final = 1 << 20
_KEYS_AT_ONCE: Final = 500
_STAYS: Final = (SandboxJobFailed, SandboxCrashed, SandboxOutOfMemory, SandboxOutOfTime, SandboxRefused)
"""What a file may do to the codec; what the machine may do is tried again."""
_log = telemetry.logger("hubbub.media")


class Recoder(Protocol):
    """Makes files smaller, and back; see `JpegRecoder`."""

    async def shrink(self, jpeg: int) -> Result:
        """Return the smaller form of what is behind a descriptor."""
        ...

    async def restore(self, small: int, size_bytes: int) -> Result:
        """Return the file of `size_bytes` whose smaller form is behind a descriptor."""
        ...


class ColdPorts(NamedTuple):
    """What this works with."""

    records: Records
    assets: AssetStore
    uploads: UploadStore
    recoder: Recoder
    clock: Clock
    next_id: Callable[[], int]
    forget_variants: Callable[[int], Awaitable[object]]
    """Removes an asset's variants."""


class Cooling:
    """Does jobs of the kind ``cool``."""

    def __init__(self, ports: ColdPorts, after_days: int) -> None:
        """Cool what was not asked for in `after_days` days, 0 for nothing."""
        self._ports = ports
        self._after_days = after_days

    async def __call__(self, job: Job, report: Report) -> Sequence[Op]:
        """Cool a file and those that share its bytes, and return what makes it so.

        Raises:
            LeaseLost: It is gone.
            HubbubError: The sandbox or the store is not to be had.
        """
        done = Op(job_statements.FORGET, {"job_id": job.id}, expect=1)
        asset = await self._ports.assets.get(job.asset_id)
        if asset is None:
            raise LeaseLost
        if asset.storage_class != StorageClass.COOLING.value:
            return [done]  # asked for since
        segments = await self._ports.records.fetch(upload_statements.SEGMENTS, {"upload_id": asset.upload_id})
        together = await self._together(asset, segments)
        today = self._ports.clock.unix_ms() // DAY_MS
        last_day = max((each.seen_day for each in together), default=today)
        if last_day >= before_day(today, self._after_days):
            return [Op(statements.POSTPONE, {"asset_id": asset.id, "new_day": last_day}), done]
        for each in together:
            await self._ports.forget_variants(each.id)
        await report(_VARIANTS_GONE)
        cooled = [
            Op(statements.COOLED, {"asset_id": each.id, "known_day": each.seen_day}, expect=1) for each in together
        ]
        return [*cooled, *await self._shrunk(asset, segments, together), done]

    async def _together(self, asset: Asset, segments: Sequence[Segment]) -> list[Asset]:
        """Return the assets that share an asset's objects, itself among them; none when it cannot cool now."""
        if not segments:
            return [asset]
        uploads: set[int] = set()
        keys = [each.object_key for each in segments]
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            asked = {"object_keys": keys[start : start + _KEYS_AT_ONCE], "row_limit": TOGETHER_MAX + 1}
            uploads.update(await self._ports.records.fetch(statements.NAMERS, asked))
        if len(uploads) > TOGETHER_MAX:
            return []
        found = await self._ports.records.fetch(statements.OF_UPLOADS, {"upload_ids": sorted(uploads)})
        # A part that may still be joined is no asset.
        return found if len(found) == len(uploads) else []

    async def _shrunk(self, asset: Asset, segments: Sequence[Segment], together: Sequence[Asset]) -> Sequence[Op]:
        """Store the smaller form of a JPEG's original; return what names it in place of `segments`, or nothing."""
        if not segments or not _may_shrink(asset):
            return ()
        ports, key = self._ports, f"{cold_folder(asset.id)}/{self._ports.next_id()}/0"
        folder, now_ms = key.rpartition("/")[0], ports.clock.unix_ms()
        with _memory() as original:
            async for chunk in ports.uploads.bytes_of(asset.upload_id):
                await asyncio.to_thread(write, original, chunk)
            try:
                small = await ports.recoder.shrink(original)
            except _STAYS as problem:
                _log.info("media.not_recompressed", asset=asset.id, reason=problem.sentence)
                return ()
        with small:
            stored_bytes = os.fstat(small.outputs[0]).st_size
            if stored_bytes > asset.size_bytes * _SHRUNK_MAX:
                return ()
            left = {"folder": folder, "due_at_ms": now_ms + LEFTOVER_MS}
            await ports.records.write([Op(upload_statements.LEAVE, left)])
            await ports.uploads.objects.put(key, _chunks(small.outputs[0]))
        cold = Cold(asset.upload_id, key, asset.size_bytes, stored_bytes, asset.blake3 or b"", now_ms)
        try:
            (await _restored(ports, cold)).close()
        except (*_STAYS, OriginalDamaged) as problem:
            _log.warning("media.not_recompressed", asset=asset.id, reason=problem.sentence)
            return ()
        ops = [Op(upload_statements.SPARE, {"of_folder": folder})]
        for each in together:
            of_upload = {"upload_id": each.upload_id}
            ops.append(Op(upload_statements.DELETE_SEGMENTS, of_upload, expect=len(segments)))
            ops.append(Op(statements.INSERT, cold._replace(upload_id=each.upload_id)._asdict(), expect=1))
        folders = sorted({folder_in(each.object_key) for each in segments})
        later = now_ms + LEFTOVER_MS
        return [*ops, *(Op(upload_statements.LEAVE, {"folder": each, "due_at_ms": later}) for each in folders)]


class Warming:
    """Brings originals back whose bytes are asked for."""

    def __init__(self, ports: ColdPorts) -> None:
        """Work with `ports`."""
        self._ports = ports

    async def __call__(self, upload_id: int) -> None:
        """Bring an upload's bytes back, if they are cold; from then on its segments name them.

        Raises:
            OriginalDamaged: What is stored is not what it was made of; it stays as it is.
            HubbubError: The sandbox or the store is not to be had.
        """
        ports = self._ports
        cold = await ports.records.fetch_one(statements.GET, {"upload_id": upload_id})
        if cold is None:
            return
        key = f"{warm_folder(upload_id)}/{ports.next_id()}/0"
        folder, now_ms = key.rpartition("/")[0], ports.clock.unix_ms()
        try:
            result = await _restored(ports, cold)
        except _STAYS as problem:
            raise OriginalDamaged from problem
        with result:
            left = {"folder": folder, "due_at_ms": now_ms + LEFTOVER_MS}
            await ports.records.write([Op(upload_statements.LEAVE, left)])
            await ports.uploads.objects.put(key, _chunks(result.outputs[0]))
        known = {"upload_id": upload_id, "known_key": cold.object_key}
        later = {"folder": folder_in(cold.object_key), "due_at_ms": now_ms + LEFTOVER_MS}
        segment = Segment(upload_id, 0, key, cold.size_bytes)
        warmed = {"of_upload_id": upload_id, "new_day": now_ms // DAY_MS}
        try:
            await ports.records.write(
                [
                    Op(statements.DELETE_KNOWN, known, expect=1),
                    Op(upload_statements.INSERT_SEGMENT, segment._asdict(), expect=1),
                    Op(statements.WARMED, warmed),
                    Op(upload_statements.LEAVE, later),
                    Op(upload_statements.SPARE, {"of_folder": folder}),
                ]
            )
        except RecordConflict:
            return  # another brought them back, or the file is gone; what was stored here goes by itself


async def _restored(ports: ColdPorts, cold: Cold) -> Result:
    """Return the original of which `cold` was made, compared with its hash; close it.

    Raises:
        OriginalDamaged: They differ.
        HubbubError: As for `JpegRecoder.restore`, and those of the store.
    """
    with _memory() as small:
        stream = await ports.uploads.objects.stream(cold.object_key)
        async for chunk in stream.chunks:
            await asyncio.to_thread(write, small, chunk)
        result = await ports.recoder.restore(small, cold.size_bytes)
    is_same = False
    try:
        is_same = await _hash_of(result.outputs[0]) == cold.blake3
    finally:
        if not is_same:
            result.close()
    if not is_same:
        raise OriginalDamaged
    return result


async def _hash_of(descriptor: int) -> bytes:
    whole = blake3()
    async for chunk in _chunks(descriptor):
        await asyncio.to_thread(whole.update, chunk)
    return whole.digest()


def _may_shrink(asset: Asset) -> bool:
    return (
        asset.state == AssetState.READY.value
        and asset.format == Format.JPEG.name
        and asset.blake3 is not None
        and _SIZE_BYTES_MIN <= asset.size_bytes <= FILE_BYTES_MAX
    )


@contextmanager
def _memory() -> Iterator[int]:
    descriptor = os.memfd_create("original")
    try:
        yield descriptor
    finally:
        os.close(descriptor)


async def _chunks(descriptor: int) -> AsyncIterator[bytes]:
    """Yield what a memory file holds."""
    at = 0
    while chunk := os.pread(descriptor, _CHUNK_BYTES, at):
        yield chunk
        at += len(chunk)
