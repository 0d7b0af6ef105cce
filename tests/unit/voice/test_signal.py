"""Requests of one client: join, publish, subscribe, mute, metadata, pings; on two peer connections and on one."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from livekit.protocol import models, rtc

from doubles.voice_client import CAMERA_CID, OFFERS, World
from hubbub.voice.config import VoiceConfig
from hubbub.voice.domain.grant import VideoGrant
from hubbub.voice.domain.sdp.reader import read_description
from hubbub.voice.service import media_plane as plane

JOIN_OFFER = (OFFERS / "livekit_js_2.23_join.sdp").read_text()


@pytest.fixture
def world():
    return World()


def test_a_join_is_answered_first_and_with_who_is_there(world):
    ada = world.client("ada")
    grace = world.client("grace")
    assert grace.received[0].WhichOneof("message") == "join"
    join = grace.last("join")
    assert join.room.name == "den"
    assert join.room.sid.startswith("RM_")
    assert join.participant.sid.startswith("PA_")
    assert join.participant.name == "Grace"
    assert [each.identity for each in join.other_participants] == ["ada"]
    assert join.subscriber_primary
    assert join.server_info.protocol == 16
    assert [each.identity for each in ada.last("update").participants] == ["grace"]


def test_with_two_connections_the_server_offers_at_once(world):
    ada = world.client("ada")
    (offer,) = ada.all("offer")
    assert offer.id == 1
    assert world.plane.specs[ada.member.subscriber.transport_id].data_channels == ("_reliable", "_lossy")
    assert world.plane.of(plane.SetRemote)[0].remote.ufrag == "peer"
    ada.connect()
    assert ada.last("update").participants[0].state == models.ParticipantInfo.ACTIVE


def test_what_one_publishes_the_other_receives(world):
    ada, grace = world.client("ada"), world.client("grace")
    microphone, camera = ada.publish()
    answer = ada.last("answer")
    assert answer.id == 1
    assert len(read_description(answer.sdp).media) == 3
    published = {each.track: each for each in world.plane.of(plane.PublishTrack)}
    assert published[camera].rids == ("q", "h", "f")
    assert [layer.width for layer in published[camera].layers] == [320, 640, 1280]
    tracks = grace.last("update").participants[0].tracks
    assert {track.sid for track in tracks} == {microphone, camera}
    assert len(grace.all("offer")) == 2  # one when it joined, one for both tracks
    assert {track.mime_type for track in tracks} == {"audio/opus", "video/VP8"}
    offer = grace.last("offer")
    assert set(offer.mid_to_track_id.values()) == {microphone, camera}
    assert f"a=msid:{ada.member.sid}|{camera} {camera}" in offer.sdp
    subscribed = world.plane.of(plane.Subscribe)
    assert {each.track for each in subscribed} == {microphone, camera}
    assert {each.transport_id for each in subscribed} == {grace.member.subscriber.transport_id}
    assert {each.track_sid for each in ada.all("track_subscribed")} == {microphone, camera}


def test_the_media_plane_is_told_the_lowest_layer_first_however_they_are_listed(world):
    ada = world.client("ada")
    _, camera = ada.publish(best_first=True)
    published = {each.track: each for each in world.plane.of(plane.PublishTrack)}
    assert [layer.width for layer in published[camera].layers] == [320, 640, 1280]


def test_who_comes_later_finds_the_tracks_in_the_first_offer(world):
    ada = world.client("ada")
    ada.publish()
    grace = world.client("grace")
    (offer,) = grace.all("offer")
    assert len(offer.mid_to_track_id) == 2
    assert len(grace.last("join").other_participants[0].tracks) == 2


def test_on_one_connection_tracks_travel_in_the_clients_sections(world):
    ada = world.client("ada")
    microphone, camera = ada.publish()
    offer = rtc.SessionDescription(type="offer", id=1, sdp=JOIN_OFFER)
    grace = world.client("grace", single=True, offer=offer)
    assert [each.WhichOneof("message") for each in grace.received[:2]] == ["join", "answer"]
    assert not grace.last("join").subscriber_primary
    assert grace.last("answer").mid_to_track_id == {"0": microphone, "3": camera}
    assert {each.track for each in world.plane.of(plane.Subscribe)} == {microphone, camera}
    assert grace.all("offer") == []
    assert len(world.rooms.transports.owners) == 3


def test_on_one_connection_the_client_is_asked_for_sections_it_lacks(world):
    grace = world.client("grace", single=True, offer=rtc.SessionDescription(type="offer", id=1, sdp=JOIN_OFFER))
    ada = world.client("ada")
    ada.publish()
    requirement = grace.last("media_sections_requirement")
    assert (requirement.num_audios, requirement.num_videos) == (0, 0)
    grace.send(offer=rtc.SessionDescription(type="offer", id=2, sdp=JOIN_OFFER))
    assert len(grace.last("answer").mid_to_track_id) == 2
    assert len(world.plane.of(plane.Subscribe)) == 2


def test_muting_is_told_to_all_and_to_the_media_plane(world):
    ada, grace = world.client("ada"), world.client("grace")
    microphone, _camera = ada.publish()
    ada.send(mute=rtc.MuteTrackRequest(sid=microphone, muted=True))
    assert world.plane.of(plane.MuteTrack) == [plane.MuteTrack(microphone, muted=True)]
    assert [track.muted for track in grace.last("update").participants[0].tracks] == [True, False]
    versions = [each.participants[0].version for each in grace.all("update")]
    assert versions == sorted(versions)


def test_a_track_that_leaves_the_offer_is_unpublished(world):
    ada, grace = world.client("ada"), world.client("grace")
    microphone, camera = ada.publish()
    text = (OFFERS / "chromium_simulcast.sdp").read_text()
    head, video = text.split("m=video", 1)
    ada.send(
        offer=rtc.SessionDescription(type="offer", id=2, sdp=head + "m=video" + video.replace("sendonly", "inactive"))
    )
    assert world.plane.of(plane.UnpublishTrack) == [plane.UnpublishTrack(camera)]
    assert [track.sid for track in grace.last("update").participants[0].tracks] == [microphone]
    assert set(grace.last("offer").mid_to_track_id.values()) == {microphone}


def test_subscribing_is_a_choice(world):
    ada = world.client("ada")
    microphone, camera = ada.publish()
    grace = world.client("grace", auto_subscribe=False)
    assert world.plane.of(plane.Subscribe) == []
    grace.send(subscription=rtc.UpdateSubscription(track_sids=[microphone], subscribe=True))
    assert [each.track for each in world.plane.of(plane.Subscribe)] == [microphone]
    grace.send(subscription=rtc.UpdateSubscription(track_sids=[microphone], subscribe=False))
    assert [each.track for each in world.plane.of(plane.Unsubscribe)] == [microphone]
    grace.send(subscription=rtc.UpdateSubscription(track_sids=["TR_none"], subscribe=True))
    assert grace.last("subscription_response").err == models.SE_TRACK_NOTFOUND
    assert camera


def test_a_publisher_chooses_its_audience(world):
    ada, grace = world.client("ada"), world.client("grace")
    microphone, camera = ada.publish()
    ada.send(
        subscription_permission=rtc.SubscriptionPermission(
            all_participants=False,
            track_permissions=[rtc.TrackPermission(participant_identity="grace", track_sids=[microphone])],
        )
    )
    update = grace.last("subscription_permission_update")
    assert (update.track_sid, update.allowed) == (camera, False)
    assert [each.track for each in world.plane.of(plane.Unsubscribe)] == [camera]
    ada.send(subscription_permission=rtc.SubscriptionPermission(all_participants=True))
    assert grace.last("subscription_permission_update").allowed
    assert [each.track for each in world.plane.of(plane.Subscribe)].count(camera) == 2


def test_settings_choose_layers(world):
    ada, grace = world.client("ada"), world.client("grace")
    _microphone, camera = ada.publish()
    grace.send(track_setting=rtc.UpdateTrackSettings(track_sids=[camera], width=600, height=300, fps=15))
    prefer = world.plane.of(plane.Prefer)[-1]
    assert (prefer.quality, prefer.fps, prefer.paused) == (plane.Quality.MEDIUM, 15, False)
    grace.send(track_setting=rtc.UpdateTrackSettings(track_sids=[camera], disabled=True))
    assert world.plane.of(plane.Prefer)[-1].paused


def test_a_publisher_is_told_which_layers_are_wanted(world):
    ada = world.client("ada")
    _microphone, camera = ada.publish()

    def want(*wanted):
        world.reports.take(plane.LayersWanted(camera, wanted))
        world.settle()
        update = ada.last("subscribed_quality_update")
        assert (update.track_sid, update.subscribed_codecs[0].codec) == (camera, "vp8")
        assert list(update.subscribed_qualities) == list(update.subscribed_codecs[0].qualities)
        return [each.enabled for each in update.subscribed_qualities]

    world.reports.take(plane.LayersWanted(camera, (True, True, True)))
    world.settle()
    assert ada.all("subscribed_quality_update") == []
    assert want(True, True, False) == [True, True, False]
    assert want(False, False, False) == [False, False, False]
    assert want(True, False, True) == [True, False, True]
    assert want(False) == [False, False, False]
    assert want(True) == [True, True, True]
    before = len(ada.all("subscribed_quality_update"))
    world.reports.take(plane.LayersWanted(camera, (True, True, True)))
    world.reports.take(plane.LayersWanted("TR_gone", (True,)))
    world.settle()
    assert len(ada.all("subscribed_quality_update")) == before


def test_publishing_needs_the_permission(world):
    ada = world.client("ada", grant=VideoGrant(room_join=True, room="den", can_publish_sources=("microphone",)))
    ada.send(add_track=rtc.AddTrackRequest(cid="x", type=models.VIDEO, source=models.CAMERA))
    assert ada.last("request_response").reason == rtc.RequestResponse.NOT_ALLOWED
    ada.send(add_track=rtc.AddTrackRequest(cid="y", type=models.AUDIO, source=models.MICROPHONE))
    assert ada.last("track_published").cid == "y"
    ada.send(add_track=rtc.AddTrackRequest(cid="y", type=models.AUDIO, source=models.MICROPHONE))
    assert ada.last("request_response").reason == rtc.RequestResponse.INVALID_REQUEST


def test_an_offer_that_comes_before_its_announcement_is_claimed_later(world):
    ada = world.client("ada")
    ada.offer("chromium_simulcast")
    assert world.plane.of(plane.PublishTrack) == []
    ada.send(add_track=rtc.AddTrackRequest(cid=CAMERA_CID, type=models.VIDEO, source=models.CAMERA))
    assert [each.mid for each in world.plane.of(plane.PublishTrack)] == ["1"]


def test_a_malformed_offer_makes_the_client_start_anew(world):
    ada, grace = world.client("ada"), world.client("grace")
    ada.send(offer=rtc.SessionDescription(type="offer", sdp="v=0\r\nnonsense", id=1))
    assert ada.last("leave").action == rtc.LeaveRequest.RECONNECT
    assert "ada" not in grace.member.room.members


def test_own_metadata_needs_the_permission(world):
    ada = world.client("ada")
    ada.send(update_metadata=rtc.UpdateParticipantMetadata(name="Countess", request_id=5))
    refusal = ada.last("request_response")
    assert (refusal.request_id, refusal.reason) == (5, rtc.RequestResponse.NOT_ALLOWED)
    grace = world.client("grace", grant=VideoGrant(room_join=True, room="den", can_update_own_metadata=True))
    grace.send(
        update_metadata=rtc.UpdateParticipantMetadata(name="Admiral", attributes={"ship": "Hopper"}, request_id=6)
    )
    assert grace.last("request_response").reason == rtc.RequestResponse.OK
    seen = ada.last("update").participants[0]
    assert (seen.name, seen.attributes) == ("Admiral", {"ship": "Hopper"})
    grace.send(update_metadata=rtc.UpdateParticipantMetadata(attributes={"ship": ""}, request_id=7))
    assert not ada.last("update").participants[0].attributes
    grace.send(update_metadata=rtc.UpdateParticipantMetadata(metadata="x" * 70_000, request_id=8))
    assert grace.last("request_response").reason == rtc.RequestResponse.LIMIT_EXCEEDED


def test_pings_are_answered_and_silence_closes(world):
    ada = world.client("ada")
    ada.send(ping=1)
    ada.send(ping_req=rtc.Ping(timestamp=77))
    assert ada.last("pong") == world.clock.unix_ms()
    assert ada.last("pong_resp").last_ping_timestamp == 77
    world.clock.advance(16)
    ada.connection.expire()
    assert ada.connection.closing


def test_who_sends_no_pings_is_asked_and_stays_by_any_sign_of_life(world):
    ada = world.client("ada")
    assert not ada.connection.quiet
    for _ in range(4):
        world.clock.advance(6)
        assert ada.connection.quiet
        ada.connection.hear()
        assert not ada.connection.quiet
        ada.connection.expire()
    assert ada.connection.closing is None


@given(st.binary(max_size=200))
@settings(max_examples=50, deadline=None)
def test_any_bytes_leave_the_room_in_order(data):
    world = World()
    ada = world.client("ada")
    ada.connection.receive_bytes(data)
    world.settle()
    assert ada.connection.closing or ada.member.room.members["ada"] is ada.member


requests = st.sampled_from(
    [
        {"offer": rtc.SessionDescription(sdp="v=0", type="offer")},
        {"answer": rtc.SessionDescription(sdp="v=0", type="answer")},
        {"trickle": rtc.TrickleRequest(candidateInit="candidate:x")},
        {"trickle": rtc.TrickleRequest(candidateInit='{"candidate":"candidate:1 1 udp 1 1.1.1.1 1 typ host"}')},
        {"add_track": rtc.AddTrackRequest(cid="a", type=models.AUDIO)},
        {"add_track": rtc.AddTrackRequest()},
        {"mute": rtc.MuteTrackRequest(sid="TR_x", muted=True)},
        {"subscription": rtc.UpdateSubscription(track_sids=["TR_x"], subscribe=True)},
        {"track_setting": rtc.UpdateTrackSettings(track_sids=["TR_x"], quality=models.OFF)},
        {"subscription_permission": rtc.SubscriptionPermission()},
        {"update_metadata": rtc.UpdateParticipantMetadata(name="n")},
        {"sync_state": rtc.SyncState()},
        {"simulate": rtc.SimulateScenario(server_leave=True)},
        {"simulate": rtc.SimulateScenario(speaker_update=3)},
        {"publish_data_track_request": rtc.PublishDataTrackRequest(pub_handle=1)},
        {"leave": rtc.LeaveRequest()},
    ]
)


@given(st.lists(st.tuples(st.integers(0, 2), requests), max_size=25))
@settings(max_examples=60, deadline=None)
def test_no_order_of_requests_breaks_the_room(script):
    world = World()
    clients = [world.client("ada"), world.client("grace", single=True), world.client("joan")]
    clients[0].publish()
    for who, message in script:
        clients[who].send(**message)
    world.pass_time(3)
    for room in world.rooms.rooms.values():
        for member in room.members.values():
            assert member.endpoint is not None
            for sid, subscription in member.subscriptions.items():
                assert subscription.publisher.participant.tracks[sid] is subscription.track
    assert set(world.rooms.transports.owners) == set(world.plane.specs)


def test_capabilities_come_from_the_configuration():
    world = World(config=replace(VoiceConfig(), red_from_publishers=False))
    ada = world.client("ada")
    ada.publish(camera=False)
    assert world.plane.of(plane.PublishTrack)[0].codecs[0].red_payload_type is None


def test_who_may_only_publish_gets_no_second_connection(world):
    ada = world.client("ada")
    ada.publish()
    bot = world.client("bot", grant=VideoGrant(room_join=True, room="den", can_subscribe=False))
    assert not bot.last("join").subscriber_primary
    assert bot.all("offer") == []
    bot.offer("chromium_ssrc")
    bot.connect()
    assert bot.member.was_active


def test_a_simulcast_track_by_ssrcs_and_an_svc_track_are_published(world):
    ada = world.client("ada")
    ada.send(
        add_track=rtc.AddTrackRequest(
            cid=CAMERA_CID,
            type=models.VIDEO,
            source=models.CAMERA,
            simulcast_codecs=[rtc.SimulcastCodec(codec="vp9", cid=CAMERA_CID)],
        )
    )
    ada.offer("chromium_svc")
    (published,) = world.plane.of(plane.PublishTrack)
    assert published.codecs[0].name == "VP9"
    assert len(published.sources) == 1
    assert published.sources[0].rtx


def test_a_track_announced_anew_under_its_old_name_goes_on_in_its_new_section(world):
    ada, grace = world.client("ada"), world.client("grace")
    _microphone, camera = ada.publish()
    world.rooms.publishing.unpublish(ada.member, ada.member.participant.tracks[camera])
    world.settle()
    ada.send(add_track=rtc.AddTrackRequest(cid=CAMERA_CID, type=models.VIDEO, source=models.CAMERA))
    again = ada.last("track_published").track.sid
    head, video = (OFFERS / "chromium_simulcast.sdp").read_text().split("m=video", 1)
    video, data = video.split("m=application", 1)
    closed = video.replace("sendonly", "inactive").replace(f" {CAMERA_CID}", " gone")
    opened = video.replace("a=mid:1", "a=mid:3")
    text = f"{head}m=video{closed}m=application{data}m=video{opened}".replace("BUNDLE 0 1 2", "BUNDLE 0 1 2 3")
    ada.send(offer=rtc.SessionDescription(type="offer", id=2, sdp=text))
    assert ada.member.participant.tracks[again].mid == "3"
    assert again in {track.sid for track in grace.last("update").participants[0].tracks}
    assert again in grace.last("offer").mid_to_track_id.values()
