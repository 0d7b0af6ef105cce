"""Threads that own a connection, and how their results come back to the event loop."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Hands what threads post to a function on the loop, many at a time.

    Waking the loop costs a system call and a turn of it, so the loop is woken once for all that was posted meanwhile.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, deliver: Callable[[T], None]) -> None:
        """Deliver each item to `deliver` on `loop`."""
        self._loop = loop
        self._deliver = deliver
        self._items: deque[T] = deque()
        self._waking = False

    def post(self, item: T) -> None:
        """Hand over `item`; called on any thread."""
        self._items.append(item)
        # Without a lock: the loop clears the mark before it looks, so an item whose poster saw the mark set is found.
        if not self._waking:
            self._waking = True
            _call_soon(self._loop, self._empty)

    def _empty(self) -> None:
        """Deliver all that is there."""
        self._waking = False
        while self._items:
            self._deliver(self._items.popleft())


class ConnectionThread:
    """A thread that opens one connection, serves it, and closes it.

    Its parent awaits `opened` before use and `ended` after telling it, by its own means, to stop.
    """

    def __init__(
        self,
        name: str,
        loop: asyncio.AbstractEventLoop,
        connect: Callable[[], sqlite3.Connection],
        serve: Callable[[sqlite3.Connection], None],
    ) -> None:
        """Start the thread; `opened` and `ended` are settled on `loop`, `opened` with the error if there is one."""
        self._loop = loop
        self._connect = connect
        self._serve = serve
        self.opened: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[None] = loop.create_future()
        # A daemon, so that a program that forgot to close can still end; commits do not depend on a clean end.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        """Open, serve, close; tell the loop of the first and the last."""
        try:
            connection = self._connect()
        except Exception as error:  # noqa: BLE001 - whoever awaits the opening gets it
            _call_soon(self._loop, _settle, self.opened, error)
            _call_soon(self._loop, _settle, self.ended, None)
            return
        _call_soon(self._loop, _settle, self.opened, None)
        try:
            self._serve(connection)
        finally:
            connection.close()
            _call_soon(self._loop, _settle, self.ended, None)


def _settle(future: asyncio.Future[None], error: Exception | None) -> None:
    """Settle a future that may have been cancelled."""
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)


def _call_soon(loop: asyncio.AbstractEventLoop, callback: Callable[..., None], *arguments: object) -> None:
    """Call back on the loop; does nothing once the loop is closed, for then nobody is left to tell."""
    try:
        loop.call_soon_threadsafe(callback, *arguments)
    except RuntimeError:
        if not loop.is_closed():
            raise
