"""Writes messages: the row, all that hangs on it, and the event, in one transaction.

Whether the author may is decided by the use cases that call this.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET

from hubbub.community.adapters import (
    direct_message_statements,
    message_statements,
    reaction_statements,
    read_state_statements,
)
from hubbub.community.domain.guild import encode_ids
from hubbub.community.domain.message import (
    MessageRow,
    StoredMessage,
    decode_stored,
    encode_interaction,
    encode_stored,
    to_wire,
)
from hubbub.community.errors import UnknownChannel, UnknownMessage
from hubbub.community.service import present
from hubbub.community.service.draft import Change, Draft, EditedMeanwhile, NonceTaken, Place, embedded
from hubbub.community.service.message_attachments import MessageAttachments
from hubbub.community.service.message_links import MessageLinks
from hubbub.community.service.message_reader import MessageReader
from hubbub.community.service.outbox import told
from hubbub.community.service.ports import Ports
from hubbub.community.service.upload import FileNote, to_stored
from hubbub.events.contracts import events, objects
from hubbub.events.contracts.events import Event
from hubbub.kernel.snowflake import at_time, timestamp_ms
from hubbub.storage.records.port import Op, RecordConflict

NONCE_KEPT_MS = 5 * 60 * 1000
"""How long a nonce with `enforce_nonce` tells a repeated message from a new one."""


class MessageWriter:
    """Writes, changes and deletes messages."""

    def __init__(self, ports: Ports, reader: MessageReader) -> None:
        """Write through `ports`; `reader` puts together what is answered and told."""
        self._ports = ports
        self._records = ports.records
        self._reader = reader
        self.files = MessageAttachments(ports)
        self.links = MessageLinks(ports)

    async def post(
        self, draft: Draft, extra: Sequence[Op] = (), extra_events: Sequence[Event] = (), message_id: int | None = None
    ) -> tuple[int, bytes]:
        """Write a message; return its id and its wire form as its author sees it.

        Args:
            draft: The message.
            extra: Further changes that hold only together with it.
            extra_events: Their events.
            message_id: Its id when the caller needed it before; None takes the next.

        Raises:
            NonceTaken: `enforce_nonce`, and the nonce was used before.
            UnknownChannel: The channel is gone.
        """
        place = draft.place
        if message_id is None:
            message_id = self._ports.snowflakes.next()
        row = self._row(draft, message_id)
        rendered = await self._reader.render_one(row, draft.author_id, nonce=draft.nonce)
        opened = await self._open_direct(place) if place.recipients else []
        created = events.MessageCreated(
            event_id=message_id,
            guild_id=place.guild_id,
            channel_id=place.channel_id,
            channel_type=place.channel_type,
            message=self._told(rendered, draft, place),
            recipients=place.recipients,
            visible_to=draft.visible_to,
        )
        ops = self._insert_ops(draft, row)
        ops += [Op(direct_message_statements.SET_OPEN, _open_params(e)) for e in opened]
        try:
            await self._records.write([*ops, *extra], told(*opened, created, *extra_events))
        except RecordConflict as conflict:
            await self._explain(conflict, draft, ops)
            raise
        self.files.tell(draft.uploads)
        self.links.tell(ops)
        if draft.visible_to is None:
            self._ports.guilds.note_message(place.channel_id, message_id)
        return message_id, rendered

    async def sent_before(self, author_id: int, nonce: str | int | None) -> MessageRow | None:
        """Return the message that the author sent with this nonce a short while ago, if it is still there."""
        if nonce is None:
            return None
        found = await self._records.fetch_one(
            message_statements.NONCE,
            {
                "author_id": author_id,
                "nonce": str(nonce),
                "fresh_from": at_time(self._ports.clock.unix_ms() - NONCE_KEPT_MS),
            },
        )
        return None if found is None else (await self._reader.rows(found[0], [found[1]])).get(found[1])

    async def change(
        self, place: Place, row: MessageRow, change: Change, viewer_id: int, extra: Sequence[Op] = ()
    ) -> bytes:
        """Write an edit; return the message's new wire form as `viewer_id` sees it.

        Raises:
            EditedMeanwhile: The message is no longer what `row` says.
            UnknownMessage: It is gone.
        """
        changed = _changed(row, change)
        rendered = await self._reader.render_one(changed, viewer_id)
        ops = [
            Op(
                message_statements.EDIT,
                {
                    "channel_id": row.channel_id,
                    "id": row.id,
                    "edited_document": row.document,
                    "document": changed.document,
                    "mention_ids_json": changed.mention_ids_json,
                },
                expect=1,
            ),
            *self.files.drop(change.dropped),
            *self.files.take_up(change.uploads, place, row.id),
            *self.links.pictures(row, change.stored),
            *extra,
        ]
        if change.shows_links:
            ops += self.links.queue(row.channel_id, row.id, change.stored)
        if change.kept_targets is not None:
            kept = {"channel_id": row.channel_id, "message_id": row.id, "kept_ids": list(change.kept_targets)}
            ops.append(Op(message_statements.FORGET_OTHER_MENTIONS, kept))
        try:
            await self._records.write(ops, told(await self.updated(place, changed, rendered)))
        except RecordConflict as conflict:
            self.files.explain(conflict, ops, change.uploads)
            if conflict.op_index > 0:
                raise
            await self._reader.row(row.channel_id, row.id)
            raise EditedMeanwhile from conflict
        self.files.tell(change.uploads)
        self.links.tell(ops)
        return rendered

    async def updated(self, place: Place, row: MessageRow, rendered: bytes) -> events.MessageUpdated:
        """Return the event that a message changed, from its wire form as any viewer sees it."""
        message = to_wire(rendered)
        if message.reactions:
            message.reactions = [
                objects.Reaction(count=r.count, count_details=r.count_details, me=False, emoji=r.emoji)
                for r in message.reactions
            ]
        if place.guild is not None:
            message.guild_id = str(place.guild.id)
            author = await self._ports.guilds.member(place.guild.id, row.author_id)
            if author is not None:
                message.member = present.member(author, None, place.guild)
        return events.MessageUpdated(
            event_id=self._ports.snowflakes.next(),
            guild_id=place.guild_id,
            channel_id=place.channel_id,
            channel_type=place.channel_type,
            message=message,
            recipients=place.recipients,
            visible_to=row.visible_to,
        )

    async def delete(self, place: Place, row: MessageRow) -> None:
        """Delete a message with all that hangs on it; one deleted meanwhile raises `UnknownMessage`."""
        event = events.MessageDeleted(
            event_id=self._ports.snowflakes.next(),
            guild_id=place.guild_id,
            channel_id=row.channel_id,
            message_id=row.id,
            recipients=place.recipients,
            visible_to=row.visible_to,
        )
        ops = [
            Op(message_statements.DELETE, {"channel_id": row.channel_id, "id": row.id}, expect=1),
            *self._orphan_ops(row.channel_id, [row.id]),
        ]
        if row.pinned_at_ms is not None:
            ops.append(Op(message_statements.NOTE_PIN, {"channel_id": row.channel_id}))
        try:
            await self._records.write(ops, told(event))
        except RecordConflict as conflict:
            raise UnknownMessage from conflict
        if row.pinned_at_ms is not None:
            await self.note_last_pin(row.channel_id)

    async def delete_many(self, place: Place, rows: Sequence[MessageRow]) -> None:
        """Delete messages of one channel together."""
        ids = [row.id for row in rows]
        event = events.MessagesDeleted(
            event_id=self._ports.snowflakes.next(),
            guild_id=place.guild_id,
            channel_id=place.channel_id,
            message_ids=tuple(ids),
        )
        ops = self.removal_ops(place.channel_id, ids)
        pinned = any(row.pinned_at_ms is not None for row in rows)
        if pinned:
            ops.append(Op(message_statements.NOTE_PIN, {"channel_id": place.channel_id}))
        await self._records.write(ops, told(event))
        if pinned:
            await self.note_last_pin(place.channel_id)

    async def note_last_pin(self, channel_id: int) -> int | None:
        """Tell the guild directory when the channel's newest pin was made, and return it."""
        found = await self._records.fetch_one(message_statements.LAST_PIN, {"channel_id": channel_id})
        last: int | None = None if found is None else found[0]
        self._ports.guilds.note_pin(channel_id, last)
        return last

    def removal_ops(self, channel_id: int, message_ids: Sequence[int]) -> list[Op]:
        """Return the ops that delete messages with all that hangs on them, telling nobody."""
        delete = Op(message_statements.DELETE_MANY, {"channel_id": channel_id, "ids": message_ids})
        return [delete, *self._orphan_ops(channel_id, message_ids)]

    def _orphan_ops(self, channel_id: int, message_ids: Sequence[int]) -> list[Op]:
        """Return the ops that remove what hangs on messages that go: reactions, mentions, files.

        They look for it when they run: a reaction or a file may have come since the messages were read.
        """
        of_messages = {"channel_id": channel_id, "message_ids": message_ids}
        return [
            Op(message_statements.FORGET_MENTIONS, of_messages),
            Op(reaction_statements.DELETE_OF_MESSAGES, of_messages),
            *self.files.drop_all(channel_id, message_ids),
        ]

    def _row(self, draft: Draft, message_id: int) -> MessageRow:
        place = draft.place
        attachments = [to_stored(upload, draft.notes.get(upload.index, FileNote())) for upload in draft.uploads]
        embeds, attachments = embedded(draft.embeds, attachments)
        application_id = UNSET if draft.application_id is None else str(draft.application_id)
        stored = StoredMessage(
            id=str(message_id),
            channel_id=str(place.channel_id),
            content=draft.content,
            timestamp=present.iso(timestamp_ms(message_id)),
            tts=draft.tts,
            mention_everyone=draft.reach.everyone,
            mention_roles=[str(role_id) for role_id in draft.reach.role_ids],
            attachments=attachments,
            embeds=embeds,
            type=draft.type,
            flags=draft.flags,
            message_reference=draft.reference,
            webhook_id=application_id if draft.interaction is not None else UNSET,
            application_id=application_id,
        )
        return MessageRow(
            channel_id=place.channel_id,
            id=message_id,
            author_id=draft.author_id,
            document=encode_stored(stored),
            mention_ids_json=encode_ids(draft.reach.user_ids) if draft.reach.user_ids else b"[]",
            reference_id=draft.reference_id,
            pinned_at_ms=None,
            reaction_count=0,
            interaction_json=None if draft.interaction is None else encode_interaction(draft.interaction),
            visible_to=draft.visible_to,
        )

    def _insert_ops(self, draft: Draft, row: MessageRow) -> list[Op]:
        ops = [
            Op(
                message_statements.INSERT,
                {name: getattr(row, name) for name in MessageRow.__struct_fields__},
            )
        ]
        if row.visible_to is None:
            newest = {"channel_id": row.channel_id, "message_id": row.id}
            ops.append(Op(message_statements.NOTE_NEWEST, newest, expect=1))
            ops += [Op(message_statements.MENTION, {"target_id": target, **newest}) for target in draft.reach.targets]
            if not draft.author_is_bot:
                mark = {"user_id": row.author_id, "channel_id": row.channel_id, "last_message_id": row.id}
                ops.append(Op(read_state_statements.ADVANCE, mark))
        if draft.enforce_nonce and draft.nonce is not None:
            claim = {
                "author_id": row.author_id,
                "nonce": str(draft.nonce),
                "channel_id": row.channel_id,
                "message_id": row.id,
                "stale_before": at_time(self._ports.clock.unix_ms() - NONCE_KEPT_MS),
            }
            ops.append(Op(message_statements.CLAIM_NONCE, claim, expect=1))
        ops += self.files.take_up(draft.uploads, draft.place, row.id)
        if draft.may_embed and row.visible_to is None and "://" in draft.content:
            ops += self.links.queue(row.channel_id, row.id, decode_stored(row.document))
        return ops

    async def _open_direct(self, place: Place) -> list[events.ChannelCreated]:
        """Return the events that show a direct message to those who had closed it, or were never shown it."""
        closed = await self._records.fetch(direct_message_statements.CLOSED_FOR, {"channel_id": place.channel_id})
        if not closed:
            return []
        direct = await self._ports.guilds.direct(place.channel_id)
        users = await self._ports.users.users(place.recipients)
        return [
            events.ChannelCreated(
                event_id=self._ports.snowflakes.next(),
                guild_id=None,
                channel_id=place.channel_id,
                channel=present.direct_channel(
                    direct.channel, [present.user(user) for user in users.values() if user.id != user_id]
                ),
                recipients=(user_id,),
            )
            for user_id in closed
        ]

    def _told(self, rendered: bytes, draft: Draft, place: Place) -> objects.Message:
        message = to_wire(rendered)
        if place.guild is not None:
            message.guild_id = str(place.guild.id)
            if draft.member is not None:
                message.member = present.member(draft.member, None, place.guild)
        return message

    async def _explain(self, conflict: RecordConflict, draft: Draft, ops: Sequence[Op]) -> None:
        """Raise what a refused write means, if it is one of the two that can happen in peace."""
        failed = ops[conflict.op_index].statement if conflict.op_index < len(ops) else None
        if failed is message_statements.NOTE_NEWEST:
            raise UnknownChannel from conflict
        if failed is message_statements.CLAIM_NONCE:
            row = await self.sent_before(draft.author_id, draft.nonce)
            if row is None:
                raise UnknownMessage("A message was sent with this nonce, and has been deleted since.") from conflict
            raise NonceTaken(row) from conflict
        self.files.explain(conflict, ops, draft.uploads)


def stored_of(row: MessageRow) -> StoredMessage:
    """Return the part of a message that an edit changes."""
    return decode_stored(row.document)


def _changed(row: MessageRow, change: Change) -> MessageRow:
    return MessageRow(
        channel_id=row.channel_id,
        id=row.id,
        author_id=row.author_id,
        document=encode_stored(change.stored),
        mention_ids_json=encode_ids(change.mention_ids) if change.mention_ids else b"[]",
        reference_id=row.reference_id,
        pinned_at_ms=row.pinned_at_ms,
        reaction_count=row.reaction_count,
        interaction_json=row.interaction_json,
        visible_to=row.visible_to,
    )


def _open_params(event: events.ChannelCreated) -> dict[str, object]:
    return {"user_id": event.recipients[0], "channel_id": event.channel_id, "is_open": True}
