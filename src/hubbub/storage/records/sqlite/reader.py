"""Reads on threads, each query run once for all who wait for it: one can be joined until a thread takes it up."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
from pathlib import Path
from typing import Any, NamedTuple

from hubbub.storage.errors import StorageBusy
from hubbub.storage.records.coalesced import Read, ReadKey
from hubbub.storage.records.compiled import Compiled
from hubbub.storage.records.sqlite.connection import translate
from hubbub.storage.records.sqlite.threads import Mailbox


class ReadDone(NamedTuple):
    """A read with its rows, or why there are none."""

    read: Read
    rows: list[Any]
    error: Exception | None


class ReadQueue:
    """What the reader threads take from; `ask` and `settle` belong to the loop, `serve` to each thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, path: Path, pending_max: int) -> None:
        """Hold at most `pending_max` distinct reads at a time."""
        self._loop = loop
        self._path = path
        self._pending_max = pending_max
        self._pending = 0
        self._queue: queue.SimpleQueue[Read | None] = queue.SimpleQueue()
        self._joinable: dict[ReadKey, Read] = {}
        self._mailbox: Mailbox[ReadDone] = Mailbox(loop, self._settle)

    def ask(self, key: ReadKey, compiled: Compiled[Any]) -> asyncio.Future[list[Any]]:
        """Return the future of the rows of `compiled` with the values in `key`."""
        future: asyncio.Future[list[Any]] = self._loop.create_future()
        read = self._joinable.get(key)
        if read is not None:
            # The thread takes the key away before it queries, and the waiters are told on this thread: whoever found
            # the key is told, with rows at least as new as this moment.
            read.waiters.append(future)
            return future
        if self._pending >= self._pending_max:
            raise StorageBusy
        read = Read(key, compiled)
        read.waiters.append(future)
        self._pending += 1
        self._joinable[key] = read
        self._queue.put(read)
        return future

    def stop(self) -> None:
        """Let one thread end once all that was asked before is answered."""
        self._queue.put(None)

    def serve(self, connection: sqlite3.Connection) -> None:
        """Answer reads on this thread until it is told to stop."""
        while (read := self._queue.get()) is not None:
            self._joinable.pop(read.key, None)
            try:
                cursor = connection.execute(read.compiled.sql, read.key[1])
                done = ReadDone(read, read.compiled.build(cursor.fetchall()), None)
            except Exception as error:  # noqa: BLE001 - whoever awaits the rows gets it
                done = ReadDone(read, [], translate(error, self._path))
            self._mailbox.post(done)

    def _settle(self, done: ReadDone) -> None:
        """Tell all who wait for a read."""
        self._pending -= 1
        done.read.tell(done.rows, done.error)
