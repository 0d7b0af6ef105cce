"""One job in one process: enter, run, report, end."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from typing import NoReturn

import msgspec

from hubbub.media.adapters.sandbox.entering import Entrance
from hubbub.media.adapters.sandbox.job import JOBS, Call
from hubbub.media.adapters.sandbox.message import (
    DESCRIPTORS_MAX,
    FAILED_STATUS,
    MESSAGE_BYTES_MAX,
    Done,
    Failure,
    Program,
    Request,
)

_FIRST = 3
"""The first descriptor after the standard ones."""
_ASIDE = 100
"""Descriptors are moved up here before they are put in their order, so that none overwrites another."""
_DETAIL_MAX = 1_000
"""Characters kept of an exception's text."""
_OPEN_MAX = 4_096
"""Above any descriptor that a zygote holds."""


def live(request: Request, descriptors: Sequence[int], entrance: Entrance, null: int) -> NoReturn:
    """Do what `request` says, and end this process whatever comes.

    Args:
        request: What to do.
        descriptors: The report, then inputs, then outputs.
        entrance: What the zygote made ready.
        null: A descriptor of the empty device, for the standard ones.
    """
    status = FAILED_STATUS
    report = -1
    try:
        report, *others = _arrange(descriptors, null)
        signal.set_wakeup_fd(-1)
        for each in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_DFL)
        result = _perform(request, others, entrance)
        _write(report, Done(result=result))
        status = 0
    except BaseException as problem:  # noqa: BLE001 - whatever it is, it is told, and the process ends
        number = (problem.errno or 0) if isinstance(problem, OSError) else 0
        _write(report, Failure(kind=type(problem).__name__, detail=str(problem)[:_DETAIL_MAX], number=number))
    finally:
        os._exit(status)


def _arrange(descriptors: Sequence[int], null: int) -> list[int]:
    """Put descriptors from 3 on, the report last, close all others, and return them, the report first."""
    moved = [os.dup2(each, _ASIDE + place, inheritable=False) for place, each in enumerate(descriptors)]
    for standard in range(_FIRST):
        os.dup2(null, standard)
    report, *others = moved
    placed = [os.dup2(each, _FIRST + place) for place, each in enumerate(others)]
    kept = os.dup2(report, _FIRST + len(placed), inheritable=False)
    os.closerange(kept + 1, _OPEN_MAX)
    return [kept, *placed]


def _perform(request: Request, descriptors: Sequence[int], entrance: Entrance) -> object:
    inputs, outputs = tuple(descriptors[: request.inputs]), tuple(descriptors[request.inputs :])
    if request.program is not None:
        _become(request, request.program, outputs, entrance)
    job = JOBS[request.job]
    layers = entrance.enter(request.limits)
    return job(Call(request.arguments, inputs, outputs, layers))


def _become(request: Request, program: Program, outputs: Sequence[int], entrance: Entrance) -> NoReturn:
    """Let `program` take this process over; what it says goes to the last output."""
    os.chdir(program.folder)
    os.dup2(outputs[-1], 1)
    os.dup2(outputs[-1], 2)
    os.close(outputs[-1])
    os.nice(request.limits.niceness)
    entrance.enter(request.limits, program)
    environment = {"HOME": program.folder, "TMPDIR": program.folder, "LC_ALL": "C.UTF-8", "PATH": "/nowhere"}
    os.execve(program.path, [program.path, *program.arguments], environment)  # noqa: S606 - that is what is asked for


def _write(report: int, said: Done | Failure) -> None:
    encoded = msgspec.msgpack.encode(said)
    if len(encoded) > MESSAGE_BYTES_MAX:
        raise ValueError(f"a result of {len(encoded)} bytes is too large; pictures go to outputs")
    os.pwrite(report, encoded, 0)


assert _FIRST + DESCRIPTORS_MAX < _ASIDE  # noqa: S101 - what `_arrange` rests on
