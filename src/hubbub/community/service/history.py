"""Deletes what someone wrote lately in a guild: the broom that goes with a ban."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from hubbub.community.adapters.removal_statements import WRITTEN_SINCE
from hubbub.community.domain.guild import GuildState
from hubbub.community.domain.message import MessageRow
from hubbub.community.service.draft import Place
from hubbub.community.service.message_writer import MessageWriter
from hubbub.community.service.ports import Ports
from hubbub.kernel.snowflake import at_time

_AT_ONCE: Final = 500
"""Messages per transaction, so that a long history delays nobody else's writes for long."""


class History:
    """What members wrote."""

    def __init__(self, ports: Ports, writer: MessageWriter) -> None:
        """Read through `ports`, delete through `writer`."""
        self._ports = ports
        self._writer = writer

    async def erase(self, state: GuildState, user_id: int, seconds: int) -> None:
        """Delete the user's messages of the last `seconds` in all channels of the guild."""
        params = {
            "author_id": user_id,
            "since": at_time(self._ports.clock.unix_ms() - seconds * 1000),
            "channel_ids": list(state.channels),
            "row_limit": _AT_ONCE,
        }
        while rows := await self._ports.records.fetch(WRITTEN_SINCE, params):
            by_channel: dict[int, list[MessageRow]] = defaultdict(list)
            for row in rows:
                by_channel[row.channel_id].append(row)
            for channel_id, found in by_channel.items():
                await self._writer.delete_many(Place(channel_id, state, ()), found)
            if len(rows) < _AT_ONCE:
                return
