"""Which sessions there are: by their id, by user, by application."""

from __future__ import annotations

from collections.abc import Sequence

from hubbub.gateway.service.live import LiveSession


class Registry:
    """The sessions of one process."""

    def __init__(self) -> None:
        """Start with none."""
        self.sessions: dict[str, LiveSession] = {}
        """By session id, oldest first."""
        self._users: dict[int, list[LiveSession]] = {}
        self._applications: dict[int, list[LiveSession]] = {}

    def of_user(self, user_id: int) -> Sequence[LiveSession]:
        """Return a user's sessions."""
        return self._users.get(user_id, ())

    def of_application(self, application_id: int) -> Sequence[LiveSession]:
        """Return the sessions of an application's bot."""
        return self._applications.get(application_id, ())

    def add(self, session: LiveSession) -> None:
        """Know a session; from now on its user's events are held or delivered."""
        self.sessions[session.session_id] = session
        self._users.setdefault(session.user_id, []).append(session)
        if session.identity.application_id is not None:
            self._applications.setdefault(session.identity.application_id, []).append(session)

    def remove(self, session: LiveSession) -> None:
        """Know a session no longer."""
        self.sessions.pop(session.session_id, None)
        _discard(self._users, session.user_id, session)
        if session.identity.application_id is not None:
            _discard(self._applications, session.identity.application_id, session)

    def counts(self) -> tuple[int, int]:
        """Return how many sessions have a socket and how many wait for a resume."""
        attached = sum(session.link is not None for session in self.sessions.values())
        return attached, len(self.sessions) - attached


def _discard(index: dict[int, list[LiveSession]], key: int, session: LiveSession) -> None:
    sessions = index.get(key, [])
    if session in sessions:
        sessions.remove(session)
        if not sessions:
            del index[key]
