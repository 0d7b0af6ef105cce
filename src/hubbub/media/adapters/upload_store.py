"""Uploads in records, their bytes in objects.

An object is durable before a row names it. Where it lies is told first: each writer's folder is marked as left over in
the transaction that lets the writer in, and spared in the one that tells of its last object. So whatever a writer that
was cut off or killed stored without telling is found, and removed with all else in the folder that no segment names.

What finishes an upload makes its asset and the asset's first job with it. From then on the bytes are the asset's: they
stay when the upload is ended, as long as anybody else holds the asset.

A folder belongs to one writer (`lease_epoch`), so that one that was shut out never writes over another's object.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Final

from hubbub.media.adapters import asset_statements, cold_statements
from hubbub.media.adapters import upload_statements as statements
from hubbub.media.adapters.asset_store import beginning, letting_go
from hubbub.media.adapters.upload_statements import Segment
from hubbub.media.domain.asset import folder_in, holder_of
from hubbub.media.domain.upload import UNFINISHED, Upload
from hubbub.media.errors import UploadLocked, UploadUnknown
from hubbub.storage.errors import RecordConflict
from hubbub.storage.objects import Objects
from hubbub.storage.records.port import Op, Records

LEFTOVER_MS: Final = 3_600_000
"""How long what a writer stored may wait for being told."""
_NAMED_AT_ONCE: Final = 500
_FOLDER: Final = "media/segments"


class UploadStore:
    """Rows and objects of uploads."""

    def __init__(
        self, records: Records, objects: Objects, warm: Callable[[int], Awaitable[None]] | None = None
    ) -> None:
        """Keep rows in `records` and bytes in `objects`; `warm` brings an upload's bytes back that are cold."""
        self._records = records
        self.objects = objects
        self.warm = warm

    async def get(self, upload_id: int) -> Upload | None:
        """Return an upload, None when there is none."""
        return await self._records.fetch_one(statements.GET, {"upload_id": upload_id})

    async def count_unfinished(self, owner: str) -> int:
        """Return how many uploads of an owner are not finished."""
        return await self._records.fetch_one(statements.COUNT_UNFINISHED, {"of_owner": owner}) or 0

    async def bytes_owned(self, owner: str) -> int:
        """Return how many bytes an owner's files have, unfinished ones with all that is announced of them."""
        of_owner = {"of_owner": owner}
        finished = await self._records.fetch_one(asset_statements.OWNED_BYTES, of_owner) or 0
        return finished + (await self._records.fetch_one(statements.UNFINISHED_BYTES, of_owner) or 0)

    async def add_whole(self, upload: Upload, content: bytes) -> None:
        """Store a finished upload with all its bytes, which are one segment, or none."""
        taken = upload._replace(lease_epoch=1)
        folder = folder_of(upload.id, taken.lease_epoch)
        ops = [Op(statements.INSERT, taken._asdict(), expect=1), *beginning(taken, upload.created_at_ms)]
        if content:
            left = {"folder": folder, "due_at_ms": upload.created_at_ms + LEFTOVER_MS}
            await self._records.write([Op(statements.LEAVE, left)])
            key = object_key(taken, 0)
            await self.objects.put(key, content)
            segment = Segment(upload.id, 0, key, len(content))
            ops.append(Op(statements.INSERT_SEGMENT, segment._asdict(), expect=1))
            ops.append(Op(statements.SPARE, {"of_folder": folder}))
        await self._records.write(ops)

    async def add(self, upload: Upload) -> None:
        """Insert an upload."""
        made = beginning(upload, upload.created_at_ms)
        await self._records.write([Op(statements.INSERT, upload._asdict(), expect=1), *made])

    async def add_joined(self, upload: Upload, parts: Sequence[Upload], expires_at_ms: int) -> bool:
        """Insert a final upload that names the objects of `parts`; false when one of them changed meanwhile."""
        # Touched first: who would delete a part, and then its objects, waits for this transaction.
        ops = [
            Op(
                statements.TOUCH_PART,
                {"upload_id": part.id, "seen_segments": part.segments, "new_expires_at_ms": expires_at_ms},
                expect=1,
            )
            for part in {part.id: part for part in parts}.values()
        ]
        ops.append(Op(statements.INSERT, upload._asdict(), expect=1))
        after = 0
        for part in parts:
            params = {"final_id": upload.id, "after_n": after, "part_id": part.id}
            ops.append(Op(statements.COPY_SEGMENTS, params, expect=part.segments))
            after += part.segments
        ops += beginning(upload, upload.created_at_ms)
        try:
            await self._records.write(ops)
        except RecordConflict:
            return False
        return True

    async def take(self, upload: Upload, node: str, now_ms: int, until_ms: int) -> Upload:
        """Let one writer in, and keep the length that `upload` has; return the row as it is then.

        Raises:
            UploadLocked: Somebody was let in since it was read.
            UploadUnknown: It was ended since.
        """
        taken = upload._replace(lease_epoch=upload.lease_epoch + 1, lease_until_ms=until_ms, lease_node=node)
        params = {
            "upload_id": upload.id,
            "held_epoch": upload.lease_epoch,
            "now_ms": now_ms,
            "seen_offset": upload.offset_bytes,
            "new_until_ms": until_ms,
            "new_node": node,
            "new_length": upload.length_bytes,
        }
        left = {"folder": folder_of(upload.id, taken.lease_epoch), "due_at_ms": now_ms + LEFTOVER_MS}
        await self._write_as_holder(upload.id, [Op(statements.TAKE, params, expect=1), Op(statements.LEAVE, left)])
        return taken

    async def grow(self, upload: Upload, segments: Sequence[Segment], now_ms: int, *, spare: bool) -> None:
        """Tell what a writer has stored, `upload` being the row as it is from then on.

        Args:
            upload: With the epoch under which the writer was let in.
            segments: The new ones.
            now_ms: The time.
            spare: Whether this is all that the writer stored, and its folder holds nothing else.

        Raises:
            UploadLocked: Another writer was let in meanwhile; nothing was told.
            UploadUnknown: The upload was ended meanwhile; nothing was told.
        """
        params = {
            "upload_id": upload.id,
            "held_epoch": upload.lease_epoch,
            "new_state": str(upload.state),
            "new_offset": upload.offset_bytes,
            "new_segments": upload.segments,
            "new_blake3": upload.blake3,
            "new_expires_at_ms": upload.expires_at_ms,
            "new_until_ms": upload.lease_until_ms,
        }
        ops = [Op(statements.GROW, params, expect=1)]
        ops += [Op(statements.INSERT_SEGMENT, segment._asdict(), expect=1) for segment in segments]
        if spare:
            ops.append(Op(statements.SPARE, {"of_folder": folder_of(upload.id, upload.lease_epoch)}))
        ops += beginning(upload, now_ms)
        await self._write_as_holder(upload.id, ops)

    async def release_node(self, node: str) -> None:
        """Shut out whoever wrote in a process of this name that is gone."""
        await self._records.write([Op(statements.RELEASE_NODE, {"of_node": node})])

    async def bytes_of(self, upload_id: int) -> AsyncIterator[bytes]:
        """Yield an upload's bytes in order; those that are cold are brought back first."""
        segments = await self._records.fetch(statements.SEGMENTS, {"upload_id": upload_id})
        if not segments and self.warm is not None:
            await self.warm(upload_id)
            segments = await self._records.fetch(statements.SEGMENTS, {"upload_id": upload_id})
        for segment in segments:
            stream = await self.objects.stream(segment.object_key)
            async for chunk in stream.chunks:
                yield chunk

    async def to_hash(self, limit: int) -> list[Upload]:
        """Return whole uploads whose hash is not known."""
        return await self._records.fetch(statements.TO_HASH, {"row_limit": limit})

    async def hashed(self, upload: Upload, blake3: bytes) -> None:
        """Tell the hash of a whole upload, and of its asset; does nothing when it was ended meanwhile."""
        of_asset = {"of_upload_id": upload.id, "asset_id": upload.asset_id, "new_blake3": blake3}
        await self._records.write(
            [
                Op(statements.HASHED, {"upload_id": upload.id, "new_blake3": blake3}),
                Op(asset_statements.HASHED, of_asset),
            ]
        )

    async def share(self, upload: Upload, now_ms: int) -> bool:
        """Let a finished upload name the objects of an older file of its owner that has the same bytes.

        Only of its owner: whether anybody else has a file is nobody's business. Its own objects go an hour later, when
        nobody reads them any more.

        Returns:
            Whether there is such a file.
        """
        if upload.blake3 is None or not upload.offset_bytes:
            return False
        wanted = {"of_owner": upload.owner, "of_size": upload.offset_bytes, "of_blake3": upload.blake3}
        twin = await self._records.fetch_one(asset_statements.TWIN, {**wanted, "before_id": upload.asset_id})
        if twin is None:
            return False
        ours = await self._records.fetch(statements.SEGMENTS, {"upload_id": upload.id})
        theirs = await self._records.fetch(statements.SEGMENTS, {"upload_id": twin.upload_id})
        if not theirs:
            return False  # they are cold
        if {each.object_key for each in ours} <= {each.object_key for each in theirs}:
            return False  # joined of the same parts
        folders = {folder_in(each.object_key) for each in ours}
        ops = [
            # Kept until this is done: who removes either of them waits, and then finds the names that are there now.
            Op(asset_statements.STILL_THERE, {"asset_id": twin.id}, expect=1),
            Op(asset_statements.STILL_THERE, {"asset_id": upload.asset_id}, expect=1),
            Op(statements.DELETE_SEGMENTS, {"upload_id": upload.id}, expect=len(ours)),
            Op(
                statements.COPY_SEGMENTS,
                {"final_id": upload.id, "after_n": 0, "part_id": twin.upload_id},
                expect=len(theirs),
            ),
        ]
        left = [Op(statements.LEAVE, {"folder": each, "due_at_ms": now_ms + LEFTOVER_MS}) for each in sorted(folders)]
        return await self._written([*ops, *left])

    async def remove(self, upload: Upload, now_ms: int, *, if_overdue: bool = False) -> bool:
        """Remove an upload; objects that nobody needs go at a later sweep.

        Returns:
            False when it was gone, is not overdue, or was finished since it was read.
        """
        of_it = {"upload_id": upload.id}
        if upload.asset_id is not None and upload.state not in UNFINISHED:
            gone = Op(statements.DELETE, {**of_it, "seen_state": upload.state}, expect=1)
            # Overdue or not: such an upload does not become more recent.
            return await self._written([gone, *letting_go(upload.asset_id, holder_of(upload))])
        segments = await self._records.fetch(statements.SEGMENTS, of_it)
        # Those of its parts too: a part that was removed before left its objects to this upload.
        folders = {folder_of(upload.id), *(folder_in(segment.object_key) for segment in segments)}
        gone = (
            Op(statements.DELETE_OVERDUE, {**of_it, "now_ms": now_ms}, expect=1)
            if if_overdue
            else Op(statements.DELETE, {**of_it, "seen_state": upload.state}, expect=1)
        )
        left = [Op(statements.LEAVE, {"folder": folder, "due_at_ms": now_ms}) for folder in sorted(folders)]
        return await self._written([gone, Op(statements.DELETE_SEGMENTS, of_it), *left])

    async def overdue(self, now_ms: int, limit: int) -> list[Upload]:
        """Return uploads whose time is over."""
        return await self._records.fetch(statements.OVERDUE, {"now_ms": now_ms, "row_limit": limit})

    async def remove_leftovers(self, now_ms: int, limit: int) -> int:
        """Remove from folders that are due what no segment names; return how many folders that were."""
        due = await self._records.fetch(statements.DUE, {"now_ms": now_ms, "row_limit": limit})
        for folder in due:
            if await self._is_written(folder, now_ms):
                postponed = {"folder": folder, "due_at_ms": now_ms + LEFTOVER_MS}
                await self._records.write([Op(statements.LEAVE, postponed)])
                continue
            await self._remove_unnamed(folder)
            await self._records.write([Op(statements.SPARE, {"of_folder": folder})])
        return len(due)

    async def discard(self, keys: Sequence[str]) -> None:
        """Remove objects that were stored and are not to be told."""
        for key in keys:
            await self.objects.delete(key)

    async def _is_written(self, folder: str, now_ms: int) -> bool:
        """Return whether a writer's folder is its still; one whose time is over is shut out first."""
        if not folder.startswith(f"{_FOLDER}/"):
            return False
        upload_id, epoch = _names_in(folder)
        if epoch is None:
            return False
        await self._records.write(
            [Op(statements.FENCE, {"upload_id": upload_id, "held_epoch": epoch, "now_ms": now_ms})]
        )
        upload = await self.get(upload_id)
        return upload is not None and upload.lease_epoch == epoch

    async def _remove_unnamed(self, folder: str) -> None:
        # A segment without a name gets none any more: names are only copied, from one that is there.
        # A mezzanine might, from a job that takes longer than an hour; no job may take that long.
        keys = [key async for key in self.objects.keys(folder)]
        for start in range(0, len(keys), _NAMED_AT_ONCE):
            some = keys[start : start + _NAMED_AT_ONCE]
            named = set(await self._records.fetch(statements.NAMED, {"object_keys": some}))
            named.update(await self._records.fetch(asset_statements.NAMED, {"object_keys": some}))
            named.update(await self._records.fetch(cold_statements.NAMED, {"object_keys": some}))
            await self.discard([key for key in some if key not in named])

    async def _written(self, ops: Sequence[Op]) -> bool:
        try:
            await self._records.write(ops)
        except RecordConflict:
            return False
        return True

    async def _write_as_holder(self, upload_id: int, ops: Sequence[Op]) -> None:
        try:
            await self._records.write(ops)
        except RecordConflict as conflict:
            raise (UploadUnknown if await self.get(upload_id) is None else UploadLocked) from conflict


def folder_of(upload_id: int, epoch: int | None = None) -> str:
    """Return the folder of an upload's objects, or of those of its writer `epoch`."""
    return f"{_FOLDER}/{upload_id}" if epoch is None else f"{_FOLDER}/{upload_id}/{epoch}"


def object_key(upload: Upload, n: int) -> str:
    """Return where a writer puts the segment `n`."""
    return f"{folder_of(upload.id, upload.lease_epoch)}/{n}"


def _names_in(folder: str) -> tuple[int, int | None]:
    """Return the upload and the writer that a folder is named by."""
    upload_id, _, epoch = folder.removeprefix(f"{_FOLDER}/").partition("/")
    return int(upload_id), int(epoch) if epoch else None
