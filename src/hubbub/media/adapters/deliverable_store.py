"""What delivery asks of the tables: files that are ready, and accounts of their variants."""

from __future__ import annotations

import asyncio

from hubbub.media.adapters import asset_statements as statements
from hubbub.media.adapters import upload_statements
from hubbub.media.domain.asset import FIRST, MEZZANINE, PLAYABLE, STREAM, VARIANT, Asset, AssetState, Derived
from hubbub.media.domain.deliverable import Deliverable, StoredMezzanine, StoredSegment, StoredStream
from hubbub.media.domain.kinds import Format, Kind
from hubbub.media.domain.quarantine import BLOCKED_CODE
from hubbub.media.errors import AssetUnknown
from hubbub.media.quarantine_errors import AssetQuarantined, AssetUnderReview
from hubbub.media.service.variants import MadeVariant
from hubbub.storage.errors import RecordConflict
from hubbub.storage.records.port import Op, Records

_MOVING = "moving"
"""The one mezzanine that has more than one frame."""


class DeliverableStore:
    """Files that are ready."""

    def __init__(self, records: Records) -> None:
        """Look into `records`."""
        self._records = records

    async def find(self, asset_id: int) -> Deliverable | None:
        """Return a file as it is delivered; None when there is none, it is not ready, or nobody holds it any more.

        Raises:
            AssetQuarantined: It is kept back.
            AssetUnderReview: Likewise, until somebody looked at it.
        """
        asset = await self._records.fetch_one(statements.GET, {"asset_id": asset_id})
        if asset is None or not asset.holders:
            return None
        if asset.state == AssetState.QUARANTINED.value:
            raise AssetQuarantined if asset.error_code == BLOCKED_CODE else AssetUnderReview
        if asset.state != AssetState.READY.value:
            return None
        derived, segments = await asyncio.gather(
            self._records.fetch(statements.DERIVED, {"asset_id": asset_id}),
            self._records.fetch(upload_statements.SEGMENTS, {"upload_id": asset.upload_id}),
        )
        file = Deliverable(
            asset_id=asset.id,
            owner=asset.owner,
            kind=Kind(asset.kind),
            content_type=_content_type(asset),
            size_bytes=asset.size_bytes,
            name=asset.file_name,
            segments=tuple(StoredSegment(each.object_key, each.size_bytes) for each in segments),
            mezzanines=tuple(_mezzanine(asset, each) for each in derived if each.storage_class == MEZZANINE),
            is_public=False,
            streams=tuple(_stream(each) for each in derived if each.storage_class == STREAM),
        )
        played = {each.name: each for each in derived if each.storage_class == PLAYABLE}
        if FIRST in played:  # also beside a better one: somebody is in the middle of it
            return _played(file, played[FIRST])._replace(is_settled=False)
        return _played(file, played[PLAYABLE]) if PLAYABLE in played else file


class VariantAccounts:
    """Accounts for variants, beside what else was made of an asset."""

    def __init__(self, records: Records) -> None:
        """Keep accounts in `records`."""
        self._records = records

    async def made(self, variant: MadeVariant) -> None:
        """Note a variant.

        Raises:
            AssetUnknown: The asset was removed meanwhile; nothing may be stored for it.
        """
        derived = Derived(
            asset_id=variant.asset_id,
            name=variant.name,
            storage_class=VARIANT,
            object_key=variant.object_key,
            content_type=variant.content_type,
            width=variant.width,
            height=variant.height,
            size_bytes=variant.size_bytes,
            created_at_ms=variant.made_at_ms,
        )
        still_there = Op(statements.STILL_THERE, {"asset_id": variant.asset_id}, expect=1)
        try:
            await self._records.write([still_there, Op(statements.KEEP_DERIVED, derived._asdict())])
        except RecordConflict as conflict:
            raise AssetUnknown from conflict

    async def forgotten(self, asset_id: int) -> None:
        """Note that no variant of an asset is stored any more."""
        await self._records.write([Op(statements.VARIANTS_FORGOTTEN, {"asset_id": asset_id})])

    async def assets_of(self, owner: str) -> list[int]:
        """Return the assets of an owner that have variants."""
        return await self._records.fetch(statements.WITH_VARIANTS, {"of_owner": owner})


def _content_type(asset: Asset) -> str:
    """Return what the original's bytes are; a recording's container tells less than what was found in it."""
    found = Format[asset.format]
    return asset.content_type if found.kind in {Kind.VIDEO, Kind.AUDIO} else found.value.content_type


def _played(file: Deliverable, playable: Derived) -> Deliverable:
    """Return a recording as it is delivered: what was made to play, and never the original."""
    segments = (StoredSegment(playable.object_key, playable.size_bytes),)
    return file._replace(content_type=playable.content_type, size_bytes=playable.size_bytes, segments=segments)


def _stream(derived: Derived) -> StoredStream:
    return StoredStream(derived.name, derived.object_key, derived.content_type, derived.size_bytes)


def _mezzanine(asset: Asset, derived: Derived) -> StoredMezzanine:
    return StoredMezzanine(
        name=derived.name,
        object_key=derived.object_key,
        width=derived.width,
        height=derived.height,
        frames=max(2, asset.frames) if derived.name == _MOVING else 1,
        has_alpha=asset.alpha,
    )
