"""The child's side of a worker: one task after another, for bytes that this server made itself.

A task and its answer are one message each, over pipes; messages are shorter than what a pipe takes at once (POSIX
`PIPE_BUF`), so that none comes in parts. Bytes lie in two memory files, one for each way.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import msgspec

from hubbub.media.adapters.sandbox.job import Call
from hubbub.media.adapters.sandbox.message import Answer, Failure, Task

MESSAGE_BYTES_MAX = 4096
_DETAIL_MAX = 500
_tasks = msgspec.msgpack.Decoder(Task)
_encoder = msgspec.msgpack.Encoder()


def work(call: Call, do: Callable[[Any, bytes], tuple[Any, bytes]]) -> None:
    """Do tasks until the server closes its end.

    Args:
        call: Inputs are the pipe of tasks and the memory file of what they are about; outputs the pipe of answers and
            the memory file of what was made.
        do: Takes a task's arguments and bytes, and returns a small value and the bytes made. What it raises is the
            answer, and the next task may follow; want of memory ends the worker.
    """
    (tasks, given), (answers, made) = call.inputs, call.outputs
    while message := os.read(tasks, MESSAGE_BYTES_MAX):
        task = _tasks.decode(message)
        failure: Failure | None = None
        value: Any = None
        content = b""
        try:
            value, content = do(task.arguments, os.pread(given, task.size_bytes, 0))
        except MemoryError:
            raise
        except Exception as problem:  # noqa: BLE001 - whatever it is, it is told
            failure = Failure(kind=type(problem).__name__, detail=str(problem)[:_DETAIL_MAX])
        _write(made, content)
        answer = Answer(value=value, size_bytes=len(content), cpu_s=time.process_time(), failure=failure)
        os.write(answers, _encoder.encode(answer))


def _write(made: int, content: bytes) -> None:
    """Write all of `content` from the beginning on, which the system may take in parts."""
    rest, at = memoryview(content), 0
    while rest:
        written = os.pwrite(made, rest, at)
        rest, at = rest[written:], at + written
