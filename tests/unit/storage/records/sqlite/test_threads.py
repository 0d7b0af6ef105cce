"""Results come back from threads: all of them, once, in their order."""

from __future__ import annotations

import asyncio
import sqlite3
import threading

import pytest

from hubbub.storage.records.sqlite.threads import ConnectionThread, Mailbox


async def test_everything_posted_is_delivered_once_and_in_each_threads_order() -> None:
    received: list[tuple[int, int]] = []
    complete = asyncio.Event()
    threads, each = 8, 2_000

    def deliver(item: tuple[int, int]) -> None:
        received.append(item)
        if len(received) == threads * each:
            complete.set()

    mailbox: Mailbox[tuple[int, int]] = Mailbox(asyncio.get_running_loop(), deliver)

    def post(number: int) -> None:
        for item in range(each):
            mailbox.post((number, item))

    posters = [threading.Thread(target=post, args=(number,)) for number in range(threads)]
    for poster in posters:
        poster.start()
    async with asyncio.timeout(30):
        await complete.wait()
    for poster in posters:
        poster.join()
    for number in range(threads):
        assert [item for sender, item in received if sender == number] == list(range(each))


def test_posting_to_a_closed_loop_is_quiet() -> None:
    loop = asyncio.new_event_loop()
    mailbox: Mailbox[int] = Mailbox(loop, lambda _item: None)
    loop.close()
    mailbox.post(1)


async def test_a_connection_that_cannot_be_opened_is_told_to_who_waits_for_it() -> None:
    def refuse() -> sqlite3.Connection:
        raise sqlite3.OperationalError("no")

    thread = ConnectionThread("refused", asyncio.get_running_loop(), refuse, lambda _connection: None)
    with pytest.raises(sqlite3.OperationalError):
        await thread.opened
    await thread.ended


async def test_a_connection_is_closed_by_its_own_thread() -> None:
    seen: list[int] = []
    stop = threading.Event()
    opened: list[sqlite3.Connection] = []

    def connect() -> sqlite3.Connection:
        seen.append(threading.get_ident())
        opened.append(sqlite3.connect(":memory:"))
        return opened[0]

    def serve(connection: sqlite3.Connection) -> None:
        seen.append(threading.get_ident())
        assert connection.execute("SELECT 1").fetchone() == (1,)
        stop.wait(10)

    thread = ConnectionThread("owner", asyncio.get_running_loop(), connect, serve)
    await thread.opened
    stop.set()
    await thread.ended
    assert len(set(seen)) == 1
    assert seen[0] != threading.get_ident()
    with pytest.raises(sqlite3.ProgrammingError, match=r"closed|thread"):
        opened[0].execute("SELECT 1")
