"""Use cases of application commands: a bot registers them, members see those they may use."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import UNSET

from hubbub.community.adapters import command_statements as statements
from hubbub.community.domain import command as domain
from hubbub.community.domain.command import CommandForm
from hubbub.community.domain.form import Problems
from hubbub.community.domain.permissions import Permissions
from hubbub.community.errors import (
    CommandNameTaken,
    MissingAccess,
    NotYourApplication,
    TooManyCommands,
    UnknownCommand,
)
from hubbub.community.service.actor import Actor
from hubbub.community.service.outbox import told
from hubbub.community.service.ports import Ports
from hubbub.events.contracts import events, objects
from hubbub.storage.records.port import Op, RecordConflict, UniqueViolation

_decoder = msgspec.json.Decoder(objects.Command)
_GUILD_CONTEXT = 0
_ALL_CONTEXTS = [0, 1, 2]


class Commands:
    """Commands of one scope: an application everywhere (`guild_id` None), or in one guild."""

    def __init__(self, ports: Ports) -> None:
        """Work through `ports`."""
        self._ports = ports
        self._records = ports.records

    async def all(self, actor: Actor, application_id: int, guild_id: int | None) -> list[objects.Command]:
        """Return the commands of a scope."""
        scope = await self._scope(actor, application_id, guild_id)
        return [_decoder.decode(row) for row in await self._records.fetch(statements.OF_SCOPE, scope)]

    async def get(self, actor: Actor, application_id: int, guild_id: int | None, command_id: int) -> objects.Command:
        """Return one command."""
        return await self._get(await self._scope(actor, application_id, guild_id), command_id)

    async def create(
        self, actor: Actor, application_id: int, guild_id: int | None, form: CommandForm
    ) -> tuple[objects.Command, bool]:
        """Register a command, in place of one with the same name and type; return it and whether it is new."""
        scope = await self._scope(actor, application_id, guild_id)
        problems = Problems()
        domain.check(form, form.type or domain.CHAT_INPUT, problems)
        problems.raise_if_any()
        kind = form.type or domain.CHAT_INPUT
        name = _name(form, kind)
        found = await self._records.fetch_one(statements.FIND, {**scope, "type": kind, "name": name})
        if found is not None:
            command = self._built(form, found, application_id, guild_id)
            await self._write([self._update(scope, command)], application_id, guild_id)
            return command, False
        count = await self._records.fetch_one(statements.COUNT, {**scope, "type": kind}) or 0
        if count >= (domain.SLASH_MAX if kind == domain.CHAT_INPUT else domain.CONTEXT_MAX):
            raise TooManyCommands
        command = self._built(form, self._ports.snowflakes.next(), application_id, guild_id)
        try:
            await self._write([self._insert(scope, command)], application_id, guild_id)
        except RecordConflict as conflict:
            raise CommandNameTaken from conflict
        return command, True

    async def edit(
        self, actor: Actor, application_id: int, guild_id: int | None, command_id: int, form: CommandForm
    ) -> objects.Command:
        """Change a command; what the form leaves out stays."""
        scope = await self._scope(actor, application_id, guild_id)
        command = await self._get(scope, command_id)
        problems = Problems()
        domain.check(form, command.type, problems, is_new=False)
        problems.raise_if_any()
        _apply(form, command, is_global=guild_id is None)
        command.version = str(self._ports.snowflakes.next())
        try:
            await self._write([self._update(scope, command)], application_id, guild_id)
        except UniqueViolation as conflict:
            raise CommandNameTaken from conflict
        except RecordConflict as conflict:
            raise UnknownCommand from conflict
        return command

    async def delete(self, actor: Actor, application_id: int, guild_id: int | None, command_id: int) -> None:
        """Remove a command."""
        scope = await self._scope(actor, application_id, guild_id)
        op = Op(statements.DELETE, {**scope, "id": command_id}, expect=1)
        try:
            await self._write([op], application_id, guild_id)
        except RecordConflict as conflict:
            raise UnknownCommand from conflict

    async def overwrite(
        self, actor: Actor, application_id: int, guild_id: int | None, forms: Sequence[CommandForm]
    ) -> list[objects.Command]:
        """Make `forms` all the commands of a scope; those that keep name and type keep their ids."""
        scope = await self._scope(actor, application_id, guild_id)
        _check_all(forms)
        before = [_decoder.decode(row) for row in await self._records.fetch(statements.OF_SCOPE, scope)]
        ids = {(command.type, command.name): int(command.id) for command in before}
        commands: list[objects.Command] = []
        for form in forms:
            kind = form.type or domain.CHAT_INPUT
            command_id = ids.get((kind, _name(form, kind))) or self._ports.snowflakes.next()
            commands.append(self._built(form, command_id, application_id, guild_id))
        ops = [Op(statements.DELETE_ALL, scope), *(self._insert(scope, command) for command in commands)]
        await self._write(ops, application_id, guild_id)
        return commands

    async def usable_in(self, actor: Actor, guild_id: int) -> list[objects.Command]:
        """Return the commands of the guild's bots that the caller may use there."""
        access = await self._ports.guilds.membership(actor, guild_id)
        rows = await self._records.fetch(statements.USABLE_IN_GUILD, {"guild_id": guild_id})
        return [command for row in rows if may_use(command := _decoder.decode(row), access.permissions)]

    async def invoked(self, application_id: int, guild_id: int | None, command_id: int) -> objects.Command:
        """Return the command that a member invokes; raises `UnknownCommand`."""
        scopes = [statements.GLOBAL] if guild_id is None else [statements.GLOBAL, guild_id]
        params = {"id": command_id, "application_id": application_id, "scope_ids": scopes}
        row = await self._records.fetch_one(statements.INVOKED, params)
        if row is None:
            raise UnknownCommand
        return _decoder.decode(row)

    async def scope(self, actor: Actor, application_id: int, guild_id: int) -> None:
        """Raise unless the caller is the application and its bot is in the guild."""
        await self._scope(actor, application_id, guild_id)

    async def _scope(self, actor: Actor, application_id: int, guild_id: int | None) -> dict[str, object]:
        if actor.application_id != application_id:
            raise NotYourApplication
        if guild_id is not None and await self._ports.guilds.member(guild_id, actor.user_id) is None:
            raise MissingAccess
        return {"application_id": application_id, "guild_id": statements.GLOBAL if guild_id is None else guild_id}

    async def _get(self, scope: dict[str, object], command_id: int) -> objects.Command:
        row = await self._records.fetch_one(statements.GET, {**scope, "id": command_id})
        if row is None:
            raise UnknownCommand
        return _decoder.decode(row)

    def _built(self, form: CommandForm, command_id: int, application_id: int, guild_id: int | None) -> objects.Command:
        kind = form.type or domain.CHAT_INPUT
        command = objects.Command(
            id=str(command_id),
            type=kind,
            application_id=str(application_id),
            guild_id=UNSET if guild_id is None else str(guild_id),
            name=_name(form, kind),
            contexts=list(_ALL_CONTEXTS) if guild_id is None else None,
            version=str(self._ports.snowflakes.next()),
        )
        _apply(form, command, is_global=guild_id is None)
        return command

    @staticmethod
    def _insert(scope: dict[str, object], command: objects.Command) -> Op:
        return Op(
            statements.INSERT,
            {
                **scope,
                "id": int(command.id),
                "type": command.type,
                "name": command.name,
                "command_json": msgspec.json.encode(command),
            },
            expect=1,
        )

    @staticmethod
    def _update(scope: dict[str, object], command: objects.Command) -> Op:
        return Op(
            statements.UPDATE,
            {
                **scope,
                "id": int(command.id),
                "new_name": command.name,
                "new_type": command.type,
                "command_json": msgspec.json.encode(command),
            },
            expect=1,
        )

    async def _write(self, ops: Sequence[Op], application_id: int, guild_id: int | None) -> None:
        event = events.CommandsUpdated(
            event_id=self._ports.snowflakes.next(), guild_id=guild_id, application_id=application_id
        )
        await self._records.write(ops, told(event))


