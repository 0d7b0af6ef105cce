"""Who is in which voice channel of this process: joining by the gateway, moderation, and the room that follows.

An attendee begins with a wish that the community permits, and gets a token for the channel's room. It ends with the
wish to leave, with the participant that leaves the room, with the permission, or when nobody used the token in time.

Calling contract: `run` as a task; `sweep` about once a second; `observed` with every event of the community, in order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from weakref import WeakValueDictionary

import msgspec
from livekit.protocol import models, rtc

from hubbub.events.contracts import events, objects
from hubbub.kernel.clock import Clock
from hubbub.kernel.errors import HubbubError
from hubbub.kernel.telemetry import logger
from hubbub.voice.domain.attendance import Attendee, Kept, Standing, Ticket, Wish, room_name
from hubbub.voice.domain.key import ApiKey
from hubbub.voice.domain.roll import Roll
from hubbub.voice.domain.token import sign_token
from hubbub.voice.errors import ChannelFull, NotInVoice, NotPermitted
from hubbub.voice.service.guild_port import GuildPort
from hubbub.voice.service.joining import Joining
from hubbub.voice.service.live_room import Member
from hubbub.voice.service.voice import Voice

JOIN_WAIT_S = 60.0
"""Seconds within which a token must be used."""
RETURN_WAIT_S = 30.0
"""Seconds that a participant has to come back which was told to, or which lost its connection."""
_REVIEW_EVERY_S = 30.0
"""Timeouts of members end without an event."""
_MAY_RETURN = frozenset(
    {
        models.DUPLICATE_IDENTITY,
        models.SERVER_SHUTDOWN,
        models.STATE_MISMATCH,
        models.JOIN_FAILURE,
        models.MEDIA_FAILURE,
    }
)

_log = logger(__name__)


class Attendance:
    """The attendees of one process."""

    def __init__(
        self,
        voice: Voice,
        guilds: GuildPort,
        own: ApiKey,
        clock: Clock,
        publish: Callable[[events.Event], None],
        next_id: Callable[[], int],
    ) -> None:
        """Keep who is in the rooms of `voice`.

        Args:
            voice: The rooms.
            guilds: Says who may do what.
            own: Signs tokens.
            clock: Time.
            publish: Takes events about voice states.
            next_id: Returns a new event's id.
        """
        self._voice = voice
        self._guilds = guilds
        self._own = own
        self._clock = clock
        self._publish = publish
        self._next_id = next_id
        self._roll = Roll()
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._due: dict[int, None] = {}
        self._news = asyncio.Event()
        self._reviewed_s = clock.monotonic_s()
        self.on_ticket: Callable[[str, Ticket], None] = lambda _session_id, _ticket: None
        """Called with the gateway session of who was moved by somebody else, and its new ticket."""
        voice.door = self.door
        voice.rooms.listeners.add(self)
        voice.on_sweep.append(self.sweep)

    @property
    def is_available(self) -> bool:
        """Whether calls can take place at all."""
        return self._voice.unavailable is None

    # -- what the gateway asks -------------------------------------------------------------------------------------

    async def update(self, user_id: int, session_id: str, wish: Wish) -> Ticket | None:
        """Join, move, leave, or change what the user does to itself; return a ticket when it has to connect.

        Raises:
            HubbubError: The user may not.
        """
        async with self._turn(user_id):
            if wish.channel_id is None:
                self._leave(self._roll.of(wish.guild_id, user_id), models.CLIENT_INITIATED)
                return None
            if self._voice.unavailable is not None:
                raise self._voice.unavailable
            standing = await self._guilds.standing(user_id, wish.guild_id, wish.channel_id)
            attendee = self._roll.of(wish.guild_id, user_id)
            if attendee is not None and attendee.channel_id == wish.channel_id:
                return self._stay(attendee, standing, session_id, wish)
            self._check(standing)
            for other in self._roll.of_user(user_id):
                if other is not attendee and not standing.is_bot:
                    self._leave(other)
            if attendee is not None:
                self._withdraw(attendee)
            attendee = Attendee(standing=standing, session_id=session_id)
            attendee.take(wish)
            return self._enter(attendee)

    def session_ended(self, user_id: int, session_id: str) -> None:
        """Take note that a gateway session is over; its call goes on for a while."""
        for attendee in self._roll.of_user(user_id):
            if attendee.session_id == session_id:
                attendee.session_gone_s = self._clock.monotonic_s()

    def states(self, guild_id: int) -> Sequence[objects.VoiceState]:
        """Return who is in voice in a guild."""
        return [each.state() for each in self._roll.in_guild(guild_id)]

    # -- what the community asks -----------------------------------------------------------------------------------

    def state(self, guild_id: int, user_id: int) -> objects.VoiceState | None:
        """Return a user's voice state; None when it is not in voice in the guild."""
        attendee = self._roll.of(guild_id, user_id)
        return None if attendee is None else attendee.state()

    async def move(self, guild_id: int, user_id: int, channel_id: int | None) -> None:
        """Bring a user into another voice channel, or out of voice; who asks was found to be permitted.

        Raises:
            NotInVoice: The user is not in voice in the guild.
            HubbubError: There is no such voice channel.
        """
        async with self._turn(user_id):
            if self._roll.of(guild_id, user_id) is None:
                raise NotInVoice
            standing = None if channel_id is None else await self._guilds.standing(user_id, guild_id, channel_id)
            attendee = self._roll.of(guild_id, user_id)
            if attendee is None:
                raise NotInVoice
            if standing is None:
                self._leave(attendee)
            elif standing.channel_id != attendee.channel_id:
                self._withdraw(attendee)
                moved = replace(attendee, standing=standing, sid="", was_brought=True, is_speaker=False, asked_ms=None)
                moved.self_video = moved.self_stream = False
                self.on_ticket(moved.session_id, self._enter(moved))

    def set_stage(
        self, guild_id: int, user_id: int, *, suppress: bool | None = None, asked_ms: int | None = None
    ) -> None:
        """Let a user speak on a stage or make it audience, and note whether it asks to speak.

        Args:
            guild_id: The guild.
            user_id: The user.
            suppress: Whether it is audience; None leaves that.
            asked_ms: Unix milliseconds since when it asks; zero takes the asking back, None leaves that.

        Raises:
            NotInVoice: The user is not in voice in the guild.
        """
        attendee = self._roll.of(guild_id, user_id)
        if attendee is None:
            raise NotInVoice
        if asked_ms is not None:
            attendee.asked_ms = asked_ms or None
        if suppress is not None:
            attendee.is_speaker = not suppress
            attendee.asked_ms = attendee.asked_ms if suppress else None
        self._apply(attendee)

    def observed(self, event: events.Event) -> None:
        """Take what happened in the community."""
        match event:
            case events.ChannelDeleted(guild_id=guild_id, channel_id=channel_id):
                self._end(lambda each: each.channel_id == channel_id)
                room = self._voice.rooms.rooms.get(room_name(channel_id))
                if room is not None and guild_id is not None:
                    self._voice.rooms.delete(room)
            case events.GuildDeleted(guild_id=guild_id):
                self._end(lambda each: each.guild_id == guild_id)
            case events.MemberLeft(guild_id=guild_id, user_id=user_id):
                self._leave(self._roll.of(guild_id, user_id))
            case (
                events.MemberUpdated(guild_id=guild_id)
                | events.RoleUpdated(guild_id=guild_id)
                | events.RoleDeleted(guild_id=guild_id)
                | events.GuildUpdated(guild_id=guild_id)
            ):
                self._review(guild_id)
            case events.ChannelUpdated(guild_id=int() as guild_id):
                self._review(guild_id)
            case _:
                pass

    # -- what voice asks -------------------------------------------------------------------------------------------

    def door(self, joining: Joining) -> Joining:
        """Return how a client joins; with a token of ours only who is in the channel, with what it may do by now.

        Raises:
            NotPermitted: Its holder is not in the channel any more.
        """
        if joining.key != self._own.key:
            return joining
        attendee = self._roll.named(joining.claims.video.room, joining.claims.identity)
        if attendee is None:
            raise NotPermitted("You are not in this voice channel any more. Join it again.")
        return replace(joining, claims=attendee.claims())

    def happened(
        self,
        event: str,
        room: models.Room,
        participant: models.ParticipantInfo | None,
        _track: models.TrackInfo | None,
    ) -> None:
        """Take note of who came into a room and who left it."""
        attendee = None if participant is None else self._roll.named(room.name, participant.identity)
        if attendee is None or participant is None:
            return
        if event == "participant_joined":
            attendee.sid, attendee.deadline_s = participant.sid, None
        elif event in {"participant_left", "participant_connection_aborted"}:
            if attendee.sid not in {"", participant.sid}:
                return
            attendee.sid = ""
            if participant.disconnect_reason in _MAY_RETURN:
                attendee.deadline_s = self._clock.monotonic_s() + RETURN_WAIT_S
            else:
                self._leave(attendee)

    # -- across a restart ------------------------------------------------------------------------------------------

    def kept(self) -> list[Kept]:
        """Return everybody, for the next start of this server."""
        return [msgspec.convert(each, Kept, from_attributes=True) for each in self._roll]

    async def take_up(self, kept: Sequence[Kept]) -> None:
        """Take up who was in voice when this server stopped and still may be; who does not come back in time leaves."""
        for each in kept:
            try:
                standing = await self._guilds.standing(each.user_id, each.guild_id, each.channel_id)
            except HubbubError:
                continue
            if standing.may_connect or each.was_brought:
                flags = msgspec.structs.asdict(each)
                for name in ("guild_id", "channel_id", "user_id"):
                    del flags[name]
                attendee = Attendee(standing=standing, **flags)
                attendee.deadline_s = self._clock.monotonic_s() + JOIN_WAIT_S
                self._roll.add(attendee)

    # -- time ------------------------------------------------------------------------------------------------------

    def sweep(self) -> None:
        """Let time pass: who did not come into the room, and whose gateway session is over."""
        now_s = self._clock.monotonic_s()
        self._end(lambda each: each.is_over(now_s))
        if now_s - self._reviewed_s >= _REVIEW_EVERY_S:
            self._reviewed_s = now_s
            for guild_id in {attendee.guild_id for attendee in self._roll}:
                self._review(guild_id)

    async def run(self) -> None:
        """Follow changes of permissions until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._due:
                guild_id = next(iter(self._due))
                del self._due[guild_id]
                for attendee in self._roll.in_guild(guild_id):
                    await self._look_again(attendee)

    async def _look_again(self, attendee: Attendee) -> None:
        try:
            standing = await self._guilds.standing(attendee.user_id, attendee.guild_id, attendee.channel_id)
        except HubbubError as problem:
            if problem.status < 500:  # noqa: PLR2004 - it is not permitted, or not there; else storage is in trouble
                self._leave(attendee)
            return
        except Exception:  # noqa: BLE001 - told to the log; the others' permissions are followed all the same
            _log.exception("voice.review_failed")
            return
        if attendee not in self._roll:
            return
        if not standing.may_connect and not attendee.was_brought:
            self._leave(attendee)
        else:
            attendee.standing = standing
            self._apply(attendee)

    # --------------------------------------------------------------------------------------------------------------

    def _stay(self, attendee: Attendee, standing: Standing, session_id: str, wish: Wish) -> Ticket | None:
        attendee.standing, attendee.session_gone_s = standing, None
        attendee.take(wish)
        if attendee.session_id != session_id:
            # The other client's participant goes first, or its leaving would end what begins here.
            self._withdraw(attendee)
            attendee.session_id, attendee.sid = session_id, ""
            return self._enter(attendee)
        self._apply(attendee)
        return None if attendee.sid else self._ticket(attendee)

    def _check(self, standing: Standing) -> None:
        if not standing.may_connect:
            raise NotPermitted("You may not connect to this voice channel.")
        present = self._roll.present(standing.channel_id)
        if standing.user_limit and present >= standing.user_limit and not standing.may_move:
            raise ChannelFull

    def _enter(self, attendee: Attendee) -> Ticket:
        self._roll.add(attendee)
        self._tell(attendee)
        return self._ticket(attendee)

    def _ticket(self, attendee: Attendee) -> Ticket:
        attendee.deadline_s = self._clock.monotonic_s() + JOIN_WAIT_S
        lifetime_s = self._voice.config.token_lifetime_s
        now_s = self._clock.unix_ms() // 1000
        token = sign_token(attendee.claims(), self._own.key, self._own.secret, now_s=now_s, lifetime_s=lifetime_s)
        return Ticket(token, attendee.guild_id)

    def _apply(self, attendee: Attendee) -> None:
        """Bring the room and the guild's view into line."""
        member = self._member(attendee)
        if member is not None:
            claims = attendee.claims()
            self._voice.rooms.permit(member, attendee.permission())
            self._voice.rooms.rename(member, claims.name, claims.metadata)
        self._tell(attendee)

    def _leave(self, attendee: Attendee | None, because: models.DisconnectReason = models.PARTICIPANT_REMOVED) -> None:
        if attendee is not None and attendee in self._roll:
            self._roll.remove(attendee)
            self._withdraw(attendee, because)
            self._told(attendee, attendee.state(gone=True))

    def _withdraw(self, attendee: Attendee, because: models.DisconnectReason = models.PARTICIPANT_REMOVED) -> None:
        """Take an attendee's participant out of the room, as if it had never been the attendee's."""
        self._roll.remove(attendee)
        member = self._member(attendee)
        if member is not None:
            if because == models.CLIENT_INITIATED:
                # The wish came by way of the gateway, and the media client may not know of it.
                member.send_leave(because, rtc.LeaveRequest.DISCONNECT)
            self._voice.rooms.remove(member, because)

    def _end(self, ends: Callable[[Attendee], bool]) -> None:
        for attendee in self._roll.those(ends):
            self._leave(attendee)

    def _tell(self, attendee: Attendee) -> None:
        state = attendee.state()
        if state != attendee.told:
            attendee.told = state
            self._told(attendee, state)

    def _told(self, attendee: Attendee, state: objects.VoiceState) -> None:
        self._publish(events.VoiceStateUpdated(event_id=self._next_id(), guild_id=attendee.guild_id, voice_state=state))

    def _review(self, guild_id: int) -> None:
        if self._roll.in_guild(guild_id):
            self._due[guild_id] = None
            self._news.set()

    def _member(self, attendee: Attendee) -> Member | None:
        room = self._voice.rooms.rooms.get(room_name(attendee.channel_id))
        return None if room is None else room.members.get(str(attendee.user_id))

    def _turn(self, user_id: int) -> asyncio.Lock:
        """Return the lock under which a user's wishes take effect in their order."""
        return self._turns.setdefault(user_id, asyncio.Lock())
