"""Serves the built web client: hashed files for ever, the page for every route that the client knows.

The client is a few files of known names, so it is listed once at start; nothing outside that list is ever opened. Text
is compressed once, at its first request.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from hubbub.app.errors import WebClientMissing
from hubbub.kernel import asgi

if TYPE_CHECKING:
    from litestar.types import HTTPScope, Receive, Send

Headers = list[tuple[bytes, bytes]]

_HASHED = "assets/"
"""Where the build puts files whose names carry a hash of their content."""
_FOR_EVER = b"public, max-age=31536000, immutable"
_ASK_AGAIN = b"no-cache"
_COMPRESSED = ("text/", "application/javascript", "application/json", "application/manifest+json", "image/svg+xml")
_COMPRESS_BYTES_MIN = 1024
_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".webmanifest": "application/manifest+json"}
"""Named here because a machine's own table of types may say otherwise, and `nosniff` makes browsers insist."""


class _Served(NamedTuple):
    body: bytes
    compressed: bytes | None
    etag: bytes


class _Asset:
    """One file of the client, read at its first request."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.content_type = _TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        self.cache_control = _FOR_EVER if name.startswith(_HASHED) else _ASK_AGAIN
        self._served: _Served | None = None

    async def served(self) -> _Served:
        if self._served is None:
            self._served = await asyncio.to_thread(self._read)
        return self._served

    def _read(self) -> _Served:
        body = self.path.read_bytes()
        etag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'.encode()
        compress = self.content_type.startswith(_COMPRESSED) and len(body) >= _COMPRESS_BYTES_MIN
        # Without a time stamp in it, the same file compresses to the same bytes on every start.
        return _Served(body, gzip.compress(body, 9, mtime=0) if compress else None, etag)


class WebClient:
    """ASGI application of the built client."""

    def __init__(self, folder: Path, public_url: str) -> None:
        """Serve the files in `folder`; media may also come from the origin of `public_url`."""
        self._assets = _list(folder)
        self._page = self._assets.get("index.html")
        self._headers = _security_headers(public_url)

    async def __call__(self, scope: HTTPScope, _receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        method, path = scope["method"], scope["path"]
        if method not in {"GET", "HEAD"}:
            await self._plain(send, 405, b"Method not allowed\n", [(b"allow", b"GET, HEAD")])
            return
        asset = self._assets.get(path.lstrip("/"))
        if asset is None and not path.startswith(f"/{_HASHED}") and "." not in path.rsplit("/", 1)[-1]:
            asset = self._page
            if asset is None:
                await self._plain(send, 503, f"{WebClientMissing.default_sentence}\n".encode())
                return
        if asset is None:
            await self._plain(send, 404, b"Not found\n")
            return
        await self._send(send, asset, dict(scope["headers"]), with_body=method == "GET")

    async def _send(self, send: Send, asset: _Asset, asked: dict[bytes, bytes], *, with_body: bool) -> None:
        served = await asset.served()
        headers = [
            *self._headers,
            (b"content-type", _with_charset(asset.content_type)),
            (b"cache-control", asset.cache_control),
            (b"etag", served.etag),
            (b"vary", b"accept-encoding"),
        ]
        if served.etag in asked.get(b"if-none-match", b""):
            await asgi.respond(send, 304, headers, b"")
            return
        body = served.body
        if served.compressed is not None and b"gzip" in asked.get(b"accept-encoding", b""):
            body = served.compressed
            headers.append((b"content-encoding", b"gzip"))
        headers.append((b"content-length", str(len(body)).encode()))
        await asgi.respond(send, 200, headers, body if with_body else b"")

    async def _plain(self, send: Send, status: int, body: bytes, extra: Headers | None = None) -> None:
        headers = [
            *self._headers,
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            *(extra or []),
        ]
        await asgi.respond(send, status, headers, body)


def _list(folder: Path) -> dict[str, _Asset]:
    if not folder.is_dir():
        return {}
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {name: _Asset(path, name) for path in files for name in [path.relative_to(folder).as_posix()]}


def _with_charset(content_type: str) -> bytes:
    return f"{content_type}; charset=utf-8".encode() if content_type.startswith("text/") else content_type.encode()


def _security_headers(public_url: str) -> Headers:
    origin = public_url.rstrip("/")
    parts = urlsplit(origin)
    socket = f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}"
    policy = "; ".join(
        (
            "default-src 'self'",
            f"connect-src 'self' {origin} {socket}",
            f"img-src 'self' {origin} data: blob:",
            f"media-src 'self' {origin} blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )
    return [
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        (b"permissions-policy", b"geolocation=(), payment=(), usb=(), microphone=(self), camera=(self)"),
        (b"cross-origin-opener-policy", b"same-origin"),
    ]
