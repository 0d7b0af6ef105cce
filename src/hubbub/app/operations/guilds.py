"""What an operator does to one guild: end it, hand it over, give roles in it.

Done with the owner's rights, so that every rule that holds for an owner holds here too.
"""

from __future__ import annotations

from hubbub.app.errors import UnknownGuildRole
from hubbub.app.operations.requests import DeleteGuild, ListRoles, SetRole, TransferGuild
from hubbub.community.domain.guild import GuildState, Role
from hubbub.community.errors import UnknownGuild, UnknownMember
from hubbub.community.service.actor import Actor
from hubbub.community.service.community import Community
from hubbub.community.service.guilds import GuildChange

Facts = dict[str, object]


class GuildOperations:
    """Every operation on one guild."""

    def __init__(self, community: Community) -> None:
        """Work on the guilds of `community`."""
        self._community = community

    async def perform(self, request: DeleteGuild | TransferGuild | ListRoles | SetRole) -> Facts:
        """Do `request` and return its facts.

        Raises:
            HubbubError: It was refused; nothing was done.
        """
        state = await guild_named(self._community, request.guild_id)
        try:
            return await self._perform(request, state)
        except UnknownMember:
            username = getattr(request, "username", "")
            raise UnknownMember(f"{username} is no member of {state.guild.name}.") from None

    async def _perform(self, request: DeleteGuild | TransferGuild | ListRoles | SetRole, state: GuildState) -> Facts:
        match request:
            case DeleteGuild():
                await self._community.guilds.remove(state.id)
                return {"deleted": str(state.id)}
            case TransferGuild(username=username):
                heir = await self._community.accounts.by_username(username)
                owner = Actor(state.guild.owner_id)
                await self._community.guilds.change(owner, state.id, GuildChange(owner_id=heir.id))
                return {"guild_id": str(state.id), "name": state.guild.name, "owner": heir.username}
            case ListRoles():
                roles = sorted(state.roles.values(), key=lambda role: (-role.position, role.id))
                return {"roles": [_role_facts(role) for role in roles]}
            case SetRole(role=wanted, username=username, has=has):
                role = _find_role(state, wanted)
                member = await self._community.accounts.by_username(username)
                owner = Actor(state.guild.owner_id)
                await self._community.members.change_role(owner, state.id, member.id, role.id, has=has)
                return {"guild_id": str(state.id), "username": member.username, "role": role.name, "has": has}


async def guild_named(community: Community, guild_id: int) -> GuildState:
    """Return the guild of this id; raises `UnknownGuild` with a sentence for an operator."""
    try:
        return await community.ports.guilds.guild(guild_id)
    except UnknownGuild:
        sentence = f"There is no guild {guild_id}. `hubbub admin guild list` shows those there are."
        raise UnknownGuild(sentence) from None


def _find_role(state: GuildState, wanted: str) -> Role:
    """Return the role of this id, or else of this name when it is the only one."""
    if wanted.isdecimal() and (role := state.roles.get(int(wanted))) is not None:
        return role
    named = [role for role in state.roles.values() if role.name == wanted and role.id != state.id]
    if len(named) == 1:
        return named[0]
    problem = "has several roles called" if named else "has no role called"
    raise UnknownGuildRole(
        f"{state.guild.name} {problem} {wanted!r}. `hubbub admin role list {state.id}` shows them with their ids."
    )


def _role_facts(role: Role) -> Facts:
    return {
        "id": str(role.id),
        "name": role.name,
        "position": role.position,
        "permissions": str(role.permissions),
        "managed": role.managed_by is not None,
    }
