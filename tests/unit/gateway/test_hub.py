"""The gateway as a client sees it: identify, events, resume, and the ways they fail."""

import pytest

from doubles.gateway import (
    BOT,
    BOT_TOKEN,
    CHANNEL,
    GUILD,
    OTHER,
    OTHER_TOKEN,
    PERSON,
    PERSON_COOKIE,
    SECRET_CHANNEL,
    Peer,
    World,
)
from hubbub.events.contracts import events, objects
from hubbub.gateway.config import GatewayConfig
from hubbub.gateway.domain.intents import ALL_INTENTS, Intent
from hubbub.gateway.service.directory import Identity


@pytest.fixture
def world():
    return World()


async def test_a_bot_gets_hello_ready_and_its_guild_with_every_documented_key(world):
    bot = await world.identify()
    assert bot.read()[0] == {"op": 10, "d": {"heartbeat_interval": 41250}, "s": None, "t": None}
    assert [payload["t"] for payload in bot.dispatches] == ["READY", "GUILD_CREATE"]
    assert [payload["s"] for payload in bot.dispatches] == [1, 2]
    ready, guild = bot.named("READY")[0], bot.named("GUILD_CREATE")[0]
    assert ready["guilds"] == [{"id": str(GUILD), "unavailable": True}]
    assert ready["application"] == {"id": str(BOT), "flags": 0}
    assert ready["resume_gateway_url"] == world.config.public_url
    assert {channel["id"] for channel in guild["channels"]} == {str(CHANNEL), str(SECRET_CHANNEL)}
    assert guild["member_count"] == 3
    assert {member["user"]["id"] for member in guild["members"]} == {str(BOT), str(PERSON), str(OTHER)}
    for key in ("joined_at", "large", "unavailable", "voice_states", "threads", "presences", "stage_instances"):
        assert key in guild


@pytest.mark.parametrize("compression", [None, "zlib-stream", "zstd-stream"])
async def test_events_arrive_numbered_without_gap_in_every_encoding(world, compression):
    bot = await world.identify(compression=compression)
    for index in range(300):
        world.publish(world.message(f"message {index}"))
    assert [message["content"] for message in bot.named("MESSAGE_CREATE")] == [
        f"message {index}" for index in range(300)
    ]
    assert [payload["s"] for payload in bot.dispatches] == list(range(1, 303))


async def test_events_published_together_leave_in_one_write(world):
    bot = await world.identify()
    writes = bot.link.writes
    for index in range(50):
        world.hub.publish(world.message(f"{index}"))
    world.hub.outbound.flush_all()
    assert bot.link.writes == writes + 1
    assert len(bot.named("MESSAGE_CREATE")) == 50


async def test_an_event_told_twice_is_delivered_once(world):
    bot = await world.identify()
    event = world.message()
    world.publish(event)
    world.publish(event)
    assert len(bot.named("MESSAGE_CREATE")) == 1


async def test_a_wrong_token_closes_with_4004(world):
    peer = await world.identify("wrong")
    assert peer.close_code == 4004


async def test_a_directory_that_fails_is_no_wrong_token(world, monkeypatch):
    async def fail(_token, _cookie):
        raise OSError("disk")

    monkeypatch.setattr(world.directory, "authenticate", fail)
    assert (await world.identify()).close_code == 4000


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"intents": 1 << 30}, 4013),
        ({"intents": -1}, 4013),
        ({"intents": None}, 4013),
        ({"shard": [2, 2]}, 4010),
        ({"shard": [0, 0]}, 4010),
        ({"shard": "no"}, 4002),
        ({"presence": {"status": "sleepy"}}, 4002),
    ],
)
async def test_identify_mistakes_have_their_close_codes(world, fields, code):
    assert (await world.identify(**fields)).close_code == code


async def test_an_intent_that_the_application_may_not_use_closes_with_4014(world):
    limited = ALL_INTENTS & ~int(Intent.MESSAGE_CONTENT)
    world.directory.add_user(900, "limited", Identity(900, is_bot=True, application_id=900, intents_allowed=limited))
    assert (await world.identify("limited")).close_code == 4014
    assert (await world.identify("limited", intents=limited)).close_code is None


