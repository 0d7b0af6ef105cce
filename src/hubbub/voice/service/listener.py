"""Who wants to know what happens in rooms: webhooks, metrics, attendance, the recorder of calls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from livekit.protocol import models

from hubbub.voice.service.live_room import LiveRoom, Member


class Listener(Protocol):
    """One of them."""

    def happened(
        self,
        event: str,
        room: models.Room,
        participant: models.ParticipantInfo | None,
        track: models.TrackInfo | None,
    ) -> None:
        """Take note; `event` is one of LiveKit's names, e.g. ``room_started``, or tells of a call's quality."""
        ...


class Listeners:
    """All of them, told in the order in which they came."""

    def __init__(self, first: Iterable[Listener] = ()) -> None:
        """Begin with some."""
        self._all = list(first)

    def add(self, *listeners: Listener) -> None:
        """Tell these too from now on."""
        self._all += listeners

    def tell(
        self, event: str, room: LiveRoom, member: Member | None = None, track: models.TrackInfo | None = None
    ) -> None:
        """Tell everybody what happened, whom it was about as it is now."""
        if self._all:
            info, about = room.info(), room.info_of(member) if member is not None else None
            for listener in self._all:
                listener.happened(event, info, about, track)
