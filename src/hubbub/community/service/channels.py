"""Channels of guilds: making, changing, ordering and deleting them, and their overwrites."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, UnsetType

from hubbub.community.adapters import columns
from hubbub.community.adapters import guild_statements as statements
from hubbub.community.adapters.removal_statements import content_removal
from hubbub.community.adapters.tables import channels, guilds
from hubbub.community.domain import hierarchy, name
from hubbub.community.domain.form import Problems
from hubbub.community.domain.guild import Channel, GuildState, new_channel, with_overwrites
from hubbub.community.domain.limits import CHANNELS_MAX, OVERWRITES_MAX
from hubbub.community.domain.permissions import (
    ALL,
    GUILD_CATEGORY,
    GUILD_STAGE_VOICE,
    GUILD_TEXT,
    GUILD_VOICE,
    MEMBER_OVERWRITE,
    ROLE_OVERWRITE,
    Overwrite,
    Permissions,
)
from hubbub.community.errors import (
    MissingPermissions,
    NotForDirectMessages,
    TooManyChannels,
    TooManyOverwrites,
    UnknownChannel,
    UnknownOverwrite,
)
from hubbub.community.service import present
from hubbub.community.service.actor import Actor
from hubbub.community.service.guild_directory import ChannelAccess, require
from hubbub.community.service.outbox import told
from hubbub.community.service.ports import Ports
from hubbub.events.contracts import objects
from hubbub.events.contracts.events import ChannelCreated, ChannelDeleted, ChannelUpdated, Event, GuildUpdated
from hubbub.storage.records.port import Op

_TYPES = (GUILD_TEXT, GUILD_VOICE, GUILD_CATEGORY, GUILD_STAGE_VOICE)
_VOICE = frozenset({GUILD_VOICE, GUILD_STAGE_VOICE})
_SLOW_MODE_S_MAX = 21_600
_BITRATE_BPS_MAX = 384_000


class ChannelChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel is to be; what is UNSET stays, or takes its default in a new one."""

    name: str | UnsetType = UNSET
    type: int | UnsetType = UNSET
    position: int | UnsetType | None = UNSET
    topic: str | UnsetType | None = UNSET
    nsfw: bool | UnsetType | None = UNSET
    rate_limit_per_user: int | UnsetType | None = UNSET
    bitrate: int | UnsetType | None = UNSET
    user_limit: int | UnsetType | None = UNSET
    parent_id: int | UnsetType | None = UNSET
    overwrites: tuple[Overwrite, ...] | UnsetType | None = UNSET


class ChannelMove(msgspec.Struct, frozen=True, kw_only=True):
    """Where a channel is to stand."""

    id: int
    position: int | None = None
    parent_id: int | UnsetType | None = UNSET
    lock_permissions: bool = False
    """Take over the overwrites of the new category."""


