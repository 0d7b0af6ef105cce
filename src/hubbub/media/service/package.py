"""The ladder: of a video that plays already, the renditions that players choose from, in one pass of ffmpeg.

Each rendition is one object, whose fragments playlists and manifest name by byte ranges. What is stored goes again
unless all of it is told in the transaction that ends the job, so that an attempt that was cut off leaves nothing.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from typing import Final

from hubbub.kernel import telemetry
from hubbub.media.adapters import ffmpeg_arguments, job_statements
from hubbub.media.adapters.ffmpeg import Workplace
from hubbub.media.adapters.job_store import LeaseLost
from hubbub.media.adapters.sandbox.message import Limits
from hubbub.media.domain import job as jobs
from hubbub.media.domain import manifests, tuning, video
from hubbub.media.domain.asset import FIRST, PLAYABLE, Asset, AssetState
from hubbub.media.domain.job import Job, JobKind
from hubbub.media.domain.kinds import Format
from hubbub.media.domain.manifests import Sound
from hubbub.media.domain.recording import AudioTrack, VideoTrack
from hubbub.media.errors import DamagedMedia, SandboxUnavailable
from hubbub.media.service.jobs import Report
from hubbub.media.service.recordings import RecordingPorts, fill
from hubbub.media.service.shelf import Shelf, playlists, read_track, tables
from hubbub.storage.records.port import Op

_COPIED, _ENCODED = 5, 95
"""Progress in hundredths once the bytes are at hand, and once all renditions are encoded."""
_MIB: Final = 1 << 20
_TAIL_BYTES: Final = 1024
_PATIENT: Final = 10
"""Nobody waits for a ladder: the video plays already."""
_TRIAL: Final = Limits(cpu_s=120, wall_s=600.0, memory_bytes=4 << 30, output_bytes=64 * _MIB, niceness=_PATIENT)
"""Of two seconds, coded three times."""
_log = telemetry.logger("hubbub.media")
_VIDEO, _AUDIO, _JPEG = "video/mp4", "audio/mp4", "image/jpeg"


class Packaging:
    """Does jobs of the kind ``package``."""

    def __init__(self, ports: RecordingPorts, likeness_db: float = 0.0) -> None:
        """Work with `ports`, so that ladders are as like their videos as is asked for; zero for one quality for all."""
        self._ports = ports
        self._likeness_db = likeness_db

    async def __call__(self, job: Job, report: Report) -> Sequence[Op]:
        """Make a video's ladder, and return what tells of it.

        Raises:
            LeaseLost: The video is gone.
            MediaError: It cannot be decoded; it plays all the same.
        """
        asset = await self._ports.assets.get(job.asset_id)
        if asset is None or asset.state != AssetState.READY.value:
            raise LeaseLost
        if not self._ports.ffmpeg.works:
            raise SandboxUnavailable
        async with self._ports.ffmpeg.workplace(f"{job.id}-{job.lease_epoch}", Format[asset.format]) as place:
            await fill(place, self._ports.uploads.bytes_of(asset.upload_id))
            await report(_COPIED)
            recording = await place.probe()
            if recording.video is None:
                raise DamagedMedia
            await self._encode(asset, place, recording.video, recording.audio, report)
            await report(_ENCODED)
            begun = [each.name for each in await self._ports.assets.derived(asset.id)]
            if FIRST not in begun:
                return await self._keep(asset, job, place, recording.video)
            await place.run(
                ffmpeg_arguments.joining(video.ladder(recording.video)[-1], sounds=recording.audio is not None),
                lasting(asset.duration_ms),
            )
            return [*await self._keep(asset, job, place, recording.video), self._settling(asset)]

    def _settling(self, asset: Asset) -> Op:
        """Return what queues the end of the file that the video was first played by."""
        now_ms = self._ports.clock.unix_ms()
        following = jobs.queued(self._ports.new_id(), asset.id, JobKind.SETTLE, now_ms)
        due_at_ms = now_ms + video.watched_ms(asset.duration_ms)
        return Op(job_statements.QUEUE, following._replace(due_at_ms=due_at_ms)._asdict())

    async def _encode(
        self, asset: Asset, place: Workplace, track: VideoTrack, audio: AudioTrack | None, report: Report
    ) -> None:
        async def watch(done_ms: int) -> None:
            await report(min(_ENCODED, _COPIED + (_ENCODED - _COPIED) * done_ms // max(1, asset.duration_ms)))

        sheet = video.sheet(track, asset.duration_ms)
        rungs = video.ladder(track)
        quality = tuning.QUALITY
        if self._likeness_db:
            quality = await self._tuned(asset, place, track, tuning.tried(rungs))
        said = ffmpeg_arguments.packaging(Format[asset.format], track, audio, rungs, sheet, quality)
        await place.run(said, lasting(asset.duration_ms), watch)

    async def _tuned(self, asset: Asset, place: Workplace, track: VideoTrack, rung: video.Rung) -> int:
        """Return the quality at which a video is as like as is asked for; the usual one where that cannot be tried."""
        found: dict[int, list[float]] = {quality: [] for quality in tuning.TRIED}
        for sample in tuning.samples(asset.duration_ms):
            try:
                said = ffmpeg_arguments.trying(Format[asset.format], track, rung, sample)
                await place.run(said, _TRIAL)
            except DamagedMedia:
                continue  # the ladder itself may still be made
            for quality, likenesses in found.items():
                with contextlib.suppress(DamagedMedia), place.opened(ffmpeg_arguments.liked(quality)) as log:
                    likeness = tuning.likeness_db(tail(log))
                    if likeness is not None:
                        likenesses.append(likeness)
        quality = tuning.chosen(self._likeness_db, found)
        _log.info("media.tuned", asset=asset.id, quality=quality, likeness_db=found)
        return quality

    async def _keep(self, asset: Asset, job: Job, place: Workplace, track: VideoTrack) -> list[Op]:
        """Store what was encoded, and what names it."""
        shelf, rungs = await Shelf.begin(self._ports, job), video.ladder(track)
        pictures = [await shelf.picture(place, rung, video.frames_per_s(track)) for rung in rungs]
        if place.made(ffmpeg_arguments.PLAYABLE):
            with place.opened(ffmpeg_arguments.PLAYABLE) as descriptor:
                await shelf.put(PLAYABLE, _VIDEO, descriptor, (rungs[-1].width, rungs[-1].height), PLAYABLE)
        sound = None
        if place.made(f"{ffmpeg_arguments.AUDIO}.mp4"):
            with place.opened(f"{ffmpeg_arguments.AUDIO}.mp4") as descriptor:
                sound = Sound(ffmpeg_arguments.AUDIO, read_track(descriptor))
                await shelf.put(f"{ffmpeg_arguments.AUDIO}.mp4", _AUDIO, descriptor)
        await shelf.texts(playlists(pictures, sound) | tables(pictures, sound))
        if place.made(ffmpeg_arguments.SHEET):
            with place.opened(ffmpeg_arguments.SHEET) as descriptor:
                await shelf.put(ffmpeg_arguments.SHEET, _JPEG, descriptor)
            sheet = video.sheet(track, asset.duration_ms)
            await shelf.texts({manifests.SPRITE: manifests.stills(sheet, ffmpeg_arguments.SHEET, asset.duration_ms)})
        return shelf.ops()


def tail(descriptor: int) -> str:
    """Return the end of a log."""
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, _TAIL_BYTES, max(0, size - _TAIL_BYTES)).decode("ascii", "replace")


def lasting(duration_ms: int, niceness: int = _PATIENT) -> Limits:
    """Return what the ladder of a video may take, and how far it steps back: time in proportion to its length."""
    seconds = duration_ms // 1000 + 1
    cpu_s = 120 + 30 * seconds
    return Limits(
        cpu_s=cpu_s,
        wall_s=300.0 + 4 * cpu_s,
        memory_bytes=6 << 30,
        output_bytes=(64 + 2 * seconds) * _MIB,
        niceness=niceness,
    )
