"""The recorder of calls, looking on while clients join, publish, suffer and leave."""

import asyncio

import pytest
from livekit.protocol import models

from doubles.call_legs import told, told_leg
from doubles.call_scene import BAD, Scene, open_store
from hubbub.storage.errors import StorageUnavailable
from hubbub.voice.adapters.call_store import Wanted, unpack_digest, unpack_tracks
from hubbub.voice.domain.symptom import Symptom
from hubbub.voice.service import media_plane as plane
from hubbub.voice.service import quality
from hubbub.voice.service.call_events import Noting
from hubbub.voice.service.call_state import MOMENTS_PER_MINUTE_MAX, Place
from hubbub.voice.service.open_calls import OpenCalls
from hubbub.voice.service.quality import QualityRecorder


@pytest.fixture
async def store(tmp_path):
    async with open_store(tmp_path) as store:
        yield store


@pytest.fixture
def scene(store):
    return Scene(store)


async def test_a_call_is_kept_from_the_first_who_comes_to_the_last_who_leaves(scene):
    ada, grace = scene.join("ada"), scene.join("grace")
    (microphone, _) = ada.publish()
    scene.suffer(ada, told_leg(), times=12)
    scene.suffer(grace, told_leg(microphone), times=1)
    call, stays, _ = await scene.kept()
    assert (call.room, call.title, call.region, call.ended_at_ms) == ("den", "den", "north", None)
    for client in (ada, grace):
        scene.world.rooms.remove(client.member, models.CLIENT_INITIATED)
    call, stays, moments = await scene.kept()
    assert (call.stays, call.people_peak, call.cause) == (2, 2, "fine")
    assert call.ended_at_ms == scene.clock.unix_ms() - 60_000
    assert call.worst_mos == 4400
    ada_row = stays["ada"]
    assert (ada_row.name, ada_row.protocol, ada_row.remote) == ("Ada", "udp", "192.0.2.9:40000")
    assert ada_row.left_because == "client_initiated"
    assert ada_row.connected_at_ms is not None
    assert [note.source for note in unpack_tracks(ada_row.tracks)] == ["microphone", "camera"]
    assert moments["ada"][:2] == ["connected", "joined"]
    assert moments["ada"].count("published") == 2
    assert moments["ada"][-1] == "left"
    assert unpack_digest(ada_row.digest).hears.samples == 12


async def test_a_bad_downlink_is_explained_and_found(scene):
    ada, grace = scene.join("ada"), scene.join("grace")
    (microphone,) = ada.publish(camera=False)
    scene.suffer(grace, told_leg(microphone, **BAD))
    call, _, _ = await scene.kept()
    assert call.cause == Symptom.LOSS
    assert "Of what Grace was sent, 30 % on average" in call.sentence
    assert call.worst_mos == 1500
    assert await scene.store.page(Wanted(query="gra", mos_max=2.0)) == [call]


async def test_the_speakers_uplink_is_told_from_the_listeners_downlink(scene):
    ada, grace = scene.join("ada"), scene.join("grace")
    (microphone,) = ada.publish(camera=False)
    for _ in range(4):
        scene.tell(
            told(ada.member.publisher.transport_id, told_leg(microphone, up=True, **BAD)),
            told(grace.member.downlink.transport_id, told_leg(microphone, **BAD)),
            seconds=5,
        )
    call, stays, _ = await scene.kept()
    assert "Of what Ada sent" in call.sentence
    assert [tally.symptom for tally in unpack_digest(stays["grace"].digest).tallies] == [Symptom.OTHERS_UPLINK]


async def test_ten_bad_seconds_raise_the_alarm_once_and_good_ones_end_it(scene):
    ada = scene.join("ada")
    scene.suffer(ada, told_leg(**BAD), times=1)
    assert scene.told.events == []
    scene.suffer(ada, told_leg(**BAD), times=3)
    assert scene.told.events == [("quality_degraded", "den", "ada")]
    scene.suffer(ada, told_leg(), times=3)
    assert scene.told.events[1:] == [("quality_recovered", "den", "ada")]
    _, _, moments = await scene.kept()
    assert {"quality_degraded", "quality_recovered"} <= set(moments["ada"])