class Channels:
    """The channels of every guild."""

    def __init__(self, ports: Ports) -> None:
        """Write through `ports`."""
        self._ports = ports
        self._directory = ports.guilds

    async def of_guild(self, actor: Actor, guild_id: int) -> list[objects.Channel]:
        """Return the channels that the caller can see, in no promised order."""
        access = await self._directory.membership(actor, guild_id)
        return [present.channel(channel) for channel in access.guild.visible(access.member, self._now_ms())]

    async def get(self, actor: Actor, channel_id: int) -> objects.Channel:
        """Return one channel of a guild, or a direct message of the caller."""
        access = await self._directory.access(actor, channel_id)
        if access.guild is None:
            others = [user_id for user_id in access.recipients if user_id != actor.user_id]
            found = await self._ports.users.users(others)
            return present.direct_channel(access.channel, [present.user(user) for user in found.values()])
        return present.channel(access.channel)

    async def is_direct(self, actor: Actor, channel_id: int) -> bool:
        """Return whether the channel, which the caller can see, is a direct message."""
        return (await self._directory.access(actor, channel_id)).guild is None

    async def create(self, actor: Actor, guild_id: int, change: ChannelChange) -> objects.Channel:
        """Make a channel; needs MANAGE_CHANNELS, and of its overwrites every permission that they name."""
        async with self._directory.lock(guild_id):
            access = await self._directory.membership(actor, guild_id)
            require(access, Permissions.MANAGE_CHANNELS)
            state = access.guild
            if len(state.channels) >= CHANNELS_MAX:
                raise TooManyChannels
            kind = GUILD_TEXT if isinstance(change.type, UnsetType) else change.type
            parent_id = None if isinstance(change.parent_id, UnsetType) else change.parent_id
            position = hierarchy.next_channel_position(state, kind, parent_id)
            blank = new_channel(self._next(), guild_id, kind, "", position=position)
            channel = _changed(state, blank, change, is_new=True)
            parent = None if channel.parent_id is None else state.channels.get(channel.parent_id)
            if isinstance(change.overwrites, UnsetType) or change.overwrites is None:
                channel.overwrites_json = b"[]" if parent is None else parent.overwrites_json
                channel.overwrites = () if parent is None else parent.overwrites
            else:
                _check_overwrites(access.permissions, (), channel.overwrites)
            event = ChannelCreated(
                event_id=self._next(), guild_id=guild_id, channel_id=channel.id, channel=present.channel(channel)
            )
            await self._write(guild_id, [Op(statements.INSERT_CHANNEL, columns.params(channel))], [event])
            return event.channel

    async def change(self, actor: Actor, channel_id: int, change: ChannelChange) -> objects.Channel:
        """Change a channel; needs MANAGE_CHANNELS there, and MANAGE_ROLES for its overwrites."""
        guild_id = await self._guild_of(actor, channel_id)
        async with self._directory.lock(guild_id):
            access = await self._directory.access(actor, channel_id)
            state = _guild(access)
            require(access, Permissions.MANAGE_CHANNELS)
            channel = _changed(state, access.channel, change)
            if channel.overwrites != access.channel.overwrites:
                require(access, Permissions.MANAGE_ROLES)
                _check_overwrites(self._grantable(access), access.channel.overwrites, channel.overwrites)
            return await self._replace(guild_id, channel)

    async def move(self, actor: Actor, guild_id: int, moves: Sequence[ChannelMove]) -> None:
        """Order channels and put them into categories; needs MANAGE_CHANNELS. Of two moves of one, the later counts."""
        async with self._directory.lock(guild_id):
            access = await self._directory.membership(actor, guild_id)
            require(access, Permissions.MANAGE_CHANNELS)
            state = access.guild
            ops: list[Op] = []
            events: list[Event] = []
            for move in {move.id: move for move in moves}.values():
                before = state.channels.get(move.id)
                if before is None:
                    raise UnknownChannel
                overwrites: tuple[Overwrite, ...] | UnsetType = UNSET
                if move.lock_permissions and isinstance(move.parent_id, int):
                    parent = state.channels.get(move.parent_id)
                    overwrites = UNSET if parent is None else parent.overwrites
                position = before.position if move.position is None else move.position
                change = ChannelChange(position=position, parent_id=move.parent_id, overwrites=overwrites)
                channel = _changed(state, before, change)
                in_channel = state.permissions(access.member, before, self._now_ms())
                if channel.parent_id != before.parent_id and not in_channel & Permissions.MANAGE_CHANNELS:
                    raise MissingPermissions
                if channel.overwrites != before.overwrites:
                    if not in_channel & Permissions.MANAGE_ROLES:
                        raise MissingPermissions
                    _check_overwrites(access.permissions, before.overwrites, channel.overwrites)
                if (channel.position, channel.parent_id, channel.overwrites) == (
                    before.position,
                    before.parent_id,
                    before.overwrites,
                ):
                    continue
                ops.append(Op(statements.REPLACE_CHANNEL, columns.replacing(channels, channel), 1))
                events.append(self._updated(guild_id, channel))
            if ops:
                await self._write(guild_id, ops, events)

    async def delete(self, actor: Actor, channel_id: int) -> objects.Channel:
        """Delete a channel with everything in it; a category's channels stay, without category."""
        guild_id = await self._guild_of(actor, channel_id)
        async with self._directory.lock(guild_id):
            access = await self._directory.access(actor, channel_id)
            state = _guild(access)
            require(access, Permissions.MANAGE_CHANNELS)
            ops = content_removal(channel_id, self._now_ms())
            ops.append(Op(statements.DELETE_CHANNEL, {"channel_id": channel_id}, 1))
            events: list[Event] = []
            for child in state.channels.values():
                if child.parent_id == channel_id:
                    orphan = msgspec.structs.replace(child, parent_id=None)
                    ops.append(Op(statements.REPLACE_CHANNEL, columns.replacing(channels, orphan), 1))
                    events.append(self._updated(guild_id, orphan))
            roles = ("system_channel_id", "rules_channel_id", "afk_channel_id")
            lost = {role: None for role in roles if getattr(state.guild, role) == channel_id}
            if lost:
                guild = msgspec.structs.replace(state.guild, **lost)
                ops.append(Op(statements.REPLACE_GUILD, columns.replacing(guilds, guild), 1))
                wire = present.guild_object(GuildState(guild, state.roles, state.channels, state.emojis))
                events.append(GuildUpdated(event_id=self._next(), guild_id=guild_id, guild=wire))
            event = ChannelDeleted(
                event_id=self._next(),
                guild_id=guild_id,
                channel_id=channel_id,
                channel=present.channel(access.channel),
            )
            await self._write(guild_id, ops, [*events, event])
            self._directory.forget_channel(channel_id)
            return event.channel

    async def put_overwrite(self, actor: Actor, channel_id: int, overwrite: Overwrite) -> None:
        """Set what the channel grants to and takes from one role or member; needs MANAGE_ROLES there."""
        guild_id = await self._guild_of(actor, channel_id)
        async with self._directory.lock(guild_id):
            access = await self._directory.access(actor, channel_id)
            require(access, Permissions.MANAGE_ROLES)
            before = access.channel.overwrites
            kept = tuple(each for each in before if each.id != overwrite.id)
            after = _checked_overwrites(_guild(access), (*kept, overwrite))
            _check_overwrites(self._grantable(access), before, after)
            await self._replace(guild_id, with_overwrites(access.channel, after))

    async def delete_overwrite(self, actor: Actor, channel_id: int, target_id: int) -> None:
        """Take one overwrite away; needs MANAGE_ROLES there."""
        guild_id = await self._guild_of(actor, channel_id)
        async with self._directory.lock(guild_id):
            access = await self._directory.access(actor, channel_id)
            require(access, Permissions.MANAGE_ROLES)
            before = access.channel.overwrites
            after = tuple(each for each in before if each.id != target_id)
            if len(after) == len(before):
                raise UnknownOverwrite
            _check_overwrites(self._grantable(access), before, after)
            await self._replace(guild_id, with_overwrites(access.channel, after))

    def _next(self) -> int:
        return self._ports.snowflakes.next()

    def _now_ms(self) -> int:
        return self._ports.clock.unix_ms()

    async def _guild_of(self, actor: Actor, channel_id: int) -> int:
        access = await self._directory.access(actor, channel_id)
        return _guild(access).id

    def _grantable(self, access: ChannelAccess) -> int:
        """Return what the caller may grant and deny in a channel: what it has there, or in the guild.

        A bit that means nothing in a channel of this type, and so is nobody's there, can still be in its overwrites:
        a text channel takes them over from its category.
        """
        if access.guild is None or access.member is None:
            return access.permissions
        return access.permissions | access.guild.base(access.member, self._now_ms())

    def _updated(self, guild_id: int, channel: Channel) -> ChannelUpdated:
        return ChannelUpdated(
            event_id=self._next(), guild_id=guild_id, channel_id=channel.id, channel=present.channel(channel)
        )

    async def _replace(self, guild_id: int, channel: Channel) -> objects.Channel:
        event = self._updated(guild_id, channel)
        op = Op(statements.REPLACE_CHANNEL, columns.replacing(channels, channel), 1)
        await self._write(guild_id, [op], [event])
        return event.channel

    async def _write(self, guild_id: int, ops: list[Op], events: Sequence[Event]) -> None:
        try:
            await self._ports.records.write(ops, told(*events))
        finally:
            self._directory.forget(guild_id)


