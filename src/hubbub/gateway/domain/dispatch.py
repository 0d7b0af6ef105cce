"""Events as dispatches: which name, which body, which intent.

Source: Discord Gateway v10, "Receive Events" and "List of Intents".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, Struct

from hubbub.events.contracts import events, objects
from hubbub.gateway.domain.intents import Intent

encode = msgspec.json.Encoder().encode


class Dispatch(NamedTuple):
    """A dispatch before it is numbered."""

    name: str
    body: bytes
    intent: int = 0
    """Bit that a session must have named; zero goes to all."""


def extend(document: bytes, fields: dict[str, object]) -> bytes:
    """Return the JSON object `document`, which is not empty, with `fields` added."""
    return document[:-1] + b"," + encode(fields)[1:]


def blank(message: objects.Message) -> objects.Message:
    """Return a message without what MESSAGE_CONTENT guards."""
    referenced = message.referenced_message
    return msgspec.structs.replace(
        message,
        content="",
        embeds=[],
        attachments=[],
        components=[],
        referenced_message=blank(referenced) if isinstance(referenced, objects.Message) else referenced,
    )


def readers_of_content(message: objects.Message) -> frozenset[int]:
    """Return who may read a message's content without the intent: its author and whom it mentions."""
    return frozenset((int(message.author.id), *(int(user.id) for user in message.mentions)))


def message_dispatch(
    event: events.MessageCreated | events.MessageUpdated, message: objects.Message | None = None
) -> Dispatch:
    """Return MESSAGE_CREATE or MESSAGE_UPDATE, with `message` in place of the event's own when given."""
    message = message or event.message
    intent = Intent.DIRECT_MESSAGES
    if event.guild_id is not None:
        intent = Intent.GUILD_MESSAGES
        if message.guild_id is UNSET:
            message = msgspec.structs.replace(message, guild_id=str(event.guild_id))
    name = "MESSAGE_CREATE" if isinstance(event, events.MessageCreated) else "MESSAGE_UPDATE"
    return Dispatch(name, extend(encode(message), {"channel_type": event.channel_type}), int(intent))


def channel_dispatch(name: str, channel: objects.Channel, guild_id: int | None) -> Dispatch:
    """Return CHANNEL_CREATE, CHANNEL_UPDATE or CHANNEL_DELETE."""
    if guild_id is not None and channel.guild_id is UNSET:
        channel = msgspec.structs.replace(channel, guild_id=str(guild_id))
    return Dispatch(name, encode(channel), int(Intent.GUILDS) if guild_id is not None else 0)


def private_channel(channel: objects.Channel, user_id: int) -> objects.Channel:
    """Return a direct message's channel as `user_id` sees it: its recipients are the others."""
    if channel.recipients is UNSET:
        return channel
    others = [user for user in channel.recipients if user.id != str(user_id)]
    return msgspec.structs.replace(channel, recipients=others)


def without_channel(state: objects.VoiceState) -> objects.VoiceState:
    """Return a voice state as someone sees it who may not see its channel: as not being in voice."""
    return msgspec.structs.replace(state, channel_id=None)


def guild_removed(guild_id: int, *, unavailable: bool = False) -> Dispatch:
    """Return GUILD_DELETE: left or gone, or out of reach for now."""
    fields: dict[str, object] = {"id": str(guild_id)}
    if unavailable:
        fields["unavailable"] = True
    return Dispatch("GUILD_DELETE", encode(fields), int(Intent.GUILDS))


def dispatch_of(event: events.Event) -> Dispatch:
    """Return the dispatch of an event that has exactly one.

    Raises:
        KeyError: The event is told in several forms, or changes the gateway's own state only.
    """
    return _BUILDERS[type(event)](event)


def _place(event: Any) -> dict[str, object]:
    """Return the ids that say where an event of a channel happened."""
    place: dict[str, object] = {"channel_id": str(event.channel_id)}
    if event.guild_id is not None:
        place["guild_id"] = str(event.guild_id)
    return place


