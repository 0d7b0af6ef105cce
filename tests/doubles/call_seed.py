"""Calls for whoever looks at calls: one with a bad uplink, one with a narrow link that goes on, one that is fine."""

from __future__ import annotations

import math
import time
from pathlib import Path

from livekit.protocol import models

from doubles.call_legs import told, told_leg
from doubles.call_scene import Scene
from hubbub.storage.records.sqlite import SqliteRecords
from hubbub.voice.adapters.call_store import CallStore
from hubbub.voice.service import media_plane as plane
from hubbub.voice.service.call_state import Place

_TITLES = {"practice": "Band practice", "lounge": "Lounge", "corner": "Quiet corner"}


async def seed_calls(records_file: Path) -> None:
    """Write three calls of the last half hour into the records of a server, whether it runs or not."""
    records = await SqliteRecords.open(records_file)
    try:
        scene = Scene(CallStore(records))
        scene.clock._unix_ms = time.time_ns() // 1_000_000 - 30 * 60_000
        scene.recorder.place_of = _place_of
        await _bad_uplink(scene)
        await _fine(scene)
        await _narrow_link(scene)
        await scene.recorder.flush()
        for call in scene.recorder.open.calls.values():
            for stay in call.here.values():
                stay.close_minute()
        await scene.recorder.flush()
    finally:
        await records.close()


async def _place_of(room: str) -> Place:
    return Place(_TITLES[room], 1, 2, "Lantern Street")


async def _bad_uplink(scene: Scene) -> None:
    """Ada's uplink loses more and more for three of six minutes; the others hear it."""
    people = [scene.join(name, room="practice") for name in ("ada", "grace", "edith")]
    ada = people[0]
    microphone, camera = ada.publish()
    for step in range(72):
        loss = 0.02 + 0.14 * (math.sin(step / 4) + 1) / 2 if 18 <= step < 54 else 0.002
        mos = 4.4 - loss * 16
        measured = {"loss": loss, "residual_loss": loss / 2, "mos": mos, "r": 90 - loss * 300}
        up = told(
            ada.member.publisher.transport_id,
            told_leg(microphone, up=True, jitter_ms=4 + loss * 60, **measured),
            told_leg(camera, up=True, video=True, bits_per_second=900_000, **{**measured, "r": -1.0}),
            rtt_ms=38 + loss * 100,
        )
        down = [
            told(
                each.member.downlink.transport_id,
                told_leg(microphone, **measured),
                told_leg(camera, video=True, bits_per_second=880_000, spatial=2, temporal=2, **{**measured, "r": -1.0}),
                rtt_ms=24,
                estimate=2_400_000,
            )
            for each in people[1:]
        ]
        if step == 20:
            scene.tell(plane.Noticed(ada.member.publisher.transport_id, camera, plane.Notice.NACK_BURST, 48))
        scene.tell(up, *down, seconds=5)
        await scene.recorder.flush()
    for each in people:
        scene.world.rooms.remove(each.member, models.CLIENT_INITIATED)
    scene.world.rooms.delete(scene.world.rooms.rooms["practice"])
    await scene.recorder.flush()


async def _fine(scene: Scene) -> None:
    """Two people talk for a minute, and nothing happens."""
    people = [scene.join(name, room="corner") for name in ("mary", "joan")]
    for _ in range(12):
        scene.tell(*(told(each.member.downlink.transport_id, told_leg()) for each in people), seconds=5)
    for each in people:
        scene.world.rooms.remove(each.member, models.CLIENT_INITIATED)
    scene.world.rooms.delete(scene.world.rooms.rooms["corner"])


async def _narrow_link(scene: Scene) -> None:
    """Grace's link becomes too narrow for the camera that she looks at, and the call goes on."""
    ada, grace = (scene.join(name, room="lounge") for name in ("ada", "grace"))
    microphone, camera = ada.publish()
    down = grace.member.downlink.transport_id
    scene.tell(plane.Noticed(down, camera, plane.Notice.LAYER_SWITCHED, 22))
    for step in range(24):
        narrow = step >= 8
        if step == 8:
            scene.tell(
                plane.Noticed(down, "", plane.Notice.CONGESTED, 260_000),
                plane.Noticed(down, camera, plane.Notice.LAYER_SWITCHED, 1),
            )
        layer = {"spatial": 0 if narrow else 2, "temporal": 1 if narrow else 2}
        rate = 180_000 if narrow else 900_000
        picture = told_leg(camera, video=True, bits_per_second=rate, mos=3.1 if narrow else 4.3, r=-1.0, **layer)
        scene.tell(
            told(down, told_leg(microphone), picture, rtt_ms=60, estimate=260_000 if narrow else 2_000_000), seconds=5
        )
        await scene.recorder.flush()
