"""Renditions are made by sandboxed workers: the server's side, which imports no decoder."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

import msgspec

from hubbub.media.adapters.sandbox.sandbox import Sandbox
from hubbub.media.adapters.sandbox.worker import LIMITS, Worker
from hubbub.media.domain.picture import Rendered
from hubbub.media.domain.rendition import Output, Rendition
from hubbub.media.errors import DamagedMedia, SandboxCrashed, SandboxError, SandboxJobFailed

RENDER_JOBS = "hubbub.media.adapters.picture_render_job"
"""The module that a zygote imports to know `RENDER`; with it come the jobs of `picture_job`."""
RENDER = "picture.render"
_WITHIN_S: Final = 20.0
"""Seconds for one rendition: a long moving picture takes several."""
_CPU_S: Final = LIMITS.cpu_s / 2
"""Processor time after which a worker is replaced, so that none ends in the middle of a picture."""
_RENDERS_MAX: Final = 1_000
"""Renditions after which one is replaced: what a decoder never gave back goes with it."""
_IDLE_S: Final = 30.0
"""Seconds without work after which one is let go, with its memory."""


class _Made(msgspec.Struct, frozen=True):
    output: Output
    width: int
    height: int


class PictureRenderer:
    """Renders pictures in workers of a sandbox that knows `RENDER_JOBS`: as many as are asked for at a time."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Use `sandbox`, which is the caller's to start, and to stop after `close`."""
        self._sandbox = sandbox
        self._idle: list[_Bench] = []
        self._ending: set[asyncio.Task[None]] = set()

    async def render_bytes(self, mezzanine: bytes, rendition: Rendition) -> Rendered:
        """Return `rendition` of `mezzanine`.

        Raises:
            DamagedMedia: The bytes are no mezzanine of ours, or were damaged in storage.
            SandboxError: As for `Sandbox.run`.
        """
        bench = await self._bench()
        try:
            value, content = await bench.worker.ask(rendition.name, mezzanine, _WITHIN_S)
        except SandboxJobFailed as failed:
            await self._back(bench)
            if failed.kind == DamagedMedia.__name__:
                raise DamagedMedia from failed
            raise
        await self._back(bench)
        try:
            made = msgspec.convert(value, _Made)
        except msgspec.ValidationError as problem:
            raise SandboxCrashed(reason="it told what is no rendition") from problem
        return Rendered(content, made.output, made.width, made.height)

    async def close(self) -> None:
        """Let all workers go."""
        idle, self._idle = self._idle, []
        for bench in idle:
            await bench.dismiss()
        await asyncio.gather(*self._ending, return_exceptions=True)

    async def _bench(self) -> _Bench:
        """Return a worker that is there: the one that was busy last, whose memory is warm."""
        while self._idle:
            bench = self._idle.pop()
            bench.stay()
            if bench.worker.is_there:
                return bench
            await bench.dismiss()
        return _Bench(await Worker.start(self._sandbox, RENDER))

    async def _back(self, bench: _Bench) -> None:
        bench.renders += 1
        if bench.renders >= _RENDERS_MAX or bench.worker.cpu_s >= _CPU_S:
            await bench.dismiss()
            return
        self._idle.append(bench)
        bench.going = asyncio.get_running_loop().call_later(_IDLE_S, self._tire, bench)

    def _tire(self, bench: _Bench) -> None:
        self._idle.remove(bench)
        task = asyncio.create_task(bench.dismiss())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)


class _Bench:
    """A worker, and how long it will be kept."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker
        self.renders = 0
        self.going: asyncio.TimerHandle | None = None

    def stay(self) -> None:
        """Keep it, because there is work."""
        if self.going is not None:
            self.going.cancel()
            self.going = None

    async def dismiss(self) -> None:
        """Let it go."""
        self.stay()
        with contextlib.suppress(SandboxError):  # the zygote is gone, and the worker with it
            await self.worker.close()
