"""A sandboxed child that does one task after another: forking one costs more than most tasks do.

Only for bytes that this server made itself. A worker that somebody got hold of could tamper with every task after; for
strangers' bytes there is `Sandbox.run`, with a child for each.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import Any, Self

import msgspec

from hubbub.media.adapters.sandbox import verdict
from hubbub.media.adapters.sandbox.message import Answer, Ended, Limits, Task
from hubbub.media.adapters.sandbox.sandbox import REAP_S, Employed, Sandbox
from hubbub.media.adapters.sandbox.working import MESSAGE_BYTES_MAX
from hubbub.media.counted import WORKED
from hubbub.media.errors import SandboxCrashed, SandboxOutOfTime

LIMITS = Limits(cpu_s=120)
"""Of a worker's whole life; one is replaced before it comes near."""
_encoder = msgspec.msgpack.Encoder()
_answers = msgspec.msgpack.Decoder(Answer)


class Worker:
    """A child that waits for tasks. One task at a time; after an error that is no task's own, close it."""

    def __init__(self, employed: Employed, pipes: tuple[int, int], memory: tuple[int, int], report: int) -> None:
        """Own all these descriptors."""
        self._employed = employed
        self._tasks, self._answers = pipes
        self._given, self._made = memory
        self._report = report
        self._closed = False
        self.cpu_s = 0.0
        """Processor time in seconds that it had taken when it last answered."""

    @classmethod
    async def start(cls, sandbox: Sandbox, job: str, limits: Limits = LIMITS) -> Self:
        """Start a child of `sandbox` that runs the registered function `job`, which calls `working.work`.

        Raises:
            SandboxError: As for `Sandbox.run`.
        """
        tasks_read, tasks = os.pipe()
        answers, answers_write = os.pipe()
        report, given, made = (os.memfd_create(name) for name in ("report", "given", "made"))
        os.set_blocking(answers, False)
        kept = (tasks, answers, report, given, made)
        try:
            # Opened anew: the child cannot write what it is given.
            read_only = os.open(f"/proc/self/fd/{given}", os.O_RDONLY | os.O_CLOEXEC)
            try:
                passed = (report, tasks_read, read_only, answers_write, made)
                employed = await sandbox.employ(job, passed, inputs=2, limits=limits)
            finally:
                os.close(read_only)
        except BaseException:
            for descriptor in kept:
                os.close(descriptor)
            raise
        finally:
            os.close(tasks_read)
            os.close(answers_write)
        return cls(employed, (tasks, answers), (given, made), report)

    @property
    def is_there(self) -> bool:
        """Whether it can be asked: it was not closed and has not ended."""
        return not self._closed and not self._employed.ending.done()

    async def ask(self, arguments: Any, content: bytes, within_s: float) -> tuple[Any, bytes]:
        """Let it do a task, and return its value and the bytes that it made.

        Args:
            arguments: Small, as MessagePack.
            content: What the task is about.
            within_s: Seconds after which the worker is ended.

        Raises:
            SandboxJobFailed: The task raised; the worker is as good as before.
            SandboxError: As for `Sandbox.run`; the worker is of no more use.
        """
        message = _encoder.encode(Task(arguments=arguments, size_bytes=len(content)))
        if len(message) > MESSAGE_BYTES_MAX:
            raise ValueError(f"a task's arguments take {len(message)} bytes of at most {MESSAGE_BYTES_MAX}")
        _put(self._given, content)
        try:
            with suppress(BrokenPipeError):  # it has ended; how, is told below
                os.write(self._tasks, message)
            answer = await self._answer(late=not await self._answered(within_s))
        except BaseException:
            await self.close()
            raise
        WORKED.add("render", answer.cpu_s - self.cpu_s)
        self.cpu_s = answer.cpu_s
        if answer.failure is not None:
            raise verdict.of_failure(answer.failure)
        return answer.value, os.pread(self._made, answer.size_bytes, 0)

    async def close(self) -> None:
        """End it; a second time does nothing."""
        if self._closed:
            return
        self._closed = True
        for descriptor in (self._tasks, self._answers):
            os.close(descriptor)
        try:
            await self._employed.end()
        finally:
            for descriptor in (self._given, self._made, self._report):
                os.close(descriptor)

    async def _answered(self, within_s: float) -> bool:
        """Wait for an answer or the child's end; return whether either came in time."""
        loop = asyncio.get_running_loop()
        readable: asyncio.Future[None] = loop.create_future()
        loop.add_reader(self._answers, _resolve, readable)
        try:
            waiting: set[asyncio.Future[Any]] = {readable, self._employed.ending}
            done, _ = await asyncio.wait(waiting, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            loop.remove_reader(self._answers)
        return bool(done)

    async def _answer(self, *, late: bool) -> Answer:
        """Return the answer; raises what became of a child that ended instead, or was `late`."""
        if late:
            raise SandboxOutOfTime
        try:
            message = os.read(self._answers, MESSAGE_BYTES_MAX)
        except BlockingIOError:
            message = b""
        if not message:
            return await self._no_answer()
        try:
            answer = _answers.decode(message)
        except msgspec.MsgspecError as problem:
            raise SandboxCrashed(reason="it answered nonsense") from problem
        if not 0 <= answer.size_bytes <= os.fstat(self._made).st_size:
            raise SandboxCrashed(reason="it told of more than it made")
        return answer

    async def _no_answer(self) -> Answer:
        """Raise what became of a child that let go of its pipe, which it does a moment before it is reaped."""
        ending = self._employed.ending
        await asyncio.wait((ending,), timeout=REAP_S)
        if ending.done():
            ended: Ended = ending.result()
            verdict.judge(ended, self._report, said=None)
        raise SandboxCrashed(reason="it stopped answering")


def _resolve(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)


def _put(given: int, content: bytes) -> None:
    """Write all of `content`; into memory, all of it at once unless it is huge."""
    rest, at = memoryview(content), 0
    while rest:
        written = os.pwrite(given, rest, at)
        rest, at = rest[written:], at + written
