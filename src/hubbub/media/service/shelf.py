"""The shelf: where one attempt at a job puts a video's renditions and what names them, to be told of all at once."""

from __future__ import annotations

import asyncio
import os
from typing import Final, NamedTuple

from hubbub.media.adapters import asset_statements
from hubbub.media.adapters.ffmpeg import Workplace
from hubbub.media.adapters.upload_store import LEFTOVER_MS
from hubbub.media.domain import fragments, manifests
from hubbub.media.domain.asset import STREAM, Derived, mezzanine_folder
from hubbub.media.domain.job import Job
from hubbub.media.domain.manifests import Picture, Sound
from hubbub.media.domain.video import Rung
from hubbub.media.service.recordings import RecordingPorts, chunks_of
from hubbub.storage.records.port import Op

_VIDEO: Final = "video/mp4"


class Shelf(NamedTuple):
    """What is stored for one attempt; it goes again unless `ops` are written within `LEFTOVER_MS`."""

    ports: RecordingPorts
    asset_id: int
    folder: str
    now_ms: int
    stored: list[Derived]

    @classmethod
    async def begin(cls, ports: RecordingPorts, job: Job) -> Shelf:
        """Say that something will be stored for `job`."""
        now_ms = ports.clock.unix_ms()
        await ports.assets.announce(job.asset_id, now_ms + LEFTOVER_MS)
        return cls(ports, job.asset_id, f"{mezzanine_folder(job.asset_id)}/{job.id}-{job.lease_epoch}", now_ms, [])

    async def put(
        self, name: str, content_type: str, content: bytes | int, size: tuple[int, int] = (0, 0), class_: str = STREAM
    ) -> None:
        """Store bytes, or what a descriptor holds; `size` is in pixels."""
        key = f"{self.folder}-{name}"
        body = content if isinstance(content, bytes) else chunks_of(content)
        size_bytes = await self.ports.uploads.objects.put(key, body)
        self.stored.append(Derived(self.asset_id, name, class_, key, content_type, *size, size_bytes, self.now_ms))

    async def picture(self, place: Workplace, rung: Rung, frames_per_s: float) -> Picture:
        """Store a rendition that ffmpeg made, and return what it is.

        Raises:
            DamagedMedia: It made none.
        """
        with place.opened(f"{rung.name}.mp4") as descriptor:
            track = read_track(descriptor)
            await self.put(f"{rung.name}.mp4", _VIDEO, descriptor, (rung.width, rung.height))
            keys = await asyncio.to_thread(_keys, descriptor, track)
        return Picture(rung.name, track, rung.width, rung.height, frames_per_s, keys)

    async def texts(self, texts: dict[str, str]) -> None:
        """Store playlists and manifests, by their names."""
        for name, text in texts.items():
            await self.put(name, manifests.TYPES[name[name.rindex(".") :]], text.encode())

    def ops(self) -> list[Op]:
        """Return what tells of all that was stored; its transaction fails when the asset is gone."""
        still_there = Op(asset_statements.STILL_THERE, {"asset_id": self.asset_id}, expect=1)
        return [still_there, *(Op(asset_statements.KEEP_DERIVED, each._asdict()) for each in self.stored)]


def playlists(pictures: list[Picture], sound: Sound | None) -> dict[str, str]:
    """Return the playlists of single renditions, and those of their key frames."""
    tracks: list[Picture | Sound] = [*pictures, *([sound] if sound is not None else [])]
    return {
        **{f"{each.name}.m3u8": manifests.playlist(each.name, each.track) for each in tracks},
        **{manifests.keys_name(each.name): manifests.key_frames(each) for each in pictures},
    }


def tables(pictures: list[Picture], sound: Sound | None) -> dict[str, str]:
    """Return what names all renditions."""
    return {
        manifests.MASTER: manifests.master(tuple(pictures), sound),
        manifests.MANIFEST: manifests.dash(tuple(pictures), sound),
    }


def read_track(descriptor: int) -> fragments.Track:
    """Return what a file of fragments says of itself; raises `DamagedMedia`."""
    return fragments.parse(os.pread(descriptor, fragments.HEAD_BYTES, 0), os.fstat(descriptor).st_size)


def _keys(descriptor: int, track: fragments.Track) -> tuple[int, ...]:
    """Return how much of each fragment holds its first frame; blocks."""
    keys, at = [], track.index_end
    for each in track.fragments:
        keys.append(fragments.key_frame_end(os.pread(descriptor, fragments.MOOF_BYTES, at)))
        at += each.size_bytes
    return tuple(keys)
