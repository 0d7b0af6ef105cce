"""Hashes and checks passwords off the event loop, a few at a time.

Argon2id with 19 MiB, two passes and one lane (the OWASP minimum): about 20 ms of a core. The queue has a bound, so a
flood of sign-ins is answered 503 instead of filling memory and starving everyone else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hubbub.kernel.errors import Overloaded

R = TypeVar("R")

_MEMORY_KIB: Final = 19 * 1024


class Passwords:
    """A bounded pool of threads that knows argon2id."""

    def __init__(self, *, threads: int, queue: int, memory_kib: int = _MEMORY_KIB) -> None:
        """Work on `threads` at once while `queue` more wait; `memory_kib` per hash is lowered by tests only."""
        self._hasher = PasswordHasher(time_cost=2, memory_cost=memory_kib, parallelism=1)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._room = threads + queue
        self._decoy = self._hasher.hash("a password that nobody has")

    async def hash(self, password: str) -> str:
        """Return the PHC string to keep; raises `Overloaded` when too many wait."""
        return await self._run(lambda: self._hasher.hash(password))

    async def matches(self, kept: str | None, password: str) -> bool:
        """Return whether `password` belongs to `kept`; None takes as long and never matches."""

        def check() -> bool:
            try:
                self._hasher.verify(kept or self._decoy, password)
            except (VerificationError, InvalidHashError):
                return False
            return kept is not None

        return await self._run(check)

    def close(self) -> None:
        """Finish the hash under way and refuse further ones."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def _run(self, work: Callable[[], R]) -> R:
        if self._room <= 0:
            raise Overloaded("Too many people are signing in at this moment. Try again in a few seconds.")
        self._room -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._room += 1
