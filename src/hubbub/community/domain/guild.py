"""What a guild is made of, as records hold it, and what follows from it for a member.

Field order equals the columns that the statements select, because rows are built positionally.
"""

from __future__ import annotations

import msgspec

from hubbub.community.domain.permissions import (
    ALL,
    Overwrite,
    Permissions,
    base_permissions,
    channel_permissions,
)

DIRECT_MESSAGE_TYPE = 1
"""Channel type of a direct message."""

_ids_decoder = msgspec.json.Decoder(tuple[int, ...])


class _StoredOverwrite(msgspec.Struct):
    id: int
    type: int
    allow: int = 0
    deny: int = 0


_stored_overwrites_decoder = msgspec.json.Decoder(list[_StoredOverwrite], strict=False)


def decode_overwrites(document: bytes) -> tuple[Overwrite, ...]:
    """Return the overwrites in `document`, a JSON list whose numbers may be strings as in wire objects."""
    if document == b"[]":
        return ()
    return tuple(Overwrite(o.id, o.type, o.allow, o.deny) for o in _stored_overwrites_decoder.decode(document))


def encode_overwrites(overwrites: tuple[Overwrite, ...]) -> bytes:
    """Return `overwrites` as a JSON list of wire objects."""
    return msgspec.json.encode(
        [{"id": str(o.id), "type": o.type, "allow": str(o.allow), "deny": str(o.deny)} for o in overwrites]
    )


def decode_ids(document: bytes) -> tuple[int, ...]:
    """Return the ids in `document`, a JSON list of integers."""
    return () if document == b"[]" else _ids_decoder.decode(document)


def encode_ids(ids: tuple[int, ...]) -> bytes:
    """Return `ids` as a JSON list of integers."""
    return msgspec.json.encode(ids)


class Guild(msgspec.Struct, frozen=True, gc=False):
    """A guild's own settings."""

    id: int
    name: str
    icon: str | None
    description: str | None
    owner_id: int
    system_channel_id: int | None
    system_channel_flags: int
    rules_channel_id: int | None
    afk_channel_id: int | None
    afk_timeout_s: int
    verification_level: int
    default_message_notifications: int
    explicit_content_filter: int
    preferred_locale: str


class Role(msgspec.Struct, frozen=True, gc=False):
    """A named set of permissions; @everyone's id is the guild's."""

    id: int
    guild_id: int
    name: str
    color: int
    hoist: bool
    position: int
    permissions: int
    managed_by: int | None
    """User id of the bot whose own role this is."""
    mentionable: bool


class Channel(msgspec.Struct):
    """A channel of a guild, or a direct message. Only `last_message_id` and `last_pin_at_ms` change in place."""

    id: int
    guild_id: int | None
    type: int
    name: str
    position: int
    parent_id: int | None
    topic: str | None
    nsfw: bool
    rate_limit_per_user_s: int
    bitrate_bps: int
    user_limit: int
    overwrites_json: bytes
    last_message_id: int | None
    last_pin_at_ms: int | None
    overwrites: tuple[Overwrite, ...] = ()

    def __post_init__(self) -> None:
        """Decode the overwrites once, for checks on every request."""
        self.overwrites = decode_overwrites(self.overwrites_json)


class Emoji(msgspec.Struct, frozen=True, gc=False):
    """A custom emoji."""

    id: int
    guild_id: int
    name: str
    role_ids_json: bytes
    creator_id: int
    animated: bool
    content_type: str


class Member(msgspec.Struct):
    """A user inside a guild."""

    guild_id: int
    user_id: int
    nick: str | None
    role_ids_json: bytes
    joined_at_ms: int
    deaf: bool
    mute: bool
    timeout_until_ms: int | None
    is_temporary: bool
    role_ids: tuple[int, ...] = ()
    """May name roles that are gone: they count for nothing."""

    def __post_init__(self) -> None:
        """Decode the role ids once, for checks on every request."""
        self.role_ids = decode_ids(self.role_ids_json)

    def is_timed_out(self, now_ms: int) -> bool:
        """Return whether a timeout holds at `now_ms`."""
        return self.timeout_until_ms is not None and self.timeout_until_ms > now_ms


class Ban(msgspec.Struct, frozen=True, gc=False):
    """Someone who may not come back."""

    guild_id: int
    user_id: int
    reason: str | None
    created_at_ms: int


class Invite(msgspec.Struct, frozen=True, gc=False):
    """A link into a guild."""

    code: str
    guild_id: int
    channel_id: int
    inviter_id: int
    created_at_ms: int
    expires_at_ms: int | None
    """None never expires."""
    max_age_s: int
    max_uses: int
    """0: no limit."""
    uses: int
    is_temporary: bool

    def is_valid(self, now_ms: int) -> bool:
        """Return whether it can still be followed at `now_ms`."""
        expired = self.expires_at_ms is not None and self.expires_at_ms <= now_ms
        return not expired and (self.max_uses == 0 or self.uses < self.max_uses)


