"""Uploads that survive cut connections, killed servers and impatient clients.

BLAKE3 of the whole is computed as bytes come. A hash that is half done cannot be stored: it is held in memory between
the requests of an upload, and where it is missing (another process took the first bytes, or an upload was joined from
parts) the bytes are read once, when they are all there. Reading them at every resumption would cost more, for uploads
that may never be finished.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from typing import Final

from hubbub.kernel import telemetry
from hubbub.kernel.clock import Clock
from hubbub.kernel.errors import HubbubError
from hubbub.media.adapters.asset_store import AssetStore
from hubbub.media.adapters.upload_store import UploadStore
from hubbub.media.config import MediaConfig
from hubbub.media.domain import upload as uploads
from hubbub.media.domain.asset import Asset
from hubbub.media.domain.intake import SEGMENT_BYTES
from hubbub.media.domain.tus import Append, Concat, ConcatKind, Create, Put
from hubbub.media.domain.upload import Bounds, Upload
from hubbub.media.errors import HeaderRefused, QuotaFull, UploadExpired, UploadLocked, UploadsTooMany, UploadUnknown
from hubbub.media.service.writing import LEASE_MS, Hash, Writing, WritingPorts, new_hash, update
from hubbub.storage.errors import ObjectMissing
from hubbub.storage.objects import Objects
from hubbub.storage.records.port import Records

HASHES_MAX: Final = 1000
"""Hashes half done that are held, of about 2 kB each; an upload whose hash gave way is read once."""
_SWEEP_MAX: Final = 20
"""Uploads and folders that one sweep removes, so that none takes long."""
_HASH_AT_ONCE: Final = 8
_log = telemetry.logger("hubbub.media")


class Uploads:
    """Every upload of an installation.

    Calling contract: `start` once before anything else; `sweep` and `hash_whole` every now and then.
    """

    def __init__(
        self,
        records: Records,
        objects: Objects,
        clock: Clock,
        next_id: Callable[[], int],
        config: MediaConfig,
        node: str,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        on_finished: Callable[[], None] = lambda: None,
    ) -> None:
        """Keep uploads.

        Args:
            records: Where their rows are.
            objects: Where their bytes are.
            clock: The time.
            next_id: Makes ids of uploads and assets.
            config: Limits.
            node: Names this process among those that share records and objects.
            segment_bytes: Bytes of one object, the last aside.
            on_finished: Called when an upload of this process was finished, whose job is there then.
        """
        self._store = UploadStore(records, objects)
        self._assets = AssetStore(records)
        self._clock = clock
        self._next_id = next_id
        self._config = config
        self._node = node
        self._bounds = Bounds(config.upload_bytes_max, config.upload_lifetime_s * 1000)
        self._on_finished = on_finished
        self._ports = WritingPorts(self._store, clock, self._bounds, segment_bytes)
        self._hashes: OrderedDict[int, tuple[int, Hash]] = OrderedDict()

    async def start(self) -> None:
        """Let go of what a process of this name held when it was killed."""
        await self._store.release_node(self._node)

    async def create(self, owner: str, request: Create, body: AsyncIterator[bytes]) -> Upload:
        """Make an upload, and take the bytes that came along.

        Raises:
            UploadsTooMany: The owner has as many unfinished ones as may be.
            QuotaFull: The owner's files have as many bytes as may be.
            UploadTooLarge: It would be larger than may be.
            HeaderRefused: A part that it names is not to be had.
            BodyCut: The body was; the upload is there, though its maker does not know where.
            ChecksumMismatch: The bytes that came along are not those meant.
        """
        if await self._store.count_unfinished(owner) >= self._config.uploads_per_owner_max:
            raise UploadsTooMany
        now_ms = self._clock.unix_ms()
        made = uploads.opened(request, self._next_id(), self._next_id(), owner, self._bounds, now_ms)
        if request.concat.kind is ConcatKind.FINAL:
            return await self._join(made, request.concat)
        await self._check_room(owner, request.length_bytes or 0)
        await self._store.add(made)
        if not request.has_bytes:
            return self._told(made)
        first = Append(0, None, request.body_bytes, request.checksum)
        return await self.append(owner, made.id, first, body)

    async def keep(self, owner: str, metadata: str, content: bytes) -> Upload:
        """Make a finished upload of bytes that are at hand, at most a segment of them.

        Raises:
            QuotaFull: As for `create`.
            UploadTooLarge: Likewise.
        """
        if len(content) > self._ports.segment_bytes:
            raise ValueError(f"{len(content)} bytes are more than a segment")
        await self._check_room(owner, len(content))
        now_ms = self._clock.unix_ms()
        request = Create(len(content), metadata, Concat(), has_bytes=True, body_bytes=len(content), checksum=None)
        made = uploads.opened(request, self._next_id(), self._next_id(), owner, self._bounds, now_ms)
        if content:
            whole = new_hash("blake3")
            await update(whole, content)
            made = uploads.grown(made, [len(content)], whole.digest(), self._bounds, now_ms)
        await self._store.add_whole(made, content)
        self._told(made)
        await self._share(made)
        return made

    async def owner_of(self, upload_id: int) -> str:
        """Return whose an upload is; raises `UploadUnknown`."""
        found = await self._store.get(upload_id)
        if found is None:
            raise UploadUnknown
        return found.owner

    async def find(self, owner: str, upload_id: int) -> Upload:
        """Return an upload.

        Raises:
            UploadUnknown: This owner has none of that id.
            UploadExpired: It was not finished in time.
        """
        found = await self._store.get(upload_id)
        if found is None or found.owner != owner:
            raise UploadUnknown
        if uploads.is_expired(found, self._clock.unix_ms()):
            raise UploadExpired
        return found

    async def asset_of(self, upload: Upload) -> tuple[Asset | None, int]:
        """Return what an upload became, None while bytes are missing, and how far the work on it is in hundredths."""
        if upload.asset_id is None or upload.state in uploads.UNFINISHED:
            return None, 0
        asset = await self._assets.get(upload.asset_id)
        return asset, await self._assets.progress(upload.asset_id)

    async def append(self, owner: str, upload_id: int, request: Append, body: AsyncIterator[bytes]) -> Upload:
        """Take more bytes; errors are those of `find`, `begun` and `Writing.run`."""
        now_ms = self._clock.unix_ms()
        found = await self.find(owner, upload_id)
        bounds = await self._bounds_of(found)
        begun = uploads.begun(found, request, bounds, now_ms)
        taken = await self._store.take(begun, self._node, now_ms, now_ms + LEASE_MS)
        whole = None if taken.is_partial else self._hash_until(taken)
        ports = self._ports._replace(bounds=bounds)
        writing = Writing(ports, taken, request.checksum, whole, at_once=request.at_once)
        try:
            written = self._told(await writing.run(body))
        finally:
            self._remember(writing)
        if written.state == uploads.UploadState.STORED.value:
            await self._share(written)
        return written

    async def put(self, owner: str, upload_id: int, request: Put, body: AsyncIterator[bytes]) -> Upload:
        """Take all bytes of an upload whose length is known and that holds none; nothing is kept of fewer.

        Raises:
            HeaderRefused: There are more or fewer bytes than were told, or it was not told how many.
            HubbubError: As for `append`.
        """
        found = await self.find(owner, upload_id)
        if found.length_bytes is None or request.body_bytes not in {None, found.length_bytes}:
            raise HeaderRefused("Content-Length", "Send as many bytes as were announced.")
        whole = _exactly(found.length_bytes, body)
        return await self.append(owner, upload_id, Append(0, None, request.body_bytes, None, at_once=True), whole)

    async def terminate(self, owner: str, upload_id: int) -> None:
        """Forget an upload, also one that is being written to: its writer learns of it.

        Its bytes go too, unless it is finished and somebody else holds what it became.

        Raises:
            UploadUnknown: This owner has none of that id.
        """
        # A writer, or the one who hashes, may change its state while it is looked at: each at most once more.
        for _ in range(len(uploads.UploadState)):
            found = await self._store.get(upload_id)
            if found is None or found.owner != owner:
                break
            if await self._store.remove(found, self._clock.unix_ms()):
                self._hashes.pop(upload_id, None)
                return
        raise UploadUnknown

    async def bytes_of(self, upload: Upload) -> AsyncIterator[bytes]:
        """Yield an upload's bytes in order."""
        async for chunk in self._store.bytes_of(upload.id):
            yield chunk

    async def sweep(self) -> int:
        """Remove uploads that were not finished in time, and bytes that nothing names; return how many there were."""
        now_ms = self._clock.unix_ms()
        removed = 0
        for upload in await self._store.overdue(now_ms, _SWEEP_MAX):
            removed += await self._store.remove(upload, now_ms, if_overdue=True)
            self._hashes.pop(upload.id, None)
        removed += await self._assets.remove_unheld(now_ms, _SWEEP_MAX, self._config.released_lifetime_s * 1000)
        return removed + await self._store.remove_leftovers(now_ms, _SWEEP_MAX)

    async def hash_whole(self) -> int:
        """Compute the hashes of whole uploads that are not known; return how many that were."""
        waiting = await self._store.to_hash(_HASH_AT_ONCE)
        for upload in waiting:
            whole = new_hash("blake3")
            try:
                async for chunk in self._store.bytes_of(upload.id):
                    await update(whole, chunk)
            except ObjectMissing:
                continue  # it was ended meanwhile
            await self._store.hashed(upload, whole.digest())
            await self._share(upload._replace(blake3=whole.digest()))
        return len(waiting)

    async def _join(self, made: Upload, concat: Concat) -> Upload:
        """Make a final upload of its parts, whose bytes stay where they are."""
        found = {part_id: await self._store.get(part_id) for part_id in dict.fromkeys(concat.parts)}
        parts: list[Upload] = []
        for part_id in concat.parts:
            part = found[part_id]
            if part is None or part.owner != made.owner or uploads.is_expired(part, made.created_at_ms):
                raise HeaderRefused("Upload-Concat", f"There is no upload {part_id}.")
            parts.append(part)
        joined = uploads.joined(made, parts, self._bounds)
        if not await self._store.add_joined(joined, parts, made.expires_at_ms):
            raise UploadLocked("A part was changed meanwhile. Try again.")
        return self._told(joined)

    async def _check_room(self, owner: str, size_bytes: int) -> None:
        if await self._store.bytes_owned(owner) + size_bytes > self._config.owner_bytes_max:
            raise QuotaFull

    async def _bounds_of(self, upload: Upload) -> Bounds:
        """Return what an upload may be: one whose length was told fits its owner's quota already."""
        if upload.length_bytes is not None:
            return self._bounds
        left = max(0, self._config.owner_bytes_max - await self._store.bytes_owned(upload.owner))
        return self._bounds._replace(bytes_max=min(self._bounds.bytes_max, upload.offset_bytes + left))

    async def _share(self, upload: Upload) -> None:
        """Keep the bytes of a finished upload once, if its owner has them already; else they are kept twice."""
        try:
            await self._store.share(upload, self._clock.unix_ms())
        except HubbubError as problem:
            _log.warning("media.not_shared", upload=upload.id, reason=problem.sentence)

    def _told(self, upload: Upload) -> Upload:
        """Return `upload`, and say that it is finished if it is."""
        if upload.state not in uploads.UNFINISHED:
            self._on_finished()
        return upload

    def _hash_until(self, taken: Upload) -> Hash | None:
        """Return the hash of all bytes that an upload holds, None when it is not known."""
        if taken.offset_bytes == 0:
            return new_hash("blake3")
        offset, known = self._hashes.pop(taken.id, (0, None))
        return known if offset == taken.offset_bytes else None

    def _remember(self, writing: Writing) -> None:
        upload = writing.upload
        if writing.whole is not None and upload.state == uploads.UploadState.OPEN.value:
            self._hashes[upload.id] = upload.offset_bytes, writing.whole
            while len(self._hashes) > HASHES_MAX:
                self._hashes.popitem(last=False)


async def _exactly(size_bytes: int, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield a body that is refused at its end when it was shorter; a longer one finds no room."""
    came = 0
    async for chunk in body:
        came += len(chunk)
        yield chunk
    if came != size_bytes:
        raise HeaderRefused("Content-Length", "Send as many bytes as were announced.")
