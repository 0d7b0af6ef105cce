"""Holds authors to a channel's slow mode."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hubbub.community.adapters import message_statements as statements
from hubbub.community.errors import SlowMode
from hubbub.community.service.ports import Ports
from hubbub.community.service.recent import Recent
from hubbub.kernel.snowflake import at_time, timestamp_ms

_AUTHORS_MAX = 50_000
"""Authors remembered; one that is forgotten is looked up among the messages."""


class SlowModes:
    """When each author last wrote in a slow channel."""

    def __init__(self, ports: Ports) -> None:
        """Look up through `ports` what is not remembered, so that a restart forgives nobody."""
        self._ports = ports
        self._last_ms: Recent[tuple[int, int], int] = Recent(_AUTHORS_MAX)

    @asynccontextmanager
    async def turn(self, channel_id: int, user_id: int, interval_s: int) -> AsyncIterator[None]:
        """Take the author's turn, and give it back when the context ends with an error: then nothing was written.

        Raises:
            SlowMode: The turn has not come; says how long to wait.
        """
        await self._enter(channel_id, user_id, interval_s)
        try:
            yield
        except BaseException:
            self._last_ms.drop((channel_id, user_id))
            raise

    async def _enter(self, channel_id: int, user_id: int, interval_s: int) -> None:
        key = (channel_id, user_id)
        now_ms = self._ports.clock.unix_ms()
        last_ms = self._last_ms.get(key)
        if last_ms is None:
            last_ms = await self._last_written(channel_id, user_id, at_time(now_ms - interval_s * 1000))
            last_ms = max(last_ms, self._last_ms.get(key) or 0)
        wait_ms = last_ms + interval_s * 1000 - now_ms
        if wait_ms > 0:
            raise SlowMode(retry_after_s=wait_ms / 1000)
        self._last_ms.put(key, now_ms)

    async def _last_written(self, channel_id: int, user_id: int, since: int) -> int:
        params = {"channel_id": channel_id, "author_id": user_id, "since": since}
        found = await self._ports.records.fetch_one(statements.LAST_OF_AUTHOR, params)
        return 0 if found is None or found[0] is None else timestamp_ms(found[0])
