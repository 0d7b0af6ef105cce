"""Tells which layers of the sandbox hold on this machine: as a job, and as a program for `hubbub doctor`."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import msgspec

from hubbub.media.adapters.sandbox.job import Call, job
from hubbub.media.adapters.sandbox.message import Layers, Limits

PROBE_MODULE = "hubbub.media.adapters.sandbox.probe"
"""This one, also where it runs as a program."""
PROBE = "sandbox.probe"
"""The job that every zygote has."""
_TIMEOUT_S = 10.0
_WITNESS = "/etc/passwd"
"""A file that everybody may read; who cannot open it is kept from files by name."""


class Probe(msgspec.Struct, frozen=True):
    """What a child found after it entered."""

    layers: Layers
    opens_files: bool
    """Whether it could still open a file by name."""


@job(PROBE)
def probe(call: Call) -> Any:
    """Tell the layers, and try to open a file."""
    return msgspec.to_builtins(Probe(call.layers, _opens_files()))


def probed() -> Probe:
    """Let a process of its own enter the sandbox, and return what it found.

    Raises:
        OSError: No process could be started, or it gave no answer in time.
    """
    command = [sys.executable, "-m", PROBE_MODULE]
    try:
        said = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, check=True)  # noqa: S603 - our own
    except subprocess.SubprocessError as problem:
        raise OSError(f"the sandbox could not be tried: {problem}") from problem
    return msgspec.json.decode(said.stdout, type=Probe)


def _opens_files() -> bool:
    try:
        with open(_WITNESS, "rb"):  # noqa: PTH123 - a Path imports what is not there any more
            return True
    except OSError:
        return False


def _main() -> None:
    from hubbub.media.adapters.sandbox import entering

    layers = entering.Entrance().enter(Limits())
    sys.stdout.buffer.write(msgspec.json.encode(Probe(layers, _opens_files())))


if __name__ == "__main__":
    _main()
