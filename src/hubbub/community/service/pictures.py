"""Keeps avatars, icons and emojis as objects, so that a crash leaves no file without an owner for long.

A picture is first marked to be removed, then stored; the transaction that names it takes the mark away. A picture that
is replaced is marked again, for after the caches that still show it have let go.
"""

from __future__ import annotations

from hubbub.community.adapters.attachment_statements import DOOM, SPARE
from hubbub.community.domain.image import Image
from hubbub.community.service.ports import Ports
from hubbub.storage.records.port import Op

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS


def avatar_key(user_id: int, picture: str) -> str:
    """Return where a user's avatar lies."""
    return f"avatars/{user_id}/{picture}"


def icon_key(guild_id: int, picture: str) -> str:
    """Return where a guild's icon lies."""
    return f"icons/{guild_id}/{picture}"


def emoji_key(emoji_id: int) -> str:
    """Return where an emoji's picture lies."""
    return f"emojis/{emoji_id}"


class Pictures:
    """Stores pictures for the transactions that name them."""

    def __init__(self, ports: Ports) -> None:
        """Store through `ports`."""
        self._ports = ports

    async def store(self, key: str, image: Image) -> Op:
        """Store `image`; the returned op keeps it and belongs into the transaction that names it."""
        due_at_ms = self._ports.clock.unix_ms() + _HOUR_MS
        await self._ports.records.write([Op(DOOM, {"key": key, "due_at_ms": due_at_ms})])
        await self._ports.objects.put(key, image.content)
        return Op(SPARE, {"key": key})

    def replaced(self, key: str) -> Op:
        """Return the op that gives up a picture which nothing names any more; it goes after a day."""
        return Op(DOOM, {"key": key, "due_at_ms": self._ports.clock.unix_ms() + _DAY_MS})
