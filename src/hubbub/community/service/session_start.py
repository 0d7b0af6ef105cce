"""How many gateway sessions a bot may still start: asked of the gateway through a port that `app` wires."""

from __future__ import annotations

from collections.abc import Callable

import msgspec


class SessionStartLimit(msgspec.Struct, kw_only=True):
    """How many gateway sessions a bot may still start."""

    total: int = 1000
    remaining: int = 1000
    reset_after: int = 86_400_000
    """Milliseconds."""
    max_concurrency: int = 16


SessionStarts = Callable[[int], SessionStartLimit]
"""From a bot's user id to its limit."""


def untouched(_user_id: int) -> SessionStartLimit:
    """Return the limit of a bot that has not started any; the answer where no gateway runs."""
    return SessionStartLimit()
