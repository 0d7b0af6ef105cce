"""A query that runs once for all who wait for it; how it runs is the adapter's matter.

Calling contract: an adapter lets askers join a read only until it begins. One that runs is never joined, because its
rows may be older than a write that was acknowledged before the joiner asked.
"""

from __future__ import annotations

import asyncio
from typing import Any

from hubbub.storage.records.compiled import Compiled

ReadKey = tuple[object, tuple[Any, ...]]
"""The statement and its values: equal keys ask for the same rows."""


class Read:
    """A query that waits to be run, and everyone who asked for it."""

    __slots__ = ("compiled", "key", "waiters")

    def __init__(self, key: ReadKey, compiled: Compiled[Any]) -> None:
        """Make the read; the caller adds waiters."""
        self.key = key
        self.compiled = compiled
        self.waiters: list[asyncio.Future[list[Any]]] = []

    def tell(self, rows: list[Any], error: Exception | None) -> None:
        """Give all who wait the rows, or the error if there is one; runs on the loop."""
        for future in self.waiters:
            if future.done():
                continue
            if error is not None:
                future.set_exception(error)
            else:
                # A list of its own for each, which it may change.
                future.set_result(rows if future is self.waiters[0] else list(rows))
