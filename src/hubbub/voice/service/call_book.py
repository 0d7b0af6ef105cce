"""Calls for those who ask about them: a page of calls, one call with its people, one person's timeline.

Past calls come from the records; those that last as well, with what the recorder holds of them laid over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from hubbub.kernel.clock import Clock
from hubbub.kernel.errors import FieldProblem, InvalidForm
from hubbub.kernel.snowflake import SNOWFLAKE_MAX
from hubbub.voice.adapters.call_statements import CallRow, StayRow
from hubbub.voice.adapters.call_store import MINUTES_MAX, CallStore, Wanted
from hubbub.voice.domain.symptom import MOS_MIN
from hubbub.voice.errors import CallUnknown
from hubbub.voice.service.call_state import OpenCall, OpenStay
from hubbub.voice.service.call_view import CallDetail, CallLine, Timeline, detail, line, timeline
from hubbub.voice.service.quality import QualityRecorder

Choice = TypeVar("Choice")

GOOD_MOS = 4.0
"""From here people are satisfied (G.107 Annex B: R 80 is MOS 4.0)."""
LIMIT_MAX = 200
QUERY_CHARACTERS_MAX = 100
_QUALITIES = {
    "": (0.0, 5.0),
    "bad": (0.001, MOS_MIN - 0.001),
    "fair": (MOS_MIN, GOOD_MOS - 0.001),
    "good": (GOOD_MOS, 5.0),
}
_STATES = {"": None, "live": True, "past": False}


def wanted_calls(query: str, state: str, quality: str, *, limit: int, before: int = SNOWFLAKE_MAX) -> Wanted:
    """Return which calls are asked for.

    Args:
        query: Part of a person's, a channel's or a guild's name.
        state: ``live``, ``past`` or empty.
        quality: ``bad``, ``fair``, ``good`` or empty, by the worst ten seconds of anybody.
        limit: Most calls to return.
        before: Only calls with smaller ids.

    Raises:
        InvalidForm: One of them is not what it may be; the field is named.
    """
    words = query.strip()
    if len(words) > QUERY_CHARACTERS_MAX:
        raise _invalid("query", "BASE_TYPE_MAX_LENGTH", f"At most {QUERY_CHARACTERS_MAX} characters are searched.")
    if not 1 <= limit <= LIMIT_MAX:
        raise _invalid("limit", "NUMBER_TYPE_RANGE", f"A whole number from 1 to {LIMIT_MAX}.")
    lowest, highest = _choice("quality", quality, _QUALITIES)
    live = _choice("state", state, _STATES)
    return Wanted(query=words, live=live, mos_min=lowest, mos_max=highest, before=before, limit=limit)


def _choice(name: str, chosen: str, choices: Mapping[str, Choice]) -> Choice:
    if chosen not in choices:
        raise _invalid(name, "BASE_TYPE_CHOICES", f"One of {', '.join(filter(None, choices))}.")
    return choices[chosen]


def _invalid(name: str, code: str, sentence: str) -> InvalidForm:
    return InvalidForm(fields=[FieldProblem(name, code, sentence)])


class CallBook:
    """Answers questions about calls."""

    def __init__(self, store: CallStore, clock: Clock, recorder: QualityRecorder | None = None) -> None:
        """Read from `store`; `recorder` knows the calls that last, where they last in this process."""
        self._store = store
        self._clock = clock
        self._recorder = recorder

    async def page(self, wanted: Wanted) -> list[CallLine]:
        """Return calls, the newest first."""
        now_ms = self._clock.unix_ms()
        live = {call.id: call for call in self._recorder.open.calls.values()} if self._recorder is not None else {}
        rows = await self._store.page(wanted)
        return [line(live[row.id].row(now_ms) if row.id in live else row) for row in rows]

    async def call(self, call_id: int) -> CallDetail:
        """Return one call.

        Raises:
            CallUnknown: There is none, or it was forgotten.
        """
        row, stays = await self._read(call_id)
        return detail(row, stays, self._clock.unix_ms())

    async def timeline(self, call_id: int, stay_id: int, from_ms: int = 0) -> Timeline:
        """Return one person's samples and moments from `from_ms` on, up to a day of them.

        Raises:
            CallUnknown: There is no such stay.
        """
        _, stays = await self._read(call_id)
        if all(stay.id != stay_id for stay in stays):
            raise CallUnknown("Nobody with this id was in the call.")
        kept = await self._store.minutes(call_id, stay_id, from_ms)
        minutes = dict(kept)
        open_stay = self._open_stay(call_id, stay_id)
        full = len(kept) >= MINUTES_MAX
        if open_stay is not None and not full:
            waiting = [*open_stay.closed, (open_stay.minute_ms, open_stay.minute)]
            minutes |= {at_ms: minute for at_ms, minute in waiting if at_ms >= from_ms}
        ordered = [minutes[at_ms] for at_ms in sorted(minutes)]
        return timeline(ordered, kept[-1][0] + 1 if full else None)

    async def _read(self, call_id: int) -> tuple[CallRow, list[StayRow]]:
        row = await self._store.call(call_id)
        stays = {stay.id: stay for stay in await self._store.stays(call_id)} if row is not None else {}
        call = self._open_call(call_id)
        if call is not None:
            row = call.row(self._clock.unix_ms())
            stays |= {stay.id: stay.row() for stay in call.everyone()}
        if row is None:
            raise CallUnknown
        return row, [stays[stay_id] for stay_id in sorted(stays)]

    def _open_call(self, call_id: int) -> OpenCall | None:
        recorder = self._recorder
        if recorder is None:
            return None
        known = [*recorder.open.calls.values(), *recorder.open.ended.values()]
        return next((call for call in known if call.id == call_id), None)

    def _open_stay(self, call_id: int, stay_id: int) -> OpenStay | None:
        call = self._open_call(call_id)
        return None if call is None else next((stay for stay in call.everyone() if stay.id == stay_id), None)
