"""Links that a message's content shows previews of, and which embeds of a message are such previews."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from msgspec import UNSET

from hubbub.community.domain.message import ASSET_SCHEME
from hubbub.events.contracts import objects

LINKS_MAX: Final = 5
"""Links of one message that get a preview."""
URL_LENGTH_MAX: Final = 2_048
RICH: Final = "rich"
"""Type of the embeds that authors make; previews have every other."""

_HIDDEN: Final = re.compile(r"```.*?```|``.+?``|`[^`\n]+`|<https?://[^\s<>]*>|\|\|.*?\|\|", re.DOTALL | re.IGNORECASE)
"""Code, links whose author put them in angle brackets to have no preview, and spoilers, which a preview would tell."""
_LINK: Final = re.compile(r"(?<![\w/])https?://[^\s<>\"\x00-\x1f]+", re.IGNORECASE)
_TRAILING: Final = ".,:;!?'*_~|]}"
"""Ends a sentence or a formatting sooner than a link."""


def links_in(content: str) -> list[str]:
    """Return the links that are shown, in order, each once, at most `LINKS_MAX`."""
    if "://" not in content:
        return []
    links: dict[str, None] = {}
    for match in _LINK.finditer(_HIDDEN.sub(" ", content)):
        url = _trimmed(match[0])
        if len(url) <= URL_LENGTH_MAX and _LINK.fullmatch(url):
            links[url] = None
        if len(links) == LINKS_MAX:
            break
    return list(links)


def is_preview(embed: objects.Embed) -> bool:
    """Return whether an embed was made of a link, not by the message's author."""
    return embed.type != RICH


def without_previews(embeds: Sequence[objects.Embed], kept_links: Sequence[str]) -> list[objects.Embed]:
    """Return embeds without the previews of links that are not in `kept_links`."""
    return [embed for embed in embeds if not is_preview(embed) or embed.url in kept_links]


def preview_assets(embeds: Sequence[objects.Embed]) -> set[int]:
    """Return the assets that the previews among stored embeds show."""
    found: set[int] = set()
    for embed in embeds:
        if is_preview(embed) and embed.thumbnail is not UNSET and embed.thumbnail.proxy_url is not UNSET:
            scheme, colon, rest = embed.thumbnail.proxy_url.partition(":")
            if scheme + colon == ASSET_SCHEME:
                found.add(int(rest.partition("/")[0]))
    return found


def link_holder(message_id: int) -> str:
    """Return the name under which a message holds the pictures of its previews."""
    return f"links:{message_id}"


def _trimmed(url: str) -> str:
    """Return a link without what belongs to the sentence around it; a bracket that it opened itself stays."""
    while url:
        if url[-1] in _TRAILING or (url[-1] == ")" and url.count(")") > url.count("(")):
            url = url[:-1]
        else:
            return url
    return url
