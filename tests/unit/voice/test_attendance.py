"""Voice channels: who may come in, what moderators do to a call that goes on, and how every attendance ends."""

import asyncio
import contextlib

import pytest
from livekit.protocol import models, rtc

from doubles.media_plane import MemoryMediaPlane
from doubles.voice_client import KEY, OFFERS, SECRET
from hubbub.community.errors import UnknownChannel
from hubbub.events.contracts import events, objects
from hubbub.kernel.clock import ManualClock
from hubbub.kernel.errors import HubbubError
from hubbub.kernel.randomness import SeededRandom
from hubbub.voice.config import VoiceConfig
from hubbub.voice.domain.attendance import SESSION_GRACE_S, Standing, Wish
from hubbub.voice.domain.grant import Claims, VideoGrant
from hubbub.voice.domain.key import ApiKey
from hubbub.voice.domain.permission import Source
from hubbub.voice.domain.token import verify_token
from hubbub.voice.errors import ChannelFull, MediaPlaneMissing, NotInVoice, NotPermitted
from hubbub.voice.service import media_plane as plane
from hubbub.voice.service.attendance import JOIN_WAIT_S, RETURN_WAIT_S, Attendance
from hubbub.voice.service.joining import Joining
from hubbub.voice.service.signal import SignalConnection
from hubbub.voice.service.voice import Voice

GUILD, OTHER_GUILD, LOUNGE, DEN, STAGE, ELSEWHERE = 1, 2, 10, 11, 12, 20
ADA, GRACE, BOT = 100, 101, 102
OWN = ApiKey("APIown", "an own secret of at least thirty-two bytes", "hubbub", is_own=True, created_at_ms=0)


class Guilds:
    """A community in which everybody may do everything that is not taken."""

    def __init__(self):
        self.changes = {}
        self.trouble = {}

    async def standing(self, user_id, guild_id, channel_id):
        await asyncio.sleep(0)
        if problem := self.trouble.get(user_id):
            raise problem
        if channel_id not in ({LOUNGE, DEN, STAGE} if guild_id == GUILD else {ELSEWHERE}):
            raise UnknownChannel
        rights = {
            "user_limit": 0,
            "may_connect": True,
            "may_speak": True,
            "may_stream": True,
            "may_move": False,
            "is_muted": False,
            "is_deafened": False,
            "is_priority": False,
            "name": f"user {user_id}",
        }
        rights |= self.changes.get(user_id, {}) | self.changes.get(channel_id, {})
        return Standing(
            guild_id=guild_id,
            channel_id=channel_id,
            user_id=user_id,
            is_stage=channel_id == STAGE,
            avatar=None,
            is_bot=user_id == BOT,
            member=objects.Member(nick=None, joined_at="", roles=[]),
            **rights,
        )


class World:
    """One process's attendance, on virtual time."""

    def __init__(self):
        self.clock, self.plane, self.guilds = ManualClock(), MemoryMediaPlane(), Guilds()
        secrets = {OWN.key: OWN.secret, KEY: SECRET}
        self.voice = Voice(VoiceConfig(), self.plane, secrets, self.clock, SeededRandom(3))
        self.told, self.tickets, self.ids = [], [], iter(range(1, 10_000))
        self.attendance = Attendance(self.voice, self.guilds, OWN, self.clock, self.told.append, lambda: next(self.ids))
        self.attendance.on_ticket = lambda session_id, ticket: self.tickets.append((session_id, ticket))

    async def wish(self, user_id=ADA, channel_id=LOUNGE, *, session="s", guild_id=GUILD, **flags):
        wish = Wish(guild_id=guild_id, channel_id=channel_id, **flags)
        return await self.attendance.update(user_id, f"{session}{user_id}", wish)

    async def come(self, user_id=ADA, channel_id=LOUNGE, **more):
        """Join a channel, and its room with the ticket."""
        return self.connect(await self.wish(user_id, channel_id, **more))

    def connect(self, ticket, *, active=True):
        token = verify_token(ticket.token, self.voice.rooms.secrets, now_s=self.clock.unix_ms() / 1000)
        client = models.ClientInfo(protocol=16)
        joining = Joining(claims=token.claims, key=token.key, client=client, single=False)
        connection = SignalConnection(self.voice.rooms)
        connection.open(self.voice.admit(joining))
        if active:
            self.voice.reports.take(plane.Connected(connection.member.primary.transport_id, "", "udp", 1))
        return connection

    def pass_time(self, seconds):
        for _ in range(round(seconds)):
            self.clock.advance(1)
            for room in self.voice.rooms.rooms.values():
                for member in room.members.values():
                    if member.endpoint is not None:
                        member.endpoint.receive(rtc.SignalRequest(ping=1))
            self.voice.rooms.sweep()
            self.attendance.sweep()

    @contextlib.asynccontextmanager
    async def following(self):
        task = asyncio.create_task(self.attendance.run())
        yield
        task.cancel()

    async def changed(self, user_id=ADA):
        """Let a change of a member take effect."""
        member = objects.Member(nick=None, joined_at="", roles=[])
        self.attendance.observed(events.MemberUpdated(event_id=1, guild_id=GUILD, user_id=user_id, member=member))
        for _ in range(10):
            await asyncio.sleep(0)

    def state(self, user_id=ADA):
        return self.attendance.state(GUILD, user_id)

    def last(self):
        return self.told[-1].voice_state


