"""Stores the files of messages as they arrive, serves them, and removes what nothing names any more.

Every file is first marked for removal in an hour, then stored; the transaction that writes its message takes the mark
away. So a request that is cut off, refused or killed leaves nothing behind for longer than that.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Sequence
from hmac import compare_digest

from hubbub.community.adapters import attachment_statements as statements
from hubbub.community.adapters.attachment_statements import AttachmentRow
from hubbub.community.domain.upload_file import HEAD_BYTES, kind_of, safe_name
from hubbub.community.errors import TooLarge, UnknownFile
from hubbub.community.service.ports import Ports
from hubbub.community.service.upload import Upload, object_key
from hubbub.kernel.errors import FieldProblem
from hubbub.storage.errors import ObjectTooLarge
from hubbub.storage.records.port import Op

_GRACE_MS = 3_600_000
"""How long an upload may wait for its message."""
_SWEEP_MAX = 100
"""Objects that one sweep removes, so that none takes long."""


class Attachments:
    """Files of messages."""

    def __init__(self, ports: Ports) -> None:
        """Store through `ports`."""
        self._ports = ports
        self._records = ports.records
        self._objects = ports.objects

    async def store(self, channel_id: int, index: int, filename: str, chunks: AsyncIterator[bytes]) -> Upload:
        """Store one file as its chunks come; raises `TooLarge` past the limit, and nothing is kept then."""
        limit = self._ports.config.upload_bytes_max
        attachment_id = self._ports.snowflakes.next()
        secret = urlsafe_b64encode(self._ports.random.token_bytes(16)).decode().rstrip("=")
        key = object_key(channel_id, attachment_id, secret)
        await self._doom([key], self._ports.clock.unix_ms() + _GRACE_MS)
        head = await _head_of(chunks)
        kind = kind_of(head)
        try:
            if len(head) < HEAD_BYTES:
                size = await self._objects.put(key, head, size_bytes_max=limit)
            else:
                size = await self._objects.put(key, _joined(head, chunks), size_bytes_max=limit)
        except ObjectTooLarge as error:
            raise too_large(f"files.{index}", limit) from error
        return Upload(
            index=index,
            attachment_id=attachment_id,
            filename=safe_name(filename, index),
            content_type=kind.content_type,
            size_bytes=size,
            width=kind.width,
            height=kind.height,
            secret=secret,
            key=key,
        )

    async def discard(self, uploads: Sequence[Upload]) -> None:
        """Remove those of `uploads` that no message took up.

        A request that was cut off may have written its message all the same: then the marks are gone and files stay.
        """
        if not uploads:
            return
        now_ms = self._ports.clock.unix_ms()
        hastened = [Op(statements.HASTEN, {"key": upload.key, "new_due_at_ms": now_ms}) for upload in uploads]
        await self._records.write(hastened)
        await self.sweep()

    async def find(self, channel_id: int, attachment_id: int, secret: str) -> AttachmentRow:
        """Return the file whose address names it rightly; raises `UnknownFile`."""
        row = await self._records.fetch_one(statements.GET, {"id": attachment_id})
        if row is None or row.channel_id != channel_id or not compare_digest(row.secret.encode(), secret.encode()):
            raise UnknownFile
        return row

    async def sweep(self) -> int:
        """Remove objects that are due; return how many, at the bound there may be more. Called every few seconds."""
        params = {"now_ms": self._ports.clock.unix_ms(), "limit": _SWEEP_MAX}
        due = await self._records.fetch(statements.DUE, params)
        for key in due:
            await self._objects.delete(key)
        if due:
            await self._records.write([Op(statements.SPARE, {"key": key}) for key in due])
        return len(due)

    async def _doom(self, keys: Sequence[str], due_at_ms: int) -> None:
        await self._records.write([Op(statements.DOOM, {"key": key, "due_at_ms": due_at_ms}) for key in keys])


def too_large(path: str, limit_bytes: int) -> TooLarge:
    """Return the error that the field at `path` passed a limit."""
    sentence = f"At most {limit_bytes:,} bytes are accepted here."
    return TooLarge(fields=[FieldProblem(path, "REQUEST_ENTITY_TOO_LARGE", sentence)])


async def _head_of(chunks: AsyncIterator[bytes]) -> bytes:
    """Return the first bytes, up to `HEAD_BYTES` or a little more; shorter when the file ends before."""
    head = bytearray()
    async for chunk in chunks:
        head += chunk
        if len(head) >= HEAD_BYTES:
            break
    return bytes(head)


async def _joined(head: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield head
    async for chunk in rest:
        yield chunk