def _guild(access: ChannelAccess) -> GuildState:
    if access.guild is None:
        raise NotForDirectMessages
    return access.guild


def _check_overwrites(own: int, before: Sequence[Overwrite], after: Sequence[Overwrite]) -> None:
    """Raise unless the caller has every permission whose grant or denial changes."""
    held = {overwrite.id: overwrite for overwrite in before}
    wanted = {overwrite.id: overwrite for overwrite in after}
    for target in held.keys() | wanted.keys():
        old = held.get(target) or Overwrite(target, 0, 0, 0)
        new = wanted.get(target) or Overwrite(target, 0, 0, 0)
        if ((old.allow ^ new.allow) | (old.deny ^ new.deny)) & ~own:
            raise MissingPermissions("You can grant and deny only permissions that you have yourself.")


def _checked_overwrites(state: GuildState, overwrites: Sequence[Overwrite]) -> tuple[Overwrite, ...]:
    """Return `overwrites` with unknown bits dropped and one entry per target, the last one given."""
    if len(overwrites) > OVERWRITES_MAX:
        raise TooManyOverwrites
    problems = Problems()
    by_target: dict[int, Overwrite] = {}
    for index, (target, kind, allow, deny) in enumerate(overwrites):
        path = f"permission_overwrites.{index}"
        problems.choice(f"{path}.type", kind, (ROLE_OVERWRITE, MEMBER_OVERWRITE))
        if kind == ROLE_OVERWRITE and target not in state.roles:
            problems.add(f"{path}.id", "ROLE_INVALID", "Name a role of this guild.")
        by_target[target] = Overwrite(target, kind, allow & ALL, deny & ALL & ~allow)
    problems.raise_if_any()
    return tuple(by_target.values())


