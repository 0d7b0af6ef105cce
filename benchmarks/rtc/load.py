"""Drives `hubbub-load`: one process that moves all packets of all people."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rtc.sdp import Local, Remote

WAIT_S = 30.0


@dataclass(slots=True)
class Load:
    """The running program."""

    process: asyncio.subprocess.Process
    waiting: dict[tuple[str, int], asyncio.Future[Any]] = field(default_factory=dict)
    firsts: dict[int, asyncio.Event] = field(default_factory=dict)
    ids: int = 0

    async def open(self, bind: str) -> tuple[int, Local]:
        """Make a transport and return its name and our end of it."""
        self.ids += 1
        number = self.ids
        self.firsts[number] = asyncio.Event()
        told = await self._ask("opened", number, {"open": {"id": number, "bind": bind}})
        return number, Local(told["ufrag"], told["pwd"], told["fingerprint"])

    async def connect(self, number: int, remote: Remote, address: tuple[str, int], *, controlling: bool) -> float:
        """Connect a transport and return how long that took in milliseconds; `controlling` if the offer was ours."""
        order = {
            "id": number,
            "ufrag": remote.ufrag,
            "pwd": remote.pwd,
            "fingerprint": remote.fingerprint,
            "address": address[0],
            "port": address[1],
            "client": remote.client,
            "controlling": remote.lite or controlling,
            "transport_cc": remote.transport_cc,
        }
        told = await self._ask("connected", number, {"connect": order})
        return float(told["after_ms"])

    def renumber(self, number: int, transport_cc: int) -> None:
        """Read transport-wide numbers from the header extension of that number from now on."""
        self._say({"renumber": {"id": number, "transport_cc": transport_cc}})

    def publish(self, **order: object) -> None:
        """Send a stream from now on."""
        self._say({"publish": order})

    def misuse(self, number: int, abuse: str, count: int) -> None:
        """Send so many datagrams that no honest peer sends."""
        self._say({"misuse": {"id": number, "abuse": abuse, "count": count}})

    def silence(self, number: int) -> None:
        """Send no reports on a transport from now on."""
        self._say({"silence": {"id": number}})

    async def first(self, number: int) -> None:
        """Wait until something arrived on a transport."""
        await asyncio.wait_for(self.firsts[number].wait(), WAIT_S)

    def reset(self) -> None:
        """Count anew."""
        self._say("reset")

    async def report(self) -> dict[str, Any]:
        """Return what was counted since the last reset."""
        counted: dict[str, Any] = await self._ask("counted", 0, "report")
        return counted

    def close(self, number: int) -> None:
        """End a transport."""
        self._say({"close": {"id": number}})

    async def _ask(self, answer: str, number: int, order: object) -> Any:
        future = self.waiting[answer, number] = asyncio.get_running_loop().create_future()
        self._say(order)
        return await asyncio.wait_for(future, WAIT_S)

    def _say(self, order: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")

    async def listen(self) -> None:
        """Hand each line to who waits for it."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            ((kind, told),) = json.loads(line).items()
            number = told.get("id", 0)
            if kind == "first":
                self.firsts[number].set()
            elif kind == "failed":
                for key in [key for key in self.waiting if key[1] == number]:
                    self.waiting.pop(key).set_exception(RuntimeError(told["reason"]))
            elif (future := self.waiting.pop((kind, number), None)) is not None:
                future.set_result(told)


@contextlib.asynccontextmanager
async def running_load(binary: Path, core: int) -> AsyncIterator[Load]:
    """Run the program on one core for as long as the block lasts."""
    process = await asyncio.create_subprocess_exec(
        str(binary),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    load = Load(process)
    listening = asyncio.create_task(load.listen())
    try:
        yield load
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
        await listening
