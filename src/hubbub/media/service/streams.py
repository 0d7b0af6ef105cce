"""Streams: what players choose from, below one signed folder for each video, and the addresses of that.

The signature stands in the path, so that what a playlist names by a relative address is signed with it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from blake3 import blake3

from hubbub.kernel.clock import Clock
from hubbub.media.adapters.asset_store import AssetStore
from hubbub.media.domain.asset import MEZZANINE, STREAM, Asset, AssetState
from hubbub.media.domain.conditional import Facts
from hubbub.media.domain.deliverable import Deliverable, StoredSegment, disposition
from hubbub.media.domain.kinds import Kind
from hubbub.media.domain.manifests import MANIFEST, MASTER, SPRITE
from hubbub.media.domain.rendition import parse
from hubbub.media.domain.signature import EXPIRY, MAC, Signer
from hubbub.media.errors import AddressForged, AssetUnknown
from hubbub.media.service.deliver import CHANGING_S, Deliveries, Opened

PATH: Final = "/media/streams"
"""Under which streams are: ``/media/streams/{asset_id}/{end}-{signature}/{name}``."""
POSTER: Final = "poster"
WAVEFORM: Final = "waveform"


class StreamPaths(NamedTuple):
    """Where a recording's streams are, as paths that are good from now on; None for what there is not."""

    hls: str | None
    dash: str | None
    poster: str | None
    sprite: str | None
    waveform: bytes | None
    """Of sound, up to 256 points."""


class Streams:
    """Streams of every video."""

    def __init__(
        self,
        deliveries: Deliveries,
        assets: AssetStore,
        signer: Signer,
        clock: Clock,
        on_play: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Deliver as `deliveries` does; `on_play` is told of each video that somebody begins to play."""
        self._on_play = on_play
        self._deliveries = deliveries
        self._assets = assets
        self._signer = signer
        self._clock = clock

    def folder(self, asset_id: int) -> str:
        """Return the path that the streams of an asset lie under, good from now on."""
        path = f"{PATH}/{asset_id}"
        signed = self._signer.sign(path, self._clock.unix_ms())
        return f"{path}/{signed.expiry_s:x}-{signed.mac}"

    async def of(self, assets: Sequence[Asset]) -> dict[int, StreamPaths]:
        """Return the streams of those assets that have any."""
        recorded = {Kind.VIDEO.value, Kind.AUDIO.value}
        asked = [each.id for each in assets if each.state == AssetState.READY.value and each.kind in recorded]
        if not asked:
            return {}
        made: dict[int, set[str]] = {}
        for each in await self._assets.derived_of(asked):
            if each.storage_class == STREAM:
                made.setdefault(each.asset_id, set()).add(each.name)
            elif each.storage_class == MEZZANINE:
                made.setdefault(each.asset_id, set()).add(POSTER)
        waveforms = await self._assets.waveforms_of(asked)
        return {
            asset_id: self._paths(asset_id, made.get(asset_id, set()), waveforms.get(asset_id))
            for asset_id in {*made, *waveforms}
        }

    async def told(self, asset: Asset) -> list[tuple[str, str]]:
        """Return what there is of `StreamPaths`, by name, as text: paths, and the waveform in base64."""
        paths = (await self.of([asset])).get(asset.id)
        if paths is None:
            return []
        found = paths._asdict() | {WAVEFORM: None if paths.waveform is None else b64encode(paths.waveform).decode()}
        return [(name, value) for name, value in found.items() if value is not None]

    async def open(
        self, asset_id: int, signature: str, name: str, query: Mapping[str, str], accept: str | None
    ) -> Opened:
        """Return what an address opens.

        Raises:
            AddressForged: The signature is not good, whether or not there is such a video.
            AddressExpired: It is good no more, likewise.
            AssetUnknown: There is no such video, or nothing of that name of it.
            HubbubError: As for `Deliveries.picture`, for a poster.
        """
        expiry, _, mac = signature.partition("-")
        expires_s = self._signer.check(f"{PATH}/{asset_id}", {EXPIRY: expiry, MAC: mac}, self._clock.unix_ms())
        if expires_s is None:
            raise AddressForged
        file = await self._deliveries.file(asset_id)
        if name == POSTER:
            return await self._deliveries.picture(file, parse(query), accept, expires_s)
        stream = _named(file, name) or _named(await self._deliveries.file(asset_id, anew=True), name)
        if stream is None:
            raise AssetUnknown
        facts = Facts(
            stream.size_bytes, f'"{blake3(stream.segments[0].object_key.encode()).hexdigest(16)}"', stream.content_type
        )
        told = disposition(name, inline=True)
        fresh_s = None
        if name in {MASTER, MANIFEST}:
            self._on_play(asset_id)
            fresh_s = CHANGING_S  # these two come to name more once there is more
        return Opened(stream, facts, told, negotiated=False, expires_s=expires_s, content=None, fresh_s=fresh_s)

    def _paths(self, asset_id: int, made: set[str], waveform: bytes | None) -> StreamPaths:
        folder = self.folder(asset_id)
        hls, dash, poster, sprite = (
            f"{folder}/{name}" if name in made else None for name in (MASTER, MANIFEST, POSTER, SPRITE)
        )
        return StreamPaths(hls, dash, poster, sprite, waveform)


def _named(file: Deliverable, name: str) -> Deliverable | None:
    """Return one of a file's streams as a file of its own."""
    found = next((each for each in file.streams if each.name == name), None)
    if found is None:
        return None
    segments = (StoredSegment(found.object_key, found.size_bytes),)
    return file._replace(content_type=found.content_type, size_bytes=found.size_bytes, name=name, segments=segments)
