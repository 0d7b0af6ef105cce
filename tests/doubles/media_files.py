"""Files that are ready to be delivered, in memory, and renders that can be counted and held."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from hubbub.media.domain.deliverable import Deliverable, StoredMezzanine, StoredSegment
from hubbub.media.domain.kinds import Kind
from hubbub.media.domain.picture import Rendered
from hubbub.media.domain.rendition import Rendition
from hubbub.media.service.variants import MadeVariant
from hubbub.storage.objects import Objects

JPEG = b"\xff\xd8\xff\xe0"


@dataclass
class Files:
    """Twin of the assets, and of the ledger of their variants."""

    objects: Objects
    held: dict[int, Deliverable] = field(default_factory=dict)
    accounts: dict[str, MadeVariant] = field(default_factory=dict)

    async def find(self, asset_id: int) -> Deliverable | None:
        return self.held.get(asset_id)

    async def made(self, variant: MadeVariant) -> None:
        self.accounts[variant.object_key] = variant

    async def forgotten(self, asset_id: int) -> None:
        self.accounts = {key: each for key, each in self.accounts.items() if each.asset_id != asset_id}

    async def assets_of(self, owner: str) -> list[int]:
        return [each.asset_id for each in self.accounts.values() if each.owner == owner]

    async def add_file(self, asset_id: int, *segments: bytes, **changes: Any) -> Deliverable:
        """Keep an original of so many segments."""
        kept = []
        for place, content in enumerate(segments):
            kept.append(StoredSegment(f"media/segments/{asset_id}/{place}", len(content)))
            await self.objects.put(kept[-1].object_key, content)
        size = sum(map(len, segments))
        made = Deliverable(asset_id, "key/a", Kind.FILE, "video/mp4", size, "film.mp4", tuple(kept), (), is_public=True)
        self.held[asset_id] = made._replace(**changes)
        return self.held[asset_id]

    async def add_picture(
        self, asset_id: int, mezzanines: list[tuple[bytes, int, int, int]], **changes: Any
    ) -> Deliverable:
        """Keep a picture of so many mezzanines: bytes, width, height, frames."""
        kept = []
        for place, (content, width, height, frames) in enumerate(mezzanines):
            key = f"media/mezzanine/{asset_id}/{place}"
            kept.append(StoredMezzanine(str(place), key, width, height, frames, has_alpha=False))
            await self.objects.put(key, content)
        more = {"kind": Kind.IMAGE, "content_type": "image/jpeg", "name": "photo.jpg", "mezzanines": tuple(kept)}
        return await self.add_file(asset_id, b"original", **(more | changes))


@dataclass
class CountedRenders:
    """Renders that are nothing but their name; while `held` is set, none ends."""

    names: list[str] = field(default_factory=list)
    of: list[bytes] = field(default_factory=list)
    problem: Exception | None = None
    going: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.going.set()

    async def render_bytes(self, mezzanine: bytes, rendition: Rendition) -> Rendered:
        self.names.append(rendition.name)
        self.of.append(mezzanine)
        self.begun.set()
        await self.going.wait()
        if self.problem is not None:
            raise self.problem
        return Rendered(JPEG + rendition.name.encode(), rendition.format, rendition.width, rendition.height)
