"""`hubbub media match` and `hubbub media quarantine`: pictures that are not wanted, and what was kept back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from hubbub.app.cli.office import carry_out
from hubbub.app.cli.options import AsJson, ConfigFile, DataOption, settings_from
from hubbub.app.cli.printing import print_facts, print_json, print_rows
from hubbub.app.errors import ListUnreadable
from hubbub.app.operations.requests import (
    AddMatches,
    CompareAnew,
    DecideCase,
    ListedHash,
    ListMatches,
    ListQuarantine,
    RemoveMatch,
)
from hubbub.media.domain.match_file import MatchAction, parse_list

match = typer.Typer(help="Pictures that are not wanted, by their PDQ hashes.", no_args_is_help=True)
quarantine = typer.Typer(help="Files that were kept back because they match, and what becomes of them.")

_AT_ONCE = 800
"""Hashes of one request, which is one line of at most a megabyte."""
Label = Annotated[str, typer.Option(help="What it is of, for operators.")]
Action = Annotated[
    MatchAction, typer.Option(help="block refuses such a picture, review hides it until somebody decides.")
]
Case = Annotated[int, typer.Argument(help="Its number, as `hubbub media quarantine list` shows it.")]


@match.command()
def add(
    pdq: Annotated[
        str,
        typer.Argument(
            metavar="HASH",
            help="PDQ hash, 64 hexadecimal digits; or the number of a file here, as its address has it.",
        ),
    ],
    *,
    label: Label = "",
    action: Action = MatchAction.BLOCK,
    config: ConfigFile = None,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Add a picture that is not wanted; all files are compared with it, beside other work."""
    entry = ListedHash(pdq, label, action.value)
    print_facts(carry_out(settings_from(config, data=data), AddMatches(entries=[entry])), as_json=as_json)


@match.command()
def remove(
    pdq: Annotated[str, typer.Argument(metavar="HASH", help="PDQ hash, 64 hexadecimal digits.")],
    config: ConfigFile = None,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Remove a hash; what was kept back because of it stays so until somebody decides."""
    print_facts(carry_out(settings_from(config, data=data), RemoveMatch(hash=pdq)), as_json=as_json)


@match.command("list")
def list_matches(
    query: Annotated[str, typer.Argument(help="Part of the label, or a whole hash.")] = "",
    *,
    limit: Annotated[int, typer.Option(help="Most rows to print.", min=1, max=1000)] = 100,
    config: ConfigFile = None,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """List hashes of pictures that are not wanted, the newest first."""
    facts = carry_out(settings_from(config, data=data), ListMatches(query=query, limit=limit))
    if as_json:
        print_json(facts)
        return
    rows = cast("list[dict[str, object]]", facts["matches"])
    print_rows(rows, ["hash", "action", "label", "added_by"], empty="The list is empty.")


@match.command("import")
def import_list(
    file: Annotated[
        Path, typer.Argument(help="One hash a line, CSV, or text with the hash first; - is standard input.")
    ],
    *,
    label: Label = "",
    action: Action = MatchAction.BLOCK,
    config: ConfigFile = None,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """Add every hash of a file; lines that cannot be read are named, and all others are taken.

    Ends with status 1 when there were such lines.
    """
    parsed = parse_list(_lines(file), label, action)
    settings = settings_from(config, data=data)
    added = 0
    for start in range(0, len(parsed.entries), _AT_ONCE):
        some = parsed.entries[start : start + _AT_ONCE]
        entries = [ListedHash(each.pdq.hex(), each.label, each.action.value) for each in some]
        added += cast("int", carry_out(settings, AddMatches(entries=entries))["added"])
    if as_json:
        print_json({"added": added, "bad": [each._asdict() for each in parsed.bad]})
    else:
        for bad in parsed.bad:
            sys.stderr.write(f"line {bad.number}: {bad.reason}\n")
        sys.stdout.write(f"{added} added, {len(parsed.bad)} lines not taken\n")
    if parsed.bad:
        raise typer.Exit(1)


@match.command()
def rescan(config: ConfigFile = None, data: DataOption = None, as_json: AsJson = False) -> None:
    """Compare every file with the list anew, as after `media.match_distance_max` was raised."""
    print_facts(carry_out(settings_from(config, data=data), CompareAnew()), as_json=as_json)


@quarantine.command("list")
def list_quarantine(
    *,
    decided: Annotated[bool, typer.Option("--decided", help="Those about which somebody decided.")] = False,
    limit: Annotated[int, typer.Option(help="Most rows to print.", min=1, max=500)] = 50,
    config: ConfigFile = None,
    data: DataOption = None,
    as_json: AsJson = False,
) -> None:
    """List files that are kept back, the newest first, and how far comparing files with the list is."""
    facts = carry_out(settings_from(config, data=data), ListQuarantine(decided=decided, limit=limit))
    if as_json:
        print_json(facts)
        return
    rows = cast("list[dict[str, Any]]", facts["cases"])
    columns = ["id", "state", "action", "label", "distance", "sender", "name", "found"]
    print_rows(rows, columns, empty="Nothing was decided yet." if decided else "Nothing is kept back.")
    if facts["rescan_left"]:
        sys.stdout.write(f"{facts['rescan_left']} files are still to be compared with the list.\n")


@quarantine.command()
def release(case: Case, config: ConfigFile = None, data: DataOption = None, as_json: AsJson = False) -> None:
    """Let a file through: it is delivered again."""
    request = DecideCase(case_id=case, delete=False)
    print_facts(carry_out(settings_from(config, data=data), request), as_json=as_json)


@quarantine.command()
def delete(case: Case, config: ConfigFile = None, data: DataOption = None, as_json: AsJson = False) -> None:
    """Remove a file's bytes and all that was made of them; its hash and the record stay."""
    request = DecideCase(case_id=case, delete=True)
    print_facts(carry_out(settings_from(config, data=data), request), as_json=as_json)


def _lines(file: Path) -> list[str]:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8", "replace")
    except OSError as problem:
        raise ListUnreadable(f"{file} cannot be read: {problem.strerror}.") from problem
    return text.splitlines()
