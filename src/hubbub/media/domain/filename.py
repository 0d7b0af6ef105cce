"""Names of files as they end an address: what a client calls a file is not trusted to be one."""

from __future__ import annotations

import re
from typing import Final

CHARACTERS_MAX: Final = 120
"""Of a name; file systems take 255 bytes, and a character has up to four of UTF-8 and twelve in an address."""
_SUFFIX_MAX: Final = 12
_UNFIT: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Controls, line ends, what turns the direction of text so that ``exe.jpg`` reads ``gpj.exe``, halves of pairs."""


def safe_name(name: str, fallback: str = "file") -> str:
    """Return `name` as it may end an address: without folders and controls, neither empty nor all dots.

    Args:
        name: As a client tells it.
        fallback: What is returned when nothing is left of it.
    """
    last = _UNFIT.sub("", re.split(r"[/\\]", name)[-1]).strip()
    if not last.strip("."):
        return fallback
    if len(last) <= CHARACTERS_MAX:
        return last
    stem, dot, suffix = last.rpartition(".")
    if not stem or len(suffix) > _SUFFIX_MAX:
        return last[:CHARACTERS_MAX]
    return f"{stem[: CHARACTERS_MAX - 1 - len(suffix)]}{dot}{suffix}"