async def test_too_many_guilds_for_one_shard_close_with_4011():
    world = World(config=GatewayConfig(guilds_per_shard_max=1))
    world.directory.add_guild(GUILD + (1 << 22), BOT)
    assert (await world.identify()).close_code == 4011
    assert (await world.identify(shard=[0, 2])).close_code is None


async def test_each_shard_gets_its_guilds_and_the_first_gets_direct_messages(world):
    second = GUILD + (1 << 22)
    world.directory.add_guild(second, BOT, [8001])
    shards = [await world.identify(shard=[index, 2]) for index in range(2)]
    assert [guild["id"] for guild in shards[0].named("GUILD_CREATE")] == [str(GUILD)]
    assert [guild["id"] for guild in shards[1].named("GUILD_CREATE")] == [str(second)]
    world.publish(world.message("first"))
    world.publish(world.message("second", guild=second, channel=8001))
    world.publish(world.message("direct", guild=None, channel=9001, recipients=(BOT, PERSON)))
    assert [each["content"] for each in shards[0].named("MESSAGE_CREATE")] == ["first", "direct"]
    assert [each["content"] for each in shards[1].named("MESSAGE_CREATE")] == ["second"]


async def test_intents_decide_which_events_come(world):
    deaf = await world.identify(intents=int(Intent.GUILDS))
    hearing = await world.identify(OTHER_TOKEN, intents=int(Intent.GUILDS | Intent.GUILD_MESSAGES))
    world.publish(world.message())
    assert deaf.named("MESSAGE_CREATE") == []
    assert len(hearing.named("MESSAGE_CREATE")) == 1


async def test_without_the_content_intent_content_is_blank_but_for_mentions_and_own_and_direct(world):
    blind = await world.identify(intents=ALL_INTENTS & ~int(Intent.MESSAGE_CONTENT))
    reader = await world.identify(OTHER_TOKEN)
    world.publish(world.message("secret"))
    world.publish(world.message("to you", mentions=[BOT]))
    world.publish(world.message("mine", author=BOT))
    world.publish(world.message("direct", guild=None, channel=9001, recipients=(BOT, PERSON)))
    assert [each["content"] for each in blind.named("MESSAGE_CREATE")] == ["", "to you", "mine", "direct"]
    assert [each["content"] for each in reader.named("MESSAGE_CREATE")] == ["secret", "to you", "mine"]


async def test_a_message_names_the_kind_of_its_channel(world):
    bot = await world.identify()
    world.publish(world.message("in a guild"))
    world.publish(world.message("direct", guild=None, channel=9001, recipients=(BOT, PERSON), channel_type=1))
    assert [each["channel_type"] for each in bot.named("MESSAGE_CREATE")] == [0, 1]


async def test_a_hidden_channel_stays_hidden_and_appears_when_it_is_opened(world):
    world.directory.guilds[GUILD].hidden[SECRET_CHANNEL] = {BOT}
    bot, person = await world.identify(), await world.person()
    assert {channel["id"] for channel in bot.named("GUILD_CREATE")[0]["channels"]} == {str(CHANNEL)}
    world.publish(world.message("hush", channel=SECRET_CHANNEL))
    assert bot.named("MESSAGE_CREATE") == []
    assert len(person.named("MESSAGE_CREATE")) == 1

    world.directory.guilds[GUILD].hidden.clear()
    role = objects.Role(id="5", name="keys")
    world.hub.publish(events.RoleUpdated(event_id=world.next_id(), guild_id=GUILD, role=role))
    world.hub.publish(world.message("after", channel=SECRET_CHANNEL))
    await world.settle()
    names = [payload["t"] for payload in bot.dispatches[2:] if payload["t"] != "PRESENCE_UPDATE"]
    assert names == ["GUILD_ROLE_UPDATE", "CHANNEL_CREATE", "MESSAGE_CREATE"]

    world.directory.guilds[GUILD].hidden[SECRET_CHANNEL] = {BOT}
    channel = world.directory.guilds[GUILD].channels[SECRET_CHANNEL]
    world.hub.publish(
        events.ChannelUpdated(event_id=world.next_id(), guild_id=GUILD, channel_id=SECRET_CHANNEL, channel=channel)
    )
    world.hub.publish(world.message("gone", channel=SECRET_CHANNEL))
    await world.settle()
    assert [each["id"] for each in bot.named("CHANNEL_DELETE")] == [str(SECRET_CHANNEL)]
    assert [each["id"] for each in person.named("CHANNEL_UPDATE")] == [str(SECRET_CHANNEL)]
    assert [each["content"] for each in bot.named("MESSAGE_CREATE")] == ["after"]
    assert [each["content"] for each in person.named("MESSAGE_CREATE")] == ["hush", "after", "gone"]