def _changed(state: GuildState, channel: Channel, change: ChannelChange, *, is_new: bool = False) -> Channel:
    """Return a copy of `channel` with what `change` gives, checked against the guild."""
    problems = Problems()
    result = msgspec.structs.replace(channel)
    kind = channel.type
    if is_new:
        problems.choice("type", kind, _TYPES)
        if isinstance(change.name, UnsetType):
            problems.add("name", "BASE_TYPE_REQUIRED", "This field is required")
    elif not isinstance(change.type, UnsetType) and change.type != kind:
        problems.choice("type", change.type, (kind,))
    if isinstance(change.name, str):
        result.name = name.channel(problems, change.name, is_text=kind == GUILD_TEXT)
    _set(problems, result, change)
    if not isinstance(change.parent_id, UnsetType):
        result.parent_id = _parent(problems, state, kind, change.parent_id)
    problems.raise_if_any()
    if not isinstance(change.overwrites, UnsetType):
        overwrites = _checked_overwrites(state, change.overwrites or ())
        return with_overwrites(result, overwrites)
    return result


def _set(problems: Problems, channel: Channel, change: ChannelChange) -> None:
    """Write the plain settings of `change` into `channel`."""
    is_voice = channel.type in _VOICE
    if isinstance(change.position, int):
        channel.position = change.position
        _bounded(problems, "position", change.position, 0, 100_000)
    if not isinstance(change.topic, UnsetType):
        channel.topic = name.text(problems, change.topic or "", "topic", 1024) or None
    if not isinstance(change.nsfw, UnsetType):
        channel.nsfw = bool(change.nsfw)
    if not isinstance(change.rate_limit_per_user, UnsetType):
        channel.rate_limit_per_user_s = change.rate_limit_per_user or 0
        _bounded(problems, "rate_limit_per_user", channel.rate_limit_per_user_s, 0, _SLOW_MODE_S_MAX)
    if not isinstance(change.bitrate, UnsetType) and is_voice:
        channel.bitrate_bps = change.bitrate or 64_000
        _bounded(problems, "bitrate", channel.bitrate_bps, 8_000, _BITRATE_BPS_MAX)
    if not isinstance(change.user_limit, UnsetType) and is_voice:
        channel.user_limit = change.user_limit or 0
        _bounded(problems, "user_limit", channel.user_limit, 0, 99 if channel.type == GUILD_VOICE else 10_000)


def _bounded(problems: Problems, path: str, value: int, lowest: int, highest: int) -> None:
    if not lowest <= value <= highest:
        problems.add(path, "NUMBER_TYPE_MAX", f"Must be {lowest} to {highest}.")


def _parent(problems: Problems, state: GuildState, kind: int, parent_id: int | None) -> int | None:
    if parent_id is None:
        return None
    parent = state.channels.get(parent_id)
    if kind == GUILD_CATEGORY:
        problems.add("parent_id", "CHANNEL_PARENT_INVALID_TYPE", "A category cannot stand in a category.")
    elif parent is None or parent.type != GUILD_CATEGORY:
        problems.add("parent_id", "CHANNEL_PARENT_INVALID", "Name a category of this guild.")
    return parent_id
