"""Use cases of interactions: a member invokes a command, the application hears of it, time runs out."""

from __future__ import annotations

import asyncio
import hashlib
from base64 import urlsafe_b64encode
from contextlib import suppress

from msgspec import UNSET, UnsetType

from hubbub.community.adapters import interaction_statements as statements
from hubbub.community.adapters.interaction_statements import InteractionRow
from hubbub.community.domain import command as command_domain
from hubbub.community.domain import guild
from hubbub.community.domain.form import Problems
from hubbub.community.domain.guild import GuildState
from hubbub.community.domain.interaction_answer import ANSWER_WITHIN_MS, APPLICATION_COMMAND, TOKEN_VALID_MS
from hubbub.community.domain.invocation import InvokeForm, Named, bind, full_name
from hubbub.community.domain.message import to_wire
from hubbub.community.domain.permissions import Permissions
from hubbub.community.errors import MissingPermissions, UnknownCommand
from hubbub.community.service import present
from hubbub.community.service.actor import Actor
from hubbub.community.service.commands import Commands, may_use
from hubbub.community.service.guild_directory import ChannelAccess
from hubbub.community.service.message_reader import MessageReader
from hubbub.community.service.message_writer import MessageWriter
from hubbub.community.service.outbox import told
from hubbub.community.service.ports import Ports
from hubbub.events.contracts import events, objects
from hubbub.storage.records.port import Op, RecordConflict

_SWEEP_MAX = 200
"""Interactions that one sweep ends, so that none takes long."""
_BOT_DM = 1
_NONCE_MAX = 64


def hash_token(token: str) -> bytes:
    """Return what records hold of a token."""
    return hashlib.sha256(token.encode()).digest()


