"""Application commands and their use."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from hubbub.events.contracts.objects.channel import Channel
from hubbub.events.contracts.objects.guild import Member, Role
from hubbub.events.contracts.objects.message import Attachment, Message
from hubbub.events.contracts.objects.user import User
from hubbub.events.contracts.objects.wire import Snowflake, Wire


class CommandChoice(Wire, kw_only=True):
    """One value that a command option offers."""

    name: str
    value: str | int | float
    name_localizations: dict[str, str] | None = None


class CommandOption(Wire, kw_only=True):
    """A parameter, subcommand or group of an application command."""

    type: int
    name: str
    description: str
    name_localizations: dict[str, str] | None = None
    description_localizations: dict[str, str] | None = None
    required: bool | UnsetType = UNSET
    choices: list[CommandChoice] | UnsetType = UNSET
    options: list[CommandOption] | UnsetType = UNSET
    channel_types: list[int] | UnsetType = UNSET
    min_value: int | float | UnsetType = UNSET
    max_value: int | float | UnsetType = UNSET
    min_length: int | UnsetType = UNSET
    max_length: int | UnsetType = UNSET
    autocomplete: bool | UnsetType = UNSET


class Command(Wire, kw_only=True):
    """An application command: slash (type 1), user (2) or message (3)."""

    id: Snowflake
    type: int = 1
    application_id: Snowflake
    guild_id: Snowflake | UnsetType = UNSET
    name: str
    name_localizations: dict[str, str] | None = None
    description: str = ""
    description_localizations: dict[str, str] | None = None
    options: list[CommandOption] | UnsetType = UNSET
    default_member_permissions: str | None = None
    dm_permission: bool = True
    default_permission: bool = True
    nsfw: bool = False
    integration_types: list[int] = msgspec.field(default_factory=lambda: [0])
    contexts: list[int] | None = None
    version: Snowflake


class InteractionOption(Wire, kw_only=True):
    """A value that the member gave for a command option."""

    name: str
    type: int
    value: str | int | float | bool | UnsetType = UNSET
    options: list[InteractionOption] | UnsetType = UNSET
    focused: bool | UnsetType = UNSET


class ResolvedChannel(Wire, kw_only=True):
    """A channel named in an interaction, with the invoker's permissions there."""

    id: Snowflake
    name: str
    type: int
    permissions: str
    guild_id: Snowflake | UnsetType = UNSET
    parent_id: Snowflake | UnsetType | None = UNSET


class Resolved(Wire, kw_only=True):
    """The objects that an interaction's options name, by id."""

    users: dict[Snowflake, User] | UnsetType = UNSET
    members: dict[Snowflake, Member] | UnsetType = UNSET
    roles: dict[Snowflake, Role] | UnsetType = UNSET
    channels: dict[Snowflake, ResolvedChannel] | UnsetType = UNSET
    messages: dict[Snowflake, Message] | UnsetType = UNSET
    attachments: dict[Snowflake, Attachment] | UnsetType = UNSET


class InteractionData(Wire, kw_only=True):
    """Which command was invoked, and with what."""

    id: Snowflake
    name: str
    type: int = 1
    resolved: Resolved | UnsetType = UNSET
    options: list[InteractionOption] | UnsetType = UNSET
    guild_id: Snowflake | UnsetType = UNSET
    target_id: Snowflake | UnsetType = UNSET


class InteractionGuild(Wire, kw_only=True):
    """The part of a guild that an interaction shows."""

    id: Snowflake
    locale: str = "en-US"
    features: list[str] = msgspec.field(default_factory=list)


class Interaction(Wire, kw_only=True):
    """A member's use of an application command, as the application receives it."""

    id: Snowflake
    application_id: Snowflake
    type: int
    data: InteractionData | UnsetType = UNSET
    guild: InteractionGuild | UnsetType = UNSET
    guild_id: Snowflake | UnsetType = UNSET
    channel: Channel | UnsetType = UNSET
    channel_id: Snowflake | UnsetType = UNSET
    member: Member | UnsetType = UNSET
    user: User | UnsetType = UNSET
    token: str
    version: int = 1
    app_permissions: str
    locale: str = "en-US"
    guild_locale: str | UnsetType = UNSET
    entitlements: list[None] = msgspec.field(default_factory=list)
    entitlement_sku_ids: list[Snowflake] = msgspec.field(default_factory=list)
    authorizing_integration_owners: dict[str, Snowflake] = msgspec.field(default_factory=dict)
    context: int = 0
    attachment_size_limit: int
    """Bytes."""
