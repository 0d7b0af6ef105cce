"""Does what operators ask, through the community's use cases."""

from __future__ import annotations

import msgspec

from hubbub import __version__
from hubbub.app.house import House
from hubbub.app.moderation import quarantine_of, review_of
from hubbub.app.operations.guilds import GuildOperations, guild_named
from hubbub.app.operations.keys import KeyOperations
from hubbub.app.operations.media import MediaOperations
from hubbub.app.operations.moderation import ModerationOperations
from hubbub.app.operations.requests import (
    AddMatches,
    AnyRequest,
    CollectMedia,
    CompareAnew,
    CoolMedia,
    CreateBot,
    CreateKey,
    CreateUser,
    DecideCase,
    DeleteGuild,
    DropParked,
    EnterDemo,
    FillDemo,
    ListCalls,
    ListGuilds,
    ListKeys,
    ListMatches,
    ListParked,
    ListQuarantine,
    ListRoles,
    ListUsers,
    RemoveMatch,
    ReportMedia,
    RequeueParked,
    ResetPassword,
    RevokeKey,
    RotateSigningKey,
    SetAdministrator,
    SetDisabled,
    SetRole,
    ShowCall,
    ShowUsage,
    Status,
    TransferGuild,
)
from hubbub.app.operations.socket import Report
from hubbub.community.domain.account import User
from hubbub.community.domain.guild import GuildState
from hubbub.community.domain.permissions import (
    DEFAULT_EVERYONE,
    GUILD_TEXT,
    GUILD_VOICE,
    Permissions,
)
from hubbub.media.service.report import MediaReport
from hubbub.media.service.review import Review
from hubbub.voice.adapters.call_store import CallStore
from hubbub.voice.service.call_book import CallBook, wanted_calls

_BOT_PERMISSIONS = int(DEFAULT_EVERYONE | Permissions.MANAGE_MESSAGES)
"""What a bot may do beside talking: tidy up. More is given by its role's editor."""

_PEOPLE_MAX = 300
"""People of one call that a command is told of: its answer is one line of at most a megabyte."""

Facts = dict[str, object]


