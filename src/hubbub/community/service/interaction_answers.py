"""Use cases of answering: the first answer to an interaction, its edits, and follow-ups.

The token in the address is the credential: whoever holds it acts as the application, for fifteen minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import UNSET, UnsetType

from hubbub.community.adapters import interaction_statements as statements
from hubbub.community.adapters.interaction_statements import ANSWERED, DEFERRED, EXPIRED, PENDING, InteractionRow
from hubbub.community.domain.form import Problems
from hubbub.community.domain.interaction_answer import (
    ANSWER_WITHIN_MS,
    APPLICATION_COMMAND,
    DEFERRED_MESSAGE,
    TOKEN_VALID_MS,
    AnswerForm,
    answer_flags,
)
from hubbub.community.domain.mention import USERS_ONLY
from hubbub.community.domain.message import CHAT_INPUT_COMMAND, REPLY, MessageRow, StoredInteraction
from hubbub.community.domain.message_form import EPHEMERAL, LOADING, EditForm, MessageForm
from hubbub.community.domain.permissions import Permissions
from hubbub.community.errors import AlreadyAnswered, EmptyMessage, UnknownInteraction, UnknownMessage, UnknownWebhook
from hubbub.community.service.attachments import Attachments
from hubbub.community.service.draft import Draft, place_of
from hubbub.community.service.guild_directory import ChannelAccess
from hubbub.community.service.interactions import hash_token, settled
from hubbub.community.service.mention_resolution import NOBODY, MentionResolution
from hubbub.community.service.message_edits import MessageEdits
from hubbub.community.service.message_files import describe_uploads
from hubbub.community.service.message_reader import MessageReader
from hubbub.community.service.message_writer import MessageWriter
from hubbub.community.service.ports import Ports
from hubbub.community.service.upload import Upload
from hubbub.community.service.voice_messages import check_may_speak, check_voice
from hubbub.events.contracts import objects
from hubbub.storage.records.port import Op, RecordConflict

ORIGINAL = "@original"


class Answer(NamedTuple):
    """What an answer became."""

    interaction_id: int
    message_id: int
    is_loading: bool
    is_ephemeral: bool
    message: bytes
    """Wire form."""


class InteractionAnswers:
    """Messages that answer interactions."""

    def __init__(
        self,
        ports: Ports,
        edits: MessageEdits,
        reader: MessageReader,
        writer: MessageWriter,
        mentions: MentionResolution,
        attachments: Attachments,
    ) -> None:
        """Share what writes messages with the other use cases."""
        self._ports = ports
        self._records = ports.records
        self._edits = edits
        self._reader = reader
        self._writer = writer
        self._mentions = mentions
        self._attachments = attachments

    async def pending(self, interaction_id: int, token: str) -> InteractionRow:
        """Return an interaction that waits for its answer; raises `UnknownInteraction` or `AlreadyAnswered`."""
        row = await self._by_token(token)
        if row is None or row.id != interaction_id or row.state == EXPIRED:
            raise UnknownInteraction
        if row.state != PENDING:
            raise AlreadyAnswered
        if self._ports.clock.unix_ms() - row.created_at_ms > ANSWER_WITHIN_MS:
            raise UnknownInteraction
        return row

    async def open(self, application_id: int, token: str) -> InteractionRow:
        """Return an answered interaction whose token still holds; raises `UnknownWebhook`."""
        row = await self._by_token(token)
        if row is None or row.application_id != application_id or row.state in (PENDING, EXPIRED):
            raise UnknownWebhook
        if self._ports.clock.unix_ms() - row.created_at_ms > TOKEN_VALID_MS:
            raise UnknownWebhook
        return row

    async def answer(self, row: InteractionRow, form: AnswerForm, uploads: Sequence[Upload] = ()) -> Answer:
        """Give the first answer, once: a message, or the promise of one."""
        problems = Problems()
        form.check(problems)
        problems.raise_if_any()
        message = form.data or MessageForm()
        flags = answer_flags(form.data)
        is_loading = form.type == DEFERRED_MESSAGE
        if is_loading:
            message, flags = MessageForm(), flags & EPHEMERAL | LOADING
        interaction = self._interaction(row, original_id=None)
        draft = await self._draft(row, message, uploads, flags, interaction, CHAT_INPUT_COMMAND)
        message_id = self._ports.snowflakes.next()
        answered = {
            "id": row.id,
            "new_state": DEFERRED if is_loading else ANSWERED,
            "is_ephemeral": bool(flags & EPHEMERAL),
            "response_message_id": message_id,
        }
        ops = [Op(statements.ANSWER, answered, expect=1), _own(row, message_id)]
        event = settled(row, self._ports.snowflakes.next(), succeeded=True)
        try:
            _, rendered = await self._writer.post(draft, ops, [event], message_id=message_id)
        except RecordConflict as conflict:
            raise AlreadyAnswered from conflict
        return Answer(row.id, message_id, is_loading, bool(flags & EPHEMERAL), rendered)

    async def follow_up(self, row: InteractionRow, form: MessageForm, uploads: Sequence[Upload] = ()) -> bytes:
        """Send a further message; after a deferred answer the first one fills that in instead."""
        if row.state == DEFERRED and row.response_message_id is not None:
            edit = EditForm(
                content=form.content,
                embeds=form.all_embeds(),
                flags=UNSET if form.flags is None else form.flags,
                allowed_mentions=form.allowed_mentions,
                components=form.components,
                attachments=UNSET if form.attachments is None else form.attachments,
            )
            return await self.edit(row, ORIGINAL, edit, uploads)
        problems = Problems()
        form.check(problems)
        problems.raise_if_any()
        interaction = self._interaction(row, original_id=row.response_message_id)
        draft = await self._draft(row, form, uploads, answer_flags(form), interaction, REPLY)
        message_id = self._ports.snowflakes.next()
        _, rendered = await self._writer.post(draft, [_own(row, message_id)], message_id=message_id)
        return rendered

    async def get(self, row: InteractionRow, which: str) -> bytes:
        """Return one of the interaction's messages."""
        return await self._reader.render_one(await self._message(row, which), row.application_id)

    async def edit(self, row: InteractionRow, which: str, form: EditForm, uploads: Sequence[Upload] = ()) -> bytes:
        """Change one of the interaction's messages; the first change of a deferred answer fills it in."""
        message = await self._message(row, which)
        fills = row.state == DEFERRED and message.id == row.response_message_id
        return await self._edits.rewrite(
            await self._access(row),
            message,
            form,
            uploads,
            viewer_id=row.application_id,
            clear_flags=LOADING if fills else 0,
            default_allowed=USERS_ONLY,
            extra=[Op(statements.FULFIL, {"id": row.id})] if fills else (),
        )

    async def delete(self, row: InteractionRow, which: str) -> None:
        """Delete one of the interaction's messages."""
        access = await self._access(row)
        await self._writer.delete(place_of(access), await self._message(row, which))

    async def _by_token(self, token: str) -> InteractionRow | None:
        return await self._records.fetch_one(statements.BY_TOKEN, {"token_hash": hash_token(token)})

    async def _message(self, row: InteractionRow, which: str) -> MessageRow:
        if which == ORIGINAL:
            message_id = row.response_message_id
        else:
            wanted = int(which) if which.isascii() and which.isdigit() and int(which) < 1 << 63 else 0
            params = {"id": row.id, "message_id": wanted}
            message_id = await self._records.fetch_one(statements.OWNS_MESSAGE, params)
        if message_id is None:
            raise UnknownMessage
        return await self._reader.row(row.channel_id, message_id)

    async def _access(self, row: InteractionRow) -> ChannelAccess:
        """Return the application's standing where it was invoked; it may answer there without any permission."""
        guilds = self._ports.guilds
        if row.guild_id is None:
            direct = await guilds.direct(row.channel_id)
            permissions = Permissions.VIEW_CHANNEL | Permissions.SEND_MESSAGES
            return ChannelAccess(None, direct.channel, permissions, None, direct.recipients)
        state = await guilds.guild(row.guild_id)
        channel = state.channels.get(row.channel_id)
        if channel is None:
            raise UnknownWebhook
        bot = await guilds.member(row.guild_id, row.application_id)
        permissions = 0 if bot is None else state.permissions(bot, channel, self._ports.clock.unix_ms())
        return ChannelAccess(state, channel, permissions, bot)

    def _interaction(self, row: InteractionRow, *, original_id: int | None) -> StoredInteraction:
        return StoredInteraction(
            id=row.id,
            type=APPLICATION_COMMAND,
            name=row.command_name,
            user_id=row.user_id,
            owners={"0": "0" if row.guild_id is None else str(row.guild_id)},
            original_id=original_id,
        )

    async def _draft(
        self,
        row: InteractionRow,
        form: MessageForm,
        uploads: Sequence[Upload],
        flags: int,
        interaction: StoredInteraction,
        kind: int,
    ) -> Draft:
        access = await self._access(row)
        problems = Problems()
        content, embeds = form.text(), form.all_embeds()
        check_may_speak(access, flags, has_more=bool(content or embeds))
        uploads = await self._attachments.ready(row.application_id, form.attachments, uploads)
        notes = describe_uploads(form.attachments, uploads, problems)
        problems.raise_if_any()
        check_voice(flags, uploads, notes)
        if not (content or embeds or uploads or flags & LOADING):
            raise EmptyMessage
        reach = NOBODY
        if not flags & EPHEMERAL:
            reach = await self._mentions.resolve(
                content,
                USERS_ONLY if form.allowed_mentions is None else form.allowed_mentions,
                author_id=row.application_id,
                permissions=access.permissions,
                state=access.guild,
                recipients=access.recipients,
            )
        reference: objects.MessageReference | UnsetType = UNSET
        if interaction.original_id is not None:
            reference = objects.MessageReference(
                message_id=str(interaction.original_id), channel_id=str(row.channel_id)
            )
            if row.guild_id is not None:
                reference.guild_id = str(row.guild_id)
        return Draft(
            place=place_of(access),
            author_id=row.application_id,
            author_is_bot=True,
            member=access.member,
            content=content,
            embeds=embeds,
            uploads=uploads,
            notes=notes,
            reach=reach,
            type=kind,
            flags=flags,
            tts=bool(form.tts),
            reference=reference,
            reference_id=interaction.original_id,
            interaction=interaction,
            application_id=row.application_id,
            visible_to=row.user_id if flags & EPHEMERAL else None,
            may_embed=bool(access.permissions & Permissions.EMBED_LINKS),
        )


def _own(row: InteractionRow, message_id: int) -> Op:
    params = {"interaction_id": row.id, "message_id": message_id, "channel_id": row.channel_id}
    return Op(statements.ADD_MESSAGE, params)
