"""The media plane that the native core drives: commands cross in one by one, events come out in batches.

Calling contract: `start`, then `watch` from the loop that is to take events, and `stop` at the end, after which the
last events can still be taken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, get_args

import msgspec
from typing_extensions import override

from hubbub.kernel.errors import Misconfigured
from hubbub.kernel.telemetry import logger
from hubbub.native import start_edge
from hubbub.voice.config import VoiceConfig
from hubbub.voice.domain.sdp.transport import LocalTransport
from hubbub.voice.errors import MediaPlaneUnavailable
from hubbub.voice.service.media_plane import Command, Event, MediaPlane, Refusals, TransportSpec

if TYPE_CHECKING:
    from hubbub.native._native import Edge

BATCH_MAX = 256
"""Events taken in one go, so that the loop has time for others in between."""
_ALL_ADDRESSES = ("0.0.0.0", "::")  # noqa: S104 - clients come from everywhere
_log = logger(__name__)
_encoder = msgspec.msgpack.Encoder()
_local_decoder = msgspec.msgpack.Decoder(LocalTransport)
_batch_decoder = msgspec.msgpack.Decoder(list[dict[str, msgspec.Raw]])
_event_decoders: dict[str, msgspec.msgpack.Decoder[Event]] = {
    event.__name__: msgspec.msgpack.Decoder(event) for event in get_args(Event)
}


class ShardCounters(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of one media thread since its start, and a few present figures."""

    datagrams_in: int
    """Received, whatever carried them."""
    bytes_in: int
    datagrams_out: int
    """Sent."""
    bytes_out: int
    runs_out: int
    """Runs of datagrams that one receiver got at once."""
    receive_calls: int
    """Calls of the system to receive, as the next two to send and to wait."""
    send_calls: int
    wait_calls: int
    dropped_backlog: int
    """Datagrams not sent because too many waited."""
    dropped_refused: int
    """Datagrams that the system refused to send."""
    unknown_sources: int
    """Datagrams from sources that belong to no transport."""
    limited_checks: int
    """Checks from unknown addresses beyond what a transport may get."""
    packets: int
    """Packets of tracks, as publishers sent them."""
    packets_dropped: int
    """Authentic packets that belong to no track, or are broken."""
    packets_refused: Refusals = Refusals()
    """Packets of known transports that were not taken, by reason, those among them."""
    messages_dropped: int
    """Messages that no data channel took."""
    commands: int
    """Carried out."""
    events_dropped: int
    """Events that gave way when too many waited."""
    panics: int
    """Times that the thread broke down and began anew."""
    connections: int
    """TCP connections accepted."""
    connections_cut: int
    """TCP connections refused or cut: too many, silent, malformed."""
    connections_open: int
    """TCP connections that are open."""
    transports_open: int
    """Transports that are open."""


class Counters(msgspec.Struct, frozen=True, kw_only=True):
    """All threads' counters at one time."""

    shards: tuple[ShardCounters, ...]
    """By number of the thread."""
    events_waiting: int
    """Events that wait to be taken."""


_counters_decoder = msgspec.msgpack.Decoder(Counters)


class NativePlane(MediaPlane):
    """Moves media through the native core."""

    def __init__(self, edge: Edge) -> None:
        """Drive `edge`."""
        self._edge = edge
        self._take: Callable[[Event], None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @classmethod
    def start(cls, config: VoiceConfig) -> NativePlane:
        """Listen, and start the media threads.

        Raises:
            CoreMissing: The native core is not built; the sentence names the command that does it.
            Misconfigured: An address or a port cannot be had.
        """
        settings = {
            "bind": config.bind_addresses or _ALL_ADDRESSES,
            "port": config.port,
            "shards": config.shards,
            "advertised": config.advertised_addresses,
        }
        try:
            return cls(start_edge(_encoder.encode(settings)))
        except OSError as problem:
            raise Misconfigured(f"voice.port or voice.bind_addresses cannot be used: {problem.strerror}.") from problem
        except ValueError as problem:
            raise Misconfigured(f"The media threads cannot start: {problem}.") from problem

    @override
    def open_transport(self, spec: TransportSpec) -> LocalTransport:
        try:
            return _local_decoder.decode(self._edge.open_transport(_encoder.encode(spec)))
        except BlockingIOError as problem:
            raise MediaPlaneUnavailable from problem

    @override
    def restart_ice(self, transport_id: int) -> LocalTransport:
        try:
            return _local_decoder.decode(self._edge.restart_ice(transport_id))
        except (BlockingIOError, LookupError) as problem:
            # One that is gone, which its last event tells or will tell, has no end to return.
            raise MediaPlaneUnavailable from problem

    @override
    def perform(self, command: Command) -> None:
        try:
            self._edge.perform(_encoder.encode({type(command).__name__: command}))
        except BlockingIOError as problem:
            raise MediaPlaneUnavailable from problem

    def watch(self, take: Callable[[Event], None]) -> None:
        """Hand every event to `take`, from the running loop."""
        self._take = take
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._edge.fileno(), self.drain)

    def drain(self) -> int:
        """Hand the events that wait, at most a batch, to whom `watch` was told; return how many those were."""
        events = _read_events(self._edge.events(BATCH_MAX))
        for event in events:
            try:
                if self._take is not None:
                    self._take(event)
            except Exception:  # noqa: BLE001 - the events behind it are for others
                _log.exception("voice.event_failed", kind=type(event).__name__)
        return len(events)

    def counters(self) -> Counters:
        """Return what was counted since the start."""
        return _counters_decoder.decode(self._edge.counters())

    async def stop(self) -> None:
        """Close all transports, end the threads, and hand over the last events."""
        if self._loop is not None:
            self._loop.remove_reader(self._edge.fileno())
        self._loop = None
        await asyncio.to_thread(self._edge.stop)
        while self.drain():
            pass


def _read_events(batch: bytes) -> list[Event]:
    """Return the events of a batch; each is a map of its name to its fields."""
    return [
        _event_decoders[name].decode(fields) for named in _batch_decoder.decode(batch) for name, fields in named.items()
    ]
