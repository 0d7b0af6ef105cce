"""The emoji of a reaction, as the path of a request names it."""

from __future__ import annotations

import re
from typing import NamedTuple

from hubbub.community.domain.unicode_emoji import is_emoji

_CUSTOM = re.compile(r"(?:a?:)?([A-Za-z0-9_]{1,32}):([0-9]{15,20})\Z")
_ID_MAX = (1 << 63) - 1

DISTINCT_MAX = 20
"""Different emojis on one message, as documented."""


class NamedEmoji(NamedTuple):
    """An emoji as a request names it; whether a custom one exists is not yet known."""

    id: int | None
    """None for a Unicode emoji."""
    name: str

    @property
    def key(self) -> str:
        """What tells this emoji from every other on a message: the id, or the Unicode text."""
        return self.name if self.id is None else str(self.id)


def parse(text: str) -> NamedEmoji | None:
    """Return the emoji that a decoded path segment names (`name:id` or Unicode text), or None when it names none."""
    custom = _CUSTOM.match(text)
    if custom is not None:
        emoji_id = int(custom[2])
        return NamedEmoji(emoji_id, custom[1]) if emoji_id <= _ID_MAX else None
    return NamedEmoji(None, text) if is_emoji(text) else None
