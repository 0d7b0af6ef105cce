"""How calls went is kept, found and forgotten alike on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from doubles.call_legs import START_MS, leg, sample
from hubbub.storage.records.port import Records
from hubbub.voice.adapters.call_statements import CallRow, StayRow
from hubbub.voice.adapters.call_store import (
    OPS_MAX,
    CallStore,
    MinuteRow,
    Wanted,
    folded,
    pack,
    unpack_digest,
    unpack_tracks,
)
from hubbub.voice.domain.digest import Digest
from hubbub.voice.domain.quality import Minute, Moment, TrackNote

MINUTE_MS = 60_000


@pytest.fixture
async def store(migrated_records: Records) -> AsyncIterator[CallStore]:
    yield CallStore(migrated_records)
    await migrated_records.close()


def call(call_id: int, **fields: Any) -> CallRow:
    row: dict[str, Any] = {
        "id": call_id,
        "room_sid": f"RM_{call_id}",
        "room": f"room {call_id}",
        "title": "Lounge",
        "guild_id": None,
        "channel_id": None,
        "guild_name": "",
        "node_id": "ND_one",
        "region": "",
        "began_at_ms": START_MS,
        "seen_at_ms": START_MS,
        "ended_at_ms": START_MS + 1,
        "stays": 2,
        "people_peak": 2,
        "worst_mos": 4200,
        "cause": "fine",
        "sentence": "",
        "search": "lounge",
    }
    return CallRow(**{**row, **fields})


def stay(call_id: int, stay_id: int, **fields: Any) -> StayRow:
    row: dict[str, Any] = {
        "call_id": call_id,
        "id": stay_id,
        "participant_sid": f"PA_{stay_id}",
        "identity": "anna",
        "name": "Anna",
        "client": "",
        "remote": "192.0.2.1:4711",
        "protocol": "udp",
        "began_at_ms": START_MS,
        "connected_at_ms": START_MS + 80,
        "ended_at_ms": None,
        "left_because": "",
        "is_publisher": True,
        "tracks": pack([TrackNote("TR_a", video=False, source="microphone")]),
        "digest": pack(Digest(reconnects=3)),
    }
    return StayRow(**{**row, **fields})


async def ids(store: CallStore, **wanted: Any) -> list[int]:
    return [row.id for row in await store.page(Wanted(**wanted))]


async def test_what_was_written_is_read_again(store: CallStore) -> None:
    minute = Minute([sample(leg(loss=0.25, mos=2.5), rtt_ms=33.5)], [Moment(START_MS, "joined")])
    await store.put([call(7)], [stay(7, 8)], [MinuteRow(7, 8, START_MS, minute)])
    assert await store.call(7) == call(7)
    assert await store.call(6) is None
    (kept,) = await store.stays(7)
    assert kept == stay(7, 8)
    assert (unpack_digest(kept.digest).reconnects, unpack_tracks(kept.tracks)[0].source) == (3, "microphone")
    assert await store.minutes(7, 8) == [(START_MS, minute)]
    assert await store.minutes(7, 8, from_ms=START_MS + 1) == []
    assert await store.minutes(7, 9) == []


async def test_later_words_replace_earlier_ones(store: CallStore) -> None:
    await store.put([call(7, ended_at_ms=None)], [stay(7, 8)], [MinuteRow(7, 8, START_MS, Minute())])
    later = Minute(moments=[Moment(START_MS, "left")])
    ended = stay(7, 8, ended_at_ms=START_MS + 9, left_because="client_initiated")
    await store.put([call(7, cause="loss")], [ended], [MinuteRow(7, 8, START_MS, later)])
    assert (await store.page(Wanted()))[0].cause == "loss"
    assert await store.stays(7) == [ended]
    assert await store.minutes(7, 8) == [(START_MS, later)]


async def test_calls_are_found_by_name_life_and_quality_the_newest_first(store: CallStore) -> None:
    await store.put(
        [
            call(1, search=folded("Lounge", "Änne", "50%_off")),
            call(2, ended_at_ms=None, worst_mos=2100, search=folded("Stage")),
            call(3, worst_mos=0, search=folded("lounge two")),
        ],
        [],
        [],
    )
    assert await ids(store) == [3, 2, 1]
    assert await ids(store, query="LOUNGE") == [3, 1]
    assert await ids(store, query="änN") == [1]
    assert await ids(store, query="50%_") == [1]
    assert await ids(store, query="_") == [1]
    assert await ids(store, live=True) == [2]
    assert await ids(store, live=False) == [3, 1]
    assert await ids(store, mos_min=0.001, mos_max=3.499) == [2]
    assert await ids(store, limit=2) == [3, 2]
    assert await ids(store, before=2) == [1]


async def test_more_than_one_transaction_holds_is_written_in_several(store: CallStore) -> None:
    await store.put([call(7)], [stay(7, stay_id) for stay_id in range(1, OPS_MAX + 50)], [])
    assert len(await store.stays(7)) == OPS_MAX + 49


async def test_what_a_killed_process_left_open_ends_where_it_was_last_seen(store: CallStore) -> None:
    open_one = call(1, ended_at_ms=None, seen_at_ms=START_MS + 5)
    elsewhere = call(2, ended_at_ms=None, node_id="ND_other")
    await store.put([open_one, elsewhere], [stay(1, 10), stay(2, 20)], [])
    await store.end_left_open("ND_one")
    assert [row.ended_at_ms for row in await store.page(Wanted())] == [None, START_MS + 5]
    (ended,), (going,) = await store.stays(1), await store.stays(2)
    assert (ended.ended_at_ms, ended.left_because) == (START_MS + 5, "server_stopped")
    assert (going.ended_at_ms, going.left_because) == (None, "")


async def test_what_is_old_is_forgotten_whole_and_what_lasts_keeps_its_frame(store: CallStore) -> None:
    old, new = START_MS - 1, START_MS
    minutes = [MinuteRow(call_id, 1, at_ms, Minute()) for call_id in (1, 2) for at_ms in (old, new)]
    await store.put([call(1, ended_at_ms=old), call(2, ended_at_ms=None)], [stay(1, 1), stay(2, 1)], minutes)
    assert await store.forget(START_MS, 1000) == 2
    assert await ids(store) == [2]
    assert await store.stays(1) == []
    assert len(await store.stays(2)) == 1
    assert [at_ms for at_ms, _ in await store.minutes(2, 1)] == [new]


async def test_more_than_may_be_kept_loses_its_oldest(store: CallStore) -> None:
    minutes = [MinuteRow(1, 1, START_MS + index * MINUTE_MS, Minute()) for index in range(10)]
    await store.put([call(1)], [], minutes)
    assert await store.forget(0, 4) == 6
    assert [at_ms for at_ms, _ in await store.minutes(1, 1)] == [START_MS + index * MINUTE_MS for index in range(6, 10)]
