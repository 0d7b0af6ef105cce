"""One process per log: a locked file in its folder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from hubbub.events.log.errors import LogLocked


class FolderLock:
    """The lock of one folder, held from construction to `release`; the kernel drops it when the process dies."""

    def __init__(self, root: Path) -> None:
        """Take the lock of `root`, or raise `LogLocked` naming the process that has it."""
        self._descriptor = os.open(root / "LOCK", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as problem:
            holder = os.pread(self._descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            raise LogLocked(root, holder) from problem
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let another process in. The file stays: removing it would let two processes lock two files of one name."""
        os.close(self._descriptor)
