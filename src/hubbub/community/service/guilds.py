"""Guilds: making, changing, handing over and deleting them."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from hubbub.community.adapters import columns
from hubbub.community.adapters import guild_statements as statements
from hubbub.community.adapters.removal_statements import guild_removal
from hubbub.community.adapters.tables import guilds
from hubbub.community.domain import image, name
from hubbub.community.domain.form import Problems
from hubbub.community.domain.guild import (
    Channel,
    Guild,
    GuildState,
    Member,
    new_channel,
    new_guild,
    new_member,
    new_role,
)
from hubbub.community.domain.limits import GUILDS_MAX, IMAGE_BYTES_MAX
from hubbub.community.domain.permissions import (
    DEFAULT_EVERYONE,
    GUILD_CATEGORY,
    GUILD_TEXT,
    GUILD_VOICE,
    Permissions,
)
from hubbub.community.errors import BotCannotOwn, OwnersOnly, TooManyGuilds, UnknownMember
from hubbub.community.service import present
from hubbub.community.service.actor import Actor
from hubbub.community.service.guild_directory import GuildAccess, require
from hubbub.community.service.outbox import told
from hubbub.community.service.pictures import Pictures, emoji_key, icon_key
from hubbub.community.service.ports import Ports
from hubbub.events.contracts import objects
from hubbub.events.contracts.events import GuildCreated, GuildDeleted, GuildUpdated, MemberJoined
from hubbub.kernel.snowflake import SNOWFLAKE_MAX
from hubbub.storage.records.port import Op, RecordConflict

_AFK_TIMEOUTS_S = (60, 300, 900, 1800, 3600)


class GuildChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is changed of a guild; what is UNSET stays."""

    name: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    icon: str | UnsetType | None = UNSET
    """A data URI; None takes the icon away."""
    owner_id: int | UnsetType = UNSET
    system_channel_id: int | UnsetType | None = UNSET
    system_channel_flags: int | UnsetType = UNSET
    rules_channel_id: int | UnsetType | None = UNSET
    afk_channel_id: int | UnsetType | None = UNSET
    afk_timeout: int | UnsetType = UNSET
    verification_level: int | UnsetType | None = UNSET
    default_message_notifications: int | UnsetType | None = UNSET
    explicit_content_filter: int | UnsetType | None = UNSET
    preferred_locale: str | UnsetType | None = UNSET


class Listed(NamedTuple):
    """A guild in someone's list."""

    guild: Guild
    is_owner: bool
    permissions: int
    member_count: int


