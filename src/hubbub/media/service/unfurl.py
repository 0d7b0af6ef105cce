"""Previews of links: what a page says of itself, and its picture, taken in here.

A link is fetched once however many ask at the same time, and not again for a while, whether it went well or not. What
strangers serve reaches members only through this server: a picture is taken into the library, which decodes it apart
from everything else and delivers what it made of it. A picture that cannot be taken in is left out.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from pathlib import PurePosixPath
from typing import Final, NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

from typing_extensions import override

from hubbub.kernel import telemetry
from hubbub.kernel.clock import Clock
from hubbub.kernel.errors import HubbubError
from hubbub.media.adapters.fetcher import Fetched, Want
from hubbub.media.domain.asset import AssetState
from hubbub.media.domain.filename import safe_name
from hubbub.media.domain.kinds import Kind
from hubbub.media.domain.page import Page, Picture, PreviewKind, read_page, with_oembed
from hubbub.media.errors import LinkError
from hubbub.media.service.library import Library

OWNER: Final = "links"
"""Whom the library names as the owner of pictures that no member brought."""
_KEPT_MAX: Final = 2_000
"""Previews kept, some 2 KB each."""
_FAILED_KEPT_S: Final = 300.0
_OEMBED_BYTES_MAX: Final = 64 * 1024
_SETTLE_S: Final = 10.0
"""Seconds that a picture has to be looked at; a preview is not worth a longer wait."""
_OEMBED: Final[Mapping[str, Want]] = {
    "application/json": Want(_OEMBED_BYTES_MAX, may_be_cut=False),
    "text/javascript": Want(_OEMBED_BYTES_MAX, may_be_cut=False),
}

_log = telemetry.logger("hubbub.media")
_told = telemetry.meter("hubbub.media").create_counter("hubbub.media.links", description="links fetched, by outcome")


class ShelvedPicture(NamedTuple):
    """A stranger's picture, in our library."""

    asset_id: int
    filename: str
    width: int
    height: int
    thumbhash: bytes | None


class Preview(NamedTuple):
    """What is shown of a link."""

    page: Page
    picture: ShelvedPicture | None


class Shelf(Protocol):
    """Where pictures are taken in."""

    async def take(self, filename: str, body: bytes) -> ShelvedPicture | None:
        """Return the picture that `body` is, once it can be delivered; None when it is none, or that takes too long."""
        ...


class Source(Protocol):
    """What links are fetched by."""

    async def fetch(self, url: str, wants: Mapping[str, Want]) -> Fetched:
        """See `hubbub.media.adapters.fetcher.Fetcher.fetch`."""
        ...


class LibraryShelf(Shelf):
    """Takes pictures into the library; whoever shows one holds it, or it is collected after a day."""

    def __init__(self, library: Library) -> None:
        """Take into `library`."""
        self._library = library

    @override
    async def take(self, filename: str, body: bytes) -> ShelvedPicture | None:
        asset_id = await self._library.store(OWNER, filename, _once(body), len(body))
        found = (await self._library.settled([asset_id], _SETTLE_S)).get(asset_id)
        if found is None:
            return None
        asset = found.asset
        is_picture = asset.kind in {Kind.IMAGE.value, Kind.ANIMATION.value} and asset.width > 0 and asset.height > 0
        if asset.state != AssetState.READY.value or not is_picture:
            return None
        return ShelvedPicture(asset.id, asset.file_name, asset.width, asset.height, asset.thumbhash)


class Bounds(NamedTuple):
    """How much of a link is taken, and for how long a preview is kept."""

    page_bytes_max: int = 1024 * 1024
    """The rest of a longer page is not read."""
    picture_bytes_max: int = 8 * 1024 * 1024
    kept_s: float = 1800.0
    """Well below the day after which a picture that nobody holds is collected."""


