"""What the media threads count, as instruments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from opentelemetry.metrics import CallbackOptions, Observation

from hubbub.kernel.telemetry import meter
from hubbub.voice.adapters.native_plane import NativePlane, ShardCounters

_COUNTED = {
    "datagrams_in": "datagrams received",
    "bytes_in": "bytes received",
    "datagrams_out": "datagrams sent",
    "bytes_out": "bytes sent",
    "dropped_backlog": "datagrams not sent because too many waited",
    "dropped_refused": "datagrams that the system refused to send",
    "unknown_sources": "datagrams from sources that belong to no transport",
    "limited_checks": "checks from unknown addresses beyond what a transport may get",
    "packets": "packets of tracks, as publishers sent them",
    "packets_dropped": "authentic packets that belong to no track, or are broken",
    "events_dropped": "events that gave way when too many waited",
    "panics": "times that a media thread broke down and began anew",
    "connections_cut": "TCP connections refused or cut",
}


def observe_plane(plane: NativePlane) -> None:
    """Register instruments that read `plane`'s counters whenever somebody asks."""
    voice = meter("hubbub.voice")

    def register(name: str, description: str) -> None:
        def observe(_options: CallbackOptions) -> Iterable[Observation]:
            for number, shard in enumerate(plane.counters().shards):
                yield Observation(_value(shard, name), {"shard": number})

        voice.create_observable_counter(f"hubbub.voice.media.{name}", [observe], description=description)

    def refused(_options: CallbackOptions) -> Iterable[Observation]:
        for number, shard in enumerate(plane.counters().shards):
            for reason, count in asdict(shard.packets_refused).items():
                yield Observation(count, {"shard": number, "reason": reason})

    for name, description in _COUNTED.items():
        register(name, description)
    description = "packets of known transports that were not taken, by reason"
    voice.create_observable_counter("hubbub.voice.media.packets_refused", [refused], description=description)


def _value(shard: ShardCounters, name: str) -> int:
    value: int = getattr(shard, name)
    return value
