"""HTTP and sockets on one listener, until somebody asks for a stop: what every server of ours does alike."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import TYPE_CHECKING

import uvicorn
from typing_extensions import override

from hubbub.app.hot_lane import lane
from hubbub.app.house import House
from hubbub.app.media import Media
from hubbub.app.sockets import websocket_class
from hubbub.app.telemetry.requests import ObservedRequests
from hubbub.kernel.telemetry import Telemetry

if TYPE_CHECKING:
    from litestar.types import ASGIApp

    from hubbub.app.sockets import SocketFace

_GRACE_S = 3
"""Seconds that requests in flight have to be answered after a stop was asked for."""
_KEEP_ALIVE_S = 75
"""Longer than the minute that proxies commonly keep idle connections, so that theirs end first."""


@contextlib.asynccontextmanager
async def served(
    front: ASGIApp,
    sockets: Sequence[SocketFace],
    house: House,
    media: Media,
    listener: socket.socket,
    observed: Telemetry,
) -> AsyncIterator[asyncio.Task[None]]:
    """Serve `front` and `sockets` on `listener` while the context lasts; the task ends early only by a fault."""
    server = _HttpServer(
        uvicorn.Config(
            ObservedRequests(front, traces=observed.traces),
            # Spans are made of requests that take the usual way.
            http="httptools" if observed.traces else lane(media.hot.find),
            loop="uvloop",
            ws=websocket_class(sockets),
            interface="asgi3",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            forwarded_allow_ips=house.config.trusted_proxies,
            timeout_keep_alive=_KEEP_ALIVE_S,
            timeout_graceful_shutdown=_GRACE_S,
        )
    )
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield task
    finally:
        server.should_exit = True
        await task


async def until_stopped(stop: asyncio.Event, http: asyncio.Task[None]) -> None:
    """Return when a stop was asked for, or HTTP ended by a fault."""
    ended = asyncio.ensure_future(stop.wait())
    await asyncio.wait({ended, http}, return_when=asyncio.FIRST_COMPLETED)
    ended.cancel()
    sys.stderr.write("Stopping. What was sent is safe; press Ctrl-C again to stop at once.\n")


def stop_on_signals() -> asyncio.Event:
    """Return an event that the first SIGINT or SIGTERM sets; the second ends the process."""
    stop = asyncio.Event()

    def asked() -> None:
        if stop.is_set():
            os._exit(130)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked)
    return stop


class _HttpServer(uvicorn.Server):
    """uvicorn's server, which leaves signals to us."""

    @contextlib.contextmanager
    @override
    def capture_signals(self) -> Iterator[None]:
        yield
