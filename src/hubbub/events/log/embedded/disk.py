"""The few calls through which the log touches a file system; tests hand in one that fails on purpose."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Error numbers that mean: no room for more."""


class Disk:
    """The machine's own file system."""

    def open(self, path: Path) -> int:
        """Return a descriptor that reads and appends to `path`, made if absent."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def write(self, descriptor: int, data: bytes) -> None:
        """Append all of `data`, or raise `OSError` having perhaps written a part of it."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]

    def sync(self, descriptor: int) -> None:
        """Return once the file's content and size are on the disk. Linux's fdatasync spares only timestamps."""
        getattr(os, "fdatasync", os.fsync)(descriptor)

    def truncate(self, descriptor: int, size: int) -> None:
        """Cut the file to `size` bytes."""
        os.ftruncate(descriptor, size)

    def sync_directory(self, path: Path) -> None:
        """Return once the names in the folder `path` are on the disk."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def replace(self, path: Path, data: bytes) -> None:
        """Put `data` in the place of the file `path`: after a crash it holds the old content or the new, never a mix.

        Raises:
            OSError: The old content stays.
            DirectorySyncFailed: Whether the old or the new content survives a power cut is not known.
        """
        beside = path.with_name(path.name + ".new")
        try:
            with contextlib.suppress(FileNotFoundError):
                beside.unlink()
            descriptor = self.open(beside)
            try:
                self.write(descriptor, data)
                self.sync(descriptor)
            finally:
                os.close(descriptor)
            beside.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise
        try:
            self.sync_directory(path.parent)
        except OSError as problem:
            raise DirectorySyncFailed from problem


class DirectorySyncFailed(Exception):
    """A folder could not be flushed after a file in it was replaced."""
