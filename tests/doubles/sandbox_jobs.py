"""Jobs that behave as a decoder does that a file has taken over, and one that decodes."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from typing import Any

from hubbub.media.adapters.sandbox.job import Call, job
from hubbub.media.adapters.sandbox.working import work

MARK = "taken over"


@job("test.echo")
def echo(call: Call):
    for output in call.outputs:
        os.write(output, b"".join(os.pread(each, os.fstat(each).st_size, 0) for each in call.inputs))
    return {"arguments": call.arguments, "descriptors": _descriptors()}


@job("test.wait")
def wait(call: Call):
    """Say that it has begun, then do nothing for as long as it may."""
    os.write(call.outputs[0], b"begun")
    while True:
        time.sleep(60)


@job("test.spin")
def spin(call: Call):
    while True:
        pass


@job("test.hoard")
def hoard(call: Call):
    hoarded = []
    while True:
        hoarded.append(bytearray(16 << 20))


@job("test.abort")
def abort(call: Call):
    os.abort()


@job("test.segfault")
def segfault(call: Call):
    ctypes.string_at(8)


@job("test.raise")
def raise_(call: Call):
    raise ValueError(call.arguments)


@job("test.open")
def open_(call: Call):
    return os.read(os.open(call.arguments, os.O_RDONLY), 16)


@job("test.write")
def write(call: Call):
    os.open(call.arguments, os.O_WRONLY | os.O_CREAT, 0o600)


@job("test.socket")
def make_socket(call: Call):
    socket.socket(socket.AF_INET, socket.SOCK_STREAM)


@job("test.connect")
def connect(call: Call):
    """Connect as machine code would, past the interpreter's own checks."""
    ctypes.CDLL(None).connect(0, None, 0)


@job("test.execute")
def execute(call: Call):
    os.execv("/bin/true", ["true"])


@job("test.fork")
def fork(call: Call):
    os.fork()


@job("test.spawn")
def spawn(call: Call):
    subprocess.run([sys.executable, "-c", ""], check=True)


@job("test.kill")
def kill(call: Call):
    os.kill(os.getppid(), signal.SIGKILL)


@job("test.overwrite")
def overwrite(call: Call):
    os.pwrite(call.inputs[0], MARK.encode(), 0)


@job("test.overflow")
def overflow(call: Call):
    while True:
        os.write(call.outputs[0], bytes(1 << 20))


@job("test.lie")
def lie(call: Call):
    """Report nonsense, as a child may whose memory another owns."""
    for descriptor in range(3, 20):
        try:
            os.pwrite(descriptor, b"\xff" * 64, 0)
        except OSError:
            continue
    os._exit(0)


def _descriptors() -> int:
    """Return how many descriptors are open, without opening any."""
    found = 0
    for descriptor in range(1024):
        try:
            os.fstat(descriptor)
        except OSError:
            continue
        found += 1
    return found


@job("test.work")
def serve(call: Call) -> None:
    """Do tasks by name, one after another."""
    work(call, _task)


def _task(name: Any, content: bytes) -> tuple[Any, bytes]:
    match name:
        case "reverse":
            return os.getpid(), content[::-1]
        case "raise":
            raise ValueError("not this one")
        case "spin":
            while True:
                pass
        case "hoard":
            return None, bytes(1 << 34)
        case "abort":
            os.abort()
        case "overwrite":
            os.pwrite(call_given(), b"mine", 0)
    return None, b""


def call_given() -> int:
    """Return the descriptor of what a worker is given: the second, after the standard ones."""
    return 4