def may_use(command: objects.Command, permissions: int) -> bool:
    """Return whether a member with `permissions` in the guild may use the command there."""
    if command.contexts is not None and _GUILD_CONTEXT not in command.contexts:
        return False
    if permissions & Permissions.ADMINISTRATOR:
        return True
    if not permissions & Permissions.USE_APPLICATION_COMMANDS:
        return False
    if command.default_member_permissions is None:
        return True
    needed = int(command.default_member_permissions)
    return needed != 0 and permissions & needed == needed


def _check_all(forms: Sequence[CommandForm]) -> None:
    problems = Problems()
    taken: set[tuple[int, str]] = set()
    counts: dict[int, int] = {}
    for index, form in enumerate(forms):
        kind = form.type or domain.CHAT_INPUT
        domain.check(form, kind, problems, path=f"{index}.")
        key = (kind, form.name if isinstance(form.name, str) else "")
        if key in taken:
            sentence = "Application command names must be unique"
            problems.add(f"{index}.name", "APPLICATION_COMMANDS_DUPLICATE_NAME", sentence)
        taken.add(key)
        counts[kind] = counts.get(kind, 0) + 1
    problems.raise_if_any()
    for kind, count in counts.items():
        if count > (domain.SLASH_MAX if kind == domain.CHAT_INPUT else domain.CONTEXT_MAX):
            raise TooManyCommands


def _name(form: CommandForm, kind: int) -> str:
    name = form.name if isinstance(form.name, str) else ""
    return name if kind == domain.CHAT_INPUT else name.strip()


def _apply(form: CommandForm, command: objects.Command, *, is_global: bool) -> None:
    """Put what the form sets into the command."""
    if isinstance(form.name, str):
        command.name = _name(form, command.type)
    if isinstance(form.description, str):
        command.description = form.description.strip()
    if form.name_localizations is not UNSET:
        command.name_localizations = form.name_localizations or None
    if form.description_localizations is not UNSET:
        command.description_localizations = form.description_localizations or None
    if form.options is not UNSET:
        command.options = domain.to_options(form.options or [])
    permissions = form.default_member_permissions
    if permissions is not UNSET:
        command.default_member_permissions = None if permissions is None else str(domain.parse_bits(permissions))
    if isinstance(form.nsfw, bool):
        command.nsfw = form.nsfw
    if isinstance(form.default_permission, bool):
        command.default_permission = form.default_permission
    if is_global:
        _apply_contexts(form, command)


def _apply_contexts(form: CommandForm, command: objects.Command) -> None:
    """Put in where a global command may be used; commands of one guild are used there alone."""
    if isinstance(form.dm_permission, bool):
        command.dm_permission = form.dm_permission
        if form.contexts is UNSET:
            command.contexts = list(_ALL_CONTEXTS) if form.dm_permission else [_GUILD_CONTEXT]
    if form.contexts is not UNSET and form.contexts is not None:
        command.contexts = list(form.contexts)
        command.dm_permission = 1 in form.contexts
    if form.integration_types:
        command.integration_types = list(form.integration_types)
