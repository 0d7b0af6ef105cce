"""`Records` on PostgreSQL, for a server that runs as several processes.

**How the outbox keeps its order.** Transactions commit concurrently, so a sequence's numbers become visible out of
order and a reader that remembers the highest would skip the late ones. Here an entry's `seq` is its transaction's id
shifted left, plus its place in the transaction; readers look only below ``pg_snapshot_xmin``, the oldest transaction
that still runs. Every transaction below it has ended, so nothing can appear there any more. Transaction ids follow the
order in which transactions began to write; to make that the order of commits where it matters, a write first takes an
advisory lock on each of its events' keys and keeps it until it has committed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, TypeAlias, TypeVar

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from hubbub.kernel.telemetry import logger
from hubbub.storage.errors import RecordConflict, StorageBusy, StorageUnavailable
from hubbub.storage.records.coalesced import Read, ReadKey
from hubbub.storage.records.compiled import Compiled
from hubbub.storage.records.port import EMPTY, Op, OutboxEntry, OutboxRow, Statement
from hubbub.storage.records.postgres.failure import may_succeed_again, translate

T = TypeVar("T")
Connection: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"
BoundOp = tuple[str, tuple[Any, ...], int | None]

_ATTEMPTS_MAX = 5
"""Deadlocks are rare and resolved by the first retry; five in a row mean a database that cannot keep up."""

_PLACE_BITS = 20
"""A million events fit one transaction, and 2**43 transactions fit the rest: 27 years at 10,000 a second."""

_CLOSE_WAIT_S = 10.0
"""How long a server may take to answer our goodbye."""

_STATEMENTS_MAX = 1_000
"""Prepared statements kept per connection; there are fewer statements than this in the whole program."""

_INSERT_OUTBOX = f"""
    INSERT INTO outbox (seq, key, payload)
    SELECT (pg_current_xact_id()::text::bigint << {_PLACE_BITS}) + entry.place - 1, entry.key, entry.payload
    FROM unnest($1::bigint[], $2::bytea[]) WITH ORDINALITY AS entry (key, payload, place)
"""  # noqa: S608 - a number of our own

_PAGE_OUTBOX = f"""
    SELECT seq, key, payload FROM outbox
    WHERE seq > $1 AND seq < (pg_snapshot_xmin(pg_current_snapshot())::text::bigint << {_PLACE_BITS})
    ORDER BY seq LIMIT $2
