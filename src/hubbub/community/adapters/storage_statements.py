"""Statements over how many bytes the files of a guild have together: those of its messages, its icon and its emojis.

The number is changed in the transaction that names a file, or forgets one. What frees bytes sums them up itself, after
it has the guild's row for itself: of two that forget the same file the second finds nothing left to free.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import BigInteger, bindparam, exists, func, select, update
from sqlalchemy.sql.dml import Update
from sqlalchemy.sql.elements import ColumnElement

from hubbub.community.adapters.tables import attachments, channels, guild_storage, guilds, picture_assets
from hubbub.storage.records.port import Statement


class GuildShare(NamedTuple):
    """What a guild keeps; field order equals the columns that the statements select."""

    guild_id: int
    name: str
    size_bytes: int


_size = guild_storage.c.size_bytes
_channel_id: Any = bindparam("channel_id", type_=BigInteger)
_of_guild = guild_storage.c.guild_id == bindparam("guild_id", type_=BigInteger)
_of_channel = (
    guild_storage.c.guild_id == select(channels.c.guild_id).where(channels.c.id == _channel_id).scalar_subquery()
)
_added: Any = bindparam("added_bytes", type_=BigInteger)

BEGIN = Statement.upsert("guild_storage.begin", guild_storage, conflict=("guild_id",))

CHARGE = Statement(
    "guild_storage.charge",
    update(guild_storage)
    .where(_of_guild, _size + _added <= bindparam("bytes_max", type_=BigInteger))
    .values(size_bytes=_size + _added),
)
"""Touches no row when the guild would then have more than it may."""

FORGET = Statement("guild_storage.delete", guild_storage.delete().where(_of_guild))

SIZE = Statement("guild_storage.get", select(_size).where(_of_guild), into=int)

LARGEST = Statement(
    "guild_storage.largest",
    select(guild_storage.c.guild_id, guilds.c.name, _size)
    .join(guilds, guilds.c.id == guild_storage.c.guild_id)
    .where(_size > 0)
    .order_by(_size.desc(), guild_storage.c.guild_id)
    .limit(bindparam("row_limit", type_=BigInteger)),
    into=GuildShare,
)


def _freeing(name: str, *of_files: ColumnElement[bool]) -> tuple[Statement[Any], Statement[Any]]:
    """Return the statements that free attachments of a channel: the first takes the guild's row, if there are any."""
    where = (attachments.c.channel_id == _channel_id, *of_files)
    freed = select(func.coalesce(func.sum(attachments.c.size_bytes), 0)).where(*where).scalar_subquery()
    taken: Update = update(guild_storage).where(_of_channel, exists().where(*where)).values(size_bytes=_size)
    change: Update = update(guild_storage).where(_of_channel).values(size_bytes=_size - freed)
    return Statement(f"guild_storage.take_{name}", taken), Statement(f"guild_storage.free_{name}", change)


TAKE_FOR_MESSAGES, FREE_MESSAGES = _freeing(
    "messages", attachments.c.message_id.in_(bindparam("message_ids", expanding=True))
)
TAKE_FOR_FILES, FREE_FILES = _freeing("files", attachments.c.id.in_(bindparam("ids", expanding=True)))
TAKE_FOR_CHANNEL, FREE_CHANNEL = _freeing("channel")

_picture = picture_assets.c.key == bindparam("key")

FREE_PICTURE = Statement(
    "guild_storage.free_picture",
    update(guild_storage)
    .where(guild_storage.c.guild_id == select(picture_assets.c.guild_id).where(_picture).scalar_subquery())
    .values(size_bytes=_size - select(picture_assets.c.size_bytes).where(_picture).scalar_subquery()),
)
"""Belongs behind the release of the picture, of which there is one."""
