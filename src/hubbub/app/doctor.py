"""Looks at the machine for what a server, its tests and its bots need."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from hubbub.app import doctor_services as services
from hubbub.app.config import Config
from hubbub.app.errors import AddressUnusable, DataInUse, DataUnusable, PortTaken
from hubbub.app.finding import Finding, State
from hubbub.app.folder import DataFolder
from hubbub.app.listen import listen
from hubbub.native import building

_PYTHON_MIN = (3, 11)
_NODE_MIN = (20, 19)
_DISK_BYTES_LOW = 1 << 30
"""A gibibyte: a quiet community's year of text, or an afternoon's pictures."""
_OPEN_FILES_LOW = 4096
_RELEASED_S = 1_735_689_600
"""2025-01-01: a clock before this program was written makes ids that look older than they are."""
_UDP_BUFFER_BYTES = 4 << 20
"""What the native core asks for each of its sockets: some 30 ms of a gigabit."""
_TIMEOUT_S = 5.0
_KERNEL = "What a layer needs of the kernel or the container: docs/explanation/sandbox.md."
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def examine(config: Config) -> list[Finding]:
    """Return a finding for each thing that a server, its tests or its bots need; never raises."""
    looks: tuple[Callable[[Config], Finding], ...] = (
        _python, _node, _rust, _native_core, _sandbox, services.ffmpeg, _browser, _web_client, _data, _disk, _port,
        _voice_port, _udp_buffers, services.records, services.objects, services.cache, _files, _clock,
    )  # fmt: skip
    return list(_each(looks, config))


def _each(looks: tuple[Callable[[Config], Finding], ...], config: Config) -> Iterator[Finding]:
    for look in looks:
        try:
            yield look(config)
        except OSError as problem:
            yield Finding(look.__name__.strip("_").replace("_", " "), "missing", str(problem))


def _python(_config: Config) -> Finding:
    version = sys.version.split()[0]
    if sys.version_info < _PYTHON_MIN:
        return Finding("Python", "missing", version, "Install Python 3.11 or newer: apt-get install python3")
    return Finding("Python", "ok", version)


def _node(_config: Config) -> Finding:
    remedy = "Install Node 20.19 or newer: nvm install 20 (it builds the web client and runs discord.js bots)."
    found = shutil.which("node")
    if found is None and not building.has_sources():
        return Finding("Node", "note", "not installed", "Only bots in JavaScript need it: nvm install 20")
    if found is None:
        return Finding("Node", "missing", "not installed", remedy)
    said = subprocess.run(  # noqa: S603 - asks the node on the path for its version
        [found, "--version"], capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
    )
    version = said.stdout.strip()
    numbers = tuple(int(part) for part in version.removeprefix("v").split(".")[:2] if part.isdecimal())
    return Finding("Node", "ok", version) if numbers >= _NODE_MIN else Finding("Node", "missing", version, remedy)


def _rust(_config: Config) -> Finding:
    state = building.state()
    if state == "packaged":
        return Finding("Rust", "ok", "not needed: the native core came with the package")
    try:
        return Finding("Rust", "ok", building.find_toolchain().version)
    except building.ToolchainMissing as problem:
        needed: State = "note" if state == "current" else "missing"
        return Finding("Rust", needed, problem.sentence, f"It builds the native core: {problem.remedy}")


def _native_core(_config: Config) -> Finding:
    state = building.state()
    if state == "missing":
        return Finding(
            "native core", "missing", "not built, so nobody can talk in voice channels", "Build it: make run"
        )
    try:
        import hubbub.native._native  # noqa: F401 - whether it can be loaded is the question
    except ImportError as problem:
        return Finding("native core", "missing", f"cannot be loaded: {problem}", "Build it anew: make clean run")
    if state == "stale":
        return Finding("native core", "note", "older than its sources", "Build it anew: make run")
    return Finding(
        "native core", "ok", "as it came with the package" if state == "packaged" else "built of its sources"
    )


def _sandbox(_config: Config) -> Finding:
    """Which layers keep decoders of strangers' files from all else."""
    if building.state() == "missing":
        return Finding("sandbox", "missing", "it is part of the native core", "Build it: make run")
    from hubbub.media.adapters.sandbox.probe import probed

    probe = probed()
    if probe.opens_files:
        return Finding("sandbox", "missing", "neither Landlock nor seccomp holds, so files are not decoded", _KERNEL)
    if probe.layers.missing:
        detail = "; ".join(f"no {layer.name} ({layer.detail})" for layer in probe.layers.missing)
        return Finding("sandbox", "note", f"{detail}; the other layers hold", _KERNEL)
    return Finding("sandbox", "ok", ", ".join(layer.name for layer in probe.layers.layers))


def _browser(_config: Config) -> Finding:
    named = os.environ.get("CHROMIUM")
    found = named if named and Path(named).is_file() else next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        remedy = "Only the browser tests need it: apt-get install --no-install-recommends chromium, or set CHROMIUM."
        return Finding("Chromium", "note", "not installed", remedy)
    return Finding("Chromium", "ok", found)


