"""Answers what the community asks of the files that people bring, from media's library."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence

from typing_extensions import override

from hubbub.community.errors import TooLarge
from hubbub.community.service.files_port import BegunUpload, FileLibrary, FileState, StoredFile
from hubbub.community.service.files_port import Streams as StreamAddresses
from hubbub.media.domain.asset import Asset, AssetState
from hubbub.media.domain.quarantine import REVIEW_CODE
from hubbub.media.errors import UploadTooLarge
from hubbub.media.service.library import Library, LookedFile
from hubbub.media.service.streams import StreamPaths, Streams
from hubbub.storage.records.port import Op

_STATES = {
    AssetState.PROCESSING.value: FileState.PROCESSING,
    AssetState.READY.value: FileState.READY,
    AssetState.PARKED.value: FileState.REFUSED,
    AssetState.QUARANTINED.value: FileState.REFUSED,
}


class CommunityFiles(FileLibrary):
    """The community's files, kept by media."""

    def __init__(self, library: Library, streams: Streams, public_url: str) -> None:
        """Keep files in `library`; their addresses, and those of `streams`, begin with `public_url`."""
        self._library = library
        self._streams = streams
        self._public_url = public_url

    @override
    async def begin(self, owner: str, filename: str, size_bytes: int) -> BegunUpload:
        try:
            return BegunUpload(*await self._library.begin(owner, filename, size_bytes))
        except UploadTooLarge as problem:
            raise TooLarge(problem.sentence) from problem

    @override
    async def store(self, owner: str, filename: str, chunks: AsyncIterator[bytes], size_bytes_max: int) -> int:
        try:
            return await self._library.store(owner, filename, chunks, size_bytes_max)
        except UploadTooLarge as problem:
            raise TooLarge from problem

    @override
    async def find(self, uploaded_filename: str, owner: str) -> int | None:
        return await self._library.find(uploaded_filename, owner)

    @override
    async def look(self, asset_ids: Sequence[int]) -> dict[int, StoredFile]:
        return await self._stored(await self._library.look(asset_ids))

    @override
    async def settled(self, asset_ids: Sequence[int], within_s: float) -> dict[int, StoredFile]:
        return await self._stored(await self._library.settled(asset_ids, within_s))

    @override
    def hold(self, asset_id: int, holder: str) -> Sequence[Op]:
        return self._library.hold(asset_id, holder)

    @override
    def release(self, asset_id: int, holder: str) -> Sequence[Op]:
        return self._library.release(asset_id, holder)

    @override
    def address(self, asset_id: int, filename: str, *, public: bool = False) -> str:
        return self._public_url + self._library.address(asset_id, filename, public=public)

    @override
    def subscribe(self, callback: Callable[[int], None]) -> None:
        self._library.subscribe(callback)

    async def _stored(self, found: dict[int, LookedFile]) -> dict[int, StoredFile]:
        streams = await self._streams.of([each.asset for each in found.values()])
        return {
            asset_id: _stored(each, None if asset_id not in streams else self._signed(streams[asset_id]))
            for asset_id, each in found.items()
        }

    def _signed(self, paths: StreamPaths) -> StreamAddresses:
        *relative, waveform = paths
        hls, dash, poster, sprite = (None if path is None else f"{self._public_url}{path}" for path in relative)
        return StreamAddresses(hls, dash, poster, sprite, waveform)


def _state(asset: Asset) -> FileState:
    if asset.state == AssetState.QUARANTINED.value and asset.error_code == REVIEW_CODE:
        return FileState.REVIEW
    return _STATES[asset.state]


def _stored(found: LookedFile, streams: StreamAddresses | None) -> StoredFile:
    asset = found.asset
    is_refused = bool(asset.error_code) and asset.is_settled
    return StoredFile(
        asset_id=asset.id,
        owner=asset.owner,
        filename=asset.file_name,
        state=_state(asset),
        content_type=asset.content_type,
        size_bytes=asset.size_bytes,
        width=asset.width or None,
        height=asset.height or None,
        duration_ms=asset.duration_ms or None,
        thumbhash=asset.thumbhash,
        kind=asset.kind,
        refusal_code=asset.error_code if is_refused else None,
        refusal=asset.error_message if is_refused else None,
        streams=streams,
        progress=found.progress,
    )
