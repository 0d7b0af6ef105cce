"""Delivery: from an address to the bytes that it opens, and away with them when they shall be forgotten."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Final, NamedTuple
from urllib.parse import quote

from blake3 import blake3

from hubbub.kernel.clock import Clock
from hubbub.kernel.snowflake import SNOWFLAKE_MAX
from hubbub.media.domain import accept as accepting
from hubbub.media.domain.conditional import Facts, Span
from hubbub.media.domain.deliverable import PATH, Deliverable, asset_tag, disposition, fitting, owner_tag, shown
from hubbub.media.domain.kinds import Kind
from hubbub.media.domain.rendition import Asked, parse, resolve
from hubbub.media.domain.signature import Signer
from hubbub.media.errors import AssetUnknown, AssetUnready
from hubbub.media.service.known_files import Deliverables, KnownFiles
from hubbub.media.service.variants import Variants
from hubbub.storage.objects import Objects

CHANGING_S: Final = 60
"""Seconds for which copies are used of what will change at its address."""
_ASSET_TAG = re.compile(rf"{asset_tag(0)[:-1]}(0|[1-9]\d{{0,18}})", re.ASCII)


class Opened(NamedTuple):
    """What an address opens."""

    asset: Deliverable
    facts: Facts
    disposition: str
    """Value of Content-Disposition."""
    negotiated: bool
    """Whether the Accept header had a say."""
    expires_s: int | None
    """Unix second at which the address is good no more; None for never."""
    content: bytes | None
    """A variant's bytes; None for the original, which is read from its segments."""
    fresh_s: int | None = None
    """Seconds for which a copy may be used unasked; None for as long as the address is good: it never changes."""


