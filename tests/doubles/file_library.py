"""Twin of the file library: bytes in memory, assets and references as rows, so that they are part of transactions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any
from urllib.parse import quote

from hubbub.community.errors import TooLarge
from hubbub.community.service.files_port import BegunUpload, FileState, StoredFile, Streams
from hubbub.kernel.clock import Clock
from hubbub.kernel.errors import HubbubError
from hubbub.kernel.snowflake import SnowflakeGenerator
from hubbub.media.adapters import asset_statements
from hubbub.media.adapters.asset_store import AssetStore, holding, letting_go
from hubbub.media.domain.asset import Asset, AssetState
from hubbub.media.domain.headers import read_header
from hubbub.media.domain.kinds import Format, Kind, sniff
from hubbub.storage.records.port import Op, Records

SIGNATURE = "ex=7fffffff&hm=" + "0" * 64
REFUSED = ("picture_broken", "The picture is broken.")


class FileLibraryDouble:
    """Files are ready as soon as they are stored, unless `slow` is set: then when `settle` is called."""

    def __init__(self, records: Records, clock: Clock, snowflakes: SnowflakeGenerator, public_url: str) -> None:
        """Keep references in `records`."""
        self.records = records
        self.slow = False
        self.files: dict[int, StoredFile] = {}
        self.contents: dict[int, bytes] = {}
        self.waited_s: list[float] = []
        """What `settled` was told to wait, each time that it would have had to."""
        self._clock = clock
        self._snowflakes = snowflakes
        self._public_url = public_url
        self._assets = AssetStore(records)
        self._begun: dict[str, StoredFile] = {}
        self._callbacks: list[Callable[[int], None]] = []

    async def begin(self, owner: str, filename: str, size_bytes: int) -> BegunUpload:
        asset_id = self._snowflakes.next()
        name = f"{asset_id}/{filename}"
        self._begun[name] = _unseen(asset_id, owner, filename, size_bytes, FileState.UPLOADING)
        return BegunUpload(name, f"/media/uploads/{asset_id}?token=good")

    async def fill(self, begun: BegunUpload, content: bytes) -> int:
        """Upload what `begin` began; return the asset's id."""
        file = self._begun[begun.uploaded_filename]
        assert len(content) == file.size_bytes
        await self._keep(file, content)
        return file.asset_id

    async def store(self, owner: str, filename: str, chunks: AsyncIterator[bytes], size_bytes_max: int) -> int:
        content = bytearray()
        async for chunk in chunks:
            content += chunk
            if len(content) > size_bytes_max:
                raise TooLarge
        asset_id = self._snowflakes.next()
        await self._keep(_unseen(asset_id, owner, filename, len(content), FileState.PROCESSING), bytes(content))
        return asset_id

    async def find(self, uploaded_filename: str, owner: str) -> int | None:
        file = self._begun.get(uploaded_filename)
        if file is None or file.owner != owner or file.asset_id not in self.files:
            return None
        return file.asset_id

    async def look(self, asset_ids: Sequence[int]) -> dict[int, StoredFile]:
        return {asset_id: self.files[asset_id] for asset_id in asset_ids if asset_id in self.files}

    async def settled(self, asset_ids: Sequence[int], within_s: float) -> dict[int, StoredFile]:
        """Return at once, as if the time were over: a test that wants a file settled says so before it asks."""
        found = await self.look(asset_ids)
        if any(not file.state.is_settled for file in found.values()):
            self.waited_s.append(within_s)
            await asyncio.sleep(0)
            found = await self.look(asset_ids)
        return found

    def hold(self, asset_id: int, holder: str) -> Sequence[Op]:
        return holding(asset_id, holder, self._clock.unix_ms())

    def release(self, asset_id: int, holder: str) -> Sequence[Op]:
        return letting_go(asset_id, holder, self._clock.unix_ms())

    def address(self, asset_id: int, filename: str, *, public: bool = False) -> str:
        path = f"{self._public_url}/media/files/{asset_id}/{quote(filename, safe='')}"
        return path if public else f"{path}?{SIGNATURE}"

    def subscribe(self, callback: Callable[[int], None]) -> None:
        self._callbacks.append(callback)

    async def settle(self, asset_id: int, refused: tuple[str, str] | None = None) -> None:
        """End the work on a file: with what its bytes are, or with a refusal's code and sentence."""
        file = self.files[asset_id]
        assert file.state is FileState.PROCESSING
        self.files[asset_id] = _refused(file, *refused) if refused else _seen(file, self.contents[asset_id])
        for callback in self._callbacks:
            callback(asset_id)

    def stream(self, asset_id: int, streams: Streams) -> None:
        """Say what a video or a sound is played by."""
        self.files[asset_id] = self.files[asset_id]._replace(streams=streams)

    async def holders(self, asset_id: int) -> list[str]:
        """Return who holds a file."""
        return await self._assets.holders(asset_id)

    async def collect(self) -> None:
        """Forget every file that nobody holds, as a day does."""
        for asset_id in list(self.files):
            if not await self.holders(asset_id):
                await self.records.write([Op(asset_statements.DELETE_UNHELD, {"asset_id": asset_id})])
                del self.files[asset_id], self.contents[asset_id]

    async def _keep(self, file: StoredFile, content: bytes) -> None:
        await self.records.write([Op(asset_statements.BEGIN, _row(file, self._clock.unix_ms())._asdict())])
        self.contents[file.asset_id] = content
        self.files[file.asset_id] = file._replace(state=FileState.PROCESSING)
        if not self.slow:
            await self.settle(file.asset_id)


def _unseen(asset_id: int, owner: str, filename: str, size_bytes: int, state: FileState) -> StoredFile:
    unknown = (Format.OTHER.served_as, size_bytes, None, None, None, None, Kind.FILE.value, None, None, None, 0)
    return StoredFile(asset_id, owner, filename, state, *unknown)


def _seen(file: StoredFile, content: bytes) -> StoredFile:
    format_ = sniff(content)
    told: dict[str, Any] = {
        "state": FileState.READY,
        "content_type": format_.served_as,
        "kind": format_.kind.value,
        "progress": 100,
    }
    if format_.picture:
        try:
            header = read_header(content)
        except HubbubError:
            return _refused(file, *REFUSED)
        moves = header.frames > 1
        told |= {"width": header.width, "height": header.height, "thumbhash": b"\x01\x02\x03"}
        told |= {"kind": "animation", "duration_ms": 100 * header.frames} if moves else {"kind": "image"}
    return file._replace(**told)


def _refused(file: StoredFile, code: str, sentence: str) -> StoredFile:
    return file._replace(state=FileState.REFUSED, refusal_code=code, refusal=sentence, progress=100)


def _row(file: StoredFile, now_ms: int) -> Asset:
    return Asset(
        id=file.asset_id,
        owner=file.owner,
        upload_id=file.asset_id,
        state=AssetState.PROCESSING.value,
        kind=file.kind,
        format="",
        content_type=file.content_type,
        size_bytes=file.size_bytes,
        blake3=None,
        width=0,
        height=0,
        duration_ms=0,
        frames=0,
        alpha=False,
        thumbhash=None,
        error_code="",
        error_message="",
        holders=0,
        created_at_ms=now_ms,
        name=file.filename,
    )
