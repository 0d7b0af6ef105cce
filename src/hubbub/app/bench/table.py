"""A benchmark's result as a table that fits a terminal of 80 columns.

Units stand behind the metric, and peers are named below by a letter, since a column for either would squeeze the rest.
"""

from __future__ import annotations

from pathlib import Path
from string import ascii_lowercase

from rich.console import Console
from rich.table import Table

from hubbub.app.bench.result import Result

_THREE_DIGITS = 100
"""From here on a figure is printed whole; below, three digits are enough to compare."""


def print_result(result: Result, kept: Path, console: Console | None = None) -> None:
    """Print `result`, which lies in the file `kept`."""
    console = console or Console()
    machine = result.machine
    console.print(f"\n[bold]{result.name}[/bold]  {result.command}  {result.date}")
    console.print(f"{machine['cpu']}, {machine['cores']} cores, {machine['memory']}, {machine['system']}")
    console.print(", ".join(f"{name} {version}" for name, version in result.versions.items()), highlight=False)
    peers = list(dict.fromkeys(row.peer_name for row in result.rows if row.peer_name))
    letters = dict(zip(peers, ascii_lowercase, strict=False))
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("metric", ratio=1)
    for column in ("ours", "goal", "peer", "ratio", "runs"):
        table.add_column(column, justify="right", no_wrap=True)
    for row in result.rows:
        peer = f"{_figure(row.peer)} {letters.get(row.peer_name, ' ')}"
        table.add_row(
            f"{row.metric}[dim], {row.unit}[/dim]", _figure(row.ours), _figure(row.goal), peer, _figure(row.ratio),
            str(row.runs),
        )  # fmt: skip
    console.print(table)
    for peer_name, letter in letters.items():
        console.print(f"[dim]{letter}[/dim] {peer_name}", highlight=False)
    console.print(f"Kept in {kept}.", highlight=False)


def _figure(value: float | str | None) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, str):
        sign, _, number = value.rpartition(" ")
        return f"{sign} {_figure(float(number))}".strip() if number.replace(".", "", 1).isdecimal() else value
    return f"{value:,.0f}" if abs(value) >= _THREE_DIGITS else f"{value:.3g}"
