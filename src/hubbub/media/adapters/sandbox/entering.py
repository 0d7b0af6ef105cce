"""Giving up, for good, everything that a job does not need; the layers themselves are in `crates/sandbox`."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from hubbub.media.adapters.sandbox.message import Layers, Limits, Program
from hubbub.native import prepare_sandbox

_layers_decoder = msgspec.msgpack.Decoder(Layers)


class Entrance:
    """What was made ready once for all children of a process."""

    def __init__(self) -> None:
        """Compile the filters of system calls.

        Raises:
            CoreMissing: The native core is not built.
        """
        self._sandbox = prepare_sandbox()

    def enter(self, limits: Limits, program: Program | None = None) -> Layers:
        """Leave this process, which has one thread, nothing but its descriptors, or what `program` needs."""
        bounds = {
            "cpu_s": limits.cpu_s,
            "address_space_bytes": limits.memory_bytes + (0 if program else _mapped_bytes()),
            "file_bytes": limits.output_bytes,
            "open_files": limits.open_files,
            "threads": limits.threads,
        }
        policy: dict[str, object] = {"limits": bounds}
        if program is not None:
            policy["read"] = program.read
            policy["write"] = (program.folder,)
            policy["execute"] = (program.path, *program.loaders)
        return _layers_decoder.decode(self._sandbox.enter(msgspec.msgpack.encode(policy)))


def _mapped_bytes() -> int:
    """Return how much address space this process has, in bytes; zero where the system does not tell."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    except OSError:
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
