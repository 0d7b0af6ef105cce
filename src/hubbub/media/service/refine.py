"""Refining: renditions in AV1, beside those in H.264, of a video that is played often.

They cost as much again to make, and each play takes a third less of the network. Players that know no AV1 do as
before: playlist and manifest name H.264 first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hubbub.media.adapters import ffmpeg_arguments
from hubbub.media.adapters.job_store import LeaseLost
from hubbub.media.domain import fragments, manifests, video
from hubbub.media.domain.asset import STREAM, AssetState, Derived
from hubbub.media.domain.job import Job
from hubbub.media.domain.kinds import Format
from hubbub.media.domain.manifests import Picture, Sound
from hubbub.media.errors import DamagedMedia, SandboxUnavailable
from hubbub.media.service.jobs import Report
from hubbub.media.service.package import lasting
from hubbub.media.service.recordings import RecordingPorts, fill
from hubbub.media.service.shelf import Shelf, playlists, tables
from hubbub.storage.records.port import Op

_COPIED, _ENCODED = 5, 95
"""Progress in hundredths once the bytes are at hand, and once all renditions are encoded."""
_LAST: Final = 19
"""Behind everything else."""


class Refining:
    """Does jobs of the kind ``refine``."""

    def __init__(self, ports: RecordingPorts) -> None:
        """Work with `ports`."""
        self._ports = ports

    async def __call__(self, job: Job, report: Report) -> Sequence[Op]:
        """Make renditions of a video in AV1, and return what tells of them.

        Raises:
            LeaseLost: The video is gone.
            MediaError: It cannot be decoded; it plays all the same.
        """
        asset = await self._ports.assets.get(job.asset_id)
        if asset is None or asset.state != AssetState.READY.value:
            raise LeaseLost
        if not self._ports.ffmpeg.works:
            raise SandboxUnavailable
        made = {each.name: each for each in await self._ports.assets.derived(asset.id) if each.storage_class == STREAM}
        async with self._ports.ffmpeg.workplace(f"{job.id}-{job.lease_epoch}", Format[asset.format]) as place:
            await fill(place, self._ports.uploads.bytes_of(asset.upload_id))
            await report(_COPIED)
            track = (await place.probe()).video
            if track is None:
                raise DamagedMedia
            before = [rung for rung in video.ladder(track) if f"{rung.name}.mp4" in made]
            rungs = tuple(video.refined(rung) for rung in before)
            if not rungs or f"{rungs[0].name}.mp4" in made:
                return []

            async def watch(done_ms: int) -> None:
                await report(min(_ENCODED, _COPIED + (_ENCODED - _COPIED) * done_ms // max(1, asset.duration_ms)))

            said = ffmpeg_arguments.refining(Format[asset.format], track, rungs)
            await place.run(said, lasting(asset.duration_ms, _LAST), watch)
            await report(_ENCODED)
            rate = video.frames_per_s(track)
            shelf = await Shelf.begin(self._ports, job)
            more = [await shelf.picture(place, rung, rate) for rung in rungs]
        await shelf.texts(playlists(more, None))
        known = [await self._known(rung, rate, made) for rung in before]
        name = f"{ffmpeg_arguments.AUDIO}.mp4"
        sound = Sound(ffmpeg_arguments.AUDIO, await self._track(made[name])) if name in made else None
        await shelf.texts(tables([*known, *more], sound))
        return shelf.ops()

    async def _known(self, rung: video.Rung, rate: float, made: dict[str, Derived]) -> Picture:
        """Return a rendition that is there already."""
        keys: tuple[int, ...] = ()
        told = made.get(manifests.keys_name(rung.name))
        if told is not None:
            keys = manifests.keys_in((await self._ports.uploads.objects.get(told.object_key)).decode())
        return Picture(rung.name, await self._track(made[f"{rung.name}.mp4"]), rung.width, rung.height, rate, keys)

    async def _track(self, stored: Derived) -> fragments.Track:
        """Return what a stored file says of itself."""
        size = min(stored.size_bytes, fragments.HEAD_BYTES)
        stream = await self._ports.uploads.objects.stream(stored.object_key, 0, size)
        head = b"".join([chunk async for chunk in stream.chunks])
        return fragments.parse(head, stored.size_bytes)
