"""Rooms through time: resuming, replacing, moving, leaving, timeouts, limits, and what the media plane reports."""

import pytest
from livekit.protocol import models, rtc

from doubles.media_plane import MemoryMediaPlane
from doubles.voice_client import KEY, OFFERS, SECRET, World
from hubbub.voice.config import VoiceConfig
from hubbub.voice.domain.grant import VideoGrant
from hubbub.voice.domain.sdp.description import Kind
from hubbub.voice.domain.token import verify_token
from hubbub.voice.errors import DescriptionRefused, MediaPlaneUnavailable, NotPermitted, RequestRefused, RoomFull
from hubbub.voice.service import media_plane as plane

JOIN_OFFER = (OFFERS / "livekit_js_2.23_join.sdp").read_text()


@pytest.fixture
def world():
    return World()


def leg(track, *, mos, packets=250, direction=plane.LegDirection.UP):
    return plane.Leg(
        track=track,
        direction=direction,
        kind=Kind.AUDIO,
        packets=packets,
        loss=0.2,
        residual_loss=0.1,
        jitter_ms=30,
        bits_per_second=32_000,
        nacks=0,
        plis=0,
        freezes=0,
        frozen_ms=0,
        spatial=255,
        temporal=255,
        r=60,
        mos=mos,
    )


def sample(transport_id, *legs):
    return plane.QualitySample(transport_id=transport_id, rtt_ms=200, estimate=0, legs=legs)


def test_the_same_identity_replaces_the_former(world):
    first = world.client("ada")
    second = world.client("ada")
    assert first.last("leave").reason == models.DUPLICATE_IDENTITY
    assert first.connection.closing
    assert second.member.room.members["ada"] is second.member
    first.connection.lost()
    assert second.member.room.members["ada"] is second.member


def test_a_client_that_lost_its_socket_resumes(world):
    ada, grace = world.client("ada"), world.client("grace")
    ada.connect()
    microphone, _camera = grace.publish()
    member, transports = ada.member, dict(world.rooms.transports.owners)
    ada.connection.lost()
    world.pass_time(5)
    grace.send(mute=rtc.MuteTrackRequest(sid=microphone, muted=True))
    ada.received.clear()
    ada.join(reconnect=True, sid=member.sid)
    assert ada.member is member
    assert ada.received[0].WhichOneof("message") == "reconnect"
    people = {each.identity: each for each in ada.all("update")[0].participants}
    assert people["grace"].tracks[0].muted
    assert world.rooms.transports.owners == transports
    assert "g2" in ada.last("offer").sdp  # new credentials: ICE starts anew
    world.pass_time(60)
    assert "ada" in member.room.members


def test_a_client_that_does_not_come_back_is_removed(world):
    ada, grace = world.client("ada"), world.client("grace")
    ada.connect()
    ada.connection.lost()
    world.pass_time(14)
    grace.connect()
    world.pass_time(20)
    gone = grace.last("update").participants[0]
    assert (gone.identity, gone.state) == ("ada", models.ParticipantInfo.DISCONNECTED)
    assert gone.disconnect_reason == models.SIGNAL_CLOSE
    late = world.client("ada", reconnect=True, sid="PA_gone")
    assert late.last("leave").action == rtc.LeaveRequest.RECONNECT
    assert late.connection.closing


def test_who_never_connects_is_removed(world):
    ada = world.client("ada")
    world.pass_time(16)
    assert ada.last("leave").reason == models.JOIN_FAILURE
    assert world.plane.of(plane.CloseTransport)


def test_leaving_closes_everything(world):
    ada, grace = world.client("ada"), world.client("grace")
    ada.publish()
    ada.send(leave=rtc.LeaveRequest(reason=models.CLIENT_INITIATED))
    assert ada.connection.closing
    assert grace.last("update").participants[0].state == models.ParticipantInfo.DISCONNECTED
    assert grace.member.subscriptions == {}
    assert set(world.rooms.transports.owners) == {grace.member.subscriber.transport_id}
    assert world.rooms.publishing.publishers == {}


def test_rooms_end_when_they_have_been_empty_for_long_enough(world):
    ada = world.client("ada")
    ada.connect()
    ada.send(leave=rtc.LeaveRequest())
    world.pass_time(19)
    assert "den" in world.rooms.rooms
    world.pass_time(2)
    assert world.rooms.rooms == {}
    assert [event for event, _ in world.listener.events] == [
        "room_started",
        "participant_joined",
        "participant_left",
        "room_finished",
    ]


