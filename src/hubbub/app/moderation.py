"""Files that are kept back, where media meets the community: who sent them, where they are shown, and who is told."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from hubbub.app.errors import NotOperator
from hubbub.app.house import House
from hubbub.community.adapters import attachment_statements
from hubbub.community.api.auth import Credentials, caller
from hubbub.community.errors import UnknownChannel, UnknownGuild
from hubbub.community.service.guild_directory import DirectChannel
from hubbub.kernel.snowflake import SnowflakeGenerator
from hubbub.media.service.match_list import MatchList
from hubbub.media.service.quarantine import Quarantine, QuarantinePorts
from hubbub.media.service.review import Review, Use, Whereabouts

if TYPE_CHECKING:
    from litestar.types import HTTPScope

_HOLDER: Final = re.compile(r"(attachments|avatars|icons|emojis|upload|quarantine)/(\d{1,19})(?:/.*)?", re.ASCII)


def quarantine_of(house: House, forget: Callable[[int], Awaitable[object]] | None = None) -> Quarantine:
    """Return the quarantine of a house; `forget` drops what a server holds rendered of a file."""
    awaited = house.community.awaited_files
    new_id = SnowflakeGenerator(house.clock, house.config.node).next
    ports = QuarantinePorts(
        records=house.records,
        objects=house.objects,
        clock=house.clock,
        next_id=new_id,
        matches=MatchList(house.records, house.clock, new_id),
        distance_max=house.config.media.match_distance_max,
        reconsider=awaited.reconsidering,
        changed=lambda asset_id: awaited.expect([asset_id]),
    )
    return Quarantine(ports, forget)


def review_of(house: House, quarantine: Quarantine) -> Review:
    """Return what operators ask of `quarantine`."""
    return Review(quarantine, quarantine.matches, house.records, CommunityPlaces(house))


async def admitted(house: House, scope: HTTPScope) -> str:
    """Return the name of the administrator who asks; raises `NotOperator` for anybody else."""
    actor = await caller(house.community.authentication, scope, Credentials(scope["headers"]), house.public_url)
    if not actor.is_administrator:
        raise NotOperator("What is kept back can be looked at by administrators only.")
    return await CommunityPlaces(house).sender(f"user:{actor.user_id}")


class CommunityPlaces(Whereabouts):
    """People, channels and guilds as operators read them."""

    def __init__(self, house: House) -> None:
        """Ask the community of `house`."""
        self._house = house

    @override
    async def sender(self, owner: str) -> str:
        kind, _, number = owner.partition(":")
        if kind != "user" or not number.isdecimal():
            return owner
        found = (await self._house.community.ports.users.users({int(number)})).get(int(number))
        return owner if found is None else found.username

    @override
    async def use(self, asset_id: int, holder: str) -> Use | None:
        named = _HOLDER.fullmatch(holder)
        if named is None:
            return Use("link" if holder.startswith("link") else "other", "")
        kind, number = named[1], int(named[2])
        if kind == "quarantine":
            return None
        if kind == "attachments":
            return await self._message(asset_id, number)
        if kind == "avatars":
            return Use("avatar", await self.sender(f"user:{number}"))
        if kind == "icons":
            return Use("icon", await self._guild_name(number))
        return Use("upload" if kind == "upload" else "emoji", "")

    async def _message(self, asset_id: int, channel_id: int) -> Use:
        row = await self._house.records.fetch_one(attachment_statements.GET, {"id": asset_id})
        tail = "" if row is None else f"/{row.message_id}"
        try:
            home = await self._house.community.ports.guilds.home(channel_id)
        except UnknownChannel:
            return Use("message", "")
        if isinstance(home, DirectChannel):
            return Use("direct", "")  # between whom is no operator's business
        channel = home.channels.get(channel_id)
        name = "" if channel is None else f", #{channel.name}"
        return Use("message", f"{home.guild.name}{name}", f"/guilds/{home.guild.id}/{channel_id}{tail}")

    async def _guild_name(self, guild_id: int) -> str:
        try:
            return (await self._house.community.ports.guilds.guild(guild_id)).guild.name
        except UnknownGuild:
            return str(guild_id)
