"""A web server of a stranger: real sockets on loopback, which answer with whatever bytes a test says."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Self

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Answer = bytes | Behaviour


@dataclass
class Stranger:
    """Answers by path; what was asked is kept."""

    port: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[bytes] = field(default_factory=list)
    """Heads of requests, in order."""
    open_now: int = 0
    open_most: int = 0

    @property
    def paths(self) -> list[str]:
        return [head.split(b" ", 2)[1].decode() for head in self.requests]

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    @classmethod
    @contextlib.asynccontextmanager
    async def at(
        cls, address: str = "127.0.0.1", tls: ssl.SSLContext | None = None, answers: Mapping[str, Answer] | None = None
    ) -> AsyncIterator[Self]:
        stranger = cls(answers=dict(answers or {}))
        server = await asyncio.start_server(stranger.serve, address, 0, ssl=tls, limit=1 << 20)
        stranger.port = server.sockets[0].getsockname()[1]
        try:
            yield stranger
        finally:
            server.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open_now += 1
        self.open_most = max(self.open_most, self.open_now)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(head)
            answer = self.answers.get(self.paths[-1], page(b"", status=b"404 Not Found"))
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                await answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open_now -= 1
            writer.close()


def page(
    body: bytes, content_type: str = "text/html; charset=utf-8", status: bytes = b"200 OK", head: str = ""
) -> bytes:
    """Return a whole answer."""
    lines = f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n{head}\r\n"
    return b"HTTP/1.1 " + status + b"\r\n" + lines.encode() + body


def redirect(location: str, status: bytes = b"302 Found") -> bytes:
    return b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nLocation: " + location.encode() + b"\r\n\r\n"


def endless(head: bytes, piece: bytes) -> Behaviour:
    """Return what sends `head`, then `piece` until nobody listens."""

    async def send(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(piece)
            await writer.drain()

    return send


def silent(head: bytes) -> Behaviour:
    """Return what sends `head`, and then nothing for as long as somebody listens."""

    async def send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        await writer.drain()
        await reader.read()

    return send