def test_data_is_marked_with_its_sender_and_reaches_whom_it_names(world):
    ada, grace, joan = world.client("ada"), world.client("grace"), world.client("joan", single=True)
    joan.offer("livekit_js_2.23_join")

    def send(packet):
        transport = ada.member.subscriber.transport_id
        world.reports.take(plane.DataReceived(transport, reliable=True, payload=packet.SerializeToString()))

    send(models.DataPacket(user=models.UserPacket(payload=b"hello"), participant_identity="forged"))
    sent = world.plane.of(plane.SendData)
    assert {each.transport_id for each in sent} == {
        grace.member.subscriber.transport_id,
        joan.member.publisher.transport_id,
    }
    packet = models.DataPacket.FromString(sent[0].payload)
    assert (packet.participant_identity, packet.participant_sid) == ("ada", ada.member.sid)
    send(models.DataPacket(user=models.UserPacket(payload=b"psst"), destination_identities=["joan"]))
    assert world.plane.of(plane.SendData)[-1].transport_id == joan.member.publisher.transport_id
    assert len(world.plane.of(plane.SendData)) == 3
    world.reports.take(plane.DataReceived(ada.member.subscriber.transport_id, reliable=True, payload=b"\xff\xff"))
    assert len(world.plane.of(plane.SendData)) == 3


def test_speakers_quality_and_paused_streams_are_told(world):
    ada, grace = world.client("ada"), world.client("grace")
    microphone, camera = ada.publish()
    world.reports.take(plane.Speakers(ada.member.room.state.sid, (plane.Speaker(microphone, 0.5, active=True),)))
    world.reports.take(plane.StreamPaused(grace.member.subscriber.transport_id, camera, paused=True))
    world.reports.take(sample(ada.member.publisher.transport_id, leg(microphone, mos=2.5), leg(camera, mos=4.4)))
    world.reports.take(sample(ada.member.subscriber.transport_id))
    world.settle()
    for client in (ada, grace):
        assert client.last("speakers_changed").speakers[0].sid == ada.member.sid
        assert client.last("connection_quality").updates[0].quality == models.POOR
    assert grace.last("stream_state_update").stream_states[0].state == rtc.PAUSED


def test_who_connects_learns_how_good_everybodys_connection_is(world):
    ada, grace = world.client("ada"), world.client("grace")
    microphone, _camera = ada.publish()
    world.reports.take(sample(ada.member.publisher.transport_id, leg(microphone, mos=3.5)))
    world.reports.take(sample(ada.member.publisher.transport_id, leg(microphone, mos=1.0, packets=0)))
    grace.connect()
    told = {each.participant_sid: each for each in grace.last("connection_quality").updates}
    assert told[ada.member.sid].quality == models.GOOD
    assert told[ada.member.sid].score == pytest.approx(3.5)
    assert told[grace.member.sid].quality == models.EXCELLENT


def test_a_failed_transport_makes_its_client_start_anew(world):
    ada, grace = world.client("ada"), world.client("grace")
    ada.publish()
    ada.connect()
    world.reports.take(plane.Failed(ada.member.publisher.transport_id, "the shard was lost"))
    world.settle()
    assert (ada.last("leave").reason, ada.last("leave").action) == (models.MEDIA_FAILURE, rtc.LeaveRequest.RECONNECT)
    assert ada.connection.closing
    assert grace.last("update").participants[0].state == models.ParticipantInfo.DISCONNECTED


def test_a_client_whose_transport_failed_while_it_was_away_cannot_resume(world):
    ada = world.client("ada")
    ada.connect()
    member = ada.member
    ada.connection.lost()
    world.reports.take(plane.Failed(member.subscriber.transport_id, "unreachable"))
    ada.join(reconnect=True, sid=member.sid)
    assert ada.last("leave").action == rtc.LeaveRequest.RECONNECT
    ada.join()
    assert ada.member is not member


def test_hidden_participants_hear_and_are_not_seen(world):
    ada = world.client("ada")
    ghost = world.client("ghost", grant=VideoGrant(room_join=True, room="den", hidden=True))
    ghost.connect()
    assert not any(each.identity == "ghost" for update in ada.all("update") for each in update.participants)
    assert world.client("grace").last("join").other_participants[0].identity == "ada"
    assert len(ghost.last("join").other_participants) == 1
    assert ada.member.room.info().num_participants == 2


