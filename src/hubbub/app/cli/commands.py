"""Every command, each a few lines around what does the work."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import msgspec
import typer

from hubbub import __version__
from hubbub.app.cli.admin import admin
from hubbub.app.cli.bot import bot
from hubbub.app.cli.calls import calls
from hubbub.app.cli.key import key
from hubbub.app.cli.media import media
from hubbub.app.cli.office import carry_out
from hubbub.app.cli.options import AsJson, ConfigFile, DataOption, settings_from
from hubbub.app.cli.printing import print_facts, print_json, print_rows
from hubbub.app.operations.requests import EnterDemo, FillDemo
from hubbub.app.roles import ROLES, check_roles
from hubbub.app.settings import unknown_variables

app = typer.Typer(
    name="hubbub",
    help="A community platform that you run yourself.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(admin, name="admin")
app.add_typer(bot, name="bot")
app.add_typer(key, name="key")
app.add_typer(calls, name="calls")
app.add_typer(media, name="media")


@app.command()
def up(
    config: ConfigFile = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on, as HUBBUB_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="TCP port, as HUBBUB_PORT; 0 takes a free one.")] = None,
    data: DataOption = None,
    roles: Annotated[str | None, typer.Option(help=f"Which of {', '.join(ROLES)}: all, or media alone.")] = None,
) -> None:
    """Start everything in one process and print a link that opens the app."""
    asked = check_roles(roles)
    settings = settings_from(config, host=host, port=port, data=data)
    for sentence in unknown_variables(os.environ):
        sys.stderr.write(f"{sentence}\n")
    from hubbub.app.server import run

    run(settings, asked)


@app.command()
def demo(
    config: ConfigFile = None,
    data: DataOption = None,
    seed: Annotated[int, typer.Option(help="Another number draws another world.")] = 1,
    live: Annotated[bool, typer.Option("--live", help="Stay, and keep some of the people online.")] = False,
    as_json: AsJson = False,
) -> None:
    """Fill the server with believable guilds, people, conversations and pictures; once is enough."""
    settings = settings_from(config, data=data)
    print_facts(carry_out(settings, FillDemo(seed=seed), show_progress=not as_json), as_json=as_json)
    if live:
        import asyncio

        from hubbub.app.demo.presence import Guest, stay

        facts = carry_out(settings, EnterDemo(), only_server=True)
        guests = msgspec.convert(facts["people"], list[Guest])
        asyncio.run(stay(guests, lambda line: print(line, file=sys.stderr, flush=True)))  # noqa: T201 - to the person


@app.command()
def bench(
    name: Annotated[str, typer.Argument(help="Which benchmark: a file's name in benchmarks/, or all.")],
    quick: Annotated[bool, typer.Option("--quick", help="Shorter runs; for a look, not for a record.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure one thing beside its goal and its peer, and write the result down."""
    from hubbub.app.bench.run import run_benchmarks

    run_benchmarks(name, quick=quick, as_json=as_json)


@app.command()
def doctor(config: ConfigFile = None, data: DataOption = None, as_json: AsJson = False) -> None:
    """Say what is missing on this machine, and how to get it."""
    from hubbub.app.doctor import examine

    findings = examine(settings_from(config, data=data))
    if as_json:
        print_json(findings)
    else:
        rows = [{"what": finding.what, "state": finding.state, "detail": finding.detail} for finding in findings]
        print_rows(rows, ["what", "state", "detail"], empty="Nothing to examine.")
        for finding in findings:
            if finding.remedy:
                sys.stdout.write(f"\n{finding.what}: {finding.remedy}")
        sys.stdout.write("\n")
    if any(finding.state == "missing" for finding in findings):
        raise typer.Exit(1)


@app.command()
def version(as_json: AsJson = False) -> None:
    """Print the version."""
    print_facts({"hubbub": __version__, "python": sys.version.split()[0]}, as_json=as_json)
