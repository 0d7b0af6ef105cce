"""Questions to the directory that are asked again when the directory is at fault.

What the directory says is not there (any error below status 500) is answered with None or with nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import TypeVar

from hubbub.events.contracts import objects
from hubbub.gateway.errors import DirectoryUnavailable
from hubbub.gateway.service.directory import Directory, GuildSnapshot, Identity, ReadySnapshot
from hubbub.kernel.errors import HubbubError
from hubbub.kernel.telemetry import logger

log = logger("hubbub.gateway")

T = TypeVar("T")

_TRIES = 6
_FIRST_PAUSE_S = 0.05
_SERVER_FAULT = 500


class Lookup:
    """A directory that is asked with patience: every method may raise `DirectoryUnavailable` after three seconds."""

    def __init__(self, directory: Directory) -> None:
        """Ask `directory`."""
        self._directory = directory

    async def ready(self, identity: Identity) -> ReadySnapshot | None:
        """Return what a new session starts from."""
        return await self._ask(lambda: self._directory.ready(identity), None)

    async def guild(self, guild_id: int, user_id: int) -> GuildSnapshot | None:
        """Return a guild as `user_id` sees it; None when it is gone or the user is not in it."""
        return await self._ask(lambda: self._directory.guild(guild_id, user_id), None)

    async def channels(self, guild_id: int) -> Sequence[objects.Channel]:
        """Return every channel of a guild."""
        nothing: Sequence[objects.Channel] = ()
        return await self._ask(lambda: self._directory.channels(guild_id), nothing)

    async def viewers(self, guild_id: int, channel_id: int, user_ids: Collection[int]) -> frozenset[int]:
        """Return who of `user_ids` may see a channel."""
        nobody: Collection[int] = ()
        if not user_ids:
            return frozenset()
        return frozenset(await self._ask(lambda: self._directory.viewers(guild_id, channel_id, user_ids), nobody))

    async def member_count(self, guild_id: int) -> int:
        """Return how many members a guild has."""
        return await self._ask(lambda: self._directory.member_count(guild_id), 0)

    async def members(
        self,
        guild_id: int,
        *,
        query: str = "",
        limit: int = 0,
        user_ids: Sequence[int] | None = None,
        after: int = 0,
    ) -> Sequence[objects.Member]:
        """Return members as `Directory.members` does."""
        nobody: Sequence[objects.Member] = ()
        return await self._ask(
            lambda: self._directory.members(guild_id, query=query, limit=limit, user_ids=user_ids, after=after), nobody
        )

    async def _ask(self, question: Callable[[], Awaitable[T]], unknown: T) -> T:
        """Ask, `question` making the awaitable anew for each try; return `unknown` for what is not there."""
        pause_s = _FIRST_PAUSE_S
        for _ in range(_TRIES):
            try:
                return await question()
            except HubbubError as problem:
                if problem.status < _SERVER_FAULT:
                    return unknown
                log.warning("gateway.directory_failed", code=problem.code)
            except Exception:
                log.exception("gateway.directory_failed")
            await asyncio.sleep(pause_s)
            pause_s *= 2
        raise DirectoryUnavailable
