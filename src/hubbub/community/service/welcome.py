"""The notice in a guild's system channel that someone joined."""

from __future__ import annotations

from typing import Final

from hubbub.community.domain.account import User
from hubbub.community.domain.guild import GuildState
from hubbub.community.domain.message import USER_JOIN
from hubbub.community.errors import UnknownChannel
from hubbub.community.service.draft import Draft, Place
from hubbub.community.service.message_writer import MessageWriter

_SUPPRESS_JOINS: Final = 1
"""Bit of the guild's system channel flags."""


class Welcome:
    """Greets those who join."""

    def __init__(self, writer: MessageWriter) -> None:
        """Write through `writer`."""
        self._writer = writer

    async def greet(self, state: GuildState, user: User) -> None:
        """Write the notice, unless the guild has no system channel or wants none."""
        channel_id = state.guild.system_channel_id
        if channel_id is None or channel_id not in state.channels or state.guild.system_channel_flags & _SUPPRESS_JOINS:
            return
        draft = Draft(
            place=Place(channel_id, state, ()),
            author_id=user.id,
            author_is_bot=True,  # it is a notice, so its author has not read up to it
            member=None,
            type=USER_JOIN,
        )
        try:
            await self._writer.post(draft)
        except UnknownChannel:
            return
