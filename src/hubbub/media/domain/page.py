"""What a web page says of itself: enough for a preview, and nothing that is not text, a number or an address.

Source: Open Graph protocol (ogp.me); X's card markup (`twitter:*`), which pages use for the same; oEmbed 1.0, sections
2.3 (answers) and 4 (discovery); WHATWG HTML, section 4.2.5.1 (`description`, `theme-color`).
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any, Final, NamedTuple
from urllib.parse import urljoin, urlsplit

import msgspec

from hubbub.media.domain.guard import PORTS, URL_LENGTH_MAX
from hubbub.media.domain.markup import Tag, clean, decode, tags

TITLE_MAX: Final = 256
DESCRIPTION_MAX: Final = 400
"""Characters: a preview says what a page is about; who wants more opens it."""
NAME_MAX: Final = 256
_SIDE_MAX: Final = 16_384
_META_MAX: Final = 200
"""Properties of a page that are kept."""
_HEX_COLOUR: Final = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})")
_DIGITS: Final = re.compile(r"[0-9]{1,5}")
_BARRED_CHARACTERS: Final = re.compile(r"[\x00-\x20\x7f\\<>\"]")


class PreviewKind(StrEnum):
    """What a preview shows; the words are those of Discord's embeds."""

    LINK = "link"
    ARTICLE = "article"
    IMAGE = "image"
    VIDEO = "video"


class Picture(NamedTuple):
    """A picture, or a film, that a page names; on a stranger's server."""

    url: str
    width: int = 0
    """Pixels; zero for unknown."""
    height: int = 0


class Page(NamedTuple):
    """What is shown of a page."""

    kind: PreviewKind = PreviewKind.LINK
    title: str = ""
    description: str = ""
    site: str = ""
    site_url: str = ""
    author: str = ""
    author_url: str = ""
    colour: int | None = None
    """As 0xRRGGBB."""
    picture: Picture | None = None
    video: Picture | None = None
    """A film, or the page of a player."""
    oembed_url: str = ""
    """Where the page says more of itself, as JSON."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.title or self.description or self.picture)


def read_page(body: bytes, charset: str, url: str) -> Page:
    """Return what an HTML page says of itself.

    Args:
        body: The page, or its beginning.
        charset: As the header says it; empty when it does not.
        url: Where it came from; addresses in it are relative to this.
    """
    meta: dict[str, str] = {}
    title = oembed = ""
    for tag in tags(decode(body, charset)):
        if tag.name == "title":
            title = tag.text
        elif tag.name == "meta":
            name = tag.attributes.get("property") or tag.attributes.get("name") or ""
            content = tag.attributes.get("content", "")
            if name and content and len(meta) < _META_MAX:
                meta.setdefault(name.lower(), content)
        elif _is_oembed(tag) and not oembed:
            oembed = web_url(tag.attributes.get("href", ""), url)
    return _page(meta, title, oembed, url)


def with_oembed(page: Page, document: bytes, url: str) -> Page:
    """Return a page with what its oEmbed answer adds; what the page itself says stays, a broken answer adds nothing.

    Args:
        page: The page.
        document: JSON as it came from `url`.
        url: Addresses in it are relative to this.
    """
    try:
        found = msgspec.json.decode(document)
    except (msgspec.MsgspecError, RecursionError, UnicodeError, ValueError):
        return page
    if not isinstance(found, dict):
        return page

    def text(name: str, maximum: int) -> str:
        value = found.get(name)
        return shortened(clean(value), maximum) if isinstance(value, str) else ""

    def address(name: str) -> str:
        value = found.get(name)
        return web_url(value, url) if isinstance(value, str) else ""

    prefix = "" if found.get("type") == "photo" else "thumbnail_"
    shown = address(f"{prefix}url")
    sides = (_side(found.get(f"{prefix}width")), _side(found.get(f"{prefix}height")))
    picture = Picture(shown, *(sides if all(sides) else (0, 0))) if shown else None
    is_video = found.get("type") == "video"
    return page._replace(
        kind=PreviewKind.VIDEO if is_video and page.kind is PreviewKind.LINK else page.kind,
        title=page.title or text("title", TITLE_MAX),
        author=page.author or text("author_name", NAME_MAX),
        author_url=page.author_url or address("author_url"),
        site=page.site or text("provider_name", NAME_MAX),
        site_url=page.site_url or address("provider_url"),
        picture=page.picture or picture,
    )


def web_url(value: str, base: str) -> str:
    """Return an absolute address of the web; empty for anything else, `javascript:` and `data:` above all."""
    value = value.strip()
    if not value or len(value) > URL_LENGTH_MAX:
        return ""
    try:
        url = urljoin(base, value)
        parts = urlsplit(url)
        is_web = parts.scheme in PORTS and bool(parts.hostname) and "@" not in parts.netloc
        _ = parts.port
    except ValueError:
        return ""
    is_plain = len(url) <= URL_LENGTH_MAX and url.isprintable() and not _BARRED_CHARACTERS.search(url)
    return url if is_web and is_plain else ""


def shortened(text: str, maximum: int) -> str:
    """Return text of at most `maximum` characters, cut at a word where there is one near."""
    if len(text) <= maximum:
        return text
    cut = text[: maximum - 1]
    word = cut.rfind(" ")
    return (cut[:word] if word > maximum // 2 else cut).rstrip(" ,.;:-") + "…"


def _page(meta: dict[str, str], title: str, oembed: str, url: str) -> Page:
    def first(*names: str) -> str:
        return next((meta[name] for name in names if name in meta), "")

    picture = _media(
        meta, ("og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src"), url
    )
    video = _media(meta, ("og:video:secure_url", "og:video", "og:video:url", "twitter:player"), url)
    kind = first("og:type").partition(".")[0].lower()
    return Page(
        kind=PreviewKind.VIDEO if video else PreviewKind.ARTICLE if kind == "article" else PreviewKind.LINK,
        title=shortened(first("og:title", "twitter:title") or title, TITLE_MAX),
        description=shortened(first("og:description", "twitter:description", "description"), DESCRIPTION_MAX),
        site=shortened(first("og:site_name", "application-name"), NAME_MAX),
        author=shortened(first("author"), NAME_MAX),
        colour=_colour(first("theme-color")),
        picture=picture,
        video=video,
        oembed_url=oembed,
    )


def _media(meta: dict[str, str], names: tuple[str, ...], base: str) -> Picture | None:
    """Return the first of these that is an address, with its size if that was said."""
    for name in names:
        address = web_url(meta.get(name, ""), base)
        if address:
            kind = ":".join(name.split(":")[:2])
            sides = _side(meta.get(f"{kind}:width")), _side(meta.get(f"{kind}:height"))
            return Picture(address, *(sides if all(sides) else (0, 0)))
    return None


def _side(value: Any) -> int:
    """Return a side in pixels; zero for what is none."""
    text = str(value).strip() if isinstance(value, str | int) else ""
    side = int(text) if _DIGITS.fullmatch(text) else 0
    return side if side <= _SIDE_MAX else 0


def _colour(text: str) -> int | None:
    found = _HEX_COLOUR.fullmatch(text.lower())
    if found is None:
        return None
    digits = found[1] if len(found[1]) > 3 else "".join(digit * 2 for digit in found[1])  # noqa: PLR2004 - #rgb
    return int(digits, 16)


def _is_oembed(tag: Tag) -> bool:
    kinds = tag.attributes.get("rel", "").lower().split()
    return tag.name == "link" and "alternate" in kinds and tag.attributes.get("type") == "application/json+oembed"
