"""The port through which the community learns what a link leads to."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class LinkPicture(NamedTuple):
    """A picture of a link, kept as an asset of the library."""

    url: str
    """Where it came from."""
    asset_id: int
    """Collected after a day unless it is held."""
    filename: str
    width: int
    """Pixels."""
    height: int
    thumbhash: bytes | None


class LinkPreview(NamedTuple):
    """What is shown of a link. Texts are short, on one line and plain; empty means none."""

    kind: str
    """``link``, ``article``, ``image`` or ``video``, as the types of embeds are called."""
    title: str = ""
    description: str = ""
    site: str = ""
    site_url: str = ""
    author: str = ""
    author_url: str = ""
    color: int | None = None
    picture: LinkPicture | None = None
    """None also for a picture that could not be taken in: nobody is sent to a stranger's server for it."""


class LinkPreviews(Protocol):
    """Makes previews of links."""

    async def preview(self, url: str) -> LinkPreview | None:
        """Return the preview of a link, None when there is none; may take half a minute, and raises nothing."""
        ...
