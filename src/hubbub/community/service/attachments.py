"""Stores the files of messages as they arrive, serves them, and removes what nothing names any more.

Every file is first marked for removal in an hour, then stored; the transaction that writes its message takes the mark
away. So a request that is cut off, refused or killed leaves nothing behind for longer than that.
"""

from __future__ import annotations

import asyncio
import re
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from hmac import compare_digest
from typing import NamedTuple

import msgspec
from msgspec import UnsetType

from hubbub.community.adapters import attachment_statements as statements
from hubbub.community.adapters.attachment_statements import AttachmentRow
from hubbub.community.domain.form import Problems
from hubbub.community.domain.limits import ATTACHMENTS_MAX
from hubbub.community.domain.message_form import AttachmentForm
from hubbub.community.domain.upload_file import HEAD_BYTES, kind_of, safe_name
from hubbub.community.errors import TooLarge, UnknownFile
from hubbub.community.service.files_port import FileState
from hubbub.community.service.ports import Ports
from hubbub.community.service.upload import Upload, object_key
from hubbub.kernel.errors import FieldProblem
from hubbub.storage.errors import ObjectTooLarge
from hubbub.storage.records.port import Op, RecordConflict

_GRACE_MS = 3_600_000
"""How long an upload may wait for its message."""
_SWEEP_MAX = 100
"""Objects that one sweep removes, so that none takes long."""
_SETTLE_S = 5.0
"""Seconds that a message waits for what its files are; most pictures take a tenth of one."""
_ASSET_KEY = re.compile(r"attachments/[0-9]{1,19}/([0-9]{1,19})-")
"""The key of an attachment without a secret."""


class Target(NamedTuple):
    """Where files that come in belong."""

    channel_id: int
    owner_id: int
    """The user who brings them."""


class Attachments:
    """Files of messages."""

    def __init__(self, ports: Ports) -> None:
        """Store through `ports`."""
        self._ports = ports
        self._records = ports.records
        self._objects = ports.objects

    async def store(self, target: Target, index: int, filename: str, chunks: AsyncIterator[bytes]) -> Upload:
        """Store one file as its chunks come; raises `TooLarge` past the limit, and nothing is kept then."""
        limit = self._ports.config.upload_bytes_max
        if self._ports.files is not None:
            name = safe_name(filename, index)
            try:
                asset_id = await self._ports.files.store(owner_name(target.owner_id), name, chunks, limit)
            except TooLarge as error:
                raise too_large(f"files.{index}", limit) from error
            return Upload(index=index, path=f"files.{index}", attachment_id=asset_id, filename=name)
        channel_id = target.channel_id
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
            path=f"files.{index}",
            attachment_id=attachment_id,
            filename=safe_name(filename, index),
            content_type=kind.content_type,
            size_bytes=size,
            width=kind.width,
            height=kind.height,
            secret=secret,
            key=key,
        )

    async def ready(
        self, owner_id: int, forms: Sequence[AttachmentForm] | UnsetType | None, uploads: Sequence[Upload]
    ) -> Sequence[Upload]:
        """Return a message's files with what they are: those that its request brought, and those uploaded before.

        Waits up to 5 s; what takes longer stays `processing` in the message, and is told when it is known.

        Raises:
            InvalidForm: A file is refused, or an uploaded one is not there; the field names it.
        """
        library, problems = self._ports.files, Problems()
        claimed = await self._claimed(owner_id, forms or (), {upload.index for upload in uploads}, problems)
        problems.raise_if_any()
        together = [*uploads, *claimed]
        if library is None or not together:
            return together
        problems.count("attachments", len(together), ATTACHMENTS_MAX)
        problems.raise_if_any()
        files = await library.settled([upload.attachment_id for upload in together], _SETTLE_S)
        described = []
        for upload in together:
            file = files.get(upload.attachment_id)
            if file is None:
                problems.add(upload.path, "ATTACHMENT_UPLOAD_GONE", "The file is not there any more. Send it again.")
                continue
            if file.state is FileState.REFUSED:
                problems.add(upload.path, file.refusal_code or "refused", file.refusal or "This file is refused.")
            described.append(msgspec.structs.replace(upload, file=file, filename=file.filename))
        problems.raise_if_any()
        return described

    async def _claimed(
        self, owner_id: int, forms: Sequence[AttachmentForm], taken: set[int], problems: Problems
    ) -> list[Upload]:
        """Return the files that `forms` name by their uploads; what is wrong with one is noted."""
        claimed = []
        for place, form in enumerate(forms):
            if form.uploaded_filename is None:
                continue
            path, library = f"attachments.{place}", self._ports.files
            asset_id = None
            if library is not None:
                asset_id = await library.find(form.uploaded_filename, owner_name(owner_id))
            if form.id in taken:
                problems.add(f"{path}.id", "ATTACHMENT_ID_DUPLICATE", "Each attachment id may appear once.")
            elif asset_id is None:
                sentence = "You have no finished upload of this name."
                problems.add(f"{path}.uploaded_filename", "ATTACHMENT_NOT_FOUND", sentence)
            else:
                claimed.append(Upload(index=form.id, path=path, attachment_id=asset_id, filename=""))
        return claimed

    async def discard(self, uploads: Sequence[Upload]) -> None:
        """Remove those of `uploads` that no message took up.

        A request that was cut off may have written its message all the same: then the marks are gone and files stay.
        """
        uploads = [upload for upload in uploads if upload.key]
        if not uploads:  # assets that nothing holds are collected by the library
            return
        now_ms = self._ports.clock.unix_ms()
        hastened = [Op(statements.HASTEN, {"key": upload.key, "new_due_at_ms": now_ms}) for upload in uploads]
        await self._records.write(hastened)
        await self.sweep()

    async def find(self, channel_id: int, attachment_id: int, secret: str) -> AttachmentRow:
        """Return the file whose address names it rightly; raises `UnknownFile`."""
        row = await self._records.fetch_one(statements.GET, {"id": attachment_id})
        if (
            row is None
            or not row.secret
            or row.channel_id != channel_id
            or not compare_digest(row.secret.encode(), secret.encode())
        ):
            raise UnknownFile
        return row

    async def sweep(self) -> int:
        """Remove objects that are due; return how many, at the bound there may be more. Called every few seconds."""
        params = {"now_ms": self._ports.clock.unix_ms(), "limit": _SWEEP_MAX}
        due = await self._records.fetch(statements.DUE, params)
        if due:
            # Together, so that one sync of the disk serves them all.
            await asyncio.gather(*map(self._remove, due))
        return len(due)

    async def _remove(self, key: str) -> None:
        """Remove what lies at `key`: give up the asset, or delete the object."""
        spare = Op(statements.SPARE, {"key": key})
        library, asset = self._ports.files, _ASSET_KEY.fullmatch(key)
        asset_id: int | None = int(asset[1]) if asset else None
        if asset_id is None:
            asset_id = await self._records.fetch_one(statements.PICTURE, {"key": key})
        if asset_id is None:
            await self._objects.delete(key)
        elif library is None:
            return
        else:
            forget = Op(statements.FORGET_PICTURE, {"key": key})
            with suppress(RecordConflict):  # it was given up before
                await self._records.write([*library.release(asset_id, key), forget, spare])
                return
        await self._records.write([spare])

    async def _doom(self, keys: Sequence[str], due_at_ms: int) -> None:
        await self._records.write([Op(statements.DOOM, {"key": key, "due_at_ms": due_at_ms}) for key in keys])


def owner_name(user_id: int) -> str:
    """Return the name under which the library knows a user."""
    return f"user:{user_id}"


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
