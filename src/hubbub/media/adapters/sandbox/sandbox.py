"""Runs jobs on hostile bytes, each in a process of its own that holds nothing but their descriptors.

Calling contract: `start`, then `run` and `execute` from the same loop, and `stop` at the end. A result owns
descriptors: close it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Self

import msgspec

from hubbub.kernel.telemetry import logger
from hubbub.media.adapters.sandbox import verdict
from hubbub.media.adapters.sandbox.message import DESCRIPTORS_MAX, Ended, Layers, Limits, Program, Request
from hubbub.media.adapters.sandbox.probe import PROBE, PROBE_MODULE, Probe
from hubbub.media.adapters.sandbox.zygote_process import ZygoteProcess
from hubbub.media.counted import WORKED
from hubbub.media.errors import SandboxBusy, SandboxLost, SandboxOutOfTime, SandboxUnavailable

LIBRARIES = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64", "/etc/ld.so.cache")
"""What a program reads to start, where distributions keep it; what is not there is passed over."""
LOADERS = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-x86_64.so.1")
"""What the kernel executes to start a program that is linked dynamically."""
_OF_FILES = "landlock"
"""The layer that says which files a program may open."""
REAP_S = 5.0
"""Seconds in which a child that was killed must be told as ended; else the zygote hangs and is killed too."""
_log = logger(__name__)


class Result:
    """What a job returned, and its outputs."""

    def __init__(self, value: Any, outputs: tuple[int, ...], ended: Ended) -> None:
        """Own `outputs`."""
        self.value = value
        """What the function returned; for a program the end of what it said, as bytes. Parse it: hostile bytes were
        near."""
        self.outputs = outputs
        """Descriptors, in the order in which they were asked for; nobody else writes to them any more."""
        self.cpu_ms = ended.cpu_ms
        """Processor time in milliseconds."""
        self.peak_bytes = ended.peak_bytes
        """Most memory resident, in bytes, what is shared with the zygote included."""

    def __enter__(self) -> Self:
        """Hold the outputs while the context lasts."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the outputs."""
        self.close()

    def read(self, place: int = 0) -> bytes:
        """Return all of one output."""
        descriptor = self.outputs[place]
        return os.pread(descriptor, os.fstat(descriptor).st_size, 0)

    def close(self) -> None:
        """Close the outputs; a second time does nothing."""
        outputs, self.outputs = self.outputs, ()
        for descriptor in outputs:
            os.close(descriptor)


class Employed:
    """A child that stays until it is ended."""

    def __init__(self, zygote: ZygoteProcess, number: int, ending: asyncio.Future[Ended]) -> None:
        """Watch over the child of that number."""
        self._zygote = zygote
        self._number = number
        self.ending = ending
        """Its end, once it comes; `SandboxLost` when the zygote died."""

    async def end(self) -> None:
        """End it, and wait until it is gone."""
        if not self.ending.done():
            self._zygote.kill(self._number)
            await asyncio.shield(_gone(self._zygote, self.ending))


