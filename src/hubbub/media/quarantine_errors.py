"""Errors about files that are kept back, and about the list of what is not wanted."""

from __future__ import annotations

from hubbub.kernel.errors import FieldProblem
from hubbub.media.errors import MediaError


class AssetQuarantined(MediaError):
    """The file looks like one that an operator listed, and is not delivered."""

    code = "media.quarantined"
    status = 403
    default_sentence = "This picture is not allowed here."


class AssetUnderReview(MediaError):
    """The file is kept back until an operator decides."""

    code = "media.under_review"
    status = 403
    default_sentence = "This file is under review by those who run this place."


class MatchUnknown(MediaError):
    """The match list has no such entry."""

    code = "media.match_unknown"
    status = 404
    default_sentence = "The list has no such hash. `hubbub media match list` shows those it has."


class CaseUnknown(MediaError):
    """No file was kept back under that number, or nothing is left of it to be seen."""

    code = "media.case_unknown"
    status = 404
    default_sentence = "There is no such case. `hubbub media quarantine list` shows those there are."


class CaseDecided(MediaError):
    """Somebody decided about the file already."""

    code = "media.case_decided"
    status = 409
    default_sentence = "Somebody decided about this file already."


class MatchRefused(MediaError):
    """A part of what is to be added to the match list cannot be used; the field names it."""

    code = "media.match_refused"
    status = 400
    default_sentence = "This cannot be added to the list."

    def __init__(self, field: str, sentence: str) -> None:
        """Make the error; `field` is what is wrong, and `sentence` what is accepted."""
        super().__init__(sentence, fields=[FieldProblem(field, "MATCH_INVALID", sentence)])
