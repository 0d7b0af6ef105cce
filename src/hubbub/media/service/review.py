"""Cases as operators see them: who sent what, where it is shown, and how near it is to what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

import msgspec

from hubbub.kernel.snowflake import SNOWFLAKE_MAX
from hubbub.media.adapters.asset_store import AssetStore
from hubbub.media.adapters.match_statements import Entry
from hubbub.media.domain.match_file import BadLine, Listed, MatchAction, clean_label, parse_hash, parse_list
from hubbub.media.domain.quarantine import Case, CaseState
from hubbub.media.quarantine_errors import MatchRefused
from hubbub.media.service.match_list import MatchList
from hubbub.media.service.quarantine import Quarantine
from hubbub.storage.records.port import Records

LINES_MAX: Final = 200_000
"""Lines of a list that are taken at once."""
_NUMBER_DIGITS_MAX: Final = 19
_USES_MAX: Final = 20
"""Places of one file that are told of."""


class Use(msgspec.Struct, frozen=True):
    """A place where a file is needed."""

    kind: str
    """``message``, ``direct``, ``avatar``, ``icon``, ``emoji``, ``link``, ``upload``, or ``other``."""
    text: str
    """As an operator reads it; empty when nothing more is known."""
    path: str = ""
    """Of the place in the web client; empty for none."""


class Whereabouts(Protocol):
    """Who knows whose files are, and where they are shown."""

    async def sender(self, owner: str) -> str:
        """Return whose a file is, as an operator reads it."""
        ...

    async def use(self, asset_id: int, holder: str) -> Use | None:
        """Return the place that holds a file under a name; None for what is no place."""
        ...


class CaseLine(msgspec.Struct, frozen=True):
    """A case, ready for JSON. Ids are strings: they are larger than what JavaScript counts with."""

    id: str
    asset_id: str
    state: str
    action: str
    label: str
    hash: str
    """Of the entry, in hexadecimal."""
    distance: int
    sender: str
    name: str
    kind: str
    size_bytes: int
    width: int
    height: int
    thumbhash: bytes | None
    uses: list[Use]
    found_at_ms: int
    decided_at_ms: int
    decided_by: str


class EntryLine(msgspec.Struct, frozen=True):
    """An entry of the match list, ready for JSON."""

    id: str
    hash: str
    label: str
    action: str
    added_by: str
    added_at_ms: int


class Overview(msgspec.Struct, frozen=True):
    """What operators see of what is kept back."""

    cases: list[CaseLine]
    held: int
    released: int
    deleted: int
    rescan_left: int
    """Files that are still to be compared with a list that grew."""
    entries: int
    """Of the match list."""
    distance_max: int


class Added(NamedTuple):
    """What became of a list."""

    added: int
    bad: list[BadLine]


class Review:
    """What operators ask and decide."""

    def __init__(self, quarantine: Quarantine, matches: MatchList, records: Records, places: Whereabouts) -> None:
        """Ask `quarantine` and `matches`; `places` knows people and channels."""
        self.quarantine = quarantine
        self.matches = matches
        self._assets = AssetStore(records)
        self._places = places

    async def overview(self, states: Sequence[CaseState], limit: int, before_id: int | None = None) -> Overview:
        """Return cases of `states`, the newest first, and how many of each there are."""
        cases = await self.quarantine.page(states, limit, before_id)
        counts = {each.state: each.number for each in await self.quarantine.counted()}
        progress = await self.quarantine.progress()
        return Overview(
            cases=[await self.line(each) for each in cases],
            held=counts.get(CaseState.HELD.value, 0),
            released=counts.get(CaseState.RELEASED.value, 0),
            deleted=counts.get(CaseState.DELETED.value, 0),
            rescan_left=progress.left,
            entries=await self.matches.count(),
            distance_max=self.quarantine.distance_max,
        )

    async def line(self, case: Case) -> CaseLine:
        """Return a case with all that is known of it now."""
        asset = await self._assets.get(case.asset_id)
        holders = [] if asset is None else (await self._assets.holders(case.asset_id))[:_USES_MAX]
        uses = [await self._places.use(case.asset_id, holder) for holder in holders]
        return CaseLine(
            id=str(case.id),
            asset_id=str(case.asset_id),
            state=case.state,
            action=case.action,
            label=case.label,
            hash=case.entry_pdq.hex(),
            distance=case.distance,
            sender=await self._places.sender(case.owner),
            name=case.name,
            kind=case.kind,
            size_bytes=case.size_bytes,
            width=0 if asset is None else asset.width,
            height=0 if asset is None else asset.height,
            thumbhash=None if asset is None else asset.thumbhash,
            uses=[each for each in uses if each is not None],
            found_at_ms=case.found_at_ms,
            decided_at_ms=case.decided_at_ms,
            decided_by=case.decided_by,
        )

    async def add(self, text: str, label: str, action: str, by: str) -> Added:
        """Add all hashes of `text`, as `parse_list` reads it; lines that cannot be read are returned.

        Raises:
            MatchRefused: The action is none, or there are too many lines.
        """
        acts = action_named(action)
        lines = text.splitlines()
        if len(lines) > LINES_MAX:
            raise MatchRefused("text", f"At most {LINES_MAX:,} lines are taken at once.")
        parsed = parse_list(lines, clean_label(label), acts)
        return Added(await self.matches.add(parsed.entries, by), parsed.bad)

    async def hash_of(self, text: str) -> bytes:
        """Return a hash, or that of the file whose number is told instead; raises `MatchRefused` for anything else."""
        if text.isascii() and text.isdecimal() and len(text) <= _NUMBER_DIGITS_MAX and int(text) <= SNOWFLAKE_MAX:
            pdq = await self.quarantine.hash_of(int(text))
            if pdq is None:
                raise MatchRefused("hash", "There is no picture of this number of which a hash is known.")
            return pdq
        return hash_named(text)

    async def entries(self, query: str, limit: int, before_id: int | None = None) -> list[EntryLine]:
        """Return entries whose label has `query` in it, or the one of that hash; the newest first."""
        pdq = parse_hash(query)
        if pdq is None:
            return [entry_line(each) for each in await self.matches.page(query, limit, before_id)]
        found = await self.matches.find(pdq)
        return [] if found is None else [entry_line(found)]


def hash_named(text: str) -> bytes:
    """Return a hash; raises `MatchRefused` for what is none."""
    pdq = parse_hash(text)
    if pdq is None:
        raise MatchRefused("hash", "A PDQ hash has 64 hexadecimal digits.")
    return pdq


def action_named(text: str) -> MatchAction:
    """Return an action; raises `MatchRefused` for what is none."""
    if text not in set(MatchAction):
        raise MatchRefused("action", f"The action is {MatchAction.BLOCK} or {MatchAction.REVIEW}.")
    return MatchAction(text)


def listed(pdq: bytes, label: str, action: str) -> Listed:
    """Return an entry as it is added; raises `MatchRefused`."""
    return Listed(pdq, clean_label(label), action_named(action))


def entry_line(entry: Entry) -> EntryLine:
    """Return an entry, ready for JSON."""
    told = (entry.label, entry.action, entry.added_by, entry.added_at_ms)
    return EntryLine(str(entry.id), entry.pdq.hex(), *told)
