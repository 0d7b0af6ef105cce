"""A real Hubbub server as a child process, on a free port and a data folder of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

START_TIMEOUT_S = 40.0
STOP_TIMEOUT_S = 20.0
COMMAND_TIMEOUT_S = 90.0
"""Filling the demonstration takes a while on a machine that runs other tests too."""


def free_port() -> int:
    """Return a TCP port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class HubbubProcess:
    """Starts, kills, stops and restarts one server; its data folder outlives each process."""

    def __init__(self, folder: Path, *, settings: Mapping[str, str] | None = None, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = dict(settings or {})
        self.arguments: tuple[str, ...] = ()
        """What `hubbub up` is told beside its settings."""
        self.process: asyncio.subprocess.Process | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What this server and commands about it inherit: none of the caller's own Hubbub settings."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("HUBBUB_")}
        return {
            **inherited,
            "HUBBUB_HOST": "127.0.0.1",
            "HUBBUB_PORT": str(self.port),
            "HUBBUB_DATA": str(self.folder / "data"),
            "HUBBUB_VOICE_PORT": "0",
            **self.settings,
        }

    @property
    def log(self) -> str:
        """Everything that the server has written so far."""
        path = self.folder / "server.log"
        return path.read_text(errors="replace") if path.exists() else ""

    async def start(self, *, prefix: tuple[str, ...] = ()) -> None:
        """Start the server and wait until it says that it is healthy."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "server.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *prefix,
                *AS_INSTALLED,
                "up",
                *self.arguments,
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        deadline = asyncio.get_running_loop().time() + START_TIMEOUT_S
        async with httpx.AsyncClient(base_url=self.url, timeout=5.0) as client:
            while True:
                if self.process.returncode is not None:
                    raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log}")
                try:
                    if (await client.get("/healthz")).status_code == httpx.codes.OK:
                        return
                except httpx.TransportError:
                    pass
                if asyncio.get_running_loop().time() > deadline:
                    raise AssertionError(f"the server is not healthy after {START_TIMEOUT_S} s:\n{self.log}")
                await asyncio.sleep(0.05)

    async def stop(self) -> int:
        """Stop the server as Ctrl-C does; return its exit status."""
        return await self._end(signal.SIGINT)

    async def kill(self) -> None:
        """Kill the server without warning, as a power cut would."""
        await self._end(signal.SIGKILL)

    async def _end(self, how: signal.Signals) -> int:
        process = self.process
        if process is None:
            return 0
        if process.returncode is None:
            process.send_signal(how)
            try:
                await asyncio.wait_for(process.wait(), STOP_TIMEOUT_S)
            except TimeoutError:
                process.kill()
                await process.wait()
                raise AssertionError(f"the server did not stop within {STOP_TIMEOUT_S} s:\n{self.log}") from None
        self.process = None
        return process.returncode or 0

    async def command(self, *arguments: str) -> dict[str, object]:
        """Run `hubbub ARGUMENTS --json` against this server's data; return the facts that it prints."""
        process = await asyncio.create_subprocess_exec(
            *AS_INSTALLED,
            *arguments,
            "--json",
            cwd=self.folder,
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await asyncio.wait_for(process.communicate(), COMMAND_TIMEOUT_S)
        if process.returncode != 0:
            raise AssertionError(f"hubbub {' '.join(arguments)} failed:\n{errors.decode()}{output.decode()}")
        facts = json.loads(output)
        assert isinstance(facts, dict)
        return facts

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()


COMMAND = (sys.executable, "-m", "hubbub")
"""The command under test, run by the tests' own Python."""

AS_INSTALLED = (sys.executable, str(Path(__file__).with_name("as_installed.py")))
"""The same with nothing to import but what `make run` installs; what runs bots cannot be this, for it needs theirs."""