class Guilds:
    """Guilds as their members and owners handle them."""

    def __init__(self, ports: Ports, pictures: Pictures) -> None:
        """Write through `ports`."""
        self._ports = ports
        self._directory = ports.guilds
        self._pictures = pictures

    async def create(self, owner_id: int, guild_name: str, icon: str | None = None) -> GuildState:
        """Make a guild with a text and a voice channel, owned by `owner_id`, who is its first member.

        Raises:
            InvalidForm: The name breaks a rule.
            TooManyGuilds: The owner is in as many guilds as allowed.
        """
        problems = Problems()
        guild_name = name.within(problems, guild_name, "name", minimum=2, maximum=100)
        problems.raise_if_any()
        async with self._ports.users.lock(owner_id):
            return await self._create(owner_id, guild_name, icon)

    async def _create(self, owner_id: int, guild_name: str, icon: str | None) -> GuildState:
        owner = await self._ports.users.user(owner_id)
        joined = await self._ports.records.fetch(statements.GUILDS_OF_USER, {"user_id": owner_id})
        if not owner.is_bot and len(joined) >= GUILDS_MAX:
            raise TooManyGuilds
        guild_id = self._ports.snowflakes.next()
        channels = self._first_channels(guild_id)
        ops: list[Op] = []
        icon_hash = None
        if icon is not None:
            picture = image.from_data_uri(icon, IMAGE_BYTES_MAX)
            icon_hash = picture.hash
            ops += await self._pictures.store(icon_key(guild_id, icon_hash), picture, owner_id, guild_id)
        guild = new_guild(guild_id, guild_name, owner_id, icon_hash, system_channel_id=channels[1].id)
        everyone = new_role(guild_id, guild_id, "@everyone", DEFAULT_EVERYONE)
        member = new_member(guild_id, owner_id, self._ports.clock.unix_ms())
        ops.append(Op(statements.INSERT_GUILD, columns.params(guild)))
        ops.append(Op(statements.INSERT_ROLE, columns.params(everyone)))
        ops += [Op(statements.INSERT_CHANNEL, columns.params(channel)) for channel in channels]
        ops.append(Op(statements.INSERT_MEMBER, columns.params(member)))
        events = told(
            GuildCreated(event_id=self._next(), guild_id=guild_id, owner_id=owner_id),
            MemberJoined(
                event_id=self._next(),
                guild_id=guild_id,
                user_id=owner_id,
                member=present.member(member, present.user(owner)),
            ),
        )
        await self._ports.records.write(ops, events)
        return await self._directory.guild(guild_id)

    async def get(self, actor: Actor, guild_id: int) -> GuildState:
        """Return a guild of the caller; raises `UnknownGuild`."""
        return (await self._directory.membership(actor, guild_id)).guild

    async def change(self, actor: Actor, guild_id: int, change: GuildChange) -> objects.Guild:
        """Change a guild's settings; needs MANAGE_GUILD, and ownership to hand it over."""
        async with self._directory.lock(guild_id):
            access = await self._directory.membership(actor, guild_id)
            require(access, Permissions.MANAGE_GUILD)
            await self._check_owner(access, change)
            guild = self._changed(access.guild, change)
            guild, ops = await self._with_icon(guild, change)
            state = access.guild
            wire = present.guild_object(GuildState(guild, state.roles, state.channels, state.emojis))
            ops.append(Op(statements.REPLACE_GUILD, columns.replacing(guilds, guild), 1))
            event = GuildUpdated(event_id=self._next(), guild_id=guild_id, guild=wire)
            try:
                await self._ports.records.write(ops, told(event))
            except RecordConflict as conflict:
                self._ports.storage.explain(conflict, ops, "icon")
                raise
            finally:
                self._directory.forget(guild_id)
            return wire

    async def delete(self, actor: Actor, guild_id: int) -> None:
        """Delete a guild with everything in it; only its owner may."""
        async with self._directory.lock(guild_id):
            access = await self._directory.membership(actor, guild_id)
            if access.guild.guild.owner_id != actor.user_id:
                raise OwnersOnly
            await self._remove(access.guild)

    async def remove(self, guild_id: int) -> None:
        """Delete a guild for an operator; raises `UnknownGuild`."""
        async with self._directory.lock(guild_id):
            await self._remove(await self._directory.guild(guild_id))

    async def of_user(self, user_id: int, *, after: int, before: int | None, limit: int) -> list[Listed]:
        """Return a page of the user's guilds by rising id."""
        width = len(columns.names(Guild))
        params = {
            "user_id": user_id,
            "after": after,
            "before": SNOWFLAKE_MAX if before is None else before,
            "row_limit": limit,
        }
        listed: list[Listed] = []
        for row in await self._ports.records.fetch(statements.GUILDS_PAGE, params):
            guild, member = Guild(*row[:width]), Member(*row[width:])
            state = await self._directory.guild(guild.id)
            count = await self._directory.member_count(guild.id)
            listed.append(Listed(guild, guild.owner_id == user_id, state.base(member), count))
        return listed

    async def listed(self, limit: int) -> list[Guild]:
        """Return every guild for an operator, oldest first."""
        return await self._ports.records.fetch(statements.GUILDS, {"row_limit": max(1, min(limit, 10_000))})

    async def _remove(self, state: GuildState) -> None:
        ops = guild_removal(state.id, list(state.channels), self._ports.clock.unix_ms())
        keys = [emoji_key(emoji_id) for emoji_id in state.emojis]
        if state.guild.icon is not None:
            keys.append(icon_key(state.id, state.guild.icon))
        ops += [self._pictures.replaced(key) for key in keys]
        event = GuildDeleted(event_id=self._next(), guild_id=state.id)
        try:
            await self._ports.records.write(ops, told(event))
        finally:
            self._directory.forget_guild(state.id)

    def _next(self) -> int:
        return self._ports.snowflakes.next()

    def _first_channels(self, guild_id: int) -> list[Channel]:
        """Return two categories with a text and a voice channel; the first text channel is the second entry."""
        text = new_channel(self._next(), guild_id, GUILD_CATEGORY, "Text channels")
        general = new_channel(self._next(), guild_id, GUILD_TEXT, "general", parent_id=text.id)
        voice = new_channel(self._next(), guild_id, GUILD_CATEGORY, "Voice channels", position=1)
        lounge = new_channel(self._next(), guild_id, GUILD_VOICE, "Lounge", parent_id=voice.id)
        return [text, general, voice, lounge]

    async def _check_owner(self, access: GuildAccess, change: GuildChange) -> None:
        if isinstance(change.owner_id, UnsetType) or change.owner_id == access.guild.guild.owner_id:
            return
        if access.guild.guild.owner_id != access.member.user_id:
            raise OwnersOnly
        if await self._directory.member(access.guild.id, change.owner_id) is None:
            raise UnknownMember
        if (await self._ports.users.user(change.owner_id)).is_bot:
            raise BotCannotOwn

    def _changed(self, state: GuildState, change: GuildChange) -> Guild:
        problems = Problems()
        given = {
            field: value
            for field, value in msgspec.structs.asdict(change).items()
            if not isinstance(value, UnsetType) and field != "icon"
        }
        if "name" in given:
            given["name"] = name.within(problems, given["name"], "name", minimum=2, maximum=100)
        if given.get("description") is not None:
            given["description"] = name.text(problems, given["description"], "description", 300) or None
        for field, kind in (
            ("system_channel_id", GUILD_TEXT),
            ("rules_channel_id", GUILD_TEXT),
            ("afk_channel_id", GUILD_VOICE),
        ):
            channel_id = given.get(field)
            channel = None if channel_id is None else state.channels.get(channel_id)
            if channel_id is not None and (channel is None or channel.type != kind):
                problems.add(field, "CHANNEL_INVALID", "Name a channel of this guild and of the right type.")
        if "afk_timeout" in given:
            problems.choice("afk_timeout", given["afk_timeout"], _AFK_TIMEOUTS_S)
            given["afk_timeout_s"] = given.pop("afk_timeout")
        for field, highest in (
            ("verification_level", 4),
            ("default_message_notifications", 1),
            ("explicit_content_filter", 2),
        ):
            if field in given:
                given[field] = given[field] or 0
                problems.choice(field, given[field], tuple(range(highest + 1)))
        if "preferred_locale" in given:
            given["preferred_locale"] = given["preferred_locale"] or "en-US"
            problems.length("preferred_locale", given["preferred_locale"], 10, 2)
        problems.raise_if_any()
        return msgspec.structs.replace(state.guild, **given)

    async def _with_icon(self, guild: Guild, change: GuildChange) -> tuple[Guild, list[Op]]:
        if isinstance(change.icon, UnsetType):
            return guild, []
        ops = [] if guild.icon is None else [self._pictures.replaced(icon_key(guild.id, guild.icon))]
        if change.icon is None:
            return msgspec.structs.replace(guild, icon=None), ops
        picture = image.from_data_uri(change.icon, IMAGE_BYTES_MAX)
        if picture.hash == guild.icon:
            return guild, []
        ops += await self._pictures.store(icon_key(guild.id, picture.hash), picture, guild.owner_id, guild.id)
        return msgspec.structs.replace(guild, icon=picture.hash), ops
