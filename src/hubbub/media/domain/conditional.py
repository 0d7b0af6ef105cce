"""What is sent of a file to a request: all of it, parts, word that the client has it, or that there are no such bytes.

One decision from the request's headers and what is known of the file. Files have strong validators and no dates, so
conditions on dates never hold, and a date in ``If-Range`` is answered with the whole.

Source: RFC 9110, sections 8.8.3 (ETag), 13 (conditional requests) and 14 (range requests).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

RANGES_MAX = 8
"""Parts that one request may name; more are answered with the whole, as is what names bytes twice."""
_HEADER_MAX = 4096
_RANGES = re.compile(r"bytes[ \t]*=(.*)", re.IGNORECASE | re.DOTALL)
_RANGE = re.compile(r"(\d{0,18})-(\d{0,18})", re.ASCII)
_TAG = re.compile(r'[ \t]*(W/)?("[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?:,|$)')


class Span(NamedTuple):
    """Bytes from `start` to before `end`."""

    start: int
    end: int

    @property
    def size_bytes(self) -> int:
        """How many."""
        return self.end - self.start


class Facts(NamedTuple):
    """What is known of a file."""

    size_bytes: int
    etag: str
    """Strong, with its quotes."""
    content_type: str


class Decision(NamedTuple):
    """What is sent."""

    status: int
    """200, 206, 304, 412 or 416."""
    headers: tuple[tuple[str, str], ...]
    """Those that follow from the decision; ``ETag`` among them."""
    body: tuple[Span | bytes, ...] = ()
    """In order: bytes of the file, and bytes between them; nothing for HEAD."""


def decide(method: str, headers: Mapping[str, str], facts: Facts, boundary: str) -> Decision:
    """Return what is sent.

    Args:
        method: ``GET`` or ``HEAD``; of HEAD the ranges are ignored, as they mean something for GET alone.
        headers: The request's, names in lower case.
        facts: The file.
        boundary: Between several parts; must not be foreseen by whoever made the file.
    """
    base = (("ETag", facts.etag), ("Accept-Ranges", "bytes"))
    if "if-match" in headers and not _names(headers["if-match"], facts.etag, weak=False):
        return Decision(412, (*base, ("Content-Length", "0")))
    if "if-none-match" in headers and _names(headers["if-none-match"], facts.etag, weak=True):
        return Decision(304, base)
    spans: tuple[Span, ...] | None = None
    if method == "GET" and headers.get("if-range", facts.etag).strip() == facts.etag:
        spans = spans_of(headers.get("range"), facts.size_bytes)
    if spans is None:
        whole = (Span(0, facts.size_bytes),) if facts.size_bytes and method == "GET" else ()
        length = ("Content-Length", str(facts.size_bytes))
        return Decision(200, (*base, ("Content-Type", facts.content_type), length), whole)
    if not spans:
        return Decision(416, (*base, ("Content-Range", f"bytes */{facts.size_bytes}"), ("Content-Length", "0")))
    if len(spans) == 1:
        length = ("Content-Length", str(spans[0].size_bytes))
        place = ("Content-Range", _place(spans[0], facts))
        return Decision(206, (*base, ("Content-Type", facts.content_type), place, length), spans)
    return _several(base, spans, facts, boundary)


def spans_of(header: str | None, size_bytes: int) -> tuple[Span, ...] | None:
    """Return the bytes that a Range header names: none when there are no such, None when all are to be sent.

    All are sent when the header is absent, malformed, of another unit, names more than `RANGES_MAX` parts, or any byte
    twice: a few bytes of a request shall not make us send a file many times over.
    """
    found = None if header is None or len(header) > _HEADER_MAX else _RANGES.fullmatch(header.strip())
    if found is None:
        return None
    named = [part for part in (each.strip(" \t") for each in found[1].split(",")) if part]
    if not 1 <= len(named) <= RANGES_MAX:
        return None
    spans: list[Span] = []
    for each in named:
        part = _RANGE.fullmatch(each)
        if part is None or each == "-" or (part[1] and part[2] and int(part[1]) > int(part[2])):
            return None
        span = _span(part[1], part[2], size_bytes)
        if span is not None:
            spans.append(span)
    if not spans and size_bytes == 0 and any(each.startswith("-") and int(each[1:]) for each in named):
        return None  # the last bytes of nothing are nothing, and no Content-Range can say so
    ordered = sorted(spans)
    if any(before.end > after.start for before, after in pairwise(ordered)):
        return None
    return tuple(spans)


def _span(first: str, last: str, size_bytes: int) -> Span | None:
    if not first:
        return Span(max(0, size_bytes - int(last)), size_bytes) if int(last) and size_bytes else None
    start = int(first)
    end = min(int(last) + 1, size_bytes) if last else size_bytes
    return Span(start, end) if start < end else None


def _several(base: tuple[tuple[str, str], ...], spans: tuple[Span, ...], facts: Facts, boundary: str) -> Decision:
    body: list[Span | bytes] = []
    for span in spans:
        place = f"Content-Type: {facts.content_type}\r\nContent-Range: {_place(span, facts)}"
        body += [f"\r\n--{boundary}\r\n{place}\r\n\r\n".encode("latin-1"), span]
    body.append(f"\r\n--{boundary}--\r\n".encode("latin-1"))
    size = sum(each.size_bytes if isinstance(each, Span) else len(each) for each in body)
    kind = ("Content-Type", f"multipart/byteranges; boundary={boundary}")
    return Decision(206, (*base, kind, ("Content-Length", str(size))), tuple(body))


def _place(span: Span, facts: Facts) -> str:
    return f"bytes {span.start}-{span.end - 1}/{facts.size_bytes}"


def _names(header: str, etag: str, *, weak: bool) -> bool:
    """Return whether a list of tags names `etag`; one that is malformed names what stands before the fault."""
    if header.strip() == "*":
        return True
    position = 0
    while (found := _TAG.match(header, position)) is not None and found.end() > position:
        if found[2] == etag and (weak or not found[1]):
            return True
        position = found.end()
    return False
