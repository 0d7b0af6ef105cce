"""`hubbub media`: files and the work on them, for whoever runs the server."""

from __future__ import annotations

import sys
from typing import Annotated, Any, cast

import typer

from hubbub.app.cli.media_report import told
from hubbub.app.cli.moderation import match, quarantine
from hubbub.app.cli.office import carry_out
from hubbub.app.cli.options import AsJson, ConfigFile, DataOption, settings_from
from hubbub.app.cli.printing import print_facts, print_json, print_rows
from hubbub.app.operations.requests import (
    CollectMedia,
    CoolMedia,
    DropParked,
    ListParked,
    ReportMedia,
    RequeueParked,
    RotateSigningKey,
    ShowUsage,
)

media = typer.Typer(help="Files: those that were given up, what nobody needs, and keys.", no_args_is_help=True)

media.add_typer(match, name="match")
media.add_typer(quarantine, name="quarantine", no_args_is_help=True)

Job = Annotated[int, typer.Argument(help="Its number, as `hubbub media parked` shows it.")]


@media.command()
def parked(
    *,
    limit: Annotated[int, typer.Option(help="Most rows to print.", min=1, max=1000)] = 50,
    config: ConfigFile = None,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """List files on which the work was given up, the newest first, and why."""
    facts = carry_out(settings_from(config, data=data), ListParked(limit=limit))
    if as_json:
        print_json(facts)
        return
    rows = cast("list[dict[str, object]]", facts["parked"])
    print_rows(rows, ["job", "kind", "name", "owner", "attempts", "code", "began"], empty="No work was given up.")


@media.command()
def requeue(job: Job, config: ConfigFile = None, data: DataOption = None, as_json: AsJson = False) -> None:
    """Begin the work on a file anew, as after what was wrong with the machine was mended."""
    print_facts(carry_out(settings_from(config, data=data), RequeueParked(job_id=job)), as_json=as_json)


@media.command()
def drop(job: Job, config: ConfigFile = None, data: DataOption = None, as_json: AsJson = False) -> None:
    """Forget that the work on a file was given up; the file stays refused."""
    print_facts(carry_out(settings_from(config, data=data), DropParked(job_id=job)), as_json=as_json)


@media.command()
def gc(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    config: ConfigFile = None,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Remove at once what nobody needs: overdue uploads, files without a reference, objects that no row names.

    A server removes all but the last by itself within a minute. Objects younger than two hours are left alone.
    """
    print_facts(carry_out(settings_from(config, data=data), CollectMedia(dry_run=dry_run)), as_json=as_json)


@media.command()
def cold(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    config: ConfigFile = None,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Keep what nobody asked for in a long while in less room: recompress JPEG originals without loss, drop variants.

    A server does so by itself, as `media.cold_after_days` says; this looks at once, and gives it up to 50 files.
    """
    print_facts(carry_out(settings_from(config, data=data), CoolMedia(dry_run=dry_run)), as_json=as_json)


@media.command()
def usage(
    *,
    owners: Annotated[int, typer.Option(help="Most owners to name, and most guilds.", min=0, max=1000)] = 10,
    config: ConfigFile = None,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Say what files take: originals by kind, what was made of them, and whose most of it is."""
    facts = carry_out(settings_from(config, data=data), ShowUsage(owners=owners))
    if as_json:
        print_json(facts)
        return
    names = {"originals": "original", "made": "made", "owners": "owner"}
    rows = [
        {"what": what, "name": each["name"], "files": each["number"], "MB": f"{each['size_bytes'] / 1e6:,.1f}"}
        for part, what in names.items()
        for each in cast("list[dict[str, Any]]", facts[part])
    ]
    rows += [
        {"what": "guild", "name": f"{each['name']} ({each['guild_id']})", "MB": f"{each['size_bytes'] / 1e6:,.1f}"}
        for each in cast("list[dict[str, Any]]", facts["guilds"])
    ]
    print_rows(rows, ["what", "name", "files", "MB"], empty="There are no files.")


@media.command()
def report(config: ConfigFile = None, data: DataOption = None, as_json: AsJson = False) -> None:
    """Say at a glance what is kept, what is being done, how deliveries were answered, and what all of it costs.

    The last two are those of all servers together, in the last thirty days.
    """
    facts = carry_out(settings_from(config, data=data), ReportMedia())
    if as_json:
        print_json(facts)
        return
    for line in told(facts):
        sys.stdout.write(f"{line}\n")


@media.command("rotate-key")
def rotate_key(config: ConfigFile = None, data: DataOption = None, as_json: AsJson = False) -> None:
    """Make a new key for addresses of files; what the last one signed stays good until it ends."""
    print_facts(carry_out(settings_from(config, data=data), RotateSigningKey()), as_json=as_json)
