"""What voice needs of the community: who may do what in a voice channel."""

from __future__ import annotations

from typing import Protocol

from hubbub.voice.domain.attendance import Standing


class GuildPort(Protocol):
    """The community, as voice needs it."""

    async def standing(self, user_id: int, guild_id: int, channel_id: int) -> Standing:
        """Return what a user may do in a voice channel now.

        Raises:
            HubbubError: There is no such voice channel in the guild, or the user is no member.
        """
        ...
