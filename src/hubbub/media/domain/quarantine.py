"""A file that is kept back because it looks like one that an operator listed."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from hubbub.media.domain.match_file import MatchAction

BLOCKED_CODE: Final = "media.quarantined"
"""Code of a file that is refused."""
REVIEW_CODE: Final = "media.under_review"
"""Code of a file that somebody looks at."""
REMOVED_CODE: Final = "media.removed"
"""Code of a file whose bytes are gone."""
SENTENCES: Final = {
    BLOCKED_CODE: "This picture is not allowed here.",
    REVIEW_CODE: "This file is under review by those who run this place. It is shown once they let it through.",
    REMOVED_CODE: "This file was removed by those who run this place.",
}
"""What a member is told, by code."""


class CaseState(StrEnum):
    """How far a case is."""

    HELD = "held"
    """Nobody decided yet; all bytes are kept, and none are delivered."""
    RELEASED = "released"
    DELETED = "deleted"
    """The bytes are gone; hash and record stay."""


class Case(NamedTuple):
    """A file that was kept back; field order equals the columns that the statements select."""

    id: int
    asset_id: int
    state: str
    action: str
    """Of the entry, when it matched."""
    label: str
    """Likewise."""
    entry_pdq: bytes
    asset_pdq: bytes
    distance: int
    """Bits in which the two differ."""
    owner: str
    name: str
    """Of the file."""
    kind: str
    size_bytes: int
    """Of the original, before anything was decided."""
    found_at_ms: int
    decided_at_ms: int
    """Zero while nobody decided."""
    decided_by: str
    """Who decided; empty while nobody did."""


def code_of(action: str) -> str:
    """Return the code under which a file is kept back."""
    return BLOCKED_CODE if action == MatchAction.BLOCK.value else REVIEW_CODE


def holder_of(case_id: int) -> str:
    """Return the name under which a case holds its file, so that it stays until somebody decided."""
    return f"quarantine/{case_id}"