async def test_joining_and_leaving_a_guild_is_told_to_the_user_and_to_the_others(world):
    newcomer = 500
    world.directory.add_user(newcomer, "newcomer")
    peer, bot = await world.identify("newcomer"), await world.identify()
    assert peer.named("READY")[0]["guilds"] == []
    member = world.directory.join(GUILD, newcomer)
    world.hub.publish(events.MemberJoined(event_id=world.next_id(), guild_id=GUILD, user_id=newcomer, member=member))
    world.hub.publish(world.message("welcome"))
    await world.settle()
    names = [payload["t"] for payload in peer.dispatches if payload["t"] != "PRESENCE_UPDATE"]
    assert names == ["READY", "GUILD_CREATE", "MESSAGE_CREATE"]
    # By this libraries tell a guild that was joined from one that is available again.
    assert "unavailable" not in peer.named("GUILD_CREATE")[0]
    assert bot.named("GUILD_CREATE")[0]["unavailable"] is False
    assert bot.named("GUILD_MEMBER_ADD")[0]["user"]["id"] == str(newcomer)

    del world.directory.guilds[GUILD].members[newcomer]
    user = objects.User(id=str(newcomer), username="newcomer")
    world.publish(events.MemberLeft(event_id=world.next_id(), guild_id=GUILD, user_id=newcomer, user=user))
    world.publish(world.message("bye"))
    assert peer.named("GUILD_DELETE") == [{"id": str(GUILD)}]
    assert len(peer.named("MESSAGE_CREATE")) == 1
    assert bot.named("GUILD_MEMBER_REMOVE")[0]["user"]["id"] == str(newcomer)


async def test_what_happens_during_the_opening_is_delivered_after_it(world, monkeypatch):
    import asyncio

    gate = asyncio.Event()
    original = world.directory.guild

    async def slow(guild_id, user_id):
        answer = await original(guild_id, user_id)
        await gate.wait()
        return answer

    monkeypatch.setattr(world.directory, "guild", slow)
    bot = await world.identify()
    world.publish(world.message("meanwhile"))
    assert [payload["t"] for payload in bot.dispatches] == ["READY"]
    gate.set()
    await world.settle()
    names = [payload["t"] for payload in bot.dispatches if payload["t"] != "PRESENCE_UPDATE"]
    assert names == ["READY", "GUILD_CREATE", "MESSAGE_CREATE"]


async def test_resume_replays_what_was_missed_and_nothing_else(world):
    bot = await world.identify()
    world.publish(world.message("seen"))
    seen = bot.sequence
    bot.drop()
    for index in range(5):
        world.publish(world.message(f"missed {index}"))
    world.clock.advance(299)
    world.hub.sweep()
    again = await world.resume(bot)
    assert [payload["s"] for payload in again.dispatches] == list(range(seen + 1, seen + 7))
    assert [each["content"] for each in again.named("MESSAGE_CREATE")] == [f"missed {index}" for index in range(5)]
    assert again.dispatches[-1]["t"] == "RESUMED"


