"""Answers a request for a stored file: ranges, revalidation, and headers that keep its content from acting.

A file is someone else's content on our address: it is never guessed at (nosniff), runs nothing even when opened as a
page (sandbox), and is offered for download unless its type is known to be harmless.

Source: RFC 9110, sections 13 (conditional requests) and 14 (range requests); RFC 6266 (Content-Disposition).
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import quote

from litestar import Litestar, Request, Response
from litestar.response import Stream
from litestar.response.base import ASGIResponse
from typing_extensions import override

from hubbub.storage.objects import ObjectInfo, Objects

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z")
_YEAR_S = 31_536_000

SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'; img-src 'self'; media-src 'self'",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
    "Referrer-Policy": "no-referrer",
}


class FileStream(Stream):
    """A stream that keeps the content type it was made with, where Litestar's takes the handler's."""

    @override
    def to_asgi_response(self, app: Litestar | None, request: Request[Any, Any, Any], **more: Any) -> ASGIResponse:
        """Return what is sent."""
        return super().to_asgi_response(app, request, **{**more, "media_type": self.media_type})


class Asked(NamedTuple):
    """What a request says of the bytes that it wants."""

    range: str | None
    if_range: str | None
    if_none_match: str | None


class Span(NamedTuple):
    """Bytes from `start` to before `end`."""

    start: int
    end: int


async def answer_file(
    objects: Objects, key: str, asked: Asked, *, content_type: str, filename: str | None, inline: bool
) -> Response[bytes] | Stream:
    """Return the file, the part asked for, or word that the caller has it already.

    Args:
        objects: Where it lies.
        key: Under what.
        asked: The request's headers.
        content_type: Type found at upload.
        filename: Name offered for download; None for none.
        inline: Whether a browser may show it in place.
    """
    info = await objects.head(key)
    etag = f'"{info.etag}"'
    headers = {
        **SAFE_HEADERS,
        "ETag": etag,
        "Cache-Control": f"public, max-age={_YEAR_S}, immutable",
        "Accept-Ranges": "bytes",
        "Content-Disposition": _disposition(filename, inline=inline),
    }
    if asked.if_none_match is not None and _names(asked.if_none_match, etag):
        return Response(b"", status_code=304, headers=headers, media_type=content_type)
    wanted = asked.range if asked.if_range in (None, etag) else None
    span = span_of(wanted, info.size_bytes)
    if span is None:
        headers["Content-Range"] = f"bytes */{info.size_bytes}"
        return Response(b"", status_code=416, headers=headers, media_type=content_type)
    return await _send(objects, key, info, span, headers, content_type)


async def _send(
    objects: Objects, key: str, info: ObjectInfo, span: Span, headers: dict[str, str], content_type: str
) -> Response[bytes] | Stream:
    is_whole = span == Span(0, info.size_bytes)
    headers["Content-Length"] = str(span.end - span.start)
    if not is_whole:
        headers["Content-Range"] = f"bytes {span.start}-{span.end - 1}/{info.size_bytes}"
    if info.size_bytes == 0:
        return Response(b"", headers=headers, media_type=content_type)
    stream = await (objects.stream(key) if is_whole else objects.stream(key, span.start, span.end))
    return FileStream(stream.chunks, status_code=200 if is_whole else 206, headers=headers, media_type=content_type)


def span_of(header: str | None, size_bytes: int) -> Span | None:
    """Return the bytes that a Range header asks for, all when it asks for none or for several parts.

    None means that it asks for bytes that are not there.
    """
    match = None if header is None else _RANGE.match(header.strip())
    if match is None or (not match[1] and not match[2]):
        return Span(0, size_bytes)
    if not match[1]:
        last = int(match[2])
        return None if last == 0 or size_bytes == 0 else Span(max(0, size_bytes - last), size_bytes)
    start = int(match[1])
    end = size_bytes if not match[2] else min(int(match[2]) + 1, size_bytes)
    return Span(start, end) if start < end else None


def _names(header: str, etag: str) -> bool:
    return header.strip() == "*" or etag in {each.strip().removeprefix("W/") for each in header.split(",")}


def _disposition(filename: str | None, *, inline: bool) -> str:
    kind = "inline" if inline else "attachment"
    if filename is None:
        return kind
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in filename)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
