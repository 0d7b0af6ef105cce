"""A room with somebody who speaks and somebody who listens, watched while others misbehave in it or outside."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from rtc.load import Load, running_load
from rtc.person import Person, Venue
from rtc.sdp import Sent

from servers.cargo import built
from servers.hubbub_process import HubbubProcess, free_port
from servers.waiting import until

WITHIN_S = 20.0
ROOM = "den"
MEMORY_GROWTH_MAX = 96 << 20
"""Bytes that a server may take more while it is attacked: buffers that grew once and stay."""


@dataclass
class Hall:
    """A server and two programs that move packets: one for honest people, whose losses count, one for the others."""

    server: HubbubProcess
    venue: Venue
    media: tuple[str, int]
    honest: Load
    rogue: Load
    people: list[Person] = field(default_factory=list)
    ssrc: int = 1000

    async def join(self, identity: str, *, rogue: bool = False, room: str = ROOM) -> Person:
        """Let somebody into a room."""
        person = await Person.join(self.venue, self.rogue if rogue else self.honest, room, identity)
        self.people.append(person)
        return person

    def voice(self, **more: Any) -> Sent:
        """Return a stream of sound that nobody else sends."""
        return self._stream(video=False, **more)

    def picture(self, **more: Any) -> Sent:
        """Return a stream of pictures that nobody else sends."""
        return self._stream(video=True, **more)

    def _stream(self, **more: Any) -> Sent:
        self.ssrc += 10
        return Sent(cid=f"stream-{self.ssrc}", ssrc=self.ssrc, **more)

    async def talk(self, *, room: str = ROOM, picture: bool = False) -> Talk:
        """Return a talk between two who hear each other."""
        speaker = await self.join(f"speaker-{self.ssrc}", room=room)
        listener = await self.join(f"listener-{self.ssrc}", room=room)
        await speaker.publish(self.voice(), *([self.picture()] if picture else []))
        await self.honest.first(listener.receiving.number)
        return Talk(self, speaker, listener)

    async def figures(self) -> dict[str, float]:
        """Return the server's counters of its media threads, by their short names."""
        async with httpx.AsyncClient(base_url=self.server.url) as http:
            assert (await http.get("/healthz")).status_code == httpx.codes.OK
            lines = (await http.get("/metrics")).text.splitlines()
        found: dict[str, float] = {}
        for line in lines:
            if line.startswith("hubbub_voice_media_"):
                name, _, value = line.rpartition(" ")
                short = name.partition("{")[0].removeprefix("hubbub_voice_media_").removesuffix("_total")
                found[short] = found.get(short, 0.0) + float(value)
        return found

    async def counts(self, name: str, least: float) -> None:
        """Wait until a counter of the media threads has come that far."""

        async def holds() -> bool:
            return (await self.figures())[name] >= least

        await until(holds, within_s=WITHIN_S, every_s=0.1)

    def memory(self) -> int:
        """Return the bytes of memory that the server holds."""
        assert self.server.process is not None
        pages = Path(f"/proc/{self.server.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    async def part(self) -> None:
        """Let everybody leave."""
        people, self.people = self.people, []
        for person in people:
            await person.leave()


@dataclass
class Talk:
    """Somebody who speaks and somebody who listens."""

    hall: Hall
    speaker: Person
    listener: Person

    async def goes_on(self, packets: int = 50) -> dict[str, Any]:
        """Wait until that much more arrived; return what was counted meanwhile."""
        self.hall.honest.reset()
        report: dict[str, Any] = {}

        async def arrived() -> bool:
            nonlocal report
            report = await self.hall.honest.report()
            return bool(report["received"] >= packets)

        await until(arrived, within_s=WITHIN_S, every_s=0.05)
        return report

    @contextlib.asynccontextmanager
    async def undisturbed(self, *, lost_max: float = 0.02) -> AsyncIterator[None]:
        """Assert that what happens in the block costs neither these two nor the server anything.

        The kernel's own queues may overflow on a machine without a core to spare, hence the small share.
        """
        before, memory = await self.hall.figures(), self.hall.memory()
        self.hall.honest.reset()
        yield
        report = await self.hall.honest.report()
        assert report["received"] >= report["expected"] * (1 - lost_max), report
        await self.goes_on()
        after = await self.hall.figures()
        assert after["panics"] == before["panics"] == 0
        assert self.hall.memory() - memory < MEMORY_GROWTH_MAX


@contextlib.asynccontextmanager
async def running_hall(
    folder: Path, *, advertised: str = "127.0.0.1", settings: Mapping[str, str] | None = None
) -> AsyncIterator[Hall]:
    """Run a server on loopback whose media port is known, and the programs that move packets to it."""
    program = await asyncio.to_thread(built, "hubbub-load")
    port = free_port()
    environment = {
        "HUBBUB_VOICE_PORT": str(port),
        "HUBBUB_VOICE_BIND_ADDRESSES": "127.0.0.1",
        "HUBBUB_VOICE_ADVERTISED_ADDRESSES": advertised,
        "HUBBUB_VOICE_SHARDS": "1",
        **(settings or {}),
    }
    core = min(os.sched_getaffinity(0))
    async with (
        HubbubProcess(folder, settings=environment) as server,
        running_load(program, core) as honest,
        running_load(program, core) as rogue,
    ):
        key: dict[str, Any] = await server.command("key", "create", "voice")
        venue = Venue(server.url, key["key"], key["secret"])
        yield Hall(server, venue, ("127.0.0.1", port), honest, rogue)


def own_address() -> str | None:
    """Return an address of this machine that is no loopback, if it has one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return str(probe.getsockname()[0])
