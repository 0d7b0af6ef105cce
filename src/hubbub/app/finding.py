"""What `hubbub doctor` finds."""

from __future__ import annotations

from typing import Literal

import msgspec

State = Literal["ok", "note", "missing"]
"""`note` is worth knowing, `missing` keeps something from working."""


class Finding(msgspec.Struct, frozen=True):
    """What was looked at and what was found."""

    what: str
    state: State
    detail: str
    remedy: str = ""
    """What to do; empty when nothing is to be done."""
