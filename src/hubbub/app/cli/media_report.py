"""The report of media in lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

_FOUND: Final = ("memory", "joined", "store", "rendered")
"""Where variants came from that were delivered."""
_UNITS: Final = ("B", "kB", "MB", "GB", "TB", "PB")
_STEP: Final = 1000
_TENTH: Final = 10
"""Below it a decimal is worth its place."""


def told(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a report as `ReportMedia` answers it."""
    yield "Kept"
    if report["counted_at_ms"] is None:
        yield "  still being counted; ask again in a while"
    for each in report["kept"]:
        yield _row(each["name"], f"{each['objects']:,} objects", size_text(each["size_bytes"]))
    if report["saved_bytes"]:
        yield _row("saved by recompressing", "", size_text(report["saved_bytes"]))
    for each in report["variants"]:
        yield _row(f"variants, {each['name']}", f"{each['objects']:,} objects", size_text(each["size_bytes"]))
    yield "Work"
    most = report["count_max"]
    for each in report["jobs"]:
        more = "+" if sum(job["number"] for job in report["jobs"]) >= most else ""
        yield _row(f"{each['kind']}, {each['state']}", f"{each['number']:,}{more}")
    uploads = report["uploads"]
    more = "+" if uploads["number"] >= most else ""
    of = f"{size_text(uploads['arrived_bytes'])} of {size_text(uploads['announced_bytes'])}"
    yield _row("uploads under way", f"{uploads['number']:,}{more}", of)
    yield from _done(report["month"])
    yield "Costs"
    for each in report["costs"]:
        yield _cost(each, report["currency"])


def size_text(size_bytes: float) -> str:
    """Return a number of bytes in the largest unit of which there is one."""
    size, unit = float(size_bytes), 0
    while size >= _STEP and unit < len(_UNITS) - 1:
        size, unit = size / _STEP, unit + 1
    return f"{size:.1f} {_UNITS[unit]}" if unit and size < _TENTH else f"{size:.0f} {_UNITS[unit]}"


def _done(month: Mapping[str, Any]) -> Iterator[str]:
    variants = month["variants"]
    found = sum(variants[each] for each in _FOUND)
    yield "In the last 30 days, by all processes"
    for each in _FOUND:
        share = f"{100 * variants[each] / found:.1f} %" if found else ""
        yield _row(f"variants, {each}", f"{variants[each]:,.0f}", share)
    yield _row("variants, failed", f"{variants['failed']:,.0f}")
    yield _row("variants, shed", f"{variants['shed']:,.0f}")
    for name, number in month["deliveries"].items():
        yield _row(f"delivered, {name}", f"{number:,.0f} answers", size_text(month["delivered_bytes"][name]))
    for name, size_bytes in month["processed_bytes"].items():
        yield _row(f"processed, {name}s", size_text(size_bytes))
    for name, seconds in month["cpu_s"].items():
        yield _row(f"CPU, {name}", f"{seconds:,.1f} s")


def _cost(line: Mapping[str, Any], currency: str) -> str:
    amount = f"{line['amount']:,.3f} {line['unit']}"
    # Without a price the units are all that can be said.
    priced = f"{line['cost']:,.2f} {currency}".rstrip() if line["price"] else ""
    per_gb = f"{line['per_gb']:,.3f} {currency} by the GB" if line["price"] and line["per_gb"] is not None else ""
    return _row(f"{line['name']}{' a month' if line['name'] == 'stored' else ''}", amount, priced, per_gb)


def _row(name: str, *values: str) -> str:
    return f"  {name:<28}{''.join(f'{value:>20}' for value in values)}".rstrip()
