"""Presence: how someone appears, merged from all their sessions.

Source: Discord Gateway v10, "Presence Update".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import msgspec

from hubbub.gateway.domain.command import Activity, IdentifyProperties, PresenceUpdate

Platform = Literal["desktop", "mobile", "web"]

_PRECEDENCE = {"dnd": 3, "online": 2, "idle": 1}
"""The session whose status counts: a wish not to be disturbed first, then activity."""
_HIDDEN = frozenset({"invisible", "offline"})
_MOBILE = ("android", "ios", "iphone", "ipad", "mobile")
_DESKTOP_CLIENT = "desktop"


class SessionPresence(msgspec.Struct, frozen=True):
    """How one session wants its user to appear."""

    status: str = "online"
    activities: tuple[Activity, ...] = ()
    platform: Platform = "web"


class Presence(NamedTuple):
    """How a user appears to others; never "invisible"."""

    status: str
    activities: tuple[Activity, ...]
    client_status: tuple[tuple[Platform, str], ...]


OFFLINE = Presence("offline", (), ())


def platform_of(properties: IdentifyProperties, *, is_bot: bool) -> Platform:
    """Return the platform that a session's presence is shown on; bots count as web, as documented."""
    if is_bot:
        return "web"
    told = f"{properties.os} {properties.browser} {properties.device}".lower()
    if any(word in told for word in _MOBILE):
        return "mobile"
    return "desktop" if _DESKTOP_CLIENT in told else "web"


def session_presence(update: PresenceUpdate | None, platform: Platform, now_ms: int) -> SessionPresence:
    """Return a session's presence after `update`, None meaning plainly online; `now_ms` stamps its activities."""
    if update is None:
        return SessionPresence(platform=platform)
    activities = tuple(msgspec.structs.replace(activity, created_at=now_ms) for activity in update.activities or ())
    return SessionPresence(update.status or "online", activities, platform)


def merge(sessions: Iterable[SessionPresence]) -> Presence:
    """Return how a user with these sessions appears."""
    shown = sorted(
        (session for session in sessions if session.status not in _HIDDEN),
        key=lambda session: -_PRECEDENCE.get(session.status, 0),
    )
    if not shown:
        return OFFLINE
    client_status: dict[Platform, str] = {}
    activities: list[Activity] = []
    for session in shown:
        client_status.setdefault(session.platform, session.status)
        activities += [activity for activity in session.activities if activity not in activities]
    return Presence(shown[0].status, tuple(activities), tuple(client_status.items()))


def presence_object(user_id: int, guild_id: int, presence: Presence) -> dict[str, object]:
    """Return the wire form of a presence, as PRESENCE_UPDATE carries it."""
    activities: Sequence[Activity] = presence.activities
    return {
        "user": {"id": str(user_id)},
        "guild_id": str(guild_id),
        "status": presence.status,
        "activities": activities,
        "client_status": dict(presence.client_status),
    }
