"""Who stands above whom in a guild, and where roles and channels end up when they are moved."""

from __future__ import annotations

from collections.abc import Mapping

from hubbub.community.domain.guild import Channel, GuildState, Member, Role, rank
from hubbub.community.domain.permissions import GUILD_CATEGORY, GUILD_STAGE_VOICE, GUILD_VOICE


def stands_above_role(state: GuildState, member: Member, role: Role) -> bool:
    """Return whether `member` may touch `role`: the member's highest role is higher, or the member owns the guild."""
    return state.top_rank(member) > rank(role)


def stands_above_member(state: GuildState, member: Member, other: Member) -> bool:
    """Return whether `member` may moderate `other`; nobody stands above the owner."""
    return other.user_id != state.guild.owner_id and state.top_rank(member) > state.top_rank(other)


def moved_roles(state: GuildState, moves: Mapping[int, int]) -> dict[int, int]:
    """Return the positions of all roles after `moves` (wanted position by role id), numbered 1 up without gaps.

    @everyone stays at 0. A role moved up stands above what was at its position, one moved down below it.
    """

    def order(role: Role) -> tuple[int, int, int]:
        wanted = moves.get(role.id, role.position)
        return wanted, (wanted > role.position) - (wanted < role.position), -role.id

    others = sorted((role for role in state.roles.values() if role.id != state.id), key=order)
    return {state.id: 0} | {role.id: position for position, role in enumerate(others, 1)}


def lifted_roles(state: GuildState) -> dict[int, int]:
    """Return the positions of all roles but @everyone once a new role stands at 1: the same order from 2 up, no ties.

    Clients move a role by naming the positions that it passes, which asks for a place of its own for each.
    """
    others = sorted((role for role in state.roles.values() if role.id != state.id), key=rank)
    return {role.id: position for position, role in enumerate(others, 2)}


def next_channel_position(state: GuildState, channel_type: int, parent_id: int | None) -> int:
    """Return the position that puts a new channel last among its like."""
    like = [c.position for c in state.channels.values() if _sorts_with(c, channel_type) and c.parent_id == parent_id]
    return max(like, default=-1) + 1


def _sorts_with(channel: Channel, channel_type: int) -> bool:
    """Return whether clients list `channel` in one run with channels of that type."""
    return _run(channel.type) == _run(channel_type)


def _run(channel_type: int) -> int:
    if channel_type == GUILD_CATEGORY:
        return 2
    return 1 if channel_type in {GUILD_VOICE, GUILD_STAGE_VOICE} else 0
