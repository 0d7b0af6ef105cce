"""What the gateway dispatches satisfies hikari's own event deserialisers, the strictest there are."""

from unittest.mock import MagicMock

import pytest
from hikari.impl.entity_factory import EntityFactoryImpl
from hikari.impl.event_factory import EventFactoryImpl

from doubles.gateway import BOT, CHANNEL, GUILD, PERSON, World
from hubbub.events.contracts import events, objects

WHEN = "2026-11-21T11:00:00.123000+00:00"
EMOJI = objects.PartialEmoji(id=None, name="🦊")
USER = objects.User(id=str(PERSON), username="ada")
MEMBER = objects.Member(user=USER, roles=["5"], joined_at=WHEN)
ROLE = objects.Role(id="5", name="keepers")
TEXT = {"position": 0, "permission_overwrites": [], "parent_id": None, "topic": None, "nsfw": False}
NEW_CHANNEL = objects.Channel(
    id="7003", type=0, name="new", guild_id=str(GUILD), rate_limit_per_user=0, last_message_id=None, **TEXT
)
INVITE = objects.Invite(
    code="c",
    channel=None,
    inviter=USER,
    created_at=WHEN,
    max_age=0,
    max_uses=0,
    temporary=False,
    uses=0,
    expires_at=None,
)
PLACE = {"guild_id": GUILD, "channel_id": CHANNEL}
HAPPENINGS = [
    events.ReactionAdded(
        event_id=1, **PLACE, message_id=9, message_author_id=PERSON, user_id=PERSON, emoji=EMOJI, member=MEMBER
    ),
    events.ReactionRemoved(event_id=2, **PLACE, message_id=9, user_id=PERSON, emoji=EMOJI),
    events.ReactionsCleared(event_id=3, **PLACE, message_id=9),
    events.ReactionsCleared(event_id=4, **PLACE, message_id=9, emoji=EMOJI),
    events.MessageDeleted(event_id=5, **PLACE, message_id=9),
    events.MessagesDeleted(event_id=6, **PLACE, message_ids=(9, 10)),
    events.PinsUpdated(event_id=7, **PLACE, last_pin_timestamp=WHEN),
    events.TypingStarted(event_id=8, **PLACE, user_id=PERSON, timestamp_s=1, member=MEMBER),
    events.RoleCreated(event_id=9, guild_id=GUILD, role=ROLE),
    events.RoleUpdated(event_id=10, guild_id=GUILD, role=ROLE),
    events.RoleDeleted(event_id=11, guild_id=GUILD, role_id=5),
    events.MemberUpdated(event_id=12, guild_id=GUILD, user_id=PERSON, member=MEMBER),
    events.EmojisUpdated(event_id=13, guild_id=GUILD, emojis=[objects.Emoji(id="3", name="lamp", user=USER)]),
    events.ChannelCreated(event_id=14, guild_id=GUILD, channel_id=7003, channel=NEW_CHANNEL),
    events.ChannelUpdated(event_id=15, guild_id=GUILD, channel_id=7003, channel=NEW_CHANNEL),
    events.ChannelDeleted(event_id=16, guild_id=GUILD, channel_id=7003, channel=NEW_CHANNEL),
    events.BanAdded(event_id=17, guild_id=GUILD, user=USER),
    events.BanRemoved(event_id=18, guild_id=GUILD, user=USER),
    events.InviteCreated(event_id=19, **PLACE, invite=INVITE),
    events.InviteDeleted(event_id=20, **PLACE, code="c"),
    events.MemberJoined(event_id=21, guild_id=GUILD, user_id=700, member=MEMBER),
    events.MemberLeft(event_id=22, guild_id=GUILD, user_id=700, user=USER),
    events.UserUpdated(event_id=23, user_id=BOT, user=objects.OwnUser(id=str(BOT), username="b", bot=True)),
]
READERS = {
    "CHANNEL_CREATE": "deserialize_guild_channel_create_event",
    "CHANNEL_UPDATE": "deserialize_guild_channel_update_event",
    "CHANNEL_DELETE": "deserialize_guild_channel_delete_event",
    "CHANNEL_PINS_UPDATE": "deserialize_channel_pins_update_event",
    "GUILD_BAN_ADD": "deserialize_guild_ban_add_event",
    "GUILD_BAN_REMOVE": "deserialize_guild_ban_remove_event",
    "GUILD_EMOJIS_UPDATE": "deserialize_guild_emojis_update_event",
    "GUILD_MEMBER_ADD": "deserialize_guild_member_add_event",
    "GUILD_MEMBER_REMOVE": "deserialize_guild_member_remove_event",
    "GUILD_MEMBER_UPDATE": "deserialize_guild_member_update_event",
    "GUILD_ROLE_CREATE": "deserialize_guild_role_create_event",
    "GUILD_ROLE_UPDATE": "deserialize_guild_role_update_event",
    "GUILD_ROLE_DELETE": "deserialize_guild_role_delete_event",
    "INVITE_CREATE": "deserialize_invite_create_event",
    "INVITE_DELETE": "deserialize_invite_delete_event",
    "MESSAGE_CREATE": "deserialize_message_create_event",
    "MESSAGE_DELETE": "deserialize_message_delete_event",
    "MESSAGE_DELETE_BULK": "deserialize_guild_message_delete_bulk_event",
    "MESSAGE_REACTION_ADD": "deserialize_message_reaction_add_event",
    "MESSAGE_REACTION_REMOVE": "deserialize_message_reaction_remove_event",
    "MESSAGE_REACTION_REMOVE_ALL": "deserialize_message_reaction_remove_all_event",
    "MESSAGE_REACTION_REMOVE_EMOJI": "deserialize_message_reaction_remove_emoji_event",
    "TYPING_START": "deserialize_typing_start_event",
    "USER_UPDATE": "deserialize_own_user_update_event",
    "GUILD_MEMBERS_CHUNK": "deserialize_guild_member_chunk_event",
}


@pytest.fixture
def hikari():
    app = MagicMock()
    app.entity_factory = EntityFactoryImpl(app)
    return EventFactoryImpl(app)


async def test_hikari_reads_every_dispatch(hikari):
    world = World()
    bot = await world.identify()
    for event in HAPPENINGS:
        world.hub.publish(event)
    world.hub.publish(world.message())
    bot.send(8, {"guild_id": str(GUILD), "query": "", "limit": 0, "presences": True, "nonce": "n"})
    await world.settle()
    await world.person(presence={"status": "idle", "activities": [{"name": "chess", "type": 0}]})
    shard, read = MagicMock(), set()
    for payload in bot.dispatches:
        name, body = payload["t"], payload["d"]
        read.add(name)
        match name:
            case "READY":
                hikari.deserialize_ready_event(shard, body)
            case "GUILD_CREATE":
                hikari.deserialize_guild_join_event(shard, body)
            case "PRESENCE_UPDATE":
                hikari.deserialize_presence_update_event(shard, body, old_presence=None)
            case _ if name in READERS:
                reader = getattr(hikari, READERS[name])
                names = reader.__code__.co_varnames[: reader.__code__.co_argcount + reader.__code__.co_kwonlyargcount]
                old = {each: None for each in names if each.startswith("old_")}
                reader(shard, body, **old)
            case _:
                raise AssertionError(name)
    assert read == {*READERS, "READY", "GUILD_CREATE", "PRESENCE_UPDATE"}
