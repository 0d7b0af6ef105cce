"""Permission bits and their resolution for a member in a guild or a channel.

Permissions are plain integers, one bit each, because a check runs on every request: an enumeration's operators cost a
microsecond apiece. Resolution follows Discord's documented order (everyone, roles, channel overwrites, member's
overwrite, timeout) and then drops what is meaningless without the permission it builds on, as client libraries do.

Source: Discord API documentation, "Permissions" (hierarchy, overwrites, implicit permissions, timed out members).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple


class Permissions:
    """Every permission bit by the API's name."""

    CREATE_INSTANT_INVITE: Final = 1 << 0
    KICK_MEMBERS: Final = 1 << 1
    BAN_MEMBERS: Final = 1 << 2
    ADMINISTRATOR: Final = 1 << 3
    MANAGE_CHANNELS: Final = 1 << 4
    MANAGE_GUILD: Final = 1 << 5
    ADD_REACTIONS: Final = 1 << 6
    VIEW_AUDIT_LOG: Final = 1 << 7
    PRIORITY_SPEAKER: Final = 1 << 8
    STREAM: Final = 1 << 9
    VIEW_CHANNEL: Final = 1 << 10
    SEND_MESSAGES: Final = 1 << 11
    SEND_TTS_MESSAGES: Final = 1 << 12
    MANAGE_MESSAGES: Final = 1 << 13
    EMBED_LINKS: Final = 1 << 14
    ATTACH_FILES: Final = 1 << 15
    READ_MESSAGE_HISTORY: Final = 1 << 16
    MENTION_EVERYONE: Final = 1 << 17
    USE_EXTERNAL_EMOJIS: Final = 1 << 18
    VIEW_GUILD_INSIGHTS: Final = 1 << 19
    CONNECT: Final = 1 << 20
    SPEAK: Final = 1 << 21
    MUTE_MEMBERS: Final = 1 << 22
    DEAFEN_MEMBERS: Final = 1 << 23
    MOVE_MEMBERS: Final = 1 << 24
    USE_VAD: Final = 1 << 25
    CHANGE_NICKNAME: Final = 1 << 26
    MANAGE_NICKNAMES: Final = 1 << 27
    MANAGE_ROLES: Final = 1 << 28
    MANAGE_WEBHOOKS: Final = 1 << 29
    MANAGE_GUILD_EXPRESSIONS: Final = 1 << 30
    USE_APPLICATION_COMMANDS: Final = 1 << 31
    REQUEST_TO_SPEAK: Final = 1 << 32
    MANAGE_EVENTS: Final = 1 << 33
    MANAGE_THREADS: Final = 1 << 34
    CREATE_PUBLIC_THREADS: Final = 1 << 35
    CREATE_PRIVATE_THREADS: Final = 1 << 36
    USE_EXTERNAL_STICKERS: Final = 1 << 37
    SEND_MESSAGES_IN_THREADS: Final = 1 << 38
    USE_EMBEDDED_ACTIVITIES: Final = 1 << 39
    MODERATE_MEMBERS: Final = 1 << 40
    VIEW_CREATOR_MONETIZATION_ANALYTICS: Final = 1 << 41
    USE_SOUNDBOARD: Final = 1 << 42
    CREATE_GUILD_EXPRESSIONS: Final = 1 << 43
    CREATE_EVENTS: Final = 1 << 44
    USE_EXTERNAL_SOUNDS: Final = 1 << 45
    SEND_VOICE_MESSAGES: Final = 1 << 46
    SET_VOICE_CHANNEL_STATUS: Final = 1 << 48
    SEND_POLLS: Final = 1 << 49
    USE_EXTERNAL_APPS: Final = 1 << 50
    PIN_MESSAGES: Final = 1 << 51
    BYPASS_SLOWMODE: Final = 1 << 52


BIT_NAMES: Final[Mapping[int, str]] = {
    bit: name for name, bit in vars(Permissions).items() if name.isupper() and isinstance(bit, int)
}
"""API name of each bit, in rising order of bits."""

ALL: Final = sum(BIT_NAMES)
"""Every documented bit."""

P = Permissions

