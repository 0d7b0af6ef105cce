"""Answers that were given a moment ago, as bytes to send again: who asks for the same gets them before any parsing.

One picture in a busy channel is asked for by everybody at once. Such a request costs a twentieth of one that goes
through routing, signatures and conditions.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, NamedTuple

from hubbub.kernel.clock import Clock
from hubbub.media.counted import DELIVERED, DELIVERIES

KEEP_S: Final = 5
"""Seconds for which an answer is given again: as long as a file that was removed may still be delivered."""
BODY_BYTES_MAX: Final = 512 * 1024
"""Larger answers are rare, and cost more to send than to find."""
BYTES_MAX: Final = 16 * 1024 * 1024
"""Of all bodies; most lie in the cache of variants too, and are not there twice."""


class HotAnswer(NamedTuple):
    """A whole answer."""

    head: bytes
    """Headers with their line ends, without status line, date and the empty line."""
    body: bytes
    until_s: float
    """Second of the monotonic clock until which it may be given."""


class HotAnswers:
    """Answers by target and Accept header, byte for byte."""

    def __init__(self, clock: Clock, *, bytes_max: int = BYTES_MAX) -> None:
        """Start with none."""
        self._clock = clock
        self._bytes_max = bytes_max
        self._answers: OrderedDict[tuple[bytes, bytes], HotAnswer] = OrderedDict()
        self._bytes = 0
        self.forgotten = 0
        """How often everything was forgotten: what was asked before that is not kept any more."""

    def find(self, target: bytes, accept: bytes) -> HotAnswer | None:
        """Return the answer to give again, if there is one."""
        found = self._answers.get((target, accept))
        if found is None or found.until_s < self._clock.monotonic_s():
            return None
        DELIVERIES.add("hot")
        DELIVERED.add("hot", len(found.body))
        return found

    def keep(self, target: bytes, accept: bytes, head: bytes, body: bytes) -> None:
        """Keep an answer for `KEEP_S`; one that is too large is not."""
        if len(body) > min(BODY_BYTES_MAX, self._bytes_max):
            return
        key = (target, accept)
        self._drop(key)
        self._answers[key] = HotAnswer(head, body, self._clock.monotonic_s() + KEEP_S)
        self._bytes += len(body)
        while self._bytes > self._bytes_max:
            self._drop(next(iter(self._answers)))

    def forget(self) -> None:
        """Give no answer again that was given before."""
        self.forgotten += 1
        self._answers.clear()
        self._bytes = 0

    def _drop(self, key: tuple[bytes, bytes]) -> None:
        dropped = self._answers.pop(key, None)
        if dropped is not None:
            self._bytes -= len(dropped.body)
