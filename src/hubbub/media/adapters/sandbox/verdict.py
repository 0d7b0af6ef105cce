"""What came of a child: its end and its report, judged."""

from __future__ import annotations

import errno
import os
import signal
from typing import Any

import msgspec

from hubbub.media.adapters.sandbox.message import MESSAGE_BYTES_MAX, Done, Ended, Failure
from hubbub.media.errors import (
    SandboxCrashed,
    SandboxJobFailed,
    SandboxOutOfMemory,
    SandboxOutOfTime,
    SandboxRefused,
)

_SAID_MAX = 64 * 1024
"""Bytes kept of what a program said, from its end, where it says why it failed."""
_REFUSALS = (errno.EPERM, errno.EACCES)
_decoder: msgspec.msgpack.Decoder[Done | Failure] = msgspec.msgpack.Decoder(Done | Failure)


def judge(ended: Ended, report: int, said: int | None) -> Any:
    """Return a job's value, or raise what became of it.

    Args:
        ended: How the child ended.
        report: The descriptor that it reported to.
        said: The descriptor that a program spoke to; None for a function.
    """
    if ended.status < 0:
        raise _of_signal(-ended.status)
    told = _told(report)
    if isinstance(told, Failure):
        raise of_failure(told)
    if said is not None:
        words = _tail(said)
        if ended.status != 0:
            detail = words.decode(errors="replace")
            raise SandboxJobFailed(kind="exit", detail=f"status {ended.status}: {detail}")
        return words
    if told is None or ended.status != 0:
        raise SandboxCrashed(reason=f"it ended with status {ended.status} and no report")
    return told.result


def _told(report: int) -> Done | Failure | None:
    """Return what the child reported; None for nothing, and for what is no report."""
    try:
        return _decoder.decode(os.pread(report, MESSAGE_BYTES_MAX, 0))
    except msgspec.MsgspecError:
        return None


def _tail(said: int) -> bytes:
    size = os.fstat(said).st_size
    return os.pread(said, _SAID_MAX, max(0, size - _SAID_MAX))


def _of_signal(number: int) -> Exception:
    if number == signal.SIGSYS:
        return SandboxRefused(reason="a call of the system that no job makes")
    if number == signal.SIGXCPU:
        return SandboxOutOfTime()
    if number == signal.SIGKILL:  # none of ours came so far, so it was the kernel's, for want of memory
        return SandboxOutOfMemory()
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = str(number)
    return SandboxCrashed(reason=name)


def of_failure(failure: Failure) -> Exception:
    """Return what a failure that a child told of is raised as."""
    if failure.kind == MemoryError.__name__:
        return SandboxOutOfMemory()
    if failure.number in _REFUSALS:
        return SandboxRefused(reason=failure.detail)
    return SandboxJobFailed(kind=failure.kind, detail=failure.detail)
