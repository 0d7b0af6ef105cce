"""Administrators act through the RoomService: grants are checked, errors are Twirp's, webhooks are signed."""

import datetime as dt
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from livekit.protocol import models, room, rtc

from doubles.voice_client import KEY, SECRET, World
from hubbub.kernel.clock import ManualClock
from hubbub.kernel.randomness import SeededRandom
from hubbub.voice.config import VoiceConfig
from hubbub.voice.domain.grant import Claims, VideoGrant
from hubbub.voice.domain.token import sign_token
from hubbub.voice.errors import TokenRefused
from hubbub.voice.service import media_plane as plane
from hubbub.voice.service.room_service import RoomService
from hubbub.voice.service.twirp import call
from hubbub.voice.service.webhook import Post, Webhooks, read_event, sign_event

ADMIN = VideoGrant(room_admin=True, room="den", destination_room="attic")
KEEPER = VideoGrant(room_create=True, room_list=True)


@pytest.fixture
def world():
    return World()


def ask(world, name, request, grant, *, as_json=False):
    """Call as a server SDK does; return the status and the decoded answer."""
    now_s = world.clock.unix_ms() // 1000
    token = sign_token(Claims(identity="admin", video=grant), KEY, SECRET, now_s=now_s)
    headers = {
        "authorization": f"Bearer {token}",
        "content-type": "application/json" if as_json else "application/protobuf",
    }
    body = json.dumps(request).encode() if as_json else request.SerializeToString()
    reply = call(RoomService(world.rooms), name, headers, body, now_s=now_s)
    world.settle()
    return reply


def test_rooms_are_made_listed_and_ended(world):
    made = ask(world, "CreateRoom", room.CreateRoomRequest(name="den", empty_timeout=60, metadata="m"), KEEPER)
    assert made.status == 200
    info = models.Room.FromString(made.body)
    assert (info.name, info.empty_timeout, info.metadata) == ("den", 60, "m")
    ada = world.client("ada")
    listed = room.ListRoomsResponse.FromString(ask(world, "ListRooms", room.ListRoomsRequest(), KEEPER).body)
    assert [(each.sid, each.num_participants) for each in listed.rooms] == [(info.sid, 1)]
    assert (
        room.ListRoomsResponse.FromString(ask(world, "ListRooms", room.ListRoomsRequest(names=["other"]), KEEPER).body)
        == room.ListRoomsResponse()
    )
    assert ask(world, "DeleteRoom", room.DeleteRoomRequest(room="den"), KEEPER).status == 200
    assert ada.last("leave").reason == models.ROOM_DELETED
    assert world.rooms.rooms == {}


def test_json_is_spoken_too(world):
    world.client("ada")
    reply = ask(world, "ListParticipants", {"room": "den", "unknown": 1}, ADMIN, as_json=True)
    assert (reply.status, reply.content_type) == (200, "application/json")
    assert [each["identity"] for each in json.loads(reply.body)["participants"]] == ["ada"]


def test_participants_are_read_removed_and_updated(world):
    ada, grace = world.client("ada"), world.client("grace")
    microphone, camera = ada.publish()
    who = room.RoomParticipantIdentity(room="den", identity="ada")
    info = models.ParticipantInfo.FromString(ask(world, "GetParticipant", who, ADMIN).body)
    assert {track.sid for track in info.tracks} == {microphone, camera}
    permission = models.ParticipantPermission(
        can_subscribe=True, can_publish=True, can_publish_data=True, can_publish_sources=[models.MICROPHONE]
    )
    request = room.UpdateParticipantRequest(
        room="den", identity="ada", name="Countess", attributes={"hand": "up"}, permission=permission
    )
    changed = models.ParticipantInfo.FromString(ask(world, "UpdateParticipant", request, ADMIN).body)
    assert (changed.name, changed.attributes["hand"]) == ("Countess", "up")
    assert ada.last("track_unpublished").track_sid == camera
    assert [track.sid for track in grace.last("update").participants[0].tracks] == [microphone]
    assert ada.all("refresh_token")
    assert ask(world, "RemoveParticipant", who, ADMIN).status == 200
    assert ada.last("leave").reason == models.PARTICIPANT_REMOVED
    assert ask(world, "RemoveParticipant", who, ADMIN).status == 404


