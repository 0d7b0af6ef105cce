"""LiveKit's own server SDK administers rooms here."""

import time

import httpx
import pytest
from livekit import api
from livekit.api.twirp_client import TwirpError

from doubles.voice_client import KEY, SECRET
from doubles.voice_server import VoiceServer, receive
from hubbub.voice.service.twirp import BODY_BYTES_MAX


@pytest.fixture
async def server():
    async with VoiceServer() as running:
        yield running


@pytest.fixture
async def livekit(server):
    async with api.LiveKitAPI(f"http://{server.address}", KEY, SECRET) as client:
        yield client


async def test_rooms_are_made_listed_changed_and_deleted(livekit):
    made = await livekit.room.create_room(api.CreateRoomRequest(name="den", metadata="m", max_participants=3))
    assert made.name == "den"
    listed = await livekit.room.list_rooms(api.ListRoomsRequest())
    assert [(room.sid, room.metadata) for room in listed.rooms] == [(made.sid, "m")]
    changed = await livekit.room.update_room_metadata(api.UpdateRoomMetadataRequest(room="den", metadata="n"))
    assert changed.metadata == "n"
    await livekit.room.delete_room(api.DeleteRoomRequest(room="den"))
    assert not (await livekit.room.list_rooms(api.ListRoomsRequest())).rooms
    with pytest.raises(TwirpError) as refused:
        await livekit.room.delete_room(api.DeleteRoomRequest(room="den"))
    assert (refused.value.code, refused.value.status) == ("not_found", 404)


async def test_participants_are_seen_changed_and_removed(server, livekit):
    token = (
        api.AccessToken(KEY, SECRET)
        .with_identity("ada")
        .with_name("Ada")
        .with_grants(api.VideoGrants(room_join=True, room="den"))
        .to_jwt()
    )
    async with server.connect(token) as ada:
        await receive(ada, "join")
        wanted = api.RoomParticipantIdentity(room="den", identity="ada")
        seen = await livekit.room.list_participants(api.ListParticipantsRequest(room="den"))
        assert [each.name for each in seen.participants] == ["Ada"]
        permission = api.ParticipantPermission(can_subscribe=True, can_publish=False)
        await livekit.room.update_participant(
            api.UpdateParticipantRequest(room="den", identity="ada", metadata="m", permission=permission)
        )
        assert not (await livekit.room.get_participant(wanted)).permission.can_publish
        await livekit.room.remove_participant(wanted)
        assert (await receive(ada, "leave")).reason
    with pytest.raises(TwirpError):
        await livekit.room.get_participant(wanted)


async def test_forged_and_expired_tokens_and_odd_requests_are_refused(server):
    address = f"http://{server.address}/twirp/livekit.RoomService"
    good = api.AccessToken(KEY, SECRET).with_grants(api.VideoGrants(room_list=True)).to_jwt()
    forged = api.AccessToken(KEY, "x" * 40).with_grants(api.VideoGrants(room_list=True)).to_jwt()
    kind = {"Content-Type": "application/json"}

    async def asked(http, path="/ListRooms", *, token=good, headers=kind, body=b"{}"):
        response = await http.post(
            address + path, headers={"Authorization": f"Bearer {token}", **headers}, content=body
        )
        return response.status_code, response.json().get("code")

    async with httpx.AsyncClient() as http:
        assert await asked(http) == (200, None)
        assert await asked(http, token=forged) == (401, "unauthenticated")
        assert await asked(http, token=server.token(lifetime_s=-int(time.time()) // 2)) == (401, "unauthenticated")
        assert await asked(http, "/CreateRoom", body=b'{"name":"x"}') == (403, "permission_denied")
        assert await asked(http, "/Nonsense") == (501, "unimplemented")
        assert await asked(http, headers={"Content-Type": "text/plain"}) == (404, "bad_route")
        assert await asked(http, body=b"[") == (400, "invalid_argument")
        assert await asked(http, body=b" " * (BODY_BYTES_MAX + 1)) == (400, "invalid_argument")
        assert (await http.get(address + "/ListRooms")).status_code == 404
