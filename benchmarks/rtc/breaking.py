"""Hubbub whose media thread breaks down on SIGUSR1: all of its transports close at once, as those of a panic do.

Run it as `hubbub` is run. What the media plane tells of a breakdown is in `crates/edge/src/worker.rs`.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from typing_extensions import override

from hubbub.app import calls
from hubbub.app.cli import main
from hubbub.voice.adapters.native_plane import NativePlane
from hubbub.voice.domain.sdp.transport import LocalTransport
from hubbub.voice.service.media_plane import Closed, CloseTransport, Event, Failed, TransportSpec

_opened: set[int] = set()


class FragilePlane(NativePlane):
    """A media plane that breaks down on the signal."""

    @override
    def open_transport(self, spec: TransportSpec) -> LocalTransport:
        _opened.add(spec.transport_id)
        return super().open_transport(spec)

    @override
    def watch(self, take: Callable[[Event], None]) -> None:
        def break_down() -> None:
            for transport_id in sorted(_opened):
                self.perform(CloseTransport(transport_id))
                take(Failed(transport_id, "The media thread broke down and began anew."))
                take(Closed(transport_id))
            _opened.clear()

        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, break_down)
        super().watch(take)


vars(calls)["NativePlane"] = FragilePlane

if __name__ == "__main__":
    main()
