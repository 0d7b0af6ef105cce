"""Where voice takes over: op 4 goes out through this port, voice's answer comes back as dispatches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from hubbub.events.contracts import objects
from hubbub.gateway.domain.command import VoiceStateUpdate


class VoiceServer(NamedTuple):
    """Where a session finds its voice server."""

    token: str
    guild_id: int
    endpoint: str | None
    """Host and port; None while a server is being found."""


class VoiceHandoff(Protocol):
    """Voice, as the gateway needs it. Without one op 4 is checked and has no further effect."""

    async def update(self, user_id: int, session_id: str, update: VoiceStateUpdate) -> VoiceServer | None:
        """Join, move, leave or mute; the state itself is told by a `VoiceStateUpdated` event.

        Returns:
            The server to connect to when the channel changed, else None.

        Raises:
            HubbubError: The user may not; nothing is told to the client, as the protocol has no answer for it.
        """
        ...

    def session_ended(self, user_id: int, session_id: str) -> None:
        """Take note that a session is over and will not be resumed; its call need not end with it."""
        ...

    def states(self, guild_id: int) -> Sequence[objects.VoiceState]:
        """Return who is in voice in a guild."""
        ...
