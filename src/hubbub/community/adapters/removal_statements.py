"""Statements that remove a channel or a guild with everything that hangs on it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Table, bindparam, delete, select

from hubbub.community.adapters import columns
from hubbub.community.adapters.attachment_statements import DOOM_OF_CHANNEL
from hubbub.community.adapters.storage_statements import FORGET, FREE_CHANNEL, TAKE_FOR_CHANNEL
from hubbub.community.adapters.tables import (
    attachments,
    bans,
    channels,
    commands,
    emojis,
    guilds,
    interaction_messages,
    invites,
    members,
    mentions,
    message_nonces,
    messages,
    reactions,
    read_states,
    roles,
)
from hubbub.community.domain.message import MessageRow
from hubbub.storage.records.port import Op, Statement

_OF_CHANNEL: tuple[Table, ...] = (
    messages,
    attachments,
    reactions,
    mentions,
    read_states,
    message_nonces,
    interaction_messages,
    invites,
)
"""Tables whose rows belong to the channel in their column `channel_id`."""

_OF_GUILD: tuple[Table, ...] = (roles, members, bans, invites, emojis, channels, commands)


DELETE_CONTENT = tuple(
    Statement(f"{table.name}.delete_of_channel", delete(table).where(table.c.channel_id == bindparam("channel_id")))
    for table in _OF_CHANNEL
)
DELETE_PARTS = tuple(
    Statement(f"{table.name}.delete_of_guild", delete(table).where(table.c.guild_id == bindparam("guild_id")))
    for table in _OF_GUILD
)
DELETE_GUILD = Statement("guilds.delete", delete(guilds).where(guilds.c.id == bindparam("guild_id")))


def content_removal(channel_id: int, now_ms: int) -> list[Op]:
    """Return the ops that remove everything in a channel, but not the channel's row."""
    doom = Op(DOOM_OF_CHANNEL, {"channel_id": channel_id, "due_at_ms": now_ms})
    free = [Op(each, {"channel_id": channel_id}) for each in (TAKE_FOR_CHANNEL, FREE_CHANNEL)]
    return [doom, *free, *(Op(statement, {"channel_id": channel_id}) for statement in DELETE_CONTENT)]


def guild_removal(guild_id: int, channel_ids: list[int], now_ms: int) -> list[Op]:
    """Return the ops that remove a guild and everything in it."""
    ops = [op for channel_id in channel_ids for op in content_removal(channel_id, now_ms)]
    ops += [Op(statement, {"guild_id": guild_id}) for statement in (*DELETE_PARTS, FORGET)]
    ops.append(Op(DELETE_GUILD, {"guild_id": guild_id}, 1))
    return ops


WRITTEN_SINCE = Statement(
    "messages.written_since",
    select(*columns.of(messages, MessageRow))
    .where(
        messages.c.author_id == bindparam("author_id"),
        messages.c.id >= bindparam("since"),
        messages.c.channel_id.in_(bindparam("channel_ids", expanding=True)),
    )
    .order_by(messages.c.id)
    .limit(bindparam("row_limit", type_=BigInteger)),
    into=MessageRow,
)
"""What one author wrote in some channels from the id `since` on, oldest first."""