async def test_congestion_is_told_once_layers_fall(scene):
    ada, grace = scene.join("ada"), scene.join("grace")
    _, camera = ada.publish()
    down = grace.member.downlink.transport_id
    scene.tell(plane.Noticed(down, camera, plane.Notice.LAYER_SWITCHED, 22))
    scene.tell(plane.Noticed(down, "", plane.Notice.CONGESTED, 180_000))
    scene.suffer(grace, told_leg(camera, video=True), estimate=180_000)
    scene.tell(plane.Noticed(down, camera, plane.Notice.LAYER_SWITCHED, 1))
    scene.suffer(grace, told_leg(camera, video=True), estimate=180_000)
    scene.tell(plane.Noticed(down, "", plane.Notice.RECOVERED, 3_000_000))
    scene.suffer(grace, told_leg(camera, video=True))
    call, stays, moments = await scene.kept()
    (tally,) = unpack_digest(stays["grace"].digest).tallies
    assert (tally.symptom, tally.seconds, tally.worst) == (Symptom.CONGESTION, 20, 180_000)
    assert "carried 180 kbit/s at worst" in call.sentence
    assert [what for what in moments["grace"] if what in {"congested", "recovered"}] == ["congested", "recovered"]


async def test_a_silent_microphone_is_a_fault_until_it_is_muted_or_unwanted(scene):
    ada = scene.join("ada")
    (microphone,) = ada.publish(camera=False)
    up = ada.member.publisher.transport_id
    for mute in (False, True):
        if mute:
            scene.world.plane.perform(plane.MuteTrack(microphone, muted=True))
        for _ in range(3):
            scene.tell(told(up, told_leg(microphone, up=True, packets=0, mos=0.0)), seconds=5)
    _, stays, moments = await scene.kept()
    (tally,) = unpack_digest(stays["ada"].digest).tallies
    assert (tally.symptom, tally.seconds) == (Symptom.NO_PACKETS, 15)
    assert "muted" in moments["ada"]
    scene.tell(plane.LayersWanted(microphone, (False, False)))
    assert not scene.recorder.open.sources[microphone].wanted


async def test_silence_lasts_until_the_peer_is_heard_or_gone(scene):
    ada = scene.join("ada")
    down = ada.member.downlink.transport_id
    scene.tell(plane.Noticed(down, "", plane.Notice.SILENT, 5), seconds=10)
    scene.tell(plane.Noticed(down, "", plane.Notice.HEARD, 0))
    scene.tell(plane.Noticed(down, "", plane.Notice.SILENT, 5), seconds=2)
    scene.world.rooms.remove(ada.member, models.SIGNAL_CLOSE)
    call, stays, _ = await scene.kept()
    assert unpack_digest(stays["ada"].digest).silent_s == 22
    assert call.cause == Symptom.SILENCE


async def test_whoever_never_connected_is_named_with_the_reason(scene):
    ada, grace = scene.join("ada"), scene.world.client("grace")
    scene.tell(plane.Failed(grace.member.primary.transport_id, "no check arrived"))
    call, stays, _ = await scene.kept()
    assert stays["grace"].connected_at_ms is None
    assert stays["grace"].left_because == "media_failure"
    assert "Grace never got a media connection (no check arrived)" in call.sentence
    assert ada.member.was_active


async def test_coming_back_after_being_cut_off_is_told(scene):
    ada, _grace = scene.join("ada"), scene.join("grace")
    scene.world.rooms.remove(ada.member, models.SIGNAL_CLOSE)
    scene.clock.advance(5)
    scene.join("ada")
    await scene.recorder.flush()
    (call,) = await scene.store.page(Wanted())
    again = (await scene.store.stays(call.id))[-1]
    assert (again.identity, unpack_digest(again.digest).reconnects) == ("ada", 1)


