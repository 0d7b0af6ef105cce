"""One zygote as the server sees it: a process, a socket to it, and the children that were asked for.

Calling contract: `start`, then `fork` for each job, and `stop` at the end. A zygote that died is not mended; its jobs
fail with `SandboxLost`, and another is started in its place.
"""

from __future__ import annotations

import array
import asyncio
import contextlib
import itertools
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, Self

import msgspec

from hubbub.kernel.telemetry import logger
from hubbub.media.adapters.sandbox.message import MESSAGE_BYTES_MAX, Ended, Ready, Request, Unforked
from hubbub.media.errors import SandboxBusy, SandboxLost, SandboxUnavailable

_START_S = 30.0
"""Seconds that importing the decoders may take on a slow disk."""
_KEPT = ("PATH", "PYTHONPATH", "PYTHONPYCACHEPREFIX", "LD_LIBRARY_PATH")
"""What of the server's environment its zygote gets: where programs are. Never a secret."""
_OWN = {
    "LC_ALL": "C.UTF-8",
    "HOME": "/nowhere",
    "VIPS_CONCURRENCY": "1",  # jobs run side by side, each in a process of its own
    "VIPS_BLOCK_UNTRUSTED": "1",
    "MALLOC_ARENA_MAX": "2",  # an arena takes 64 MiB of address space, which is bounded
}
_log = logger(__name__)
_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Ready | Ended | Unforked] = msgspec.msgpack.Decoder(Ready | Ended | Unforked)


class ZygoteProcess:
    """A zygote that runs."""

    def __init__(self, process: subprocess.Popen[bytes], channel: socket.socket) -> None:
        """Speak to `process` over `channel`, from the running loop."""
        self.pid = process.pid
        self.closed = False
        """Whether it is gone, or is going."""
        self._process = process
        self._channel = channel
        self._loop = asyncio.get_running_loop()
        self._numbers = itertools.count(1)
        self._ends: dict[int, asyncio.Future[Ended]] = {}
        self._ready: asyncio.Future[Ready] = self._loop.create_future()
        self._loop.add_reader(channel, self._take)

    @classmethod
    async def start(cls, modules: Sequence[str]) -> Self:
        """Start a zygote that imports `modules`, and wait until it has.

        Raises:
            SandboxUnavailable: It does not start: a module or the native core is missing, or this is not Linux.
        """
        if not hasattr(socket, "SOCK_SEQPACKET") or sys.platform != "linux":
            raise SandboxUnavailable
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            ours.setblocking(False)
            command = [sys.executable, "-m", "hubbub.media.adapters.sandbox.zygote", str(theirs.fileno()), *modules]
            environment = {name: os.environ[name] for name in _KEPT if name in os.environ} | _OWN
            process = subprocess.Popen(  # noqa: ASYNC220, S603 - our own program; it waits milliseconds for the fork
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=environment,
            )
        zygote = cls(process, ours)
        try:
            ready = await asyncio.wait_for(zygote._ready, _START_S)
        except (TimeoutError, SandboxLost) as problem:
            await zygote.stop()
            raise SandboxUnavailable from problem
        except asyncio.CancelledError:
            await zygote.stop()
            raise
        if ready.threads > 1:
            await zygote.stop()
            _log.error("sandbox.threads", threads=ready.threads, modules=list(modules))
            raise SandboxUnavailable
        return zygote

    def fork(self, request: Request, descriptors: Sequence[int]) -> tuple[int, asyncio.Future[Ended]]:
        """Ask for a child; return the number of the request and what will hold its end.

        Raises:
            SandboxBusy: The zygote does not keep up.
            SandboxLost: It is gone.
        """
        number = next(self._numbers)
        encoded = _encoder.encode(msgspec.structs.replace(request, number=number))
        if len(encoded) > MESSAGE_BYTES_MAX:
            raise ValueError(f"a job's arguments take {len(encoded)} bytes of at most {MESSAGE_BYTES_MAX}")
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))
        try:
            self._channel.sendmsg([encoded], [rights])
        except BlockingIOError as problem:
            raise SandboxBusy from problem
        except OSError as problem:
            raise SandboxLost from problem
        ended: asyncio.Future[Ended] = self._loop.create_future()
        self._ends[number] = ended
        return number, ended

    def kill(self, number: int) -> None:
        """End a child; its end comes as any other's. Without a way to ask for it, all end."""
        try:
            self._channel.send(_encoder.encode(Request(number=number, kill=True)))
        except OSError:
            self.end()

    def end(self) -> None:
        """End the zygote and, with it, all its children, at once."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGKILL)
        self._close()

    async def stop(self) -> None:
        """End it, and wait until it is gone."""
        self.end()
        await asyncio.to_thread(self._process.wait)

    def _take(self) -> None:
        """Take what the zygote tells."""
        try:
            received = self._channel.recv(MESSAGE_BYTES_MAX)
        except BlockingIOError:
            return
        except OSError:
            received = b""
        if not received:
            self._close()
            return
        said = _decoder.decode(received)
        if isinstance(said, Ready):
            if not self._ready.done():
                self._ready.set_result(said)
            return
        ended = self._ends.pop(said.number, None)
        if ended is None or ended.done():
            return
        if isinstance(said, Unforked):
            _fail(ended, SandboxBusy())
        else:
            ended.set_result(said)

    def _close(self) -> None:
        if self.closed:
            return
        self.closed = True
        self._loop.remove_reader(self._channel)
        self._channel.close()
        _fail(self._ready, SandboxLost())
        for waiting in self._ends.values():
            _fail(waiting, SandboxLost())
        self._ends.clear()


def _fail(waiting: asyncio.Future[Any], problem: Exception) -> None:
    if not waiting.done():
        waiting.set_exception(problem)
        waiting.exception()  # who waits gets it; nobody need
