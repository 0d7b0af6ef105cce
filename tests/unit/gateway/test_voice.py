"""Op 4: what the gateway asks of voice, and what it tells of the answer."""

from doubles.gateway import BOT, CHANNEL, GUILD, OTHER_TOKEN, PERSON, SECRET_CHANNEL, World
from hubbub.events.contracts import events, objects
from hubbub.gateway.service.voice import VoiceServer
from hubbub.kernel.errors import HubbubError


class NotAllowed(HubbubError):
    code = "voice.not_allowed"
    status = 403
    default_sentence = "You may not connect."


class Voice:
    """Voice as the gateway knows it: lets everybody into any channel but the secret one."""

    def __init__(self):
        self.asked = []
        self.connected = []
        self.ended = []

    async def update(self, user_id, session_id, update):
        self.asked.append((user_id, session_id, update.channel_id, update.self_mute, update.self_deaf))
        if update.channel_id == SECRET_CHANNEL:
            raise NotAllowed
        return None if update.channel_id is None else VoiceServer("voice-token", GUILD, "voice.example:443")

    def session_ended(self, user_id, session_id):
        self.ended.append((user_id, session_id))

    def states(self, guild_id):
        return self.connected if guild_id == GUILD else []


def state(channel_id, user_id=BOT):
    return objects.VoiceState(
        guild_id=str(GUILD),
        channel_id=None if channel_id is None else str(channel_id),
        user_id=str(user_id),
        session_id="s",
    )


async def join(world, peer, channel_id):
    channel = None if channel_id is None else str(channel_id)
    peer.send(4, {"guild_id": str(GUILD), "channel_id": channel, "self_mute": True, "self_deaf": False})
    await world.settle()


async def test_joining_asks_voice_and_tells_the_session_alone_where_to_connect():
    world = World(voice=Voice())
    bot, other = await world.identify(), await world.identify(OTHER_TOKEN)
    await join(world, bot, CHANNEL)
    assert world.voice.asked == [(BOT, bot.session_id, CHANNEL, True, False)]
    server = {"token": "voice-token", "guild_id": str(GUILD), "endpoint": "voice.example:443"}
    assert bot.named("VOICE_SERVER_UPDATE") == [server]
    assert other.named("VOICE_SERVER_UPDATE") == []


async def test_leaving_is_passed_on_and_needs_no_server():
    world = World(voice=Voice())
    bot = await world.identify()
    await join(world, bot, None)
    assert [channel_id for _, _, channel_id, *_ in world.voice.asked] == [None]
    assert bot.named("VOICE_SERVER_UPDATE") == []


async def test_a_refusal_is_quiet_as_the_protocol_has_no_answer_for_it():
    world = World(voice=Voice())
    bot = await world.identify()
    before = len(bot.read())
    await join(world, bot, SECRET_CHANNEL)
    assert (len(bot.read()), bot.close_code) == (before, None)


async def test_a_guild_that_the_session_is_not_in_is_not_asked_about():
    world = World(voice=Voice())
    bot = await world.identify()
    bot.send(4, {"guild_id": "77", "channel_id": str(CHANNEL), "self_mute": False, "self_deaf": False})
    await world.settle()
    assert world.voice.asked == []


async def test_a_state_is_told_to_the_guild_and_its_channel_to_those_who_see_it():
    world = World(voice=Voice())
    world.directory.guilds[GUILD].hidden[SECRET_CHANNEL] = {PERSON}
    bot, person = await world.identify(), await world.person()
    world.publish(events.VoiceStateUpdated(event_id=world.next_id(), guild_id=GUILD, voice_state=state(SECRET_CHANNEL)))
    assert [told["channel_id"] for told in bot.named("VOICE_STATE_UPDATE")] == [str(SECRET_CHANNEL)]
    assert [told["channel_id"] for told in person.named("VOICE_STATE_UPDATE")] == [None]


async def test_guild_create_lists_who_is_in_the_voice_channels_that_one_may_see():
    world = World(voice=Voice())
    world.directory.guilds[GUILD].hidden[SECRET_CHANNEL] = {PERSON}
    world.voice.connected = [state(CHANNEL), state(SECRET_CHANNEL, user_id=104)]
    bot, person = await world.identify(), await world.person()
    listed = [each["channel_id"] for each in bot.named("GUILD_CREATE")[0]["voice_states"]]
    assert listed == [str(CHANNEL), str(SECRET_CHANNEL)]
    assert [each["user_id"] for each in person.named("GUILD_CREATE")[0]["voice_states"]] == [str(BOT)]