def _by_place(event: Any, guild: Intent, direct: Intent) -> int:
    return int(guild if event.guild_id is not None else direct)


def _message_deleted(event: events.MessageDeleted) -> Dispatch:
    body = encode({"id": str(event.message_id), **_place(event)})
    return Dispatch("MESSAGE_DELETE", body, _by_place(event, Intent.GUILD_MESSAGES, Intent.DIRECT_MESSAGES))


def _messages_deleted(event: events.MessagesDeleted) -> Dispatch:
    body = encode({"ids": [str(each) for each in event.message_ids], **_place(event)})
    return Dispatch("MESSAGE_DELETE_BULK", body, int(Intent.GUILD_MESSAGES))


def _reaction_intent(event: Any) -> int:
    return _by_place(event, Intent.GUILD_MESSAGE_REACTIONS, Intent.DIRECT_MESSAGE_REACTIONS)


def _reaction_added(event: events.ReactionAdded) -> Dispatch:
    fields = {
        "user_id": str(event.user_id),
        "message_id": str(event.message_id),
        **_place(event),
        "emoji": event.emoji,
        "message_author_id": str(event.message_author_id),
        "burst": False,
        "type": 0,
    }
    if event.member is not None:
        fields["member"] = event.member
    return Dispatch("MESSAGE_REACTION_ADD", encode(fields), _reaction_intent(event))


def _reaction_removed(event: events.ReactionRemoved) -> Dispatch:
    fields = {
        "user_id": str(event.user_id),
        "message_id": str(event.message_id),
        **_place(event),
        "emoji": event.emoji,
        "burst": False,
        "type": 0,
    }
    return Dispatch("MESSAGE_REACTION_REMOVE", encode(fields), _reaction_intent(event))


def _reactions_cleared(event: events.ReactionsCleared) -> Dispatch:
    fields = {"message_id": str(event.message_id), **_place(event)}
    if event.emoji is None:
        return Dispatch("MESSAGE_REACTION_REMOVE_ALL", encode(fields), _reaction_intent(event))
    fields["emoji"] = event.emoji
    return Dispatch("MESSAGE_REACTION_REMOVE_EMOJI", encode(fields), _reaction_intent(event))


def _pins_updated(event: events.PinsUpdated) -> Dispatch:
    body = encode({**_place(event), "last_pin_timestamp": event.last_pin_timestamp})
    return Dispatch("CHANNEL_PINS_UPDATE", body, _by_place(event, Intent.GUILDS, Intent.DIRECT_MESSAGES))


def _typing_started(event: events.TypingStarted) -> Dispatch:
    fields = {**_place(event), "user_id": str(event.user_id), "timestamp": event.timestamp_s}
    if event.member is not None:
        fields["member"] = event.member
    intent = _by_place(event, Intent.GUILD_MESSAGE_TYPING, Intent.DIRECT_MESSAGE_TYPING)
    return Dispatch("TYPING_START", encode(fields), intent)


def _guild_updated(event: events.GuildUpdated) -> Dispatch:
    return Dispatch("GUILD_UPDATE", encode(event.guild), int(Intent.GUILDS))


def _emojis_updated(event: events.EmojisUpdated) -> Dispatch:
    body = encode({"guild_id": str(event.guild_id), "emojis": event.emojis})
    return Dispatch("GUILD_EMOJIS_UPDATE", body, int(Intent.GUILD_EXPRESSIONS))


def _role(event: events.RoleCreated | events.RoleUpdated) -> Dispatch:
    name = "GUILD_ROLE_CREATE" if isinstance(event, events.RoleCreated) else "GUILD_ROLE_UPDATE"
    return Dispatch(name, encode({"guild_id": str(event.guild_id), "role": event.role}), int(Intent.GUILDS))


def _role_deleted(event: events.RoleDeleted) -> Dispatch:
    body = encode({"guild_id": str(event.guild_id), "role_id": str(event.role_id)})
    return Dispatch("GUILD_ROLE_DELETE", body, int(Intent.GUILDS))


