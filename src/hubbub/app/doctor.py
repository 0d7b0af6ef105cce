"""Looks at the machine for what a server, its tests and its bots need."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from hubbub.app.config import Config
from hubbub.app.errors import AddressUnusable, DataInUse, DataUnusable, PortTaken
from hubbub.app.folder import DataFolder
from hubbub.app.listen import listen

State = Literal["ok", "note", "missing"]
"""`note` is worth knowing, `missing` keeps something from working."""

_PYTHON_MIN = (3, 11)
_NODE_MIN = (20, 19)
_DISK_BYTES_LOW = 1 << 30
"""A gibibyte: a quiet community's year of text, or an afternoon's pictures."""
_OPEN_FILES_LOW = 4096
_RELEASED_S = 1_735_689_600
"""2025-01-01: a clock before this program was written makes ids that look older than they are."""
_TIMEOUT_S = 5.0
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


class Finding(msgspec.Struct, frozen=True):
    """What was looked at and what was found."""

    what: str
    state: State
    detail: str
    remedy: str = ""
    """What to do; empty when nothing is to be done."""


def examine(config: Config) -> list[Finding]:
    """Return a finding for each thing that a server, its tests or its bots need; never raises."""
    looks: tuple[Callable[[Config], Finding], ...] = (
        _python, _node, _browser, _web_client, _data, _disk, _port, _records, _files, _clock,
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
    if found is None:
        return Finding("Node", "missing", "not installed", remedy)
    said = subprocess.run(  # noqa: S603 - asks the node on the path for its version
        [found, "--version"], capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
    )
    version = said.stdout.strip()
    numbers = tuple(int(part) for part in version.removeprefix("v").split(".")[:2] if part.isdecimal())
    return Finding("Node", "ok", version) if numbers >= _NODE_MIN else Finding("Node", "missing", version, remedy)


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


def _records(config: Config) -> Finding:
    if config.records == "sqlite":
        import sqlite3

        return Finding("records", "ok", f"SQLite {sqlite3.sqlite_version}")
    from urllib.parse import urlsplit

    parts = urlsplit(config.records)
    host, port = parts.hostname or "127.0.0.1", parts.port or 5432
    try:
        with socket.create_connection((host, port), timeout=_TIMEOUT_S):
            return Finding("records", "ok", f"PostgreSQL answers at {host}:{port}")
    except OSError as problem:
        remedy = "Start PostgreSQL there, or correct HUBBUB_RECORDS."
        return Finding("records", "missing", f"nothing answers at {host}:{port} ({problem})", remedy)


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
