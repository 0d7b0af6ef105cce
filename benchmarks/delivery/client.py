"""A client of HTTP/1.1 that costs little beside the server it measures."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

_OK = (b"HTTP/1.1 2", b"HTTP/1.0 2")


class Answered(NamedTuple):
    """An answer."""

    headers: dict[str, str]
    """By lower-case name."""
    body: bytes


class Refused(Exception):
    """The server's answer is no success."""


class Connection:
    """One connection that is kept open; one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Own both ends of a stream."""
        self._reader = reader
        self._writer = writer

    async def exchange(self, request: bytes, *body: bytes) -> Answered:
        """Send a request, and its body in pieces; return the answer, which must be a success with its length."""
        self._writer.write(request)
        for piece in body:
            self._writer.write(piece)
            await self._writer.drain()
        head = await self._reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")[1:]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        answer = await self._reader.readexactly(int(headers.get("content-length", "0")))
        if not head.startswith(_OK):
            raise Refused(f"{head.splitlines()[0].decode()}: {answer[:200].decode(errors='replace')}")
        return Answered(headers, answer)


@contextlib.asynccontextmanager
async def connected(port: int) -> AsyncIterator[Connection]:
    """Connect to a server on loopback."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    try:
        yield Connection(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def get(target: str, accept: str = "*/*") -> bytes:
    """Return a request for a path and query."""
    return f"GET {target} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n".encode()


async def each_once(port: int, requests: Sequence[bytes], connections: int) -> tuple[list[float], list[Answered]]:
    """Send every request once over so many connections; return seconds and answer of each, in their order."""
    waiting = list(reversed(range(len(requests))))
    done: dict[int, tuple[float, Answered]] = {}

    async def work() -> None:
        async with connected(port) as connection:
            while waiting:
                number = waiting.pop()
                begin = time.perf_counter()
                answer = await connection.exchange(requests[number])
                done[number] = (time.perf_counter() - begin, answer)

    await asyncio.gather(*(work() for _ in range(connections)))
    seconds, answers = zip(*(done[number] for number in range(len(requests))), strict=True)
    return list(seconds), list(answers)


async def for_seconds(port: int, request: bytes, connections: int, seconds: float) -> int:
    """Send one request again and again; return how often it was answered."""
    end = time.perf_counter() + seconds

    async def work() -> int:
        count = 0
        async with connected(port) as connection:
            while time.perf_counter() < end:
                await connection.exchange(request)
                count += 1
        return count

    return sum(await asyncio.gather(*(work() for _ in range(connections))))