class Interactions:
    """Invocations of commands."""

    def __init__(self, ports: Ports, commands: Commands, reader: MessageReader, writer: MessageWriter) -> None:
        """Find commands by `commands`, messages by `reader`; end ephemeral answers by `writer`."""
        self._ports = ports
        self._records = ports.records
        self._guilds = ports.guilds
        self._commands = commands
        self._reader = reader
        self._writer = writer

    async def invoke(self, actor: Actor, form: InvokeForm) -> int:
        """Use a command; return the interaction's id. The application is told, and has three seconds to answer."""
        access = await self._guilds.access(actor, form.channel_id)
        state = access.guild
        command = await self._commands.invoked(
            form.application_id, None if state is None else state.id, form.command_id
        )
        app_permissions = await self._app_permissions(access, form.application_id)
        if state is None:
            if command.contexts is not None and _BOT_DM not in command.contexts:
                raise UnknownCommand
        elif not may_use(command, access.permissions):
            raise MissingPermissions
        problems = Problems()
        data = await self._data(access, form, command, problems)
        if form.nonce is not None:
            problems.length("nonce", str(form.nonce), _NONCE_MAX)
        problems.raise_if_any()
        interaction_id = self._ports.snowflakes.next()
        secret = self._ports.random.token_bytes(48)
        token = urlsafe_b64encode(f"interaction:{interaction_id}:".encode() + secret).decode().rstrip("=")
        interaction = await self._wire(actor, access, form, data, interaction_id, token, app_permissions)
        row = InteractionRow(
            id=interaction_id,
            application_id=form.application_id,
            user_id=actor.user_id,
            guild_id=None if state is None else state.id,
            channel_id=form.channel_id,
            token_hash=hash_token(token),
            state=statements.PENDING,
            is_ephemeral=False,
            response_message_id=None,
            command_name=full_name(command.name, data.options or []),
            nonce=None if form.nonce is None else str(form.nonce),
            created_at_ms=self._ports.clock.unix_ms(),
        )
        event = events.InteractionCreated(
            event_id=interaction_id,
            guild_id=row.guild_id,
            application_id=form.application_id,
            interaction=interaction,
        )
        await self._records.write([Op(statements.INSERT, row._asdict())], told(event))
        return interaction_id

    async def sweep(self) -> int:
        """End what is overdue: invocations unanswered for three seconds, tokens older than fifteen minutes.

        Returns how many were ended; at the bound there may be more. Called about once a second.
        """
        now_ms = self._ports.clock.unix_ms()
        params = {"before_ms": now_ms - ANSWER_WITHIN_MS, "limit": _SWEEP_MAX}
        overdue = await self._records.fetch(statements.OVERDUE, params)
        # At once, so that they share a commit instead of waiting for one each.
        await asyncio.gather(*(self._expire(row) for row in overdue))
        params = {"before_ms": now_ms - TOKEN_VALID_MS, "limit": _SWEEP_MAX}
        ended = await self._records.fetch(statements.ENDED, params)
        if ended:
            await self._end(ended)
        return len(overdue) + len(ended)

    async def _expire(self, row: InteractionRow) -> None:
        failed = settled(row, self._ports.snowflakes.next(), succeeded=False)
        with suppress(RecordConflict):  # answered at the last moment
            await self._records.write([Op(statements.EXPIRE, {"id": row.id}, expect=1)], told(failed))

    async def _end(self, interaction_ids: list[int]) -> None:
        """Forget interactions, and the ephemeral answers that nobody can read any more."""
        by_channel: dict[int, list[int]] = {}
        for message in await self._records.fetch(statements.ENDED_MESSAGES, {"ids": interaction_ids}):
            by_channel.setdefault(message.channel_id, []).append(message.id)
        for channel_id, message_ids in by_channel.items():
            await self._records.write(self._writer.removal_ops(channel_id, message_ids))
        ids = {"ids": interaction_ids}
        await self._records.write([Op(statements.FORGET_MESSAGES, ids), Op(statements.FORGET, ids)])

    async def _app_permissions(self, access: ChannelAccess, application_id: int) -> int:
        """Return what the application's bot may do in the channel; raises `UnknownCommand` where it is absent."""
        if access.guild is None:
            if application_id not in access.recipients:
                raise UnknownCommand
            return access.permissions | Permissions.MENTION_EVERYONE
        bot = await self._guilds.member(access.guild.id, application_id)
        if bot is None:
            raise UnknownCommand
        return access.guild.permissions(bot, access.channel, self._ports.clock.unix_ms())

    async def _data(
        self, access: ChannelAccess, form: InvokeForm, command: objects.Command, problems: Problems
    ) -> objects.InteractionData:
        data = objects.InteractionData(
            id=command.id,
            name=command.name,
            type=command.type,
            guild_id=command.guild_id,
        )
        if command.type == command_domain.CHAT_INPUT:
            options, named = bind(command.options or [], form.options or [], problems)
            if options:
                data.options = options
        else:
            named = Named()
            if form.target_id is None:
                problems.add("target_id", "BASE_TYPE_REQUIRED", "This field is required.")
            else:
                data.target_id = str(form.target_id)
                if command.type == command_domain.USER:
                    named.users[form.target_id] = "target_id"
        resolved = await self._resolved(access, named, problems)
        if command.type == command_domain.MESSAGE and form.target_id is not None:
            row = await self._reader.open_row(access.channel.id, form.target_id)
            message = to_wire(await self._reader.render_one(row, 0))
            resolved = objects.Resolved(messages={message.id: message})
        if resolved is not UNSET:
            data.resolved = resolved
        return data

    async def _resolved(self, access: ChannelAccess, named: Named, problems: Problems) -> objects.Resolved | UnsetType:
        """Return the objects that the invocation names; what cannot be found is noted."""
        state = access.guild
        resolved = objects.Resolved()
        wanted = {**named.users, **named.mentionables}
        roles = dict(named.roles)
        if state is not None:
            roles |= {role_id: path for role_id, path in named.mentionables.items() if role_id in state.roles}
        users = await self._ports.users.users(wanted) if wanted else {}
        for user_id, path in wanted.items():
            if user_id not in users and user_id not in roles:
                problems.add(path, "APPLICATION_COMMAND_OPTION_USER_UNKNOWN", "There is no such user.")
        if users:
            resolved.users = {str(user_id): present.user(user) for user_id, user in users.items()}
            members = await self._guilds.members(state.id, users) if state is not None else {}
            if state is not None and members:
                resolved.members = {
                    str(user_id): self._member_with_permissions(state, access.channel, member, None)
                    for user_id, member in members.items()
                }
        for role_id, path in roles.items():
            role = state.roles.get(role_id) if state is not None else None
            if role is None:
                problems.add(path, "APPLICATION_COMMAND_OPTION_ROLE_UNKNOWN", "There is no such role in this guild.")
            else:
                held = resolved.roles or {}
                held[str(role_id)] = present.role(role)
                resolved.roles = held
        self._resolve_channels(access, named, resolved, problems)
        is_empty = resolved.users is UNSET and resolved.roles is UNSET and resolved.channels is UNSET
        return UNSET if is_empty else resolved

    def _resolve_channels(
        self, access: ChannelAccess, named: Named, resolved: objects.Resolved, problems: Problems
    ) -> None:
        state, member = access.guild, access.member
        for channel_id, (path, types) in named.channels.items():
            channel = state.channels.get(channel_id) if state is not None else None
            permissions = 0
            if state is not None and channel is not None and member is not None:
                permissions = state.permissions(member, channel, self._ports.clock.unix_ms())
            if state is None or channel is None or not permissions & Permissions.VIEW_CHANNEL:
                problems.add(path, "APPLICATION_COMMAND_OPTION_CHANNEL_UNKNOWN", "There is no such channel here.")
            elif types and channel.type not in types:
                problems.add(path, "APPLICATION_COMMAND_OPTION_CHANNEL_TYPE", "This type of channel does not fit.")
            else:
                held = resolved.channels or {}
                held[str(channel_id)] = objects.ResolvedChannel(
                    id=str(channel_id),
                    name=channel.name,
                    type=channel.type,
                    permissions=str(permissions),
                    guild_id=str(state.id),
                    parent_id=None if channel.parent_id is None else str(channel.parent_id),
                )
                resolved.channels = held

    def _member_with_permissions(
        self, state: GuildState, channel: guild.Channel, member: guild.Member, user: objects.User | None
    ) -> objects.Member:
        wire = present.member(member, user, state)
        wire.permissions = str(state.permissions(member, channel, self._ports.clock.unix_ms()))
        return wire

    async def _wire(
        self,
        actor: Actor,
        access: ChannelAccess,
        form: InvokeForm,
        data: objects.InteractionData,
        interaction_id: int,
        token: str,
        app_permissions: int,
    ) -> objects.Interaction:
        user = present.user(await self._ports.users.user(actor.user_id))
        state = access.guild
        interaction = objects.Interaction(
            id=str(interaction_id),
            application_id=str(form.application_id),
            type=APPLICATION_COMMAND,
            data=data,
            channel_id=str(form.channel_id),
            token=token,
            app_permissions=str(app_permissions),
            attachment_size_limit=self._ports.config.upload_bytes_max,
            authorizing_integration_owners={"0": "0" if state is None else str(state.id)},
            context=_BOT_DM if state is None else 0,
        )
        if state is None or access.member is None:
            peer = present.user(await self._ports.users.user(form.application_id))
            interaction.user = user
            interaction.channel = present.direct_channel(access.channel, [peer])
        else:
            locale = state.guild.preferred_locale
            interaction.guild_id = str(state.id)
            interaction.guild = objects.InteractionGuild(id=str(state.id), locale=locale)
            interaction.guild_locale = locale
            interaction.member = self._member_with_permissions(state, access.channel, access.member, user)
            interaction.channel = present.channel(access.channel)
        interaction.channel.permissions = str(access.permissions)
        return interaction


def settled(row: InteractionRow, event_id: int, *, succeeded: bool) -> events.InteractionSettled:
    """Return the event that tells the invoker what became of an invocation."""
    return events.InteractionSettled(
        event_id=event_id,
        user_id=row.user_id,
        interaction_id=row.id,
        nonce=UNSET if row.nonce is None else row.nonce,
        succeeded=succeeded,
    )
