"""A media plane that lets the recorder of calls see what it is told, so that rooms need not know of the recorder."""

from __future__ import annotations

from typing import Protocol

from hubbub.voice.domain.sdp.transport import LocalTransport
from hubbub.voice.service.media_plane import Command, MediaPlane, TransportSpec


class PlaneWatcher(Protocol):
    """Who wants to see what a media plane is told."""

    def opened(self, spec: TransportSpec) -> None:
        """Take note that a transport was opened."""
        ...

    def restarted(self, transport_id: int) -> None:
        """Take note that a transport's ICE starts anew: its client came back."""
        ...

    def commanded(self, command: Command) -> None:
        """Take note of a command."""
        ...


class WatchedPlane:
    """Stands before a media plane."""

    def __init__(self, plane: MediaPlane, watcher: PlaneWatcher) -> None:
        """Pass everything to `plane`, and tell `watcher`."""
        self._plane = plane
        self._watcher = watcher

    def open_transport(self, spec: TransportSpec) -> LocalTransport:
        """See `MediaPlane.open_transport`."""
        local = self._plane.open_transport(spec)
        self._watcher.opened(spec)
        return local

    def restart_ice(self, transport_id: int) -> LocalTransport:
        """See `MediaPlane.restart_ice`."""
        local = self._plane.restart_ice(transport_id)
        self._watcher.restarted(transport_id)
        return local

    def perform(self, command: Command) -> None:
        """See `MediaPlane.perform`."""
        self._plane.perform(command)
        self._watcher.commanded(command)
