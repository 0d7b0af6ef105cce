"""`hubbub key`: API keys for programs that speak to an engine."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, cast

import typer

from hubbub.app.cli.office import carry_out
from hubbub.app.cli.options import AsJson, ConfigFile, DataOption, settings_from
from hubbub.app.cli.printing import print_facts, print_json, print_rows
from hubbub.app.operations.requests import CreateKey, ListKeys, RevokeKey

key = typer.Typer(help="API keys for programs, such as LiveKit's SDKs and tus clients.", no_args_is_help=True)


class Engine(StrEnum):
    """What a key opens."""

    VOICE = "voice"
    MEDIA = "media"


@key.command()
def create(
    engine: Annotated[Engine, typer.Argument(help="What it opens.")],
    *,
    name: Annotated[str, typer.Option(help="What it is for, to be told apart in the list.")] = "",
    config: ConfigFile = None,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it with its secret, once, and the address that LiveKit's SDKs or tus clients connect to."""
    request = CreateKey(name=name, opens=engine.value)
    print_facts(carry_out(settings_from(config, data=data), request), as_json=as_json)


@key.command("list")
def list_keys(config: ConfigFile = None, data: DataOption = None, as_json: AsJson = False) -> None:
    """List the keys that were given out, oldest first; secrets are never shown again."""
    facts = carry_out(settings_from(config, data=data), ListKeys())
    if as_json:
        print_json(facts)
    else:
        rows = cast("list[dict[str, object]]", facts["keys"])
        print_rows(
            rows, ["key", "opens", "name", "created"], empty="No key was given out yet: `hubbub key create voice`."
        )


@key.command()
def revoke(
    key: Annotated[str, typer.Argument(help="The key, as the list shows it.")],
    config: ConfigFile = None,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Make a key good for nothing; who came into a call with it has to leave, what was uploaded with it stays."""
    print_facts(carry_out(settings_from(config, data=data), RevokeKey(key=key)), as_json=as_json)
