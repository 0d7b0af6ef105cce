"""What the server, its zygote and a sandboxed child tell one another, as MessagePack.

A request is one message with its descriptors: the report first, then inputs, then outputs. The child writes a report
into the first; the zygote tells how the child ended. Reports come from where hostile bytes were read: they are parsed,
bounded and never trusted.
"""

from __future__ import annotations

from typing import Any

import msgspec

MESSAGE_BYTES_MAX = 64 * 1024
"""A request with its arguments, or a report with its result: descriptions, never pictures."""
DESCRIPTORS_MAX = 16
"""Of one request; the kernel carries more, no job needs them."""
FAILED_STATUS = 70
"""Exit status of a child whose report holds a failure (EX_SOFTWARE of sysexits)."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one child may use. The defaults decode a large photo several times over."""

    cpu_s: int = 10
    """Processor time in seconds, 1 or more."""
    wall_s: float = 20.0
    """Seconds from the fork to the end; the server ends a child that takes longer."""
    memory_bytes: int = 1 << 30
    """Memory beyond what the zygote has mapped already, in bytes; of a program: all that it maps."""
    output_bytes: int = 256 << 20
    """Size of each output, in bytes."""
    open_files: int = 64
    """Descriptors."""
    threads: int = 64
    """Threads, where the kernel counts them for each child."""
    niceness: int = 0
    """Of a program, 0 to 19: how far it steps back behind all else where processors are short."""


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A program that takes the child over."""

    path: str
    """Absolute."""
    arguments: tuple[str, ...]
    """After the program's name. Inputs, then outputs, are the descriptors from 3 on."""
    folder: str
    """Its working folder, absolute; it may read and write there."""
    read: tuple[str, ...]
    """Files and folders that it may read: its libraries."""
    loaders: tuple[str, ...]
    """What the kernel executes to start it, beside itself."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A child to be forked, or one to be ended."""

    number: int
    """Of this request, told with the end."""
    kill: bool = False
    """End the child of this number; the rest is ignored."""
    job: str = ""
    """Name of a registered function; empty for a program."""
    arguments: Any = None
    program: Program | None = None
    limits: Limits = Limits()
    inputs: int = 0
    """How many descriptors after the report are inputs; the others are outputs."""


class Ready(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The zygote has imported everything."""

    jobs: tuple[str, ...]
    threads: int
    """Its threads; more than one and a forked child may hang."""


class Ended(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A child has ended."""

    number: int
    status: int
    """As `os.waitstatus_to_exitcode` has it: negative for a signal."""
    cpu_ms: int
    peak_bytes: int
    """Most memory resident, what was shared with the zygote included."""


class Unforked(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The system has no room for another process."""

    number: int
    """Of the request."""


class Failure(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A job raised."""

    kind: str
    """Name of the exception's class."""
    detail: str
    number: int = 0
    """The system's error number; zero when it was no system error."""


class Done(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A job returned."""

    result: Any


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker shall do next."""

    arguments: Any
    size_bytes: int
    """Of what it is about, which lies at the beginning of the worker's memory file."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a task."""

    value: Any
    size_bytes: int
    """Of what was made, likewise."""
    cpu_s: float
    """Processor time of the worker so far, in seconds."""
    failure: Failure | None = None


class Layer(msgspec.Struct, frozen=True):
    """One layer of the sandbox."""

    name: str
    held: bool
    detail: str
    """What of it holds, or why it does not."""


class Layers(msgspec.Struct, frozen=True):
    """What came of entering."""

    layers: tuple[Layer, ...]

    @property
    def missing(self) -> tuple[Layer, ...]:
        """Those that the kernel refused."""
        return tuple(layer for layer in self.layers if not layer.held)
