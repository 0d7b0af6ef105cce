"""Collects what is wrong with a request, so that one answer names every field at fault."""

from __future__ import annotations

from typing import Final

from hubbub.kernel.errors import FieldProblem, InvalidForm

FOUND_MAX: Final = 100
"""Problems that one answer names: a list of a hundred thousand wrong ids is told by its first."""


class Problems:
    """The problems found so far in one request."""

    __slots__ = ("found",)

    def __init__(self) -> None:
        """Begin without problems."""
        self.found: list[FieldProblem] = []

    def add(self, path: str, code: str, sentence: str) -> None:
        """Note that the field at the dotted `path` breaks the rule `code`; past `FOUND_MAX` it is passed over."""
        if len(self.found) < FOUND_MAX:
            self.found.append(FieldProblem(path, code, sentence))

    def length(self, path: str, text: str, maximum: int, minimum: int = 0) -> None:
        """Note a text outside `minimum` to `maximum` characters."""
        if not minimum <= len(text) <= maximum:
            if minimum == 0:
                self.add(path, "BASE_TYPE_MAX_LENGTH", f"Must be {maximum} or fewer in length.")
            else:
                self.add(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {minimum} and {maximum} in length.")

    def count(self, path: str, count: int, maximum: int, minimum: int = 0) -> None:
        """Note a list with fewer than `minimum` or more than `maximum` items."""
        if count > maximum:
            self.add(path, "BASE_TYPE_MAX_LENGTH", f"Must be {maximum} or fewer in length.")
        elif count < minimum:
            self.add(path, "BASE_TYPE_MIN_LENGTH", f"Must be {minimum} or more in length.")

    def choice(self, path: str, value: object, accepted: tuple[object, ...]) -> None:
        """Note a value that is none of `accepted`."""
        if value not in accepted:
            listed = ", ".join(repr(item) for item in accepted)
            self.add(path, "BASE_TYPE_CHOICES", f"Value must be one of ({listed}).")

    def raise_if_any(self) -> None:
        """Raise `InvalidForm` with all problems, if there is one."""
        if self.found:
            raise InvalidForm(fields=self.found)
