"""Events of a guild, one function for each kind: who gets which dispatch, and what it changes in the room.

Each function delivers to all sessions of the room, or to `only` one newcomer for which the event was held. One that
must ask the community returns an awaitable, and later events of the guild wait for it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from hubbub.events.contracts import events
from hubbub.gateway.domain import dispatch
from hubbub.gateway.domain.dispatch import Dispatch
from hubbub.gateway.domain.intents import Intent
from hubbub.gateway.service.audience import NOTHING, Kind, admits

if TYPE_CHECKING:
    from hubbub.gateway.service.live import LiveSession
    from hubbub.gateway.service.room import Room


def deliver(room: Room, event: events.Event, only: LiveSession | None) -> Awaitable[None] | None:
    """Deliver `event`; return what must be awaited before the next event of the guild, None when it is done."""
    handler = _HANDLERS.get(type(event))
    return handler(room, event, only) if handler is not None else None


def _in_guild(room: Room, event: Any, only: LiveSession | None) -> None:
    room.to(dispatch.dispatch_of(event), only)


def _in_channel(room: Room, event: Any, only: LiveSession | None) -> None:
    visible_to = getattr(event, "visible_to", None)
    if visible_to is not None:
        room.to_sessions(dispatch.dispatch_of(event), room.of_user(visible_to, only))
        return
    room.to(dispatch.dispatch_of(event), only, event.channel_id)


def _for_bots(room: Room, event: Any, only: LiveSession | None) -> None:
    room.to(dispatch.dispatch_of(event), only, kind=Kind.BOTS)


def _for_people(room: Room, event: Any, only: LiveSession | None) -> None:
    room.to(dispatch.dispatch_of(event), only, kind=Kind.PEOPLE)


def _message(room: Room, event: events.MessageCreated | events.MessageUpdated, only: LiveSession | None) -> None:
    told = dispatch.message_dispatch(event)
    if event.visible_to is not None:
        seeing = [each for each in room.of_user(event.visible_to, only) if event.channel_id in room.views[each]]
        room.to_sessions(told, seeing)
        return
    room.to(told, only, event.channel_id, Kind.READERS)
    if only is None:
        blind = room.audience(event.channel_id, told.intent, Kind.BLIND).sessions
    else:
        view = room.views.get(only, NOTHING)
        blind = [only] if admits(only, view, event.channel_id, told.intent, Kind.BLIND) else []
    if blind:
        readers = dispatch.readers_of_content(event.message)
        room.to_sessions(told, [each for each in blind if each.user_id in readers])
        blanked = dispatch.message_dispatch(event, dispatch.blank(event.message))
        room.to_sessions(blanked, [each for each in blind if each.user_id not in readers])


def _voice_state(room: Room, event: events.VoiceStateUpdated, only: LiveSession | None) -> None:
    state = event.voice_state
    intent = int(Intent.GUILD_VOICE_STATES)
    told = Dispatch("VOICE_STATE_UPDATE", dispatch.encode(state), intent)
    if state.channel_id is None:
        room.to(told, only)
        return
    channel_id = int(state.channel_id)
    sees = [each for each in room.targets(only) if channel_id in room.views[each] or str(each.user_id) == state.user_id]
    hidden = [each for each in room.targets(only) if each not in set(sees)]
    room.to_sessions(told, sees)
    gone = dispatch.without_channel(state)
    room.to_sessions(Dispatch("VOICE_STATE_UPDATE", dispatch.encode(gone), intent), hidden)


def _guild_updated(room: Room, event: events.GuildUpdated, only: LiveSession | None) -> Awaitable[None] | None:
    room.to(dispatch.dispatch_of(event), only)
    if room.owner_id == event.guild.owner_id:
        return None
    room.owner_id = event.guild.owner_id
    return _refresh(room, None, only)


def _guild_deleted(room: Room, event: events.GuildDeleted, _only: LiveSession | None) -> None:
    for session in (*room.views, *room.newcomers):
        room.to_sessions(dispatch.guild_removed(event.guild_id), [session])
        room.leave(session)


def _role_changed(room: Room, event: Any, only: LiveSession | None) -> Awaitable[None]:
    room.to(dispatch.dispatch_of(event), only)
    return _refresh(room, None, only)


def _member_joined(room: Room, event: events.MemberJoined, only: LiveSession | None) -> None:
    if only is None:
        room.house.enter(room, event.user_id)
    room.to(dispatch.dispatch_of(event), only)


def _member_updated(room: Room, event: events.MemberUpdated, only: LiveSession | None) -> Awaitable[None] | None:
    told = dispatch.dispatch_of(event)
    room.to(told, only)
    own = room.of_user(event.user_id, only)
    if not own:
        return None
    uninterested = [session for session in own if not session.intents & told.intent]
    room.to_sessions(Dispatch(told.name, told.body), uninterested)
    return _refresh(room, event.user_id, only)


def _member_left(room: Room, event: events.MemberLeft, only: LiveSession | None) -> None:
    own = [each for each in (*room.views, *room.newcomers) if each.user_id == event.user_id]
    if only is not None:
        own = [each for each in own if each is only]
    for session in own:
        room.to_sessions(dispatch.guild_removed(room.guild_id), [session])
        room.leave(session)
    if only is None or only not in own:
        room.to(dispatch.dispatch_of(event), only)


def _channel_deleted(room: Room, event: events.ChannelDeleted, only: LiveSession | None) -> None:
    told = dispatch.channel_dispatch("CHANNEL_DELETE", event.channel, room.guild_id)
    room.to(told, only, event.channel_id)
    for session in room.targets(only):
        if event.channel_id in room.views[session]:
            room.show(session, room.views[session] - {event.channel_id})
    room.forget_audiences()


async def _channel_changed(
    room: Room, event: events.ChannelCreated | events.ChannelUpdated, only: LiveSession | None
) -> None:
    user_ids = {session.user_id for session in room.targets(only)}
    seeing = await room.viewers(event.channel_id, user_ids)
    groups: dict[str, list[LiveSession]] = {"CHANNEL_CREATE": [], "CHANNEL_UPDATE": [], "CHANNEL_DELETE": []}
    for session in room.targets(only):
        if session.user_id not in user_ids:
            continue
        view, sees = room.views[session], session.user_id in seeing
        if sees:
            groups["CHANNEL_UPDATE" if event.channel_id in view else "CHANNEL_CREATE"].append(session)
            room.show(session, view | {event.channel_id})
        elif event.channel_id in view:
            groups["CHANNEL_DELETE"].append(session)
            room.show(session, view - {event.channel_id})
    room.forget_audiences()
    for name, sessions in groups.items():
        if sessions:
            room.to_sessions(dispatch.channel_dispatch(name, event.channel, room.guild_id), sessions)


async def _refresh(room: Room, user_id: int | None, only: LiveSession | None) -> None:
    """Look again at who may see which channel, for one user or (None) for all, and tell what changed."""
    channels = await room.house.lookup.channels(room.guild_id)
    known = frozenset(int(channel.id) for channel in channels)
    targets = [each for each in room.targets(only) if user_id is None or each.user_id == user_id]
    user_ids = {session.user_id for session in targets}
    seeing = {channel_id: await room.viewers(channel_id, user_ids) for channel_id in known}
    for session in targets:
        old = room.views.get(session)
        if old is None:
            continue
        sees = frozenset(channel_id for channel_id in known if session.user_id in seeing[channel_id])
        new = sees | (old - known)
        if new == old:
            continue
        room.show(session, new)
        for channel in channels:
            channel_id = int(channel.id)
            if (channel_id in new) != (channel_id in old):
                name = "CHANNEL_CREATE" if channel_id in new else "CHANNEL_DELETE"
                room.to_sessions(dispatch.channel_dispatch(name, channel, room.guild_id), [session])
    room.forget_audiences()


_Handler = Callable[["Room", Any, "LiveSession | None"], Awaitable[None] | None]

_HANDLERS: dict[type, _Handler] = {
    events.MessageCreated: _message,
    events.MessageUpdated: _message,
    events.MessageDeleted: _in_channel,
    events.MessagesDeleted: _in_channel,
    events.ReactionAdded: _in_channel,
    events.ReactionRemoved: _in_channel,
    events.ReactionsCleared: _in_channel,
    events.PinsUpdated: _in_channel,
    events.TypingStarted: _in_channel,
    events.GuildUpdated: _guild_updated,
    events.GuildDeleted: _guild_deleted,
    events.EmojisUpdated: _in_guild,
    events.ChannelCreated: _channel_changed,
    events.ChannelUpdated: _channel_changed,
    events.ChannelDeleted: _channel_deleted,
    events.RoleCreated: _in_guild,
    events.RoleUpdated: _role_changed,
    events.RoleDeleted: _role_changed,
    events.MemberJoined: _member_joined,
    events.MemberUpdated: _member_updated,
    events.MemberLeft: _member_left,
    events.BanAdded: _for_bots,
    events.BanRemoved: _for_bots,
    events.InviteCreated: _for_bots,
    events.InviteDeleted: _for_bots,
    events.CommandsUpdated: _for_people,
    events.VoiceStateUpdated: _voice_state,
}
