"""A worker does one task after another in the sandbox, and what befalls it is told."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from hubbub.media.adapters.sandbox.message import Limits
from hubbub.media.adapters.sandbox.sandbox import Sandbox
from hubbub.media.adapters.sandbox.worker import Worker
from hubbub.media.errors import (
    SandboxCrashed,
    SandboxError,
    SandboxJobFailed,
    SandboxLost,
    SandboxOutOfMemory,
    SandboxOutOfTime,
)
from servers.waiting import until

pytest.importorskip("hubbub.native._native", reason="the native core is not built")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made of what Linux has")

TESTS = Path(__file__).parents[2]
LONG_S = 60.0


@pytest.fixture
async def sandbox(monkeypatch):
    paths = [str(TESTS), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    sandbox = Sandbox(["doubles.sandbox_jobs"], children_max=1)
    yield sandbox
    await sandbox.stop()


@pytest.fixture
async def worker(sandbox):
    worker = await Worker.start(sandbox, "test.work")
    yield worker
    await worker.close()


async def test_one_process_does_every_task(worker):
    first, made = await worker.ask("reverse", b"abc", LONG_S)
    assert made == b"cba"
    large = os.urandom(3_000_000)
    second, made = await worker.ask("reverse", large, LONG_S)
    assert made == large[::-1]
    third, made = await worker.ask("reverse", b"", LONG_S)
    assert made == b""
    assert first == second == third


async def test_a_task_that_fails_leaves_the_next_alone(worker):
    with pytest.raises(SandboxJobFailed) as failed:
        await worker.ask("raise", b"", LONG_S)
    assert (failed.value.kind, failed.value.detail) == ("ValueError", "not this one")
    assert (await worker.ask("reverse", b"abc", LONG_S))[1] == b"cba"


@pytest.mark.parametrize(
    ("task", "error"),
    [("abort", SandboxCrashed), ("hoard", SandboxOutOfMemory), ("overwrite", SandboxJobFailed)],
)
async def test_what_ends_a_worker_is_told(worker, task, error):
    with pytest.raises(error):
        await worker.ask(task, b"theirs", LONG_S)


async def test_a_task_without_end_is_ended_for_its_time(worker):
    with pytest.raises(SandboxOutOfTime):
        await worker.ask("spin", b"", 0.2)
    assert not worker.is_there


async def test_processor_time_is_bounded_too(sandbox):
    worker = await Worker.start(sandbox, "test.work", Limits(cpu_s=1))
    with pytest.raises(SandboxOutOfTime):
        await worker.ask("spin", b"", LONG_S)


async def test_a_worker_that_was_killed_between_tasks_is_noticed(worker):
    process, _ = await worker.ask("reverse", b"", LONG_S)
    os.kill(process, signal.SIGKILL)
    with pytest.raises(SandboxError):
        await worker.ask("reverse", b"", LONG_S)
    assert not worker.is_there


async def test_workers_end_with_their_sandbox(sandbox, worker):
    process, _ = await worker.ask("reverse", b"", LONG_S)
    await sandbox.stop()
    with pytest.raises(SandboxLost):
        await worker.ask("reverse", b"", LONG_S)
    # Nobody is left to end it: it finds its pipe closed.
    await until(lambda: not psutil.pid_exists(process), within_s=LONG_S)


def _descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def test_closing_lets_go_of_process_and_descriptors(sandbox):
    before = _descriptors()
    worker = await Worker.start(sandbox, "test.work")
    process, _ = await worker.ask("reverse", b"x" * 100_000, LONG_S)
    zygote = psutil.Process(process).parent()
    await worker.close()
    await worker.close()
    assert zygote is not None
    assert zygote.children() == []
    # The sandbox started with the first worker, and holds one socket.
    assert _descriptors() <= before + 1
