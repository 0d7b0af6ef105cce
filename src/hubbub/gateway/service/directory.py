"""What the gateway asks of the community: who someone is, what they see, who else is there.

The gateway declares this port; `app` implements it on the community's services. Ids are integers here, objects are the
wire objects of `hubbub.events.contracts`. Every method may raise `HubbubError`: below status 500 it is the caller's
fault and final, from 500 up it is ours and the gateway tries again or tells the client to.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

import msgspec

from hubbub.events.contracts import objects
from hubbub.gateway.domain.intents import ALL_INTENTS

PERSON_TOKEN = "session"  # noqa: S105 - not a secret: it says that the handshake's cookie is the credential
"""Token that a person's client sends; the credential is then the cookie of the handshake."""


class Identity(msgspec.Struct, frozen=True):
    """Who holds a gateway session."""

    user_id: int
    is_bot: bool
    application_id: int | None = None
    """The bot's application; None for people."""
    session_id: int | None = None
    """The person's login session, by which it can be revoked; None for bots."""
    intents_allowed: int = ALL_INTENTS
    """Intents that the application may ask for; asking for others closes with 4014."""


class ReadySnapshot(NamedTuple):
    """What READY tells."""

    user: objects.OwnUser
    guild_ids: Sequence[int]
    """Every guild of the user, in the order to show; the gateway keeps those of the session's shard."""
    application: objects.Application | None = None
    """Set for bots."""
    private_channels: Sequence[objects.Channel] = ()
    """Open direct messages, with their recipients; for people."""
    read_states: Sequence[objects.ReadState] | None = None
    """How far a person has read; None for bots."""
    settings: msgspec.Raw | None = None
    """A person's client settings as a JSON object; None for bots."""


class GuildSnapshot(NamedTuple):
    """A guild as one user sees it. Members, presences and voice states are added by the gateway."""

    guild: objects.Guild
    channels: Sequence[objects.Channel]
    """The channels that the user may see; what is missing here is hidden until it becomes visible."""
    joined_at: str
    """When the user joined, ISO 8601."""
    member_count: int


class Directory(Protocol):
    """The community, as the gateway needs it."""

    async def authenticate(self, token: str, cookie: str | None) -> Identity:
        """Return who `token` (a bot's, with or without ``Bot ``) or, for `PERSON_TOKEN`, who `cookie` speaks for.

        Args:
            token: As sent in IDENTIFY or RESUME.
            cookie: The handshake's whole Cookie header; None when absent or when its Origin is foreign.

        Raises:
            HubbubError: The credential is not valid.
        """
        ...

    async def ready(self, identity: Identity) -> ReadySnapshot:
        """Return what a new session starts from."""
        ...

    async def guild(self, guild_id: int, user_id: int) -> GuildSnapshot:
        """Return a guild as `user_id`, a member, sees it.

        Raises:
            HubbubError: The guild is unknown, or the user is not a member (any more).
        """
        ...

    async def channels(self, guild_id: int) -> Sequence[objects.Channel]:
        """Return every channel of a guild, whoever may see it; the gateway shows each to its viewers only."""
        ...

    async def viewers(self, guild_id: int, channel_id: int, user_ids: Collection[int]) -> Collection[int]:
        """Return who of `user_ids` may see the channel."""
        ...

    async def member_count(self, guild_id: int) -> int:
        """Return how many members a guild has."""
        ...

    async def members(
        self,
        guild_id: int,
        *,
        query: str = "",
        limit: int = 0,
        user_ids: Sequence[int] | None = None,
        after: int = 0,
    ) -> Sequence[objects.Member]:
        """Return members ordered by user id, each with `user` set.

        Args:
            guild_id: The guild.
            query: Prefix of the username or nick, case-insensitive; empty matches everyone.
            limit: Largest number of members to return, at most 1000; zero means 1000.
            user_ids: When given, only these users (`query` is empty then); unknown ones are left out.
            after: Only users with a greater id, for paging; zero starts at the beginning.
        """
        ...
