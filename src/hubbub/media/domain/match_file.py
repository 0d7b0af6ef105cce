"""Files with hashes of pictures that are not wanted, as operators get them from others.

A line is a hash of 64 hexadecimal digits, or columns with one among them: CSV with or without a first line of names
(``hash``, ``label``, ``action``), or text as ThreatExchange's tools write it, with the hash first and more after it.
Lines that cannot be read are told by their number; all others are taken.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple

LABEL_CHARACTERS_MAX: Final = 200
_LINE_CHARACTERS_MAX: Final = 10_000
_HASH = re.compile(r"(?:pdq:)?([0-9a-f]{64})", re.ASCII | re.IGNORECASE)
_HASH_COLUMNS: Final = ("hash", "pdq", "pdqhash", "indicator", "value", "signal")
_LABEL_COLUMNS: Final = ("label", "description", "name", "tags", "tag")
_ACTION_COLUMN: Final = "action"


class MatchAction(StrEnum):
    """What becomes of a picture that matches."""

    BLOCK = "block"
    """It is refused."""
    REVIEW = "review"
    """It is shown as under review until an operator decides."""


class Listed(NamedTuple):
    """One hash of a list."""

    pdq: bytes
    """32 bytes."""
    label: str
    """What it is of, for operators; may be empty."""
    action: MatchAction


class BadLine(NamedTuple):
    """A line that was not taken."""

    number: int
    """From 1."""
    reason: str


class Parsed(NamedTuple):
    """What a file holds."""

    entries: list[Listed]
    """Each hash once, as it stands last."""
    bad: list[BadLine]


def parse_hash(text: str) -> bytes | None:
    """Return a hash of 64 hexadecimal digits as bytes; None for anything else."""
    found = _HASH.fullmatch(text.strip())
    return None if found is None else bytes.fromhex(found[1])


def parse_action(text: str) -> MatchAction | None:
    """Return an action by its name; None for anything else."""
    word = text.strip().lower()
    return MatchAction(word) if word in set(MatchAction) else None


def parse_list(lines: Iterable[str], label: str, action: MatchAction) -> Parsed:
    """Return what `lines` hold.

    Args:
        lines: Of the file, with or without their ends; empty ones and those that begin with ``#`` say nothing.
        label: What entries without a label of their own get.
        action: What entries without an action of their own get.
    """
    columns: dict[str, int] | None = None
    entries: dict[bytes, Listed] = {}
    bad: list[BadLine] = []
    is_first = True
    for number, line in enumerate(lines, 1):
        text = line.removeprefix("\ufeff").strip()
        if not text or text.startswith("#"):
            continue
        cells = _cells(text)
        if is_first and parse_hash(cells[0]) is None and (named := _named(cells)):
            columns, is_first = named, False
            continue
        is_first = False
        entry = _entry(cells, columns, label, action)
        if isinstance(entry, str):
            bad.append(BadLine(number, entry))
        else:
            entries[entry.pdq] = entry
    return Parsed(list(entries.values()), bad)


def _cells(text: str) -> list[str]:
    if len(text) > _LINE_CHARACTERS_MAX:
        return [""]
    separator = next((each for each in (",", "\t", ";") if each in text), None)
    if separator is None:
        return text.split(None, 1)
    try:
        return [cell.strip() for cell in next(csv.reader([text], delimiter=separator), [""])] or [""]
    except csv.Error:  # a line end in the middle
        return [""]


def _named(cells: list[str]) -> dict[str, int]:
    """Return where the columns that we know stand in a line of names; empty when it is none."""
    names = [cell.strip().lower() for cell in cells]
    found: dict[str, int] = {}
    for kind, known in (("hash", _HASH_COLUMNS), ("label", _LABEL_COLUMNS), ("action", (_ACTION_COLUMN,))):
        place = next((names.index(name) for name in known if name in names), None)
        if place is not None:
            found[kind] = place
    return found if "hash" in found else {}


def _entry(cells: list[str], columns: dict[str, int] | None, label: str, action: MatchAction) -> Listed | str:
    """Return what a line says, or what is wrong with it."""
    at = {"hash": 0, "label": 1, "action": 2} if columns is None else columns
    pdq = parse_hash(_cell(cells, at.get("hash")))
    if pdq is None:
        return "There is no hash of 64 hexadecimal digits."
    told = _cell(cells, at.get("action"))
    # Without a line of names a third column may be anything, as in what other tools write.
    said = parse_action(told)
    if told and said is None and columns is not None:
        return f"The action is {MatchAction.BLOCK} or {MatchAction.REVIEW}."
    return Listed(pdq, clean_label(_cell(cells, at.get("label")) or label), said or action)


def clean_label(text: str) -> str:
    """Return a label without controls, and not longer than it may be."""
    return "".join(each if each.isprintable() else " " for each in text).strip()[:LABEL_CHARACTERS_MAX]


def _cell(cells: list[str], place: int | None) -> str:
    return cells[place] if place is not None and place < len(cells) else ""
