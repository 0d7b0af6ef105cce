"""`hubbub bot`: make bot applications, and run the programs that bots are."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from hubbub.app.cli.office import carry_out
from hubbub.app.cli.options import AsJson, ConfigFile, DataOption, settings_from
from hubbub.app.cli.printing import print_facts
from hubbub.app.operations.requests import CreateBot

bot = typer.Typer(help="Make bots, and run bot programs that know nothing of Hubbub.", no_args_is_help=True)


@bot.command()
def create(
    name: Annotated[str, typer.Argument(help="The bot's name.")],
    guild: Annotated[int | None, typer.Option(help="Id of the guild it joins; without one, a guild is made.")] = None,
    config: ConfigFile = None,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Make a bot, bring it into a guild, and print its token, once, with the ids that a program needs."""
    settings = settings_from(config, data=data)
    print_facts(carry_out(settings, CreateBot(name=name, guild_id=guild)), as_json=as_json)


@bot.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The program, Python or JavaScript; what follows it goes to it.")],
    *,
    url: Annotated[str | None, typer.Option(help="Address of the server; this machine's own by default.")] = None,
    token: Annotated[str | None, typer.Option(help="The bot's token; else DISCORD_TOKEN or HUBBUB_TOKEN.")] = None,
    interpreter: Annotated[str | None, typer.Option(help="Python or Node to run it with.")] = None,
    config: ConfigFile = None,
) -> None:
    """Run an unmodified discord.py, discord.js or hikari program against a Hubbub server."""
    from hubbub.app.bots.run import run_bot
    from hubbub.app.listen import local_url

    settings = settings_from(config)
    own = settings.public_url or local_url(settings.host, settings.port)
    run_bot(
        file,
        environment=os.environ,
        url=url or own,
        token=token,
        interpreter=interpreter,
        arguments=context.args,
        say=lambda line: print(line, file=sys.stderr, flush=True),  # noqa: T201 - a line to the person at the terminal
    )
