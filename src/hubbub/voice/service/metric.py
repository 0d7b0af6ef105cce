"""What voice counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from opentelemetry.metrics import CallbackOptions, Observation

from hubbub.kernel.telemetry import meter

if TYPE_CHECKING:
    from livekit.protocol import models

    from hubbub.voice.service.rooms import Rooms


class VoiceMetrics:
    """Instruments of one process; listens to its rooms."""

    def __init__(self, rooms: Rooms) -> None:
        """Register the instruments."""
        voice = meter("hubbub.voice")
        self._events = voice.create_counter(
            "hubbub.voice.events", description="what happened in rooms, by LiveKit's names"
        )

        def live(_options: CallbackOptions) -> Iterable[Observation]:
            yield Observation(len(rooms.rooms))

        def participants(_options: CallbackOptions) -> Iterable[Observation]:
            members = [member for room in rooms.rooms.values() for member in room.members.values()]
            active = sum(member.was_active for member in members)
            yield Observation(active, {"state": "active"})
            yield Observation(len(members) - active, {"state": "joining"})

        def tracks(_options: CallbackOptions) -> Iterable[Observation]:
            yield Observation(len(rooms.publishing.publishers))

        def transports(_options: CallbackOptions) -> Iterable[Observation]:
            yield Observation(len(rooms.transports.owners))

        voice.create_observable_gauge("hubbub.voice.rooms", [live], description="rooms")
        voice.create_observable_gauge("hubbub.voice.participants", [participants], description="participants by state")
        voice.create_observable_gauge("hubbub.voice.tracks", [tracks], description="published tracks")
        voice.create_observable_gauge("hubbub.voice.transports", [transports], description="peer connections")

    def happened(
        self,
        event: str,
        _room: models.Room,
        _participant: models.ParticipantInfo | None,
        _track: models.TrackInfo | None,
    ) -> None:
        """Count an event."""
        self._events.add(1, {"event": event})
