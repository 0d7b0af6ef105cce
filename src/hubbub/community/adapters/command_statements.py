"""Statements over application commands."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, func, or_, select, update

from hubbub.community.adapters.tables import commands, members
from hubbub.storage.records.port import Statement

GLOBAL = 0
"""Stands for no guild in `guild_id`."""

_SCOPE = (
    commands.c.application_id == bindparam("application_id"),
    commands.c.guild_id == bindparam("guild_id"),
)

OF_SCOPE = Statement(
    "commands.of_scope", select(commands.c.command_json).where(*_SCOPE).order_by(commands.c.id), into=bytes
)

GET = Statement(
    "commands.get", select(commands.c.command_json).where(*_SCOPE, commands.c.id == bindparam("id")), into=bytes
)

FIND = Statement(
    "commands.find",
    select(commands.c.id).where(*_SCOPE, commands.c.type == bindparam("type"), commands.c.name == bindparam("name")),
    into=int,
)

COUNT = Statement(
    "commands.count",
    select(func.count()).select_from(commands).where(*_SCOPE, commands.c.type == bindparam("type")),
    into=int,
)

INSERT = Statement.upsert("commands.insert", commands, conflict=("application_id", "guild_id", "type", "name"))

UPDATE = Statement(
    "commands.update",
    update(commands)
    .where(*_SCOPE, commands.c.id == bindparam("id"))
    .values(name=bindparam("new_name"), type=bindparam("new_type"), command_json=bindparam("command_json")),
)

DELETE = Statement("commands.delete", delete(commands).where(*_SCOPE, commands.c.id == bindparam("id")))

DELETE_ALL = Statement("commands.delete_all", delete(commands).where(*_SCOPE))

USABLE_IN_GUILD = Statement(
    "commands.usable_in_guild",
    select(commands.c.command_json)
    .select_from(commands.join(members, members.c.user_id == commands.c.application_id))
    .where(
        members.c.guild_id == bindparam("guild_id"),
        or_(commands.c.guild_id == GLOBAL, commands.c.guild_id == bindparam("guild_id")),
    )
    .order_by(commands.c.application_id, commands.c.name),
    into=bytes,
)

INVOKED = Statement(
    "commands.invoked",
    select(commands.c.command_json).where(
        commands.c.id == bindparam("id"),
        commands.c.application_id == bindparam("application_id"),
        commands.c.guild_id.in_(bindparam("scope_ids", expanding=True)),
    ),
    into=bytes,
)
