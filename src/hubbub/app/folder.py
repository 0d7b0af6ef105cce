"""The data folder: who may work on it, and where things lie in it.

One process at a time holds the folder: the server, or a command while no server runs.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from hubbub.app.errors import DataInUse, DataUnusable

_RETRY_S = 0.05


class DataFolder:
    """Everything that survives a restart, under one path."""

    def __init__(self, root: Path) -> None:
        """Name the folder; nothing is touched before `hold`."""
        self.root = root.absolute()
        self._descriptor: int | None = None

    @property
    def records(self) -> Path:
        """SQLite's file."""
        return self.root / "hubbub.db"

    @property
    def objects(self) -> Path:
        """Folder of files."""
        return self.root / "objects"

    @property
    def events(self) -> Path:
        """Folder of the event log."""
        return self.root / "events"

    @property
    def sessions(self) -> Path:
        """What the gateway keeps of its sessions across a restart."""
        return self.root / "sessions"

    @property
    def calls(self) -> Path:
        """Who was in voice at the last graceful stop."""
        return self.root / "calls"

    @property
    def scratch(self) -> Path:
        """Files in work; emptied at every start."""
        return self.root / "scratch"

    @property
    def operations(self) -> Path:
        """Socket on which a running server takes the commands of its operator."""
        return self.root / "operations.sock"

    def hold(self, wait_s: float = 0.0) -> Self:
        """Make the folder when absent and keep other processes out until `release`.

        Args:
            wait_s: Seconds to wait for a command that is just finishing.

        Raises:
            DataInUse: Another process holds it.
            DataUnusable: It cannot be made or written.
        """
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.root / "LOCK", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            raise DataUnusable(
                f"The data folder {self.root} cannot be used: {problem.strerror}. "
                "Make it this user's own, or choose another with HUBBUB_DATA."
            ) from problem
        deadline = time.monotonic() + wait_s
        while not _lock(descriptor):
            if time.monotonic() >= deadline:
                holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
                os.close(descriptor)
                raise DataInUse(self.root, holder)
            time.sleep(_RETRY_S)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor
        return self

    def release(self) -> None:
        """Let another process in; the lock file stays, since a removed one could be locked twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        """Hold the folder unless it is held."""
        return self if self._descriptor is not None else self.hold()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release the folder."""
        self.release()


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
