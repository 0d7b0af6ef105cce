"""One partition on disk: the segments in a folder, the newest of which grows.

Readers, on any thread, look at an immutable `View`; the writer thread alone changes the partition, and puts a new view
in place once a group is durable. One group goes `stage` (each record), `write`, `sync`, `publish`; or `rollback`.
"""

from __future__ import annotations

import bisect
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from hubbub.events.log.embedded.config import MIB, Config
from hubbub.events.log.embedded.disk import Disk
from hubbub.events.log.embedded.frame import BadFrame, encode
from hubbub.events.log.embedded.index import Extent, SparseIndex, index_path
from hubbub.events.log.embedded.recovery import recover
from hubbub.events.log.embedded.segment import frames, scan, segment_name
from hubbub.events.log.errors import LogCorrupt, OffsetOutOfRange
from hubbub.events.log.port import Record, Retention, StoredRecord, TopicPartition, Watermarks
from hubbub.kernel.telemetry import logger

_log = logger("hubbub.events.log")

_ANSWER_BYTES = 8 * MIB
"""A read stops after that many bytes of payload, so that large records cannot fill the memory of who polls."""

_SEEK = "Restore the file from a backup, or let consumers go on behind it."


class View(NamedTuple):
    """What is durable."""

    sealed: tuple[Extent, ...]
    active: Extent
    sparse: SparseIndex
    """Of the active segment; the others' lie in files."""

    @property
    def low(self) -> int:
        """Return the oldest kept offset."""
        return self.sealed[0].base if self.sealed else self.active.base


