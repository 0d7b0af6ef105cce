"""Video and sound: looked at in the sandbox, and made to play at once.

A video becomes MP4 that every browser plays: copied where its tracks are of that kind already, else encoded small. What
takes long is left to a job of its own, so that pictures do not wait behind it. Its poster is a picture like any other.
What is stored names neither place nor camera.
"""

from __future__ import annotations

import asyncio
import mmap
import os
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final, NamedTuple

from hubbub.kernel.clock import Clock
from hubbub.media.adapters import asset_statements, ffmpeg_arguments, job_statements
from hubbub.media.adapters.asset_store import AssetStore
from hubbub.media.adapters.ffmpeg import Ended, Ffmpeg, Watch, Workplace
from hubbub.media.adapters.picture_inspector import PictureNote
from hubbub.media.adapters.sandbox.message import Limits
from hubbub.media.adapters.upload_store import LEFTOVER_MS, UploadStore
from hubbub.media.domain import job as jobs
from hubbub.media.domain import sound, video
from hubbub.media.domain.asset import FIRST, PLAYABLE, Asset, Derived, mezzanine_folder
from hubbub.media.domain.job import Job, JobKind
from hubbub.media.domain.kinds import Format, Kind
from hubbub.media.domain.recording import AudioTrack, Recording, VideoTrack
from hubbub.media.domain.video import Playable
from hubbub.media.errors import DamagedMedia, MediaError
from hubbub.media.service.jobs import Report
from hubbub.media.service.ready import Facts, Screen, ready, unscreened
from hubbub.media.service.stills import Stills, write
from hubbub.storage.records.port import Op

_COPIED, _PLAYS = 20, 90
"""Progress in hundredths once the bytes are at hand, and once the file plays."""
_MIB: Final = 1 << 20
_HURRIED_MS: Final = 60_000
"""A longer video is encoded by a job of its own."""
_POSTER_LIMITS: Final = Limits(cpu_s=20, wall_s=60.0, memory_bytes=3 << 30, output_bytes=64 * _MIB)
_SOUND_S_MAX: Final = 24 * 3600
_SOUND_LIMITS: Final = Limits(cpu_s=240, wall_s=900.0, memory_bytes=1 << 30, output_bytes=2048 * _MIB)
_OPAQUE: Final = Format.OTHER.served_as
_MP4: Final = Format.MP4.served_as
_SOUND_TYPES: Final = {Format.WEBM: "audio/webm", Format.MP4: "audio/mp4"}
"""Of sound alone in a container of video."""


class RecordingPorts(NamedTuple):
    """What recordings are worked on with."""

    ffmpeg: Ffmpeg
    assets: AssetStore
    uploads: UploadStore
    clock: Clock
    new_id: Callable[[], int]
    screen: Screen = unscreened
    """Keeps back what is not wanted."""


class Recordings:
    """Finds out what a recording is, and makes it play."""

    def __init__(self, ports: RecordingPorts) -> None:
        """Work with `ports`."""
        self.ports = ports

    async def inspect(self, asset: Asset, format_: Format, job: Job, report: Report, stills: Stills) -> Sequence[Op]:
        """Return what makes a recording ready, or what queues the job that will.

        Raises:
            DamagedMedia: Nothing of it can be read.
            MediaError: It is refused, or could not be read.
        """
        if not self.ports.ffmpeg.works:
            return [ready(asset, format_)]
        async with self.ports.ffmpeg.workplace(f"{job.id}-{job.lease_epoch}", format_) as place:
            await fill(place, self.ports.uploads.bytes_of(asset.upload_id))
            await report(_COPIED)
            recording = await place.probe()
            work = _Inspection(self.ports, asset, format_, job, report, place)
            if recording.video is not None:
                return await work.video(recording, recording.video, stills)
            if recording.audio is not None:
                return await work.sound(recording, recording.audio)
        # Nothing in it that anybody plays: it is a file like any other.
        return [ready(asset, format_, Facts(kind=Kind.FILE, content_type=_OPAQUE))]


