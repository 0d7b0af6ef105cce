"""Op 8: members of a guild, in chunks.

Source: Discord Gateway v10, "Request Guild Members". A guild that the session is not in, and a list that its intents do
not allow, are answered with an empty chunk, so that a client that waits for its nonce goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hubbub.events.contracts import objects
from hubbub.gateway.domain.command import QUERY_LIMIT_MAX, RequestMembers
from hubbub.gateway.domain.dispatch import encode
from hubbub.gateway.domain.intents import Intent

if TYPE_CHECKING:
    from hubbub.gateway.service.background import Background
    from hubbub.gateway.service.live import LiveSession
    from hubbub.gateway.service.lookup import Lookup
    from hubbub.gateway.service.outbound import Outbound
    from hubbub.gateway.service.presences import Presences

CHUNK = 1000
"""Members of one chunk at most."""
_RETRY_AFTER_S = 5.0
_CHUNKS_MAX = 1000
"""A guild of a million members; no request produces more."""


class Members:
    """Answers requests for members."""

    def __init__(
        self, requests_max: int, lookup: Lookup, presences: Presences, outbound: Outbound, background: Background
    ) -> None:
        """Let each session have `requests_max` requests waiting."""
        self._requests_max = requests_max
        self._lookup = lookup
        self._presences = presences
        self._outbound = outbound
        self._background = background

    def request(self, session: LiveSession, request: RequestMembers) -> None:
        """Answer in the background; beyond `requests_max` waiting ones answer RATE_LIMITED."""
        if session.requests >= self._requests_max:
            meta = {"guild_id": str(request.guild_id), "nonce": request.nonce}
            body = encode({"opcode": 8, "retry_after": _RETRY_AFTER_S, "meta": meta})
            self._outbound.dispatch(session, "RATE_LIMITED", body)
            return
        session.requests += 1
        self._background.spawn(self._answer(session, request))

    async def _answer(self, session: LiveSession, request: RequestMembers) -> None:
        try:
            if request.guild_id not in session.guild_ids:
                self._chunk(session, request, [], 0, 1)
            elif request.user_ids is not None:
                await self._by_id(session, request, request.user_ids)
            elif request.query:
                limit = min(request.limit, QUERY_LIMIT_MAX) or QUERY_LIMIT_MAX
                members = await self._lookup.members(request.guild_id, query=request.query, limit=limit)
                self._chunk(session, request, members, 0, 1)
            elif not session.intents & Intent.GUILD_MEMBERS:
                members = await self._lookup.members(request.guild_id, user_ids=(session.user_id,), limit=1)
                self._chunk(session, request, members, 0, 1)
            else:
                await self._everyone(session, request)
        finally:
            session.requests -= 1

    async def _by_id(self, session: LiveSession, request: RequestMembers, user_ids: Sequence[int]) -> None:
        members = (
            await self._lookup.members(request.guild_id, user_ids=user_ids, limit=len(user_ids)) if user_ids else ()
        )
        found = {_user_id(member) for member in members}
        missing = [str(user_id) for user_id in user_ids if str(user_id) not in found]
        self._chunk(session, request, members, 0, 1, [*missing, *map(str, request.not_ids)])

    async def _everyone(self, session: LiveSession, request: RequestMembers) -> None:
        """Send every member page by page; each waits until the one before has left for the socket."""
        count = await self._lookup.member_count(request.guild_id)
        wanted = min(request.limit or count, count, CHUNK * _CHUNKS_MAX)
        chunks = max(1, -(-wanted // CHUNK))
        after = 0
        for index in range(chunks):
            limit = min(CHUNK, max(wanted - index * CHUNK, 1))
            members = await self._lookup.members(request.guild_id, limit=limit, after=after)
            self._chunk(session, request, members, index, chunks)
            if members:
                after = max(int(_user_id(member)) for member in members)
            await self._outbound.caught_up(session)
            if session.ended:
                return

    def _chunk(
        self,
        session: LiveSession,
        request: RequestMembers,
        members: Sequence[objects.Member],
        index: int,
        count: int,
        not_found: Sequence[str] = (),
    ) -> None:
        fields: dict[str, object] = {
            "guild_id": str(request.guild_id),
            "members": members,
            "chunk_index": index,
            "chunk_count": count,
        }
        if not_found:
            fields["not_found"] = not_found
        if request.presences and session.intents & Intent.GUILD_PRESENCES:
            user_ids = [int(_user_id(member)) for member in members]
            fields["presences"] = self._presences.objects(request.guild_id, user_ids)
        if request.nonce is not None:
            fields["nonce"] = request.nonce
        self._outbound.dispatch(session, "GUILD_MEMBERS_CHUNK", encode(fields))


def _user_id(member: objects.Member) -> str:
    return member.user.id if isinstance(member.user, objects.User) else "0"
