"""Accounts as others see them, held in bounded memory: every message and member names a user."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from hubbub.community.adapters import account_statements as statements
from hubbub.community.domain.account import User
from hubbub.community.errors import UnknownUser
from hubbub.community.service.locks import Locks
from hubbub.community.service.recent import Recent
from hubbub.storage.records.port import Records

_USERS_PER_FETCH = 500


class UserDirectory:
    """Bounded memory of accounts."""

    def __init__(self, records: Records, *, users_max: int = 100_000) -> None:
        """Read through `records`, holding at most `users_max` accounts."""
        self._records = records
        self._held: Recent[int, User] = Recent(users_max)
        self._writes = 0
        self._locks = Locks()

    def lock(self, user_id: int) -> asyncio.Lock:
        """Return the lock under which the user's own account and settings are read, judged and written."""
        return self._locks.of(user_id)

    async def user(self, user_id: int) -> User:
        """Return the account; raises `UnknownUser`."""
        found = self._held.get(user_id) or (await self.users([user_id])).get(user_id)
        if found is None:
            raise UnknownUser
        return found

    async def users(self, user_ids: Collection[int]) -> dict[int, User]:
        """Return the accounts of those of `user_ids` that exist, by id."""
        found: dict[int, User] = {}
        missing: list[int] = []
        for user_id in user_ids:
            held = self._held.get(user_id)
            if held is not None:
                found[user_id] = held
            elif user_id not in missing:
                missing.append(user_id)
        writes = self._writes
        for start in range(0, len(missing), _USERS_PER_FETCH):
            part = missing[start : start + _USERS_PER_FETCH]
            for row in await self._records.fetch(statements.USERS_BY_ID, {"user_ids": part}):
                found[row.id] = row
                if self._writes == writes:
                    self._held.put(row.id, row)
        return found

    def forget(self, user_id: int) -> None:
        """Drop an account after a write to it, so that the next reader loads it anew."""
        self._writes += 1
        self._held.drop(user_id)