DEFAULT_EVERYONE: Final = (
    P.CREATE_INSTANT_INVITE
    | P.ADD_REACTIONS
    | P.STREAM
    | P.VIEW_CHANNEL
    | P.SEND_MESSAGES
    | P.EMBED_LINKS
    | P.ATTACH_FILES
    | P.READ_MESSAGE_HISTORY
    | P.MENTION_EVERYONE
    | P.USE_EXTERNAL_EMOJIS
    | P.CONNECT
    | P.SPEAK
    | P.USE_VAD
    | P.CHANGE_NICKNAME
    | P.USE_APPLICATION_COMMANDS
    | P.REQUEST_TO_SPEAK
    | P.CREATE_PUBLIC_THREADS
    | P.CREATE_PRIVATE_THREADS
    | P.USE_EXTERNAL_STICKERS
    | P.SEND_MESSAGES_IN_THREADS
    | P.USE_EMBEDDED_ACTIVITIES
    | P.USE_SOUNDBOARD
    | P.CREATE_GUILD_EXPRESSIONS
    | P.USE_EXTERNAL_SOUNDS
    | P.SEND_VOICE_MESSAGES
    | P.SEND_POLLS
    | P.USE_EXTERNAL_APPS
)
"""What @everyone may do in a new guild: talk, listen and take part, moderate nothing."""

DIRECT_MESSAGE: Final = (
    P.ADD_REACTIONS
    | P.VIEW_CHANNEL
    | P.SEND_MESSAGES
    | P.EMBED_LINKS
    | P.ATTACH_FILES
    | P.READ_MESSAGE_HISTORY
    | P.USE_EXTERNAL_EMOJIS
    | P.USE_EXTERNAL_STICKERS
    | P.USE_APPLICATION_COMMANDS
    | P.SEND_VOICE_MESSAGES
    | P.SEND_POLLS
    | P.USE_EXTERNAL_APPS
    | P.PIN_MESSAGES
    | P.CONNECT
    | P.SPEAK
    | P.STREAM
    | P.USE_VAD
)
"""What each participant of a direct message may do there."""

VOICE_ONLY: Final = (
    P.PRIORITY_SPEAKER
    | P.STREAM
    | P.CONNECT
    | P.SPEAK
    | P.MUTE_MEMBERS
    | P.DEAFEN_MEMBERS
    | P.MOVE_MEMBERS
    | P.USE_VAD
    | P.USE_EMBEDDED_ACTIVITIES
    | P.USE_SOUNDBOARD
    | P.USE_EXTERNAL_SOUNDS
    | P.SET_VOICE_CHANNEL_STATUS
)
"""Bits that mean nothing in a text channel, and nothing to someone who cannot connect."""

_NEEDS_SEND_MESSAGES: Final = P.SEND_TTS_MESSAGES | P.MENTION_EVERYONE | P.EMBED_LINKS | P.ATTACH_FILES

_NEEDS_CONNECT: Final = VOICE_ONLY | P.MANAGE_CHANNELS | P.MANAGE_ROLES

CHANNEL_SCOPED: Final = (
    P.CREATE_INSTANT_INVITE
    | P.MANAGE_CHANNELS
    | P.ADD_REACTIONS
    | P.PRIORITY_SPEAKER
    | P.STREAM
    | P.VIEW_CHANNEL
    | P.SEND_MESSAGES
    | P.SEND_TTS_MESSAGES
    | P.MANAGE_MESSAGES
    | P.EMBED_LINKS
    | P.ATTACH_FILES
    | P.READ_MESSAGE_HISTORY
    | P.MENTION_EVERYONE
    | P.USE_EXTERNAL_EMOJIS
    | P.CONNECT
    | P.SPEAK
    | P.MUTE_MEMBERS
    | P.DEAFEN_MEMBERS
    | P.MOVE_MEMBERS
    | P.USE_VAD
    | P.MANAGE_ROLES
    | P.MANAGE_WEBHOOKS
    | P.USE_APPLICATION_COMMANDS
    | P.REQUEST_TO_SPEAK
    | P.MANAGE_THREADS
    | P.CREATE_PUBLIC_THREADS
    | P.CREATE_PRIVATE_THREADS
    | P.USE_EXTERNAL_STICKERS
    | P.SEND_MESSAGES_IN_THREADS
    | P.USE_EMBEDDED_ACTIVITIES
    | P.USE_SOUNDBOARD
    | P.USE_EXTERNAL_SOUNDS
    | P.SEND_VOICE_MESSAGES
    | P.SEND_POLLS
    | P.USE_EXTERNAL_APPS
    | P.PIN_MESSAGES
    | P.BYPASS_SLOWMODE
)
"""Bits that act inside one channel: all of them end where the channel cannot be seen."""

