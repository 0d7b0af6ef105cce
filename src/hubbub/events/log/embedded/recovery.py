"""Opening a partition's folder after whatever happened to the process before.

Only the last segment can hold a torn write: a group is written after the one before it is durable, and a new segment is
begun between groups, after the old one was flushed. So the last segment is scanned and its torn tail cut off; of the
others the index beside each is believed, or made again by a scan, and their ends must meet.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from pathlib import Path
from typing import NamedTuple

from hubbub.events.log.embedded.config import Config
from hubbub.events.log.embedded.disk import Disk
from hubbub.events.log.embedded.index import Extent, SparseIndex, index_path, load_extent
from hubbub.events.log.embedded.segment import SUFFIX, scan, segment_name
from hubbub.events.log.errors import LogCorrupt
from hubbub.kernel.telemetry import logger

_log = logger("hubbub.events.log")

_TRUNCATE = (
    "Restore the file from a backup, or start once with events.truncate_damage to give up its records from there on."
)
_MOVE = "Restore the file from a backup, or move it and all older ones of its folder away to give up their records."


class Recovered(NamedTuple):
    """A partition's segments, ready to go on."""

    sealed: tuple[Extent, ...]
    active: Extent
    sparse: SparseIndex
    """Of the active segment."""
    cut_bytes: int
    """Bytes of a torn write that were cut off."""


def recover(folder: Path, salt: int, config: Config, disk: Disk) -> Recovered:
    """Return the segments in `folder`, made if it has none, with the torn tail of the last one cut off.

    Raises:
        LogCorrupt: Records that had been durable are damaged or missing.
    """
    paths = _segments(folder, disk)
    sealed = [_sealed(path, salt, config) for path in paths[:-1]]
    last = scan(paths[-1], salt, config.index_bytes)
    for before, after in itertools.pairwise([*sealed, last.extent]):
        if before.end != after.base:
            why = f"the next file begins at offset {after.base}, so records are missing"
            raise LogCorrupt(before.path, before.end, before.size, why, _MOVE)
    cut = paths[-1].stat().st_size - last.extent.size
    if cut:
        if last.damaged and not config.truncate_damage:
            raise last.damage(_TRUNCATE)
        _log.warning(
            "event_log_tail_cut", file=str(paths[-1]), position=last.extent.size, bytes=cut, damage=last.damaged
        )
    _settle(last.extent, disk)
    return Recovered(tuple(sealed), last.extent, last.sparse, cut)


def _segments(folder: Path, disk: Disk) -> list[Path]:
    """Return the segment files in order, at least one, without what an interrupted roll or retention left behind."""
    paths = sorted(folder.glob("[0-9]*" + SUFFIX))
    if len(paths) > 1 and paths[-1].stat().st_size == 0 and not _meets(paths[-2], paths[-1]):
        paths.pop().unlink()
    names = {path.stem for path in paths}
    for index in folder.glob("[0-9]*.index*"):
        if index.stem.split(".")[0] not in names:
            index.unlink()
    if not paths:
        paths = [folder / segment_name(0)]
        os.close(disk.open(paths[0]))
    return paths


def _meets(before: Path, after: Path) -> bool:
    """Say whether the empty file `after` was begun where `before` now ends; if not, its roll had failed."""
    extent = load_extent(before)
    return extent is not None and extent.end == int(after.stem)


def _sealed(path: Path, salt: int, config: Config) -> Extent:
    extent = load_extent(path)
    if extent is not None:
        return extent
    found = scan(path, salt, config.index_bytes)
    if found.bad is not None:
        raise found.damage(_MOVE)
    with contextlib.suppress(OSError):  # it only spares the next start a scan
        index_path(path).write_bytes(found.sparse.encode(found.extent))
    return found.extent


def _settle(extent: Extent, disk: Disk) -> None:
    """Cut the file to its whole records and flush it and its name, before anyone is shown what it holds.

    A process that was killed between write and flush leaves records that only the kernel remembers: were one read and
    committed before a power cut took it, the group would skip the record that gets its offset next.
    """
    descriptor = disk.open(extent.path)
    try:
        if os.fstat(descriptor).st_size > extent.size:
            disk.truncate(descriptor, extent.size)
        disk.sync(descriptor)
    finally:
        os.close(descriptor)
    disk.sync_directory(extent.path.parent)
