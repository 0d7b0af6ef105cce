"""From an event to the rooms and users that it concerns."""

from __future__ import annotations

from hubbub.events.contracts import events
from hubbub.gateway.domain import dispatch
from hubbub.gateway.domain.dispatch import Dispatch
from hubbub.gateway.domain.intents import Intent
from hubbub.gateway.service.entering import Entrance
from hubbub.gateway.service.lifecycle import Lifecycle
from hubbub.gateway.service.live import LiveSession, in_shard
from hubbub.gateway.service.outbound import Outbound
from hubbub.gateway.service.registry import Registry
from hubbub.gateway.service.room import Rooms

_CHANNEL_NAMES: dict[type, str] = {
    events.ChannelCreated: "CHANNEL_CREATE",
    events.ChannelUpdated: "CHANNEL_UPDATE",
    events.ChannelDeleted: "CHANNEL_DELETE",
}


class Router:
    """Routes the events of one hub."""

    def __init__(
        self,
        pending_events_max: int,
        registry: Registry,
        rooms: Rooms,
        lifecycle: Lifecycle,
        entrance: Entrance,
        outbound: Outbound,
    ) -> None:
        """Hold at most `pending_events_max` events for a session that waits for READY."""
        self._pending_events_max = pending_events_max
        self._registry = registry
        self._rooms = rooms
        self._lifecycle = lifecycle
        self._entrance = entrance
        self._outbound = outbound

    def route(self, event: events.Event) -> None:
        """Bring `event` to its guild's room, to the users it names, or to the application it is for."""
        match event:
            case events.InteractionCreated():
                self._interaction(event)
            case events.GuildCreated():
                if self._registry.of_user(event.owner_id):
                    self._entrance.joined(self._rooms[event.guild_id], event.owner_id)
            case events.MemberJoined() if self._registry.of_user(event.user_id):
                self._rooms[event.guild_id].handle(event)
            case events.CommandsUpdated() if event.guild_id is None:
                self._commands(event)
            case _:
                self._by_place(event)

    def _by_place(self, event: events.Event) -> None:
        guild_id: int | None = getattr(event, "guild_id", None)
        if guild_id is not None:
            room = self._rooms.get(guild_id)
            if room is not None:
                room.handle(event)
            return
        user_id: int | None = getattr(event, "user_id", None)
        if hasattr(event, "recipients"):
            self._direct(event)
        elif user_id is not None:
            for session in list(self._registry.of_user(user_id)):
                self._to_user(session, event)

    def _to_user(self, session: LiveSession, event: events.Event) -> None:
        if session.held is not None:
            if len(session.held) >= self._pending_events_max:
                self._lifecycle.invalidate(session)
                return
            session.held.append(event)
        else:
            self.tell_user(session, event)

    def tell_user(self, session: LiveSession, event: events.Event) -> None:
        """Deliver an event of a user, or a direct message, to one of the user's sessions."""
        if getattr(event, "visible_to", None) not in {None, session.user_id}:
            return
        match event:
            case events.GuildCreated():
                self._entrance.joined(self._rooms[event.guild_id], session.user_id)
            case events.SessionRevoked():
                if event.session_id in {None, session.identity.session_id}:
                    self._lifecycle.revoke(session)
            case events.ChannelCreated() | events.ChannelUpdated() | events.ChannelDeleted():
                self._private_channel(session, event)
            case events.InteractionCreated():
                told = dispatch.dispatch_of(event)
                self._outbound.send(session, self._outbound.payload(told.name, told.body))
            case events.SettingsUpdated() | events.ReadStateUpdated() | events.InteractionSettled() if session.is_bot:
                pass
            case _:
                self._tell_direct(session, dispatch.dispatch_of(event))

    def _private_channel(
        self, session: LiveSession, event: events.ChannelCreated | events.ChannelUpdated | events.ChannelDeleted
    ) -> None:
        """Tell a person of a direct message that opened, changed or closed; bots learn of it with its first message."""
        if not session.is_bot:
            channel = dispatch.private_channel(event.channel, session.user_id)
            self._tell_direct(session, dispatch.channel_dispatch(_CHANNEL_NAMES[type(event)], channel, None))

    def _tell_direct(self, session: LiveSession, told: Dispatch) -> None:
        first_shard = session.shard is None or session.shard[0] == 0
        if first_shard and (not told.intent or session.intents & told.intent):
            self._outbound.send(session, self._outbound.payload(told.name, told.body))

    def _direct(self, event: events.Event) -> None:
        recipients: tuple[int, ...] = getattr(event, "recipients", ())
        for user_id in dict.fromkeys(recipients):
            for session in list(self._registry.of_user(user_id)):
                self._to_user(session, event)

    def _interaction(self, event: events.InteractionCreated) -> None:
        for session in list(self._registry.of_application(event.application_id)):
            if in_shard(session, event.guild_id or 0):
                self._to_user(session, event)

    def _commands(self, event: events.CommandsUpdated) -> None:
        told = dispatch.dispatch_of(event)
        payload = self._outbound.payload(told.name, told.body)
        for session in self._registry.sessions.values():
            if not session.is_bot and session.held is None and session.intents & Intent.GUILDS:
                self._outbound.send(session, payload)
