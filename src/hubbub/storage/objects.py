"""Bytes under a key: attachments, avatars, media. On disk, in S3 or in memory through one API.

An object is written whole or not at all, never changed afterwards under readers, and durable once `put` returned.
Keys are made by the program (ids and hashes joined by slashes), never by a client.
"""

from __future__ import annotations

import asyncio
import errno
import re
import time
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

from hubbub.storage import direct
from hubbub.storage.errors import ObjectMissing, ObjectTooLarge, StorageFull, StorageUnavailable

if TYPE_CHECKING:
    from obstore import GetResult, ObjectMeta
    from obstore.store import ObjectStore

_KEY = re.compile(r"(?!\.{1,2}(/|$))[\w.=+@-]{1,200}(/(?!\.{1,2}(/|$))[\w.=+@-]{1,200})*", re.ASCII)

PART_BYTES: Final = 5 << 20
"""Parts of a streamed upload; S3 takes no smaller ones."""

CHUNK_BYTES: Final = 256 << 10
"""Chunks of a streamed download: large enough to cost little per byte, small enough for many readers at a time."""

_LEFTOVER = re.compile(r"#\d+$")
"""How the disk store names a file until it is whole."""

_LEFTOVER_AGE_S: Final = 24 * 3600
"""No upload is under way that long."""


class ObjectInfo(NamedTuple):
    """What is known of an object without reading it."""

    size_bytes: int
    etag: str
    """Changes when the bytes do; without quotes."""
    modified_ms: int
    """Unix milliseconds."""


class ObjectStream(NamedTuple):
    """A part of an object, as chunks."""

    info: ObjectInfo
    """Of the whole object."""
    start: int
    """First byte, from zero."""
    end: int
    """After the last byte."""
    chunks: AsyncIterator[bytes]


