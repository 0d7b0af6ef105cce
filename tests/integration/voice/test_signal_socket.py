"""Real sockets speak LiveKit's signalling; what is not meant for a room stays outside and learns why."""

import asyncio
import base64
import gzip
import json

import httpx
import pytest
import websockets
from livekit.protocol import models, rtc
from websockets.frames import Frame, Opcode

from doubles.gateway_server import eventually
from doubles.voice_client import OFFERS
from doubles.voice_server import VoiceServer, announce, receive
from hubbub.voice.config import VoiceConfig
from hubbub.voice.errors import MediaPlaneMissing


@pytest.fixture
async def server():
    async with VoiceServer() as running:
        yield running


async def status_of(connecting) -> tuple[int, str]:
    with pytest.raises(websockets.InvalidStatus) as refused:
        await connecting
    response = refused.value.response
    return response.status_code, response.body.decode()


async def test_two_connections_join_and_see_each_other(server):
    async with server.connect(server.token("ada")) as ada, server.connect(server.token("grace")) as grace:
        joined = await receive(ada, "join")
        assert (joined.room.name, joined.participant.identity, joined.subscriber_primary) == ("den", "ada", True)
        assert (await receive(ada, "update")).participants[0].identity == "grace"
        assert (await receive(grace, "join")).other_participants[0].identity == "ada"
        assert (await announce(ada)).cid == "mic"
        await ada.send(rtc.SignalRequest(ping=1).SerializeToString())
        assert await receive(ada, "pong") > 0
    await eventually(
        lambda: all(m.endpoint is None for r in server.voice.rooms.rooms.values() for m in r.members.values())
    )


async def test_one_connection_brings_its_offer_along(server):
    request = rtc.JoinRequest(
        client_info=models.ClientInfo(sdk=models.ClientInfo.JS, protocol=17),
        connection_settings=rtc.ConnectionSettings(auto_subscribe=True),
        publisher_offer=rtc.SessionDescription(
            type="offer", sdp=(OFFERS / "livekit_js_2.23_join.sdp").read_text(), id=1
        ),
    )
    wrapped = rtc.WrappedJoinRequest(
        compression=rtc.WrappedJoinRequest.GZIP, join_request=gzip.compress(request.SerializeToString())
    )
    packed = base64.urlsafe_b64encode(wrapped.SerializeToString()).decode()
    async with server.connect(server.token(), path="/rtc/v1", query=f"&join_request={packed}") as ada:
        assert (await receive(ada, "join")).participant.identity == "ada"
        assert "a=ice-lite" in (await receive(ada, "answer")).sdp


async def test_who_speaks_json_is_answered_in_json(server):
    async with server.connect(server.token()) as ada:
        await receive(ada, "join")
        await ada.send(json.dumps({"pingReq": {"timestamp": "77"}}))
        async with asyncio.timeout(10):
            while isinstance(answer := await ada.recv(), bytes):
                pass
        assert json.loads(answer)["pongResp"]["lastPingTimestamp"] == "77"


async def test_a_websockets_own_ping_is_answered(server):
    async with server.connect(server.token()) as ada, asyncio.timeout(10):
        await (await ada.ping(b"still there?"))


class Watched(websockets.ClientConnection):
    """A socket that tells when it is asked whether it is there; like any, it answers by itself."""

    def __init__(self, *given, **options):
        super().__init__(*given, **options)
        self.asked = asyncio.Event()

    def process_event(self, event):
        if isinstance(event, Frame) and event.opcode is Opcode.PING:
            self.asked.set()
        super().process_event(event)


async def test_who_sends_no_pings_is_asked_by_the_websockets_own_and_stays():
    async with VoiceServer(VoiceConfig(ping_interval_s=1)) as server:
        token = server.token()
        async with server.connect(token, create_connection=Watched, ping_interval=None) as ada, asyncio.timeout(30):
            await receive(ada, "join")
            connection = server.voice.rooms.rooms["den"].members["ada"].endpoint
            await ada.asked.wait()
            ends_s = connection.deadline_s
            await eventually(lambda: connection.deadline_s > ends_s)


async def test_messages_in_fragments_are_joined(server):
    async with server.connect(server.token()) as ada:
        data = rtc.SignalRequest(ping_req=rtc.Ping(timestamp=9)).SerializeToString()
        await ada.send([data[:1], data[1:3], data[3:]])
        assert (await receive(ada, "pong_resp")).last_ping_timestamp == 9