async def test_resume_after_the_window_or_a_normal_close_must_identify_anew(world):
    bot = await world.identify()
    bot.drop()
    world.clock.advance(world.config.resume_window_s + 1)
    world.hub.sweep()
    assert (await world.resume(bot)).read()[-1]["op"] == 9
    other = await world.identify(OTHER_TOKEN)
    other.drop(1000)
    assert (await world.resume(other, token=OTHER_TOKEN)).read()[-1] == {"op": 9, "d": False, "s": None, "t": None}


async def test_resume_with_an_impossible_number_closes_with_4007(world):
    bot = await world.identify()
    bot.drop()
    assert (await world.resume(bot, seq=999)).close_code == 4007


async def test_nobody_resumes_the_session_of_another(world):
    bot = await world.identify()
    bot.drop()
    thief = await world.resume(bot, token=OTHER_TOKEN)
    assert thief.read()[-1]["op"] == 9
    assert (await world.resume(bot)).dispatches[-1]["t"] == "RESUMED"


async def test_resuming_a_session_that_still_has_a_socket_takes_it_over(world):
    bot = await world.identify()
    again = await world.resume(bot)
    assert bot.close_code == 4000
    world.publish(world.message())
    assert len(again.named("MESSAGE_CREATE")) == 1
    assert bot.named("MESSAGE_CREATE") == []


async def test_a_slow_reader_is_cut_off_and_resumes_without_loss():
    world = World(config=GatewayConfig(lag_bytes_max=20_000))
    bot, other = await world.identify(), await world.identify(OTHER_TOKEN)
    bot.stall()
    published = 0
    while not bot.link.aborted:
        world.publish(world.message(f"{published}"))
        published += 1
        assert published < 1000
    world.publish(world.message("last"))
    again = await world.resume(bot)
    received = [each["content"] for each in (*bot.named("MESSAGE_CREATE"), *again.named("MESSAGE_CREATE"))]
    assert received == [*(f"{index}" for index in range(published)), "last"]
    assert len(other.named("MESSAGE_CREATE")) == published + 1


async def test_a_socket_that_is_closed_already_costs_nobody_else_an_event(world):
    bots = [await world.identify() for _ in range(3)]

    def closed(_data):
        raise RuntimeError("the handler is closed")

    session = world.hub.sessions[bots[1].session_id]
    bots[1].link.write = closed
    bots[1].drain()
    world.publish(world.message("one"))
    world.hub.outbound.dispatch(session, "PRIVATE", b"null")
    world.publish(world.message("two"))
    bots[1].drop()
    again = await world.resume(bots[1])
    for peer in (bots[0], again, bots[2]):
        assert [each["content"] for each in peer.named("MESSAGE_CREATE")] == ["one", "two"]


async def test_a_reader_that_catches_up_in_time_misses_nothing(world):
    bot = await world.identify()
    bot.stall()
    for index in range(300):
        world.publish(world.message(f"{index}"))
    assert bot.named("MESSAGE_CREATE") == []
    bot.drain()
    assert [each["content"] for each in bot.named("MESSAGE_CREATE")] == [f"{index}" for index in range(300)]


async def test_presence_is_merged_told_and_ends_with_the_session(world):
    bot = await world.identify()
    person = await world.person(presence={"status": "dnd", "activities": [{"name": "chess", "type": 0}]})
    told = bot.named("PRESENCE_UPDATE")[-1]
    assert (told["user"], told["status"], told["client_status"]) == ({"id": str(PERSON)}, "dnd", {"web": "dnd"})
    assert told["activities"][0]["name"] == "chess"
    person.send(3, {"status": "invisible", "activities": [], "since": None, "afk": False})
    await world.settle()
    assert bot.named("PRESENCE_UPDATE")[-1]["status"] == "offline"
    person.send(3, {"status": "online", "activities": [], "since": 0.0, "afk": False})
    person.drop()
    await world.settle()
    assert bot.named("PRESENCE_UPDATE")[-1]["status"] == "online"
    world.clock.advance(world.config.resume_window_s + 1)
    bot.send(1, None)
    world.hub.sweep()
    world.hub.outbound.flush_all()
    assert bot.named("PRESENCE_UPDATE")[-1]["status"] == "offline"


