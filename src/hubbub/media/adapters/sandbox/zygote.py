"""The zygote: imports the decoders once, forks a child for each job, and runs nothing itself.

The server starts this module as a program, with the number of its end of a socket pair and the names of modules to
import. A fork shares what was imported, so that a job starts in milliseconds; it has one thread, as a fork keeps no
other. It holds no secret of the server: it began as a program of its own, with an environment of its own. It ends with
its socket.
"""

from __future__ import annotations

import array
import contextlib
import gc
import importlib
import os
import select
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import msgspec

from hubbub.media.adapters.sandbox import child
from hubbub.media.adapters.sandbox.entering import Entrance
from hubbub.media.adapters.sandbox.job import JOBS
from hubbub.media.adapters.sandbox.message import DESCRIPTORS_MAX, MESSAGE_BYTES_MAX, Ended, Ready, Request, Unforked

_decoder = msgspec.msgpack.Decoder(Request)
_encoder = msgspec.msgpack.Encoder()
_KIB = 1024
"""What the kernel counts resident memory in."""


class Zygote:
    """Forks what its socket asks for, and tells how each child ended."""

    def __init__(self, channel: socket.socket, entrance: Entrance) -> None:
        """Serve `channel`; `entrance` is what every child goes through."""
        self._channel = channel
        self._entrance = entrance
        self._null = os.open(os.devnull, os.O_RDWR)
        self._numbers: dict[int, int] = {}
        """Numbers of requests, by process."""
        self._wake, self._woken = os.pipe()
        for end in (self._wake, self._woken):
            os.set_blocking(end, False)

    def serve(self) -> None:
        """Fork and reap until the server closes its end; then end all children."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server decides when to end
        signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        gc.freeze()  # a collection in a child would copy the pages that it shares
        self._tell(Ready(jobs=tuple(JOBS), threads=_threads()))
        poll = select.poll()
        poll.register(self._channel, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        going = True
        while going:
            ready = {descriptor for descriptor, _ in poll.poll()}
            if self._wake in ready:
                self._reap()
            if self._channel.fileno() in ready:
                going = self._take()
        for process in self._numbers:
            os.kill(process, signal.SIGKILL)

    def _take(self) -> bool:
        """Take one request; return whether there may be another."""
        received, descriptors = _receive(self._channel)
        if not received:
            return False
        try:
            request = _decoder.decode(received)
            if request.kill:
                self._kill(request.number)
            else:
                self._fork(request, descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return True

    def _fork(self, request: Request, descriptors: Sequence[int]) -> None:
        try:
            process = os.fork()
        except OSError:
            self._tell(Unforked(number=request.number))
            return
        if process == 0:
            child.live(request, descriptors, self._entrance, self._null)
        self._numbers[process] = request.number

    def _kill(self, number: int) -> None:
        """End a child; its process id is its own until it is reaped here."""
        for process, known in self._numbers.items():
            if known == number:
                os.kill(process, signal.SIGKILL)

    def _reap(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while os.read(self._wake, _KIB):
                pass
        while self._numbers:
            process, status, usage = os.wait4(-1, os.WNOHANG)
            if process == 0:
                return
            ended = Ended(
                number=self._numbers.pop(process),
                status=os.waitstatus_to_exitcode(status),
                cpu_ms=round((usage.ru_utime + usage.ru_stime) * 1000),
                peak_bytes=usage.ru_maxrss * _KIB,
            )
            self._tell(ended)

    def _tell(self, said: Ready | Ended | Unforked) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the server is gone, and so will this be
            self._channel.send(_encoder.encode(said))


def _receive(channel: socket.socket) -> tuple[bytes, list[int]]:
    """Return one message and its descriptors; nothing when the other end is closed."""
    descriptors = array.array("i")
    room = socket.CMSG_SPACE(DESCRIPTORS_MAX * descriptors.itemsize)
    try:
        received, ancillary, _, _ = channel.recvmsg(MESSAGE_BYTES_MAX, room, socket.MSG_CMSG_CLOEXEC)
    except ConnectionResetError:
        return b"", []
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
    return received, list(descriptors)


def _threads() -> int:
    """Return how many threads this process has."""
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir())
    except OSError:
        return 1


def _main(descriptor: int, modules: Sequence[str]) -> NoReturn:
    for module in modules:
        importlib.import_module(module)
    channel = socket.socket(fileno=descriptor)
    channel.set_inheritable(False)
    Zygote(channel, Entrance()).serve()
    sys.exit(0)


if __name__ == "__main__":
    _main(int(sys.argv[1]), sys.argv[2:])