class Objects:
    """A store of objects; made with `on_disk`, `in_s3` or `in_memory`."""

    def __init__(self, store: ObjectStore, folder: Path | None = None) -> None:
        """Use `store`; `folder` is where it keeps files, when it does."""
        self._store = store
        self._folder = folder

    @classmethod
    def on_disk(cls, folder: Path) -> Objects:
        """Return the store whose objects are files under `folder`, which is made when it is not there."""
        from obstore.store import LocalStore

        folder.mkdir(parents=True, exist_ok=True)
        return cls(LocalStore(folder.resolve(), automatic_cleanup=True), folder.resolve())

    @classmethod
    def in_s3(cls, address: str, settings: Mapping[str, Any] | None = None) -> Objects:
        """Return the store at ``s3://bucket/prefix``.

        Args:
            address: Bucket and optional prefix.
            settings: obstore's S3 settings (``endpoint``, ``region``, ``access_key_id``, …); those not given come
                from the ``AWS_*`` variables, as for every S3 client.
        """
        from obstore.store import S3Store

        parts = urlsplit(address)
        return cls(S3Store(parts.netloc, prefix=parts.path.strip("/") or None, **(settings or {})))

    @classmethod
    def in_memory(cls) -> Objects:
        """Return a store that is gone with the process, for tests."""
        from obstore.store import MemoryStore

        return cls(MemoryStore())

    async def put(
        self,
        key: str,
        body: bytes | AsyncIterable[bytes],
        *,
        size_bytes_max: int | None = None,
        durable: bool = True,
    ) -> int:
        """Write an object, over an older one of the same key; return its size in bytes.

        Args:
            key: Where to.
            body: All bytes, or chunks as they come; at most two parts of them are held in memory.
            size_bytes_max: Bound of the whole; None for none.
            durable: Whether it must be there after a power cut; without, it is there whole or not at all. For what can
                be made again.

        Raises:
            ObjectTooLarge: The bound was passed; nothing is kept.
            StorageFull: The disk has no room; nothing is kept.
            StorageUnavailable: The store cannot be reached.
        """
        import obstore

        path = _checked(key)
        if isinstance(body, bytes):
            if size_bytes_max is not None and len(body) > size_bytes_max:
                raise ObjectTooLarge
            with _translated():
                if self._folder is not None:
                    root = self._folder if durable else None
                    await asyncio.to_thread(direct.write, self._folder / path, body, root=root)
                else:
                    await obstore.put_async(self._store, path, body, use_multipart=False)
            return len(body)
        counted = _Counted(body, size_bytes_max)
        with _translated():
            await obstore.put_async(
                self._store, path, counted.chunks(), use_multipart=True, chunk_size=PART_BYTES, max_concurrency=1
            )
        if self._folder is not None:
            await asyncio.to_thread(_sync, self._folder, self._folder / path)
        return counted.size_bytes

    async def head(self, key: str) -> ObjectInfo:
        """Return what is known of an object; raises `ObjectMissing`."""
        import obstore

        with _translated():
            return _info(await obstore.head_async(self._store, _checked(key)))

    async def get(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """Return an object's bytes from `start` to before `end`, None for all; for objects known to be small."""
        stream = await self.stream(key, start, end)
        return b"".join([chunk async for chunk in stream.chunks])

    async def stream(self, key: str, start: int = 0, end: int | None = None) -> ObjectStream:
        """Open an object for reading in chunks.

        Args:
            key: Which.
            start: First byte; past the object's end is a mistake of the caller, who looks at `head` first.
            end: After the last byte; None, or past the end, for all that is there.

        Raises:
            ObjectMissing: There is none.
            StorageUnavailable: The store cannot be reached.
        """
        import obstore

        with _translated():
            # An empty object has no byte that a range could begin at.
            whole = start == 0 and end is None
            options: Any = {} if whole else {"range": {"offset": start} if end is None else (start, end)}
            found = await obstore.get_async(self._store, _checked(key), options=options)
            first, after = found.range
            return ObjectStream(_info(found.meta), first, after, _chunks(found))

    async def delete(self, key: str) -> None:
        """Remove an object; does nothing when there is none."""
        import obstore

        try:
            with _translated():
                await obstore.delete_async(self._store, _checked(key))
        except ObjectMissing:
            return

    async def keys(self, prefix: str = "") -> AsyncIterator[str]:
        """Yield the keys under the folder `prefix` (all when empty), in no promised order."""
        import obstore

        with _translated():
            async for page in obstore.list(self._store, prefix=prefix or None, chunk_size=500):
                for meta in page:
                    yield meta["path"]

    async def remove_leftovers(self) -> int:
        """Remove what uploads left on disk that a killed process had begun; return how many files that were."""
        if self._folder is None:
            return 0
        return await asyncio.to_thread(_remove_leftovers, self._folder, time.time() - _LEFTOVER_AGE_S)


class _Counted:
    """Chunks on their way into a store, counted and bounded."""

    def __init__(self, source: AsyncIterable[bytes], size_bytes_max: int | None) -> None:
        self._source = source
        self._size_bytes_max = size_bytes_max
        self.size_bytes = 0

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the source's chunks; an error raised here makes the store drop what it has."""
        async for chunk in self._source:
            self.size_bytes += len(chunk)
            if self._size_bytes_max is not None and self.size_bytes > self._size_bytes_max:
                raise ObjectTooLarge
            yield chunk


async def _chunks(found: GetResult) -> AsyncIterator[bytes]:
    """Yield a download's chunks as bytes."""
    with _translated():
        async for chunk in found.stream(min_chunk_size=CHUNK_BYTES):
            yield bytes(chunk)


def _checked(key: str) -> str:
    """Return `key`, or stop a program that let something else than its own ids and hashes into it."""
    if _KEY.fullmatch(key) is None:
        raise ValueError(f"not an object key: {key!r}")
    return key


def _info(meta: ObjectMeta) -> ObjectInfo:
    """Return the store's description as ours."""
    etag = (meta["e_tag"] or "").strip('"')
    return ObjectInfo(meta["size"], etag, round(meta["last_modified"].timestamp() * 1000))


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the store's errors into ours."""
    from obstore.exceptions import BaseError

    try:
        yield
    except FileNotFoundError as error:
        raise ObjectMissing from error
    except (BaseError, OSError) as error:
        # The store says only in words that the disk is full.
        full = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}
        if full or "StorageFull" in str(error) or "QuotaExceeded" in str(error):
            raise StorageFull from error
        raise StorageUnavailable from error


def _sync(folder: Path, file: Path) -> None:
    """Bring a file and the folders that name it to the disk, up to the store's own."""
    try:
        chain = [file, *(parent for parent in file.parents if parent.is_relative_to(folder))]
        for path in chain:
            direct.sync(path)
    except OSError as error:
        raise StorageUnavailable from error


def _remove_leftovers(folder: Path, before_s: float) -> int:
    """Remove unfinished files under `folder` that were last written before a Unix time in seconds."""
    removed = 0
    for path in folder.rglob("*#*"):
        if _LEFTOVER.search(path.name) and path.is_file() and path.stat().st_mtime < before_s:
            path.unlink()
            removed += 1
    return removed