class Operations:
    """Every operation on one opened house."""

    def __init__(
        self,
        house: House,
        calls: CallBook | None = None,
        report: MediaReport | None = None,
        review: Review | None = None,
    ) -> None:
        """Work on `house`; where a server runs, `calls` knows those that last too, and the others what it did."""
        self._house = house
        self._media = MediaOperations(house, report)
        self._review = review
        self._calls = calls or CallBook(CallStore(house.records), house.clock)
        self._community = house.community

    async def perform(  # noqa: C901, PLR0911, PLR0912 - one arm per operation is the list of them
        self, request: AnyRequest, report: Report
    ) -> Facts:
        """Do `request`, telling `report` how far a long one is; return its facts.

        Raises:
            HubbubError: It was refused; nothing was done.
        """
        match request:
            case Status():
                return {"version": __version__, "url": self._house.public_url}
            case ListUsers(query=query, limit=limit):
                users = await self._community.accounts.listed(query, limit)
                return {"users": [_user_facts(user) for user in users]}
            case CreateUser():
                return await self._create_user(request)
            case ResetPassword(username=username):
                return await self._link(await self._community.accounts.by_username(username))
            case SetAdministrator(username=username, administrator=administrator):
                user = await self._community.accounts.by_username(username)
                await self._community.accounts.set_administrator(user, administrator=administrator)
                return {"username": user.username, "administrator": administrator}
            case SetDisabled(username=username, disabled=disabled):
                user = await self._community.accounts.by_username(username)
                await self._community.accounts.set_disabled(user, disabled=disabled)
                return {"username": user.username, "disabled": disabled}
            case ListGuilds(limit=limit):
                return {"guilds": await self._guild_facts(limit)}
            case DeleteGuild() | TransferGuild() | ListRoles() | SetRole():
                return await GuildOperations(self._community).perform(request)
            case CreateBot(name=name, guild_id=guild_id):
                return await self._create_bot(name, guild_id)
            case CreateKey() | ListKeys() | RevokeKey():
                return await KeyOperations(self._house).perform(request)
            case ListCalls() | ShowCall():
                return await self._look_at(request)
            case (
                ListParked()
                | RequeueParked()
                | DropParked()
                | CollectMedia()
                | CoolMedia()
                | RotateSigningKey()
                | ShowUsage()
                | ReportMedia()
            ):
                return await self._media.perform(request)
            case AddMatches() | RemoveMatch() | ListMatches() | CompareAnew() | ListQuarantine() | DecideCase():
                return await self._moderation().perform(request)
            case FillDemo(seed=seed):
                from hubbub.app.demo.fill import fill
                from hubbub.app.media import files_kept

                async with files_kept(self._house):
                    return await fill(self._house, seed, report)
            case EnterDemo():
                from hubbub.app.demo.presence import enter

                return {"people": await enter(self._house)}

    def _moderation(self) -> ModerationOperations:
        return ModerationOperations(self._review or review_of(self._house, quarantine_of(self._house)))

    async def _look_at(self, request: ListCalls | ShowCall) -> Facts:
        if isinstance(request, ListCalls):
            wanted = wanted_calls(request.query, request.state, request.quality, limit=request.limit)
            return {"calls": msgspec.to_builtins(await self._calls.page(wanted))}
        found = await self._calls.call(request.call_id)
        shown = msgspec.structs.replace(found, people=found.people[:_PEOPLE_MAX])
        return {**msgspec.to_builtins(shown), "people_left_out": len(found.people) - len(shown.people)}

    async def _create_user(self, request: CreateUser) -> Facts:
        user = await self._community.accounts.create(
            request.username, password=request.password, administrator=request.administrator
        )
        facts = _user_facts(user)
        return facts if request.password is not None else {**facts, **await self._link(user)}

    async def _link(self, user: User) -> Facts:
        token = await self._community.accounts.link(user.id, "reset")
        return {"username": user.username, "link": f"{self._house.public_url}/#reset={token}", "valid_hours": 24}

    async def _guild_facts(self, limit: int) -> list[Facts]:
        guilds = await self._community.guilds.listed(limit)
        owners = await self._community.ports.users.users({guild.owner_id for guild in guilds})
        counts = [await self._community.ports.guilds.member_count(guild.id) for guild in guilds]
        return [
            {
                "id": str(guild.id),
                "name": guild.name,
                "owner": owners[guild.owner_id].username if guild.owner_id in owners else None,
                "members": count,
            }
            for guild, count in zip(guilds, counts, strict=True)
        ]

    async def _create_bot(self, name: str, guild_id: int | None) -> Facts:
        community = self._community
        state = None if guild_id is None else await guild_named(community, guild_id)
        owner = await community.accounts.operator()
        made = await community.applications.create(owner.id, name)
        if state is None:
            state = await community.guilds.create(owner.id, f"{name}'s guild")
        await community.members.join_bot(state.id, made.application.id, _BOT_PERMISSIONS)
        return {
            "token": made.token,
            "application_id": str(made.application.id),
            "user_id": str(made.user.id),
            "guild_id": str(state.id),
            "channel_id": _first_channel(state, GUILD_TEXT),
            "voice_channel_id": _first_channel(state, GUILD_VOICE),
        }


def _user_facts(user: User) -> Facts:
    return {
        "id": str(user.id),
        "username": user.username,
        "bot": user.is_bot,
        "administrator": user.is_administrator,
        "disabled": user.disabled_at_ms is not None,
    }


def _first_channel(state: GuildState, kind: int) -> str | None:
    found = sorted((channel.position, channel.id) for channel in state.channels.values() if channel.type == kind)
    return str(found[0][1]) if found else None