class Unfurler:
    """Makes previews, and remembers them."""

    def __init__(self, source: Source, shelf: Shelf | None, clock: Clock, bounds: Bounds | None = None) -> None:
        """Fetch from `source`; take pictures into `shelf`, None leaves them out."""
        self._source = source
        self._shelf = shelf
        self._clock = clock
        self._bounds = bounds or Bounds()
        pictures = {"image/": Want(self._bounds.picture_bytes_max, may_be_cut=False)}
        page = Want(self._bounds.page_bytes_max, may_be_cut=True)
        self._pictures: Mapping[str, Want] = pictures
        self._pages: Mapping[str, Want] = {"text/html": page, "application/xhtml+xml": page}
        if shelf is not None:
            self._pages = {**self._pages, **pictures}
        self._kept: OrderedDict[str, tuple[Preview | None, float]] = OrderedDict()
        self._running: dict[str, asyncio.Task[Preview | None]] = {}

    async def preview(self, url: str) -> Preview | None:
        """Return the preview of a link; None when there is none, for whatever reason."""
        url = url.partition("#")[0]
        kept = self._kept.get(url)
        if kept is not None:
            if self._clock.monotonic_s() < kept[1]:
                self._kept.move_to_end(url)
                return kept[0]
            del self._kept[url]
        running = self._running.get(url)
        if running is None:
            running = self._running[url] = asyncio.create_task(self._made(url))
            running.add_done_callback(lambda _: self._running.pop(url, None))
        # One who stops waiting leaves it to the others.
        return await asyncio.shield(running)

    async def close(self) -> None:
        """Give up what is being fetched."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _made(self, url: str) -> Preview | None:
        try:
            made = await self._make(url)
        except LinkError as problem:
            _log.info("media.link_without_preview", url=url, code=problem.code, reason=problem.reason)
            _told.add(1, {"outcome": problem.code})
            made = None
        else:
            _told.add(1, {"outcome": "shown" if made else "empty"})
        is_whole = made is not None and (made.picture is not None or made.page.picture is None)
        kept_s = self._bounds.kept_s if is_whole else _FAILED_KEPT_S
        self._kept[url] = made, self._clock.monotonic_s() + kept_s
        if len(self._kept) > _KEPT_MAX:
            self._kept.popitem(last=False)
        return made

    async def _make(self, url: str) -> Preview | None:
        found = await self._source.fetch(url, self._pages)
        if found.content_type.startswith("image/"):
            picture = await self._taken(found)
            page = Page(kind=PreviewKind.IMAGE, picture=Picture(url))
            return None if picture is None else Preview(page, picture)
        # Beside everything else: a hostile page takes a tenth of a second.
        page = await asyncio.to_thread(read_page, found.body, found.charset, found.url)
        if page.oembed_url:
            page = await self._with_oembed(page)
        return None if page.is_empty else Preview(page, await self._picture(page))

    async def _with_oembed(self, page: Page) -> Page:
        try:
            found = await self._source.fetch(page.oembed_url, _OEMBED)
        except LinkError as problem:
            _log.info("media.link_without_oembed", url=page.oembed_url, code=problem.code, reason=problem.reason)
            return page
        return with_oembed(page, found.body, found.url)

    async def _picture(self, page: Page) -> ShelvedPicture | None:
        if self._shelf is None or page.picture is None:
            return None
        try:
            return await self._taken(await self._source.fetch(page.picture.url, self._pictures))
        except LinkError as problem:
            _log.info("media.link_without_picture", url=page.picture.url, code=problem.code, reason=problem.reason)
            return None

    async def _taken(self, found: Fetched) -> ShelvedPicture | None:
        if self._shelf is None or not found.body:
            return None
        name = safe_name(PurePosixPath(unquote(urlsplit(found.url).path)).name or "picture")
        try:
            return await self._shelf.take(name, found.body)
        except HubbubError as problem:
            # The preview's words are worth having without it, and its picture is not worth a second fetch.
            _log.warning("media.link_picture_not_taken", url=found.url, code=problem.code, reason=problem.sentence)
            return None


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body
