"""Who is online: presences of all sessions, merged by user and told to the guilds they share.

A presence is told only when the merged one changes. A session that waits to be resumed still counts, so a short drop
of the network makes nobody blink.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from hubbub.gateway.domain.dispatch import Dispatch, encode
from hubbub.gateway.domain.intents import Intent
from hubbub.gateway.domain.presence import OFFLINE, Presence, merge, presence_object, session_presence

if TYPE_CHECKING:
    from hubbub.gateway.domain.command import PresenceUpdate
    from hubbub.gateway.service.live import LiveSession
    from hubbub.gateway.service.registry import Registry
    from hubbub.gateway.service.room import Rooms
    from hubbub.kernel.clock import Clock


class Presences:
    """Presences of the connected users."""

    def __init__(self, registry: Registry, rooms: Rooms, clock: Clock) -> None:
        """Tell of the sessions of `registry` to `rooms`."""
        self._registry = registry
        self._rooms = rooms
        self._clock = clock
        self._shown: dict[int, Presence] = {}
        """What was last told; users that are offline are not in it."""

    def of(self, user_id: int) -> Presence:
        """Return how a user appears."""
        return self._shown.get(user_id, OFFLINE)

    def update(self, session: LiveSession, update: PresenceUpdate) -> None:
        """Take a session's wish."""
        session.presence = session_presence(update, session.presence.platform, self._clock.unix_ms())
        self.changed(session.user_id, session.guild_ids)

    def changed(self, user_id: int, guild_ids: Iterable[int]) -> None:
        """Sessions of `user_id` came, went or changed; tell the guilds of them all, and `guild_ids`."""
        sessions = self._registry.of_user(user_id)
        presence = merge(session.presence for session in sessions)
        if presence == self.of(user_id):
            return
        if presence == OFFLINE:
            self._shown.pop(user_id, None)
        else:
            self._shown[user_id] = presence
        told = set(guild_ids)
        for session in sessions:
            told |= session.guild_ids
        for guild_id in told:
            self.tell(user_id, guild_id)

    def tell(self, user_id: int, guild_id: int) -> None:
        """Send PRESENCE_UPDATE of a user to one guild."""
        room = self._rooms.get(guild_id)
        if room is not None:
            body = encode(presence_object(user_id, guild_id, self.of(user_id)))
            room.tell(Dispatch("PRESENCE_UPDATE", body, int(Intent.GUILD_PRESENCES)), user_id)

    def objects(self, guild_id: int, user_ids: Iterable[int]) -> list[dict[str, object]]:
        """Return the presences of those of `user_ids` who are not offline."""
        return [
            presence_object(user_id, guild_id, presence)
            for user_id in user_ids
            if (presence := self._shown.get(user_id)) is not None
        ]