class _Inspection(NamedTuple):
    """One recording that is being looked at."""

    ports: RecordingPorts
    asset: Asset
    format: Format
    job: Job
    report: Report
    place: Workplace

    async def video(self, recording: Recording, track: VideoTrack, stills: Stills) -> Sequence[Op]:
        """Make a video play, and return what makes it ready."""
        plan = video.playable(recording, track)
        takes_long = plan.rung is not None and not 0 < recording.duration_ms <= _HURRIED_MS
        if takes_long and self.job.kind == JobKind.INSPECT.value:
            return [self._queue(JobKind.ENCODE)]
        ((ended, stored), (poster, derived)) = await asyncio.gather(
            self._played(recording, track, plan), self._poster(recording, track, stills)
        )
        duration_ms = _believed(ended, recording)
        grows = plan.rung is not None and video.is_outgrown(track, plan.rung, duration_ms)
        stored = stored._replace(name=FIRST if grows else PLAYABLE)
        thumbhash = None if poster is None else poster.thumbhash
        facts = Facts(Kind.VIDEO, _MP4, track.width, track.height, duration_ms, thumbhash=thumbhash)
        ops = [ready(self.asset, self.format, facts)]
        ops += [Op(asset_statements.KEEP_DERIVED, each._asdict()) for each in (stored, *derived)]
        if video.has_ladder(track, duration_ms):
            ops.append(self._queue(JobKind.PACKAGE))
        seen = self.asset._replace(kind=Kind.VIDEO.value)
        return [*ops, *await self.ports.screen(seen, None if poster is None else poster.fingerprint)]

    async def _played(self, recording: Recording, track: VideoTrack, plan: Playable) -> tuple[Ended, Derived]:
        """Make and store the file that plays, while another takes the poster."""
        said = ffmpeg_arguments.playing(self.format, track, recording.audio, plan)
        watch = _watch(self.report, recording.duration_ms)
        limits = working(recording.duration_ms, encodes=plan.rung is not None, size_bytes=self.asset.size_bytes)
        ended = await self.place.run(said, limits, watch)
        if not ended.frames:
            raise DamagedMedia
        await self.report(_PLAYS)
        size = (track.width, track.height) if plan.rung is None else (plan.rung.width, plan.rung.height)
        return ended, await self._keep(_MP4, *size)

    async def sound(self, recording: Recording, track: AudioTrack) -> Sequence[Op]:
        """Make sound play, and return what makes it ready."""
        plays = sound.plays_as_it_is(self.format, track)
        hertz = sound.samples_per_s(recording.duration_ms)
        said = ffmpeg_arguments.sounding(self.format, track, hertz, seconds_max=_SOUND_S_MAX, encodes=not plays)
        await self.place.run(said, _SOUND_LIMITS, _watch(self.report, recording.duration_ms))
        with self.place.opened(ffmpeg_arguments.SAMPLES) as samples:
            points, heard_ms = await asyncio.to_thread(_waveform, samples, hertz)
        facts = Facts(Kind.AUDIO, _SOUND_TYPES.get(self.format, ""), duration_ms=heard_ms)
        ops = [Op(asset_statements.KEEP_WAVEFORM, {"asset_id": self.asset.id, "points": points})]
        if not plays:
            stored = await self._keep(Format.M4A.served_as, 0, 0)
            facts = facts._replace(content_type=stored.content_type)
            ops.append(Op(asset_statements.KEEP_DERIVED, stored._asdict()))
        return [ready(self.asset, self.format, facts), *ops]

    async def _poster(
        self, recording: Recording, track: VideoTrack, stills: Stills
    ) -> tuple[PictureNote | None, list[Derived]]:
        """Store a video's poster; a video of which no frame can be read goes without."""
        try:
            await self._shoot(track, video.poster_at_ms(recording.duration_ms))
            with self.place.opened(ffmpeg_arguments.POSTER) as poster:
                picture = await stills.inspect(poster)
            with picture.result:
                derived = await stills.keep(self.asset.id, picture, f"{self.job.lease_epoch}-")
        except MediaError as problem:
            if problem.status >= _SERVER_ERROR:
                raise
            return None, []
        return picture.note, derived

    async def _shoot(self, track: VideoTrack, at_ms: int) -> None:
        """Make the poster: of a key frame where there is one, because somebody waits."""
        ways = [ffmpeg_arguments.glance, ffmpeg_arguments.still]
        for way in [ffmpeg_arguments.leaf] if video.plays_undecoded(track) else ways:
            await self.place.run(way(self.format, track, at_ms), _POSTER_LIMITS)
            if self.place.made(ffmpeg_arguments.POSTER):
                return

    async def _keep(self, content_type: str, width: int, height: int) -> Derived:
        """Store the file that plays; it goes again unless the caller tells of it within `LEFTOVER_MS`."""
        now_ms = self.ports.clock.unix_ms()
        await self.ports.assets.announce(self.asset.id, now_ms + LEFTOVER_MS)
        key = f"{mezzanine_folder(self.asset.id)}/{self.job.id}-{self.job.lease_epoch}-{PLAYABLE}"
        with self.place.opened(ffmpeg_arguments.PLAYABLE) as descriptor:
            size = await self.ports.uploads.objects.put(key, chunks_of(descriptor))
        return Derived(self.asset.id, PLAYABLE, PLAYABLE, key, content_type, width, height, size, now_ms)

    def _queue(self, kind: JobKind) -> Op:
        following = jobs.queued(self.ports.new_id(), self.asset.id, kind, self.ports.clock.unix_ms())
        return Op(job_statements.QUEUE, following._asdict())


