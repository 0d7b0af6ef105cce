"""Events: what happened, told once by the engine where it happened, in commit order.

Each is closed and tagged by `type`; unknown fields and unknown types fail to decode. An event that names a guild is
ordered with every other event of that guild (`partition_key`). `TypingStarted` is ephemeral: it is published, but
neither written to the outbox nor to the log.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from hubbub.events.contracts import objects


class _Event(msgspec.Struct, kw_only=True, tag_field="type", gc=False, forbid_unknown_fields=True):
    event_id: int
    """Snowflake; equal ids are one event told twice."""


class MessageCreated(_Event, kw_only=True, tag="message.created"):
    """A message was sent. `recipients` is who takes part in a direct message, empty in a guild."""

    guild_id: int | None
    channel_id: int
    channel_type: int = 0
    """What kind of channel that is, in the API's numbers: 0 text, 1 direct messages, 2 voice, 13 stage."""
    message: objects.Message
    recipients: tuple[int, ...] = ()
    visible_to: int | None = None
    """User id when only one person may see it (an ephemeral answer), else None."""


class MessageUpdated(_Event, kw_only=True, tag="message.updated"):
    """A message was edited; `message` is whole."""

    guild_id: int | None
    channel_id: int
    channel_type: int = 0
    message: objects.Message
    recipients: tuple[int, ...] = ()
    visible_to: int | None = None


class MessageDeleted(_Event, kw_only=True, tag="message.deleted"):
    """A message is gone."""

    guild_id: int | None
    channel_id: int
    message_id: int
    recipients: tuple[int, ...] = ()
    visible_to: int | None = None


class MessagesDeleted(_Event, kw_only=True, tag="messages.deleted"):
    """Many messages of one channel are gone."""

    guild_id: int | None
    channel_id: int
    message_ids: tuple[int, ...]


class ReactionAdded(_Event, kw_only=True, tag="reaction.added"):
    """Someone reacted. `member` is set in guilds."""

    guild_id: int | None
    channel_id: int
    message_id: int
    message_author_id: int
    user_id: int
    emoji: objects.PartialEmoji
    member: objects.Member | None = None
    recipients: tuple[int, ...] = ()


class ReactionRemoved(_Event, kw_only=True, tag="reaction.removed"):
    """A reaction was taken back."""

    guild_id: int | None
    channel_id: int
    message_id: int
    user_id: int
    emoji: objects.PartialEmoji
    recipients: tuple[int, ...] = ()


class ReactionsCleared(_Event, kw_only=True, tag="reactions.cleared"):
    """All reactions of a message were removed, or all of one `emoji` when it is given."""

    guild_id: int | None
    channel_id: int
    message_id: int
    emoji: objects.PartialEmoji | None = None
    recipients: tuple[int, ...] = ()


class PinsUpdated(_Event, kw_only=True, tag="pins.updated"):
    """A message was pinned or unpinned. `last_pin_timestamp` is the newest pin's time, None without pins."""

    guild_id: int | None
    channel_id: int
    last_pin_timestamp: str | None
    recipients: tuple[int, ...] = ()


class TypingStarted(_Event, kw_only=True, tag="typing.started"):
    """Someone writes. Ephemeral. `timestamp_s` is Unix seconds."""

    guild_id: int | None
    channel_id: int
    user_id: int
    timestamp_s: int
    member: objects.Member | None = None
    recipients: tuple[int, ...] = ()


class GuildCreated(_Event, kw_only=True, tag="guild.created"):
    """A guild was made; its owner is its first member."""

    guild_id: int
    owner_id: int


class GuildUpdated(_Event, kw_only=True, tag="guild.updated"):
    """A guild's settings changed."""

    guild_id: int
    guild: objects.Guild


class GuildDeleted(_Event, kw_only=True, tag="guild.deleted"):
    """A guild is gone for everyone."""

    guild_id: int


class EmojisUpdated(_Event, kw_only=True, tag="emojis.updated"):
    """The custom emojis of a guild changed; `emojis` is the whole list."""

    guild_id: int
    emojis: list[objects.Emoji]


class ChannelCreated(_Event, kw_only=True, tag="channel.created"):
    """A channel was made. For a direct message `guild_id` is None and `recipients` are both people."""

    guild_id: int | None
    channel_id: int
    channel: objects.Channel
    recipients: tuple[int, ...] = ()


class ChannelUpdated(_Event, kw_only=True, tag="channel.updated"):
    """A channel's settings or overwrites changed."""

    guild_id: int | None
    channel_id: int
    channel: objects.Channel
    recipients: tuple[int, ...] = ()


class ChannelDeleted(_Event, kw_only=True, tag="channel.deleted"):
    """A channel is gone. For a direct message, `recipients` names the one who closed it."""

    guild_id: int | None
    channel_id: int
    channel: objects.Channel
    recipients: tuple[int, ...] = ()


