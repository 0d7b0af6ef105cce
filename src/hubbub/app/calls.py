"""Voice in this process: the media plane that there is, rooms on it, and whom they tell."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from hubbub.app.house import House
from hubbub.kernel.errors import HubbubError, Misconfigured
from hubbub.kernel.randomness import SystemRandom
from hubbub.kernel.telemetry import logger
from hubbub.native import CoreMissing
from hubbub.voice.adapters.missing_plane import MissingPlane
from hubbub.voice.adapters.native_plane import NativePlane
from hubbub.voice.adapters.plane_metric import observe_plane
from hubbub.voice.adapters.webhook_sender import WebhookSender
from hubbub.voice.config import VoiceConfig
from hubbub.voice.domain.key import ApiKey
from hubbub.voice.errors import MediaPlaneMissing
from hubbub.voice.service.patient_plane import PatientPlane
from hubbub.voice.service.quality import QualityRecorder
from hubbub.voice.service.voice import Voice
from hubbub.voice.service.watched_plane import WatchedPlane

_log = logger(__name__)


@contextlib.asynccontextmanager
async def open_voice(house: House, recorder: QualityRecorder) -> AsyncIterator[Voice]:
    """Run voice while the context lasts, `recorder` looking on.

    Without a media plane it is there, and refuses to let anybody in.
    """
    config, keys = house.config.voice, house.voice_keys
    own = await keys.own()
    plane = _start_plane(config)
    later = asyncio.get_running_loop().call_later
    moving = PatientPlane(plane, later) if isinstance(plane, NativePlane) else MissingPlane()
    voice = Voice(config, WatchedPlane(moving, recorder), keys.secrets, house.clock, SystemRandom())
    recorder.follow(voice.reports, voice.webhooks)
    if isinstance(plane, NativePlane):
        plane.watch(voice.reports.take)
        observe_plane(plane)
    else:
        voice.unavailable = plane
        _log.warning("voice.unavailable", reason=plane.sentence)
    keys.on_revoked = voice.revoke

    def webhook_key() -> ApiKey:
        given = {key.key: key for key in keys.listed()}
        return given.get(config.webhook_key) or next(iter(given.values()), own)

    sender = WebhookSender(
        voice.webhooks, config.webhook_urls, webhook_key, house.clock, waiting_max=config.webhooks_max
    )
    async with sender.running():
        passing = asyncio.create_task(voice.run())
        try:
            yield voice
        finally:
            passing.cancel()
            await asyncio.gather(passing, return_exceptions=True)
            voice.stop()
            keys.on_revoked = lambda _key: None
            if isinstance(plane, NativePlane):
                await plane.stop()


def _start_plane(config: VoiceConfig) -> NativePlane | HubbubError:
    """Return the media plane, or why there is none: text goes on without voice."""
    try:
        return NativePlane.start(config)
    except CoreMissing:
        return MediaPlaneMissing()
    except Misconfigured as problem:
        return MediaPlaneMissing(f"Voice is not available: {problem.sentence}")
