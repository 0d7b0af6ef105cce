"""What every `Records` promises, shown on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from engines.postgres import PostgresServer
from hubbub.storage.records.create import create_all, create_text
from hubbub.storage.records.port import (
    Op,
    OutboxEntry,
    RecordConflict,
    Records,
    ReferenceViolation,
    Statement,
    StorageBusy,
    StorageUnavailable,
    UniqueViolation,
    UnstorableValue,
)
from hubbub.storage.records.postgres import PostgresRecords
from hubbub.storage.records.schema import BigInt, outbox_table
from hubbub.storage.records.sqlite import SqliteRecords

tables = MetaData()
outbox_table.to_metadata(tables)
guilds = Table(
    "guild",
    tables,
    Column("id", BigInt, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("large", Boolean, nullable=False),
    Column("icon", LargeBinary),
    UniqueConstraint("name"),
)
channels = Table(
    "channel",
    tables,
    Column("guild_id", BigInt, ForeignKey("guild.id"), primary_key=True),
    Column("id", BigInt, primary_key=True),
    Column("count", BigInt, nullable=False),
    sqlite_with_rowid=False,
)


class Guild(NamedTuple):
    id: int
    name: str
    large: bool
    icon: bytes | None


class GuildName(msgspec.Struct, frozen=True):
    name: str
    large: bool


ADD_GUILD = Statement("guild.add", insert(guilds))
ADD_CHANNEL = Statement("channel.add", insert(channels))
RENAME = Statement("guild.rename", update(guilds).where(guilds.c.id == bindparam("guild")).values(name=bindparam("to")))
DROP = Statement("guild.drop", delete(guilds).where(guilds.c.id == bindparam("guild")))
ALL = Statement("guild.all", select(guilds).order_by(guilds.c.id), Guild)
ONE = Statement("guild.one", select(guilds).where(guilds.c.id == bindparam("guild")), Guild)
COUNT = Statement("guild.count", select(func.count()).select_from(guilds), int)
CHANNEL_COUNT = Statement("channel.count", select(channels.c.count).where(channels.c.id == bindparam("id")), int)
PUT_CHANNEL = Statement.upsert("channel.put", channels, conflict=["guild_id", "id"], update=["count"])
BUMP_CHANNEL = Statement.upsert(
    "channel.bump",
    channels,
    conflict=["guild_id", "id"],
    update=lambda new: {"count": channels.c.count + new["count"]},
    only_if=lambda new: new["count"] > 0,
)
KEEP_CHANNEL = Statement.upsert("channel.keep", channels, conflict=["guild_id", "id"])


def guild(number: int, name: str | None = None, *, large: bool = False, icon: bytes | None = None) -> Op:
    params = {"id": number, "name": name or f"guild {number}", "large": large, "icon": icon}
    return Op(ADD_GUILD, params)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    name = postgres_server.create_database()
    postgres_server.execute(create_text(tables, "postgresql"), name)
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
async def records(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Records]:
    if request.param == "sqlite":
        create_all(tmp_path / "records.db", tables)
        lite = await SqliteRecords.open(tmp_path / "records.db", pending_max=500)
        yield lite
        await lite.close()
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    database = server.create_database(request.getfixturevalue("postgres_template"))
    postgres = await PostgresRecords.open(server.url(database), connections_max=6, pending_max=500)
    yield postgres
    await postgres.close()
    server.drop_database(database)


async def test_what_was_written_is_read_in_the_statements_own_types(records: Records) -> None:
    snowflake = (1 << 62) + 12345
    assert await records.write([guild(snowflake, "übermäßig 🎉", large=True, icon=b"\x00\xff")]) == [1]
    (row,) = await records.fetch(ALL)
    assert row == Guild(snowflake, "übermäßig 🎉", True, b"\x00\xff")
    assert row.large is True
    names = Statement("guild.names", select(guilds.c.name, guilds.c.large), GuildName)
    assert await records.fetch(names) == [GuildName("übermäßig 🎉", True)]
    assert await records.fetch(Statement("guild.tuples", select(guilds.c.id, guilds.c.icon))) == [
        (snowflake, b"\x00\xff")
    ]


async def test_computed_columns_have_their_declared_types(records: Records) -> None:
    await records.write([guild(1), Op(ADD_CHANNEL, {"guild_id": 1, "id": 2, "count": 1 << 40})])
    row = await records.fetch_one(
        Statement("sums", select(func.sum(channels.c.count), exists(select(guilds.c.id)).label("any")))
    )
    assert row is not None
    assert [type(value) for value in row] == [int, bool]
    assert row[0] == 1 << 40
    nothing = select(func.sum(channels.c.count)).where(channels.c.id == bindparam("id"))
    assert await records.fetch_one(Statement("sum.none", nothing), {"id": 9}) == (None,)


async def test_no_row_is_none(records: Records) -> None:
    assert await records.fetch_one(ONE, {"guild": 1}) is None
    assert await records.fetch(ALL) == []


async def test_row_counts_come_back_per_op(records: Records) -> None:
    rename = Op(RENAME, {"guild": 1, "to": "a"})
    assert await records.write([guild(1), guild(2), rename, Op(RENAME, {"guild": 9, "to": "b"})]) == [1, 1, 1, 0]
    assert await records.write([]) == []


async def test_an_unexpected_row_count_undoes_the_whole_write(records: Records) -> None:
    with pytest.raises(RecordConflict) as conflict:
        await records.write([guild(1), Op(RENAME, {"guild": 9, "to": "b"}, expect=1)], [OutboxEntry(1, b"event")])
    assert conflict.value.op_index == 1
    assert conflict.value.constraint is None
    assert await records.fetch(ALL) == []
    assert await records.outbox(0, 10) == []


async def test_a_second_row_with_the_same_key_is_a_unique_violation(records: Records) -> None:
    await records.write([guild(1, "one")])
    for twin in (guild(1, "other"), guild(2, "one")):
        with pytest.raises(UniqueViolation) as violation:
            await records.write([guild(3), twin])
        assert violation.value.op_index == 1
        assert violation.value.constraint is not None
    assert await records.fetch_one(COUNT) == 1


async def test_a_reference_to_nothing_is_refused_both_ways(records: Records) -> None:
    with pytest.raises(ReferenceViolation):
        await records.write([Op(ADD_CHANNEL, {"guild_id": 7, "id": 1, "count": 0})])
    await records.write([guild(7), Op(ADD_CHANNEL, {"guild_id": 7, "id": 1, "count": 0})])
    with pytest.raises(ReferenceViolation):
        await records.write([Op(DROP, {"guild": 7})])


async def test_a_missing_value_is_a_conflict_not_a_crash(records: Records) -> None:
    with pytest.raises(RecordConflict):
        await records.write([Op(ADD_GUILD, {"id": 1, "name": None, "large": False, "icon": None})])


async def test_one_failing_write_spares_those_beside_it(records: Records) -> None:
    await records.write([guild(1)])
    batches = {n: [guild(10 + n)] for n in range(20)}
    batches[7] = [guild(107), guild(1)]
    batches[13] = [guild(113), Op(RENAME, {"guild": 999, "to": "x"}, expect=1)]
    writes = [records.write(ops, [OutboxEntry(1, b"%d" % n)]) for n, ops in batches.items()]
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    failed = [n for n, outcome in enumerate(outcomes) if isinstance(outcome, Exception)]
    assert failed == [7, 13]
    assert isinstance(outcomes[7], UniqueViolation)
    assert [row.id for row in await records.fetch(ALL)] == [1, *(10 + n for n in range(20) if n not in failed)]
    payloads = {row.payload for row in await records.outbox(0, 100)}
    assert payloads == {b"%d" % n for n in range(20) if n not in failed}


async def test_upserts_insert_update_or_leave_alone(records: Records) -> None:
    await records.write([guild(1)])
    row = {"guild_id": 1, "id": 2, "count": 5}
    assert await records.write([Op(PUT_CHANNEL, row)]) == [1]
    assert await records.write([Op(PUT_CHANNEL, {**row, "count": 7})]) == [1]
    assert await records.fetch_one(CHANNEL_COUNT, {"id": 2}) == 7
    assert await records.write([Op(BUMP_CHANNEL, {**row, "count": 3})]) == [1]
    assert await records.write([Op(BUMP_CHANNEL, {**row, "count": -3})]) == [0]
    assert await records.fetch_one(CHANNEL_COUNT, {"id": 2}) == 10
    assert await records.write([Op(KEEP_CHANNEL, {**row, "count": 99}), Op(KEEP_CHANNEL, {**row, "id": 3})]) == [0, 1]
    assert await records.fetch_one(CHANNEL_COUNT, {"id": 2}) == 10


async def test_a_list_of_any_length_is_one_parameter(records: Records) -> None:
    base = 1 << 60
    await records.write([guild(base + n, f"n{n}") for n in range(40)])
    among = Statement(
        "guild.among", select(guilds.c.id).where(guilds.c.id.in_(bindparam("ids", expanding=True))).order_by("id"), int
    )
    for length in (0, 1, 2, 17, 40):
        wanted = [base + n for n in range(length)]
        assert await records.fetch(among, {"ids": [*wanted, 5]}) == wanted
        assert await records.fetch(among, {"ids": tuple(wanted)}) == wanted
    not_among = Statement(
        "guild.not_among", select(func.count()).where(guilds.c.id.not_in(bindparam("ids", expanding=True))), int
    )
    assert await records.fetch_one(not_among, {"ids": []}) == 40
    assert await records.fetch_one(not_among, {"ids": [base, base + 1]}) == 38
    named = Statement(
        "guild.named",
        select(guilds.c.id)
        .where(guilds.c.name.in_(bindparam("names", expanding=True)), guilds.c.id > bindparam("after"))
        .order_by("id")
        .limit(bindparam("limit")),
        int,
    )
    odd = ["n3", "n4", "'); --", 'a "quoted" \\ one', "n5"]
    assert await records.fetch(named, {"names": odd, "after": base + 3, "limit": 1}) == [base + 4]
    with pytest.raises(UnstorableValue):
        await records.fetch(named, {"names": ["lone \ud800 surrogate"], "after": 0, "limit": 1})
    drop = Statement("guild.drop_among", delete(guilds).where(guilds.c.id.in_(bindparam("ids", expanding=True))))
    assert await records.write([Op(drop, {"ids": [base, base + 2, 1]})]) == [2]


@pytest.mark.parametrize("name", ["nul \0 inside", "lone \ud800 surrogate"])
async def test_a_text_that_cannot_be_kept_is_refused(records: Records, name: str) -> None:
    with pytest.raises(UnstorableValue):
        await records.write([guild(1), guild(2, name)], [OutboxEntry(1, b"event")])
    assert await records.fetch(ALL) == []


async def test_an_integer_past_64_bits_is_refused(records: Records) -> None:
    with pytest.raises(UnstorableValue):
        await records.write([guild(1), guild(1 << 63)])
    with pytest.raises(UnstorableValue):
        await records.fetch(ONE, {"guild": -(1 << 63) - 1})
    assert await records.fetch(ALL) == []


async def test_a_forgotten_parameter_is_named(records: Records) -> None:
    with pytest.raises(TypeError, match=r"guild\.rename.*'to'"):
        await records.write([Op(RENAME, {"guild": 1})])
    with pytest.raises(TypeError, match=r"guild\.one.*'guild'"):
        await records.fetch(ONE)


async def test_the_outbox_keeps_each_keys_order_of_commits(records: Records) -> None:
    for number in range(5):
        entries = [OutboxEntry(7, b"%d.0" % number), OutboxEntry(8, b"%d.1" % number)]
        await records.write([guild(number)], entries)
    rows = await records.outbox(0, 100)
    assert [row.payload for row in rows] == [b"%d.%d" % (n, k) for n in range(5) for k in range(2)]
    assert [row.key for row in rows] == [7, 8] * 5
    assert all(row.seq > 0 for row in rows)
    assert sorted({row.seq for row in rows}) == [row.seq for row in rows]
    assert await records.outbox(rows[3].seq, 2) == rows[4:6]


async def test_an_event_may_come_without_rows(records: Records) -> None:
    assert await records.write([], [OutboxEntry(1, b"typing")]) == []
    assert [row.payload for row in await records.outbox(0, 10)] == [b"typing"]


async def test_discarded_positions_are_never_given_again(records: Records) -> None:
    seen: list[int] = []
    for number in range(3):
        await records.write([], [OutboxEntry(1, b"%d" % number), OutboxEntry(1, b"again")])
        rows = await records.outbox(0, 10)
        assert len(rows) == 2
        seen += [row.seq for row in rows]
        await records.outbox_discard(rows[-1].seq)
        assert await records.outbox(0, 10) == []
    assert sorted(set(seen)) == seen


async def test_commits_with_events_are_announced(records: Records) -> None:
    calls: list[int] = []
    readable = asyncio.Event()

    def announced() -> None:
        calls.append(1)
        readable.set()

    records.on_commit(announced)
    await records.write([guild(1)])
    with pytest.raises(UniqueViolation):
        await records.write([guild(1)], [OutboxEntry(1, b"never")])
    assert calls == []
    await records.write([guild(2)], [OutboxEntry(1, b"event")])
    await asyncio.wait_for(readable.wait(), 10)
    assert [row.payload for row in await records.outbox(0, 10)] == [b"event"]


async def tail_outbox(records: Records, seen: dict[int, list[bytes]], finished: asyncio.Event) -> None:
    """Follow the outbox as the relay does: by the highest position alone."""
    after = 0
    while True:
        last_look = finished.is_set()
        rows = await records.outbox(after, 7)
        for row in rows:
            assert row.seq > after
            after = row.seq
            seen[row.key].append(row.payload)
        if last_look and not rows:
            return


async def test_a_tailing_reader_skips_nothing_among_concurrent_writers(records: Records) -> None:
    choose = random.Random(20261121)
    writers, each = 12, 25
    committed: dict[int, list[bytes]] = {key: [] for key in range(4)}
    seen: dict[int, list[bytes]] = {key: [] for key in range(4)}
    finished = asyncio.Event()

    async def write(writer: int) -> None:
        for number in range(each):
            key = choose.randrange(4)
            payload = b"%d.%d" % (writer, number)
            try:
                ops = [guild(choose.randrange(5000))] * choose.randrange(3)
                await records.write(ops, [OutboxEntry(key, payload)])
            except UniqueViolation:
                continue
            committed[key].append(payload)

    async with asyncio.TaskGroup() as group:
        reader = group.create_task(tail_outbox(records, seen, finished))
        async with asyncio.TaskGroup() as writing:
            for writer in range(writers):
                writing.create_task(write(writer))
        finished.set()
        await reader
    assert sum(map(len, committed.values())) > 50
    for key, payloads in committed.items():
        assert sorted(seen[key]) == sorted(payloads)
        for writer in range(writers):
            own = [payload for payload in seen[key] if payload.startswith(b"%d." % writer)]
            assert own == sorted(own, key=lambda payload: int(payload.partition(b".")[2]))


async def test_a_read_sees_every_write_acknowledged_before_it(records: Records) -> None:
    """Identical reads are shared, yet never with one that may have looked too early."""
    await records.write([guild(1), Op(ADD_CHANNEL, {"guild_id": 1, "id": 2, "count": 0})])
    acknowledged = 0
    reads = 0

    async def count_up() -> None:
        nonlocal acknowledged
        for count in range(1, 60):
            await records.write([Op(PUT_CHANNEL, {"guild_id": 1, "id": 2, "count": count})])
            acknowledged = count

    async def look() -> None:
        nonlocal reads
        while acknowledged < 59:
            before = acknowledged
            found = await records.fetch_one(CHANNEL_COUNT, {"id": 2})
            assert found is not None
            assert found >= before
            reads += 1

    async with asyncio.TaskGroup() as group:
        group.create_task(count_up())
        for _ in range(15):
            group.create_task(look())
    assert reads > 15


async def test_readers_of_one_shared_query_get_lists_of_their_own(records: Records) -> None:
    await records.write([guild(1)])
    results = await asyncio.gather(*(records.fetch(ALL) for _ in range(20)))
    results[0].clear()
    assert all(len(rows) == 1 for rows in results[1:])


async def test_a_caller_who_leaves_disturbs_nobody(records: Records) -> None:
    leaving = asyncio.create_task(records.write([guild(1), guild(2)], [OutboxEntry(1, b"both")]))
    reading = [asyncio.create_task(records.fetch(ALL)) for _ in range(3)]
    await asyncio.sleep(0)
    leaving.cancel()
    reading[0].cancel()
    await asyncio.gather(leaving, *reading, return_exceptions=True)
    assert not reading[1].cancelled()
    await records.write([guild(3)])
    # The write had begun; it comes to its end without its caller.
    async with asyncio.timeout(10):
        while (await records.fetch_one(COUNT)) != 3:
            assert await records.fetch_one(COUNT) in {1, 3}
    assert [row.payload for row in await records.outbox(0, 10)] == [b"both"]


async def test_more_than_the_bound_is_refused_at_once(records: Records) -> None:
    writes = [asyncio.create_task(records.write([guild(n)])) for n in range(700)]
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, StorageBusy)]
    assert len(refused) == 200
    assert refused[0].status == 503
    assert refused[0].retry_after_s is not None
    assert await records.fetch_one(COUNT) == 500


async def test_closing_finishes_what_was_begun_and_refuses_the_rest(records: Records) -> None:
    writes = [asyncio.create_task(records.write([guild(n)])) for n in range(50)]
    reads = [asyncio.create_task(records.fetch(ONE, {"guild": n})) for n in range(50)]
    await asyncio.sleep(0)
    await records.close()
    assert await asyncio.gather(*writes) == [[1]] * 50
    await asyncio.gather(*reads)
    with pytest.raises(StorageUnavailable):
        await records.write([guild(99)])
    with pytest.raises(StorageUnavailable):
        await records.fetch(ALL)
