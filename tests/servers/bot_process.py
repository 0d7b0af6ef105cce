"""A bot's program as a child process of `hubbub bot run`."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from servers.hubbub_process import COMMAND

STOP_TIMEOUT_S = 15.0
DISCORD_JS = Path(__file__).parent.parent / "integration" / "bots" / "javascript" / "node_modules"
"""Where `scripts/setup bots` puts discord.js."""


class BotProcess:
    """Runs one program from entering the block until leaving it, and keeps what it prints."""

    def __init__(self, program: Path, *, url: str, token: str, folder: Path) -> None:
        self.program = program
        self.url = url
        self.token = token
        self.output = folder / f"{program.stem}.log"
        self.process: asyncio.subprocess.Process | None = None

    @property
    def printed(self) -> str:
        """What the program has printed so far, errors included."""
        return self.output.read_text(errors="replace")

    async def __aenter__(self) -> Self:
        arguments = [*COMMAND, "bot", "run", str(self.program), "--url", self.url, "--token", self.token]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HUBBUB_")}
        with self.output.open("wb") as log:
            self.process = await asyncio.create_subprocess_exec(*arguments, env=environment, stdout=log, stderr=log)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process = self.process
        assert process is not None
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_TIMEOUT_S)
            except TimeoutError:
                process.kill()
                await process.wait()
        if error is not None:
            error.add_note(f"{self.program.name} printed:\n{self.printed[-8000:]}")