def test_deafening_and_hearing_again(world):
    ada, grace = world.client("ada"), world.client("grace")
    ada.publish()

    def let(*, subscribe):
        permission = models.ParticipantPermission(can_subscribe=subscribe, can_publish=True)
        request = room.UpdateParticipantRequest(room="den", identity="grace", permission=permission)
        assert ask(world, "UpdateParticipant", request, ADMIN).status == 200

    let(subscribe=False)
    assert len(world.plane.of(plane.Unsubscribe)) == 2
    let(subscribe=True)
    assert len(world.plane.of(plane.Subscribe)) == 4
    assert len(grace.last("offer").mid_to_track_id) == 2


def test_tracks_are_muted_and_stay_so(world):
    ada = world.client("ada")
    microphone, _ = ada.publish()
    request = room.MuteRoomTrackRequest(room="den", identity="ada", track_sid=microphone, muted=True)
    reply = ask(world, "MutePublishedTrack", request, ADMIN)
    assert room.MuteRoomTrackResponse.FromString(reply.body).track.muted
    assert ada.last("mute") == rtc.MuteTrackRequest(sid=microphone, muted=True)
    request.muted = False
    assert ask(world, "MutePublishedTrack", request, ADMIN).status == 403
    request.track_sid = "TR_none"
    assert ask(world, "MutePublishedTrack", request, ADMIN).status == 404


def test_subscriptions_data_metadata_and_moves(world):
    ada, grace = world.client("ada"), world.client("grace")
    microphone, _ = ada.publish()
    wish = room.UpdateSubscriptionsRequest(room="den", identity="grace", track_sids=[microphone], subscribe=False)
    assert ask(world, "UpdateSubscriptions", wish, ADMIN).status == 200
    assert [each.track for each in world.plane.of(plane.Unsubscribe)] == [microphone]

    data = room.SendDataRequest(room="den", data=b"hi", topic="t", destination_identities=["grace"])
    assert ask(world, "SendData", data, ADMIN).status == 200
    (sent,) = world.plane.of(plane.SendData)
    packet = models.DataPacket.FromString(sent.payload)
    assert (packet.user.payload, packet.user.topic, sent.reliable) == (b"hi", "t", True)
    data.nonce = b"short"
    assert ask(world, "SendData", data, ADMIN).status == 400

    assert (
        ask(world, "UpdateRoomMetadata", room.UpdateRoomMetadataRequest(room="den", metadata="n"), ADMIN).status == 200
    )
    assert grace.last("room_update").room.metadata == "n"

    move = room.MoveParticipantRequest(room="den", identity="ada", destination_room="attic")
    assert ask(world, "MoveParticipant", move, ADMIN).status == 200
    assert ada.last("room_moved").room.name == "attic"
    move.destination_room = "cellar"
    assert ask(world, "MoveParticipant", move, ADMIN).status == 403


def code(reply):
    return json.loads(reply.body)["code"]


def test_every_call_needs_its_grant_and_its_own_room(world):
    world.client("ada")
    other = VideoGrant(room_admin=True, room="other", room_join=True)
    for name, request in [
        ("CreateRoom", room.CreateRoomRequest(name="x")),
        ("ListRooms", room.ListRoomsRequest()),
        ("DeleteRoom", room.DeleteRoomRequest(room="den")),
        ("ListParticipants", room.ListParticipantsRequest(room="den")),
        ("GetParticipant", room.RoomParticipantIdentity(room="den", identity="ada")),
        ("RemoveParticipant", room.RoomParticipantIdentity(room="den", identity="ada")),
        ("MutePublishedTrack", room.MuteRoomTrackRequest(room="den", identity="ada")),
        ("UpdateParticipant", room.UpdateParticipantRequest(room="den", identity="ada")),
        ("UpdateSubscriptions", room.UpdateSubscriptionsRequest(room="den", identity="ada")),
        ("SendData", room.SendDataRequest(room="den")),
        ("UpdateRoomMetadata", room.UpdateRoomMetadataRequest(room="den")),
        ("MoveParticipant", room.MoveParticipantRequest(room="den", identity="ada", destination_room="attic")),
    ]:
        reply = ask(world, name, request, other)
        assert (reply.status, code(reply)) == (403, "permission_denied"), name
    assert "ada" in world.rooms.rooms["den"].members


