"""Gateway: deliveries per CPU-second, time to the last of many sessions, memory of an idle session.

Method: each server runs in a process of its own on uvloop, its clients in another; all are connected at the same time,
and the runs are interleaved, every other round in reverse order. "Single" flushes after every event, "coalesced" after
20. Raw picows and websockets' broadcast send messages of the same size to as many sockets.

What counts: the CPU time of the server's process, user and system, from handing over the events until every socket's
buffer is empty. On loopback that is more than the sender's share: the kernel carries a segment through the receiver's
half of TCP, and wakes the receiver, within the sender's system call. This is some six sevenths of a single delivery,
it is the same for all, and no way of writing from one process avoids it: the raw picows row is the machine's floor.
What differs beside it: we encode the event, number it for each session (they stand at 97 different numbers), and keep
it for a resume; the peers send one constant. The clients read and forget; what they cost is not counted, but one that
fell behind would make a sender buffer, so they do as little as they can.

Send to last: 100 events a second, from publishing to the clock of the process that reads, when the last of all sockets
has been read. Raw picows sends the same number at the same pace, in turns with ours. The reader spends CPU of another
core on every message, and its own delay is part of both figures; how busy it was is printed with `--verbose`.

    .venv/bin/python benchmarks/gateway.py [--quick] [--verbose]
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import random
import select
import socket
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from typing_extensions import override

SESSIONS = 1000
GUILD, CHANNEL = 1 << 40, 7001
BURST = 20
SEQUENCES_APART = 97
"""Sessions start at this many different sequence numbers."""
IDENTIFY_WAIT_S = 120
PACED_BYTES = 800
"""About what a chat message of the benchmark has."""
_TOKENS = 100
_RUNS = 3

Row = dict[str, Any]


# -- the parent: starts processes, asks for figures ------------------------------------------------------------------


class Process:
    """A child that takes one JSON command a line and answers with one JSON line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Talk to `process`."""
        self._process = process

    async def ask(self, **command: object) -> Row:
        """Send a command and return the answer."""
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("the child was started with pipes")
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        async with asyncio.timeout(IDENTIFY_WAIT_S):
            answer = await self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the child ended during {command}")
        row: Row = json.loads(answer)
        return row

    async def end(self) -> None:
        """Stop the child."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()


@contextlib.asynccontextmanager
async def started(*arguments: str) -> AsyncIterator[Process]:
    """Run this file as a child."""
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(sys.executable, __file__, *arguments, stdin=pipe, stdout=pipe)
    process = Process(child)
    try:
        yield process
    finally:
        await process.end()


@contextlib.asynccontextmanager
async def pair(kind: str, sessions: int, compression: str = "") -> AsyncIterator[tuple[Process, Process]]:
    """Run a server of `kind` with `sessions` connected clients."""
    async with started("serve", kind) as server, started("clients", kind) as clients:
        port = (await server.ask(do="port"))["port"]
        await clients.ask(do="connect", port=port, sessions=sessions, compression=compression)
        await server.ask(do="wait", sessions=sessions)
        yield server, clients


async def rates(quick: bool) -> dict[str, list[float]]:
    """Return deliveries per CPU-second by kind, interleaved so that a busy machine hurts all alike."""
    sessions, events = (200, 100) if quick else (SESSIONS, 200)
    found: dict[str, list[float]] = {}
    async with contextlib.AsyncExitStack() as stack:
        servers: dict[str, Process] = {}
        for name, kind, compression in (
            ("hubbub", "hubbub", ""),
            ("hubbub zlib", "hubbub", "zlib-stream"),
            ("hubbub zstd", "hubbub", "zstd-stream"),
            ("picows", "picows", ""),
            ("websockets", "websockets", ""),
        ):
            servers[name], _ = await stack.enter_async_context(pair(kind, sessions, compression))
            await servers[name].ask(do="apart")
        size = (await servers["hubbub"].ask(do="size"))["size"]
        runs: list[tuple[str, str, int]] = [
            ("single", "hubbub", 1),
            ("picows", "picows", 1),
            ("websockets", "websockets", 1),
            ("coalesced", "hubbub", BURST),
            ("zlib", "hubbub zlib", BURST),
            ("zstd single", "hubbub zstd", 1),
            ("zstd", "hubbub zstd", BURST),
        ]
        for round_ in range(_RUNS):
            for name, server, burst in runs if round_ % 2 == 0 else reversed(runs):
                answer = await servers[server].ask(do="publish", events=events, burst=burst, size=size)
                found.setdefault(name, []).append(answer["deliveries"] / answer["cpu_s"])
    return found


