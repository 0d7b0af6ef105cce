"""Both ways of asking to join are read as LiveKit's clients write them, and nothing else is."""

import base64
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st
from livekit.protocol import models, rtc

from doubles.voice_client import KEY, OFFERS, SECRET
from hubbub.voice.domain.grant import Claims, VideoGrant
from hubbub.voice.domain.token import sign_token
from hubbub.voice.errors import NotPermitted, RequestRefused, TokenRefused
from hubbub.voice.service.joining import JOIN_BYTES_MAX, read_joining

NOW = 1_800_000_000
TOKEN = sign_token(Claims(identity="ada", video=VideoGrant(room_join=True, room="den")), KEY, SECRET, now_s=NOW)


def read(query, headers=None, *, single=False):
    return read_joining(query, headers or {}, {KEY: SECRET}, single=single, now_s=NOW)


def packed(request: rtc.JoinRequest, *, zipped=True, padded=False) -> str:
    data = request.SerializeToString()
    wrapped = rtc.WrappedJoinRequest(
        compression=rtc.WrappedJoinRequest.GZIP if zipped else rtc.WrappedJoinRequest.NONE,
        join_request=gzip.compress(data) if zipped else data,
    )
    text = base64.urlsafe_b64encode(wrapped.SerializeToString()).decode()
    return text if padded else text.rstrip("=")


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("padded", [True, False])
def test_a_join_request_of_one_connection_is_unpacked(zipped, padded):
    sdp = (OFFERS / "livekit_js_2.23_join.sdp").read_text()
    request = rtc.JoinRequest(
        client_info=models.ClientInfo(sdk=models.ClientInfo.JS, protocol=17),
        connection_settings=rtc.ConnectionSettings(auto_subscribe=True, adaptive_stream=True),
        publisher_offer=rtc.SessionDescription(type="offer", sdp=sdp, id=1),
        participant_attributes={"a": "b"},
    )
    joining = read({"access_token": TOKEN, "join_request": packed(request, zipped=zipped, padded=padded)}, single=True)
    assert joining.single
    assert joining.auto_subscribe
    assert joining.client.protocol == 17
    assert joining.offer.sdp == sdp
    assert joining.attributes == {"a": "b"}
    assert joining.sync is None


def test_the_query_of_two_connections_is_read():
    # As the Python SDK 1.2.1 sends it, its token in the header.
    query = {
        "sdk": "python",
        "os": "Debian",
        "protocol": "18",
        "auto_subscribe": "0",
        "adaptive_stream": "1",
        "reconnect": "1",
        "sid": "PA_x",
        "attributes": base64.urlsafe_b64encode(b'{"a":"b"}').decode(),
    }
    joining = read(query, {"authorization": f"Bearer {TOKEN}"})
    assert not joining.single
    assert joining.client.sdk == models.ClientInfo.PYTHON
    assert joining.client.protocol == 18
    assert (joining.auto_subscribe, joining.adaptive_stream, joining.reconnect, joining.sid) == (
        False,
        True,
        True,
        "PA_x",
    )
    assert joining.attributes == {"a": "b"}
    assert read({"access_token": TOKEN}).auto_subscribe


def test_without_a_good_token_nothing_is_read():
    for query, headers in [({}, {}), ({"access_token": "x"}, {}), ({}, {"authorization": "Basic x"})]:
        with pytest.raises(TokenRefused):
            read(query, headers)
    for grant in (VideoGrant(room="den"), VideoGrant(room_join=True)):
        with pytest.raises(NotPermitted):
            read({"access_token": sign_token(Claims(identity="a", video=grant), KEY, SECRET, now_s=NOW)})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "%%%",
        "AAAA",
        base64.urlsafe_b64encode(
            rtc.WrappedJoinRequest(compression=rtc.WrappedJoinRequest.GZIP, join_request=b"no gzip").SerializeToString()
        ).decode(),
        base64.urlsafe_b64encode(
            rtc.WrappedJoinRequest(
                compression=rtc.WrappedJoinRequest.GZIP, join_request=gzip.compress(b"\xff" * 50, mtime=0)[:30]
            ).SerializeToString()
        ).decode(),
    ],
)
def test_a_join_request_that_cannot_be_unpacked_is_refused(text):
    with pytest.raises(RequestRefused):
        read({"access_token": TOKEN, "join_request": text}, single=True)


def test_a_small_request_that_unpacks_to_much_is_refused():
    bomb = rtc.WrappedJoinRequest(
        compression=rtc.WrappedJoinRequest.GZIP, join_request=gzip.compress(bytes(JOIN_BYTES_MAX * 20), 9)
    )
    text = base64.urlsafe_b64encode(bomb.SerializeToString()).decode()
    with pytest.raises(RequestRefused):
        read({"access_token": TOKEN, "join_request": text}, single=True)


@given(st.binary(max_size=200))
def test_any_join_request_is_read_or_refused(data):
    text = base64.urlsafe_b64encode(data).decode()
    try:
        read({"access_token": TOKEN, "join_request": text}, single=True)
    except RequestRefused:
        return
