"""How an application answers an interaction.

Source: Discord API documentation, "Receiving and Responding to Interactions".
"""

from __future__ import annotations

import msgspec

from hubbub.community.domain.form import Problems
from hubbub.community.domain.message_form import EPHEMERAL, IS_VOICE_MESSAGE, SETTABLE_FLAGS, MessageForm

PONG = 1
MESSAGE = 4
DEFERRED_MESSAGE = 5
DEFERRED_UPDATE = 6
UPDATE = 7
AUTOCOMPLETE = 8
MODAL = 9

APPLICATION_COMMAND = 2
"""Interaction type of a command's use."""

ANSWER_WITHIN_MS = 3_000
TOKEN_VALID_MS = 15 * 60 * 1000

_REASONS = {
    PONG: "A pong answers a ping over HTTP; interactions come over the gateway here.",
    DEFERRED_UPDATE: "This answers a message component only; components are not offered here yet.",
    UPDATE: "This answers a message component only; components are not offered here yet.",
    AUTOCOMPLETE: "This answers an autocomplete interaction only; these are not offered here yet.",
    MODAL: "Modals are not offered here yet.",
}


class AnswerForm(msgspec.Struct):
    """An answer as the application gives it; `data` is a message for the types that have one."""

    type: int
    data: MessageForm | None = None

    def check(self, problems: Problems) -> None:
        """Note every rule that this answer breaks by itself."""
        if self.type in (MESSAGE, DEFERRED_MESSAGE):
            if self.data is not None:
                inner = Problems()
                self.data.check(inner)
                for path, code, sentence in inner.found:
                    problems.add(f"data.{path}", code, sentence)
            return
        sentence = _REASONS.get(self.type, "Value must be 4 (message) or 5 (deferred message).")
        problems.add("type", "INTERACTION_CALLBACK_TYPE_UNSUPPORTED", sentence)


def answer_flags(form: MessageForm | None) -> int:
    """Return the flags that an answer may set, of those that it asks for."""
    return (0 if form is None else form.flags or 0) & (SETTABLE_FLAGS | EPHEMERAL | IS_VOICE_MESSAGE)
