"""How much of the storage a guild may have: counted where files are named and forgotten, in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence

from hubbub.community.adapters import storage_statements as statements
from hubbub.community.adapters.storage_statements import GuildShare
from hubbub.community.errors import GuildStorageFull
from hubbub.storage.records.port import Op, RecordConflict, Records


class GuildStorage:
    """The bytes that each guild's files have together."""

    def __init__(self, records: Records, bytes_max: int) -> None:
        """Count in `records`; a guild may have `bytes_max`."""
        self._records = records
        self._bytes_max = bytes_max

    def charge(self, guild_id: int | None, size_bytes: int) -> list[Op]:
        """Return what belongs into the transaction that names a file of a guild; None for what is of no guild."""
        if guild_id is None or not size_bytes:
            return []
        wanted = {"guild_id": guild_id, "added_bytes": size_bytes, "bytes_max": self._bytes_max}
        begin = Op(statements.BEGIN, {"guild_id": guild_id, "size_bytes": 0})
        return [begin, Op(statements.CHARGE, wanted, expect=1)]

    def explain(self, conflict: RecordConflict, ops: Sequence[Op], field: str) -> None:
        """Raise `GuildStorageFull` over `field` if that is what a refused write of `ops` means."""
        if conflict.op_index < len(ops) and ops[conflict.op_index].statement is statements.CHARGE:
            raise GuildStorageFull(field, self._bytes_max) from conflict

    async def size(self, guild_id: int) -> int:
        """Return how many bytes a guild's files have."""
        return await self._records.fetch_one(statements.SIZE, {"guild_id": guild_id}) or 0

    async def largest(self, limit: int) -> list[GuildShare]:
        """Return the guilds with the most bytes."""
        return await self._records.fetch(statements.LARGEST, {"row_limit": limit})


def freed_messages(channel_id: int, message_ids: Sequence[int]) -> list[Op]:
    """Return what belongs before the operation that forgets the files of messages."""
    of_them = {"channel_id": channel_id, "message_ids": message_ids}
    return [Op(statements.TAKE_FOR_MESSAGES, of_them), Op(statements.FREE_MESSAGES, of_them)]


def freed_files(channel_id: int, file_ids: Sequence[int]) -> list[Op]:
    """Return what belongs before the operation that forgets files of a channel."""
    of_them = {"channel_id": channel_id, "ids": file_ids}
    return [Op(statements.TAKE_FOR_FILES, of_them), Op(statements.FREE_FILES, of_them)]
