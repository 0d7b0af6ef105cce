"""Routes of reactions. An emoji in a path is `name:id`, or a Unicode emoji in percent-encoding."""

from __future__ import annotations

from typing import Annotated

from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from hubbub.community.api.endpoint import Limit, endpoint
from hubbub.community.api.wire import Call, PathId, QueryId
from hubbub.community.errors import (
    MissingAccess,
    MissingPermissions,
    TooManyReactions,
    UnknownChannel,
    UnknownEmoji,
    UnknownMessage,
)
from hubbub.community.service.community import Community
from hubbub.events.contracts import objects

_ALL = "/channels/{channel_id:str}/messages/{message_id:str}/reactions"
_EMOJI = f"{_ALL}/{{emoji:str}}"
_ERRORS = (UnknownChannel, UnknownMessage, UnknownEmoji, MissingAccess, MissingPermissions)
_REACTING = Limit(10, 5.0, "reactions")


class ReactionsFace:
    """Reactions under a message."""

    def __init__(self, community: Community) -> None:
        """Answer from `community`."""
        self._reactions = community.reactions

    def routes(self) -> list[HTTPRouteHandler]:
        """Return the routes."""
        errors = (*_ERRORS, TooManyReactions)
        return [
            endpoint("PUT", f"{_EMOJI}/@me", self.add_reaction, limit=_REACTING, errors=errors),
            endpoint("DELETE", f"{_EMOJI}/@me", self.delete_own_reaction, limit=_REACTING, errors=_ERRORS),
            endpoint("DELETE", f"{_EMOJI}/{{user_id:str}}", self.delete_user_reaction, limit=_REACTING, errors=_ERRORS),
            endpoint("GET", _EMOJI, self.list_reactions, errors=_ERRORS),
            endpoint("DELETE", _EMOJI, self.delete_reactions_of_emoji, limit=_REACTING, errors=_ERRORS),
            endpoint("DELETE", _ALL, self.delete_all_reactions, limit=_REACTING, errors=_ERRORS),
        ]

    async def add_reaction(self, request: Call, channel_id: PathId, message_id: PathId, emoji: FromPath[str]) -> None:
        """React to a message."""
        await self._reactions.add(request.user, channel_id, message_id, emoji)

    async def delete_own_reaction(
        self, request: Call, channel_id: PathId, message_id: PathId, emoji: FromPath[str]
    ) -> None:
        """Take one's own reaction back."""
        await self._reactions.remove_own(request.user, channel_id, message_id, emoji)

    async def delete_user_reaction(
        self, request: Call, channel_id: PathId, message_id: PathId, emoji: FromPath[str], user_id: PathId
    ) -> None:
        """Remove someone's reaction."""
        await self._reactions.remove_of(request.user, channel_id, message_id, emoji, user_id)

    async def list_reactions(
        self,
        request: Call,
        channel_id: PathId,
        message_id: PathId,
        emoji: FromPath[str],
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 25,
        after: QueryId = None,
    ) -> list[objects.User]:
        """Return who reacted with an emoji, by rising id."""
        return await self._reactions.users(request.user, channel_id, message_id, emoji, after=after or 0, limit=limit)

    async def delete_reactions_of_emoji(
        self, request: Call, channel_id: PathId, message_id: PathId, emoji: FromPath[str]
    ) -> None:
        """Remove all reactions with one emoji."""
        await self._reactions.clear(request.user, channel_id, message_id, emoji)

    async def delete_all_reactions(self, request: Call, channel_id: PathId, message_id: PathId) -> None:
        """Remove all reactions of a message."""
        await self._reactions.clear(request.user, channel_id, message_id)