async def latency(quick: bool, *, verbose: bool = False) -> dict[str, tuple[list[float], list[float]]]:
    """Return milliseconds from publishing to the last session at 100 messages a second: p50s and p99s by kind."""
    sessions, seconds = (200, 1) if quick else (SESSIONS, 8)
    found: dict[str, tuple[list[float], list[float]]] = {"hubbub": ([], []), "picows": ([], [])}
    for _ in range(_RUNS):
        for kind, (p50, p99) in found.items():
            async with pair(kind, sessions) as (server, clients):
                await server.ask(do="apart")
                await clients.ask(do="arrivals")
                paced = await server.ask(do="pace", rate=100, seconds=seconds, size=PACED_BYTES)
                arrived = await clients.ask(do="last", messages=len(paced["sent"]))
            delays = sorted((there - here) * 1000 for here, there in zip(paced["sent"], arrived["last"], strict=True))
            p50.append(statistics.median(delays))
            p99.append(delays[int(len(delays) * 0.99)])
            if verbose:
                busy = f"server {paced['cpu_s'] / seconds:.0%}, reader {arrived['cpu_s'] / seconds:.0%} of a core"
                print(f"{kind}: p50 {p50[-1]:.1f} ms, p99 {p99[-1]:.1f} ms; {busy}", file=sys.stderr)
    return found


async def memory(compression: str, quick: bool) -> float:
    """Return KiB of resident memory that one more idle session costs."""
    warm, more = (50, 200) if quick else (200, 1000)
    async with started("serve", "hubbub") as server, started("clients", "hubbub") as clients:
        port = (await server.ask(do="port"))["port"]
        await clients.ask(do="connect", port=port, sessions=warm, compression=compression)
        await server.ask(do="wait", sessions=warm)
        before = (await server.ask(do="memory"))["bytes"]
        await clients.ask(do="connect", port=port, sessions=more, compression=compression)
        await server.ask(do="wait", sessions=warm + more)
        await clients.ask(do="heartbeat")
        after = (await server.ask(do="memory"))["bytes"]
    return float(after - before) / more / 1024


async def run(*, quick: bool, verbose: bool = False) -> list[Row]:
    """Return the rows of `hubbub bench gateway`."""
    by_name = await rates(quick)
    delays = await latency(quick, verbose=verbose)
    (p50, p99), (raw_p50, raw_p99) = delays["hubbub"], delays["picows"]
    sessions = 200 if quick else 1000
    picows = statistics.median(by_name["picows"])
    websockets = statistics.median(by_name["websockets"])

    def rate(metric: str, name: str, goal: float | None, peer: float, peer_name: str) -> Row:
        return row(metric, "deliveries/CPU-s", by_name[name], goal, peer, peer_name)

    rows = [
        rate("single frames", "single", 150_000, picows, "picows send"),
        rate("single frames", "single", 150_000, websockets, "websockets broadcast"),
        rate(f"coalesced, {BURST} events a flush", "coalesced", 500_000, picows, "picows send"),
        rate(f"zstd, {BURST} events a flush", "zstd", 100_000, picows, "picows send, plain"),
        rate("zstd, single frames", "zstd single", None, picows, "picows send, plain"),
        rate(f"zlib, {BURST} events a flush", "zlib", None, picows, "picows send, plain"),
        row(f"send to last of {sessions:,} sessions, p50", "ms", p50, None, statistics.median(raw_p50), "picows send"),
        row(
            f"send to last of {sessions:,} sessions, p99", "ms", p99, "≤ 50", statistics.median(raw_p99), "picows send"
        ),
    ]
    for name, compression, goal in (("plain", "", 16), ("zlib", "zlib-stream", 50), ("zstd", "zstd-stream", 140)):
        kib = [await memory(compression, quick) for _ in range(1 if quick else _RUNS)]
        rows.append(row(f"memory per idle session, {name}", "KiB", kib, f"≤ {goal}"))
    return rows


