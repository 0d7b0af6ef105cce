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
    message = _told(problem)
    if as_json:
        code = problem.told_code if isinstance(problem, Refused) else problem.code
        sys.stderr.write(msgspec.json.encode({"error": code, "message": message}).decode() + "\n")
        return
    # Soft: a terminal breaks long lines itself, and a log keeps them whole.
    Console(stderr=True, highlight=False).print(message, style="red", markup=False, soft_wrap=True)


def _told(problem: HubbubError) -> str:
    """Return one line for each field at fault, else the sentence; a form's own sentence says less than its fields."""
    return "\n".join(f"{field.path}: {field.sentence}" for field in problem.fields) or problem.sentence


def _text(value: object) -> str:
    match value:
        case None:
            return "-"
        case True | False:
            return "yes" if value else "no"
        case _:
            return str(value)
