"""The small parts: handshakes, frames, windows, budgets, presences, shards, dispatches."""

import json

import pytest

from hubbub.events.contracts import events, objects
from hubbub.gateway.domain import dispatch
from hubbub.gateway.domain.command import Activity, IdentifyProperties, PresenceUpdate
from hubbub.gateway.domain.framing import close_frame, frame, header
from hubbub.gateway.domain.handshake import is_gateway, read_handshake
from hubbub.gateway.domain.intents import ALL_INTENTS
from hubbub.gateway.domain.limit import FixedWindow, ReplayBudget
from hubbub.gateway.domain.presence import OFFLINE, SessionPresence, merge, platform_of, session_presence
from hubbub.gateway.domain.protocol import shard_of
from hubbub.gateway.domain.session import Payload, Session, plain_frames


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/gateway", True),
        ("/gateway/", True),
        ("/gateway?v=10", True),
        ("/gateway/?v=10", True),
        ("/gateways", False),
        ("/gateway/x", False),
        ("/api/v10/gateway", False),
        ("/", False),
    ],
)
def test_only_the_gateways_own_path_is_taken(target, expected):
    assert is_gateway(target) is expected


@pytest.mark.parametrize(
    ("headers", "allowed", "cookie"),
    [
        ({"cookie": "a=b"}, (), "a=b"),
        ({"cookie": "a=b", "origin": "https://chat.example", "host": "chat.example"}, (), "a=b"),
        ({"cookie": "a=b", "origin": "https://evil.example", "host": "chat.example"}, (), None),
        ({"cookie": "a=b", "origin": "null", "host": "chat.example"}, (), None),
        ({"cookie": "a=b", "origin": "http://["}, (), None),
        ({"cookie": "a=b", "origin": "https://app.example", "host": "x"}, ("https://app.example",), "a=b"),
    ],
)
def test_a_cookie_counts_only_from_our_own_origin(headers, allowed, cookie):
    assert read_handshake("/gateway", headers, "192.0.2.1", allowed).cookie == cookie


def test_an_endless_query_is_no_problem():
    assert read_handshake("/gateway?" + "a=1&" * 1000, {}, "").problem is None


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536])
def test_frame_headers_hold_their_size(size):
    head = header(0x81, size)
    assert head[0] == 0x81
    assert len(frame(0x81, b"x" * size)) == len(head) + size
    told = head[1] if head[1] < 126 else int.from_bytes(head[2:], "big")
    assert told == size


def test_a_close_reason_is_cut_between_characters():
    data = close_frame(4000, "é" * 200)
    assert data[1] <= 125
    assert data[4:].decode() == "é" * 61


def test_plain_frames_number_each_payload():
    payloads = [Payload("A", b"{}"), Payload("B", b'"' + b"x" * 70_000 + b'"')]
    data = plain_frames(payloads, 9)
    first = payloads[0].text(9)
    assert data == frame(0x81, first) + frame(0x81, payloads[1].text(10))
    assert json.loads(first) == {"op": 0, "s": 9, "t": "A", "d": {}}


def test_a_window_counts_per_key_and_forgets_the_oldest_key():
    window = FixedWindow(2, 10.0, keys_max=2)
    assert [window.take("a", 0.0) for _ in range(3)] == [True, True, False]
    assert window.exhausted("a", 9.9)
    assert not window.exhausted("a", 10.0)
    assert window.remaining("a", 4.0) == (0, 6.0)
    window.take("b", 0.0)
    window.take("c", 0.0)
    assert window.take("a", 1.0)


def test_the_budget_keeps_the_newest_payloads():
    budget = ReplayBudget(1000)
    for _ in range(100):
        budget.next_number()
        budget.count(100)
    assert 88 <= budget.floor <= 92


