"""Files that look like an entry of the match list: kept back, looked at, and let through or removed.

A file is compared when it was inspected, in the transaction that makes it ready, and again when the list grew. One that
matches is never delivered from its transaction on. All its bytes stay, whoever lets go of it, until somebody decides.

Calling contract: `rescan` every now and then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

from hubbub.kernel import telemetry
from hubbub.kernel.clock import Clock
from hubbub.kernel.snowflake import SNOWFLAKE_MAX
from hubbub.media.adapters import asset_statements, cold_statements, job_statements, upload_statements
from hubbub.media.adapters import match_statements as statements
from hubbub.media.adapters.asset_store import AssetStore, holding, letting_go
from hubbub.media.adapters.match_statements import Held
from hubbub.media.domain.asset import Asset, mezzanine_folder, variant_folder
from hubbub.media.domain.match_file import MatchAction
from hubbub.media.domain.perceptual import Fingerprint
from hubbub.media.domain.quarantine import SENTENCES, Case, CaseState, code_of, holder_of
from hubbub.media.quarantine_errors import CaseDecided, CaseUnknown
from hubbub.media.service.match_list import Known, Match, MatchList
from hubbub.storage.errors import RecordConflict
from hubbub.storage.objects import Objects
from hubbub.storage.records.port import Op, Records

RESCAN_AT_ONCE: Final = 200
"""Files that are compared anew in one step, of a tenth of a second."""
_RENDER_MS: Final = 60_000
"""A variant on its way is stored by then."""
_log = telemetry.logger("hubbub.media")


class Rescan(NamedTuple):
    """How far comparing all files anew is."""

    left: int
    """Files that are still to be compared."""


class Preview(NamedTuple):
    """A still of a file that is kept back: our own encoding, not what was sent."""

    content: bytes
    content_type: str


class QuarantinePorts(NamedTuple):
    """What quarantine works with."""

    records: Records
    objects: Objects
    clock: Clock
    next_id: Callable[[], int]
    matches: MatchList
    distance_max: int
    """Bits of 256 in which a picture may differ from an entry, to match it."""
    reconsider: Callable[[int], Sequence[Op]] = lambda _: ()
    """Returns what belongs into each transaction that changes whether a file, once ready, may be shown."""
    changed: Callable[[int], None] = lambda _: None
    """Told of such a file after its transaction."""


class Quarantine:
    """Everything that was kept back."""

    def __init__(self, ports: QuarantinePorts, forget: Callable[[int], Awaitable[object]] | None = None) -> None:
        """Work with `ports`; `forget` is told to drop what this process holds rendered of a file."""
        self._ports = ports
        self._records = ports.records
        self._assets = AssetStore(ports.records)
        self._forget = forget
        self.distance_max = ports.distance_max
        self.matches = ports.matches

    async def screen(self, asset: Asset, fingerprint: Fingerprint | None) -> list[Op]:
        """Return what belongs behind the operation that makes an asset ready: its hash, and its case if it matches."""
        if fingerprint is None:
            return []
        known = await self.matches.known()
        version = known.version if fingerprint.is_recognisable else statements.NEVER
        row = {"asset_id": asset.id, **fingerprint._asdict(), "checked_version": version}
        ops = [Op(statements.PUT_HASH, row)]
        found = known.matches(fingerprint, self.distance_max)
        return [*ops, *self._keeping_back(asset, fingerprint, _worst(found))] if found else ops

    async def rescan(self, limit: int = RESCAN_AT_ONCE) -> int:
        """Compare some files with the list that grew since they were compared last; return how many."""
        versions = await self.matches.versions()
        asked = {"rescan_version": versions.rescan_version, "row_limit": limit}
        files = await self._records.fetch(statements.TO_CHECK, asked) if versions.rescan_version else []
        if not files:
            return 0
        known = await self.matches.known()
        found = await asyncio.to_thread(self._found, known, [Fingerprint(each.pdq, each.quality) for each in files])
        for file, matches in zip(files, found, strict=True):
            if matches:
                await self._keep_back(file.asset_id, Fingerprint(file.pdq, file.quality), matches)
        checked = {"asset_ids": [each.asset_id for each in files], "new_version": known.version}
        await self._records.write([Op(statements.CHECKED, checked)])
        return len(files)

    async def hash_of(self, asset_id: int) -> bytes | None:
        """Return the hash of a file; None when none is known."""
        found = await self._records.fetch_one(statements.HASH, {"asset_id": asset_id})
        return None if found is None else found.pdq

    async def progress(self) -> Rescan:
        """Return how far comparing anew is."""
        versions = await self.matches.versions()
        asked = {"rescan_version": versions.rescan_version}
        return Rescan(await self._records.fetch_one(statements.TO_CHECK_COUNT, asked) or 0)

    async def page(
        self, states: Sequence[CaseState] = (CaseState.HELD,), limit: int = 50, before_id: int | None = None
    ) -> list[Case]:
        """Return cases, the newest first; `before_id` is the last of the page before."""
        asked = {
            "of_states": [each.value for each in states],
            "before_id": SNOWFLAKE_MAX if before_id is None else before_id,
            "row_limit": limit,
        }
        return await self._records.fetch(statements.CASES_PAGE, asked)

    async def counted(self) -> list[Held]:
        """Return how many cases of each state there are."""
        return await self._records.fetch(statements.CASES_COUNT)

    async def get(self, case_id: int) -> Case:
        """Return a case; raises `CaseUnknown`."""
        case = await self._records.fetch_one(statements.CASE, {"case_id": case_id})
        if case is None:
            raise CaseUnknown
        return case

    async def preview(self, case_id: int) -> Preview:
        """Return a still of what is kept back.

        Raises:
            CaseUnknown: There is no such case, or nothing is left to be seen.
        """
        case = await self.get(case_id)
        still = await self._records.fetch_one(statements.STILL, {"asset_id": case.asset_id})
        if still is None or case.state == CaseState.DELETED.value:
            raise CaseUnknown
        return Preview(await self._ports.objects.get(still[0]), still[1])

    async def release(self, case_id: int, by: str) -> Case:
        """Let a file through: it is delivered again, and not kept back for this entry any more.

        Raises:
            CaseUnknown: There is no such case.
            CaseDecided: Somebody decided already.
        """
        case = await self.get(case_id)
        return await self._decide(case, CaseState.RELEASED, by, [_expect(statements.RELEASE, case.asset_id)])

    async def delete(self, case_id: int, by: str) -> Case:
        """Remove a file's bytes, and all that was made of them; its hash and the case stay. Raises as `release`."""
        case = await self.get(case_id)
        asset = await self._assets.get(case.asset_id)
        return await self._decide(case, CaseState.DELETED, by, [] if asset is None else await self._removing(asset))

    async def _decide(self, case: Case, state: CaseState, by: str, ops: Sequence[Op]) -> Case:
        now_ms = self._ports.clock.unix_ms()
        params = {"case_id": case.id, "new_state": state.value, "new_decided_at_ms": now_ms, "new_by": by}
        decided = Op(statements.DECIDE, params, expect=1)
        freed = letting_go(case.asset_id, holder_of(case.id))
        try:
            await self._records.write([decided, *ops, *freed, *self._ports.reconsider(case.asset_id)])
        except RecordConflict as conflict:
            raise CaseDecided from conflict
        _log.info("media.case_decided", case=case.id, asset=case.asset_id, state=state.value, by=by)
        await self._tell(case.asset_id)
        return case._replace(state=state.value, decided_at_ms=now_ms, decided_by=by)

    async def _removing(self, asset: Asset) -> list[Op]:
        now_ms, of_it = self._ports.clock.unix_ms(), {"asset_id": asset.id}
        segments = await self._records.fetch(upload_statements.SEGMENTS, {"upload_id": asset.upload_id})
        folders = {f"media/segments/{asset.upload_id}", mezzanine_folder(asset.id)}
        folders.update("/".join(segment.object_key.split("/")[:3]) for segment in segments)
        return [
            _expect(statements.REMOVE, asset.id),
            Op(asset_statements.DELETE_DERIVED, of_it),
            Op(asset_statements.DELETE_WAVEFORM, of_it),
            Op(job_statements.DELETE_OF_ASSET, of_it),
            Op(upload_statements.DELETE_SEGMENTS, {"upload_id": asset.upload_id}),
            Op(cold_statements.DELETE, {"upload_id": asset.upload_id}),
            *(Op(upload_statements.LEAVE, {"folder": each, "due_at_ms": now_ms}) for each in sorted(folders)),
            *_variants_left(asset.id, now_ms),
        ]

    async def _keep_back(self, asset_id: int, fingerprint: Fingerprint, matches: Sequence[Match]) -> None:
        """Keep a file back that was ready, unless it was let through for every entry that it matches."""
        cases = await self._records.fetch(statements.CASES_OF, {"asset_id": asset_id})
        released = {each.entry_pdq for each in cases if each.state == CaseState.RELEASED.value}
        left = [each for each in matches if each.entry.pdq not in released]
        asset = await self._assets.get(asset_id) if left else None
        if asset is None:
            return
        ops = self._keeping_back(asset, fingerprint, _worst(left))
        ops += [*_variants_left(asset_id, self._ports.clock.unix_ms()), *self._ports.reconsider(asset_id)]
        try:
            await self._records.write(ops)
        except RecordConflict:
            return  # gone, refused or kept back already
        await self._tell(asset_id)

    def _keeping_back(self, asset: Asset, fingerprint: Fingerprint, match: Match) -> list[Op]:
        now_ms, entry = self._ports.clock.unix_ms(), match.entry
        case = Case(
            id=self._ports.next_id(),
            asset_id=asset.id,
            state=CaseState.HELD.value,
            action=entry.action,
            label=entry.label,
            entry_pdq=entry.pdq,
            asset_pdq=fingerprint.pdq,
            distance=match.distance,
            owner=asset.owner,
            name=asset.name,
            kind=asset.kind,
            size_bytes=asset.size_bytes,
            found_at_ms=now_ms,
            decided_at_ms=0,
            decided_by="",
        )
        code = code_of(entry.action)
        why = {"asset_id": asset.id, "new_code": code, "new_message": SENTENCES[code]}
        _log.warning("media.kept_back", case=case.id, asset=asset.id, action=entry.action, distance=match.distance)
        return [
            Op(statements.QUARANTINE, why, expect=1),
            Op(statements.OPEN_CASE, case._asdict(), expect=1),
            *holding(asset.id, holder_of(case.id), now_ms),
        ]

    def _found(self, known: Known, fingerprints: Sequence[Fingerprint]) -> list[list[Match]]:
        return [known.matches(each, self.distance_max) for each in fingerprints]

    async def _tell(self, asset_id: int) -> None:
        if self._forget is not None:
            await self._forget(asset_id)
        self._ports.changed(asset_id)


def _worst(matches: Sequence[Match]) -> Match:
    """Return the match that counts: one that blocks before one that is looked at, then the nearest."""
    return min(matches, key=lambda each: (each.entry.action != MatchAction.BLOCK.value, each.distance, each.entry.id))


def _expect(statement: object, asset_id: int) -> Op:
    return Op(statement, {"asset_id": asset_id}, expect=1)  # type: ignore[arg-type]


def _variants_left(asset_id: int, now_ms: int) -> list[Op]:
    """Return what has the variants of a file removed, also where no server runs that holds them."""
    folder = variant_folder(asset_id)
    return [
        Op(asset_statements.VARIANTS_FORGOTTEN, {"asset_id": asset_id}),
        Op(upload_statements.LEAVE, {"folder": folder, "due_at_ms": now_ms + _RENDER_MS}),
    ]
