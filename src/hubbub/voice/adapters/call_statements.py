"""Statements over calls."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Integer,
    Table,
    Text,
    and_,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    update,
)

from hubbub.storage.records.port import Statement
from hubbub.voice.adapters.call_tables import call_minutes, call_stays, calls


class CallRow(msgspec.Struct, frozen=True):
    """A call as stored."""

    id: int
    room_sid: str
    room: str
    title: str
    guild_id: int | None
    channel_id: int | None
    guild_name: str
    node_id: str
    region: str
    began_at_ms: int
    seen_at_ms: int
    ended_at_ms: int | None
    stays: int
    people_peak: int
    worst_mos: int
    cause: str
    sentence: str
    search: str


class StayRow(msgspec.Struct, frozen=True):
    """A stay as stored."""

    call_id: int
    id: int
    participant_sid: str
    identity: str
    name: str
    client: str
    remote: str
    protocol: str
    began_at_ms: int
    connected_at_ms: int | None
    ended_at_ms: int | None
    left_because: str
    is_publisher: bool
    tracks: bytes
    digest: bytes


def _columns(table: Table, row: type[msgspec.Struct]) -> list[Column[Any]]:
    return [table.c[name] for name in row.__struct_fields__]


PUT_CALL = Statement.upsert(
    "calls.put",
    calls,
    conflict=("id",),
    update=tuple(column.key for column in calls.columns if column.key not in {"id", "room_sid", "began_at_ms"}),
)
PUT_STAY = Statement.upsert(
    "call_stays.put",
    call_stays,
    conflict=("call_id", "id"),
    update=tuple(column.key for column in call_stays.columns if column.key not in {"call_id", "id", "began_at_ms"}),
)
PUT_MINUTE = Statement.upsert(
    "call_minutes.put", call_minutes, conflict=("call_id", "stay_id", "at_ms"), update=("document",)
)

GET_CALL = Statement(
    "calls.get",
    select(*_columns(calls, CallRow)).where(calls.c.id == bindparam("call_id", type_=BigInteger)),
    into=CallRow,
)

_before: Any = bindparam("before", type_=BigInteger)
_is_live: Any = bindparam("is_live", type_=Integer)
_named: Any = bindparam("named", type_=Text)
_mos_min: Any = bindparam("mos_min", type_=Integer)
_mos_max: Any = bindparam("mos_max", type_=Integer)

PAGE = Statement(
    "calls.page",
    select(*_columns(calls, CallRow))
    .where(
        calls.c.id < _before,
        or_(
            _is_live == -1,
            and_(_is_live == 1, calls.c.ended_at_ms.is_(None)),
            and_(_is_live == 0, calls.c.ended_at_ms.is_not(None)),
        ),
        calls.c.search.like(_named, escape="\\"),
        calls.c.worst_mos >= _mos_min,
        calls.c.worst_mos <= _mos_max,
    )
    .order_by(calls.c.id.desc())
    .limit(bindparam("row_limit", type_=Integer)),
    into=CallRow,
)

STAYS = Statement(
    "call_stays.of_call",
    select(*_columns(call_stays, StayRow))
    .where(call_stays.c.call_id == bindparam("call_id", type_=BigInteger))
    .order_by(call_stays.c.id)
    .limit(bindparam("row_limit", type_=Integer)),
    into=StayRow,
)

MINUTES = Statement(
    "call_minutes.of_stay",
    select(call_minutes.c.at_ms, call_minutes.c.document)
    .where(
        call_minutes.c.call_id == bindparam("call_id", type_=BigInteger),
        call_minutes.c.stay_id == bindparam("stay_id", type_=BigInteger),
        call_minutes.c.at_ms >= bindparam("from_ms", type_=BigInteger),
    )
    .order_by(call_minutes.c.at_ms)
    .limit(bindparam("row_limit", type_=Integer)),
)

END_LEFT_OPEN = Statement(
    "calls.end_left_open",
    update(calls)
    .where(calls.c.ended_at_ms.is_(None), calls.c.node_id == bindparam("of_node", type_=Text))
    .values(ended_at_ms=calls.c.seen_at_ms),
)
END_STAYS_LEFT_OPEN = Statement(
    "call_stays.end_left_open",
    update(call_stays)
    .where(
        call_stays.c.ended_at_ms.is_(None),
        call_stays.c.call_id.in_(
            select(calls.c.id).where(calls.c.ended_at_ms.is_(None), calls.c.node_id == bindparam("of_node", type_=Text))
        ),
    )
    .values(
        ended_at_ms=select(calls.c.seen_at_ms).where(calls.c.id == call_stays.c.call_id).scalar_subquery(),
        left_because=case((call_stays.c.left_because == "", "server_stopped"), else_=call_stays.c.left_because),
    ),
)

_cutoff: Any = bindparam("cutoff_ms", type_=BigInteger)

DELETE_OLD_MINUTES = Statement("call_minutes.delete_old", delete(call_minutes).where(call_minutes.c.at_ms < _cutoff))
DELETE_OLD_STAYS = Statement(
    "call_stays.delete_old",
    delete(call_stays).where(call_stays.c.call_id.in_(select(calls.c.id).where(calls.c.ended_at_ms < _cutoff))),
)
DELETE_OLD_CALLS = Statement("calls.delete_old", delete(calls).where(calls.c.ended_at_ms < _cutoff))

COUNT_MINUTES = Statement("call_minutes.count", select(func.count()).select_from(call_minutes), into=int)
NTH_MINUTE = Statement(
    "call_minutes.nth",
    select(call_minutes.c.at_ms).order_by(call_minutes.c.at_ms).offset(bindparam("nth", type_=Integer)).limit(1),
    into=int,
)
