"""A thread that hands to the disk, together, whatever was queued in the last few milliseconds.

A flush costs the same for one record as for a thousand, so waiting two milliseconds for company multiplies what one
disk acknowledges, and adds at most those two milliseconds to an answer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from hubbub.events.log.errors import LogClosed, LogOverloaded

T = TypeVar("T")


class GroupCommitter(Generic[T]):
    """A bounded queue and the thread that empties it in groups.

    It reads the machine's monotonic clock itself: a lock can only wait in real time, on virtual time it would not end.
    """

    def __init__(
        self,
        name: str,
        commit: Callable[[list[T]], None],
        *,
        linger_s: float = 0.0,
        group_weight: int,
        queue_weight_max: int,
        chore: Callable[[], None] | None = None,
        chore_every_s: float = 60.0,
    ) -> None:
        """Start the thread `name`.

        Args:
            name: Of the thread.
            commit: Called on the thread with each group, in the order of submission; must not raise.
            linger_s: Seconds that a group's first item waits for others.
            group_weight: Queued weight at which a group goes without waiting.
            queue_weight_max: Most weight queued; more is refused.
            chore: Called on the thread now and then between groups; must not raise.
            chore_every_s: Seconds between two chores.
        """
        self._commit = commit
        self._linger_s = linger_s
        self._group_weight = group_weight
        self._queue_weight_max = queue_weight_max
        self._chore = chore
        self._chore_every_s = chore_every_s
        self._wake = threading.Condition()
        self._items: list[T] = []
        self._weight = 0
        self._first_s = 0.0
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, item: T, weight: int) -> None:
        """Queue `item`; raises `LogOverloaded` when the queue has no room for `weight`, `LogClosed` after `close`."""
        with self._wake:
            if self._closing:
                raise LogClosed
            if self._weight + weight > self._queue_weight_max:
                raise LogOverloaded
            self._items.append(item)
            self._weight += weight
            first = len(self._items) == 1
            if first:
                self._first_s = time.monotonic()
            if first or self._weight >= self._group_weight:
                self._wake.notify()

    def close(self) -> None:
        """Commit what is queued, then end the thread and wait for its end."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        chore_s = time.monotonic() + self._chore_every_s
        while True:
            items, closing = self._take(chore_s)
            if items:
                self._commit(items)
            elif closing:
                return
            if self._chore is not None and time.monotonic() >= chore_s:
                self._chore()
                chore_s = time.monotonic() + self._chore_every_s

    def _take(self, chore_s: float) -> tuple[list[T], bool]:
        """Wait for a group; it is empty when the chore is due or the queue was closed."""
        with self._wake:
            while not self._items and not self._closing:
                wait_s = None if self._chore is None else chore_s - time.monotonic()
                if wait_s is not None and wait_s <= 0:
                    break
                self._wake.wait(wait_s)
            while self._items and self._weight < self._group_weight and not self._closing:
                wait_s = self._first_s + self._linger_s - time.monotonic()
                if wait_s <= 0:
                    break
                self._wake.wait(wait_s)
            items, self._items, self._weight = self._items, [], 0
            return items, self._closing
