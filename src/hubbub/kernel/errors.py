"""The root of every error that Hubbub raises on purpose.

An error that reaches a client carries a stable dotted `code`, an HTTP `status`, the Discord API's numeric `json_code`
where one exists, a public `sentence`, and the fields at fault. Internal detail belongs into the cause, never into the
sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, NamedTuple


class FieldProblem(NamedTuple):
    """What is wrong with one field of a request."""

    path: str
    """Dotted path of the field, e.g. ``embeds.0.title``."""
    code: str
    """Stable upper-case code, e.g. ``BASE_TYPE_MAX_LENGTH``."""
    sentence: str
    """What is wrong and what is accepted, for a person."""


class HubbubError(Exception):
    """Base of all errors; each subclass fixes the class attributes, an instance may sharpen the sentence."""

    code: ClassVar[str] = "internal"
    """Stable dotted name; has an entry in docs/reference/errors.md."""
    status: ClassVar[int] = 500
    """HTTP status."""
    json_code: ClassVar[int] = 0
    """Numeric code of the Discord API; zero where it has none."""
    default_sentence: ClassVar[str] = "Something went wrong on our side. Nothing you sent was kept."
    """Public sentence when an instance gives none."""
    report: ClassVar[bool] = False
    """Whether an operator should hear of it."""

    def __init__(
        self,
        sentence: str | None = None,
        *,
        fields: Sequence[FieldProblem] = (),
        retry_after_s: float | None = None,
    ) -> None:
        """Make an error.

        Args:
            sentence: Public sentence; None takes the class's.
            fields: The fields at fault, empty when none is.
            retry_after_s: Seconds after which the same request may succeed; None when it never will.
        """
        self.sentence = sentence if sentence is not None else self.default_sentence
        self.fields = tuple(fields)
        self.retry_after_s = retry_after_s
        super().__init__(self.sentence)


class InvalidForm(HubbubError):
    """A request's body or parameters break a rule; `fields` names each."""

    code = "form.invalid"
    status = 400
    json_code = 50035
    default_sentence = "Invalid Form Body"


class Overloaded(HubbubError):
    """A bounded queue is full; the work was not begun."""

    code = "overloaded"
    status = 503
    default_sentence = "The server is busy. Nothing was lost; try again shortly."

    def __init__(self, sentence: str | None = None, *, retry_after_s: float = 1.0) -> None:
        """Make the error; `retry_after_s` is the wait in seconds that the client is told."""
        super().__init__(sentence, retry_after_s=retry_after_s)


class Misconfigured(HubbubError):
    """A setting has a value that cannot work; the sentence names the setting, its source and what is accepted."""

    code = "config.invalid"
    default_sentence = "A setting has a value that cannot work."


def document(problem: HubbubError) -> dict[str, Any]:
    """Return what a client is told of `problem`, ready for JSON.

    Source: Discord API documentation, "Reference", error messages; `error`, our dotted code, is an addition.
    """
    told: dict[str, Any] = {"code": problem.json_code, "message": problem.sentence, "error": problem.code}
    if problem.fields:
        told["errors"] = nested(problem.fields)
    return told


def nested(problems: Iterable[FieldProblem]) -> dict[str, Any]:
    """Return `problems` nested by their paths, each end holding ``_errors``."""
    tree: dict[str, Any] = {}
    for path, code, sentence in problems:
        node = tree
        for step in path.split(".") if path else ():
            node = node.setdefault(step, {})
        node.setdefault("_errors", []).append({"code": code, "message": sentence})
    return tree
