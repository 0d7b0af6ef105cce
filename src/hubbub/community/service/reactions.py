"""Use cases of reactions."""

from __future__ import annotations

from typing import NamedTuple

from hubbub.community.adapters import reaction_statements as statements
from hubbub.community.domain.guild import Emoji, decode_ids
from hubbub.community.domain.message import MessageRow, partial_emoji
from hubbub.community.domain.permissions import Permissions
from hubbub.community.domain.reaction_emoji import NamedEmoji, parse
from hubbub.community.errors import MissingPermissions, TooManyReactions, UnknownEmoji, UnknownMessage
from hubbub.community.service import present
from hubbub.community.service.actor import Actor
from hubbub.community.service.guild_directory import ChannelAccess, require
from hubbub.community.service.message_reader import MessageReader, gone_user
from hubbub.community.service.outbox import told
from hubbub.community.service.ports import Ports
from hubbub.events.contracts import events, objects
from hubbub.storage.records.port import Op, RecordConflict, UniqueViolation


class _Chosen(NamedTuple):
    key: str
    name: str
    animated: bool

    def wire(self) -> objects.PartialEmoji:
        return partial_emoji(self.key, self.name, animated=self.animated)


class Reactions:
    """Reactions under messages."""

    def __init__(self, ports: Ports, reader: MessageReader) -> None:
        """Work through `ports`; `reader` finds the messages."""
        self._ports = ports
        self._records = ports.records
        self._guilds = ports.guilds
        self._reader = reader

    async def add(self, actor: Actor, channel_id: int, message_id: int, emoji_text: str) -> None:
        """React to a message; reacting twice with one emoji is the same as once."""
        emoji = _parsed(emoji_text)
        access = await self._guilds.access(actor, channel_id)
        require(access, Permissions.READ_MESSAGE_HISTORY)
        if access.member is not None and access.member.is_timed_out(self._ports.clock.unix_ms()):
            raise MissingPermissions("You are timed out in this guild.")
        row = await self._reader.open_row(channel_id, message_id)
        params = {"channel_id": channel_id, "message_ids": [message_id], "viewer_id": actor.user_id}
        there = await self._records.fetch(statements.SUMMARIES, params) if row.reaction_count else []
        same = next((summary for summary in there if summary.emoji == emoji.key), None)
        if same is not None:
            if same.mine:
                return
            chosen = _Chosen(same.emoji, same.name, bool(same.animated))
        else:
            require(access, Permissions.ADD_REACTIONS)
            chosen = await self._chosen(actor, access, emoji)
        await self._write_added(actor, access, row, chosen)

    async def remove_own(self, actor: Actor, channel_id: int, message_id: int, emoji_text: str) -> None:
        """Take back the caller's reaction."""
        access = await self._guilds.access(actor, channel_id)
        await self._remove(access, message_id, _parsed(emoji_text), actor.user_id)

    async def remove_of(self, actor: Actor, channel_id: int, message_id: int, emoji_text: str, user_id: int) -> None:
        """Remove someone's reaction; others' need MANAGE_MESSAGES."""
        access = await self._guilds.access(actor, channel_id)
        if user_id != actor.user_id:
            require(access, Permissions.MANAGE_MESSAGES)
        await self._remove(access, message_id, _parsed(emoji_text), user_id)

    async def clear(self, actor: Actor, channel_id: int, message_id: int, emoji_text: str | None = None) -> None:
        """Remove all reactions of a message, or all of one emoji."""
        emoji = None if emoji_text is None else _parsed(emoji_text)
        access = await self._guilds.access(actor, channel_id)
        require(access, Permissions.MANAGE_MESSAGES)
        row = await self._reader.open_row(channel_id, message_id)
        params: dict[str, object] = {"channel_id": channel_id, "message_id": message_id}
        removal = (
            Op(statements.DELETE_ALL, params)
            if emoji is None
            else Op(statements.DELETE_EMOJI, {**params, "emoji": emoji.key})
        )
        event = events.ReactionsCleared(
            event_id=self._ports.snowflakes.next(),
            guild_id=None if access.guild is None else access.guild.id,
            channel_id=channel_id,
            message_id=row.id,
            emoji=None if emoji is None else (await self._as_there(actor, row, emoji)).wire(),
            recipients=access.recipients,
        )
        try:
            await self._records.write([removal, Op(statements.COUNT, params, expect=1)], told(event))
        except RecordConflict as conflict:
            raise UnknownMessage from conflict

    async def users(
        self, actor: Actor, channel_id: int, message_id: int, emoji_text: str, *, after: int = 0, limit: int = 25
    ) -> list[objects.User]:
        """Return who reacted with the emoji, by rising id after `after`."""
        emoji = _parsed(emoji_text)
        access = await self._guilds.access(actor, channel_id)
        require(access, Permissions.READ_MESSAGE_HISTORY)
        await self._reader.open_row(channel_id, message_id)
        params = {
            "channel_id": channel_id,
            "message_id": message_id,
            "emoji": emoji.key,
            "after": after,
            "limit": limit,
        }
        user_ids = await self._records.fetch(statements.USERS, params)
        rows = await self._ports.users.users(user_ids)
        return [present.user(rows[user_id]) if user_id in rows else gone_user(user_id) for user_id in user_ids]

    async def _write_added(self, actor: Actor, access: ChannelAccess, row: MessageRow, chosen: _Chosen) -> None:
        now_ms = self._ports.clock.unix_ms()
        member = None
        if access.guild is not None and access.member is not None:
            user = present.user(await self._ports.users.user(actor.user_id))
            member = present.member(access.member, user, access.guild)
        event = events.ReactionAdded(
            event_id=self._ports.snowflakes.next(),
            guild_id=None if access.guild is None else access.guild.id,
            channel_id=row.channel_id,
            message_id=row.id,
            message_author_id=row.author_id,
            user_id=actor.user_id,
            emoji=chosen.wire(),
            member=member,
            recipients=access.recipients,
        )
        reaction = {
            "channel_id": row.channel_id,
            "message_id": row.id,
            "emoji": chosen.key,
            "user_id": actor.user_id,
            "emoji_name": chosen.name,
            "animated": chosen.animated,
            "created_at_ms": now_ms,
        }
        count = {"channel_id": row.channel_id, "message_id": row.id}
        try:
            await self._records.write(
                [Op(statements.INSERT, reaction, expect=1), Op(statements.COUNT, count, expect=1)], told(event)
            )
        except UniqueViolation:
            return
        except RecordConflict as conflict:
            raise (TooManyReactions if conflict.op_index == 0 else UnknownMessage) from conflict

    async def _remove(self, access: ChannelAccess, message_id: int, emoji: NamedEmoji, user_id: int) -> None:
        row = await self._reader.open_row(access.channel.id, message_id)
        chosen = await self._as_there(Actor(user_id), row, emoji)
        params = {"channel_id": row.channel_id, "message_id": row.id}
        event = events.ReactionRemoved(
            event_id=self._ports.snowflakes.next(),
            guild_id=None if access.guild is None else access.guild.id,
            channel_id=row.channel_id,
            message_id=row.id,
            user_id=user_id,
            emoji=chosen.wire(),
            recipients=access.recipients,
        )
        removal = Op(statements.DELETE, {**params, "emoji": emoji.key, "user_id": user_id}, expect=1)
        try:
            await self._records.write([removal, Op(statements.COUNT, params)], told(event))
        except RecordConflict:
            return  # it was not there, which is what was asked for

    async def _as_there(self, actor: Actor, row: MessageRow, emoji: NamedEmoji) -> _Chosen:
        """Return the emoji as the message's reactions have it; what a request says of a custom one may be outdated."""
        params = {"channel_id": row.channel_id, "message_ids": [row.id], "viewer_id": actor.user_id}
        for summary in await self._records.fetch(statements.SUMMARIES, params) if row.reaction_count else []:
            if summary.emoji == emoji.key:
                return _Chosen(summary.emoji, summary.name, bool(summary.animated))
        return _Chosen(emoji.key, emoji.name, animated=False)

    async def _chosen(self, actor: Actor, access: ChannelAccess, emoji: NamedEmoji) -> _Chosen:
        """Return the emoji if it exists and the caller may use it here; raises `UnknownEmoji`."""
        if emoji.id is None:
            return _Chosen(emoji.key, emoji.name, animated=False)
        found = access.guild.emojis.get(emoji.id) if access.guild is not None else None
        if found is None:
            require(access, Permissions.USE_EXTERNAL_EMOJIS)
            found = await self._foreign(actor, emoji.id)
        elif access.member is not None and not _may_use(found, access.member.role_ids):
            raise UnknownEmoji
        return _Chosen(str(found.id), found.name, found.animated)

    async def _foreign(self, actor: Actor, emoji_id: int) -> Emoji:
        found = await self._records.fetch_one(statements.EMOJI, {"id": emoji_id})
        if found is None:
            raise UnknownEmoji
        member = await self._guilds.member(found.guild_id, actor.user_id)
        if member is None or not _may_use(found, member.role_ids):
            raise UnknownEmoji
        return found


def _may_use(emoji: Emoji, role_ids: tuple[int, ...]) -> bool:
    allowed = decode_ids(emoji.role_ids_json)
    return not allowed or any(role_id in allowed for role_id in role_ids)


def _parsed(text: str) -> NamedEmoji:
    emoji = parse(text)
    if emoji is None:
        raise UnknownEmoji
    return emoji