class Deliveries:
    """Everything that is delivered."""

    def __init__(
        self,
        assets: Deliverables,
        variants: Variants,
        objects: Objects,
        signer: Signer,
        clock: Clock,
        mark: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Deliver `assets`, whose bytes lie in `objects`; `mark` is told of each that is asked for."""
        self._assets = KnownFiles(assets, clock)
        self._variants = variants
        self._objects = objects
        self._signer = signer
        self._clock = clock
        self._mark = mark

    def address(self, asset: Deliverable) -> str:
        """Return the path and query that are good for `asset` now; the same for all within a bucket of time."""
        return asset.address if asset.is_public else self.address_of(asset.asset_id, asset.name)

    def address_of(self, asset_id: int, name: str, *, ends: bool = True) -> str:
        """Return the path and query that are good for a file now, whether or not there is one.

        Args:
            asset_id: Which.
            name: What it is called there, as `safe_name` returns it.
            ends: Whether the address ends after a while.
        """
        path = f"{PATH}/{asset_id}/{name}"
        now_ms = self._clock.unix_ms()
        return f"{quote(path)}?{self._signer.sign(path, now_ms).query if ends else self._signer.sign_for_ever(path)}"

    async def open(self, asset_id: int, name: str, query: Mapping[str, str], accept: str | None) -> Opened:
        """Return what an address opens; pictures are rendered as the query asks.

        Raises:
            AddressForged: The signature is not good, whether or not there is such a file.
            AddressExpired: It is good no more, likewise.
            AssetUnknown: There is no such file, or none that opens without a signature, or under this name.
            InvalidForm: A parameter of the query cannot be used.
            AssetUnready: It is a picture, and nothing was made of it.
            HubbubError: As for `Variants.get`.
        """
        expires_s = self._signer.check(f"{PATH}/{asset_id}/{name}", query, self._clock.unix_ms())
        asset = await self._assets.find(asset_id)
        if asset is None or not (expires_s or (asset.is_public and asset.name == name)):
            raise AssetUnknown
        self._mark(asset_id)
        if asset.name != name:
            # Whoever signed the address named the file so: what one person sent is shown under many names.
            asset = asset._replace(name=name)
        asked = parse(query)
        if asset.is_picture or (asset.mezzanines and asked != Asked()):
            return await self.picture(asset, asked, accept, expires_s)
        as_shown = shown(asset.content_type)
        facts = Facts(asset.size_bytes, f'"{_version(asset)}-{asset.size_bytes:x}"', as_shown.content_type)
        told = disposition(fitting(asset.name, as_shown.content_type), inline=as_shown.inline)
        fresh_s = None if asset.is_settled else CHANGING_S
        return Opened(asset, facts, told, negotiated=False, expires_s=expires_s, content=None, fresh_s=fresh_s)

    async def read(self, opened: Opened, span: Span) -> AsyncGenerator[bytes, None]:
        """Yield bytes of what was opened, in chunks; an original is never in memory as a whole.

        Raises:
            StorageUnavailable: The store cannot be reached, perhaps in the middle.
            ObjectMissing: A segment is not there any more.
        """
        if opened.content is not None:
            is_whole = span.size_bytes == len(opened.content)
            yield opened.content if is_whole else opened.content[span.start : span.end]
            return
        begin = 0
        for segment in opened.asset.segments:
            first, last = max(span.start, begin), min(span.end, begin + segment.size_bytes)
            if first < last:
                stream = await self._objects.stream(segment.object_key, first - begin, last - begin)
                async for chunk in stream.chunks:
                    yield chunk
            begin += segment.size_bytes

    async def purge_asset(self, owner: str, asset_id: int) -> int:
        """Forget what was rendered of a file, here and in the store; return how many variants that were.

        Raises:
            AssetUnknown: This owner has no such file.
        """
        asset = await self._assets.find(asset_id)
        if asset is None or asset.owner != owner:
            raise AssetUnknown
        self._assets.forget(asset_id)
        return await self._variants.purge(asset_id)

    async def keep_back(self, asset_id: int) -> None:
        """Forget what is known and was rendered of a file, because it is to be delivered no more, or again."""
        self._assets.forget(asset_id)
        await self._variants.purge(asset_id)

    async def purge_tag(self, owner: str, tag: str) -> int:
        """The same for all that has a tag of `Deliverable.tags`.

        Raises:
            AssetUnknown: Nothing of this owner has such a tag.
        """
        if tag == owner_tag(owner):
            self._assets.forget()
            return await self._variants.purge_owner(owner)
        number = _ASSET_TAG.fullmatch(tag)
        if number is None or int(number[1]) > SNOWFLAKE_MAX:
            raise AssetUnknown
        return await self.purge_asset(owner, int(number[1]))

    def forget(self, asset_id: int | None) -> None:
        """Look a file up again when it is asked for next, None for all: another process purged something."""
        self._assets.forget(asset_id)

    async def file(self, asset_id: int, *, anew: bool = False) -> Deliverable:
        """Return a file, looked up `anew` or as it was seconds ago; raises `AssetUnknown`."""
        if anew:
            self._assets.forget(asset_id)
        found = await self._assets.find(asset_id)
        if found is None:
            raise AssetUnknown
        self._mark(asset_id)
        return found

    async def picture(self, asset: Deliverable, asked: Asked, accept: str | None, expires_s: int | None) -> Opened:
        """Return a rendition of a picture, or of a video's poster.

        Raises:
            AssetUnready: Nothing was made that it could be rendered from.
            HubbubError: As for `Variants.get`.
        """
        if not asset.mezzanines:
            raise AssetUnready
        source = asset.source if asked.animated else asset.source._replace(animated=False)
        rendition = resolve(asked, source, accepting.negotiate(accept, source))
        variant = await self._variants.get(asset, rendition)
        facts = Facts(len(variant.content), variant.etag, variant.content_type)
        stem = asset.name.rpartition(".")[0] or asset.name
        extension = variant.content_type.rpartition("/")[2].replace("jpeg", "jpg")
        told = disposition(f"{stem}.{extension}", inline=True)
        return Opened(asset, facts, told, asked.format is None, expires_s, variant.content)


def _version(asset: Deliverable) -> str:
    """Return what is told of a file's bytes by its strong tag: the objects that hold them, which never change."""
    if asset.kind is not Kind.VIDEO:
        return f"{asset.asset_id:x}"  # an original's are the only ones that its id ever has
    return blake3("/".join(each.object_key for each in asset.segments).encode()).hexdigest(8)