@pytest.fixture
def world():
    return World()


def leaves(connection):
    return [each.leave for each in connection.drain() if each.WhichOneof("message") == "leave"]


async def test_joining_tells_the_guild_and_opens_the_room(world):
    connection = await world.come(self_mute=True)
    state = world.last()
    assert (state.channel_id, state.user_id, state.session_id, state.self_mute) == ("10", "100", "s100", True)
    member = connection.member
    assert (member.participant.identity, member.room.state.name) == ("100", "10")
    assert member.participant.name == "user 100"
    assert '"user_id":"100"' in member.participant.metadata
    world.pass_time(JOIN_WAIT_S + 5)
    assert world.attendance.states(GUILD) == [state]


async def test_flags_are_told_and_need_no_new_ticket(world):
    await world.come()
    assert await world.wish(self_video=True, self_deaf=True) is None
    assert (world.last().self_video, world.last().self_deaf) == (True, True)
    before = len(world.told)
    await world.wish(self_video=True, self_deaf=True)
    assert len(world.told) == before


async def test_leaving_takes_the_participant_along(world):
    connection = await world.come()
    assert await world.wish(channel_id=None) is None
    assert world.last().channel_id is None
    assert connection.closing
    assert leaves(connection)[0].reason == models.CLIENT_INITIATED
    assert world.attendance.states(GUILD) == []


async def test_leaving_the_room_ends_the_state(world):
    connection = await world.come()
    connection.receive(rtc.SignalRequest(leave=rtc.LeaveRequest()))
    assert world.last().channel_id is None


async def test_a_ticket_that_nobody_uses_ends(world):
    await world.wish()
    world.pass_time(JOIN_WAIT_S - 1)
    assert world.state()
    world.pass_time(2)
    assert world.state() is None


async def test_an_old_ticket_opens_nothing(world):
    ticket = await world.wish()
    await world.wish(channel_id=None)
    with pytest.raises(NotPermitted):
        world.connect(ticket)
    other = await world.wish(channel_id=DEN)
    with pytest.raises(NotPermitted):
        world.connect(ticket)
    world.connect(other)


async def test_an_old_ticket_gives_no_right_that_was_taken(world):
    ticket = await world.wish()
    world.guilds.changes[ADA] = {"is_muted": True}
    async with world.following():
        await world.changed()
    member = world.connect(ticket).member
    assert Source.MICROPHONE not in member.participant.permission.can_publish_sources
    assert Source.CAMERA in member.participant.permission.can_publish_sources


async def test_programs_with_keys_of_their_own_come_in_without_a_voice_state(world):
    claims = Claims(identity="agent", video=VideoGrant(room_join=True, room=str(LOUNGE)))
    joining = Joining(claims=claims, key=KEY, client=models.ClientInfo(protocol=16), single=False)
    assert world.voice.admit(joining).claims == claims


async def test_moving_oneself_leaves_the_former_room_and_keeps_the_state(world):
    former = await world.come()
    former_member = former.member
    connection = await world.come(channel_id=DEN)
    assert former.closing
    assert connection.member is not former_member
    assert [event.voice_state.channel_id for event in world.told] == ["10", "11"]


