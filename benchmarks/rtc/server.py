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
import urllib.request
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from rtc.person import Venue

START_TIMEOUT_S = 60.0
KEY, SECRET = "load", "a-secret-of-the-benchmark-that-is-long-enough"


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    name: str
    venue: Venue
    pid: int
    media_port: int
    """Where packets go."""

    def cpu_s(self) -> float:
        """Return the processor time that it has taken, user and system."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self) -> int:
        """Return the memory that it holds."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextlib.asynccontextmanager
async def our_server(core: int) -> AsyncIterator[Server]:
    """Run Hubbub on one core, on loopback."""
    with tempfile.TemporaryDirectory() as folder:
        port, media = free_port(), free_port(udp=True)
        environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith("HUBBUB_")},
            "HUBBUB_PORT": str(port),
            "HUBBUB_DATA": str(Path(folder) / "data"),
            "HUBBUB_LOG_LEVEL": "warning",
            "HUBBUB_VOICE_PORT": str(media),
            "HUBBUB_VOICE_BIND_ADDRESSES": "127.0.0.1",
            "HUBBUB_VOICE_SHARDS": "1",
        }
        command = [sys.executable, "-m", "hubbub"]
        async with _running([*command, "up"], environ, core, Path(folder) / "log", port, "/healthz") as pid:
            process = await asyncio.create_subprocess_exec(
                *(*command, "key", "create", "voice", "--json"), env=environ, stdout=asyncio.subprocess.PIPE
            )
            output, _ = await process.communicate()
            key = json.loads(output)
            yield Server("hubbub", Venue(f"http://127.0.0.1:{port}", key["key"], key["secret"]), pid, media)


@contextlib.asynccontextmanager
async def livekit_server(binary: Path, core: int, *, lite: bool = False) -> AsyncIterator[Server]:
    """Run LiveKit on one core, on loopback, with one UDP port; `lite` if it shall not look for paths itself."""
    with tempfile.TemporaryDirectory() as folder:
        port, media, tcp = free_port(), free_port(udp=True), free_port()
        settings = {
            "port": port,
            "bind_addresses": ["127.0.0.1"],
            "keys": {KEY: SECRET},
            "log_level": "error",
            "rtc": {
                "udp_port": media,
                "tcp_port": tcp,
                "use_external_ip": False,
                "use_ice_lite": lite,
                "enable_loopback_candidate": True,
                "ips": {"includes": ["127.0.0.1/32"]},
            },
        }
        file = Path(folder) / "livekit.json"
        file.write_text(json.dumps(settings))
        command = [str(binary), "--config", str(file)]
        async with _running(command, dict(os.environ), core, Path(folder) / "log", port, "/") as pid:
            yield Server("livekit-server", Venue(f"http://127.0.0.1:{port}", KEY, SECRET), pid, media)


def livekit_binary() -> Path | None:
    """Return LiveKit's server, or None when nobody put it there."""
    folder = os.environ.get("HUBBUB_PEERS")
    binary = Path(folder) / "livekit-server" if folder else None
    return binary if binary is not None and binary.is_file() else None


@contextlib.asynccontextmanager
async def _running(
    command: list[str], environ: dict[str, str], core: int, log: Path, port: int, path: str
) -> AsyncIterator[int]:
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command, env=environ, stdout=output, stderr=output, preexec_fn=lambda: os.sched_setaffinity(0, {core})
        )
    try:
        await _answers(process, f"http://127.0.0.1:{port}{path}", log)
        yield process.pid
    finally:
        # Who has left the rooms by now left; LiveKit would wait minutes for rooms to empty on SIGTERM.
        process.send_signal(signal.SIGINT if "livekit" in command[0] else signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 10)
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _answers(process: asyncio.subprocess.Process, url: str, log: Path) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + START_TIMEOUT_S
    while loop.time() < deadline:
        if process.returncode is not None:
            raise RuntimeError(f"the server ended with {process.returncode}: {_tail(log)}")
        with contextlib.suppress(OSError):
            await asyncio.to_thread(urllib.request.urlopen, url, timeout=5)
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
