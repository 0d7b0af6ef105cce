"""Turns at fetching: one at a time for each host, so many at a time in all, so many waiting."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from hubbub.media.errors import LinkUnreachable


class Turns:
    """A bound on what goes out at once."""

    def __init__(self, running_max: int, waiting_max: int) -> None:
        """Let `running_max` run at a time and `waiting_max` wait, both 1 or more."""
        self._slots = asyncio.Semaphore(running_max)
        self._waiting_max = waiting_max
        self._waiting = 0
        self._hosts: dict[str, tuple[asyncio.Lock, int]] = {}

    @contextlib.asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Hold the only turn of `host` while the context lasts.

        Raises:
            LinkUnreachable: As many wait as may, or half as many for this host alone.
        """
        lock, holders = self._hosts.get(host, (asyncio.Lock(), 0))
        if self._waiting >= self._waiting_max or holders > self._waiting_max // 2:
            raise LinkUnreachable(reason="too many fetches wait")
        self._hosts[host] = lock, holders + 1
        self._waiting += 1
        has_begun = False
        try:
            # The host's turn first: who waits for a slow host must not keep a slot from all others.
            async with lock, self._slots:
                self._waiting -= 1
                has_begun = True
                yield
        finally:
            if not has_begun:
                self._waiting -= 1
            lock, holders = self._hosts.pop(host)
            if holders > 1:
                self._hosts[host] = lock, holders - 1
