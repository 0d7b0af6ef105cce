"""Where messages meet what their links lead to: the community's `LinkPreviews`, answered by media."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from typing_extensions import override

from hubbub import __version__
from hubbub.app.house import House
from hubbub.app.upkeep import every, meanwhile, prompted
from hubbub.community.service.links_port import LinkPicture, LinkPreview, LinkPreviews
from hubbub.media.adapters.fetcher import Fetcher, Reach
from hubbub.media.domain.guard import read_allowed
from hubbub.media.service.library import Library
from hubbub.media.service.unfurl import Bounds, LibraryShelf, Preview, Unfurler

_LOOK_EVERY_S = 5.0
"""Messages that an earlier process, or another, left without previews are found by looking."""
_LET_GO_EVERY_S = 60.0


@contextlib.asynccontextmanager
async def open_links(house: House, library: Library) -> AsyncIterator[None]:
    """Show links of messages while the context lasts, if that is wanted; pictures are taken into `library`."""
    config, previews = house.config.links, house.community.message_previews
    work = [every(_LET_GO_EVERY_S, previews.let_go)]
    unfurler = Unfurler(
        Fetcher(_reach(house), f"Hubbub/{__version__} (link preview; +{house.public_url})"),
        LibraryShelf(library),
        house.clock,
        Bounds(config.page_bytes_max, config.picture_bytes_max, config.kept_s),
    )
    if config.previews:
        previews.begin(UnfurledLinks(unfurler))
        work.append(prompted(previews.news, lambda: _LOOK_EVERY_S, previews.sweep))
    try:
        async with meanwhile(*work):
            yield
    finally:
        await previews.end()
        await unfurler.close()


def _reach(house: House) -> Reach:
    config = house.config.links
    own = urlsplit(house.public_url).hostname
    allowed = read_allowed(config.allowed)
    return Reach(
        allowed=allowed,
        # A link to a message here is for members, and this server is none. Tests and demos share one loopback with it.
        barred_hosts=frozenset({own} - {None} - {host for host, _ in allowed.hosts}) if own else frozenset(),
        fetches_max=config.fetches_parallel,
        time_max_s=config.time_max_s,
    )


class UnfurledLinks(LinkPreviews):
    """The community's previews, made by media."""

    def __init__(self, unfurler: Unfurler) -> None:
        """Answer from `unfurler`."""
        self._unfurler = unfurler

    @override
    async def preview(self, url: str) -> LinkPreview | None:
        found = await self._unfurler.preview(url)
        return None if found is None else _told(found)


def _told(found: Preview) -> LinkPreview:
    page, shelved = found.page, found.picture
    picture = None
    if shelved is not None and page.picture is not None:
        picture = LinkPicture(page.picture.url, *shelved)
    return LinkPreview(
        kind=page.kind.value,
        title=page.title,
        description=page.description,
        site=page.site,
        site_url=page.site_url,
        author=page.author,
        author_url=page.author_url,
        color=page.colour,
        picture=picture,
    )
