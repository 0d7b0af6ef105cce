"""Each layer of the sandbox, in real children: what a job may not, what becomes of it, and that nobody else notices."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from hubbub.media.adapters.sandbox.message import Limits
from hubbub.media.adapters.sandbox.probe import PROBE_MODULE, probed
from hubbub.media.adapters.sandbox.sandbox import Sandbox
from hubbub.media.errors import (
    SandboxBusy,
    SandboxCrashed,
    SandboxJobFailed,
    SandboxLost,
    SandboxOutOfMemory,
    SandboxOutOfTime,
    SandboxRefused,
    SandboxUnavailable,
)
from servers.waiting import until

pytest.importorskip("hubbub.native._native", reason="the native core is not built")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is made of what Linux has")

TESTS = Path(__file__).parents[2]
ELSEWHERE = Path("/tmp/hubbub-was-here")
NOBODY = 65_534
PROBE = [sys.executable, "-m", PROBE_MODULE]
JOBS = "doubles.sandbox_jobs"


@pytest.fixture
async def sandbox(monkeypatch):
    paths = [str(TESTS), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    sandbox = Sandbox([JOBS], children_max=4)
    yield sandbox
    await sandbox.stop()


def zygote_of(sandbox: Sandbox) -> psutil.Process:
    return psutil.Process(sandbox._zygote.pid)


def file_of(content: bytes) -> int:
    descriptor = os.memfd_create("input")
    os.write(descriptor, content)
    return descriptor


def written_elsewhere() -> bool:
    return ELSEWHERE.exists()


async def test_every_layer_is_told_and_no_file_is_opened_by_name(sandbox):
    layers = await sandbox.start()
    names = [layer.name for layer in layers.layers]
    assert names == ["namespaces", "limits", "capabilities", "privileges", "landlock", "seccomp"]
    assert {"limits", "capabilities", "privileges", "seccomp"} <= {layer.name for layer in layers.layers if layer.held}


@pytest.mark.skipif(os.geteuid() != 0, reason="this is an ordinary user already")
def test_every_layer_that_root_gets_an_ordinary_user_gets_too():
    try:
        found = [
            subprocess.run(PROBE, user=user, extra_groups=[], capture_output=True, check=False) for user in (0, NOBODY)
        ]
    except PermissionError:
        pytest.skip("others may not run this checkout's Python")
    if found[1].returncode != 0:
        pytest.skip("others may not read this checkout or its Python")
    layers = [
        [layer["name"] for layer in json.loads(each.stdout)["layers"]["layers"] if layer["held"]] for each in found
    ]
    assert layers[0] == layers[1]
    assert not json.loads(found[1].stdout)["opens_files"]


def test_a_process_can_try_the_sandbox_for_the_doctor():
    probe = probed()
    assert not probe.opens_files
    assert len(probe.layers.layers) == 6


async def test_a_job_gets_its_arguments_inputs_and_outputs_and_no_other_descriptor(sandbox):
    first, second = file_of(b"one "), file_of(b"two")
    with await sandbox.run("test.echo", {"a": [1, "b"]}, inputs=(first, second), outputs=2) as result:
        assert result.value == {"arguments": {"a": [1, "b"]}, "descriptors": 3 + 5}
        assert [result.read(0), result.read(1)] == [b"one two"] * 2
    os.close(first)
    os.close(second)


@pytest.mark.parametrize(
    ("job", "argument"),
    [
        ("test.open", "/etc/passwd"),
        ("test.open", "/proc/self/environ"),
        ("test.write", str(ELSEWHERE)),
        ("test.socket", None),
        ("test.connect", None),
        ("test.execute", None),
        ("test.fork", None),
        ("test.spawn", None),
        ("test.kill", None),
    ],
)
async def test_what_no_job_may_is_refused(sandbox, job, argument):
    with pytest.raises(SandboxRefused):
        await sandbox.run(job, argument)
    assert not written_elsewhere()


async def test_an_input_cannot_be_changed_even_where_the_caller_could(sandbox):
    descriptor = file_of(b"as it was")
    with pytest.raises(SandboxJobFailed):
        await sandbox.run("test.overwrite", inputs=(descriptor,))
    assert os.pread(descriptor, 100, 0) == b"as it was"
    os.close(descriptor)


async def test_a_memory_bomb_is_told_as_such(sandbox):
    with pytest.raises(SandboxOutOfMemory):
        await sandbox.run("test.hoard", limits=Limits(memory_bytes=64 << 20))


async def test_an_endless_output_is_cut(sandbox):
    with pytest.raises(SandboxJobFailed):
        await sandbox.run("test.overflow", outputs=1, limits=Limits(output_bytes=4 << 20))


async def test_an_endless_loop_ends_with_its_processor_time(sandbox):
    with pytest.raises(SandboxOutOfTime):
        await sandbox.run("test.spin", limits=Limits(cpu_s=1, wall_s=60))


async def test_a_job_that_waits_for_ever_ends_with_its_wall_time(sandbox):
    with pytest.raises(SandboxOutOfTime):
        await sandbox.run("test.wait", outputs=1, limits=Limits(wall_s=0.2))


@pytest.mark.parametrize("job", ["test.abort", "test.segfault"])
async def test_a_crash_is_told_with_its_signal(sandbox, job):
    with pytest.raises(SandboxCrashed) as crashed:
        await sandbox.run(job)
    assert crashed.value.reason == {"test.abort": "SIGABRT", "test.segfault": "SIGSEGV"}[job]
    assert crashed.value.status == 422


async def test_what_a_job_raises_comes_with_its_kind(sandbox):
    with pytest.raises(SandboxJobFailed) as failed:
        await sandbox.run("test.raise", "row 7 is short")
    assert (failed.value.kind, failed.value.detail) == ("ValueError", "row 7 is short")
    assert "row 7" not in failed.value.sentence


async def test_a_job_that_nobody_registered_fails(sandbox):
    with pytest.raises(SandboxJobFailed) as failed:
        await sandbox.run("os.system", "true")
    assert failed.value.kind == "KeyError"


async def test_a_report_that_lies_is_no_result(sandbox):
    with pytest.raises(SandboxCrashed):
        await sandbox.run("test.lie", outputs=1)


async def test_jobs_beside_one_that_crashes_are_not_disturbed(sandbox):
    others = [sandbox.run("test.echo", number) for number in range(8)]
    found = await asyncio.gather(sandbox.run("test.segfault"), *others, return_exceptions=True)
    assert isinstance(found[0], SandboxCrashed)
    assert [each.value["arguments"] for each in found[1:]] == list(range(8))


async def test_a_zygote_that_dies_takes_its_jobs_along_and_the_next_job_finds_another(sandbox):
    await sandbox.run("test.echo")
    zygote = zygote_of(sandbox)
    running = asyncio.create_task(sandbox.run("test.wait", outputs=1))
    await until(lambda: len(zygote.children()) == 1, within_s=10)
    (child,) = zygote.children()
    zygote.send_signal(signal.SIGKILL)
    with pytest.raises(SandboxLost):
        await running
    await until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, within_s=10)
    assert (await sandbox.run("test.echo", "again")).value["arguments"] == "again"
    assert zygote_of(sandbox).pid != zygote.pid


async def test_a_job_whose_caller_went_away_is_ended(sandbox):
    await sandbox.run("test.echo")
    zygote = zygote_of(sandbox)
    running = asyncio.create_task(sandbox.run("test.wait", outputs=1))
    await until(lambda: len(zygote.children()) == 1, within_s=10)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert zygote.children() == []


async def test_more_jobs_than_may_wait_are_told_so(sandbox):
    narrow = Sandbox([JOBS], children_max=1, waiting_max=1)
    running = asyncio.create_task(narrow.run("test.wait", outputs=1))
    waiting = asyncio.create_task(narrow.run("test.echo", "in turn"))
    await until(lambda: narrow._waiting == 1, within_s=10)
    with pytest.raises(SandboxBusy) as busy:
        await narrow.run("test.echo")
    assert busy.value.retry_after_s == 1.0
    running.cancel()
    assert (await waiting).value["arguments"] == "in turn"
    await narrow.stop()


async def test_fifty_jobs_at_once_leave_no_descriptor_and_no_process(sandbox):
    await sandbox.run("test.echo")
    zygote = zygote_of(sandbox)
    before = (psutil.Process().num_fds(), zygote.num_fds())
    source = file_of(b"x")
    for result in await asyncio.gather(
        *(sandbox.run("test.echo", number, inputs=(source,), outputs=1) for number in range(50))
    ):
        result.close()
    os.close(source)
    assert (psutil.Process().num_fds(), zygote.num_fds()) == before
    assert zygote.children() == []


async def test_stopping_ends_what_runs(sandbox):
    await sandbox.run("test.echo")
    zygote = zygote_of(sandbox)
    running = asyncio.create_task(sandbox.run("test.wait", outputs=1))
    await until(lambda: len(zygote.children()) == 1, within_s=10)
    await sandbox.stop()
    with pytest.raises(SandboxLost):
        await running
    assert not zygote.is_running()


async def test_a_module_that_cannot_be_imported_makes_the_sandbox_unavailable():
    missing = Sandbox(["doubles.nothing_of_this_name"], children_max=1)
    with pytest.raises(SandboxUnavailable):
        await missing.start()
    await missing.stop()


async def test_libvips_decodes_inside(monkeypatch):
    pyvips = pytest.importorskip("pyvips")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")]))
    source = file_of(pyvips.Image.gaussnoise(300, 200).cast("uchar").write_to_buffer(".png"))
    decoding = Sandbox(["doubles.sandbox_vips"], children_max=1)
    with await decoding.run("test.thumbnail", {"width": 64}, inputs=(source,), outputs=1) as result:
        assert (result.value["width"], result.read()[8:12]) == (64, b"WEBP")
    os.close(source)
    await decoding.stop()


async def test_a_program_takes_a_child_over_with_its_descriptors_and_its_folder(sandbox, tmp_path):
    source = file_of(b"given")
    script = "read line <&3; echo $line >&4; echo mine >note; echo said; cat /etc/passwd || true"
    with await sandbox.execute(Path("/bin/sh"), ["-c", script], folder=tmp_path, inputs=(source,), outputs=1) as result:
        assert result.read() == b"given\n"
        assert result.value.startswith(b"said\n")
        assert b"root:" not in result.value
    assert (tmp_path / "note").read_text() == "mine\n"
    os.close(source)


async def test_a_program_that_fails_is_told_with_what_it_said(sandbox, tmp_path):
    with pytest.raises(SandboxJobFailed) as failed:
        await sandbox.execute(Path("/bin/sh"), ["-c", "echo no such codec >&2; exit 3"], folder=tmp_path)
    assert (failed.value.kind, failed.value.detail) == ("exit", "status 3: no such codec\n")


async def test_a_program_writes_nothing_outside_its_folder(sandbox, tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(SandboxJobFailed):
        await sandbox.execute(Path("/bin/sh"), ["-c", "echo x > ../outside"], folder=inside)
    assert not (tmp_path / "outside").exists()
