"""A media plane that never refuses a command: what its threads have no room for waits here, in order.

Rooms carry out a change in many commands, and could not take half of it back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from typing_extensions import override

from hubbub.kernel.telemetry import logger
from hubbub.voice.domain.sdp.transport import LocalTransport
from hubbub.voice.errors import MediaPlaneUnavailable
from hubbub.voice.service.media_plane import Command, MediaPlane, TransportSpec

WAITING_MAX = 500_000
"""More than a full server's commands; beyond it the oldest gives way, and its call has to be joined again."""
_RETRY_S = 0.005
_log = logger(__name__)


class PatientPlane(MediaPlane):
    """Stands before a media plane whose queues are bounded."""

    def __init__(self, plane: MediaPlane, later: Callable[[float, Callable[[], None]], object]) -> None:
        """Command `plane`; `later` calls a function after so many seconds."""
        self._plane = plane
        self._later = later
        self._waiting: deque[Command] = deque(maxlen=WAITING_MAX)

    @override
    def open_transport(self, spec: TransportSpec) -> LocalTransport:
        if self._waiting:
            # Who comes now can be turned away; who is here cannot.
            raise MediaPlaneUnavailable
        return self._plane.open_transport(spec)

    @override
    def restart_ice(self, transport_id: int) -> LocalTransport:
        return self._plane.restart_ice(transport_id)

    @override
    def perform(self, command: Command) -> None:
        if not self._waiting:
            try:
                self._plane.perform(command)
            except MediaPlaneUnavailable:
                _log.warning("voice.media_plane_behind")
                self._later(_RETRY_S, self._catch_up)
            else:
                return
        self._waiting.append(command)

    def _catch_up(self) -> None:
        try:
            while self._waiting:
                self._plane.perform(self._waiting[0])
                self._waiting.popleft()
        except MediaPlaneUnavailable:
            self._later(_RETRY_S, self._catch_up)
