"""Keeps avatars, icons and emojis as assets of the library, each found by the key that its address tells.

The transaction that names a picture holds it. One that is replaced is marked, and let go of by a sweep after the caches
that still show it have let go. Those from before there were assets are objects at the same keys.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple

from hubbub.community.adapters.attachment_statements import DOOM, NAME_PICTURE, PICTURE, SPARE
from hubbub.community.domain.image import Image
from hubbub.community.errors import InvalidImage
from hubbub.community.service.attachments import owner_name
from hubbub.community.service.files_port import FileState
from hubbub.community.service.ports import Ports
from hubbub.community.service.recent import Recent
from hubbub.storage.records.port import Op

_DAY_MS = 24 * 3_600_000
_SETTLE_S = 20.0
"""Seconds that a new picture waits for what it is: whoever sets it sees it at once."""
_RECENT_MAX = 4096
"""Places of pictures held: avatars of everybody who is looked at these days."""


def avatar_key(user_id: int, picture: str) -> str:
    """Return where a user's avatar lies."""
    return f"avatars/{user_id}/{picture}"


def icon_key(guild_id: int, picture: str) -> str:
    """Return where a guild's icon lies."""
    return f"icons/{guild_id}/{picture}"


def emoji_key(emoji_id: int) -> str:
    """Return where an emoji's picture lies."""
    return f"emojis/{emoji_id}"


class Picture(NamedTuple):
    """Where a picture lies."""

    asset_id: int
    filename: str


class Pictures:
    """Keeps pictures for the transactions that name them."""

    def __init__(self, ports: Ports) -> None:
        """Keep them in the library of `ports`."""
        self._ports = ports
        self._recent: Recent[str, Picture] = Recent(_RECENT_MAX)

    async def store(self, key: str, image: Image, owner_id: int, guild_id: int | None = None) -> list[Op]:
        """Take `image` in; the returned ops hold it at `key`, and belong into the transaction that names it.

        Waits until it is known that it is a picture; one that takes very long is shown once it is. It takes of the
        storage of `guild_id`, if that is told, until a day after it was replaced.

        Raises:
            InvalidImage: It is refused; the sentence says why.
        """
        self._recent.drop(key)
        spare = Op(SPARE, {"key": key})
        if await self._ports.records.fetch_one(PICTURE, {"key": key}) is not None:
            # It was replaced not long ago, and lies there still.
            return [spare]
        library, filename = self._ports.files, f"{key.rpartition('/')[2]}.{image.extension}"
        asset_id = await library.store(owner_name(owner_id), filename, _whole(image.content), len(image.content))
        file = (await library.settled([asset_id], _SETTLE_S)).get(asset_id)
        if file is not None and file.state in {FileState.REFUSED, FileState.REVIEW}:
            raise InvalidImage(file.refusal)
        size_bytes = len(image.content)
        named = {"key": key, "asset_id": asset_id, "guild_id": guild_id or 0, "size_bytes": size_bytes}
        charged = self._ports.storage.charge(guild_id, size_bytes)
        return [Op(NAME_PICTURE, named), *library.hold(asset_id, key), *charged, spare]

    async def find(self, key: str) -> Picture | None:
        """Return the picture at `key`; None when there is none, or an object of old."""
        held = self._recent.get(key)
        if held is not None:
            return held
        asset_id = await self._ports.records.fetch_one(PICTURE, {"key": key})
        if asset_id is None:
            return None
        file = (await self._ports.files.look([asset_id])).get(asset_id)
        if file is None:
            return None
        found = Picture(asset_id, file.filename)
        self._recent.put(key, found)
        return found

    def replaced(self, key: str) -> Op:
        """Return the op that gives up a picture which nothing names any more; it goes after a day."""
        return Op(DOOM, {"key": key, "due_at_ms": self._ports.clock.unix_ms() + _DAY_MS})


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content
