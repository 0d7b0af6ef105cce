"""Use cases of messages: edit, by people and by interactions alike."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import UNSET

from hubbub.community.adapters import attachment_statements
from hubbub.community.domain.form import Problems
from hubbub.community.domain.limits import ATTACHMENTS_MAX
from hubbub.community.domain.link import links_in, without_previews
from hubbub.community.domain.mention import EVERYTHING, AllowedMentions
from hubbub.community.domain.message import EDITABLE_TYPES, MessageRow
from hubbub.community.domain.message_form import (
    IS_VOICE_MESSAGE,
    SUPPRESS_EMBEDS,
    EditForm,
)
from hubbub.community.domain.permissions import Permissions
from hubbub.community.errors import (
    CannotEditOthers,
    CannotEditVoice,
    EmptyMessage,
    SystemMessage,
)
from hubbub.community.service.actor import Actor
from hubbub.community.service.attachments import Attachments
from hubbub.community.service.draft import Change, EditedMeanwhile, embedded, place_of
from hubbub.community.service.guild_directory import ChannelAccess, require
from hubbub.community.service.mention_resolution import MentionResolution, Reach
from hubbub.community.service.message_files import describe_uploads, dropped_files, has_uploaded, redescribe
from hubbub.community.service.message_reader import MessageReader
from hubbub.community.service.message_writer import MessageWriter, stored_of
from hubbub.community.service.ports import Ports
from hubbub.community.service.present import iso
from hubbub.community.service.shown_files import kept_as_references, map_addresses
from hubbub.community.service.upload import FileNote, Upload, to_stored
from hubbub.storage.records.port import Op, RecordConflict

_EDIT_ATTEMPTS_MAX = 10
"""Edits of one message at the same moment that all succeed; a message has one author and few moderators."""


class MessageEdits:
    """Changes of messages, as the caller may make them."""

    def __init__(
        self,
        ports: Ports,
        reader: MessageReader,
        writer: MessageWriter,
        mentions: MentionResolution,
        attachments: Attachments,
    ) -> None:
        """Share all but `ports` with the other use cases that write messages."""
        self._ports = ports
        self._attachments = attachments
        self._reader = reader
        self._writer = writer
        self._mentions = mentions

    async def edit(
        self, actor: Actor, channel_id: int, message_id: int, form: EditForm, uploads: Sequence[Upload] = ()
    ) -> bytes:
        """Change a message and return its wire form: the author everything, a moderator the flags alone."""
        access = await self._ports.guilds.access(actor, channel_id)
        row = await self._reader.open_row(channel_id, message_id)
        if row.author_id != actor.user_id:
            only_flags = form.content is UNSET and form.embeds is UNSET and form.attachments is UNSET and not uploads
            if not only_flags or form.flags is UNSET:
                raise CannotEditOthers
            require(access, Permissions.MANAGE_MESSAGES)
        if uploads or has_uploaded(form.attachments):
            require(access, Permissions.ATTACH_FILES)
        if form.embeds:
            require(access, Permissions.EMBED_LINKS)
        return await self.rewrite(access, row, form, uploads, viewer_id=actor.user_id)

    async def rewrite(
        self,
        access: ChannelAccess,
        row: MessageRow,
        form: EditForm,
        uploads: Sequence[Upload],
        *,
        viewer_id: int,
        clear_flags: int = 0,
        default_allowed: AllowedMentions = EVERYTHING,
        extra: Sequence[Op] = (),
    ) -> bytes:
        """Apply an edit that its author was found to be allowed; interactions edit their answers through this."""
        if uploads or has_uploaded(form.attachments):
            problems = Problems()
            form.check(problems)
            problems.raise_if_any()
            uploads = await self._attachments.ready(row.author_id, form.attachments, uploads)
        for attempt in range(1, _EDIT_ATTEMPTS_MAX + 1):
            change = await self._edited(access, row, form, uploads, clear_flags, default_allowed)
            try:
                return await self._writer.change(place_of(access), row, change, viewer_id, extra)
            except EditedMeanwhile:
                if attempt == _EDIT_ATTEMPTS_MAX:
                    break
                row = await self._reader.row(row.channel_id, row.id)
        raise RecordConflict

    async def _edited(
        self,
        access: ChannelAccess,
        row: MessageRow,
        form: EditForm,
        uploads: Sequence[Upload],
        clear_flags: int,
        default_allowed: AllowedMentions,
    ) -> Change:
        """Return what an edit makes of the message that `row` is now."""
        problems = Problems()
        form.check(problems)
        stored = stored_of(row)
        if stored.type not in EDITABLE_TYPES:
            raise SystemMessage
        only_flags = form.content is UNSET and form.embeds is UNSET and form.attachments is UNSET and not uploads
        if stored.flags & IS_VOICE_MESSAGE and not only_flags:
            raise CannotEditVoice
        files = await self._ports.records.fetch(
            attachment_statements.OF_MESSAGES, {"channel_id": row.channel_id, "message_ids": [row.id]}
        )
        dropped = dropped_files(files, stored, form)
        new_notes = None if form.attachments is UNSET else form.attachments
        known = {file.id for file in files}
        notes = describe_uploads(
            [note for note in new_notes or [] if note.id not in known] if new_notes is not None else None,
            uploads,
            problems,
        )
        problems.count("attachments", len(files) - len(dropped) + len(uploads), ATTACHMENTS_MAX)
        problems.raise_if_any()
        dropped_ids = {str(file.id) for file in dropped}
        attachments = [each for each in stored.attachments if each.id not in dropped_ids]
        redescribe(attachments, new_notes or [])
        attachments += [to_stored(u, notes.get(u.index, FileNote())) for u in uploads]
        stored.attachments = attachments
        if form.embeds is not UNSET:
            as_reference = kept_as_references(stored, self._ports.files)
            stored.embeds, stored.attachments = embedded(form.embeds or [], attachments)
            for embed in stored.embeds:
                map_addresses(embed, as_reference)
        if isinstance(form.flags, int):
            stored.flags = stored.flags & ~SUPPRESS_EMBEDS | form.flags & SUPPRESS_EMBEDS
        stored.flags &= ~clear_flags
        reach = await self._new_reach(access, row, form, default_allowed)
        text = form.text()
        if text is not UNSET:
            stored.content = text
        links = [] if stored.flags & SUPPRESS_EMBEDS else links_in(stored.content)
        stored.embeds = without_previews(stored.embeds, kept_links=links)
        if not (stored.content or stored.embeds or stored.attachments or uploads or len(files) > len(dropped)):
            raise EmptyMessage
        if reach is not None:
            stored.mention_everyone = reach.everyone
            stored.mention_roles = [str(role_id) for role_id in reach.role_ids]
        if not only_flags and not clear_flags:
            stored.edited_timestamp = iso(self._ports.clock.unix_ms())
        old_ids: tuple[int, ...] = tuple(msgspec.json.decode(row.mention_ids_json))
        return Change(
            stored,
            mention_ids=old_ids if reach is None else reach.user_ids,
            kept_targets=None if reach is None else reach.targets,
            uploads=uploads,
            dropped=dropped,
            shows_links=row.visible_to is None and bool(access.permissions & Permissions.EMBED_LINKS),
        )

    async def _new_reach(
        self, access: ChannelAccess, row: MessageRow, form: EditForm, default: AllowedMentions
    ) -> Reach | None:
        """Return whom the edited message mentions, None when the content stays."""
        text = form.text()
        if text is UNSET:
            return None
        replied_to = None
        if row.reference_id is not None:
            referred = (await self._reader.rows(row.channel_id, [row.reference_id])).get(row.reference_id)
            replied_to = None if referred is None else referred.author_id
        return await self._mentions.resolve(
            text,
            default if form.allowed_mentions is None else form.allowed_mentions,
            author_id=row.author_id,
            permissions=access.permissions,
            state=access.guild,
            recipients=access.recipients,
            replied_to=replied_to,
        )