def test_errors_are_those_of_twirp(world):
    assert code(ask(world, "PerformMagic", room.ListRoomsRequest(), KEEPER)) == "unimplemented"
    assert (
        code(ask(world, "GetParticipant", room.RoomParticipantIdentity(room="den", identity="x"), ADMIN)) == "not_found"
    )
    assert code(ask(world, "CreateRoom", room.CreateRoomRequest(), KEEPER)) == "invalid_argument"
    assert code(ask(world, "CreateRoom", ["no", "object"], KEEPER, as_json=True)) == "invalid_argument"
    service = RoomService(world.rooms)
    kinds = {"content-type": "application/protobuf"}
    assert call(service, "ListRooms", kinds, b"", now_s=0).status == 401
    assert call(service, "ListRooms", {**kinds, "authorization": "Bearer x"}, b"", now_s=0).status == 401
    assert code(call(service, "ListRooms", {}, b"", now_s=0)) == "bad_route"
    crowded = World(config=VoiceConfig(rooms_max=1))
    crowded.client("ada")
    assert code(ask(crowded, "CreateRoom", room.CreateRoomRequest(name="x"), KEEPER)) == "resource_exhausted"


@given(st.sampled_from(["CreateRoom", "UpdateParticipant", "SendData"]), st.binary(max_size=100), st.booleans())
@settings(max_examples=60, deadline=None)
def test_any_body_is_answered(name, body, as_json):
    world = World()
    now_s = world.clock.unix_ms() // 1000
    token = sign_token(Claims(video=VideoGrant(room_create=True)), KEY, SECRET, now_s=now_s)
    kind = "application/json" if as_json else "application/protobuf"
    reply = call(
        RoomService(world.rooms),
        name,
        {"authorization": f"Bearer {token}", "content-type": kind},
        body,
        now_s=now_s,
    )
    assert reply.status in {200, 400, 403, 404, 501}


# -- webhooks ----------------------------------------------------------------------------------------------------------


def test_events_are_signed_so_that_livekits_own_receiver_accepts_them():
    webhooks = Webhooks(ManualClock(), SeededRandom(1), 10)
    webhooks.happened("room_started", models.Room(sid="RM_x", name="den"), None, None)
    (event,) = webhooks.take()
    now_s = int(dt.datetime.now(tz=dt.UTC).timestamp())
    post = sign_event(event, KEY, SECRET, now_s=now_s)
    assert post.headers["content-type"] == "application/webhook+json"
    assert read_event(post, {KEY: SECRET}, now_s=now_s) == event
    api = pytest.importorskip("livekit.api")
    receiver = api.WebhookReceiver(api.TokenVerifier(KEY, SECRET))
    received = receiver.receive(post.body.decode(), post.headers["authorization"])
    assert (received.event, received.room.name, received.id[:3]) == ("room_started", "den", "EV_")
    with pytest.raises(TokenRefused):
        read_event(Post(post.headers, post.body + b" "), {KEY: SECRET}, now_s=now_s)


def test_the_queue_is_bounded_and_the_oldest_gives_way():
    webhooks = Webhooks(ManualClock(), SeededRandom(1), 2)
    for name in ("a", "b", "c"):
        webhooks.happened("room_started", models.Room(name=name), None, None)
    assert webhooks.dropped == 1
    assert [event.room.name for event in webhooks.take()] == ["b", "c"]
    assert len(webhooks) == 0


def test_what_happens_in_a_room_is_told_in_order():
    world = World()
    webhooks = Webhooks(world.clock, SeededRandom(1), 100)
    world.rooms.listeners.add(webhooks)
    ada = world.client("ada")
    ada.connect()
    ada.publish(camera=False)
    ada.send(leave=rtc.LeaveRequest())
    world.pass_time(25)
    events = webhooks.take()
    assert [event.event for event in events] == [
        "room_started",
        "participant_joined",
        "track_published",
        "track_unpublished",
        "participant_left",
        "room_finished",
    ]
    assert events[2].track.type == models.AUDIO
    assert events[4].participant.identity == "ada"