"""  # noqa: S608 - a number of our own

# A database restored into a new cluster meets smaller transaction ids than its outbox was written with; such rows
# would wait for years. No row can be visible with an id that its cluster has not given out yet, so they are told
# apart, and moved below the smallest id (3) that a transaction can have: in front of whatever comes.
_RESTORED = f"seq >= (pg_snapshot_xmax(pg_current_snapshot())::text::bigint << {_PLACE_BITS})"
_ANY_RESTORED = f"SELECT EXISTS (SELECT 1 FROM outbox WHERE {_RESTORED})"  # noqa: S608 - a number of our own
_ADOPT_RESTORED = (
    "LOCK TABLE outbox IN EXCLUSIVE MODE",
    f"""
    UPDATE outbox SET seq = -adopted.place FROM (
        SELECT seq, row_number() OVER (ORDER BY seq)
            + (SELECT coalesce(max(seq), 0) FROM outbox WHERE seq < {3 << _PLACE_BITS}) AS place
        FROM outbox WHERE {_RESTORED}
    ) AS adopted WHERE outbox.seq = adopted.seq
    """,  # noqa: S608 - a number of our own
    "UPDATE outbox SET seq = -seq WHERE seq < 0",
)


class PostgresRecords:
    """Rows and the outbox in one PostgreSQL database; made with `open`, used on the loop that opened it."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], pending_max: int) -> None:
        """Use `pool`; `open` makes it."""
        self._pool = pool
        self._pending_max = pending_max
        self._tasks: set[asyncio.Task[Any]] = set()
        self._joinable: dict[ReadKey, Read] = {}
        self._callbacks: list[Callable[[], None]] = []
        self._losers = asyncio.Lock()
        self._writing = 0
        self._told_late = False
        self._closed = False

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        connections_max: int = 16,
        busy_timeout_ms: int = 5_000,
        pending_max: int = 10_000,
    ) -> PostgresRecords:
        """Connect to the database at `url` (``postgresql://user:password@host:port/name``), whose tables are migrated.

        Args:
            url: Where the database is.
            connections_max: Connections that this process opens as it needs them.
            busy_timeout_ms: How long a lock is waited for before `StorageBusy`; a single statement may take six times
                as long.
            pending_max: Reads and writes together that may be under way before more are refused with `StorageBusy`.

        Raises:
            StorageUnavailable: The database cannot be reached.
        """
        try:
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=connections_max,
                statement_cache_size=_STATEMENTS_MAX,
                max_cached_statement_lifetime=0,
                command_timeout=busy_timeout_ms * 6 / 1000,
                server_settings={
                    "application_name": "hubbub",
                    "lock_timeout": str(busy_timeout_ms),
                    "idle_in_transaction_session_timeout": str(busy_timeout_ms * 6),
                    "synchronous_commit": "on",
                },
                reset=_leave_as_it_is,
            )
        except Exception as error:
            raise translate(error) from error
        records = cls(pool, pending_max)
        try:
            await records._adopt_restored()
        except BaseException:
            await records.close()
            raise
        return records

    async def fetch(self, statement: Statement[T], params: Mapping[str, object] = EMPTY) -> list[T]:
        """See `Records.fetch`."""
        compiled = statement.compiled("postgresql")
        return await self._ask((statement, compiled.bind(params)), compiled)

    async def fetch_one(self, statement: Statement[T], params: Mapping[str, object] = EMPTY) -> T | None:
        """See `Records.fetch_one`."""
        rows = await self.fetch(statement, params)
        return rows[0] if rows else None

    async def write(self, ops: Sequence[Op], events: Sequence[OutboxEntry] = ()) -> list[int]:
        """See `Records.write`."""
        bound: list[BoundOp] = []
        for statement, params, expect in ops:
            compiled = statement.compiled("postgresql")
            bound.append((compiled.sql, compiled.bind(params), expect))
        return await asyncio.shield(self._begin(self._write(bound, events)))

    async def outbox(self, after: int, limit: int) -> list[OutboxRow]:
        """See `Records.outbox`; a transaction of anyone's that runs long in this cluster holds the newer rows back."""
        page = Compiled(_PAGE_OUTBOX, _no_binding, _outbox_rows)
        return await self._ask((_PAGE_OUTBOX, (after, limit)), page)

    async def outbox_discard(self, through: int) -> None:
        """See `Records.outbox_discard`."""
        discard: BoundOp = ("DELETE FROM outbox WHERE seq <= $1", (through,), None)
        await asyncio.shield(self._begin(self._write([discard], ())))

    def on_commit(self, callback: Callable[[], None]) -> None:
        """See `Records.on_commit`."""
        self._callbacks.append(callback)

    async def close(self) -> None:
        """See `Records.close`."""
        self._closed = True
        while self._tasks:
            await asyncio.wait(self._tasks)
        try:
            async with asyncio.timeout(_CLOSE_WAIT_S):
                await self._pool.close()
        except TimeoutError:
            # A server that does not even say goodbye; everything we promised is committed.
            self._pool.terminate()

    def _begin(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start `work` as a task that `close` awaits, unless there is too much of it."""
        if self._closed or len(self._tasks) >= self._pending_max:
            work.close()
            raise StorageUnavailable if self._closed else StorageBusy
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._end)
        return task

    def _end(self, task: asyncio.Task[Any]) -> None:
        """Forget a task; its error, if any, was for a caller that may have left."""
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()

    def _ask(self, key: ReadKey, compiled: Compiled[Any]) -> asyncio.Future[list[Any]]:
        """Return the future of a read's rows; joins a read that has not begun."""
        future: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        read = self._joinable.get(key)
        if read is None:
            read = Read(key, compiled)
            self._joinable[key] = read
            try:
                _ = self._begin(self._read(read))
            except BaseException:
                del self._joinable[key]
                raise
        read.waiters.append(future)
        return future

    async def _read(self, read: Read) -> None:
        """Run a read and tell all who wait for it."""
        rows: list[Any] = []
        reason: Exception | None = None
        try:
            async with self._pool.acquire() as connection:
                # From here on the rows may be older than a write that a later asker knows of.
                self._joinable.pop(read.key, None)
                rows = read.compiled.build(await connection.fetch(read.compiled.sql, *read.key[1]))
        except Exception as error:  # noqa: BLE001 - whoever awaits the rows gets it
            reason = translate(error)
        finally:
            self._joinable.pop(read.key, None)
        read.tell(rows, reason)

    async def _write(self, ops: Sequence[BoundOp], events: Sequence[OutboxEntry]) -> list[int]:
        """Run one transaction, again when it lost a race."""
        self._writing += 1
        try:
            for attempt in range(1, _ATTEMPTS_MAX + 1):
                try:
                    counts = await self._attempt(ops, events, alone=attempt > 1)
                except Exception as error:
                    if attempt < _ATTEMPTS_MAX and may_succeed_again(error):
                        continue
                    raise translate(error) from error
                self._told_late = self._told_late or bool(events)
                return counts
            raise StorageBusy
        finally:
            self._writing -= 1
            self._announce()

    async def _attempt(self, ops: Sequence[BoundOp], events: Sequence[OutboxEntry], *, alone: bool) -> list[int]:
        """Run one transaction; `alone` lets no two losers of a race meet again."""
        async with self._losers if alone else nullcontext(), self._pool.acquire() as connection:
            return await _transact(connection, ops, events)

    def _announce(self) -> None:
        """Say that outbox rows may be readable.

        A commit's rows can be hidden behind another transaction of this process that began earlier, so every end of a
        write says it again until one ends with none beside it.
        """
        if self._told_late:
            self._told_late = self._writing > 0
            loop = asyncio.get_running_loop()
            for callback in self._callbacks:
                loop.call_soon(callback)

    async def _adopt_restored(self) -> None:
        """Make outbox rows readable that came with a dump from another cluster."""
        try:
            async with self._pool.acquire() as connection:
                if not await connection.fetchval("SELECT to_regclass('outbox') IS NOT NULL"):
                    return
                if not await connection.fetchval(_ANY_RESTORED):
                    return
                async with connection.transaction():
                    for step in _ADOPT_RESTORED:
                        await connection.execute(step)
        except Exception as error:
            raise translate(error) from error
        logger("hubbub.storage").info("outbox_adopted", reason="the outbox was written in another database cluster")


async def _transact(connection: Connection, ops: Sequence[BoundOp], events: Sequence[OutboxEntry]) -> list[int]:
    """Run ops and events in one transaction on `connection`; return the ops' row counts."""
    if len(ops) == 1 and not events and ops[0][2] is None:
        # A statement alone is a transaction, and saves two round trips.
        return await _run_ops(connection, ops)
    # Keys in order, so that no two writes wait for each other; they are taken before the first write gives the
    # transaction its id.
    keys = sorted({entry.key for entry in events})
    await connection.execute(";".join(["BEGIN", *(f"SELECT pg_advisory_xact_lock({key:d})" for key in keys)]))
    try:
        counts = await _run_ops(connection, ops)
        if events:
            payloads = [entry.payload for entry in events]
            await connection.execute(_INSERT_OUTBOX, [entry.key for entry in events], payloads)
    except BaseException:
        await _abandon(connection)
        raise
    try:
        await connection.execute("COMMIT")
    except BaseException:
        # Nobody knows whether it committed; the next to use the connection must not find out.
        connection.terminate()
        raise
    return counts


async def _abandon(connection: Connection) -> None:
    """End a transaction that failed, or the connection when even that fails."""
    try:
        await connection.execute("ROLLBACK")
    except Exception:  # noqa: BLE001 - the failure that led here is the one to tell
        connection.terminate()


async def _run_ops(connection: Connection, ops: Sequence[BoundOp]) -> list[int]:
    """Execute the ops in order; return their row counts."""
    counts = []
    for index, (sql, values, expect) in enumerate(ops):
        try:
            status = await connection.execute(sql, *values)
        except asyncpg.IntegrityConstraintViolationError as error:
            raise translate(error, index) from error
        # A command's tag ends in its row count: "INSERT 0 1", "UPDATE 3".
        count = int(status.rpartition(" ")[2])
        if expect is not None and count != expect:
            raise RecordConflict(op_index=index)
        counts.append(count)
    return counts


async def _leave_as_it_is(_connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Skip the round trip that would reset a returned connection: we leave no session state on one."""


def _no_binding(_params: Mapping[str, object]) -> tuple[Any, ...]:
    """Stand in for the binding of text that is not a `Statement`."""
    return ()


def _outbox_rows(rows: Iterable[Iterable[Any]]) -> list[OutboxRow]:
    """Return the driver's rows as ours."""
    return [OutboxRow(*row) for row in rows]
