"""Takes in the files of messages, serves those of old, and lets go of what nothing names any more.

A file is an asset of the library from the moment it is whole, and held from the transaction that writes its message on:
one that no message took up is collected by the library. What a message named is let go of by a sweep, from a mark that
the transaction leaves which deletes it; so is the object of a file from before there were assets.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from hmac import compare_digest

import msgspec
from msgspec import UnsetType

from hubbub.community.adapters import attachment_statements as statements
from hubbub.community.adapters.attachment_statements import AttachmentRow
from hubbub.community.adapters.storage_statements import FREE_PICTURE
from hubbub.community.domain.form import Problems
from hubbub.community.domain.limits import ATTACHMENTS_MAX
from hubbub.community.domain.message_form import AttachmentForm
from hubbub.community.domain.upload_file import safe_name
from hubbub.community.errors import TooLarge, UnknownFile
from hubbub.community.service.files_port import FileState
from hubbub.community.service.ports import Ports
from hubbub.community.service.upload import Upload
from hubbub.kernel.errors import FieldProblem
from hubbub.storage.records.port import Op, RecordConflict

_SWEEP_MAX = 100
"""Objects that one sweep removes, so that none takes long."""
_SETTLE_S = 5.0
"""Seconds that a message waits for what its files are; most pictures take a tenth of one."""
_ASSET_KEY = re.compile(r"attachments/[0-9]{1,19}/([0-9]{1,19})-")
"""The key of an attachment without a secret."""


class Attachments:
    """Files of messages."""

    def __init__(self, ports: Ports) -> None:
        """Store through `ports`."""
        self._ports = ports
        self._records = ports.records
        self._objects = ports.objects
        self.news = asyncio.Event()
        """Set when `sweep` may find something; whoever calls it clears it first."""

    async def store(self, owner_id: int, index: int, filename: str, chunks: AsyncIterator[bytes]) -> Upload:
        """Store one file as its chunks come; raises `TooLarge` past the limit, and nothing is kept then."""
        limit = self._ports.config.upload_bytes_max
        name = safe_name(filename, index)
        try:
            asset_id = await self._ports.files.store(owner_name(owner_id), name, chunks, limit)
        except TooLarge as error:
            raise too_large(f"files.{index}", limit) from error
        return Upload(index=index, path=f"files.{index}", attachment_id=asset_id, filename=name)

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
        if not together:
            return ()
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
            path = f"attachments.{place}"
            asset_id = await self._ports.files.find(form.uploaded_filename, owner_name(owner_id))
            if form.id in taken:
                problems.add(f"{path}.id", "ATTACHMENT_ID_DUPLICATE", "Each attachment id may appear once.")
            elif asset_id is None:
                sentence = "You have no finished upload of this name."
                problems.add(f"{path}.uploaded_filename", "ATTACHMENT_NOT_FOUND", sentence)
            else:
                claimed.append(Upload(index=form.id, path=path, attachment_id=asset_id, filename=""))
        return claimed

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
        """Remove objects that are due; return how many, at the bound there may be more.

        Called at news, and every few seconds besides.
        """
        params = {"now_ms": self._ports.clock.unix_ms(), "limit": _SWEEP_MAX}
        due = await self._records.fetch(statements.DUE, params)
        if due:
            # Together, so that one sync of the disk serves them all.
            await asyncio.gather(*map(self._remove, due))
        return len(due)

    async def _remove(self, key: str) -> None:
        """Remove what lies at `key`: give up the asset, or delete the object."""
        spare = Op(statements.SPARE, {"key": key})
        asset = _ASSET_KEY.fullmatch(key)
        asset_id: int | None = int(asset[1]) if asset else None
        if asset_id is None:
            asset_id = await self._records.fetch_one(statements.PICTURE, {"key": key})
        if asset_id is None:
            await self._objects.delete(key)
        else:
            forget = Op(statements.FORGET_PICTURE, {"key": key})
            with suppress(RecordConflict):  # it was given up before
                freed = Op(FREE_PICTURE, {"key": key})
                await self._records.write([*self._ports.files.release(asset_id, key), freed, forget, spare])
                return
        await self._records.write([spare])


def owner_name(user_id: int) -> str:
    """Return the name under which the library knows a user."""
    return f"user:{user_id}"


def too_large(path: str, limit_bytes: int) -> TooLarge:
    """Return the error that the field at `path` passed a limit."""
    sentence = f"At most {limit_bytes:,} bytes are accepted here."
    return TooLarge(fields=[FieldProblem(path, "REQUEST_ENTITY_TOO_LARGE", sentence)])
