"""Drives `hubbub-impair`: one process that loses packets on the way to a server's media port."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

WAIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Impaired:
    """The running program."""

    process: asyncio.subprocess.Process

    async def lose(self, share: float, delay_ms: int) -> None:
        """Lose this share of the packets of everybody who comes through here, both ways, and delay the others."""
        way = {"loss": share, "delay_ms": delay_ms}
        await self._order({"set": {"up": way, "down": way}})

    async def _order(self, order: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        await self.told()

    async def told(self) -> None:
        """Wait for its next word."""
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), WAIT_S)
        if not line:
            raise RuntimeError("hubbub-impair ended")


def build() -> Path:
    """Build `hubbub-impair` and return where it lies."""
    command = ["cargo", "build", "--release", "--locked", "-p", "hubbub-impair", "--message-format=json"]
    told = subprocess.run(  # noqa: S603 - a command of ours
        command, check=True, stdout=subprocess.PIPE, text=True
    )
    lines = (json.loads(line) for line in told.stdout.splitlines() if '"executable":"' in line)
    return next(Path(each["executable"]) for each in lines)


@contextlib.asynccontextmanager
async def running_impair(binary: Path, listen: str, server: str, seed: int) -> AsyncIterator[Impaired]:
    """Relay what comes to `listen` to `server`, both ``address:port``."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(str(binary), listen, server, str(seed), stdin=pipe, stdout=pipe)
    try:
        impaired = Impaired(process)
        await impaired.told()
        yield impaired
    finally:
        process.terminate()
        await process.wait()
