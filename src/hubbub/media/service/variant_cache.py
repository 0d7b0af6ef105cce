"""Variants in memory, bounded in bytes.

Two halves by use: what was asked for once waits in the first, and moves to the second when it is asked for again. A
walk through many files passes through the first half alone, and a file that is large beside the whole is not taken.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

_ENTRY_BYTES: Final = 500
"""What a variant costs besides its bytes: slots, tuples, headers of objects, about."""
_SHARE_MAX: Final = 16
"""A variant may take the sixteenth part of the memory, and no more."""
_TRIAL_SHARE: Final = 4
"""The quarter is for what was asked for once."""


class Variant(NamedTuple):
    """A rendition's bytes, as they are delivered."""

    content: bytes
    content_type: str
    etag: str
    """Strong, with its quotes; follows from the bytes alone, so that all processes tell the same."""
    tags: tuple[str, ...]
    """Names under which it is forgotten."""


class VariantCache:
    """Variants by key."""

    def __init__(self, bytes_max: int) -> None:
        """Hold at most `bytes_max` bytes, overhead included."""
        self._bytes_max = bytes_max
        self._trial: OrderedDict[str, Variant] = OrderedDict()
        self._proven: OrderedDict[str, Variant] = OrderedDict()
        self._trial_bytes = 0
        self._proven_bytes = 0

    @property
    def size_bytes(self) -> int:
        """Bytes held, overhead included."""
        return self._trial_bytes + self._proven_bytes

    def get(self, key: str) -> Variant | None:
        """Return a variant, and remember that it was asked for."""
        found = self._proven.get(key)
        if found is not None:
            self._proven.move_to_end(key)
            return found
        found = self._trial.pop(key, None)
        if found is None:
            return None
        self._trial_bytes -= _cost(key, found)
        self._proven[key] = found
        self._proven_bytes += _cost(key, found)
        while self._proven_bytes > self._bytes_max - self._bytes_max // _TRIAL_SHARE:
            # What falls out of the second half has another chance in the first.
            oldest, variant = self._proven.popitem(last=False)
            self._proven_bytes -= _cost(oldest, variant)
            self._try(oldest, variant)
        return found

    def put(self, key: str, variant: Variant) -> None:
        """Take a variant, unless it is large beside the whole."""
        self._trial_bytes -= _cost_of(key, self._trial.pop(key, None))
        self._proven_bytes -= _cost_of(key, self._proven.pop(key, None))
        if _cost(key, variant) <= self._bytes_max // _SHARE_MAX:
            self._try(key, variant)

    def drop(self, chosen: Callable[[str, Variant], bool]) -> int:
        """Forget the variants that are chosen; return how many that were."""
        dropped = 0
        for held in (self._trial, self._proven):
            for key in [key for key, variant in held.items() if chosen(key, variant)]:
                variant = held.pop(key)
                dropped += 1
                if held is self._trial:
                    self._trial_bytes -= _cost(key, variant)
                else:
                    self._proven_bytes -= _cost(key, variant)
        return dropped

    def _try(self, key: str, variant: Variant) -> None:
        self._trial[key] = variant
        self._trial_bytes += _cost(key, variant)
        while self._trial_bytes > self._bytes_max - self._proven_bytes:
            oldest, dropped = self._trial.popitem(last=False)
            self._trial_bytes -= _cost(oldest, dropped)


def _cost_of(key: str, variant: Variant | None) -> int:
    return 0 if variant is None else _cost(key, variant)


def _cost(key: str, variant: Variant) -> int:
    return len(key) + len(variant.content) + _ENTRY_BYTES
