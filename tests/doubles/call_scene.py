"""Rooms with a recorder of calls on real records, on virtual time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from doubles.call_legs import told
from doubles.media_plane import MemoryMediaPlane
from doubles.voice_client import World
from hubbub.kernel.clock import ManualClock
from hubbub.kernel.snowflake import SnowflakeGenerator
from hubbub.storage.records.create import create_all
from hubbub.storage.records.schema import metadata
from hubbub.storage.records.sqlite import SqliteRecords
from hubbub.voice.adapters.call_store import CallStore, Wanted
from hubbub.voice.config import VoiceConfig
from hubbub.voice.service.quality import QualityRecorder
from hubbub.voice.service.watched_plane import WatchedPlane

BAD = {"loss": 0.3, "residual_loss": 0.3, "mos": 1.5}


class Told:
    """Whom alarms are told."""

    def __init__(self):
        self.events = []

    def happened(self, event, room, participant, track):
        self.events.append((event, room.name, participant.identity))


class Scene:
    """Rooms with a recorder on real records."""

    def __init__(self, store):
        self.store = store
        self.told = Told()
        self.clock = ManualClock()
        self.recorder = QualityRecorder(
            store, VoiceConfig(region="north"), self.clock, SnowflakeGenerator(self.clock).next
        )
        self.world = World(clock=self.clock, plane=WatchedPlane(MemoryMediaPlane(), self.recorder))
        self.recorder.follow(self.world.reports, self.told)

    def join(self, name, **options):
        client = self.world.client(name, **options)
        client.connect()
        return client

    def tell(self, *events, seconds=0.0):
        for event in events:
            self.world.reports.take(event)
        self.clock.advance(seconds)

    def suffer(self, client, *legs, times=4, **more):
        """Let a client's downlink report `legs` for some intervals."""
        for _ in range(times):
            self.tell(told(client.member.downlink.transport_id, *legs, **more), seconds=5)

    async def kept(self):
        """Return the call as stored, and the names, digests and moments of its stays."""
        await self.recorder.flush()
        self.clock.advance(60)
        await self.recorder.flush()
        (call,) = await self.store.page(Wanted())
        stays = await self.store.stays(call.id)
        moments = {}
        for stay in stays:
            minutes = await self.store.minutes(call.id, stay.id)
            moments[stay.identity] = [moment.what for _, minute in minutes for moment in minute.moments]
        return call, {stay.identity: stay for stay in stays}, moments


@asynccontextmanager
async def open_store(folder: Path) -> AsyncIterator[CallStore]:
    """Yield a store in `folder`."""
    create_all(folder / "records.db", metadata)
    records = await SqliteRecords.open(folder / "records.db")
    try:
        yield CallStore(records)
    finally:
        await records.close()
