"""Access tokens: what we sign LiveKit's own code reads, and what it signs we read."""

import datetime as dt

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.voice.domain.grant import Claims, VideoGrant
from hubbub.voice.domain.permission import Source
from hubbub.voice.domain.token import LEEWAY_S, sign_token, verify_token
from hubbub.voice.errors import TokenRefused

KEY, SECRET = "APIkey", "a secret of at least thirty-two bytes, as HS256 wants"
NOW = 1_800_000_000
SECRETS = {KEY: SECRET}


def test_a_token_says_what_was_signed():
    claims = Claims(
        identity="ada",
        name="Ada",
        metadata="m",
        attributes={"a": "b"},
        kind="agent",
        video=VideoGrant(room_join=True, room="den", can_publish=False, can_publish_sources=("camera",), hidden=True),
    )
    token = verify_token(sign_token(claims, KEY, SECRET, now_s=NOW, lifetime_s=60), SECRETS, now_s=NOW)
    assert token.claims == claims
    assert (token.key, token.expires_s, token.issued_s) == (KEY, NOW + 60, NOW)


def test_the_field_names_are_those_of_livekit():
    raw = sign_token(
        Claims(identity="ada", video=VideoGrant(room_join=True, room="den", can_publish_data=False)),
        KEY,
        SECRET,
        now_s=NOW,
    )
    payload = jwt.decode(raw, options={"verify_signature": False})
    assert payload["video"] == {"roomJoin": True, "room": "den", "canPublishData": False}
    assert (payload["sub"], payload["iss"], payload["nbf"]) == ("ada", KEY, NOW)


def test_a_token_of_the_python_server_sdk_is_read():
    api = pytest.importorskip("livekit.api")
    made = (
        api.AccessToken(KEY, SECRET)
        .with_identity("grace")
        .with_name("Grace")
        .with_attributes({"team": "navy"})
        .with_grants(api.VideoGrants(room_join=True, room="den", can_publish=True, can_publish_sources=["microphone"]))
        .with_ttl(dt.timedelta(minutes=5))
        .to_jwt()
    )
    now_s = dt.datetime.now(tz=dt.UTC).timestamp()
    claims = verify_token(made, SECRETS, now_s=now_s).claims
    assert (claims.identity, claims.name, claims.attributes) == ("grace", "Grace", {"team": "navy"})
    permission = claims.video.permission()
    assert permission.may_publish(Source.MICROPHONE)
    assert not permission.may_publish(Source.CAMERA)


def test_the_python_server_sdk_reads_ours():
    api = pytest.importorskip("livekit.api")
    now_s = int(dt.datetime.now(tz=dt.UTC).timestamp())
    raw = sign_token(
        Claims(identity="ada", video=VideoGrant(room_join=True, room="den"), attributes={"a": "b"}),
        KEY,
        SECRET,
        now_s=now_s,
    )
    claims = api.TokenVerifier(KEY, SECRET).verify(raw)
    assert (claims.identity, claims.video.room, claims.attributes) == ("ada", "den", {"a": "b"})


def test_times_have_a_minute_of_leeway():
    raw = sign_token(Claims(identity="ada"), KEY, SECRET, now_s=NOW, lifetime_s=100)
    assert verify_token(raw, SECRETS, now_s=NOW - LEEWAY_S)
    assert verify_token(raw, SECRETS, now_s=NOW + 100 + LEEWAY_S - 1)
    for now_s in (NOW - LEEWAY_S - 1, NOW + 100 + LEEWAY_S):
        with pytest.raises(TokenRefused):
            verify_token(raw, SECRETS, now_s=now_s)


def encoded(payload, secret=SECRET, algorithm="HS256"):
    return jwt.encode(payload, secret, algorithm=algorithm)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "a.b.c",
        encoded({"iss": KEY, "sub": "ada"}),
        encoded({"iss": KEY, "exp": NOW + 60}, secret="another secret that nobody here knows about"),
        encoded({"iss": "other", "exp": NOW + 60}),
        encoded({"exp": NOW + 60}),
        encoded({"iss": KEY, "exp": "soon"}),
        encoded({"iss": KEY, "exp": True}),
        encoded({"iss": KEY, "exp": NOW + 60, "video": {"room": 5}}),
        encoded({"iss": KEY, "exp": NOW + 60, "video": []}) + "x",
        encoded({"iss": KEY, "exp": NOW + 60}, secret=SECRET * 2, algorithm="HS512"),
        jwt.encode({"iss": KEY, "exp": NOW + 60}, "", algorithm="none"),
        "x" * 100_000,
    ],
)
def test_a_bad_token_is_refused(raw):
    with pytest.raises(TokenRefused):
        verify_token(raw, SECRETS, now_s=NOW)


@given(st.text(max_size=200))
def test_any_text_is_refused_as_a_token(raw):
    with pytest.raises(TokenRefused):
        verify_token(raw, SECRETS, now_s=NOW)


def test_a_token_without_permissions_grants_publishing_and_subscribing():
    permission = VideoGrant(room_join=True).permission()
    assert permission.can_publish
    assert permission.can_subscribe
    assert permission.can_publish_data
    assert not permission.can_update_metadata
    assert not VideoGrant(can_publish=False).permission().can_publish_data
