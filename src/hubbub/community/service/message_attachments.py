"""What a message's files add to the transaction that writes it, and to those that change and delete it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hubbub.community.adapters import attachment_statements
from hubbub.community.adapters.attachment_statements import AttachmentRow
from hubbub.community.service.draft import Place
from hubbub.community.service.files_port import FileState
from hubbub.community.service.guild_storage import freed_files, freed_messages
from hubbub.community.service.ports import Ports
from hubbub.community.service.upload import Upload, object_key
from hubbub.kernel.errors import FieldProblem, InvalidForm
from hubbub.storage.records.port import Op, RecordConflict


class MessageAttachments:
    """Files of messages as they are written, changed and deleted."""

    def __init__(self, ports: Ports) -> None:
        """Hold files in the library of `ports`."""
        self._ports = ports
        self._storage = ports.storage
        self.on_awaited: Callable[[Sequence[int]], None] = _nobody
        """Told of files that a message was written with before it was known what they are."""

    def take_up(self, uploads: Sequence[Upload], place: Place, message_id: int) -> list[Op]:
        """Return the ops that make uploads the message's own."""
        ops: list[Op] = []
        channel_id, size_bytes = place.channel_id, 0
        for upload in uploads:
            if upload.file is None:
                raise ValueError("a file is asked for before its message is written")
            row = {
                "id": upload.attachment_id,
                "channel_id": channel_id,
                "message_id": message_id,
                "filename": upload.filename,
                "content_type": upload.file.content_type,
                "size_bytes": upload.file.size_bytes,
                "secret": "",
            }
            size_bytes += upload.file.size_bytes
            ops.append(Op(attachment_statements.INSERT, row))
            ops += self._ports.files.hold(upload.attachment_id, object_key(channel_id, upload.attachment_id, ""))
            # Of one under review it may be decided at this moment: looked at once more, it is told rightly.
            if not upload.file.state.is_settled or upload.file.state is FileState.REVIEW:
                ops.append(Op(attachment_statements.AWAIT, {"asset_id": upload.attachment_id}))
        return ops + self._storage.charge(place.guild_id, size_bytes)

    def tell(self, uploads: Sequence[Upload]) -> None:
        """Call `on_awaited` with those of `uploads`, which were written, of which it is not known what they are."""
        awaited = [each.attachment_id for each in uploads if each.file is not None and not each.file.state.is_settled]
        if awaited:
            self.on_awaited(awaited)

    def explain(self, conflict: RecordConflict, ops: Sequence[Op], uploads: Sequence[Upload]) -> None:
        """Raise what it means that a file could not be made the message's own: it is another's, gone, or too much.

        Args:
            conflict: What was refused.
            ops: Those of the refused write up to the last of `take_up`.
            uploads: The files.
        """
        if conflict.op_index >= len(ops):
            return
        if uploads:
            self._storage.explain(conflict, ops, uploads[-1].path)
        values = ops[conflict.op_index].params.values()
        for upload in uploads:
            if upload.attachment_id in values:
                sentence = "The file is part of a message already, or not there any more. Upload it again."
                raise InvalidForm(fields=[FieldProblem(upload.path, "ATTACHMENT_UPLOAD_GONE", sentence)]) from conflict

    def drop(self, files: Sequence[AttachmentRow]) -> list[Op]:
        """Return the ops that forget attachments and mark their objects for removal."""
        if not files:
            return []
        now_ms = self._ports.clock.unix_ms()
        ids = [file.id for file in files]
        ops = [*freed_files(files[0].channel_id, ids), Op(attachment_statements.DELETE, {"ids": ids})]
        for file in files:
            key = object_key(file.channel_id, file.id, file.secret)
            ops.append(Op(attachment_statements.DOOM, {"key": key, "due_at_ms": now_ms}))
        return ops

    def drop_all(self, channel_id: int, message_ids: Sequence[int]) -> list[Op]:
        """Return the ops that forget all files of messages of a channel; they look for them when they run."""
        of_messages = {"channel_id": channel_id, "message_ids": message_ids}
        due = {"due_at_ms": self._ports.clock.unix_ms()}
        return [
            Op(attachment_statements.DOOM_OF_MESSAGES, {**of_messages, **due}),
            *freed_messages(channel_id, message_ids),
            Op(attachment_statements.DELETE_OF_MESSAGES, of_messages),
        ]


def _nobody(asset_ids: Sequence[int]) -> None:
    """Tell nobody."""