async def test_a_person_is_in_one_guilds_voice_at_a_time_and_a_bot_in_many(world):
    await world.come()
    await world.come(channel_id=ELSEWHERE, guild_id=OTHER_GUILD)
    assert world.state() is None
    await world.come(BOT)
    await world.come(BOT, ELSEWHERE, guild_id=OTHER_GUILD)
    assert world.state(BOT)


async def test_another_session_takes_the_call_over(world):
    former = await world.come()
    ticket = await world.wish(session="t")
    assert ticket
    assert former.closing
    former.lost()
    world.connect(ticket)
    assert world.state().session_id == "t100"


async def test_who_may_not_connect_is_refused_and_limits_hold_but_not_for_movers(world):
    world.guilds.changes[ADA] = {"may_connect": False}
    with pytest.raises(NotPermitted):
        await world.wish()
    world.guilds.changes = {LOUNGE: {"user_limit": 1}}
    await world.wish(GRACE)
    with pytest.raises(ChannelFull):
        await world.wish(ADA)
    world.guilds.changes[LOUNGE]["may_move"] = True
    await world.wish(ADA)
    with pytest.raises(UnknownChannel):
        await world.wish(ADA, 99)
    world.voice.unavailable = MediaPlaneMissing()
    with pytest.raises(MediaPlaneMissing):
        await world.wish(ADA)


async def test_wishes_of_one_user_take_effect_in_their_order(world):
    await asyncio.gather(world.wish(), world.wish(channel_id=DEN), world.wish(channel_id=None))
    assert world.state() is None


async def test_server_mute_withdraws_the_microphone_and_leaves_the_rest(world):
    connection = await world.come()
    member = connection.member
    connection.receive(
        rtc.SignalRequest(
            add_track=rtc.AddTrackRequest(cid="521dfa77-883c-40ab-b492-34cd4b40453f", source=models.MICROPHONE)
        )
    )
    offer = (OFFERS / "chromium_simulcast.sdp").read_text()
    connection.receive(rtc.SignalRequest(offer=rtc.SessionDescription(type="offer", sdp=offer, id=1)))
    assert world.plane.of(plane.PublishTrack)
    world.guilds.changes[ADA] = {"is_muted": True}
    async with world.following():
        await world.changed()
        assert world.plane.of(plane.UnpublishTrack)
        assert world.last().mute
        world.guilds.changes[ADA] = {}
        await world.changed()
    assert not world.last().mute
    assert member.participant.permission.may_publish(Source.MICROPHONE)


async def test_server_deafen_withdraws_subscriptions(world):
    connection = await world.come()
    world.guilds.changes[ADA] = {"is_deafened": True}
    async with world.following():
        await world.changed()
    assert not connection.member.participant.permission.can_subscribe
    assert world.last().deaf


async def test_who_may_connect_no_longer_is_removed_but_not_who_was_brought(world):
    connection = await world.come()
    await world.come(GRACE, DEN)
    await world.attendance.move(GUILD, GRACE, LOUNGE)
    world.guilds.changes[LOUNGE] = {"may_connect": False}
    async with world.following():
        await world.changed()
    assert leaves(connection)[0].reason == models.PARTICIPANT_REMOVED
    assert world.state() is None
    assert world.state(GRACE)


async def test_a_look_that_fails_removes_nobody(world):
    await world.come()
    world.guilds.trouble[ADA] = HubbubError("the database is away")
    async with world.following():
        await world.changed()
        assert world.state()
        world.guilds.trouble[ADA] = RuntimeError("a fault")
        await world.changed()
        assert world.state()
        world.guilds.trouble[ADA] = UnknownChannel()
        await world.changed()
    assert world.state() is None


async def test_moderators_move_and_disconnect(world):
    connection = await world.come(self_video=True)
    await world.attendance.move(GUILD, ADA, DEN)
    assert leaves(connection)
    assert (world.last().channel_id, world.last().self_video) == ("11", False)
    ((session_id, ticket),) = world.tickets
    assert session_id == "s100"
    assert world.connect(ticket).member.room.state.name == "11"
    await world.attendance.move(GUILD, ADA, None)
    assert world.last().channel_id is None
    with pytest.raises(NotInVoice):
        await world.attendance.move(GUILD, ADA, DEN)


