"""How facts, tables and errors look: for people with colour, for programs as JSON."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

import msgspec
from rich.console import Console
from rich.table import Table

from hubbub.app.operations.socket import Refused
from hubbub.kernel.errors import HubbubError


def print_facts(facts: Mapping[str, object], *, as_json: bool) -> None:
    """Print named facts, one a line, or one JSON object."""
    if as_json:
        print_json(facts)
        return
    width = max((len(name) for name in facts), default=0)
    for name, value in facts.items():
        sys.stdout.write(f"{name.replace('_', ' '):<{width}}  {_text(value)}\n")


def print_rows(rows: Sequence[Mapping[str, object]], columns: Sequence[str], *, empty: str) -> None:
    """Print a table of `columns`, or the sentence `empty` when there is no row."""
    if not rows:
        sys.stdout.write(f"{empty}\n")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column.replace("_", " "))
    for row in rows:
        table.add_row(*(_text(row.get(column)) for column in columns))
    Console().print(table)


def print_json(document: object) -> None:
    """Print one JSON document."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n")


def print_error(problem: HubbubError, *, as_json: bool) -> None:
    """Print on standard error what went wrong."""
    lines = [problem.sentence, *(f"  {field.path}: {field.sentence}" for field in problem.fields)]
    if as_json:
        code = problem.told_code if isinstance(problem, Refused) else problem.code
        document = {"error": code, "message": "\n".join(lines)}
        sys.stderr.write(msgspec.json.encode(document).decode() + "\n")
        return
    Console(stderr=True, highlight=False).print("\n".join(lines), style="red", markup=False)


def _text(value: object) -> str:
    match value:
        case None:
            return "-"
        case True | False:
            return "yes" if value else "no"
        case _:
            return str(value)
