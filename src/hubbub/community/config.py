"""Settings of the community engine."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Registration = Literal["open", "invite", "closed"]


class CommunityConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What people may do here, and how much of it."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] = "Hubbub"
    """Name of this installation, shown at sign-up."""

    registration: Registration = "open"
    """Who may sign up: `open` anyone, `invite` those who follow a guild's invite, `closed` nobody."""

    session_days: Annotated[int, msgspec.Meta(ge=1, le=400)] = 90
    """Days after which an unused browser session ends."""

    upload_bytes_max: Annotated[int, msgspec.Meta(ge=1_000_000, le=2_000_000_000)] = 25_000_000
    """Largest file of a message, in bytes."""

    upload_bytes_total_max: Annotated[int, msgspec.Meta(ge=1_000_000, le=4_000_000_000)] = 100_000_000
    """Largest request with files, in bytes."""

    guild_bytes_max: Annotated[int, msgspec.Meta(ge=1_000_000, le=1_000_000_000_000_000)] = 100_000_000_000
    """Bytes that the files of one guild may have together: those of its messages, its icon and its emojis."""

    password_threads: Annotated[int, msgspec.Meta(ge=1, le=64)] = 2
    """Threads that hash passwords; each takes 19 MiB while it works."""

    password_queue: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 64
    """Passwords that may wait for a thread; more are answered 503."""

    rate_limits: bool = True
    """Whether requests are limited. Turn off for measurements only."""

    requests_per_second: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 50
    """Requests of one account (or one address without credentials) in a second."""

    invalid_requests_max: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)] = 10_000
    """Refused requests (401, 403, 429) of one address in ten minutes, after which it is turned away unread."""
