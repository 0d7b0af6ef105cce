"""The few tags of an HTML page that describe it, found without building the page.

Source: WHATWG HTML, section 13.2.5 (tokenization) and 13.2.3 (the encoding), as far as they decide where a tag begins
and ends and what its attributes are. Differs on purpose: no tree is built, because what makes trees of hostile pages
takes time that grows with the square of their size (of a megabyte of unclosed tags, or of attributes with names of
their own, the parsers tried here made minutes). Each step here moves forward by what it looked at.

Content of scripts, styles, templates' raw texts and comments is passed over, so that nobody who may only write a
comment on a page speaks for it.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

TAGS_MAX: Final = 20_000
"""Tags that are looked at; what describes a page stands at its beginning."""
ATTRIBUTES_MAX: Final = 32
"""Attributes of a tag that are kept."""
VALUE_CHARACTERS_MAX: Final = 4_096
"""Characters of a value that are kept, before references are resolved."""
_CHARSET_BYTES: Final = 1_024
"""Where a page has to declare its encoding, as the standard has it."""

_WANTED: Final = frozenset({"meta", "link", "title", "base"})
_RAW: Final = frozenset({"script", "style", "textarea", "noscript", "xmp", "iframe", "noembed", "noframes", "svg"})
"""Elements that are passed over whole. `svg` has titles of its own."""
_TAG: Final = re.compile(r"<(?:(!--)|([!?])|/?([a-zA-Z][^\s/>]{0,64}))")
_GAP: Final = re.compile(r"[\s/]*+")
_ATTRIBUTE: Final = re.compile(r"(=?[^\s/>=]*+)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>]*+)))?")
"""Possessive, so that no match looks at anything twice. A quote without its end is looked for once: there is none."""
_SPACE: Final = re.compile(r"\s+")
_META_CHARSET: Final = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([a-zA-Z0-9_:.-]{2,40})", re.IGNORECASE)
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_NOT_TEXT: Final = frozenset({"utf-7", "utf7", "unicode-1-1-utf-7", "idna", "punycode", "unicode_escape"})


class Tag(NamedTuple):
    """A start tag, or the text of a title."""

    name: str
    attributes: dict[str, str]
    text: str = ""


def decode(body: bytes, charset: str) -> str:
    """Return a page's text, whatever it says of its encoding: what cannot be read becomes U+FFFD.

    A byte order mark decides, then the header's `charset`, then what the page declares, then whether it is UTF-8.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    declared = _META_CHARSET.search(body[:_CHARSET_BYTES])
    for name in (charset, declared[1].decode("ascii") if declared else ""):
        text = _decoded(body, name)
        if text is not None:
            return text
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as problem:
        # A page that was cut may end in the middle of a character.
        is_cut = problem.start >= len(body) - 3
        return body.decode("utf-8" if is_cut else "windows-1252", "replace")


def tags(text: str) -> Iterator[Tag]:
    """Yield the tags of a page that may describe it, in order: `meta`, `link`, `base` and the first `title`."""
    place = 0
    has_title = False
    for _ in range(TAGS_MAX):
        found = _TAG.search(text, place)
        if found is None:
            return
        if found[1] or found[2]:
            place = _after(text, "-->" if found[1] else ">", found.end())
            continue
        name = found[3].lower()
        is_end = text[found.start() + 1] == "/"
        attributes, place = _attributes(text, found.end(), keep=not is_end and name in _WANTED)
        if is_end:
            continue
        if name in _RAW:
            place = _end_of(text, name, place)
        elif name == "title":
            begin, place = place, _end_of(text, name, place)
            if not has_title:
                has_title = True
                yield Tag(name, attributes, clean(text[begin : min(place, begin + VALUE_CHARACTERS_MAX)]))
        elif name in _WANTED:
            yield Tag(name, attributes)


def clean(raw: str) -> str:
    """Return text with references resolved, on one line, without what cannot be shown."""
    resolved = html.unescape(raw[:VALUE_CHARACTERS_MAX])
    return _SPACE.sub(" ", "".join(c for c in resolved if c.isprintable() or c.isspace())).strip()


def _attributes(text: str, place: int, *, keep: bool) -> tuple[dict[str, str], int]:
    """Return a tag's attributes, the first of each name, and where the tag ends."""
    attributes: dict[str, str] = {}
    while True:
        gap = _GAP.match(text, place)
        place = place if gap is None else gap.end()
        if place >= len(text) or text[place] == ">":
            return attributes, min(place + 1, len(text))
        found = _ATTRIBUTE.match(text, place)
        if found is None or found.end() == place:  # cannot be: what is no gap and no end begins a name
            return attributes, len(text)
        place = found.end()
        name = found[1].lower()
        if keep and len(attributes) < ATTRIBUTES_MAX and name not in attributes:
            attributes[name] = clean(next((value for value in found.group(2, 3, 4) if value is not None), ""))


def _after(text: str, mark: str, place: int) -> int:
    """Return the place behind the next `mark`, the end when there is none."""
    found = text.find(mark, place)
    return len(text) if found < 0 else found + len(mark)


def _end_of(text: str, name: str, place: int) -> int:
    """Return where the end tag of a raw element begins, the end of the page when it is never closed."""
    found = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(text, place)
    return len(text) if found is None else found.start()


def _decoded(body: bytes, charset: str) -> str | None:
    """Return the text if `charset` names an encoding of text."""
    try:
        name = codecs.lookup(charset).name if charset else ""
    except (LookupError, ValueError):
        return None
    if not name or name in _NOT_TEXT:
        return None
    try:
        # What pages call Latin-1 or ASCII is windows-1252 to every browser.
        return body.decode("windows-1252" if name in {"iso8859-1", "ascii"} else name, "replace")
    except (LookupError, UnicodeError, ValueError):
        return None
