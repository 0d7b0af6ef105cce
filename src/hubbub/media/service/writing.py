"""One request's hold on an upload: takes bytes in, stores them as segments, tells of each, and lets go.

Segments are told as they are stored, so that a cut costs nothing but what did not arrive. With a checksum they are
told at its end, together: what does not match is discarded, as tus demands.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Final, NamedTuple, Protocol

from blake3 import blake3

from hubbub.kernel.clock import Clock
from hubbub.kernel.errors import HubbubError
from hubbub.media.adapters.upload_statements import Segment
from hubbub.media.adapters.upload_store import UploadStore, object_key
from hubbub.media.domain.intake import SEGMENT_BYTES, Intake
from hubbub.media.domain.tus import Checksum
from hubbub.media.domain.upload import SEGMENTS_MAX, Bounds, Upload, grown, room_bytes
from hubbub.media.errors import ChecksumMismatch, UploadTooLarge

LEASE_MS: Final = 30_000
"""How long a writer that is not heard of keeps others out; longer than a body may be silent."""
_RENEW_MS: Final = 10_000
_THREAD_BYTES: Final = 256 * 1024
"""Shorter inputs are hashed sooner than a thread is asked."""


class BodyCut(Exception):
    """The body ended before its end: the connection went, or was silent for too long."""


class Hash(Protocol):
    """A hash of bytes that come one after another."""

    def update(self, data: bytes, /) -> object:
        """Take more bytes in."""
        ...

    def digest(self) -> bytes:
        """Return the hash of all bytes so far."""
        ...


class WritingPorts(NamedTuple):
    """What a writer works with."""

    store: UploadStore
    clock: Clock
    bounds: Bounds
    segment_bytes: int = SEGMENT_BYTES


class Writing:
    """One writer's work. Made with the upload as it is once the writer was let in."""

    def __init__(
        self,
        ports: WritingPorts,
        taken: Upload,
        checksum: Checksum | None,
        whole: Hash | None,
        *,
        at_once: bool = False,
    ) -> None:
        """Write to `taken`.

        Args:
            ports: What to work with.
            taken: The row, with the lease.
            checksum: What the body must hash to; None for no matter what.
            whole: The hash of all bytes before these; None when it is not known, or of no use.
            at_once: Whether all of the body is kept or nothing; so it always is with a checksum.
        """
        self._ports = ports
        self._checksum = checksum
        self._at_once = at_once or checksum is not None
        self._part = None if checksum is None else new_hash(checksum.algorithm)
        self._intake = Intake(room_bytes(taken, ports.bounds), ports.segment_bytes)
        self._untold: list[Segment] = []
        self._renewed_at_ms = ports.clock.unix_ms()
        self.upload = taken
        """The row as it is stored."""
        self._whole = whole
        self._hashed_bytes = taken.offset_bytes

    @property
    def whole(self) -> Hash | None:
        """The hash of all bytes that `upload` holds; None when it is not known."""
        return self._whole if self._hashed_bytes == self.upload.offset_bytes else None

    async def run(self, body: AsyncIterator[bytes]) -> Upload:
        """Take all of `body`, and return the upload as it is then, free for the next writer.

        Raises:
            BodyCut: The body was; what came of it is kept, unless it is kept at once.
            ChecksumMismatch: Nothing of the body is kept.
            UploadTooLarge: It brings more than there is room for; what was told before stays.
            UploadLocked: This writer was so slow that another was let in.
            UploadUnknown: The upload was ended meanwhile.
        """
        try:
            try:
                async for chunk in body:
                    for segment in self._intake.feed(chunk):
                        await self._keep(segment)
                    await self._renew()
            except BodyCut:
                if self._at_once:
                    await self._give_up()
                else:
                    await self._keep(self._intake.rest(), is_last=True)
                raise
            await self._keep(self._intake.rest(), is_last=True)
        except HubbubError:
            await self._give_up()
            raise
        return self.upload

    async def _keep(self, segment: bytes, *, is_last: bool = False) -> None:
        """Store a segment, and tell of it unless a checksum has to be awaited; an empty one may only be the last."""
        if segment:
            await self._put(segment)
        if is_last and self._checksum is not None and self._part is not None:
            if self._part.digest() != self._checksum.digest:
                raise ChecksumMismatch
        elif self._at_once and not is_last:
            return
        digest = None if self._whole is None else self._whole.digest()
        now_ms = self._ports.clock.unix_ms()
        sizes = [each.size_bytes for each in self._untold]
        upload = grown(self.upload, sizes, digest, self._ports.bounds, now_ms)
        upload = upload._replace(lease_until_ms=0 if is_last else now_ms + LEASE_MS)
        await self._ports.store.grow(upload, self._untold, now_ms, spare=is_last)
        self._renewed_at_ms = now_ms
        self._untold = []
        self.upload = upload

    async def _put(self, segment: bytes) -> None:
        n = self.upload.segments + len(self._untold)
        if n >= SEGMENTS_MAX:
            raise UploadTooLarge(f"The upload came in {SEGMENTS_MAX} pieces, as many as are taken; send larger ones.")
        key = object_key(self.upload, n)
        self._hashed_bytes += len(segment)
        for each in (self._whole, self._part):
            if each is not None:
                await update(each, segment)
        await self._ports.store.objects.put(key, segment)
        self._untold.append(Segment(self.upload.id, n, key, len(segment)))

    async def _renew(self) -> None:
        """Keep others out for longer, while bytes come and do not fill a segment."""
        now_ms = self._ports.clock.unix_ms()
        if now_ms - self._renewed_at_ms >= _RENEW_MS:
            self.upload = self.upload._replace(lease_until_ms=now_ms + LEASE_MS)
            self._renewed_at_ms = now_ms
            await self._ports.store.grow(self.upload, (), now_ms, spare=False)

    async def _give_up(self) -> None:
        """Let the next writer in without what is untold. Who was shut out has nothing to let go."""
        untold, self._untold = self._untold, []
        try:
            await self._ports.store.discard([segment.object_key for segment in untold])
            self.upload = self.upload._replace(lease_until_ms=0)
            await self._ports.store.grow(self.upload, (), self._ports.clock.unix_ms(), spare=True)
        except HubbubError:
            return  # its folder stays marked, and the lease runs out


def new_hash(algorithm: str) -> Hash:
    """Return an empty hash of one of the algorithms that checksums are of."""
    made: Hash = blake3() if algorithm == "blake3" else hashlib.new(algorithm, usedforsecurity=False)
    return made


async def update(each: Hash, data: bytes) -> None:
    """Take `data` into a hash, on a thread when that takes a while."""
    if len(data) < _THREAD_BYTES:
        each.update(data)
    else:
        await asyncio.to_thread(each.update, data)
