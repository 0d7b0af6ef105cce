"""Custom emojis of guilds."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, UnsetType

from hubbub.community.adapters import columns
from hubbub.community.adapters import guild_statements as statements
from hubbub.community.adapters.tables import emojis
from hubbub.community.domain import image, name
from hubbub.community.domain.form import Problems
from hubbub.community.domain.guild import Emoji, GuildState, encode_ids
from hubbub.community.domain.limits import EMOJI_BYTES_MAX, EMOJIS_MAX
from hubbub.community.domain.permissions import Permissions
from hubbub.community.errors import MissingPermissions, TooManyEmojis, UnknownEmoji
from hubbub.community.service import present
from hubbub.community.service.actor import Actor
from hubbub.community.service.guild_directory import GuildAccess
from hubbub.community.service.outbox import told
from hubbub.community.service.pictures import Pictures, emoji_key
from hubbub.community.service.ports import Ports
from hubbub.events.contracts import objects
from hubbub.events.contracts.events import EmojisUpdated
from hubbub.storage.records.port import Op, RecordConflict

_MAY_SEE_CREATOR = Permissions.CREATE_GUILD_EXPRESSIONS | Permissions.MANAGE_GUILD_EXPRESSIONS


class EmojiChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is changed of an emoji; what is UNSET stays."""

    name: str | UnsetType = UNSET
    roles: list[int] | UnsetType | None = UNSET


class Emojis:
    """The emojis of every guild."""

    def __init__(self, ports: Ports, pictures: Pictures) -> None:
        """Write through `ports`."""
        self._ports = ports
        self._directory = ports.guilds
        self._pictures = pictures

    async def of_guild(self, actor: Actor, guild_id: int) -> list[objects.Emoji]:
        """Return the guild's emojis, oldest first."""
        access = await self._directory.membership(actor, guild_id)
        held = sorted(access.guild.emojis.values(), key=lambda emoji: emoji.id)
        return await self._wire_all(access, held)

    async def get(self, actor: Actor, guild_id: int, emoji_id: int) -> objects.Emoji:
        """Return one emoji; raises `UnknownEmoji`."""
        access = await self._directory.membership(actor, guild_id)
        return await self._wire(access, _emoji(access, emoji_id))

    async def create(
        self, actor: Actor, guild_id: int, emoji_name: str, picture_uri: str, role_ids: list[int]
    ) -> objects.Emoji:
        """Add an emoji; needs CREATE_GUILD_EXPRESSIONS."""
        problems = Problems()
        name.emoji(problems, emoji_name)
        problems.raise_if_any()
        picture = image.from_data_uri(picture_uri, EMOJI_BYTES_MAX)
        async with self._directory.lock(guild_id):
            access = await self._directory.membership(actor, guild_id)
            if not access.permissions & _MAY_SEE_CREATOR:
                raise MissingPermissions
            if len(access.guild.emojis) >= EMOJIS_MAX:
                raise TooManyEmojis
            emoji = Emoji(
                id=self._ports.snowflakes.next(),
                guild_id=guild_id,
                name=emoji_name,
                role_ids_json=encode_ids(_known(access.guild, role_ids)),
                creator_id=actor.user_id,
                animated=picture.animated,
                content_type=picture.content_type,
            )
            keep = await self._pictures.store(emoji_key(emoji.id), picture, actor.user_id, guild_id)
            insert = Op(statements.INSERT_EMOJI, columns.params(emoji))
            await self._write(access.guild, {**access.guild.emojis, emoji.id: emoji}, [*keep, insert])
            return await self._wire(access, emoji)

    async def change(self, actor: Actor, guild_id: int, emoji_id: int, change: EmojiChange) -> objects.Emoji:
        """Rename an emoji or bind it to roles; needs MANAGE_GUILD_EXPRESSIONS, or to have made it."""
        async with self._directory.lock(guild_id):
            access = await self._directory.membership(actor, guild_id)
            emoji = _changeable(access, emoji_id)
            problems = Problems()
            if not isinstance(change.name, UnsetType):
                emoji = msgspec.structs.replace(emoji, name=name.emoji(problems, change.name))
            problems.raise_if_any()
            if not isinstance(change.roles, UnsetType):
                role_ids = _known(access.guild, change.roles or [])
                emoji = msgspec.structs.replace(emoji, role_ids_json=encode_ids(role_ids))
            replace = Op(statements.REPLACE_EMOJI, columns.replacing(emojis, emoji), 1)
            await self._write(access.guild, {**access.guild.emojis, emoji_id: emoji}, [replace])
            return await self._wire(access, emoji)

    async def delete(self, actor: Actor, guild_id: int, emoji_id: int) -> None:
        """Remove an emoji; needs MANAGE_GUILD_EXPRESSIONS, or to have made it."""
        async with self._directory.lock(guild_id):
            access = await self._directory.membership(actor, guild_id)
            _changeable(access, emoji_id)
            left = {key: emoji for key, emoji in access.guild.emojis.items() if key != emoji_id}
            delete = Op(statements.DELETE_EMOJI, {"emoji_id": emoji_id}, 1)
            await self._write(access.guild, left, [delete, self._pictures.replaced(emoji_key(emoji_id))])

    async def _write(self, state: GuildState, after: dict[int, Emoji], ops: list[Op]) -> None:
        event = EmojisUpdated(
            event_id=self._ports.snowflakes.next(),
            guild_id=state.id,
            emojis=[present.emoji(emoji) for emoji in after.values()],
        )
        try:
            await self._ports.records.write(ops, told(event))
        except RecordConflict as conflict:
            self._ports.storage.explain(conflict, ops, "image")
            raise
        finally:
            self._directory.forget(state.id)

    async def _wire(self, access: GuildAccess, emoji: Emoji) -> objects.Emoji:
        return (await self._wire_all(access, [emoji]))[0]

    async def _wire_all(self, access: GuildAccess, shown: Sequence[Emoji]) -> list[objects.Emoji]:
        if not access.permissions & _MAY_SEE_CREATOR:
            return [present.emoji(emoji) for emoji in shown]
        users = await self._ports.users.users({emoji.creator_id for emoji in shown})
        creators = {user.id: present.user(user) for user in users.values()}
        return [present.emoji(emoji, creators.get(emoji.creator_id)) for emoji in shown]


def _emoji(access: GuildAccess, emoji_id: int) -> Emoji:
    emoji = access.guild.emojis.get(emoji_id)
    if emoji is None:
        raise UnknownEmoji
    return emoji


def _changeable(access: GuildAccess, emoji_id: int) -> Emoji:
    emoji = _emoji(access, emoji_id)
    is_creator = emoji.creator_id == access.member.user_id and (
        access.permissions & Permissions.CREATE_GUILD_EXPRESSIONS
    )
    if not is_creator and not access.permissions & Permissions.MANAGE_GUILD_EXPRESSIONS:
        raise MissingPermissions
    return emoji


def _known(state: GuildState, role_ids: list[int]) -> tuple[int, ...]:
    problems = Problems()
    for index, role_id in enumerate(role_ids):
        if role_id not in state.roles:
            problems.add(f"roles.{index}", "ROLE_INVALID", "Name a role of this guild.")
    problems.raise_if_any()
    return tuple(dict.fromkeys(role_ids))