async def test_guild_create_lists_who_is_online_only_beyond_the_large_threshold(world):
    for user_id in range(2000, 2100):
        world.directory.join(GUILD, user_id)
    await world.person()
    bot = await world.identify(large_threshold=50)
    guild = bot.named("GUILD_CREATE")[0]
    assert guild["large"] is True
    assert {member["user"]["id"] for member in guild["members"]} == {str(BOT), str(PERSON)}
    assert {presence["user"]["id"] for presence in guild["presences"]} == {str(BOT), str(PERSON)}
    plain = await world.identify(OTHER_TOKEN, intents=int(Intent.GUILDS))
    assert [member["user"]["id"] for member in plain.named("GUILD_CREATE")[0]["members"]] == [str(OTHER)]
    assert plain.named("GUILD_CREATE")[0]["presences"] == []


async def test_member_chunks_follow_nonce_limit_and_not_found(world):
    for user_id in range(2000, 4300):
        world.directory.join(GUILD, user_id)
    bot = await world.identify()
    bot.send(8, {"guild_id": str(GUILD), "query": "", "limit": 0, "nonce": "all", "presences": True})
    await world.settle()
    chunks = bot.named("GUILD_MEMBERS_CHUNK")
    assert [(chunk["chunk_index"], chunk["chunk_count"], len(chunk["members"])) for chunk in chunks] == [
        (0, 3, 1000),
        (1, 3, 1000),
        (2, 3, 303),
    ]
    assert len({member["user"]["id"] for chunk in chunks for member in chunk["members"]}) == 2303
    assert {chunk["nonce"] for chunk in chunks} == {"all"}
    assert [presence["user"]["id"] for presence in chunks[0]["presences"]] == [str(BOT)]
    bot.send(8, {"guild_id": GUILD, "user_ids": [BOT, "4", "x"], "nonce": "n" * 33})
    bot.send(8, {"guild_id": GUILD, "query": "user20", "limit": 0})
    bot.send(8, {"guild_id": 12345, "user_ids": ["4"], "nonce": "nowhere"})
    await world.settle()
    by_id, by_prefix, nowhere = bot.named("GUILD_MEMBERS_CHUNK")[3:]
    assert [member["user"]["id"] for member in by_id["members"]] == [str(BOT)]
    assert by_id["not_found"] == ["4", "x"]
    assert "nonce" not in by_id
    assert len(by_prefix["members"]) == 100
    assert (nowhere["members"], nowhere["nonce"]) == ([], "nowhere")


async def test_everyone_is_listed_only_with_the_members_intent(world):
    bot = await world.identify(intents=int(Intent.GUILDS))
    bot.send(8, {"guild_id": GUILD, "query": "", "limit": 0})
    await world.settle()
    assert [member["user"]["id"] for member in bot.named("GUILD_MEMBERS_CHUNK")[0]["members"]] == [str(BOT)]


async def test_a_flood_of_identifies_is_answered_without_reading_tokens(world):
    for _ in range(world.config.failures_per_address):
        assert (await world.identify("wrong")).close_code == 4004
    asked = []
    world.directory.identities = type("Spy", (dict,), {"get": lambda *_: asked.append(1)})()
    assert (await world.identify("wrong")).close_code == 4008
    assert asked == []


async def test_too_many_identifies_of_one_user_get_an_invalid_session(world):
    peers = [await world.identify() for _ in range(world.config.identify_concurrency + 1)]
    assert peers[-1].read()[-1] == {"op": 9, "d": False, "s": None, "t": None}
    assert peers[-1].close_code is None
    world.clock.advance(5)
    peers[-1].send(2, {"token": BOT_TOKEN, "intents": 1, "properties": {}})
    await world.settle()
    assert peers[-1].dispatches[0]["t"] == "READY"


async def test_a_full_gateway_says_so():
    world = World(config=GatewayConfig(connections_max=1))
    Peer(world)
    assert Peer(world).close_code == 1013


