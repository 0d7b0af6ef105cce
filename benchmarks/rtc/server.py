"""Servers under load: ours, and LiveKit's when its executable is in the folder that HUBBUB_PEERS names."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from rtc.person import Venue

START_TIMEOUT_S = 60.0
KEY, SECRET = "load", "a-secret-of-the-benchmark-that-is-long-enough"


@dataclass(slots=True)
class Child:
    """How a server is run, and the process that runs it."""

    command: list[str]
    environ: dict[str, str]
    core: int | None
    """The one that it may run on; None for all."""
    log: Path
    url: str
    """Answers once the server serves."""
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Run it until it serves."""
        cores = set(range(os.cpu_count() or 1)) if self.core is None else {self.core}
        with self.log.open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                env=self.environ,
                stdout=output,
                stderr=output,
                preexec_fn=lambda: os.sched_setaffinity(0, cores),
            )
        await _answers(self.process, self.url, self.log)

    async def stop(self, how: signal.Signals) -> None:
        """End it with a signal, and with SIGKILL if that is not enough."""
        process = self.process
        if process is None or process.returncode is not None:
            return
        process.send_signal(how)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 10)
        if process.returncode is None:
            process.kill()
            await process.wait()


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    name: str
    venue: Venue
    child: Child
    media_port: int
    """Where packets go."""

    @property
    def pid(self) -> int:
        """Return the process's number."""
        assert self.child.process is not None
        return self.child.process.pid

    def cpu_s(self) -> float:
        """Return the processor time that it has taken, user and system."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self) -> int:
        """Return the memory that it holds."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextlib.asynccontextmanager
async def our_server(
    core: int, *, run: Sequence[str] = ("-m", "hubbub"), address: str = "127.0.0.1"
) -> AsyncIterator[Server]:
    """Run Hubbub on one core, on loopback or an `address` of this machine; `run` is what Python is told to run."""
    with tempfile.TemporaryDirectory() as folder:
        port, media = free_port(), free_port(udp=True)
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HUBBUB_")},
            "HUBBUB_HOST": address,
            "HUBBUB_PORT": str(port),
            "HUBBUB_DATA": str(Path(folder) / "data"),
            "HUBBUB_LOG_LEVEL": "warning",
            "HUBBUB_VOICE_PORT": str(media),
            "HUBBUB_VOICE_BIND_ADDRESSES": address,
            "HUBBUB_VOICE_SHARDS": "1",
        }
        url = f"http://{address}:{port}"
        child = Child([sys.executable, *run, "up"], environ, core, Path(folder) / "log", f"{url}/healthz")
        async with _running(child, signal.SIGTERM):
            command = [sys.executable, "-m", "hubbub", "key", "create", "voice", "--json"]
            process = await asyncio.create_subprocess_exec(*command, env=environ, stdout=asyncio.subprocess.PIPE)
            output, _ = await process.communicate()
            key = json.loads(output)
            yield Server("hubbub", Venue(url, key["key"], key["secret"]), child, media)


@contextlib.asynccontextmanager
async def livekit_server(
    binary: Path, core: int, *, lite: bool = False, address: str = "127.0.0.1"
) -> AsyncIterator[Server]:
    """Run LiveKit on one core, on loopback or an `address` of this machine, with one UDP port.

    It does not look for paths itself if `lite`.
    """
    with tempfile.TemporaryDirectory() as folder:
        port, media, tcp = free_port(), free_port(udp=True), free_port()
        settings = {
            "port": port,
            "bind_addresses": [address],
            "keys": {KEY: SECRET},
            "log_level": "error",
            "rtc": {
                "udp_port": media,
                "tcp_port": tcp,
                "use_external_ip": False,
                "use_ice_lite": lite,
                "enable_loopback_candidate": True,
                "node_ip": address,
                "ips": {"includes": [f"{address}/32"]},
            },
        }
        file = Path(folder) / "livekit.json"
        file.write_text(json.dumps(settings))
        url = f"http://{address}:{port}"
        command = [str(binary), "--config", str(file)]
        child = Child(command, dict(os.environ), core, Path(folder) / "log", f"{url}/")
        # Who has left the rooms by now left; it would wait minutes for rooms to empty on SIGTERM.
        async with _running(child, signal.SIGINT):
            yield Server("livekit-server", Venue(url, KEY, SECRET), child, media)


def livekit_binary() -> Path | None:
    """Return LiveKit's server, or None when nobody put it there."""
    return peer_binary("livekit-server")


def peer_binary(name: str) -> Path | None:
    """Return the executable of a peer, or None when nobody put it there."""
    folder = os.environ.get("HUBBUB_PEERS")
    binary = Path(folder) / name if folder else None
    return binary if binary is not None and binary.is_file() else None


@contextlib.asynccontextmanager
async def _running(child: Child, goodbye: signal.Signals) -> AsyncIterator[None]:
    try:
        await child.start()
        yield
    finally:
        await child.stop(goodbye)


async def _answers(process: asyncio.subprocess.Process, url: str, log: Path) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + START_TIMEOUT_S
    while loop.time() < deadline:
        if process.returncode is not None:
            raise RuntimeError(f"the server ended with {process.returncode}: {_tail(log)}")
        try:
            await asyncio.to_thread(urllib.request.urlopen, url, timeout=5)
        except urllib.error.HTTPError as answer:
            # Who may not know how it is gets an answer too.
            if answer.code == HTTPStatus.FORBIDDEN:
                return
        except OSError:
            pass
        else:
            return
        await asyncio.sleep(0.02)
    raise RuntimeError(f"the server did not answer: {_tail(log)}")


def _tail(log: Path) -> str:
    return log.read_text()[-2000:]


def free_port(*, udp: bool = False) -> int:
    """Return a port that nobody listens on."""
    with socket.socket(type=socket.SOCK_DGRAM if udp else socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