async def test_a_path_that_settles_is_no_change_of_network(scene):
    ada = scene.join("ada")
    up = ada.member.primary.transport_id
    scene.tell(plane.Noticed(up, "", plane.Notice.PATH_CHANGED, 0), seconds=60)
    scene.tell(plane.Noticed(up, "", plane.Notice.PATH_CHANGED, 1))
    _, stays, moments = await scene.kept()
    assert unpack_digest(stays["ada"].digest).path_changes == 1
    assert moments["ada"].count("path_changed") == 2


async def test_moving_ends_one_stay_and_begins_another(scene):
    ada, _grace = scene.join("ada"), scene.join("grace")
    (microphone,) = ada.publish(camera=False)
    scene.world.rooms.move(ada.member, "attic")
    scene.suffer(ada, told_leg(microphone, up=True, **BAD))
    await scene.recorder.flush()
    attic, den = await scene.store.page(Wanted())
    assert (attic.room, den.room) == ("attic", "den")
    (there,) = await scene.store.stays(attic.id)
    assert (there.identity, there.connected_at_ms is None) == ("ada", False)
    assert [stay.left_because for stay in await scene.store.stays(den.id)] == ["moved", ""]
    assert attic.cause != "fine"


async def test_many_bad_at_once_across_networks_are_the_servers_fault(scene):
    clients = [scene.join(f"guest{index}") for index in range(5)]
    for index, client in enumerate(clients):
        scene.recorder.open.transports[client.member.downlink.transport_id].network = f"192.0.2.{index}"
    for _ in range(4):
        scene.tell(
            *(told(each.member.downlink.transport_id, told_leg(jitter_ms=90.0, mos=2.0)) for each in clients), seconds=5
        )
    call, _, _ = await scene.kept()
    assert call.cause == Symptom.SERVER
    assert "5 of them in this call" in call.sentence


async def test_one_household_bad_at_once_is_not(scene):
    clients = [scene.join(f"guest{index}") for index in range(5)]
    for _ in range(4):
        scene.tell(
            *(told(each.member.downlink.transport_id, told_leg(jitter_ms=90.0, mos=2.0)) for each in clients), seconds=5
        )
    call, _, _ = await scene.kept()
    assert call.cause == Symptom.JITTER


async def test_a_minute_is_written_once_it_is_over_and_again_never(scene):
    ada = scene.join("ada")
    scene.suffer(ada, told_leg(), times=6)
    assert await scene.recorder.flush() == 0
    scene.suffer(ada, told_leg(), times=12)
    assert await scene.recorder.flush() >= 1
    assert await scene.recorder.flush() == 0


async def test_storage_that_is_away_costs_the_oldest_minutes_and_nothing_else(scene, monkeypatch):
    monkeypatch.setattr(quality, "MINUTES_WAITING_MAX", 3)
    real, scene.recorder.store = scene.recorder.store, Broken()
    ada = scene.join("ada")
    for _ in range(8):
        scene.suffer(ada, told_leg(), times=12)
        assert await scene.recorder.flush() == 0
    scene.recorder.store = real
    await scene.recorder.close()
    (call,) = await scene.store.page(Wanted())
    (stay,) = await scene.store.stays(call.id)
    assert (stay.left_because, call.ended_at_ms is None) == ("server_stopped", False)
    assert len(await scene.store.minutes(call.id, stay.id)) == 3
    assert unpack_digest(stay.digest).hears.samples == 96


class Broken:
    """A store that cannot be reached."""

    async def put(self, *_rows):
        raise StorageUnavailable


async def test_a_flood_of_notices_stays_bounded(scene):
    ada = scene.join("ada")
    down = ada.member.downlink.transport_id
    scene.tell(*[plane.Noticed(down, "", plane.Notice.NACK_BURST, 30)] * 5000)
    (stay,) = (stay for call in scene.recorder.open.calls.values() for stay in call.here.values())
    assert len(stay.minute.moments) == MOMENTS_PER_MINUTE_MAX + 1
    assert stay.minute.moments[-1].what == "more"
    assert stay.minute.moments[-1].value > 4000