class RoleCreated(_Event, kw_only=True, tag="role.created"):
    """A role was made."""

    guild_id: int
    role: objects.Role


class RoleUpdated(_Event, kw_only=True, tag="role.updated"):
    """A role changed."""

    guild_id: int
    role: objects.Role


class RoleDeleted(_Event, kw_only=True, tag="role.deleted"):
    """A role is gone from the guild and its members."""

    guild_id: int
    role_id: int


class MemberJoined(_Event, kw_only=True, tag="member.joined"):
    """A user joined a guild; `member.user` is set."""

    guild_id: int
    user_id: int
    member: objects.Member


class MemberUpdated(_Event, kw_only=True, tag="member.updated"):
    """A member's nick, roles, timeout or profile changed; `member.user` is set."""

    guild_id: int
    user_id: int
    member: objects.Member


class MemberLeft(_Event, kw_only=True, tag="member.left"):
    """A user left, was kicked or was banned."""

    guild_id: int
    user_id: int
    user: objects.User


class BanAdded(_Event, kw_only=True, tag="ban.added"):
    """A user was banned."""

    guild_id: int
    user: objects.User


class BanRemoved(_Event, kw_only=True, tag="ban.removed"):
    """A ban was lifted."""

    guild_id: int
    user: objects.User


class InviteCreated(_Event, kw_only=True, tag="invite.created"):
    """An invite was made."""

    guild_id: int
    channel_id: int
    invite: objects.Invite


class InviteDeleted(_Event, kw_only=True, tag="invite.deleted"):
    """An invite is gone."""

    guild_id: int
    channel_id: int
    code: str


class UserUpdated(_Event, kw_only=True, tag="user.updated"):
    """An account's own data changed. Told to the user's own sessions."""

    user_id: int
    user: objects.OwnUser


class SettingsUpdated(_Event, kw_only=True, tag="settings.updated"):
    """A person's client settings changed; `settings` is the whole JSON object."""

    user_id: int
    settings: msgspec.Raw


class ReadStateUpdated(_Event, kw_only=True, tag="read_state.updated"):
    """A person has read on. Told to the person's own sessions."""

    user_id: int
    read_state: objects.ReadState


class SessionRevoked(_Event, kw_only=True, tag="session.revoked"):
    """A login session ended (None: all of the user's); its gateway connections close."""

    user_id: int
    session_id: int | None


class CommandsUpdated(_Event, kw_only=True, tag="commands.updated"):
    """An application's commands changed, in one guild or (None) everywhere."""

    guild_id: int | None
    application_id: int


class InteractionCreated(_Event, kw_only=True, tag="interaction.created"):
    """A member invoked a command; told to the application's sessions."""

    guild_id: int | None
    application_id: int
    interaction: objects.Interaction


class InteractionSettled(_Event, kw_only=True, tag="interaction.settled"):
    """What became of an invocation; told to the invoker's sessions. `nonce` is the invoker's own."""

    user_id: int
    interaction_id: int
    nonce: str | UnsetType = UNSET
    succeeded: bool


class VoiceStateUpdated(_Event, kw_only=True, tag="voice_state.updated"):
    """Someone joined, left or changed in voice. Ephemeral: voice holds the truth."""

    guild_id: int
    voice_state: objects.VoiceState


Event = (
    MessageCreated
    | MessageUpdated
    | MessageDeleted
    | MessagesDeleted
    | ReactionAdded
    | ReactionRemoved
    | ReactionsCleared
    | PinsUpdated
    | TypingStarted
    | GuildCreated
    | GuildUpdated
    | GuildDeleted
    | EmojisUpdated
    | ChannelCreated
    | ChannelUpdated
    | ChannelDeleted
    | RoleCreated
    | RoleUpdated
    | RoleDeleted
    | MemberJoined
    | MemberUpdated
    | MemberLeft
    | BanAdded
    | BanRemoved
    | InviteCreated
    | InviteDeleted
    | UserUpdated
    | SettingsUpdated
    | ReadStateUpdated
    | SessionRevoked
    | CommandsUpdated
    | InteractionCreated
    | InteractionSettled
    | VoiceStateUpdated
)
"""Every event there is."""

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def encode(event: Event) -> bytes:
    """Return `event` as tagged JSON, the form of the outbox and the log."""
    return _encoder.encode(event)


def decode(document: bytes) -> Event:
    """Return the event that `encode` wrote.

    Raises:
        msgspec.ValidationError: An unknown type, an unknown field or a wrong value.
    """
    return _decoder.decode(document)


def partition_key(event: Event) -> int:
    """Return what `event` is ordered by: its guild, else its channel, else its user, else its application."""
    for name in ("guild_id", "channel_id", "user_id", "application_id"):
        key: int | None = getattr(event, name, None)
        if key is not None:
            return key
    return event.event_id