def _member(event: events.MemberJoined | events.MemberUpdated) -> Dispatch:
    name = "GUILD_MEMBER_ADD" if isinstance(event, events.MemberJoined) else "GUILD_MEMBER_UPDATE"
    body = extend(encode(event.member), {"guild_id": str(event.guild_id)})
    return Dispatch(name, body, int(Intent.GUILD_MEMBERS))


def _member_left(event: events.MemberLeft) -> Dispatch:
    body = encode({"guild_id": str(event.guild_id), "user": event.user})
    return Dispatch("GUILD_MEMBER_REMOVE", body, int(Intent.GUILD_MEMBERS))


def _ban(event: events.BanAdded | events.BanRemoved) -> Dispatch:
    name = "GUILD_BAN_ADD" if isinstance(event, events.BanAdded) else "GUILD_BAN_REMOVE"
    return Dispatch(name, encode({"guild_id": str(event.guild_id), "user": event.user}), int(Intent.GUILD_MODERATION))


def _invite_created(event: events.InviteCreated) -> Dispatch:
    invite = event.invite
    fields: dict[str, object] = {
        "channel_id": str(event.channel_id),
        "code": invite.code,
        "created_at": invite.created_at,
        "guild_id": str(event.guild_id),
        "inviter": invite.inviter,
        "max_age": invite.max_age,
        "max_uses": invite.max_uses,
        "temporary": invite.temporary,
        "uses": invite.uses,
        "expires_at": invite.expires_at,
        "type": invite.type,
    }
    told = {name: value for name, value in fields.items() if value is not UNSET}
    return Dispatch("INVITE_CREATE", encode(told), int(Intent.GUILD_INVITES))


def _invite_deleted(event: events.InviteDeleted) -> Dispatch:
    return Dispatch("INVITE_DELETE", encode({**_place(event), "code": event.code}), int(Intent.GUILD_INVITES))


def _commands_updated(event: events.CommandsUpdated) -> Dispatch:
    guild_id = None if event.guild_id is None else str(event.guild_id)
    body = encode({"guild_id": guild_id, "application_id": str(event.application_id)})
    return Dispatch("APPLICATION_COMMANDS_UPDATE", body)


def _interaction_settled(event: events.InteractionSettled) -> Dispatch:
    fields: dict[str, object] = {"id": str(event.interaction_id)}
    if event.nonce is not UNSET:
        fields["nonce"] = event.nonce
    return Dispatch("INTERACTION_SUCCESS" if event.succeeded else "INTERACTION_FAILURE", encode(fields))


_BUILDERS: dict[type[Struct], Callable[[Any], Dispatch]] = {
    events.MessageCreated: message_dispatch,
    events.MessageUpdated: message_dispatch,
    events.MessageDeleted: _message_deleted,
    events.MessagesDeleted: _messages_deleted,
    events.ReactionAdded: _reaction_added,
    events.ReactionRemoved: _reaction_removed,
    events.ReactionsCleared: _reactions_cleared,
    events.PinsUpdated: _pins_updated,
    events.TypingStarted: _typing_started,
    events.GuildUpdated: _guild_updated,
    events.EmojisUpdated: _emojis_updated,
    events.RoleCreated: _role,
    events.RoleUpdated: _role,
    events.RoleDeleted: _role_deleted,
    events.MemberJoined: _member,
    events.MemberUpdated: _member,
    events.MemberLeft: _member_left,
    events.BanAdded: _ban,
    events.BanRemoved: _ban,
    events.InviteCreated: _invite_created,
    events.InviteDeleted: _invite_deleted,
    events.CommandsUpdated: _commands_updated,
    events.InteractionSettled: _interaction_settled,
    events.UserUpdated: lambda event: Dispatch("USER_UPDATE", encode(event.user)),
    events.SettingsUpdated: lambda event: Dispatch("USER_SETTINGS_UPDATE", bytes(event.settings)),
    events.ReadStateUpdated: lambda event: Dispatch("READ_STATE_UPDATE", encode(event.read_state)),
    events.InteractionCreated: lambda event: Dispatch("INTERACTION_CREATE", encode(event.interaction)),
}
