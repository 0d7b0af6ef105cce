"""Voice as one thing: its rooms, who administers them, whom it tells, and the passing of time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from hubbub.kernel.clock import Clock
from hubbub.kernel.errors import HubbubError
from hubbub.kernel.randomness import RandomSource
from hubbub.kernel.telemetry import logger
from hubbub.voice.config import VoiceConfig
from hubbub.voice.domain.limit import Joins
from hubbub.voice.errors import JoinedTooOften
from hubbub.voice.service.joining import Joining
from hubbub.voice.service.media_plane import MediaPlane
from hubbub.voice.service.metric import VoiceMetrics
from hubbub.voice.service.report import Reports
from hubbub.voice.service.room_service import RoomService
from hubbub.voice.service.rooms import Rooms
from hubbub.voice.service.webhook import Webhooks

_SWEEP_S = 1.0
_log = logger(__name__)


class Voice:
    """The engine of one process.

    Calling contract: `run` as a task for as long as rooms shall live; `stop` before the sockets are closed.
    """

    def __init__(
        self, config: VoiceConfig, plane: MediaPlane, secrets: Mapping[str, str], clock: Clock, random: RandomSource
    ) -> None:
        """Hold rooms whose packets `plane` moves; `secrets` has the secret of each API key, and may change."""
        self.config = config
        self.clock = clock
        self.webhooks = Webhooks(clock, random, config.webhooks_max)
        self.rooms = Rooms(config, plane, clock, random, secrets)
        self.metrics = VoiceMetrics(self.rooms)
        self.rooms.listeners.add(self.webhooks, self.metrics)
        self.reports = Reports(self.rooms)
        """Takes the media plane's events."""
        self.room_service = RoomService(self.rooms)
        self.unavailable: HubbubError | None = None
        """Why nobody can come in; None while everybody can."""
        self.door: Callable[[Joining], Joining] = lambda joining: joining
        """Asked who may come in, and with what rights, after the token was found good; raises when nobody may."""
        self.on_sweep: list[Callable[[], None]] = []
        """Called about once a second."""
        self._joins = Joins(config.joins_per_10_s)

    def check(self, joining: Joining) -> None:
        """Raise unless a client could come in."""
        if self.unavailable is not None:
            raise self.unavailable
        self.rooms.check(self.door(joining))

    def admit(self, joining: Joining) -> Joining:
        """Return how a client may try to join.

        Raises:
            NotPermitted: The door is closed to it.
            JoinedTooOften: Its holder joined too often.
            MediaPlaneMissing: Nobody can join.
        """
        if self.unavailable is not None:
            raise self.unavailable
        who = (joining.claims.video.room, joining.claims.identity)
        wait_s = self._joins.take(who, self.clock.monotonic_s())
        if wait_s > 0:
            raise JoinedTooOften(retry_after_s=wait_s)
        return self.door(joining)

    async def run(self) -> None:
        """Let time pass until cancelled."""
        while True:
            await asyncio.sleep(_SWEEP_S)
            for sweep in (self.rooms.sweep, *self.on_sweep):
                _guarded(sweep)

    def revoke(self, key: str) -> None:
        """Take out who came with a key that is good no longer."""
        self.rooms.remove_key(key)

    def stop(self) -> None:
        """Ask everybody to come back."""
        self.rooms.stop()


def _guarded(sweep: Callable[[], Any]) -> None:
    """Do one sweep; a fault in it must not end the others for good."""
    try:
        sweep()
    except Exception:  # noqa: BLE001 - told to the log, and tried again in a second
        _log.exception("voice.sweep_failed")
