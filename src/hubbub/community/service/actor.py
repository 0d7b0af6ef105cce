"""Who asks: the authenticated caller of a use case."""

from __future__ import annotations

from typing import NamedTuple


class Actor(NamedTuple):
    """The caller, as its credential proved it."""

    user_id: int
    """The account; a bot acts by its bot user."""
    is_bot: bool = False
    """Whether a bot token authenticated."""
    application_id: int | None = None
    """The bot's application; None for people."""
    session_id: int | None = None
    """The browser session; None for bots."""
    is_administrator: bool = False
    """Whether the account runs this whole installation; it gives no permission inside guilds."""
