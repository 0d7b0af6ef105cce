"""Who an event is for, beyond its intent and its channel."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import TYPE_CHECKING

from hubbub.gateway.domain.intents import Intent

if TYPE_CHECKING:
    from hubbub.gateway.service.live import LiveSession

View = frozenset[int]
"""Ids of the channels that a session was shown."""

NOTHING: View = frozenset()

_CONTENT = int(Intent.MESSAGE_CONTENT)


class Kind(IntEnum):
    """A part of those who follow a guild."""

    ALL = 0
    BOTS = 1
    PEOPLE = 2
    READERS = 3
    """Those who are sent the content of every message."""
    BLIND = 4
    """Bots without MESSAGE_CONTENT."""


def admits(session: LiveSession, view: View, channel_id: int, intent: int, kind: Kind) -> bool:
    """Return whether `session`, seeing the channels of `view`, gets what has `intent` (zero: always) in `channel_id`.

    A zero `channel_id` stands for an event of the guild as a whole.
    """
    if intent and not session.intents & intent:
        return False
    if channel_id and channel_id not in view:
        return False
    return kind is Kind.ALL or _TESTS[kind](session)


_TESTS: dict[Kind, Callable[[LiveSession], bool]] = {
    Kind.BOTS: lambda session: session.is_bot,
    Kind.PEOPLE: lambda session: not session.is_bot,
    Kind.READERS: lambda session: bool(session.intents & _CONTENT),
    Kind.BLIND: lambda session: not session.intents & _CONTENT,
}