class Partition:
    """The records of one partition."""

    def __init__(self, name: TopicPartition, folder: Path, salt: int, config: Config, disk: Disk) -> None:
        """Open `folder`, which exists, recovering from a crash; raises `LogCorrupt`."""
        self.name = name
        self._folder = folder
        self._salt = salt
        self._config = config
        self._disk = disk
        found = recover(folder, salt, config, disk)
        self.cut_bytes = found.cut_bytes
        self.view = View(found.sealed, found.active, found.sparse)
        self._descriptor = disk.open(found.active.path)
        newest = found.active if found.active.size or not found.sealed else found.sealed[-1]
        self._last_ms = newest.last_ms
        self._staged: list[bytes] = []
        self._staged_ms = 0

    # For readers.

    def window(self) -> Watermarks:
        """Return the watermarks."""
        view = self.view
        return Watermarks(view.low, view.active.end)

    def read(self, offset: int, records_max: int) -> list[StoredRecord]:
        """Return up to `records_max` records from `offset`, at least one.

        Raises:
            OffsetOutOfRange: There is no durable record `offset`.
            LogCorrupt: It cannot be read.
        """
        view = self.view
        if not view.low <= offset < view.active.end:
            raise OffsetOutOfRange(*self.name, offset, view.low, view.active.end)
        records: list[StoredRecord] = []
        size = 0
        try:
            for record in self._records(view, offset):
                records.append(record)
                size += len(record.value)
                if len(records) >= records_max or size >= _ANSWER_BYTES:
                    break
        except (LogCorrupt, OffsetOutOfRange):
            if not records:  # else the next read begins where this one stopped, and raises
                raise
        return records

    def offset_at(self, timestamp_ms: int) -> int:
        """Return the first offset appended at or after the time, the high watermark when there is none."""
        view = self.view
        for extent in (*view.sealed, view.active):
            if extent.end == extent.base or extent.last_ms < timestamp_ms:
                continue
            if extent.first_ms >= timestamp_ms:
                return extent.base
            try:
                for frame in frames(extent, self._index(view, extent).position_before(timestamp_ms), self._salt):
                    if frame.timestamp_ms >= timestamp_ms:
                        return frame.offset
            except BadFrame as bad:
                raise LogCorrupt(extent.path, extent.base, bad.position, bad.why, _SEEK) from bad
            except FileNotFoundError:
                continue  # removed meanwhile: the next segment holds the oldest kept record
        return view.active.end

    def _records(self, view: View, offset: int) -> Iterator[StoredRecord]:
        """Yield the records of `view` from `offset`, which it holds."""
        segments = (*view.sealed, view.active)
        first = bisect.bisect_right(segments, offset, key=lambda extent: extent.base) - 1
        for extent in segments[first:]:
            try:
                for frame in frames(extent, self._index(view, extent).position_of(offset), self._salt):
                    if frame.offset == offset:
                        yield StoredRecord(*self.name, offset, frame.timestamp_ms, frame.key, frame.value)
                        offset += 1
            except BadFrame as bad:
                raise LogCorrupt(extent.path, offset, bad.position, bad.why, _SEEK) from bad
            except FileNotFoundError as gone:  # retention was faster
                raise OffsetOutOfRange(*self.name, offset, *self.window()) from gone

    def _index(self, view: View, extent: Extent) -> SparseIndex:
        if extent is view.active:
            return view.sparse
        index = SparseIndex.load(index_path(extent.path))
        if index is not None:
            return index
        found = scan(extent.path, self._salt, self._config.index_bytes)
        if found.bad is None:
            with contextlib.suppress(OSError):  # without the file the next read scans again
                index_path(extent.path).write_bytes(found.sparse.encode(found.extent))
        return found.sparse

    # For the writer thread.

    def stage(self, record: Record, now_ms: int) -> int:
        """Take `record` into the group being made and return the offset that it will have."""
        end = self.view.active.end
        if not self._staged:
            self._staged_ms = max(now_ms, self._last_ms)
        ahead = len(self._staged)
        frame = encode(
            record.key, record.value, offset=end + ahead, timestamp_ms=self._staged_ms, ahead=ahead, salt=self._salt
        )
        self._staged.append(frame)
        return end + ahead

    def write(self, roll_age_ms: int) -> None:
        """Write the staged group, beginning a new segment before it where the active one is large or old enough.

        Raises:
            OSError: A part of the group may be in the file; `rollback` removes it.
        """
        data = b"".join(self._staged)
        active = self.view.active
        if active.size and active.size + len(data) > self._config.segment_bytes:
            self._roll()
        self.roll_if_older(self._staged_ms, roll_age_ms)
        self._disk.write(self._descriptor, data)

    def sync(self) -> None:
        """Return once the written group is on the disk."""
        self._disk.sync(self._descriptor)

    def publish(self) -> None:
        """Show the staged group, which is durable, to readers."""
        sealed, active, index = self.view
        position, indexed = active.size, index.newest_position
        for ahead, frame in enumerate(self._staged):
            if position - indexed >= self._config.index_bytes:
                index.add(active.end + ahead, position, self._staged_ms)
                indexed = position
            position += len(frame)
        first_ms = active.first_ms if active.size else self._staged_ms
        end = active.end + len(self._staged)
        self.view = View(sealed, Extent(active.path, active.base, end, position, first_ms, self._staged_ms), index)
        self._last_ms = self._staged_ms
        self._staged = []

    def rollback(self) -> None:
        """Forget the staged group and cut what was written of it; raises `OSError` when the file cannot be cut."""
        self._staged = []
        self._disk.truncate(self._descriptor, self.view.active.size)

    def roll_if_older(self, now_ms: int, age_ms: int) -> None:
        """Begin a new segment when the active one's first record is `age_ms` old."""
        active = self.view.active
        if active.size and active.first_ms <= now_ms - age_ms:
            self._roll()

    def retain(self, retention: Retention, now_ms: int) -> None:
        """Remove the segments that `retention` no longer keeps, oldest first, never the active one."""
        sealed, active, index = self.view
        size = active.size + sum(extent.size for extent in sealed)
        drop = 0
        for extent in sealed:
            over = retention.bytes_max is not None and size > retention.bytes_max
            stale = retention.age_ms_max is not None and extent.last_ms < now_ms - retention.age_ms_max
            if not (over or stale):
                break
            size -= extent.size
            drop += 1
        if not drop:
            return
        self.view = View(sealed[drop:], active, index)
        try:
            for extent in sealed[:drop]:
                extent.path.unlink(missing_ok=True)
                index_path(extent.path).unlink(missing_ok=True)
            self._disk.sync_directory(self._folder)
        except OSError as problem:
            _log.warning("event_log_retention_failed", folder=str(self._folder), problem=str(problem))

    def close(self) -> None:
        """Let go of the active file."""
        os.close(self._descriptor)

    def _roll(self) -> None:
        """Seal the active segment and begin the next; on an error everything stays as it was."""
        sealed, active, index = self.view
        self._disk.sync(self._descriptor)  # a rollback may have cut the file since its last flush
        with contextlib.suppress(OSError):  # the index can be made again
            index_path(active.path).write_bytes(index.encode(active))
        path = self._folder / segment_name(active.end)
        descriptor = self._disk.open(path)
        try:
            self._disk.sync_directory(self._folder)
        except OSError:
            os.close(descriptor)
            path.unlink(missing_ok=True)
            raise
        os.close(self._descriptor)
        self._descriptor = descriptor
        self.view = View((*sealed, active), Extent(path, active.end, active.end, 0, 0, 0), SparseIndex())
