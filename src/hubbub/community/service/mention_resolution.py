"""Decides whom a message reaches: what its content names, less what does not exist or its author may not mention."""

from __future__ import annotations

from typing import NamedTuple

from hubbub.community.domain.guild import GuildState
from hubbub.community.domain.mention import AllowedMentions, named_in
from hubbub.community.domain.permissions import Permissions
from hubbub.community.service.ports import Ports

_USERS_MAX = 100
"""Users that one message can mention; more than 2,000 characters have room for is rare."""


class Reach(NamedTuple):
    """Whom a message mentions."""

    user_ids: tuple[int, ...] = ()
    role_ids: tuple[int, ...] = ()
    everyone: bool = False
    targets: tuple[int, ...] = ()
    """Under what the mention is counted: users, roles, and the guild for everyone."""


NOBODY = Reach()


class MentionResolution:
    """Looks up whom messages name."""

    def __init__(self, ports: Ports) -> None:
        """Look up through `ports`."""
        self._users = ports.users
        self._guilds = ports.guilds

    async def resolve(
        self,
        content: str,
        allowed: AllowedMentions,
        *,
        author_id: int,
        permissions: int,
        state: GuildState | None,
        recipients: tuple[int, ...] = (),
        replied_to: int | None = None,
    ) -> Reach:
        """Return whom a message reaches.

        Args:
            content: Text of the message.
            allowed: The request's own limits.
            author_id: Who writes; nobody is told of mentioning themselves.
            permissions: The author's permissions in the channel.
            state: The guild, None in a direct message.
            recipients: Both participants of a direct message: each message there counts as a mention of the other.
            replied_to: Author of the message replied to; None when it is no reply.
        """
        named = named_in(content, allowed)
        wanted = list(named.user_ids[:_USERS_MAX])
        if replied_to is not None and allowed.replied_user and replied_to not in wanted:
            wanted.append(replied_to)
        if state is None:
            user_ids = await self._existing(wanted)
            return Reach(user_ids, targets=tuple(user_id for user_id in recipients if user_id != author_id))
        if not wanted and not named.role_ids and not named.everyone:
            return NOBODY
        may_mention_all = bool(permissions & Permissions.MENTION_EVERYONE)
        user_ids = await self._existing(wanted)
        members = await self._guilds.members(state.id, user_ids) if user_ids else {}
        role_ids = tuple(
            role_id
            for role_id in named.role_ids
            if role_id != state.id
            and (role := state.roles.get(role_id)) is not None
            and (role.mentionable or may_mention_all)
        )
        everyone = named.everyone and may_mention_all
        targets = {user_id for user_id in user_ids if user_id in members and user_id != author_id}
        targets.update(role_ids)
        if everyone:
            targets.add(state.id)
        return Reach(user_ids, role_ids, everyone, tuple(targets))

    async def _existing(self, wanted: list[int]) -> tuple[int, ...]:
        if not wanted:
            return ()
        users = await self._users.users(wanted)
        return tuple(user_id for user_id in wanted if user_id in users)