_SERVER_ERROR: Final = 500
_ABOUT_MS: Final = 1000


async def fill(place: Workplace, content: AsyncIterator[bytes]) -> None:
    """Write a file's bytes to where the programs read them."""
    async for chunk in content:
        await asyncio.to_thread(write, place.source, chunk)


async def chunks_of(descriptor: int) -> AsyncIterator[bytes]:
    """Yield all that a descriptor holds."""
    at = 0
    while chunk := await asyncio.to_thread(os.pread, descriptor, _MIB, at):
        at += len(chunk)
        yield chunk


def working(duration_ms: int, *, encodes: bool, size_bytes: int) -> Limits:
    """Return what ffmpeg may use for a recording: time in proportion to its length, where it is encoded."""
    seconds = duration_ms // 1000 if duration_ms else 600
    cpu_s = 60 + (8 * seconds if encodes else seconds // 8)
    return Limits(
        cpu_s=cpu_s,
        wall_s=120.0 + 4 * cpu_s,
        memory_bytes=4 << 30,
        output_bytes=max(256 * _MIB, 2 * size_bytes + seconds * _MIB),
    )


def _waveform(descriptor: int, samples_per_s: int) -> tuple[bytes, int]:
    """Return the waveform of samples, and how many milliseconds they last."""
    with mmap.mmap(descriptor, 0, prot=mmap.PROT_READ) as mapped:
        count = len(mapped) // 2
        duration_ms = count * 1000 // samples_per_s
        with memoryview(mapped) as content, content[: 2 * count] as whole, whole.cast("h") as samples:
            return sound.waveform(samples, sound.points_for(duration_ms)), duration_ms


def _watch(report: Report, duration_ms: int) -> Watch:
    async def watch(done_ms: int) -> None:
        if duration_ms:
            await report(min(_PLAYS, _COPIED + (_PLAYS - _COPIED) * done_ms // duration_ms))

    return watch


def _believed(ended: Ended, recording: Recording) -> int:
    """Return a recording's length: as its header says where about that much was written, else what was written."""
    said, written = recording.duration_ms, ended.duration_ms
    return said if abs(said - written) <= _ABOUT_MS or not written else written