_KEPT_IN_TIMEOUT: Final = P.VIEW_CHANNEL | P.READ_MESSAGE_HISTORY

GUILD_TEXT: Final = 0
GUILD_VOICE: Final = 2
GUILD_CATEGORY: Final = 4
GUILD_STAGE_VOICE: Final = 13

ROLE_OVERWRITE: Final = 0
MEMBER_OVERWRITE: Final = 1


class Overwrite(NamedTuple):
    """What one channel grants to and takes from one role or member."""

    id: int
    """Id of the role or the user."""
    type: int
    """0 for a role, 1 for a member."""
    allow: int
    """Bits granted."""
    deny: int
    """Bits taken; `allow` wins where both name a bit."""


def base_permissions(
    *,
    is_owner: bool,
    everyone: int,
    roles: Iterable[int],
    timed_out: bool = False,
) -> int:
    """Return what a member may do in the guild, before any channel's overwrites.

    Args:
        is_owner: The guild's owner may do everything.
        everyone: Permissions of the @everyone role.
        roles: Permissions of each further role of the member.
        timed_out: A timed out member keeps only seeing and reading, unless administrator.
    """
    if is_owner:
        return ALL
    permissions = everyone
    for role in roles:
        permissions |= role
    if permissions & P.ADMINISTRATOR:
        return ALL
    return permissions & _KEPT_IN_TIMEOUT if timed_out else permissions


def channel_permissions(
    base: int,
    *,
    guild_id: int,
    user_id: int,
    role_ids: Collection[int],
    overwrites: Iterable[Overwrite],
    channel_type: int,
    timed_out: bool = False,
) -> int:
    """Return what a member may do in one channel.

    Args:
        base: The member's `base_permissions`, resolved without the timeout.
        guild_id: The guild's id, which is also the @everyone role's.
        user_id: The member.
        role_ids: Ids of the member's roles, @everyone not needed.
        overwrites: The channel's overwrites in any order.
        channel_type: Type of the channel by the API's numbers.
        timed_out: Whether the member is timed out now.
    """
    if base & P.ADMINISTRATOR:
        return without_meaningless(ALL, channel_type)
    everyone_allow = everyone_deny = roles_allow = roles_deny = member_allow = member_deny = 0
    for target, kind, allow, deny in overwrites:
        if kind == MEMBER_OVERWRITE:
            if target == user_id:
                member_allow, member_deny = allow, deny
        elif target == guild_id:
            everyone_allow, everyone_deny = allow, deny
        elif target in role_ids:
            roles_allow |= allow
            roles_deny |= deny
    permissions = base & ~everyone_deny | everyone_allow
    permissions = permissions & ~roles_deny | roles_allow
    permissions = permissions & ~member_deny | member_allow
    if timed_out:
        permissions &= _KEPT_IN_TIMEOUT
    return without_meaningless(permissions, channel_type)


def without_meaningless(permissions: int, channel_type: int) -> int:
    """Return `permissions` less those that their missing ground makes meaningless in such a channel.

    A category grants nothing itself, so there the bits stay as they are for its channels to show.
    """
    if channel_type == GUILD_CATEGORY:
        return permissions
    if not permissions & P.SEND_MESSAGES:
        permissions &= ~_NEEDS_SEND_MESSAGES
    if not permissions & P.VIEW_CHANNEL:
        permissions &= ~CHANNEL_SCOPED
    if channel_type in {GUILD_VOICE, GUILD_STAGE_VOICE}:
        return permissions if permissions & P.CONNECT else permissions & ~_NEEDS_CONNECT
    return permissions & ~VOICE_ONLY


def names(permissions: int) -> list[str]:
    """Return the API names of the bits in `permissions`, in order of bits."""
    return [name for bit, name in BIT_NAMES.items() if permissions & bit]