async def test_direct_messages_and_own_state_go_to_the_people_they_concern(world):
    bot, person = await world.identify(), await world.person()
    user = objects.User(id=str(BOT), username="bot")
    me = objects.User(id=str(PERSON), username="person")
    channel = objects.Channel(id="9001", type=1, recipients=[user, me])
    world.publish(
        events.ChannelCreated(
            event_id=world.next_id(), guild_id=None, channel_id=9001, channel=channel, recipients=(BOT, PERSON)
        )
    )
    state = objects.ReadState(channel_id="9001", last_message_id="5")
    world.publish(events.ReadStateUpdated(event_id=world.next_id(), user_id=PERSON, read_state=state))
    world.publish(events.UserUpdated(event_id=world.next_id(), user_id=BOT, user=world.directory.users[BOT]))
    assert [each["id"] for each in person.named("CHANNEL_CREATE")[0]["recipients"]] == [str(BOT)]
    assert person.named("READ_STATE_UPDATE")[0]["last_message_id"] == "5"
    assert bot.named("USER_UPDATE")[0]["id"] == str(BOT)
    assert person.named("USER_UPDATE") == bot.named("CHANNEL_CREATE") == bot.named("READ_STATE_UPDATE") == []


async def test_an_interaction_goes_to_its_application_alone(world):
    bot, other, person = await world.identify(), await world.identify(OTHER_TOKEN), await world.person()
    interaction = objects.Interaction(
        id="1", application_id=str(BOT), type=2, token="t", app_permissions="0", attachment_size_limit=1
    )
    world.publish(
        events.InteractionCreated(event_id=world.next_id(), guild_id=GUILD, application_id=BOT, interaction=interaction)
    )
    assert len(bot.named("INTERACTION_CREATE")) == 1
    assert other.named("INTERACTION_CREATE") == person.named("INTERACTION_CREATE") == []


async def test_an_ephemeral_message_is_for_one_person(world):
    bot, person = await world.identify(), await world.person()
    world.publish(world.message("for you", author=BOT, visible_to=PERSON))
    assert len(person.named("MESSAGE_CREATE")) == 1
    assert bot.named("MESSAGE_CREATE") == []


async def test_a_revoked_login_closes_its_sockets_and_forgets_the_session(world):
    person = await world.person()
    world.publish(events.SessionRevoked(event_id=world.next_id(), user_id=PERSON, session_id=54))
    assert person.close_code is None
    world.publish(events.SessionRevoked(event_id=world.next_id(), user_id=PERSON, session_id=55))
    assert person.close_code == 4004
    again = await world.resume(person, token="session", cookie=PERSON_COOKIE)
    assert again.read()[-1]["op"] == 9


async def test_a_directory_that_stays_silent_costs_a_new_identify_and_never_a_gap(world, monkeypatch):
    bot = await world.identify()

    async def fail(*_args):
        raise OSError("locked")

    monkeypatch.setattr(world.directory, "channels", fail)
    monkeypatch.setattr("hubbub.gateway.service.lookup._FIRST_PAUSE_S", 0)
    role = objects.Role(id="5", name="keys")
    world.hub.publish(events.RoleUpdated(event_id=world.next_id(), guild_id=GUILD, role=role))
    await world.settle()
    assert bot.read()[-1]["op"] == 9
    assert bot.close_code == 4000


async def test_op_4_without_voice_is_checked_and_quiet(world):
    bot = await world.identify()
    before = len(bot.read())
    bot.send(4, {"guild_id": str(GUILD), "channel_id": None, "self_mute": False, "self_deaf": False})
    await world.settle()
    assert (len(bot.read()), bot.close_code) == (before, None)
    bot.send(4, {"guild_id": "no"})
    assert bot.close_code == 4002


async def test_acknowledged_private_payloads_are_freed(world):
    bot = await world.identify()
    session = world.hub.sessions[bot.session_id]
    assert session.private_weight > 0
    bot.send(1, bot.sequence)
    assert session.private_weight == 0
    assert bot.read()[-1]["op"] == 11
