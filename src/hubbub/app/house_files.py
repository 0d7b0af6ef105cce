"""What the community keeps files in, before and after media runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

from typing_extensions import override

from hubbub.app.errors import FilesUnavailable
from hubbub.community.service.files_port import BegunUpload, FileLibrary, StoredFile
from hubbub.storage.records.port import Op


class HouseFiles(FileLibrary):
    """The files of a house: those of the library while media runs in this process.

    The community is there before media is, and without it in commands that have nothing to do with files.
    """

    def __init__(self) -> None:
        """Begin without a library."""
        self._files: FileLibrary | None = None
        self._callbacks: list[Callable[[int], None]] = []
        self.released = asyncio.Event()
        """Set when the community let go of files, which may be needed no more; whoever looks clears it first."""

    @property
    def are_kept(self) -> bool:
        """Whether there is a library."""
        return self._files is not None

    def keep_in(self, files: FileLibrary | None) -> None:
        """Ask `files` from now on; None says that media stops."""
        self._files = files
        if files is not None:
            files.subscribe(self._settled)

    @override
    async def begin(self, owner: str, filename: str, size_bytes: int) -> BegunUpload:
        return await self._kept().begin(owner, filename, size_bytes)

    @override
    async def store(self, owner: str, filename: str, chunks: AsyncIterator[bytes], size_bytes_max: int) -> int:
        return await self._kept().store(owner, filename, chunks, size_bytes_max)

    @override
    async def find(self, uploaded_filename: str, owner: str) -> int | None:
        return await self._kept().find(uploaded_filename, owner)

    @override
    async def look(self, asset_ids: Sequence[int]) -> dict[int, StoredFile]:
        return await self._kept().look(asset_ids)

    @override
    async def settled(self, asset_ids: Sequence[int], within_s: float) -> dict[int, StoredFile]:
        return await self._kept().settled(asset_ids, within_s)

    @override
    def hold(self, asset_id: int, holder: str) -> Sequence[Op]:
        return self._kept().hold(asset_id, holder)

    @override
    def release(self, asset_id: int, holder: str) -> Sequence[Op]:
        return self._kept().release(asset_id, holder)

    @override
    def address(self, asset_id: int, filename: str, *, public: bool = False) -> str:
        return self._kept().address(asset_id, filename, public=public)

    @override
    def subscribe(self, callback: Callable[[int], None]) -> None:
        self._callbacks.append(callback)

    def _settled(self, asset_id: int) -> None:
        for callback in self._callbacks:
            callback(asset_id)

    def _kept(self) -> FileLibrary:
        if self._files is None:
            raise FilesUnavailable(retry_after_s=1.0)
        return self._files
