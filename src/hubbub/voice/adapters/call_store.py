"""Calls in the records: writing them in batches, reading them by page, forgetting them in time."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from hubbub.kernel.snowflake import SNOWFLAKE_MAX
from hubbub.storage.records.port import Op, Records
from hubbub.voice.adapters import call_statements as statements
from hubbub.voice.adapters.call_minute import pack_minute, unpack_minute
from hubbub.voice.adapters.call_statements import CallRow, StayRow
from hubbub.voice.domain.digest import Digest
from hubbub.voice.domain.quality import Minute, TrackNote

OPS_MAX = 200
"""Ops of one transaction: another writer waits some milliseconds for it, not longer."""
STAYS_MAX = 5000
"""Stays of one call that are read; a stage with more shows its first."""
MINUTES_MAX = 1440
"""Minutes of one stay that are read at once: a day."""
_MOS_UNIT = 1000

_encoder = msgspec.msgpack.Encoder()
_digests = msgspec.msgpack.Decoder(Digest)
_tracks = msgspec.msgpack.Decoder(list[TrackNote])


class MinuteRow(NamedTuple):
    """A minute to be written."""

    call_id: int
    stay_id: int
    at_ms: int
    minute: Minute


class Wanted(NamedTuple):
    """Which calls are asked for."""

    query: str = ""
    """Part of a person's, channel's, guild's or room's name."""
    live: bool | None = None
    """Only those that last, only those that ended, or both."""
    mos_min: float = 0.0
    mos_max: float = 5.0
    """Bounds of the worst opinion; calls without one are at 0."""
    before: int = SNOWFLAKE_MAX
    """Only calls with smaller ids, hence that began earlier."""
    limit: int = 50


def pack(value: Digest | list[TrackNote]) -> bytes:
    """Return a digest or the notes on tracks as they are stored."""
    return _encoder.encode(value)


def unpack_digest(document: bytes) -> Digest:
    """Return a stored digest."""
    return _digests.decode(document)


def unpack_tracks(document: bytes) -> list[TrackNote]:
    """Return the stored notes on a person's tracks."""
    return _tracks.decode(document)


def thousandths(mos: float) -> int:
    """Return an opinion as it is stored."""
    return round(mos * _MOS_UNIT)


def folded(*names: str) -> str:
    """Return names as they are searched."""
    return "\n".join(name.casefold() for name in names if name)


class CallStore:
    """Calls on one `Records`."""

    def __init__(self, records: Records) -> None:
        """Read and write in `records`."""
        self._records = records

    async def put(self, calls: Iterable[CallRow], stays: Iterable[StayRow], minutes: Sequence[MinuteRow]) -> None:
        """Write rows, new or changed; one that was written stays when a later batch fails."""
        documents = await asyncio.to_thread(lambda: [pack_minute(row.minute) for row in minutes]) if minutes else []
        ops = [Op(statements.PUT_CALL, msgspec.structs.asdict(row)) for row in calls]
        ops += [Op(statements.PUT_STAY, msgspec.structs.asdict(row)) for row in stays]
        for row, document in zip(minutes, documents, strict=True):
            params = {"call_id": row.call_id, "stay_id": row.stay_id, "at_ms": row.at_ms, "document": document}
            ops.append(Op(statements.PUT_MINUTE, params))
        for first in range(0, len(ops), OPS_MAX):
            await self._records.write(ops[first : first + OPS_MAX])

    async def page(self, wanted: Wanted) -> list[CallRow]:
        """Return calls, the newest first."""
        escaped = re.sub(r"([\\%_])", r"\\\1", wanted.query.casefold())
        params = {
            "before": wanted.before,
            "is_live": -1 if wanted.live is None else int(wanted.live),
            "named": f"%{escaped}%",
            "mos_min": thousandths(wanted.mos_min),
            "mos_max": thousandths(wanted.mos_max),
            "row_limit": wanted.limit,
        }
        return await self._records.fetch(statements.PAGE, params)

    async def call(self, call_id: int) -> CallRow | None:
        """Return one call."""
        return await self._records.fetch_one(statements.GET_CALL, {"call_id": call_id})

    async def stays(self, call_id: int) -> list[StayRow]:
        """Return the stays of a call, in the order of their coming."""
        return await self._records.fetch(statements.STAYS, {"call_id": call_id, "row_limit": STAYS_MAX})

    async def minutes(self, call_id: int, stay_id: int, from_ms: int = 0) -> list[tuple[int, Minute]]:
        """Return a stay's minutes with the times at which they begin, up to `MINUTES_MAX`."""
        params = {"call_id": call_id, "stay_id": stay_id, "from_ms": from_ms, "row_limit": MINUTES_MAX}
        rows = await self._records.fetch(statements.MINUTES, params)
        return await asyncio.to_thread(lambda: [(at_ms, unpack_minute(document)) for at_ms, document in rows])

    async def end_left_open(self, node_id: str) -> None:
        """End the calls that a process of this node was killed in, where they were last seen."""
        params = {"of_node": node_id}
        await self._records.write([Op(statements.END_STAYS_LEFT_OPEN, params), Op(statements.END_LEFT_OPEN, params)])

    async def forget(self, cutoff_ms: int, minutes_max: int) -> int:
        """Delete what is older than `cutoff_ms`, and the oldest minutes beyond `minutes_max`; return their count."""
        params = {"cutoff_ms": cutoff_ms}
        deletions = (statements.DELETE_OLD_MINUTES, statements.DELETE_OLD_STAYS, statements.DELETE_OLD_CALLS)
        counts = await self._records.write([Op(statement, params) for statement in deletions])
        count = await self._records.fetch_one(statements.COUNT_MINUTES) or 0
        if count <= minutes_max:
            return counts[0]
        border_ms = await self._records.fetch_one(statements.NTH_MINUTE, {"nth": count - minutes_max})
        deleted = await self._records.write([Op(statements.DELETE_OLD_MINUTES, {"cutoff_ms": border_ms})])
        return counts[0] + deleted[0]
