"""REST on SQLite: sends at a fixed rate, pages as fast as they go, cold start and idle memory.

Scenario: one server with its default engines on a fresh data folder, rate limits off, pinned to one core; one bot in
one channel. The load comes from this process, pinned to another core, over 32 connections kept open.

Method: sends are open-loop: request *n* is due at ``n / rate`` whether or not earlier ones were answered, and its delay
counts from when it was due, so a stall is not hidden by the load waiting for it. Pages are closed-loop on 16
connections. Each run is followed by the same run against the machine's floor: a bare uvicorn and Litestar route that
answers as many bytes and keeps nothing. Figures are medians of the runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

SEND_RATE_HZ = 1000
SEND_CONNECTIONS = 32
PAGE_CONNECTIONS = 16
PAGE_MESSAGES = 50
START_TIMEOUT_S = 60.0
SERVER_CORE, LOAD_CORE = 0, 1

FLOOR = """
import sys
import litestar, uvicorn
PAGE = b"[" + b" " * (int(sys.argv[2]) - 2) + b"]"
SENT = b"{" + b" " * (int(sys.argv[3]) - 2) + b"}"

@litestar.get("/api/v10/channels/{channel:int}/messages")
async def page(channel: int, limit: int = 50) -> litestar.Response[bytes]:
    return litestar.Response(PAGE, media_type="application/json")

@litestar.post("/api/v10/channels/{channel:int}/messages", status_code=200)
async def send(channel: int, data: dict[str, str]) -> litestar.Response[bytes]:
    return litestar.Response(SENT, media_type="application/json")

@litestar.get("/healthz")
async def healthz() -> str:
    return "ok"

uvicorn.run(litestar.Litestar([page, send, healthz]), port=int(sys.argv[1]), log_level="error", access_log=False)
"""


async def run(*, quick: bool) -> list[dict[str, object]]:
    """Return the rows: send delay, page rate, cold start, idle memory."""
    runs, seconds = (1, 3.0) if quick else (3, 10.0)
    with tempfile.TemporaryDirectory() as folder, _pinned(LOAD_CORE):
        port = _free_port()
        async with _server(Path(folder), port) as (process, cold_start_s):
            idle_mib = _resident_mib(process.pid)
            bot = await _make_bot(Path(folder), port)
            target = Target(port, bot["channel_id"], bot["token"])
            sent_bytes = len(await target.send_once("hello"))
            for number in range(PAGE_MESSAGES):
                await target.send_once(f"message {number} of a page that someone reads")
            page_bytes = len(await target.page_once())
            async with _floor(page_bytes, sent_bytes) as floor:
                sends, floors, pages, floor_pages = [], [], [], []
                for _ in range(runs):
                    sends.append(await target.send_at_rate(SEND_RATE_HZ, seconds))
                    floors.append(await floor.send_at_rate(SEND_RATE_HZ, seconds))
                    pages.append(await target.page_rate(seconds))
                    floor_pages.append(await floor.page_rate(seconds))
    floor_name = "bare uvicorn + Litestar route"
    return [
        _row("send delay p50", "ms", _median(sends, 0), None, _median(floors, 0), floor_name, runs),
        _row("send delay p99 at 1,000/s", "ms", _median(sends, 1), "≤ 20", _median(floors, 1), floor_name, runs),
        _row("sends answered", "/s", _median(sends, 2), SEND_RATE_HZ, _median(floors, 2), floor_name, runs),
        _row("pages of 50", "/s", statistics.median(pages), "≥ 3000", statistics.median(floor_pages), floor_name, runs),
        _row("page size", "bytes", page_bytes, None, None, "", 1),
        _row("cold start to healthy", "s", cold_start_s, "≤ 15", None, "", 1),
        _row("idle memory", "MiB", idle_mib, "≤ 150", None, "", 1),
    ]


class Target:
    """A server under load: speaks just enough HTTP/1.1 over raw streams that the load itself stays cheap."""

    def __init__(self, port: int, channel_id: str, token: str) -> None:
        """Aim at one channel as one bot."""
        self._port = port
        self._path = f"/api/v10/channels/{channel_id}/messages"
        self._headers = f"Host: 127.0.0.1:{port}\r\nAuthorization: Bot {token}\r\n"

    async def send_once(self, content: str) -> bytes:
        """Send one message and return the answer's body."""
        async with _connected(self._port) as connection:
            return await connection.exchange(self._send_request(content))

    async def page_once(self) -> bytes:
        """Read one page and return the answer's body."""
        async with _connected(self._port) as connection:
            return await connection.exchange(self._page_request())

    async def send_at_rate(self, rate_hz: int, seconds: float) -> tuple[float, float, float]:
        """Send for `seconds` and return delay p50 and p99 in milliseconds, and the rate that was answered."""
        count = int(rate_hz * seconds)
        delays_s: list[float] = []
        due = iter(range(count))
        begin = time.perf_counter() + 0.1
        async with contextlib.AsyncExitStack() as stack:
            connections = [await stack.enter_async_context(_connected(self._port)) for _ in range(SEND_CONNECTIONS)]

            async def work(connection: Connection) -> None:
                for number in due:
                    when = begin + number / rate_hz
                    if (wait := when - time.perf_counter()) > 0:
                        await asyncio.sleep(wait)
                    await connection.exchange(self._send_request(f"message {number}"))
                    delays_s.append(time.perf_counter() - when)

            await asyncio.gather(*(work(connection) for connection in connections))
        took_s = time.perf_counter() - begin
        cuts = statistics.quantiles(delays_s, n=100)
        return cuts[49] * 1000, cuts[98] * 1000, count / took_s

    async def page_rate(self, seconds: float) -> float:
        """Read pages for `seconds` on every connection at once and return pages per second."""
        request = self._page_request()
        end = time.perf_counter() + seconds
        count = 0
        async with contextlib.AsyncExitStack() as stack:
            connections = [await stack.enter_async_context(_connected(self._port)) for _ in range(PAGE_CONNECTIONS)]

            async def work(connection: Connection) -> None:
                nonlocal count
                while time.perf_counter() < end:
                    await connection.exchange(request)
                    count += 1

            await asyncio.gather(*(work(connection) for connection in connections))
        return count / seconds

    def _send_request(self, content: str) -> bytes:
        body = json.dumps({"content": content})
        head = f"POST {self._path} HTTP/1.1\r\n{self._headers}Content-Type: application/json\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()

    def _page_request(self) -> bytes:
        return f"GET {self._path}?limit={PAGE_MESSAGES} HTTP/1.1\r\n{self._headers}\r\n".encode()