def test_tokens_are_refreshed(world):
    ada = world.client("ada")
    ada.connect()
    for _ in range(61):
        world.pass_time(5)
        ada.send(ping=1)
    token = verify_token(ada.last("refresh_token"), {KEY: SECRET}, now_s=world.clock.unix_ms() / 1000)
    assert token.claims.identity == "ada"
    assert token.claims.video.room == "den"


def test_limits_hold():
    world = World(config=VoiceConfig(participants_max=2, rooms_max=1, requests_per_10_s=20, responses_max=10))
    ada = world.client("ada")
    world.client("grace")
    with pytest.raises(RoomFull):
        world.client("joan")
    with pytest.raises(RoomFull):
        world.client("joan", room="other")
    with pytest.raises(NotPermitted):
        world.client("joan", grant=VideoGrant(room="den"))
    with pytest.raises(RequestRefused):
        world.client("j" * 300)
    for _ in range(30):
        ada.send(ping=1)
    assert ada.connection.closing


def test_a_client_that_reads_nothing_is_cut_and_can_resume():
    world = World(config=VoiceConfig(responses_max=10))
    ada, grace = world.client("ada"), world.client("grace")
    world.clients.remove(ada)
    for number in range(20):
        grace.member.participant.metadata = str(number)
        grace.member.room.changed(grace.member)
    assert ada.connection.closing
    assert len(ada.connection.drain()) <= 10


def test_old_clients_are_told_to_reconnect_in_their_own_words(world):
    ada = world.client("ada", protocol=12)
    ada.send(simulate=rtc.SimulateScenario(node_failure=True))
    leave = ada.last("leave")
    assert leave.can_reconnect


def test_moving_takes_tracks_and_transports_along(world):
    ada, grace, joan = world.client("ada"), world.client("grace"), world.client("joan", room="attic")
    ada.publish()
    joan.publish()
    member = ada.member
    world.rooms.move(member, "attic")
    world.settle()
    moved = ada.last("room_moved")
    assert moved.room.name == "attic"
    assert [each.identity for each in moved.other_participants] == ["joan"]
    token = verify_token(moved.token, {KEY: SECRET}, now_s=world.clock.unix_ms() / 1000)
    assert token.claims.video.room == "attic"
    assert grace.last("update").participants[0].state == models.ParticipantInfo.DISCONNECTED
    assert grace.member.subscriptions == {}
    assert len(joan.member.subscriptions) == 2
    assert len(ada.member.subscriptions) == 2
    assert {each.room for each in world.plane.of(plane.MoveTransport)} == {joan.member.room.state.sid}


def test_a_full_media_plane_turns_away_who_comes_and_troubles_nobody_else():
    world = World(plane=MemoryMediaPlane(transports_max=3))
    ada, grace = world.client("ada"), world.client("grace")
    world.plane.transports_max = 2
    with pytest.raises(MediaPlaneUnavailable):
        world.client("joan")
    assert set(ada.member.room.members) == {"ada", "grace"}
    ada.offer("chromium_simulcast")
    assert ada.last("leave").action == rtc.LeaveRequest.RECONNECT
    assert grace.connection.closing is None
    world.plane.transports_max = 3
    single = world.client("joan", single=True, offer=rtc.SessionDescription(type="offer", id=1, sdp=JOIN_OFFER))
    assert single.last("answer")


def test_a_join_whose_offer_cannot_be_used_leaves_nothing_behind(world):
    with pytest.raises(DescriptionRefused):
        world.client("ada", single=True, offer=rtc.SessionDescription(type="offer", id=1, sdp="v=1"))
    assert world.rooms.rooms["den"].members == {}
    assert world.rooms.transports.owners == {}


def test_a_stop_asks_everybody_to_come_back(world):
    ada, grace = world.client("ada"), world.client("grace", single=True)
    world.rooms.stop()
    world.settle()
    for client in (ada, grace):
        assert (client.last("leave").reason, client.last("leave").action) == (
            models.SERVER_SHUTDOWN,
            rtc.LeaveRequest.RECONNECT,
        )
        assert client.connection.closing
    assert world.plane.specs == {}
