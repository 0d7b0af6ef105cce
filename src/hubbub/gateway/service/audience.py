"""Who an event is for, beyond its intent and its channel."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import TYPE_CHECKING

from hubbub.gateway.domain.intents import Intent

if TYPE_CHECKING:
    from hubbub.gateway.domain.session import Payload
    from hubbub.gateway.service.link import Write, WriteText
    from hubbub.gateway.service.live import LiveSession

View = frozenset[int]
"""Ids of the channels that a session was shown."""

NOTHING: View = frozenset()

_CONTENT = int(Intent.MESSAGE_CONTENT)


class Audience:
    """The sessions that one kind of event goes to; made anew when any of them changes."""

    __slots__ = ("_generation", "appends", "due", "others", "plain", "sessions", "text_writes", "writes")

    def __init__(self, sessions: list[LiveSession]) -> None:
        """Hold `sessions`; appending to a ring needs no look-up of the session."""
        self.sessions = sessions
        self.appends = [session.ring.append for session in sessions]
        self.due: list[Payload] = []
        """What was appended since the last flush."""
        self.plain: list[LiveSession] = []
        """Sessions with an uncompressed socket whose reader keeps up; all others are in `others`."""
        self.writes: list[Write] = []
        """What writes to each of `plain`."""
        self.text_writes: list[WriteText] = []
        """What writes a single message to each of `plain`."""
        self.others: list[LiveSession] = []
        self._generation = -1

    def take_due(self) -> list[Payload]:
        """Return what is due, and have nothing due."""
        due, self.due = self.due, []
        return due

    def sort_out(self, generation: int) -> None:
        """Bring all but `sessions` up to date, unless that was done for this `generation` of sockets."""
        if generation == self._generation:
            return
        self._generation = generation
        self.plain, self.writes, self.text_writes, self.others = [], [], [], []
        for session in self.sessions:
            if session.write is None or session.write_text is None or session.encoder is not None:
                self.others.append(session)
            else:
                self.plain.append(session)
                self.writes.append(session.write)
                self.text_writes.append(session.write_text)


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
