"""One guild: who of the connected follows it, which of its channels each may see, and its events in order.

Each session has a view: the channels that it was shown. A view starts with GUILD_CREATE and moves with the events that
change permissions; what becomes visible is told as CHANNEL_CREATE and what becomes hidden as CHANNEL_DELETE, so a
client never holds a channel that its user may not see. Deciding who gets a message is then a look into the view, and
the answer is kept as an audience until a view or a session changes.

Events of a guild are delivered in the order of `handle`. Those that change permissions ask the community who may see
what; while the answer is awaited, later events of the guild wait in a bounded queue.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from hubbub.events.contracts import events
from hubbub.gateway.domain.dispatch import Dispatch
from hubbub.gateway.errors import DirectoryUnavailable
from hubbub.gateway.service.audience import NOTHING, Audience, Kind, View, admits
from hubbub.kernel.telemetry import logger

if TYPE_CHECKING:
    from hubbub.gateway.config import GatewayConfig
    from hubbub.gateway.service.background import Background
    from hubbub.gateway.service.live import LiveSession
    from hubbub.gateway.service.lookup import Lookup
    from hubbub.gateway.service.outbound import Outbound

log = logger("hubbub.gateway")

_AUDIENCES_MAX = 256


class Newcomer(NamedTuple):
    """A session between being told of the guild and GUILD_CREATE."""

    held: list[events.Event | Dispatch]
    """What happened meanwhile; delivered right after GUILD_CREATE."""


class House(Protocol):
    """What a room needs around it; the hub is one."""

    config: GatewayConfig
    lookup: Lookup
    outbound: Outbound
    background: Background

    def deliver(self, room: Room, event: events.Event, only: LiveSession | None) -> Awaitable[None] | None:
        """Deliver to all, or to `only` one newcomer; return what must be awaited before the next event."""
        ...

    def enter(self, room: Room, user_id: int) -> None:
        """Bring a user's sessions into the guild that the user just joined."""
        ...

    def invalidate(self, session: LiveSession) -> None:
        """End a session that would miss something."""
        ...


class Rooms:
    """The guilds that someone connected follows."""

    def __init__(self, house: House) -> None:
        """Open rooms in `house`."""
        self._house = house
        self._rooms: dict[int, Room] = {}

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._rooms)

    def __getitem__(self, guild_id: int) -> Room:
        """Return a guild's room, opened when there is none."""
        room = self._rooms.get(guild_id)
        if room is None:
            room = self._rooms[guild_id] = Room(self._house, guild_id, self._close)
        return room

    def get(self, guild_id: int) -> Room | None:
        """Return a guild's room; None when nobody follows the guild."""
        return self._rooms.get(guild_id)

    def _close(self, room: Room) -> None:
        """Forget a room in which nobody is and nothing waits."""
        if room.idle and self._rooms.get(room.guild_id) is room:
            del self._rooms[room.guild_id]


