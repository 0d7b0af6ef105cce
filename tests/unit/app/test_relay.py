import asyncio
from contextlib import asynccontextmanager

import pytest

from hubbub.app.relay import TOPIC, Relay
from hubbub.events.contracts import events
from hubbub.events.log.errors import LogFull
from hubbub.events.log.memory import MemoryLog
from hubbub.storage.records.port import OutboxRow


class Outbox:
    """The outbox of a records port, in memory."""

    def __init__(self):
        self.rows = []
        self.ring = lambda: None

    def on_commit(self, callback):
        self.ring = callback

    async def outbox(self, after, limit):
        return [row for row in self.rows if row.seq > after][:limit]

    async def outbox_discard(self, through):
        self.rows = [row for row in self.rows if row.seq > through]

    def commit(self, *numbers):
        self.rows += [OutboxRow(number, 7, event(number)) for number in numbers]
        self.ring()


def event(number):
    return events.encode(events.CommandsUpdated(event_id=number, guild_id=7, application_id=1))


@asynccontextmanager
async def relaying(outbox, log, told):
    relay = Relay(outbox, log, lambda each: told.append(each.event_id))
    await relay.start()
    try:
        yield relay
    finally:
        await relay.stop()
        await log.close()


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - polls what has no event to wait for
            await asyncio.sleep(0.005)


async def logged(log):
    consumer = await log.consumer([TOPIC])
    return [events.decode(record.value).event_id for record in await consumer.poll()]


async def test_events_are_told_in_commit_order_logged_and_discarded():
    outbox, log, told = Outbox(), MemoryLog(), []
    outbox.commit(1)
    async with relaying(outbox, log, told):
        outbox.commit(2, 3)
        outbox.commit(4)
        await until(lambda: not outbox.rows)
        assert told == [1, 2, 3, 4]
        assert await logged(log) == [1, 2, 3, 4]


async def test_stopping_carries_what_was_committed():
    outbox, log, told = Outbox(), MemoryLog(), []
    async with relaying(outbox, log, told):
        outbox.commit(*range(1, 1200))
    assert told == list(range(1, 1200))
    assert outbox.rows == []


async def test_a_full_log_delays_nobody_and_loses_nothing(monkeypatch):
    monkeypatch.setattr("hubbub.app.relay._RETRY_S", 0.01)
    outbox, log, told = Outbox(), MemoryLog(), []
    append, full = log.append, True

    async def sometimes(topic, records):
        if full:
            raise LogFull
        return await append(topic, records)

    log.append = sometimes
    async with relaying(outbox, log, told) as relay:
        outbox.commit(1, 2)
        await until(lambda: told == [1, 2])
        assert len(outbox.rows) == 2
        assert relay.behind() == 2
        await until(lambda: relay.refusal)
        with pytest.raises(RuntimeError, match="events wait in the outbox"):
            await relay.healthy()
        full = False
        await until(lambda: not outbox.rows)
        assert "2 logged" in await relay.healthy()
        assert await logged(log) == [1, 2]


async def test_an_event_that_cannot_be_told_does_not_silence_the_next():
    outbox, log, told = Outbox(), MemoryLog(), []
    outbox.rows.append(OutboxRow(1, 7, b"not an event"))
    async with relaying(outbox, log, told) as relay:
        outbox.commit(2)
        await until(lambda: told == [2])
        assert "event 2 told" in await relay.healthy()


async def test_an_event_too_large_for_the_log_does_not_block_the_rest():
    size = max(len(event(number)) for number in (8, 10))
    outbox, log, told = Outbox(), MemoryLog(record_bytes_max=size), []
    outbox.commit(8)
    outbox.rows.append(OutboxRow(9, 7, event(9_999_999)))
    outbox.commit(10)
    async with relaying(outbox, log, told):
        await until(lambda: not outbox.rows)
        assert told == [8, 9_999_999, 10]
        assert await logged(log) == [8, 10]