async def test_a_fault_of_the_recorder_harms_no_room(scene, monkeypatch):
    def broken(*_):
        raise RuntimeError("a fault")

    for owner, name in ((Noting, "take"), (Noting, "happened"), (OpenCalls, "restarted"), (OpenCalls, "command")):
        monkeypatch.setattr(owner, name, broken)
    ada = scene.join("ada")
    scene.suffer(ada, told_leg())
    assert ada.member.was_active


async def test_what_happens_while_it_is_written_is_not_lost(scene):
    ada = scene.join("ada")
    scene.suffer(ada, told_leg(), times=13)
    writing = asyncio.create_task(scene.recorder.flush())
    await asyncio.sleep(0)
    scene.suffer(ada, told_leg(), times=13)
    await writing
    scene.world.rooms.remove(ada.member, models.CLIENT_INITIATED)
    _, stays, _ = await scene.kept()
    (call,) = await scene.store.page(Wanted())
    minutes = await scene.store.minutes(call.id, stays["ada"].id)
    assert sum(len(minute.samples) for _, minute in minutes) == 26


async def test_rooms_are_called_what_people_call_them(scene):
    async def place_of(room):
        return Place("Lounge", 5, 6, "Lantern Street") if room == "den" else None

    scene.recorder.place_of = place_of
    scene.join("ada")
    call, _, _ = await scene.kept()
    assert (call.title, call.guild_id, call.channel_id, call.guild_name) == ("Lounge", 5, 6, "Lantern Street")
    assert await scene.store.page(Wanted(query="lantern")) == [call]


async def test_a_killed_process_leaves_no_call_open(scene):
    scene.join("ada")
    await scene.recorder.flush()
    again = QualityRecorder(scene.store, scene.recorder.config, scene.clock, scene.recorder.next_id)
    await again.start()
    (call,) = await scene.store.page(Wanted(live=False))
    assert call.ended_at_ms == call.seen_at_ms


async def test_what_is_old_is_swept_away(scene):
    scene.world.rooms.remove(scene.join("ada").member, models.CLIENT_INITIATED)
    await scene.recorder.flush()
    scene.clock.advance(31 * 86_400)
    await scene.recorder.sweep()
    assert await scene.store.page(Wanted()) == []


async def test_a_clock_that_is_set_back_costs_nothing(scene):
    ada = scene.join("ada")
    scene.suffer(ada, told_leg(), times=2)
    await scene.kept()
    scene.clock._unix_ms -= 60_000
    scene.suffer(ada, told_leg(), times=2)
    call, stays, _ = await scene.kept()
    minutes = await scene.store.minutes(call.id, stays["ada"].id)
    assert [len(minute.samples) for _, minute in minutes] == [2, 2]


async def test_a_stay_is_written_with_its_minutes_not_with_each_sample(scene, monkeypatch):
    written = []

    async def put(calls, stays, minutes):
        written.append((len(list(calls)), len(list(stays)), len(minutes)))

    monkeypatch.setattr(scene.recorder.store, "put", put)
    ada = scene.join("ada")
    for _ in range(24):
        scene.suffer(ada, told_leg(), times=1)
        await scene.recorder.flush()
    assert len(written) == 24
    assert sum(calls for calls, _, _ in written) == 24
    assert sum(stays for _, stays, _ in written) <= 3


async def test_a_track_that_ended_is_not_missed(scene):
    ada = scene.join("ada")
    (microphone,) = ada.publish(camera=False)
    up = ada.member.publisher.transport_id
    scene.world.plane.perform(plane.UnpublishTrack(microphone))
    for _ in range(4):
        scene.tell(told(up), seconds=5)
    _, stays, _ = await scene.kept()
    assert unpack_digest(stays["ada"].digest).tallies == []
    assert scene.recorder.open.sources == {}
