"""The embedded log's asyncio face.

    <root>/LOCK
    <root>/topics/<topic>/topic.json
    <root>/topics/<topic>/<partition>/<base offset, 20 digits>.log and .index
    <root>/groups/<group>.offsets

Three kinds of thread work behind it: one writes records, one writes groups' offsets, two read.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, ParamSpec, TypeVar

from hubbub.events.log.embedded.committer import GroupCommitter
from hubbub.events.log.embedded.config import Config
from hubbub.events.log.embedded.disk import FULL, DirectorySyncFailed, Disk
from hubbub.events.log.embedded.lock import FolderLock
from hubbub.events.log.embedded.offsets import OffsetFiles
from hubbub.events.log.embedded.topic import Topic, create, is_topic
from hubbub.events.log.embedded.writer import Writer
from hubbub.events.log.errors import (
    EventLogError,
    LogBroken,
    LogClosed,
    LogFull,
)
from hubbub.events.log.groups import Bell, GroupConsumer, Groups
from hubbub.events.log.port import (
    Record,
    RecordPosition,
    Reset,
    Retention,
    StoredRecord,
    TopicPartition,
    Watermarks,
    check_name,
    check_records,
)
from hubbub.events.log.topics import check_same, check_topic, partition_in, sizes, topic_in
from hubbub.kernel.clock import Clock, SystemClock
from hubbub.kernel.randomness import RandomSource, SystemRandom

P = ParamSpec("P")
R = TypeVar("R")

_COMMITS_QUEUED_MAX = 10_000
"""Offset commits that may wait for the disk; each is a few hundred bytes."""


class _Commit(NamedTuple):
    group: str
    offsets: Mapping[TopicPartition, int]
    done: asyncio.Future[None]


class _Opened(NamedTuple):
    root: Path
    disk: Disk
    lock: FolderLock
    topics: dict[str, Topic]
    offsets: OffsetFiles


class EmbeddedLog:
    """An `EventLog` in a folder of this machine. Made by `open`."""

    def __init__(self, opened: _Opened, config: Config, clock: Clock, random: RandomSource) -> None:
        """Go on from `opened`; callers use `open`, which recovers the folder on a thread first."""
        self.bell = Bell()
        self._root = opened.root
        self._config = config
        self._disk = opened.disk
        self._random = random
        self._lock = opened.lock
        self._topics = opened.topics
        self._offsets = opened.offsets
        self._groups = Groups(self)
        self._loop = asyncio.get_running_loop()
        self._creating = asyncio.Lock()
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="event-log-reader")
        self._writer = Writer(config, clock, lambda: list(self._topics.values()), self._loop, self.bell.ring)
        self._keeper: GroupCommitter[_Commit] = GroupCommitter(
            "event-log-offsets", self._keep, group_weight=1, queue_weight_max=_COMMITS_QUEUED_MAX
        )
        self._closed: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls,
        root: Path,
        config: Config | None = None,
        *,
        clock: Clock | None = None,
        disk: Disk | None = None,
        random: RandomSource | None = None,
    ) -> EmbeddedLog:
        """Open the log in the folder `root`, made if absent, and recover it from a crash.

        Args:
            root: The folder; no other process may have it open.
            config: Settings; None takes the defaults.
            clock: Gives the times of appends; None takes the machine's.
            disk: The file system; None takes the machine's.
            random: Draws each new topic's salt; None takes the machine's.

        Raises:
            LogLocked: Another process, or another log of this one, has the folder open.
            LogCorrupt: Acknowledged records are damaged.
            OSError: The folder cannot be made or read.
        """
        settings = config or Config()
        opened = await asyncio.to_thread(_open, root, settings, disk or Disk())
        return cls(opened, settings, clock or SystemClock(), random or SystemRandom())

    async def create_topic(self, name: str, *, partitions: int = 1, retention: Retention | None = None) -> None:
        """Make a topic; see the port."""
        self.check_open()
        check_topic(name, partitions)
        async with self._creating:
            self.check_open()
            topic = self._topics.get(name)
            if topic is not None:
                check_same(topic, name, partitions)
            try:
                if topic is None:
                    topic = await self._on_reader(self._create, name, partitions, retention or Retention())
                    self._topics = {**self._topics, name: topic}
                elif retention is not None:
                    await self._on_reader(topic.set_retention, retention)
            except (OSError, DirectorySyncFailed) as problem:
                raise _disk_error(problem) from problem

    async def topics(self) -> dict[str, int]:
        """Return the number of partitions of each topic."""
        self.check_open()
        return sizes(self._topics)

    async def append(self, topic: str, records: Sequence[Record]) -> list[RecordPosition]:
        """Append records and return once they are durable; see the port."""
        self.check_open()
        into = topic_in(self._topics, topic)
        check_records(records, self._config.record_bytes_max)
        return await self._writer.append(into, records) if records else []

    async def watermarks(self, partition: TopicPartition) -> Watermarks:
        """Return the partition's watermarks."""
        self.check_open()
        return self.window(partition)

    async def consumer(
        self, topics: Sequence[str], *, group: str | None = None, reset: Reset = Reset.EARLIEST
    ) -> GroupConsumer:
        """Open a consumer; see the port."""
        self.check_open()
        if group is not None:
            check_name("group", group)
        return self._groups.join(topics, group, reset)

    async def enforce_retention(self) -> None:
        """Remove now what retention no longer keeps, rather than at the next look."""
        self.check_open()
        await self._writer.maintain()

    async def health(self) -> str:
        """Return one line for `/healthz`; raises `LogBroken` or `LogClosed` when appends are refused."""
        self.check_open()
        self._writer.check_whole()
        partitions = [partition.window() for topic in self._topics.values() for partition in topic.partitions]
        kept = sum(window.high - window.low for window in partitions)
        return f"{len(self._topics)} topics, {len(partitions)} partitions, {kept} records"

    async def close(self) -> None:
        """Write what is queued, stop the threads and let another process in."""
        if self._closed is None:
            self._closed = asyncio.ensure_future(self._close())
            self.bell.ring()
        await asyncio.shield(self._closed)

    # What consumers need: see groups.Shelf.

    def check_open(self) -> None:
        """Raise `LogClosed` once the log is closed."""
        if self._closed is not None:
            raise LogClosed

    def partitions_of(self, topic: str) -> int:
        """Return the topic's number of partitions."""
        return len(topic_in(self._topics, topic).partitions)

    def window(self, partition: TopicPartition) -> Watermarks:
        """Return the partition's watermarks without waiting."""
        return partition_in(self._topics, partition).window()

    async def read(self, wanted: TopicPartition, offset: int, records_max: int) -> list[StoredRecord]:
        """Return up to `records_max` records from `offset`."""
        return await self._on_reader(partition_in(self._topics, wanted).read, offset, records_max)

    async def offset_at(self, partition: TopicPartition, timestamp_ms: int) -> int:
        """Return the first offset at or after the time."""
        self.check_open()
        return await self._on_reader(partition_in(self._topics, partition).offset_at, timestamp_ms)

    def committed(self, group: str) -> Mapping[TopicPartition, int]:
        """Return the group's durable offsets."""
        return self._offsets.committed.get(group, {})

    async def commit(self, group: str, offsets: Mapping[TopicPartition, int]) -> None:
        """Return once `offsets` are durable."""
        done: asyncio.Future[None] = self._loop.create_future()
        self._keeper.submit(_Commit(group, dict(offsets), done), 1)
        await done

    # Below: on whichever thread the name says.

    def _keep(self, commits: list[_Commit]) -> None:
        """Write the offsets of all `commits`, one file per group; runs on the offsets' thread."""
        merged: dict[str, dict[TopicPartition, int]] = {}
        for commit in commits:
            merged.setdefault(commit.group, {}).update(commit.offsets)
        errors: dict[str, EventLogError] = {}
        for group, offsets in merged.items():
            try:
                self._offsets.save(group, offsets)
            except Exception as problem:  # noqa: BLE001 - the thread must live to tell every waiter
                errors[group] = _disk_error(problem)
        with contextlib.suppress(RuntimeError):  # the loop was closed without closing the log: nobody waits any more
            self._loop.call_soon_threadsafe(_tell, commits, errors)

    def _create(self, name: str, partitions: int, retention: Retention) -> Topic:
        """Make the folders of a topic and open it; runs on a reader's thread."""
        folder = self._root / "topics" / name
        salt = int.from_bytes(self._random.token_bytes(4), "little")
        create(folder, partitions, retention, salt, self._disk)
        return Topic(folder, self._config, self._disk)

    async def _close(self) -> None:
        await asyncio.to_thread(self._writer.close)
        await asyncio.to_thread(self._keeper.close)
        async with self._creating:
            await asyncio.to_thread(self._readers.shutdown)
        for topic in self._topics.values():
            topic.close()
        self._lock.release()

    async def _on_reader(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await self._loop.run_in_executor(self._readers, functools.partial(call, *args, **kwargs))
        except RuntimeError:
            self.check_open()  # the pool refuses work once the log is closing
            raise


def _open(root: Path, config: Config, disk: Disk) -> _Opened:
    """Lock and recover the folder."""
    for folder in (root, root / "topics", root / "groups"):
        folder.mkdir(parents=True, exist_ok=True)
    lock = FolderLock(root)
    topics: dict[str, Topic] = {}
    try:
        for folder in (root, root / "topics", root / "groups"):
            disk.sync_directory(folder)  # a killed process may not have
        with contextlib.suppress(PermissionError):  # a volume's parent may not be ours to open
            disk.sync_directory(root.parent)
        for folder in sorted((root / "topics").iterdir()):
            if is_topic(folder):
                topics[folder.name] = Topic(folder, config, disk)
        return _Opened(root, disk, lock, topics, OffsetFiles(root / "groups", disk))
    except BaseException:
        for topic in topics.values():
            topic.close()
        lock.release()
        raise


def _tell(commits: list[_Commit], errors: Mapping[str, EventLogError]) -> None:
    """Answer the commits; runs on the loop."""
    for commit in commits:
        if commit.done.done():
            continue  # its caller gave up waiting
        error = errors.get(commit.group)
        if error is None:
            commit.done.set_result(None)
        else:
            commit.done.set_exception(error)


def _disk_error(problem: Exception) -> EventLogError:
    error = LogFull() if isinstance(problem, OSError) and problem.errno in FULL else LogBroken()
    error.__cause__ = problem
    return error