def row(
    metric: str,
    unit: str,
    runs: list[float],
    goal: float | str | None = None,
    peer: float | None = None,
    peer_name: str = "",
) -> Row:
    """Return one row; `ours` is the median of `runs`."""
    ours = statistics.median(runs)
    return {
        "metric": metric,
        "unit": unit,
        "ours": round(ours, 2),
        "goal": goal,
        "peer": None if peer is None else round(peer, 2),
        "peer_name": peer_name,
        "ratio": None if peer is None else round(ours / peer, 2),
        "runs": len(runs),
    }


# -- servers ---------------------------------------------------------------------------------------------------------


class Server:
    """What every kind of server does on command."""

    port: int

    async def start(self) -> None:
        """Listen on a free port."""
        raise NotImplementedError

    def connected(self) -> int:
        """Return how many clients are ready."""
        raise NotImplementedError

    def set_apart(self) -> None:
        """Have the sessions stand at different numbers, where they have numbers."""

    def prepare(self, count: int) -> None:
        """Make `count` messages that are to be published."""

    def publish(self, count: int, size: int) -> None:
        """Bring `count` messages of `size` bytes to every client, and write them."""
        raise NotImplementedError

    def backlog(self) -> int:
        """Return the bytes that are not with the kernel yet."""
        raise NotImplementedError

    async def command(self, do: str, **arguments: Any) -> Row:
        """Carry out one command."""
        match do:
            case "port":
                return {"port": self.port}
            case "wait":
                await until(lambda: self.connected() >= arguments["sessions"])
                await asyncio.sleep(0.3)
                return {}
            case "apart":
                self.set_apart()
                await until(lambda: not self.backlog())
                return {}
            case "publish":
                return await self._measure(arguments["events"], arguments["burst"], arguments["size"])
            case "pace":
                return await self._pace(arguments["rate"], arguments["seconds"], arguments["size"])
            case "memory":
                gc.collect()
                await asyncio.sleep(0.5)
                return {"bytes": resident_bytes()}
            case _:
                raise ValueError(do)

    async def _measure(self, events: int, burst: int, size: int) -> Row:
        self.prepare(events)
        await asyncio.sleep(0.2)
        gc.collect()
        start, wall = time.process_time(), time.monotonic()
        for _ in range(events // burst):
            self.publish(burst, size)
            await asyncio.sleep(0)
        await until(lambda: not self.backlog())
        deliveries = events // burst * burst * self.connected()
        return {
            "deliveries": deliveries,
            "cpu_s": time.process_time() - start,
            "wall_s": time.monotonic() - wall,
        }

    async def _pace(self, rate: int, seconds: int, size: int) -> Row:
        """Publish one message after the other; return when each was."""
        self.prepare(rate * seconds)
        sent = []
        cpu, start = time.process_time(), time.monotonic()
        for index in range(rate * seconds):
            await asyncio.sleep(max(0.0, start + index / rate - time.monotonic()))
            sent.append(time.monotonic())
            self.publish_soon(size)
        return {"sent": sent, "cpu_s": time.process_time() - cpu}

    def publish_soon(self, size: int) -> None:
        """Bring one message of `size` bytes to every client, as soon as the server would by itself."""
        self.publish(1, size)


class HubbubServer(Server):
    """The product: uvicorn, the seam, a hub on a community in memory."""

    @override
    async def start(self) -> None:
        """Listen on a free port."""
        import uvicorn

        from hubbub.app.sockets import websocket_class
        from hubbub.gateway.adapters.directory import MemoryDirectory
        from hubbub.gateway.api.socket import GatewayFace
        from hubbub.gateway.config import GatewayConfig
        from hubbub.gateway.service.hub import Hub
        from hubbub.kernel.clock import SystemClock

        directory = MemoryDirectory()
        for index in range(_TOKENS):
            directory.add_user(100 + index, f"token{index}")
        directory.add_guild(GUILD, 100, [CHANNEL])
        for index in range(_TOKENS):
            directory.join(GUILD, 100 + index)
        config = GatewayConfig(
            heartbeat_interval_ms=3_600_000,  # the clients send none
            identify_concurrency=10_000,
            identifies_per_address=100_000,
            sessions_per_user_max=1000,
        )
        self.hub = Hub(config, directory, SystemClock())
        await self.hub.start()

        async def nothing(_scope: object, _receive: object, _send: object) -> None:
            return None

        settings = uvicorn.Config(
            nothing, port=0, ws=websocket_class([GatewayFace(self.hub)]), lifespan="off", log_config=None
        )
        self._uvicorn = uvicorn.Server(settings)
        self._serving = asyncio.create_task(self._uvicorn.serve())
        await until(lambda: self._uvicorn.started)
        self.port = self._uvicorn.servers[0].sockets[0].getsockname()[1]
        self._next_id = 10_000_000
        self._random = random.Random(1)
        self._words = [
            "".join(self._random.choices("etaoinshrdlucm", k=self._random.randint(2, 9))) for _ in range(2000)
        ]
        self._apart = 0
        self._prepared: list[Any] = []

    @override
    def connected(self) -> int:
        """Return the sessions that follow the guild."""
        room = self.hub.rooms.get(GUILD)
        return 0 if room is None else len(room.views) - len(room.newcomers)

    @override
    def publish(self, count: int, size: int) -> None:
        """Publish and flush."""
        for _ in range(count):
            self.hub.publish(self._prepared.pop())
        self.hub.outbound.flush_all()

    @override
    def publish_soon(self, size: int) -> None:
        """Publish; the hub flushes by itself."""
        self.hub.publish(self._prepared.pop())

    @override
    def backlog(self) -> int:
        """Return unsent bytes in the transports, and rings that wait for a slow reader."""
        unsent = 0
        for session in self.hub.sessions.values():
            transport = getattr(session.link, "_transport", None)
            unsent += session.last - session.sent + (transport.get_write_buffer_size() if transport else 0)
        return unsent

    @override
    async def command(self, do: str, **arguments: Any) -> Row:
        """Carry out one command."""
        if do == "size":
            return {"size": len(self._body())}
        return await super().command(do, **arguments)

    def message(self) -> Any:
        """Return a chat message as the community tells it."""
        from hubbub.events.contracts import events, objects

        self._next_id += 1
        author = self._random.randint(100, 140)
        user = objects.User(id=str(author << 45), username=f"someone{author}", global_name=f"Some One {author}")
        return events.MessageCreated(
            event_id=self._next_id,
            guild_id=GUILD,
            channel_id=CHANNEL,
            message=objects.Message(
                id=str(self._next_id),
                channel_id=str(CHANNEL),
                author=user,
                content=" ".join(self._random.choices(self._words, k=self._random.randint(3, 24))),
                timestamp="2026-01-01T00:00:00.000000+00:00",
                member=objects.Member(roles=["1", "2"], joined_at="2026-01-01T00:00:00.000000+00:00"),
            ),
        )

    def _body(self) -> bytes:
        from hubbub.gateway.domain.dispatch import message_dispatch

        return b'{"op":0,"s":1234,"t":"MESSAGE_CREATE","d":' + message_dispatch(self.message()).body + b"}"

    @override
    def prepare(self, count: int) -> None:
        """Make messages."""
        self._prepared = [self.message() for _ in range(count)]

    @override
    def set_apart(self) -> None:
        """Have the sessions stand at different numbers."""
        for index, session in enumerate(self.hub.sessions.values()):
            if index >= self._apart:
                for _ in range(index % SEQUENCES_APART):
                    self.hub.outbound.dispatch(session, "PADDING", b"null")
        self._apart = len(self.hub.sessions)
        self.hub.outbound.flush_all()


class PicowsServer(Server):
    """Raw picows: the same bytes to every socket."""

    @override
    async def start(self) -> None:
        """Listen on a free port."""
        import picows

        transports: list[picows.WSTransport] = []
        self._transports = transports

        class Listener(picows.WSListener):
            @override
            def on_ws_connected(self, transport: picows.WSTransport) -> None:
                transports.append(transport)

            @override
            def pause_writing(self) -> None:
                pass

            @override
            def resume_writing(self) -> None:
                pass

        server = await picows.ws_create_server(lambda _request: Listener(), "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._text = picows.WSMsgType.TEXT

    @override
    def connected(self) -> int:
        """Return the open sockets."""
        return len(self._transports)

    @override
    def publish(self, count: int, size: int) -> None:
        """Send to each."""
        message = b"x" * size
        for _ in range(count):
            for transport in self._transports:
                transport.send(self._text, message)

    @override
    def backlog(self) -> int:
        """Return unsent bytes."""
        return sum(transport.underlying_transport.get_write_buffer_size() for transport in self._transports)


class WebsocketsServer(Server):
    """The websockets library's broadcast."""

    @override
    async def start(self) -> None:
        """Listen on a free port."""
        from websockets.asyncio.server import broadcast, serve

        connections: set[Any] = set()
        self._connections, self._broadcast = connections, broadcast

        async def handler(connection: Any) -> None:
            connections.add(connection)
            await connection.wait_closed()

        self._server = await serve(handler, "127.0.0.1", 0, compression=None, ping_interval=None)
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    @override
    def connected(self) -> int:
        """Return the open sockets."""
        return len(self._connections)

    @override
    def publish(self, count: int, size: int) -> None:
        """Broadcast."""
        message = "x" * size
        for _ in range(count):
            self._broadcast(self._connections, message)

    @override
    def backlog(self) -> int:
        """Return unsent bytes."""
        return sum(connection.transport.get_write_buffer_size() for connection in self._connections)


async def serve(kind: str) -> None:
    """Run a server of `kind` and obey standard input."""
    kinds: dict[str, Callable[[], Server]] = {
        "hubbub": HubbubServer,
        "picows": PicowsServer,
        "websockets": WebsocketsServer,
    }
    server = kinds[kind]()
    await server.start()
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        answer = await server.command(**json.loads(line))
        print(json.dumps(answer), flush=True)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for `condition`."""
    async with asyncio.timeout(IDENTIFY_WAIT_S):
        while not condition():  # noqa: ASYNC110 - nothing there to signal it
            await asyncio.sleep(0.01)


def resident_bytes() -> int:
    """Return this process's resident memory."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


# -- clients ---------------------------------------------------------------------------------------------------------


class Clients:
    """Many sockets in one thread that read and forget, or read and note when each message was there everywhere."""

    def __init__(self, kind: str) -> None:
        """Speak to a server of `kind`."""
        self._kind = kind
        self._epoll = select.epoll()
        self._epoll.register(sys.stdin, select.EPOLLIN)
        self._sockets: dict[int, socket.socket] = {}
        self._buffer = bytearray(1 << 18)
        self._noting = False
        self._rest: dict[int, bytes] = {}
        self._count: dict[int, int] = {}
        self._there: list[int] = []
        self._last: list[float] = []
        self._cpu_s = 0.0

    def obey(self) -> None:
        """Obey standard input, reading sockets all the while."""
        while True:
            for number, _ in self._epoll.poll():
                if number in self._sockets:
                    self._read(number)
                    continue
                line = sys.stdin.readline()
                if not line:
                    return
                print(json.dumps(self._command(**json.loads(line))), flush=True)

    def _command(self, do: str, **arguments: Any) -> Row:
        match do:
            case "connect":
                for _ in range(arguments["sessions"]):
                    self._connect(arguments["port"], arguments["compression"])
                return {}
            case "heartbeat":
                for sock in self._sockets.values():
                    sock.setblocking(True)
                    sock.send(masked(b'{"op":1,"d":2}'))
                    sock.setblocking(False)
                return {}
            case "arrivals":
                self._drain_for(0.5)
                self._noting = True
                self._cpu_s = time.process_time()
                return {}
            case "last":
                deadline = time.monotonic() + 30
                while len(self._last) < arguments["messages"] and time.monotonic() < deadline:
                    self._drain_for(0.05)
                return {"last": self._last, "cpu_s": time.process_time() - self._cpu_s}
            case _:
                raise ValueError(do)

    def _connect(self, port: int, compression: str) -> None:
        sock = socket.create_connection(("127.0.0.1", port))
        query = f"?v=10&encoding=json&compress={compression}" if compression else "?v=10&encoding=json"
        sock.send(
            f"GET /gateway{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        head = b""
        while b"\r\n\r\n" not in head:
            head += sock.recv(4096)
        if self._kind == "hubbub":
            token = f"token{len(self._sockets) % _TOKENS}"
            intents = (1 << 0) | (1 << 9) | (1 << 15)
            sock.send(masked(json.dumps({"op": 2, "d": {"token": token, "intents": intents}}).encode()))
        sock.setblocking(False)
        self._sockets[sock.fileno()] = sock
        self._epoll.register(sock, select.EPOLLIN)
        self._drain_for(0)

    def _drain_for(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while True:
            for number, _ in self._epoll.poll(max(0.0, min(0.01, deadline - time.monotonic()))):
                if number in self._sockets:
                    self._read(number)
            if time.monotonic() >= deadline:
                return

    def _read(self, number: int) -> None:
        try:
            size = self._sockets[number].recv_into(self._buffer)
        except BlockingIOError:
            return
        if not size:
            self._epoll.unregister(number)
        elif self._noting:
            self._note(number, size)

    def _note(self, number: int, size: int) -> None:
        """Count the frames that have come whole; each has a header of four bytes here, and may come in parts."""
        data: bytes | bytearray = self._buffer
        if rest := self._rest.pop(number, b""):
            data = rest + self._buffer[:size]
            size = len(data)
        count, start = self._count.get(number, 0), 0
        there = self._there
        while size - start >= 4:  # noqa: PLR2004 - the header
            end = start + 4 + (data[start + 2] << 8 | data[start + 3])
            if end > size:
                break
            start = end
            if count == len(there):
                there.append(0)
            there[count] += 1
            if there[count] == len(self._sockets):
                self._last.append(time.monotonic())
            count += 1
        self._count[number] = count
        if start < size:
            self._rest[number] = bytes(data[start:size])


def masked(payload: bytes) -> bytes:
    """Return a client's text frame, masked with zeros."""
    size = len(payload)
    head = bytes((0x81, 0x80 | size)) if size < 126 else bytes((0x81, 0x80 | 126)) + size.to_bytes(2, "big")  # noqa: PLR2004
    return head + b"\0\0\0\0" + payload


def main() -> None:
    """Run as the benchmark, or as one of its children."""
    match sys.argv[1:]:
        case ["serve", kind]:
            import uvloop

            uvloop.run(serve(kind))
        case ["clients", kind]:
            Clients(kind).obey()
        case arguments:
            for line in asyncio.run(run(quick="--quick" in arguments, verbose="--verbose" in arguments)):
                print(json.dumps(line))


if __name__ == "__main__":
    main()