class GuildState:
    """A guild with its roles, channels and emojis, as of one moment; members come separately."""

    __slots__ = ("channels", "emojis", "guild", "id", "roles")

    def __init__(
        self,
        guild: Guild,
        roles: dict[int, Role],
        channels: dict[int, Channel],
        emojis: dict[int, Emoji],
    ) -> None:
        """Hold the parts, each by id."""
        self.id = guild.id
        self.guild = guild
        self.roles = roles
        self.channels = channels
        self.emojis = emojis

    @property
    def everyone(self) -> Role:
        """The role that every member has."""
        return self.roles[self.id]

    def roles_of(self, member: Member) -> list[Role]:
        """Return the member's existing roles without @everyone, lowest first."""
        found = [role for role_id in member.role_ids if (role := self.roles.get(role_id)) is not None]
        found.sort(key=rank)
        return found

    def base(self, member: Member, now_ms: int | None = None) -> int:
        """Return what `member` may do in the guild; with `now_ms`, less what a running timeout takes."""
        roles = self.roles
        return base_permissions(
            is_owner=member.user_id == self.guild.owner_id,
            everyone=roles[self.id].permissions,
            roles=[roles[role_id].permissions for role_id in member.role_ids if role_id in roles],
            timed_out=now_ms is not None and member.is_timed_out(now_ms),
        )

    def permissions(self, member: Member, channel: Channel, now_ms: int) -> int:
        """Return what `member` may do in `channel` at `now_ms`."""
        base = self.base(member)
        return channel_permissions(
            base,
            guild_id=self.id,
            user_id=member.user_id,
            role_ids=member.role_ids,
            overwrites=channel.overwrites,
            channel_type=channel.type,
            timed_out=member.timeout_until_ms is not None and member.timeout_until_ms > now_ms,
        )

    def visible(self, member: Member, now_ms: int) -> list[Channel]:
        """Return the channels that `member` can see."""
        return [c for c in self.channels.values() if self.permissions(member, c, now_ms) & Permissions.VIEW_CHANNEL]

    def top_rank(self, member: Member) -> tuple[int, int]:
        """Return the rank of the member's highest role; the owner stands above every role."""
        if member.user_id == self.guild.owner_id:
            return OWNER_RANK
        return max((rank(role) for role in self.roles_of(member)), default=rank(self.everyone))


OWNER_RANK = (1 << 62, 0)
"""Above every role's rank."""


def rank(role: Role) -> tuple[int, int]:
    """Return what orders roles: the position, and of equal positions the older role stands higher."""
    return role.position, -role.id


def new_guild(
    guild_id: int, guild_name: str, owner_id: int, icon: str | None, *, system_channel_id: int | None
) -> Guild:
    """Return a guild with the settings that a new one has."""
    return Guild(
        id=guild_id,
        name=guild_name,
        icon=icon,
        description=None,
        owner_id=owner_id,
        system_channel_id=system_channel_id,
        system_channel_flags=0,
        rules_channel_id=None,
        afk_channel_id=None,
        afk_timeout_s=300,
        verification_level=0,
        default_message_notifications=0,
        explicit_content_filter=0,
        preferred_locale="en-US",
    )


def new_role(role_id: int, guild_id: int, role_name: str, permissions: int, *, position: int = 0) -> Role:
    """Return a role without colour or other marks."""
    return Role(
        id=role_id,
        guild_id=guild_id,
        name=role_name,
        color=0,
        hoist=False,
        position=position,
        permissions=permissions & ALL,
        managed_by=None,
        mentionable=False,
    )


def new_channel(
    channel_id: int,
    guild_id: int | None,
    kind: int,
    channel_name: str,
    *,
    parent_id: int | None = None,
    position: int = 0,
) -> Channel:
    """Return a channel with the settings that a new one has."""
    return Channel(
        id=channel_id,
        guild_id=guild_id,
        type=kind,
        name=channel_name,
        position=position,
        parent_id=parent_id,
        topic=None,
        nsfw=False,
        rate_limit_per_user_s=0,
        bitrate_bps=64_000,
        user_limit=0,
        overwrites_json=b"[]",
        last_message_id=None,
        last_pin_at_ms=None,
    )


def new_member(guild_id: int, user_id: int, joined_at_ms: int, *, is_temporary: bool = False) -> Member:
    """Return a membership without roles."""
    return Member(
        guild_id=guild_id,
        user_id=user_id,
        nick=None,
        role_ids_json=b"[]",
        joined_at_ms=joined_at_ms,
        deaf=False,
        mute=False,
        timeout_until_ms=None,
        is_temporary=is_temporary,
    )


def with_overwrites(channel: Channel, overwrites: tuple[Overwrite, ...]) -> Channel:
    """Return a copy of `channel` with `overwrites` in place of its own."""
    return msgspec.structs.replace(channel, overwrites_json=encode_overwrites(overwrites), overwrites=overwrites)
