"""The media plane of a server without its native core: it moves nothing, and says how to get one that does."""

from __future__ import annotations

from typing import NoReturn

from typing_extensions import override

from hubbub.voice.errors import MediaPlaneMissing
from hubbub.voice.service.media_plane import Command, MediaPlane, TransportSpec


class MissingPlane(MediaPlane):
    """Refuses every transport."""

    @override
    def open_transport(self, spec: TransportSpec) -> NoReturn:
        raise MediaPlaneMissing

    @override
    def restart_ice(self, transport_id: int) -> NoReturn:
        raise MediaPlaneMissing

    @override
    def perform(self, command: Command) -> None:
        """Do nothing: there is no transport that a command could be for."""