async def test_a_bad_token_is_refused_with_its_reason_and_validate_repeats_it(server):
    tokens = {
        "": "no access token",
        "nonsense": "not valid",
        server.token(secret="another secret of at least thirty-two bytes"): "not valid",
        server.token(key="APIother"): "does not exist",
        server.token(lifetime_s=-3600): "expired",
    }
    async with httpx.AsyncClient(base_url=f"http://{server.address}") as http:
        for token, sentence in tokens.items():
            status, body = await status_of(server.connect(token))
            assert status == 401
            assert sentence in body
            for path in ("/rtc/validate", "/rtc/v1/validate"):
                told = await http.get(path, params={"access_token": token})
                assert (told.status_code, sentence in told.text) == (401, True)
                assert told.headers["access-control-allow-origin"] == "*"
        good = await http.get("/rtc/validate", headers={"Authorization": f"Bearer {server.token()}"})
        assert (good.status_code, good.text) == (200, "success")
        assert (await status_of(server.connect(server.token(), path="/rtc/v1")))[0] == 400
    assert server.voice.rooms.rooms == {}


async def test_a_token_without_the_right_to_join_is_refused(server):
    status, _ = await status_of(server.connect(server.token(room="")))
    assert status == 403


async def test_a_server_without_a_media_plane_says_how_to_get_one(server):
    server.voice.unavailable = MediaPlaneMissing()
    status, body = await status_of(server.connect(server.token()))
    assert status == 503
    assert "scripts/setup native" in body


async def test_a_malformed_handshake_lets_nobody_in(server):
    request = (
        f"GET /rtc?access_token={server.token()} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n"
    )
    host, _, port = server.address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request.encode())
    assert b" 400 " in await reader.readline()
    writer.close()
    assert server.voice.rooms.rooms == {}


async def test_who_joins_again_and_again_has_to_wait():
    async with VoiceServer(VoiceConfig(joins_per_10_s=3)) as server:
        for _ in range(3):
            async with server.connect(server.token()) as ada:
                await receive(ada, "join")
        status, _ = await status_of(server.connect(server.token()))
        assert status == 429
        async with server.connect(server.token("grace")) as grace:
            await receive(grace, "join")


async def test_a_full_room_turns_away_before_the_socket_opens():
    async with VoiceServer(VoiceConfig(participants_max=1)) as server, server.connect(server.token()) as ada:
        await receive(ada, "join")
        assert (await status_of(server.connect(server.token("grace"))))[0] == 429


@pytest.mark.parametrize("fragments", [1, 8])
async def test_an_oversize_message_closes_its_socket_alone(fragments):
    async with (
        VoiceServer(VoiceConfig(request_bytes_max=4096)) as server,
        server.connect(server.token("ada")) as ada,
        server.connect(server.token("grace")) as grace,
    ):
        piece = bytes(8000 // fragments)
        await ada.send([piece] * fragments)
        async with asyncio.timeout(10):
            await ada.wait_closed()
        assert ada.close_code == 1009
        await grace.send(rtc.SignalRequest(ping=1).SerializeToString())
        assert await receive(grace, "pong")


async def test_nonsense_closes_the_socket(server):
    for nonsense in (b"\xff\xff\xff", "{not json", '{"offer": 7}'):
        async with server.connect(server.token()) as ada:
            await receive(ada, "join")
            await ada.send(nonsense)
            async with asyncio.timeout(10):
                await ada.wait_closed()


async def test_a_flood_of_sockets_without_tokens_leaves_the_others_alone(server):
    async with server.connect(server.token()) as ada:
        await receive(ada, "join")
        outcomes = await asyncio.gather(*(server.connect("x") for _ in range(200)), return_exceptions=True)
        assert all(isinstance(each, websockets.InvalidStatus) for each in outcomes)
        await ada.send(rtc.SignalRequest(ping=1).SerializeToString())
        assert await receive(ada, "pong")


async def test_a_silent_client_is_cut_and_may_resume():
    config = VoiceConfig(ping_interval_s=1, ping_timeout_s=2)
    async with VoiceServer(config) as server, server.connect(server.token()) as ada:
        sid = (await receive(ada, "join")).participant.sid
        member = server.voice.rooms.rooms["den"].members["ada"]
        ada.transport.pause_reading()  # so that it answers not even the socket's own pings
        await eventually(lambda: member.endpoint is None)
        ada.transport.resume_reading()
        async with server.connect(server.token(), query=f"&protocol=16&reconnect=1&sid={sid}") as again:
            assert await receive(again, "reconnect")


async def test_a_stop_asks_everybody_to_come_back():
    server = VoiceServer()
    async with server:
        ada = await server.connect(server.token())
        await receive(ada, "join")
    leave = await receive(ada, "leave")
    await ada.wait_closed()
    assert (leave.reason, leave.action) == (models.SERVER_SHUTDOWN, rtc.LeaveRequest.RECONNECT)


async def test_pages_of_any_origin_may_ask(server):
    async with httpx.AsyncClient(base_url=f"http://{server.address}") as http:
        asked = await http.options("/twirp/livekit.RoomService/ListRooms", headers={"Origin": "https://a.example"})
        assert asked.status_code == 204
        assert asked.headers["access-control-allow-origin"] == "*"
        assert "Authorization" in asked.headers["access-control-allow-headers"]
        assert (await http.get("/rtc")).status_code == 426
        assert (await http.get("/rtc/elsewhere")).status_code == 404