def test_a_session_keeps_acknowledged_shared_payloads_a_while():
    session = Session("s")
    session.append(Payload("READY", b"{}", private=True))
    for _ in range(10):
        session.append(Payload("E", b"{}"))
    session.take(100)
    session.acknowledge(8)
    assert (session.first, len(session.ring), session.private_weight) == (2, 10, 0)
    session.acknowledge(5000)
    assert session.acknowledged == 11


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], "offline"),
        (["invisible"], "offline"),
        (["idle", "online"], "online"),
        (["online", "dnd"], "dnd"),
        (["idle", "offline"], "idle"),
    ],
)
def test_presences_of_one_user_merge(statuses, expected):
    assert merge(SessionPresence(status) for status in statuses).status == expected


def test_client_status_names_each_platform_once_and_activities_are_not_doubled():
    chess = Activity(name="chess", type=0)
    merged = merge(
        [
            SessionPresence("idle", (chess,), "mobile"),
            SessionPresence("online", (chess,), "web"),
            SessionPresence("idle", (), "web"),
        ]
    )
    assert dict(merged.client_status) == {"web": "online", "mobile": "idle"}
    assert merged.activities == (chess,)
    assert merge([SessionPresence("invisible", (chess,))]) == OFFLINE


def test_platforms_and_activity_times():
    assert platform_of(IdentifyProperties(os="Android"), is_bot=False) == "mobile"
    assert platform_of(IdentifyProperties(os="Android"), is_bot=True) == "web"
    assert platform_of(IdentifyProperties(browser="Hubbub Desktop"), is_bot=False) == "desktop"
    update = PresenceUpdate("online", [Activity(name="chess", type=0)])
    assert session_presence(update, "web", 5).activities[0].created_at == 5


def test_shards_follow_the_documented_formula():
    assert [shard_of(guild << 22, 3) for guild in range(4)] == [0, 1, 2, 0]


def test_all_intents_are_the_documented_ones():
    assert sum(1 << bit for bit in (*range(17), 20, 21, 24, 25)) == ALL_INTENTS


def test_a_blanked_message_keeps_its_shape_and_loses_its_content():
    user = objects.User(id="1", username="a")
    inner = objects.Message(id="1", channel_id="2", author=user, content="inner", timestamp="t")
    message = objects.Message(
        id="2", channel_id="2", author=user, content="outer", timestamp="t", referenced_message=inner
    )
    blanked = dispatch.blank(message)
    assert (blanked.content, blanked.referenced_message.content, message.content) == ("", "", "outer")


def test_every_event_is_told_or_deliberately_the_gateways_own():
    from typing import get_args

    from hubbub.gateway.service.delivery import _HANDLERS

    in_rooms, built = set(_HANDLERS), set(dispatch._BUILDERS)
    elsewhere = {events.GuildCreated, events.SessionRevoked}
    assert in_rooms | built | elsewhere == set(get_args(events.Event))


@pytest.mark.parametrize(
    ("event", "name"),
    [
        (events.MessageDeleted(event_id=1, guild_id=2, channel_id=3, message_id=4), "MESSAGE_DELETE"),
        (events.MessagesDeleted(event_id=1, guild_id=2, channel_id=3, message_ids=(4, 5)), "MESSAGE_DELETE_BULK"),
        (events.ReactionsCleared(event_id=1, guild_id=2, channel_id=3, message_id=4), "MESSAGE_REACTION_REMOVE_ALL"),
        (events.PinsUpdated(event_id=1, guild_id=2, channel_id=3, last_pin_timestamp=None), "CHANNEL_PINS_UPDATE"),
        (events.TypingStarted(event_id=1, guild_id=2, channel_id=3, user_id=4, timestamp_s=5), "TYPING_START"),
        (events.RoleDeleted(event_id=1, guild_id=2, role_id=3), "GUILD_ROLE_DELETE"),
        (events.InviteDeleted(event_id=1, guild_id=2, channel_id=3, code="c"), "INVITE_DELETE"),
    ],
)
def test_bodies_name_ids_as_strings(event, name):
    told = dispatch.dispatch_of(event)
    body = json.loads(told.body)
    assert told.name == name
    assert told.intent
    assert body["guild_id"] == "2"
    assert all(isinstance(body[key], str) for key in body if key.endswith("_id"))
