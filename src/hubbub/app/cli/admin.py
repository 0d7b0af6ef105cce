"""`hubbub admin`: accounts, guilds and their roles, for whoever runs the server."""

from __future__ import annotations

import os
import sys
from typing import Annotated, cast

import typer

from hubbub.app.cli.office import carry_out
from hubbub.app.cli.options import AsJson, ConfigFile, DataOption, settings_from
from hubbub.app.cli.printing import print_facts, print_json, print_rows
from hubbub.app.operations.requests import (
    CreateUser,
    DeleteGuild,
    ListGuilds,
    ListRoles,
    ListUsers,
    ResetPassword,
    SetAdministrator,
    SetDisabled,
    SetRole,
    TransferGuild,
)

admin = typer.Typer(help="Accounts, guilds and their roles, for whoever runs the server.", no_args_is_help=True)
user = typer.Typer(help="Accounts of people and bots.", no_args_is_help=True)
guild = typer.Typer(help="Guilds.", no_args_is_help=True)
admin.add_typer(user, name="user")
role = typer.Typer(help="Roles in a guild.", no_args_is_help=True)
admin.add_typer(guild, name="guild")
admin.add_typer(role, name="role")

Username = Annotated[str, typer.Argument(help="The account's username.")]
GuildId = Annotated[int, typer.Argument(help="The guild's id.")]
RoleName = Annotated[str, typer.Argument(metavar="ROLE", help="The role's name or id.")]
Limit = Annotated[int, typer.Option(help="Most rows to print.", min=1, max=1000)]


@user.command("list")
def list_users(
    query: Annotated[str, typer.Argument(help="Part of the username.")] = "",
    limit: Limit = 100,
    config: ConfigFile = None,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """List accounts, oldest first."""
    facts = carry_out(settings_from(config, data=data), ListUsers(query=query, limit=limit))
    _print_list(facts, "users", ["id", "username", "bot", "administrator", "disabled"], as_json=as_json)


@user.command("create")
def create_user(
    username: Username,
    *,
    administrator: Annotated[bool, typer.Option("--administrator", help="Let it run this installation.")] = False,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input; else a link sets it.")
    ] = False,
    config: ConfigFile = None,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Make an account; print a link with which its owner chooses a password, unless one is given."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    request = CreateUser(username=username, password=password, administrator=administrator)
    print_facts(carry_out(settings_from(config, data=data), request), as_json=as_json)


@user.command("reset-password")
def reset_password(
    username: Username, config: ConfigFile = None, data: DataOption = None, as_json: AsJson = False
) -> None:
    """Print a link with which the account's owner chooses a new password."""
    facts = carry_out(settings_from(config, data=data), ResetPassword(username=username))
    print_facts(facts, as_json=as_json)


@user.command()
def grant(username: Username, config: ConfigFile = None, data: DataOption = None, as_json: AsJson = False) -> None:
    """Let an account run this installation."""
    request = SetAdministrator(username=username, administrator=True)
    print_facts(carry_out(settings_from(config, data=data), request), as_json=as_json)


@user.command()
def revoke(username: Username, config: ConfigFile = None, data: DataOption = None, as_json: AsJson = False) -> None:
    """Let an account run this installation no longer."""
    request = SetAdministrator(username=username, administrator=False)
    print_facts(carry_out(settings_from(config, data=data), request), as_json=as_json)


@user.command()
def disable(username: Username, config: ConfigFile = None, data: DataOption = None, as_json: AsJson = False) -> None:
    """Shut an account out and end its sessions; what it wrote stays."""
    request = SetDisabled(username=username, disabled=True)
    print_facts(carry_out(settings_from(config, data=data), request), as_json=as_json)


@user.command()
def enable(username: Username, config: ConfigFile = None, data: DataOption = None, as_json: AsJson = False) -> None:
    """Let a disabled account in again."""
    request = SetDisabled(username=username, disabled=False)
    print_facts(carry_out(settings_from(config, data=data), request), as_json=as_json)


@guild.command("list")
def list_guilds(
    limit: Limit = 100, config: ConfigFile = None, data: DataOption = None, as_json: AsJson = False
) -> None:
    """List guilds, oldest first."""
    facts = carry_out(settings_from(config, data=data), ListGuilds(limit=limit))
    _print_list(facts, "guilds", ["id", "name", "owner", "members"], as_json=as_json)


@guild.command("delete")
def delete_guild(
    guild_id: GuildId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: ConfigFile = None,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Delete a guild with all its channels and messages."""
    if not yes and os.isatty(0):
        typer.confirm("Delete this guild with everything in it? This cannot be undone.", abort=True)
    facts = carry_out(settings_from(config, data=data), DeleteGuild(guild_id=guild_id))
    print_facts(facts, as_json=as_json)


@guild.command()
def transfer(
    guild_id: GuildId,
    username: Username,
    config: ConfigFile = None,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Give a guild to another of its members, as when its owner is gone for good."""
    request = TransferGuild(guild_id=guild_id, username=username)
    print_facts(carry_out(settings_from(config, data=data), request), as_json=as_json)


@role.command("list")
def list_roles(guild_id: GuildId, config: ConfigFile = None, data: DataOption = None, as_json: AsJson = False) -> None:
    """List a guild's roles, highest first."""
    facts = carry_out(settings_from(config, data=data), ListRoles(guild_id=guild_id))
    _print_list(facts, "roles", ["id", "name", "permissions", "managed"], as_json=as_json)


@role.command()
def give(
    guild_id: GuildId,
    role_name: RoleName,
    username: Username,
    config: ConfigFile = None,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Give a member a role of the guild, as its owner could."""
    request = SetRole(guild_id=guild_id, role=role_name, username=username, has=True)
    print_facts(carry_out(settings_from(config, data=data), request), as_json=as_json)


@role.command()
def take(
    guild_id: GuildId,
    role_name: RoleName,
    username: Username,
    config: ConfigFile = None,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Take a role from a member, as the guild's owner could."""
    request = SetRole(guild_id=guild_id, role=role_name, username=username, has=False)
    print_facts(carry_out(settings_from(config, data=data), request), as_json=as_json)


def _print_list(facts: dict[str, object], name: str, columns: list[str], *, as_json: bool) -> None:
    if as_json:
        print_json(facts)
    else:
        print_rows(cast("list[dict[str, object]]", facts[name]), columns, empty=f"There are no {name} yet.")