class Room:
    """A guild's connected sessions."""

    def __init__(self, house: House, guild_id: int, emptied: Callable[[Room], None]) -> None:
        """Open the room of one guild; `emptied` is called when nobody is left in it, or when its last event is told."""
        self.house = house
        self.guild_id = guild_id
        self._emptied = emptied
        self.views: dict[LiveSession, View] = {}
        """Sessions that were sent GUILD_CREATE."""
        self.newcomers: dict[LiveSession, Newcomer] = {}
        self._audiences: dict[tuple[int, int, Kind], Audience] = {}
        self._queue: deque[events.Event] = deque()
        self._busy = False
        self.owner_id: str | None = None
        """Who sees every channel; None until the first GUILD_CREATE."""
        self._same_views: dict[View, View] = {}

    # -- who is here ---------------------------------------------------------------------------------------------

    def expect(self, session: LiveSession) -> bool:
        """Hold events for `session` from now on; return False when it is here already."""
        if session in self.views or session in self.newcomers:
            return False
        self.newcomers[session] = Newcomer([])
        session.guild_ids.add(self.guild_id)
        return True

    async def admit(self, session: LiveSession, view: View, owner_id: str) -> None:
        """Deliver what was held for `session`, which has been sent GUILD_CREATE with the channels of `view`."""
        newcomer = self.newcomers.get(session)
        if newcomer is None:
            return
        self.owner_id = self.owner_id or owner_id
        self.views[session] = self._shared(view)
        while newcomer.held and session in self.newcomers:
            held = newcomer.held.pop(0)
            if isinstance(held, Dispatch):
                self.to(held, session)
            elif (work := self._deliver(held, session)) is not None:
                await work
        if self.newcomers.pop(session, None) is None:
            self.views.pop(session, None)
        self._audiences.clear()

    def leave(self, session: LiveSession) -> None:
        """Forget `session`."""
        self.views.pop(session, None)
        self.newcomers.pop(session, None)
        session.guild_ids.discard(self.guild_id)
        self._audiences.clear()
        if not self.views and not self.newcomers:
            self._same_views.clear()
            self._emptied(self)

    def user_ids(self) -> set[int]:
        """Return the users who are here."""
        return {session.user_id for session in (*self.views, *self.newcomers)}

    def show(self, session: LiveSession, view: View) -> None:
        """Set which channels a session sees; `forget_audiences` must follow."""
        self.views[session] = self._shared(view)

    def forget_audiences(self) -> None:
        """Decide anew who gets what."""
        self._audiences.clear()

    def restore(self, session: LiveSession, view: View) -> None:
        """Take up a session that was kept across a restart."""
        self.views[session] = self._shared(view)
        session.guild_ids.add(self.guild_id)
        self._audiences.clear()

    def audience(self, channel_id: int, intent: int, kind: Kind = Kind.ALL) -> Audience:
        """Return who follows `intent` here and sees `channel_id` (zero: whatever the channel)."""
        key = (channel_id, intent, kind)
        audience = self._audiences.get(key)
        if audience is None:
            if len(self._audiences) >= _AUDIENCES_MAX:
                self._audiences.clear()
            newcomers = self.newcomers
            audience = self._audiences[key] = Audience(
                [
                    session
                    for session, view in self.views.items()
                    if admits(session, view, channel_id, intent, kind) and session not in newcomers
                ]
            )
        return audience

    @property
    def idle(self) -> bool:
        """Return whether nobody is here and nothing waits."""
        return not (self.views or self.newcomers or self._busy or self._queue)

    def tell(self, told: Dispatch, about: int) -> None:
        """Send a dispatch about one user that is ordered with no event of the guild.

        The user's own newcomers get it with GUILD_CREATE, which is still to come.
        """
        for session, newcomer in self.newcomers.items():
            if session.user_id != about:
                newcomer.held.append(told)
        self.to(told, None)

    # -- events in order -----------------------------------------------------------------------------------------

    def handle(self, event: events.Event) -> None:
        """Deliver `event` after every earlier one."""
        if self._busy:
            if len(self._queue) >= self.house.config.pending_events_max:
                self._give_up()
                return
            self._queue.append(event)
            return
        work = self._take(event)
        if work is not None:
            self._busy = True
            self.house.background.spawn(self._work_off(work))

    async def _work_off(self, work: Awaitable[None] | None) -> None:
        try:
            while work is not None:
                await work
                work = None
                while self._queue and work is None:
                    work = self._take(self._queue.popleft())
        except DirectoryUnavailable:
            self._give_up()
        except Exception:
            log.exception("gateway.delivery_failed", guild_id=self.guild_id)
            self._give_up()
        finally:
            self._busy = False
            if not self._queue:
                self._emptied(self)

    def _take(self, event: events.Event) -> Awaitable[None] | None:
        for session, newcomer in list(self.newcomers.items()):
            newcomer.held.append(event)
            if len(newcomer.held) > self.house.config.pending_events_max:
                self.house.invalidate(session)
        return self._deliver(event, None)

    def _give_up(self) -> None:
        """No silent gap: sessions that would miss events must identify anew."""
        self._queue.clear()
        for session in (*self.views, *self.newcomers):
            self.house.invalidate(session)

    def _deliver(self, event: events.Event, only: LiveSession | None) -> Awaitable[None] | None:
        return self.house.deliver(self, event, only)

    # -- for the deliveries --------------------------------------------------------------------------------------

    def to(self, told: Dispatch, only: LiveSession | None, channel_id: int = 0, kind: Kind = Kind.ALL) -> None:
        """Send to an audience, or to the one newcomer if it belongs to that audience."""
        if only is None:
            audience = self.audience(channel_id, told.intent, kind)
            if audience.sessions:
                self.house.outbound.deliver(audience, self.house.outbound.payload(told.name, told.body))
        elif admits(only, self.views.get(only, NOTHING), channel_id, told.intent, kind):
            self.house.outbound.send(only, self.house.outbound.payload(told.name, told.body))

    def to_sessions(self, told: Dispatch, sessions: Iterable[LiveSession]) -> None:
        """Send to those of `sessions` that have the intent."""
        sessions = [session for session in sessions if not told.intent or session.intents & told.intent]
        if sessions:
            payload = self.house.outbound.payload(told.name, told.body)
            for session in sessions:
                self.house.outbound.send(session, payload)

    def targets(self, only: LiveSession | None) -> list[LiveSession]:
        """Return the sessions whose view counts: all that were sent GUILD_CREATE, or the one newcomer."""
        if only is not None:
            return [only] if only in self.views else []
        return [session for session in self.views if session not in self.newcomers]

    def of_user(self, user_id: int, only: LiveSession | None) -> list[LiveSession]:
        """Return the user's sessions among the targets."""
        return [session for session in self.targets(only) if session.user_id == user_id]

    async def viewers(self, channel_id: int, user_ids: Collection[int]) -> frozenset[int]:
        """Ask who of `user_ids` may see a channel."""
        return await self.house.lookup.viewers(self.guild_id, channel_id, user_ids)

    def _shared(self, view: View) -> View:
        """Return one object for equal views: most members of a guild see the same channels."""
        if len(self._same_views) > len(self.views) + 16:
            self._same_views.clear()
        return self._same_views.setdefault(view, view)
