"""Pictures that are not wanted, and what was kept back because of them, as operators look after both."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import msgspec

from hubbub.app.operations.requests import (
    AddMatches,
    CompareAnew,
    DecideCase,
    ListMatches,
    ListQuarantine,
    RemoveMatch,
)
from hubbub.media.domain.quarantine import CaseState
from hubbub.media.service.review import CaseLine, Review, hash_named, listed

Facts = dict[str, object]
_OPERATOR = "command line"


class ModerationOperations:
    """What an operator asks and decides on a terminal."""

    def __init__(self, review: Review) -> None:
        """Ask `review`."""
        self._review = review

    async def perform(
        self, request: AddMatches | RemoveMatch | ListMatches | CompareAnew | ListQuarantine | DecideCase
    ) -> Facts:
        """Do `request`; return its facts.

        Raises:
            MatchRefused: What is to be added is no hash, or no action.
            MatchUnknown: The list has no such hash.
            CaseUnknown: There is no such case.
            CaseDecided: Somebody decided already.
        """
        matches, quarantine = self._review.matches, self._review.quarantine
        match request:
            case AddMatches(entries=entries):
                hashes = [await self._review.hash_of(each.hash) for each in entries]
                added = [listed(pdq, each.label, each.action) for pdq, each in zip(hashes, entries, strict=True)]
                return {"added": await matches.add(added, _OPERATOR), "entries": await matches.count()}
            case RemoveMatch(hash=text):
                removed = await matches.remove(hash_named(text))
                return {"removed": removed.pdq.hex(), "label": removed.label}
            case ListMatches(query=query, limit=limit):
                found = await self._review.entries(query, limit)
                return {"matches": msgspec.to_builtins(found), "entries": await matches.count()}
            case CompareAnew():
                await matches.compare_anew()
                return {"files_to_compare": (await quarantine.progress()).left}
            case ListQuarantine(decided=decided, limit=limit):
                states = (CaseState.RELEASED, CaseState.DELETED) if decided else (CaseState.HELD,)
                overview = await self._review.overview(states, limit)
                told = cast("Facts", msgspec.to_builtins(overview))
                return {**told, "cases": [_told(each) for each in overview.cases]}
            case DecideCase(case_id=case_id, delete=delete, by=by):
                decided_case = await (quarantine.delete if delete else quarantine.release)(case_id, by)
                return {"case": str(case_id), "state": decided_case.state}


def _told(case: CaseLine) -> Facts:
    told = cast("Facts", msgspec.to_builtins(case))
    del told["thumbhash"]
    found = datetime.fromtimestamp(case.found_at_ms / 1000, UTC)
    return {**told, "found": found.isoformat(timespec="seconds")}