def _web_client(_config: Config) -> Finding:
    from hubbub.app.house import WEB_CLIENT

    if (WEB_CLIENT / "index.html").is_file():
        return Finding("web client", "ok", str(WEB_CLIENT))
    return Finding("web client", "missing", "not built", "Build it: make run, or npm ci && npm run build in web/.")


def _data(config: Config) -> Finding:
    folder = DataFolder(config.data)
    if not folder.root.exists():
        if os.access(_nearest(folder.root), os.W_OK | os.X_OK):
            return Finding("data folder", "ok", f"{folder.root}, made at the first start")
        return Finding("data folder", "missing", f"{folder.root} cannot be made", "Choose another with HUBBUB_DATA.")
    try:
        folder.hold()
    except DataInUse as problem:
        return Finding("data folder", "ok", f"{folder.root}, in use by {problem.holder}")
    except DataUnusable as problem:
        return Finding("data folder", "missing", "cannot be used", problem.sentence)
    folder.release()
    open_to_others = folder.root.stat().st_mode & 0o077
    if open_to_others:
        return Finding("data folder", "note", f"{folder.root} is open to other users", f"chmod 700 {folder.root}")
    return Finding("data folder", "ok", str(folder.root))


def _nearest(path: Path) -> Path:
    """Return `path`, or the closest folder above it that exists."""
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _disk(config: Config) -> Finding:
    folder = _nearest(config.data.absolute())
    free = shutil.disk_usage(folder).free
    detail = f"{free / (1 << 30):.1f} GiB free"
    if free < _DISK_BYTES_LOW:
        return Finding("disk", "missing", detail, f"Make room on the disk that holds {folder}.")
    return Finding("disk", "ok", detail)


def _port(config: Config) -> Finding:
    try:
        listen(config.host, config.port).close()
    except PortTaken as problem:
        if DataFolder(config.data).operations.exists():
            return Finding("port", "ok", f"{config.port}, taken by the server that runs")
        return Finding("port", "missing", f"{config.port} is taken", problem.sentence)
    except AddressUnusable as problem:
        return Finding("port", "missing", problem.sentence, "Choose another with HUBBUB_HOST and HUBBUB_PORT.")
    return Finding("port", "ok", f"{config.port} is free")


def _voice_port(config: Config) -> Finding:
    first, count = config.voice.port, config.voice.shards
    if first == 0:
        return Finding("voice port", "ok", "free ones, taken at each start")
    name = f"{first}" if count == 1 else f"{first} to {first + count - 1}"
    for address in config.voice.bind_addresses or ("0.0.0.0",):  # noqa: S104 - as the server listens by default
        for port in range(first, first + count):
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                problem = _cannot_listen(address, port, kind)
                if problem is None:
                    continue
                if DataFolder(config.data).operations.exists():
                    return Finding("voice port", "ok", f"{name}, taken by the server that runs")
                protocol = "UDP" if kind == socket.SOCK_DGRAM else "TCP"
                detail = f"{protocol} {port} on {address}: {problem.strerror}"
                return Finding("voice port", "missing", detail, "Choose another with HUBBUB_VOICE_PORT.")
    return Finding("voice port", "ok", f"UDP and TCP {name} free")


def _cannot_listen(address: str, port: int, kind: socket.SocketKind) -> OSError | None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, kind) as trial:
        if kind == socket.SOCK_STREAM:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((address, port))
        except OSError as problem:
            return problem
    return None


def _udp_buffers(_config: Config) -> Finding:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        granted = min(_granted(trial, option) for option in (socket.SO_RCVBUF, socket.SO_SNDBUF))
    if granted >= _UDP_BUFFER_BYTES:
        return Finding("UDP buffers", "ok", f"{granted >> 10} KiB")
    names = ("kern.ipc.maxsockbuf",) if sys.platform == "darwin" else ("net.core.rmem_max", "net.core.wmem_max")
    command = " ".join(("sysctl -w", *(f"{name}={_UDP_BUFFER_BYTES}" for name in names)))
    return Finding(
        "UDP buffers", "note", f"{granted >> 10} KiB granted", f"Large calls lose bursts of video: {command}"
    )


def _granted(trial: socket.socket, option: int) -> int:
    with contextlib.suppress(OSError):  # macOS refuses what Linux cuts down
        trial.setsockopt(socket.SOL_SOCKET, option, _UDP_BUFFER_BYTES)
    granted = trial.getsockopt(socket.SOL_SOCKET, option)
    return granted // 2 if sys.platform == "linux" else granted  # Linux doubles it for its own books


def _files(_config: Config) -> Finding:
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < _OPEN_FILES_LOW:
        return Finding("open files", "note", f"{soft} allowed", "Each person online takes one: ulimit -n 65536")
    return Finding("open files", "ok", f"{soft} allowed")


def _clock(_config: Config) -> Finding:
    now_s = time.time()
    if now_s < _RELEASED_S:
        return Finding(
            "clock", "missing", "years behind", "Set it: timedatectl set-ntp true. Ids are made of the time."
        )
    return Finding("clock", "ok", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now_s)))