async def test_channels_members_and_guilds_that_go_end_the_call(world):
    channel = objects.Channel(id=str(LOUNGE), type=2)
    user = objects.User(id="100", username="ada", discriminator="0", global_name=None, avatar=None)
    for event in (
        events.ChannelDeleted(event_id=1, guild_id=GUILD, channel_id=LOUNGE, channel=channel),
        events.MemberLeft(event_id=2, guild_id=GUILD, user_id=ADA, user=user),
        events.GuildDeleted(event_id=3, guild_id=GUILD),
    ):
        connection = await world.come()
        world.attendance.observed(event)
        assert connection.closing
        assert world.last().channel_id is None


async def test_a_stage_is_heard_until_one_is_let_speak(world):
    connection = await world.come(channel_id=STAGE)
    member = connection.member
    assert world.last().suppress
    assert not member.participant.permission.can_publish
    world.attendance.set_stage(GUILD, ADA, asked_ms=world.clock.unix_ms())
    assert world.last().request_to_speak_timestamp.startswith("2026-")
    world.attendance.set_stage(GUILD, ADA, suppress=False)
    assert (world.last().suppress, world.last().request_to_speak_timestamp) == (False, None)
    assert member.participant.permission.may_publish(Source.MICROPHONE)
    world.attendance.set_stage(GUILD, ADA, suppress=True)
    assert not member.participant.permission.can_publish
    with pytest.raises(NotInVoice):
        world.attendance.set_stage(GUILD, GRACE, suppress=True)


async def test_who_may_not_speak_is_suppressed(world):
    world.guilds.changes[ADA] = {"may_speak": False}
    connection = await world.come()
    assert world.last().suppress
    assert not connection.member.participant.permission.can_publish


async def test_a_call_outlives_its_session_for_a_while(world):
    await world.come()
    world.attendance.session_ended(ADA, "s100")
    world.pass_time(SESSION_GRACE_S - 2)
    await world.wish(session="t")
    world.connect(await world.wish(session="t") or await world.wish(session="u"))
    world.pass_time(SESSION_GRACE_S)
    assert world.state()
    world.attendance.session_ended(ADA, "s100")
    world.pass_time(SESSION_GRACE_S + 1)
    assert world.state()
    world.attendance.session_ended(ADA, world.state().session_id)
    world.pass_time(SESSION_GRACE_S + 1)
    assert world.state() is None


async def test_a_connection_that_failed_may_come_back_for_a_while(world):
    connection = await world.come()
    world.voice.rooms.remove(connection.member, models.MEDIA_FAILURE, action=rtc.LeaveRequest.RECONNECT)
    assert world.state()
    world.pass_time(RETURN_WAIT_S + 1)
    assert world.state() is None


async def test_the_same_identity_again_keeps_the_state(world):
    ticket = await world.wish()
    world.connect(ticket)
    again = world.connect(ticket)
    world.pass_time(RETURN_WAIT_S + 5)
    assert world.state()
    assert again.member is not None


async def test_rights_are_looked_at_again_now_and_then_as_timeouts_end_without_an_event(world):
    connection = await world.come()
    world.guilds.changes[ADA] = {"is_muted": True}
    async with world.following():
        world.pass_time(31)
        for _ in range(10):
            await asyncio.sleep(0)
    assert not connection.member.participant.permission.may_publish(Source.MICROPHONE)


async def test_a_graceful_restart_keeps_who_comes_back_in_time(world):
    await world.come(self_mute=True)
    await world.come(GRACE, STAGE)
    world.attendance.set_stage(GUILD, GRACE, suppress=False)
    await world.come(BOT)
    after = World()
    after.guilds.changes[BOT] = {"may_connect": False}
    ticket = await world.wish(session="again")
    await after.attendance.take_up(world.attendance.kept())
    assert after.attendance.states(GUILD) == [
        state for state in world.attendance.states(GUILD) if state.user_id != str(BOT)
    ]
    after.connect(ticket)
    after.pass_time(JOIN_WAIT_S + 1)
    assert after.state()
    assert after.state(GRACE) is None
