"""Use cases of messages: send, read, delete."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

from msgspec import UNSET

from hubbub.community.adapters.direct_message_statements import MAY_MEET
from hubbub.community.adapters.message_statements import FORGET_NONCES
from hubbub.community.domain.form import Problems
from hubbub.community.domain.mention import EVERYTHING
from hubbub.community.domain.message import DEFAULT, EDITABLE_TYPES, REPLY, MessageRow
from hubbub.community.domain.message_form import (
    IS_VOICE_MESSAGE,
    SETTABLE_FLAGS,
    MessageForm,
)
from hubbub.community.domain.permissions import GUILD_CATEGORY, Permissions
from hubbub.community.errors import (
    CannotMessageUser,
    EmptyMessage,
    MissingPermissions,
    NotForDirectMessages,
    NotTextChannel,
    ReplyNeedsHistory,
    TooOldToBulkDelete,
    WrongBulkDelete,
)
from hubbub.community.service.actor import Actor
from hubbub.community.service.attachments import Attachments
from hubbub.community.service.draft import Draft, NonceTaken, place_of
from hubbub.community.service.guild_directory import ChannelAccess, require
from hubbub.community.service.mention_resolution import MentionResolution
from hubbub.community.service.message_files import describe_uploads, has_uploaded
from hubbub.community.service.message_reader import MessageReader
from hubbub.community.service.message_writer import NONCE_KEPT_MS, MessageWriter, stored_of
from hubbub.community.service.ports import Ports
from hubbub.community.service.slow_mode import SlowModes
from hubbub.community.service.upload import Upload
from hubbub.community.service.voice_messages import check_may_speak, check_voice
from hubbub.events.contracts import objects
from hubbub.kernel.snowflake import at_time
from hubbub.storage.records.port import Op

PAGE_MAX = 100
BULK_MIN = 2
BULK_MAX = 100
BULK_AGE_MAX_MS = 14 * 24 * 3600 * 1000

_SLOW_MODE_EXEMPT = Permissions.MANAGE_MESSAGES | Permissions.MANAGE_CHANNELS | Permissions.BYPASS_SLOWMODE


class Messages:
    """Messages, as the caller may send, read and delete them."""

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
        self._guilds = ports.guilds
        self._reader = reader
        self._writer = writer
        self._mentions = mentions
        self._slow_modes = SlowModes(ports)

    async def may_upload(self, actor: Actor, channel_id: int) -> ChannelAccess:
        """Return the caller's access if it may send files there; asked before the files are read."""
        access = await self._guilds.access(actor, channel_id)
        _check_text(access)
        require(access, Permissions.SEND_MESSAGES | Permissions.ATTACH_FILES)
        return access

    async def send(self, actor: Actor, channel_id: int, form: MessageForm, uploads: Sequence[Upload] = ()) -> bytes:
        """Send a message and return its wire form; a repeated `nonce` returns the first one's."""
        access = await self._guilds.access(actor, channel_id)
        problems = Problems()
        form.check(problems)
        problems.raise_if_any()
        _check_may_send(access, form, uploads)
        content = form.text()
        embeds = form.all_embeds()
        flags = (form.flags or 0) & (SETTABLE_FLAGS | IS_VOICE_MESSAGE)
        check_may_speak(access, flags, has_more=bool(content or embeds))
        uploads = await self._attachments.ready(actor.user_id, form.attachments, uploads)
        notes = describe_uploads(form.attachments, uploads, problems)
        problems.raise_if_any()
        check_voice(flags, uploads, notes)
        if not (content or embeds or uploads):
            raise EmptyMessage
        if access.recipients:
            await self._check_reachable(actor, access)
        referred = await self._referred(access, form)
        allowed = EVERYTHING if form.allowed_mentions is None else form.allowed_mentions
        reach = await self._mentions.resolve(
            content,
            allowed,
            author_id=actor.user_id,
            permissions=access.permissions,
            state=access.guild,
            recipients=access.recipients,
            replied_to=None if referred is None else referred.author_id,
        )
        is_slow = access.channel.rate_limit_per_user_s > 0 and not access.permissions & _SLOW_MODE_EXEMPT
        if is_slow:
            # A repeated message takes no turn: it was sent, and only its answer was lost.
            sent = await self._writer.sent_before(actor.user_id, form.nonce) if form.enforce_nonce else None
            if sent is not None:
                return await self._reader.render_one(sent, actor.user_id, nonce=form.nonce)
        draft = Draft(
            place=place_of(access),
            author_id=actor.user_id,
            author_is_bot=actor.is_bot,
            member=access.member,
            content=content,
            embeds=embeds,
            uploads=uploads,
            notes=notes,
            reach=reach,
            type=DEFAULT if referred is None else REPLY,
            flags=flags,
            tts=bool(form.tts),
            reference=UNSET if referred is None else _reference(access, referred.id),
            reference_id=None if referred is None else referred.id,
            nonce=form.nonce,
            enforce_nonce=bool(form.enforce_nonce),
            may_embed=bool(access.permissions & Permissions.EMBED_LINKS),
        )
        interval_s = access.channel.rate_limit_per_user_s
        turn = self._slow_modes.turn(channel_id, actor.user_id, interval_s) if is_slow else nullcontext()
        try:
            async with turn:
                _, rendered = await self._writer.post(draft)
        except NonceTaken as taken:
            return await self._reader.render_one(taken.row, actor.user_id, nonce=draft.nonce)
        return rendered

    async def page(
        self,
        actor: Actor,
        channel_id: int,
        *,
        limit: int = 50,
        before: int | None = None,
        after: int | None = None,
        around: int | None = None,
    ) -> bytes:
        """Return messages as a JSON list, newest first; empty without the permission to read the history."""
        access = await self._guilds.access(actor, channel_id)
        _check_connect(access)
        if not access.permissions & Permissions.READ_MESSAGE_HISTORY:
            return b"[]"
        rows = await self._reader.page(channel_id, limit=limit, before=before, after=after, around=around)
        return b"[" + b",".join(await self._reader.render(channel_id, rows, actor.user_id)) + b"]"

    async def get(self, actor: Actor, channel_id: int, message_id: int) -> bytes:
        """Return one message's wire form."""
        access = await self._guilds.access(actor, channel_id)
        _check_connect(access)
        require(access, Permissions.READ_MESSAGE_HISTORY)
        row = await self._reader.open_row(channel_id, message_id)
        return await self._reader.render_one(row, actor.user_id)

    async def delete(self, actor: Actor, channel_id: int, message_id: int) -> None:
        """Delete a message: its author always, others by permission."""
        access = await self._guilds.access(actor, channel_id)
        row = await self._reader.open_row(channel_id, message_id)
        if row.author_id != actor.user_id:
            require(access, Permissions.MANAGE_MESSAGES)
        await self._writer.delete(place_of(access), row)

    async def delete_many(self, actor: Actor, channel_id: int, message_ids: Sequence[int]) -> None:
        """Delete 2 to 100 messages of the last two weeks at once; ids of none are passed over."""
        access = await self._guilds.access(actor, channel_id)
        if access.guild is None:
            raise NotForDirectMessages
        require(access, Permissions.MANAGE_MESSAGES)
        if not BULK_MIN <= len(message_ids) <= BULK_MAX:
            raise WrongBulkDelete
        if len(set(message_ids)) != len(message_ids):
            problems = Problems()
            problems.add("messages", "SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value.")
            problems.raise_if_any()
        if min(message_ids) < at_time(self._ports.clock.unix_ms() - BULK_AGE_MAX_MS):
            raise TooOldToBulkDelete
        rows = await self._reader.rows(channel_id, message_ids)
        found = [row for row in rows.values() if row.visible_to is None]
        if found:
            await self._writer.delete_many(place_of(access), found)

    async def sweep(self) -> int:
        """Forget nonces that no longer tell a repeated message from a new one; return how many."""
        stale_before = at_time(self._ports.clock.unix_ms() - NONCE_KEPT_MS)
        counts = await self._ports.records.write([Op(FORGET_NONCES, {"stale_before": stale_before})])
        return counts[0]

    async def _check_reachable(self, actor: Actor, access: ChannelAccess) -> None:
        """Raise `CannotMessageUser` unless the other is here and shares a guild, or one of the two runs this place."""
        peer_id = next(user_id for user_id in access.recipients if user_id != actor.user_id)
        peer = (await self._ports.users.users([peer_id])).get(peer_id)
        if peer is None or peer.deleted_at_ms is not None or peer.disabled_at_ms is not None:
            raise CannotMessageUser
        pair = {"user_id": actor.user_id, "peer_id": peer_id}
        if not actor.is_administrator and await self._ports.records.fetch_one(MAY_MEET, pair) is None:
            raise CannotMessageUser("You share no guild with this user any more.")

    async def _referred(self, access: ChannelAccess, form: MessageForm) -> MessageRow | None:
        """Return the message replied to, None when it is no reply or the reply is let go."""
        reference = form.message_reference
        if reference is None or reference.message_id is None:
            return None
        if not access.permissions & Permissions.READ_MESSAGE_HISTORY:
            raise ReplyNeedsHistory
        problems = Problems()
        channel_id = access.channel.id
        row = None
        if reference.channel_id in (None, channel_id):
            row = (await self._reader.rows(channel_id, [reference.message_id])).get(reference.message_id)
        if row is None or row.visible_to is not None:
            if reference.fail_if_not_exists is False:
                return None
            problems.add("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
        elif stored_of(row).type not in EDITABLE_TYPES:
            sentence = "Cannot reply to a system message"
            problems.add("message_reference", "REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE", sentence)
        problems.raise_if_any()
        return row


def _reference(access: ChannelAccess, message_id: int) -> objects.MessageReference:
    reference = objects.MessageReference(message_id=str(message_id), channel_id=str(access.channel.id))
    if access.guild is not None:
        reference.guild_id = str(access.guild.id)
    return reference


def _check_text(access: ChannelAccess) -> None:
    if access.channel.type == GUILD_CATEGORY:
        raise NotTextChannel


def _check_connect(access: ChannelAccess) -> None:
    """Raise unless the caller may enter; a voice channel's text is for those who can."""
    _check_text(access)
    if access.channel.type in _VOICE:
        require(access, Permissions.CONNECT)


_VOICE = (2, 13)


def _check_may_send(access: ChannelAccess, form: MessageForm, uploads: Sequence[Upload]) -> None:
    _check_text(access)
    needed = Permissions.SEND_MESSAGES
    if form.tts and access.guild is not None:
        needed |= Permissions.SEND_TTS_MESSAGES
    if uploads or has_uploaded(form.attachments):
        needed |= Permissions.ATTACH_FILES
    if form.embeds or form.embed is not None:
        needed |= Permissions.EMBED_LINKS
    if access.permissions & needed != needed:
        raise MissingPermissions
    if access.guild is not None and access.channel.type in _VOICE:
        require(access, Permissions.CONNECT)
