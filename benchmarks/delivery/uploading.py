"""Uploads by tus 1.0.0, in the fewest requests."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from delivery.client import Connection, connected
from delivery.servers import Server

PIECE_BYTES = 1 << 20
PATCH_BYTES = 64 << 20
SETTLED_WITHIN_S = 120.0
_POLL_S = 0.005


@dataclass(frozen=True, slots=True)
class Uploader:
    """Somebody who uploads to a server whose tus lies below a path."""

    server: Server
    path: str = "/media/uploads"

    async def upload(self, content: bytes, name: str = "photo.jpg") -> str:
        """Upload a file; return its path when all bytes are acknowledged."""
        async with connected(self.server.port) as connection:
            place = await self._create(connection, len(content), name)
            for begin in range(0, len(content), PATCH_BYTES):
                await self._append(connection, place, begin, content[begin : begin + PATCH_BYTES])
            return place

    async def ready(self, place: str) -> dict[str, Any]:
        """Wait until our server has made an upload ready; return what it tells of it."""
        deadline = time.perf_counter() + SETTLED_WITHIN_S
        async with connected(self.server.port) as connection:
            while time.perf_counter() < deadline:
                answer = await connection.exchange(self._head("GET", place))
                told: dict[str, Any] = json.loads(answer.body)
                if told["state"] not in {"uploading", "processing"}:
                    return told
                await asyncio.sleep(_POLL_S)
        raise RuntimeError(f"{place} is not ready after {SETTLED_WITHIN_S} s")

    async def delivered(self, content: bytes, name: str = "photo.jpg") -> str:
        """Upload a file to our server; return the target at which it is delivered."""
        return await self.delivered_at(await self.upload(content, name))

    async def delivered_at(self, place: str) -> str:
        """Wait until an upload to our server is ready; return the target at which it is delivered."""
        told = await self.ready(place)
        if told["state"] != "ready":
            raise RuntimeError(f"{place} was refused: {told}")
        parts = urlsplit(told["url"])
        return f"{parts.path}?{parts.query}"

    async def _create(self, connection: Connection, size: int, name: str) -> str:
        filename = base64.b64encode(name.encode()).decode()
        head = self._head(
            "POST", self.path, f"Upload-Length: {size}\r\nUpload-Metadata: filename {filename}\r\nContent-Length: 0\r\n"
        )
        return urlsplit((await connection.exchange(head)).headers["location"]).path

    async def _append(self, connection: Connection, place: str, offset: int, content: bytes) -> None:
        more = (
            f"Upload-Offset: {offset}\r\nContent-Type: application/offset+octet-stream\r\n"
            f"Content-Length: {len(content)}\r\n"
        )
        view = memoryview(content)
        pieces = [bytes(view[at : at + PIECE_BYTES]) for at in range(0, len(content), PIECE_BYTES)]
        await connection.exchange(self._head("PATCH", place, more), *pieces)

    def _head(self, method: str, target: str, more: str = "") -> bytes:
        bearer = f"Authorization: Bearer {self.server.bearer}\r\n" if self.server.bearer else ""
        return f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\n{bearer}{more}\r\n".encode()