class Connection:
    """One kept-open connection; exchanges one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Own both ends of a stream."""
        self._reader = reader
        self._writer = writer

    async def exchange(self, request: bytes) -> bytes:
        """Send `request` and return the body of its answer, which must be a success."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n", 1)[0])
        body = await self._reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 2"):
            raise RuntimeError(f"the server refused: {head.splitlines()[0]!r} {body[:200]!r}")
        return body


@contextlib.asynccontextmanager
async def _connected(port: int) -> AsyncIterator[Connection]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    try:
        yield Connection(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


@contextlib.asynccontextmanager
async def _server(folder: Path, port: int) -> AsyncIterator[tuple[asyncio.subprocess.Process, float]]:
    begin = time.perf_counter()
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "hubbub", "up"),
            env=_environment(folder, port),
            stdout=log,
            stderr=log,
            preexec_fn=lambda: _pin(SERVER_CORE),
        )
    try:
        await _healthy(process, port, folder / "log")
        yield process, time.perf_counter() - begin
    finally:
        process.terminate()
        await process.wait()


@contextlib.asynccontextmanager
async def _floor(page_bytes: int, sent_bytes: int) -> AsyncIterator[Target]:
    port = _free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", FLOOR, str(port), str(page_bytes), str(sent_bytes)),
        preexec_fn=lambda: _pin(SERVER_CORE),
    )
    try:
        await _healthy(process, port, None)
        yield Target(port, "1", "none")
    finally:
        process.terminate()
        await process.wait()


async def _make_bot(folder: Path, port: int) -> dict[str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hubbub", "bot", "create", "load", "--json"),
        env=_environment(folder, port),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    bot: dict[str, str] = json.loads(output)
    return bot


async def _healthy(process: asyncio.subprocess.Process, port: int, log: Path | None) -> None:
    deadline = time.perf_counter() + START_TIMEOUT_S
    while time.perf_counter() < deadline:
        if process.returncode is not None:
            raise RuntimeError(f"the server ended with {process.returncode}: {_tail(log)}")
        with contextlib.suppress(OSError):
            await asyncio.to_thread(urllib.request.urlopen, f"http://127.0.0.1:{port}/healthz", timeout=5)
            return
        await asyncio.sleep(0.02)
    raise RuntimeError("the server did not become healthy")


def _tail(log: Path | None) -> str:
    return log.read_text()[-2000:] if log else ""


def _environment(folder: Path, port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUBBUB_")}
    return {
        **kept,
        "HUBBUB_PORT": str(port),
        "HUBBUB_DATA": str(folder / "data"),
        "HUBBUB_COMMUNITY_RATE_LIMITS": "false",
        "HUBBUB_LOG_LEVEL": "warning",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _pinned(core: int) -> Iterator[None]:
    before = os.sched_getaffinity(0)
    _pin(core)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _pin(core: int) -> None:
    there = sorted(os.sched_getaffinity(0) | set(range(os.cpu_count() or 1)))
    os.sched_setaffinity(0, {there[core % len(there)]})


def _resident_mib(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def _median(runs: list[tuple[float, float, float]], column: int) -> float:
    return statistics.median(run[column] for run in runs)


def _row(
    metric: str, unit: str, ours: float, goal: object, peer: float | None, peer_name: str, runs: int
) -> dict[str, object]:
    ratio = ours / peer if peer else None
    return {
        "metric": metric,
        "unit": unit,
        "ours": round(ours, 2),
        "goal": goal,
        "peer": round(peer, 2) if peer is not None else None,
        "peer_name": peer_name,
        "ratio": round(ratio, 2) if ratio is not None else None,
        "runs": runs,
    }
