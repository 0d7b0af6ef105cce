"""Events survive their own encoding, and nothing else decodes."""

import msgspec
import pytest

from hubbub.events.contracts import events, objects


def message(**changes):
    author = objects.User(id="3", username="ada")
    return objects.Message(
        id="1", channel_id="2", author=author, content="hi", timestamp="2026-01-01T00:00:00+00:00", **changes
    )


def test_an_event_comes_back_as_it_was():
    reply = message(referenced_message=message(), nonce="7")
    event = events.MessageCreated(event_id=9, guild_id=5, channel_id=2, message=reply)
    assert events.decode(events.encode(event)) == event


def test_a_deleted_reference_stays_null_and_an_absent_one_stays_absent():
    gone = msgspec.json.decode(msgspec.json.encode(message(referenced_message=None)))
    absent = msgspec.json.decode(msgspec.json.encode(message()))
    assert gone["referenced_message"] is None
    assert "referenced_message" not in absent


@pytest.mark.parametrize(
    "document",
    [
        b'{"type":"guild.exploded","event_id":1}',
        b'{"type":"guild.deleted","event_id":1,"guild_id":2,"extra":3}',
        b'{"type":"guild.deleted","event_id":1}',
        b'{"type":"guild.deleted","event_id":"1","guild_id":2}',
        b"[]",
    ],
)
def test_anything_else_is_refused(document):
    with pytest.raises(msgspec.ValidationError):
        events.decode(document)


def test_events_of_one_guild_share_a_key():
    deleted = events.GuildDeleted(event_id=1, guild_id=5)
    sent = events.MessageCreated(event_id=2, guild_id=5, channel_id=8, message=message())
    direct = events.MessageCreated(event_id=3, guild_id=None, channel_id=8, message=message(), recipients=(3, 4))
    assert events.partition_key(deleted) == events.partition_key(sent) == 5
    assert events.partition_key(direct) == 8
