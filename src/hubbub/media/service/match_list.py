"""The operator's list of pictures that are not wanted, and which of them a picture looks like.

The whole list is held in memory, for lookups in half a millisecond, and read again when its version in the records is
another: so a change by one process holds for all of them from its commit on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from hubbub.kernel.clock import Clock
from hubbub.kernel.snowflake import SNOWFLAKE_MAX
from hubbub.media.adapters import match_statements as statements
from hubbub.media.adapters.match_statements import ONLY, Entry, Versions
from hubbub.media.domain.match_file import Listed
from hubbub.media.domain.match_index import MatchIndex
from hubbub.media.domain.perceptual import Fingerprint
from hubbub.media.quarantine_errors import MatchUnknown
from hubbub.storage.records.port import Op, Records

_AT_ONCE: Final = 500
"""Entries of one transaction."""


class Match(NamedTuple):
    """An entry that a picture looks like."""

    entry: Entry
    distance: int
    """Bits in which the two differ."""


class Known(NamedTuple):
    """The list as it was at some moment."""

    version: int
    entries: Sequence[Entry]
    near: MatchIndex

    def matches(self, fingerprint: Fingerprint, distance_max: int) -> list[Match]:
        """Return what a picture looks like, the nearest first; nothing for one that is too plain to tell."""
        if not fingerprint.is_recognisable:
            return []
        near = self.near.near(fingerprint.pdq, distance_max)
        return [Match(self.entries[each.place], each.distance) for each in near]


class MatchList:
    """Every entry."""

    def __init__(self, records: Records, clock: Clock, next_id: Callable[[], int]) -> None:
        """Keep it in `records`."""
        self._records = records
        self._clock = clock
        self._next_id = next_id
        self._known = Known(0, (), MatchIndex(()))
        self._reading = asyncio.Lock()

    async def versions(self) -> Versions:
        """Return how often the list changed."""
        return await self._records.fetch_one(statements.VERSIONS) or Versions(0, 0)

    async def known(self) -> Known:
        """Return the list as it is now."""
        if (await self.versions()).version == self._known.version:
            return self._known
        async with self._reading:
            # Read before the entries: with a later change they are newer than it says, and are read once more.
            version = (await self.versions()).version
            if version != self._known.version:
                entries = await self._records.fetch(statements.ENTRIES)
                index = await asyncio.to_thread(MatchIndex, [each.pdq for each in entries])
                self._known = Known(version, entries, index)
            return self._known

    async def add(self, entries: Sequence[Listed], added_by: str) -> int:
        """Add entries, or give those that are there their new label and action; return how many there were.

        All files are compared with the list anew, a few at a time.
        """
        now_ms = self._clock.unix_ms()
        for start in range(0, len(entries), _AT_ONCE):
            some = entries[start : start + _AT_ONCE]
            rows = [Entry(self._next_id(), each.pdq, each.label, each.action.value, added_by, now_ms) for each in some]
            await self._records.write(
                [*(Op(statements.PUT_ENTRY, row._asdict(), expect=1) for row in rows), _changed(longer=True)]
            )
        return len(entries)

    async def remove(self, pdq: bytes) -> Entry:
        """Remove an entry and return it; what was kept back because of it stays so until somebody decides.

        Raises:
            MatchUnknown: There is none of this hash.
        """
        entry = await self._records.fetch_one(statements.ENTRY_OF, {"of_pdq": pdq})
        if entry is None:
            raise MatchUnknown
        await self._records.write([Op(statements.DELETE_ENTRY, {"of_pdq": pdq}), _changed(longer=False)])
        return entry

    async def page(self, query: str = "", limit: int = 100, before_id: int | None = None) -> list[Entry]:
        """Return entries, the newest first.

        Args:
            query: Part of the label, or a whole hash; empty for all.
            limit: Most entries.
            before_id: Only those that were added before this one; None begins with the newest.
        """
        escaped = query.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        asked = {
            "like": f"%{escaped}%" if query else "",
            "before_id": SNOWFLAKE_MAX if before_id is None else before_id,
            "row_limit": limit,
        }
        return await self._records.fetch(statements.ENTRIES_PAGE, asked)

    async def find(self, pdq: bytes) -> Entry | None:
        """Return the entry of a hash."""
        return await self._records.fetch_one(statements.ENTRY_OF, {"of_pdq": pdq})

    async def count(self) -> int:
        """Return how many entries there are."""
        return await self._records.fetch_one(statements.ENTRIES_COUNT) or 0

    async def compare_anew(self) -> None:
        """Have every file compared with the list anew, as after its threshold was changed."""
        await self._records.write([_changed(longer=True)])


def _changed(*, longer: bool) -> Op:
    first = {"n": ONLY, "version": 1, "rescan_version": 1 if longer else 0}
    return Op(statements.LENGTHEN if longer else statements.SHORTEN, first)
