"""Which guilds keep most files, for the operator console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from hubbub.app.call_records import admit_administrator
from hubbub.app.house import House
from hubbub.kernel.asgi import answer_json, name_route
from hubbub.media.errors import MethodRefused

if TYPE_CHECKING:
    from litestar.types import HTTPScope, Receive, Send

PATH: Final = "/api/operator/media/guilds"
_GUILDS_MAX: Final = 20


class GuildShareLine(msgspec.Struct, frozen=True):
    """A guild, and the bytes that its files have together."""

    id: str
    name: str
    size_bytes: int


class GuildShares(msgspec.Struct, frozen=True):
    """The guilds with the most bytes."""

    bytes_max: int
    """What one guild may have."""
    guilds: list[GuildShareLine]


class GuildSharePages:
    """The HTTP face of guilds' shares, as an ASGI application."""

    def __init__(self, house: House) -> None:
        """Answer administrators of `house`."""
        self._house = house

    @staticmethod
    def takes(path: str) -> bool:
        """Return whether a path is ours."""
        return path == PATH

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - pages are alike
        """Answer one request."""
        await answer_json(scope, send, self._answer(scope), "guilds")

    async def _answer(self, scope: HTTPScope) -> GuildShares:
        name_route(scope, PATH)
        await admit_administrator(self._house, scope, what="Media")
        if scope["method"] not in {"GET", "HEAD"}:
            raise MethodRefused
        found = await self._house.community.ports.storage.largest(_GUILDS_MAX)
        lines = [GuildShareLine(str(each.guild_id), each.name, each.size_bytes) for each in found]
        return GuildShares(self._house.config.community.guild_bytes_max, lines)