class Sandbox:
    """A zygote, kept alive, and a bound on its children."""

    def __init__(self, modules: Sequence[str], *, children_max: int, waiting_max: int = 64) -> None:
        """Prepare; nothing is started.

        Args:
            modules: Names of modules that register jobs and import the decoders these need.
            children_max: Jobs that run at a time, 1 or more.
            waiting_max: Jobs that may wait for their turn; zero for none.
        """
        self._modules = (PROBE_MODULE, *modules)
        self._turns = asyncio.Semaphore(children_max)
        self._waiting = 0
        self._waiting_max = waiting_max
        self._zygote: ZygoteProcess | None = None
        self._starting = asyncio.Lock()
        self._stopped = False
        self._unsafe = False
        self._holds_programs = False

    @property
    def holds_programs(self) -> bool:
        """Whether `execute` keeps a program from files that are not its own: it opens some, so Landlock has to hold."""
        return self._holds_programs

    async def start(self) -> Layers:
        """Start the zygote, let a child try the sandbox, log which layers hold, and return them.

        Raises:
            SandboxUnavailable: There can be no sandbox here, or one in which files can be opened by name.
        """
        with await self.run(PROBE) as result:
            probe = msgspec.convert(result.value, Probe)
        for layer in probe.layers.missing:
            _log.warning("sandbox.layer_missing", layer=layer.name, reason=layer.detail)
        held = [layer.name for layer in probe.layers.layers if layer.held]
        if probe.opens_files:
            _log.error("sandbox.open", layers=held, reason="Neither Landlock nor seccomp holds.")
            self._unsafe = True
            await self.stop()
            raise SandboxUnavailable
        _log.info("sandbox.ready", layers=held)
        self._holds_programs = _OF_FILES in held
        return probe.layers

    async def stop(self) -> None:
        """End the zygote and all children; jobs that run fail with `SandboxLost`."""
        self._stopped = True
        async with self._starting:
            zygote, self._zygote = self._zygote, None
        if zygote is not None:
            await zygote.stop()

    async def run(
        self,
        job: str,
        arguments: Any = None,
        *,
        inputs: Sequence[int] = (),
        outputs: int = 0,
        limits: Limits | None = None,
    ) -> Result:
        """Let a child run a registered function.

        Args:
            job: Its name.
            arguments: What it is given; small, as MessagePack.
            inputs: Descriptors of files; the child gets each read-only and at its beginning. They stay the caller's.
            outputs: How many empty outputs the child is given.
            limits: What it may use; None for the defaults.

        Raises:
            SandboxCrashed: It ended by a signal, or reported nonsense.
            SandboxOutOfTime: It took longer than its limits allow.
            SandboxOutOfMemory: It wanted more memory than its limits allow.
            SandboxRefused: It tried what no job may.
            SandboxJobFailed: The function raised; `kind` and `detail` say what.
            SandboxBusy: As many jobs wait as may.
            SandboxLost: The zygote died; the job may be tried again.
            SandboxUnavailable: No zygote can be started.
        """
        request = Request(number=0, job=job, arguments=arguments, limits=limits or Limits(), inputs=len(inputs))
        return await self._perform(request, inputs, outputs)

    async def execute(
        self,
        program: Path,
        arguments: Sequence[str],
        *,
        folder: Path,
        inputs: Sequence[int] = (),
        outputs: int = 0,
        limits: Limits | None = None,
        read: Sequence[Path] = (),
    ) -> Result:
        """Let a child become `program`; descriptors 3 and up are the inputs, then the outputs.

        Args:
            program: Absolute path.
            arguments: After its name.
            folder: Its working folder, absolute, which it alone may read and write by name.
            inputs: As for `run`.
            outputs: As for `run`; what it says, on both standard descriptors, is the result's value.
            limits: As for `run`; memory is all that the program maps.
            read: What it may read beside libraries where distributions keep them.

        Raises:
            SandboxJobFailed: It ended with a status that is not zero; `kind` is ``exit`` and `detail` what it said.
            HubbubError: As for `run`.
        """
        libraries = (*LIBRARIES, *map(str, read))
        path = str(program)
        become = Program(path=path, arguments=tuple(arguments), folder=str(folder), read=libraries, loaders=LOADERS)
        request = Request(number=0, program=become, limits=limits or Limits(), inputs=len(inputs))
        return await self._perform(request, inputs, outputs + 1)

    async def employ(self, job: str, descriptors: Sequence[int], *, inputs: int, limits: Limits) -> Employed:
        """Fork a child that stays, and does what it is told over descriptors that the caller made.

        Args:
            job: Name of a registered function.
            descriptors: The report, then so many `inputs`, then outputs; the child gets them as they are.
            inputs: How many are inputs.
            limits: What it may use in all its life.

        Raises:
            SandboxBusy: The zygote does not keep up.
            SandboxLost: It died, or the sandbox was stopped.
            SandboxUnavailable: No zygote can be started.
        """
        zygote = await self._alive()
        request = Request(number=0, job=job, limits=limits, inputs=inputs)
        number, ending = zygote.fork(request, descriptors)
        return Employed(zygote, number, ending)

    async def _perform(self, request: Request, inputs: Sequence[int], outputs: int) -> Result:
        if 1 + len(inputs) + outputs > DESCRIPTORS_MAX:
            raise ValueError(f"a job has at most {DESCRIPTORS_MAX - 1} inputs and outputs")
        async with self._turn():
            zygote = await self._alive()
            with _descriptors(inputs, outputs) as (report, passed, made):
                number, ending = zygote.fork(request, (report, *passed, *made))
                ended, late = await _end_of(zygote, number, ending, request.limits.wall_s)
                program = request.program is not None
                WORKED.add("encode" if program else "inspect", ended.cpu_ms / 1000)
                if late:
                    raise SandboxOutOfTime
                value = verdict.judge(ended, report, said=made[-1] if program else None)
                kept = tuple(map(os.dup, made[:-1] if program else made))
        return Result(value, kept, ended)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._turns.locked():
            if self._waiting >= self._waiting_max:
                raise SandboxBusy
            self._waiting += 1
            try:
                await self._turns.acquire()
            finally:
                self._waiting -= 1
        else:
            await self._turns.acquire()
        try:
            yield
        finally:
            self._turns.release()

    async def _alive(self) -> ZygoteProcess:
        """Return the zygote, another when it died."""
        async with self._starting:
            if self._stopped:
                raise SandboxUnavailable if self._unsafe else SandboxLost
            if self._zygote is not None and self._zygote.closed:
                _log.warning("sandbox.zygote_died", pid=self._zygote.pid)
                await self._zygote.stop()
                self._zygote = None
            if self._zygote is None:
                self._zygote = await ZygoteProcess.start(self._modules)
            return self._zygote


async def _end_of(
    zygote: ZygoteProcess, number: int, ending: asyncio.Future[Ended], wall_s: float
) -> tuple[Ended, bool]:
    """Return a child's end, and whether it had to be ended for its time; it is gone when this returns or raises."""
    late = False
    try:
        await asyncio.wait((ending,), timeout=wall_s)
        late = not ending.done()
    finally:
        if not ending.done():
            zygote.kill(number)
            await asyncio.shield(_gone(zygote, ending))
    return await ending, late


async def _gone(zygote: ZygoteProcess, ending: asyncio.Future[Ended]) -> None:
    await asyncio.wait((ending,), timeout=REAP_S)
    if not ending.done():
        zygote.end()


@contextmanager
def _descriptors(inputs: Sequence[int], outputs: int) -> Iterator[tuple[int, list[int], list[int]]]:
    """Make the report, read-only views of `inputs`, and `outputs` empty ones; all are closed at the end."""
    with ExitStack() as stack:

        def owned(descriptor: int) -> int:
            stack.callback(os.close, descriptor)
            return descriptor

        report = owned(os.memfd_create("report"))
        # Opened anew each has an offset of its own, and no way to write, whatever the caller's can do.
        passed = [owned(os.open(f"/proc/self/fd/{each}", os.O_RDONLY | os.O_CLOEXEC)) for each in inputs]
        made = [owned(os.memfd_create(f"output {place}")) for place in range(outputs)]
        yield report, passed, made
