"""Custom emojis of guilds."""

from __future__ import annotations

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec import UNSET, UnsetType

from hubbub.community.api.endpoint import endpoint
from hubbub.community.api.wire import Call, Form, PathId, Snowflake
from hubbub.community.errors import (
    ImageTooLarge,
    InvalidImage,
    MissingPermissions,
    TooManyEmojis,
    UnknownEmoji,
    UnknownGuild,
)
from hubbub.community.service.community import Community
from hubbub.community.service.emojis import EmojiChange
from hubbub.events.contracts import objects


class NewEmojiForm(Form):
    """A new emoji."""

    name: str
    image: str
    """A data URI of a PNG, JPEG, GIF or WebP up to 256 KiB."""
    roles: list[Snowflake] = msgspec.field(default_factory=list)


class EmojiForm(Form):
    """What changes of an emoji."""

    name: str | UnsetType = UNSET
    roles: list[Snowflake] | UnsetType | None = UNSET


class EmojisFace:
    """Routes under /guilds/{guild_id}/emojis."""

    def __init__(self, community: Community) -> None:
        """Answer from `community`."""
        self._emojis = community.emojis

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes."""
        many = "/guilds/{guild_id:str}/emojis"
        one = many + "/{emoji_id:str}"
        changed = (UnknownGuild, MissingPermissions, UnknownEmoji)
        tags = ("emojis",)
        return [
            endpoint("GET", many, self.list_guild_emojis, errors=(UnknownGuild,), tags=tags),
            endpoint("GET", one, self.get_guild_emoji, errors=(UnknownGuild, UnknownEmoji), tags=tags),
            endpoint(
                "POST",
                many,
                self.create_guild_emoji,
                status=201,
                errors=(*changed, InvalidImage, ImageTooLarge, TooManyEmojis),
                tags=tags,
            ),
            endpoint("PATCH", one, self.modify_guild_emoji, errors=changed, tags=tags),
            endpoint("DELETE", one, self.delete_guild_emoji, errors=changed, tags=tags),
        ]

    async def list_guild_emojis(self, request: Call, guild_id: PathId) -> list[objects.Emoji]:
        """Return the guild's emojis, oldest first."""
        return await self._emojis.of_guild(request.user, guild_id)

    async def get_guild_emoji(self, request: Call, guild_id: PathId, emoji_id: PathId) -> objects.Emoji:
        """Return one emoji."""
        return await self._emojis.get(request.user, guild_id, emoji_id)

    async def create_guild_emoji(self, request: Call, guild_id: PathId, data: JSONBody[NewEmojiForm]) -> objects.Emoji:
        """Add an emoji."""
        return await self._emojis.create(request.user, guild_id, data.name, data.image, data.roles)

    async def modify_guild_emoji(
        self, request: Call, guild_id: PathId, emoji_id: PathId, data: JSONBody[EmojiForm]
    ) -> objects.Emoji:
        """Rename an emoji or bind it to roles."""
        change = EmojiChange(name=data.name, roles=data.roles)
        return await self._emojis.change(request.user, guild_id, emoji_id, change)

    async def delete_guild_emoji(self, request: Call, guild_id: PathId, emoji_id: PathId) -> None:
        """Remove an emoji."""
        await self._emojis.delete(request.user, guild_id, emoji_id)
