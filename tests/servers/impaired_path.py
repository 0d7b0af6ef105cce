"""A bad network between browsers and the server's media port: `hubbub-impair` as a child process."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from servers.cargo import built
from servers.hubbub_process import HubbubProcess, free_port

WITHIN_S = 20.0
_HERE, _THERE = "127.0.0.1", "127.0.0.2"
"""Where the server takes packets, and where clients are told that it does."""


def build() -> Path:
    """Build the relay, unless it is built, and return where it lies."""
    return built("hubbub-impair")


class ImpairedPath:
    """Relays datagrams for `listen` to `server`, both ``address:port``, and does to them what the test says."""

    def __init__(self, program: Path, listen: str, server: str, *, seed: int = 1) -> None:
        self.command = [str(program), listen, server, str(seed)]
        self.process: asyncio.subprocess.Process | None = None

    async def set(self, client: str | None = None, *, up: Any = None, down: Any = None) -> None:
        """Change both or one way of a client, by its ICE fragment, or of all."""
        await self._order({"set": {"client": client, "up": up, "down": down}})

    async def rebind(self, client: str) -> None:
        """Let a client come from another address."""
        await self._order({"rebind": {"client": client}})

    async def report(self) -> list[dict[str, Any]]:
        """Return how each client's packets fared."""
        told: dict[str, Any] = await self._order("report")
        report: list[dict[str, Any]] = told["report"]
        return report

    async def _order(self, order: object) -> Any:
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        return await self._told()

    async def _told(self) -> Any:
        assert self.process is not None
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), WITHIN_S)
        return json.loads(line)

    async def __aenter__(self) -> Self:
        pipe = asyncio.subprocess.PIPE
        self.process = await asyncio.create_subprocess_exec(*self.command, stdin=pipe, stdout=pipe)
        assert await self._told() == "ready"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.close()
        await asyncio.wait_for(self.process.wait(), WITHIN_S)


@contextlib.asynccontextmanager
async def far_server(folder: Path, settings: Mapping[str, str]) -> AsyncIterator[tuple[HubbubProcess, ImpairedPath]]:
    """Run a server that browsers reach through a network that tests make bad."""
    program = await asyncio.to_thread(build)
    port = free_port()
    voice = {
        "HUBBUB_VOICE_PORT": str(port),
        "HUBBUB_VOICE_BIND_ADDRESSES": _HERE,
        "HUBBUB_VOICE_ADVERTISED_ADDRESSES": _THERE,
        "HUBBUB_VOICE_SHARDS": "1",
    }
    async with (
        HubbubProcess(folder, settings={**settings, **voice}) as server,
        ImpairedPath(program, f"{_THERE}:{port}", f"{_HERE}:{port}") as path,
    ):
        yield server, path
